"""Time and memory of the consistency analysis on a generated study of 14.5 million rows.

16 losses x 3 seeds x 10 patients x 240 slices x 25 criteria x 5 checkpoints, 2,000 hierarchical bootstrap draws.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

LOSSES = (
    *("mse", "l1", "charbonnier", "huber", "ssim", "ms_ssim_l1", "vgg", "edge"),
    *("lpips", "dists", "focal_frequency", "nps", "tv", "texture", "multi_window", "wgan_vgg"),
)
# Seven metrics in three windows and four on HU are 25 criteria.
METRICS = (
    *("rmse", "mae", "hu_bias", "noise_sd_ratio"),
    *("psnr", "ssim", "fsim", "vifp", "haarpsi", "hed_vgg16_distance", "niqe_skvideo"),
)
WINDOWS = ("full", "lung", "soft_tissue")


def main() -> None:
    """Generate the study, then analyse it in a process of its own, so that only the analysis is measured."""
    from tests.support.synthetic_metrics import SyntheticStudy, write_study

    study = SyntheticStudy(
        losses=LOSSES, seeds=(0, 1, 2), folds=5, patients=10, slices=240, metrics=METRICS, windows=WINDOWS
    )
    with tempfile.TemporaryDirectory() as folder:
        files = write_study(Path(folder), study)
        job = Path(folder) / "job.json"
        job.write_text(
            json.dumps(
                {
                    "settings": files.settings(draws=2000).model_dump(),
                    "metrics": str(files.metrics),
                    "catalogue": str(files.catalogue),
                    "histories": [str(path) for path in files.histories.values()],
                    "output": str(Path(folder) / "consistency"),
                }
            )
        )
        subprocess.run([sys.executable, __file__, str(job)], check=True)


def measure(job: dict) -> None:
    """Run one analysis and print its time and peak memory, imports included."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    start = time.perf_counter()
    from ldct.stages.keys import Run
    from ldct.statistics.consistency import analyse
    from ldct.statistics.settings import Settings

    histories = Run.by_key(map(Path, job["histories"]))
    analyse(Settings(**job["settings"]), Path(job["metrics"]), Path(job["catalogue"]), histories, Path(job["output"]))
    print(f"seconds analysis {time.perf_counter() - start:.1f}")
    print(f"count peak_mib {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(json.loads(Path(sys.argv[1]).read_text()))
    else:
        main()
