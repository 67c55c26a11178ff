"""Peak memory of each job of a study of 6,000 slices of 512 x 512: patches, training, inference, metrics.

The jobs are the workflow's own scripts, one process after another; the peak is what the system counts for each. Slices
are synthetic; 20 patients of 300 slices at two doses, in two folds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from ldct.tables.images import ImageStack, write_images  # noqa: E402

PATIENTS, SLICES, SIDE = 20, 300, 512
PATCHES = {
    "size": 64,
    "per_patient": 4096,
    "seed": 0,
    "air_below_hu": -900.0,
    "largest_air_share": 0.5,
}
NETWORK = {"use": "redcnn", "options": {"width": 16, "kernel": 3}}


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names = [f"p{number:02d}" for number in range(PATIENTS)]
        folds = [names[::2], names[1::2]]
        for fold, patients in enumerate(folds):
            for patient in patients:
                write_patient(folder / f"fold{fold}" / patient, patient)
        peaks = {}
        for fold, patients in enumerate(folds):
            options = ["--images", folder / f"fold{fold}", "--output-patches", folder / f"patches/fold{fold}.parquet"]
            peaks[f"patches {fold}"] = run("patches", {**PATCHES, "patients": patients}, *options)
        files = {"weights": "weights.safetensors", "history": "history.parquet", "run": "run.json"}
        options = [part for name, file in files.items() for part in (f"--output-{name}", folder / "run" / file)]
        peaks["training"] = run("train", training(folds[1]), "--patches", folder / "patches/fold1.parquet", *options)
        common = {"patients": folds[0], "slices_per_patient": None}
        spec = {**common, "network": NETWORK, "device": "cpu", "slices_per_patient": 20}
        predictions = folder / "predictions/redcnn/mse/fold0/seed0.parquet"
        trained = ["--run", folder / "run/run.json", "--weights", folder / "run/weights.safetensors"]
        images = ["--images", folder / "fold0"]
        peaks["inference"] = run("predict", spec, *trained, *images, "--output-predictions", predictions)
        judged = {
            **common, "slices_per_patient": 20, "metrics": ["rmse", "psnr", "ssim", "gmsd"], "code": [""] * 4,
            "filters": [], "fold": 0, "shard": 0, "shards": 1, "windows": {"soft_tissue": {"center": 40, "width": 400}},
        }  # fmt: skip
        options = ["--predictions", predictions, "--source-known", folder / "known.parquet", *images]
        peaks["metrics"] = run("evaluate", judged, *options, "--output-values", folder / "metrics.parquet")
    for job, peak in peaks.items():
        print(f"count peak_mib_{job.replace(' ', '_fold')} {peak:.0f}")
    print(f"count peak_mib_6000_slices {max(peaks.values()):.0f}")


def write_patient(folder: Path, patient: str) -> None:
    """Discs of tissue with structure and noise; the slices are few different ones, turned and shifted."""
    rng = np.random.default_rng(int(patient[1:]))
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    body = np.hypot(x, y) < 0.45 * SIDE
    basis = np.where(body, 40 + rng.normal(0, 12, (4, SIDE, SIDE)), -1000)
    noise = rng.normal(0, 40, (3, SIDE, SIDE))
    for dose in ("full", "low"):
        hu = np.empty((SLICES, SIDE, SIDE), np.int16)
        for k in range(SLICES):
            image = basis[k % 4] + (noise[k % 3] if dose == "low" else 0)
            hu[k] = np.rot90(np.roll(image, k % 7, axis=0), k // 4 % 4)
        position = np.arange(SLICES) * 1.0
        stack = ImageStack(
            patient=patient, dose=dose, hu=hu, position_mm=position, pixel_spacing_mm=(0.7, 0.7),
            slice_thickness_mm=1.0,
            origin_mm=np.stack([0 * position, 0 * position, position], axis=1),
        )  # fmt: skip
        write_images(folder / f"{dose}.parquet", stack)


def training(patients: list[str]) -> dict:
    settings = {
        "epochs": 4, "steps_per_epoch": 60, "batch": 16, "optimiser": "adam", "learning_rate": 1e-3,
        "schedule": "cosine", "gradient_clip": 1.0, "checkpoints": [1, 4], "checkpoint_rule": "last",
        "precision": "auto", "device": "cpu",
    }  # fmt: skip
    return {
        "network": NETWORK, "terms": [{"use": "mse"}], "seed": 0, "train": patients[:-1], "validation": patients[-1:],
        "budget": settings,
    }  # fmt: skip


def run(script: str, spec: dict, *options: str | Path) -> float:
    """Run a workflow script; returns its peak memory in MiB."""
    command = [sys.executable, ROOT / "workflow_scripts" / f"{script}.py", "--spec", json.dumps(spec), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([str(part) for part in command], env=environment, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{script} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / 1024


if __name__ == "__main__":
    main()
