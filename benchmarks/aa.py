"""What the whole workflow calls a difference where there is none: two A/A studies on the demo's patients.

MSE and L1 are each trained under five names that differ in their seeds alone, with the demo's network, folds and
budget. Every verdict between those names is false; 'the same within a margin' is right. Claims about one training's
course over its epochs are not counted: they may well be true. Images and patches are made once for both.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.study import clone, snakemake
from ldct.statistics.policy import Verdict
from ldct.statistics.votes import BETWEEN

LOSSES = ("mse", "l1")
NAMES = 5
STUDY = "losses: {mse: mse, l1: l1}\n"


def false_verdicts(tables: Path) -> dict[str, tuple[int, int]]:
    """False verdicts and all answers, by question, of the tables of an A/A study."""

    def table(name: str) -> pd.DataFrame:
        return pd.read_parquet(tables / f"{name}.parquet")

    def count(rows: pd.DataFrame, right: Sequence[str], column: str = "verdict") -> tuple[int, int]:
        return int((~rows[column].isin(right)).sum()), len(rows)

    told, votes = table("hypotheses"), table("votes")
    no_difference = [Verdict.CANNOT_TELL, Verdict.SAME]
    return {
        "differ": count(table("friedman"), no_difference),
        "contrasts": count(table("contrasts"), no_difference),
        "pairs": count(table("posthoc"), no_difference),
        "best": count(table("best_loss"), ["likely", Verdict.CANNOT_TELL], "sure"),
        "agreement": count(votes[(votes["question"] == BETWEEN) & (votes["left_out"] == "")], no_difference),
        "claims": count(told[told["part"].isin(["ranking", "choice"])], no_difference),
    }


def main() -> None:
    """Run both studies and print their false verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="a new folder for the studies, which stays")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary) / "aa"
        clone(folder)
        (folder / "study.yaml").write_text(STUDY)
        for loss in LOSSES:
            start = time.perf_counter()
            ldct = [sys.executable, "-m", "ldct", "aa", "study.yaml"]
            subprocess.run([*ldct, "--loss", loss, "--seeds", str(NAMES), "-o", f"{loss}.yaml"], cwd=folder, check=True)
            snakemake(folder, "--cores", str(chosen.cores), "--configfile", "study.yaml", f"{loss}.yaml")
            false = false_verdicts(folder / "results/consistency")
            for question, (count, asked) in false.items():
                print(f"count aa_{question}_{loss} {count} of {asked}")
            print(f"count aa_verdicts_{loss} {sum(count for count, _ in false.values())}")
            print(f"seconds aa_{loss} {time.perf_counter() - start:.0f}", flush=True)


if __name__ == "__main__":
    main()
