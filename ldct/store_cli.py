"""`ldct store`: what is kept of trainings, predictions and the like, so that none is made twice.

A job of equal settings, code, inputs and versions of torch takes its files from the store in seconds. The store is
results/.store, or the folder that LDCT_STORE names, which several studies may share; LDCT_STORE=off turns it off.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from ldct.errors import InputError
from ldct.store import OFF, Entry, entries, prune

FORMS = argparse.RawDescriptionHelpFormatter


def main(arguments: Sequence[str] | None = None) -> int:
    """List the store, or prune it."""
    cli = argparse.ArgumentParser(prog="ldct store", description=__doc__, formatter_class=FORMS)
    cli.add_argument("--store", type=Path, help="the store; else LDCT_STORE, else results/.store")
    cli.add_argument("--prune-days", type=float, metavar="DAYS", help="remove what was not used for so long")
    cli.add_argument("--prune-gb", type=float, metavar="GB", help="remove what was used longest ago down to so much")
    chosen = cli.parse_args(arguments)
    named = os.environ.get("LDCT_STORE", "")
    store = chosen.store or Path(named if named not in ("", OFF) else "results/.store")
    if not store.is_dir():
        raise InputError(store, "no such folder", "a store", "Name it with --store, or run a study first.")
    if chosen.prune_days is not None or chosen.prune_gb is not None:
        most = None if chosen.prune_gb is None else round(1e9 * chosen.prune_gb)
        gone = prune(store, days=chosen.prune_days, most_bytes=most)
        print(f"{len(gone)} entries of {_gb(gone)} removed.")
    left = entries(store)
    by_stage = defaultdict(list)
    for entry in left:
        by_stage[entry.stage].append(entry)
    for stage, some in sorted(by_stage.items()):
        print(f"{stage:12} {len(some):6} entries  {_gb(some)}")
    print(f"{store}: {len(left)} entries, {_gb(left)}")
    return 0


def _gb(some: Sequence[Entry]) -> str:
    return f"{sum(entry.size for entry in some) / 1e9:.2f} GB"
