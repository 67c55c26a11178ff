"""`ldct verify`: whether the results of a study are still the bytes that its jobs wrote."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ldct.digests import altered, forget, recorded
from ldct.errors import InputError
from ldct.files import set_aside, sha256
from ldct.study.bar import late_bar

PATIENCE_S = 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every result that has changed; 1 where there is one, else 0."""
    cli = argparse.ArgumentParser(prog="ldct verify", description=__doc__)
    cli.add_argument("results", type=Path, nargs="?", default=Path("results"), help="folder of results")
    cli.add_argument("--set-aside", action="store_true", help="move aside what has changed: a run makes it anew")
    chosen = cli.parse_args(arguments)
    results = chosen.results
    places = recorded(results)
    if not places:
        raise InputError(results, "no records of results", "a folder that this workflow wrote", "Name the folder.")
    wrong: dict[Path, list[tuple[Path, str]]] = {}
    with ThreadPoolExecutor() as pool, late_bar("Results verified", "results", PATIENCE_S) as bar:
        bar.total = len(places)
        for place, changes in zip(places, pool.map(lambda place: list(altered(place)), places), strict=True):
            bar.update()
            if changes:
                wrong[place] = changes
    for place, changes in wrong.items():
        for file, what in changes:
            print(f"{file}: {what}")
        if chosen.set_aside and place.exists():
            print(f"  moved to {set_aside(place).name}")
            forget(place)
    unlike = list(_unlike_provenance(results))
    for file, what in unlike:
        print(f"{file}: {what}")
    there = sum(place.exists() for place in places)
    print(f"{there} results verified, {len(places) - there} no longer needed and gone, {len(wrong)} changed.")
    if wrong and not chosen.set_aside:
        print("To make them anew: 'ldct verify --set-aside', then the command that ran the study.")
    return int(bool(wrong or unlike))


def _unlike_provenance(results: Path) -> Iterator[tuple[Path, str]]:
    """Files of the study that its provenance knows with other bytes."""
    path = results / "provenance.json"
    if not path.is_file():
        return
    try:
        known = json.loads(path.read_bytes())["sha256"]
    except (ValueError, KeyError, TypeError):
        yield path, "unreadable"
        return
    for name, was in known.items():
        file = results.parent / name
        if name.startswith("results/") and file.is_file() and sha256(file) != was:
            yield file, "not as results/provenance.json has it: it was made anew since, or is damaged"
