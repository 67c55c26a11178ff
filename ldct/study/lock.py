"""One run of Snakemake at a time in a folder.

Snakemake's own locks outlive a run that was killed; its advice, --unlock, would end those of a live run too.
"""

from __future__ import annotations

import atexit
import sys
from pathlib import Path

from ldct.locks import Claim


def claim_study(folder: Path, dry: bool) -> Claim:
    """Claim the Snakemake folder `folder` (.snakemake) for this run; a dry run only looks and removes nothing.

    Where nobody else has it, the locks that a killed run left go. Where another has it, that is the last thing said.
    """
    claim = Claim(folder / "ldct.lock", work=not dry)
    if claim.other:
        atexit.register(_last_words, claim.other)
    elif not dry:
        for stale in (folder / "locks").glob("*.lock"):
            stale.unlink(missing_ok=True)
    return claim


def _last_words(other: str) -> None:
    print(
        f"Another run is at work in this folder ({other}): a dry run goes on, a second run is refused. "
        "Wait for it, or use another folder (--directory). Do not use --unlock.",
        file=sys.stderr,
    )
