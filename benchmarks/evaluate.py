"""What a job of the rule `evaluate` costs beyond the scores themselves, and what a rerun of it costs.

One 512 x 512 slice, 16 losses with 5 checkpoints each, the weight-free full-reference suite in one window, one thread.
'bare' prepares the reference once and scores the 80 predictions, which lie in memory; the job also reads them, hashes
them, judges both doses and writes what it keeps.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.metrics import SUITE, by_ldct, real_slice
from ldct.inference.shard import PredictionShard
from ldct.intensity import WINDOWS
from ldct.metrics.base import view
from ldct.metrics.declared import METRICS
from ldct.metrics.evaluate import evaluate
from ldct.stages.evaluate import Evaluate
from ldct.stages.keys import Run
from ldct.tables.images import ImageStack, write_images

LOSSES, CHECKPOINTS = 16, 5
WINDOW = WINDOWS["soft_tissue"]
SPEC = {
    "metrics": SUITE,
    "code": [""] * len(SUITE),
    "windows": {"soft_tissue": WINDOW},
    "filters": [],
    "patients": ["p"],
    "slices_per_patient": None,
    "fold": 0,
    "shard": 0,
    "shards": 1,
}


class Study:
    """Tables of one slice at both doses and of the predictions of each loss."""

    def __init__(self, folder: Path):
        self.folder, self.rng = folder, np.random.default_rng(0)
        hu, self.origin = real_slice()
        self.full = hu.astype(np.int16)
        self.images = {}
        for dose, sd in (("full", 0), ("low", 40)):
            self.images[dose] = folder / f"{dose}.parquet"
            stack = ImageStack(
                patient="p", dose=dose, hu=self.noisy(sd)[None], position_mm=np.zeros(1), origin_mm=np.zeros((1, 3)),
                pixel_spacing_mm=(0.7, 0.7), slice_thickness_mm=1.0,
            )  # fmt: skip
            write_images(self.images[dose], stack)
        self.runs: dict[Run, Path] = {}
        for k in range(LOSSES):
            self.runs |= self.predictions(f"loss{k:02}")

    def noisy(self, sd: float) -> np.ndarray:
        return np.rint(self.full + self.rng.normal(0, 1, self.full.shape) * sd).astype(np.int16)

    def predictions(self, loss: str) -> dict[Run, Path]:
        """Those of a loss, drawn anew."""
        path = self.folder / f"{loss}.parquet"
        with PredictionShard(path, self.full.shape) as shard:
            for checkpoint in range(CHECKPOINTS):
                shard.add("p", 0, checkpoint, checkpoint == 0, self.noisy(10 + 3 * checkpoint))
        return {Run("redcnn", loss, fold=0, seed=0): path}

    def evaluate(self, **changes: Any) -> None:
        spec, kept = Evaluate.Spec(**{**SPEC, **changes}), self.folder / "kept.parquet"
        evaluate(spec, self.runs, {"p": self.images}, self.folder / "out.parquet", kept, self.folder)


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    logging.getLogger("ldct").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as temporary:
        study = Study(Path(temporary))
        print(f"slice: {study.origin}; {LOSSES} losses x {CHECKPOINTS} checkpoints")
        metrics = [METRICS.load(name)() for name in SUITE]
        reference = view(study.full, window=WINDOW)
        predictions = [view(study.noisy(10 + k), window=WINDOW) for k in range(LOSSES * CHECKPOINTS)]
        by_ldct(metrics, reference, predictions[:1])
        bare = seconds(lambda: by_ldct(metrics, reference, predictions))
        whole = seconds(study.evaluate)
        again = seconds(study.evaluate)
        study.runs |= study.predictions("loss03")
        one_loss = seconds(study.evaluate)
        more = {"metrics": [*SUITE, "rmse"], "code": [*SPEC["code"], ""]}
        one_metric = seconds(lambda: study.evaluate(**more))
    print(f"seconds bare {bare:.2f}")
    print(f"seconds job {whole:.2f}")
    print(f"ratio job_vs_bare {whole / bare:.3f}")
    print(f"ratio nothing_changed_vs_job {again / whole:.3f}")
    print(f"ratio one_loss_of_sixteen_changed_vs_job {one_loss / whole:.3f}")
    print(f"ratio rmse_added_vs_job {one_metric / whole:.3f}")


if __name__ == "__main__":
    main()
