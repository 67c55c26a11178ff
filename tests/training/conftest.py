"""A small study on disk: patients of noisy discs, their patch tables, and a specification of a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ldct.data.patches import extract_patches
from ldct.stages.patches import Patches
from ldct.tables.images import ImageStack, write_images

PATCHES = {
    "size": 32,
    "per_patient": 96,
    "seed": 0,
    "air_below_hu": -900.0,
    "largest_air_share": 0.6,
}
NOISE_HU = 40.0


def write_patient(folder: Path, patient: str, shape: tuple[int, int, int] = (6, 80, 96)) -> None:
    """Full- and low-dose image tables of discs of various HU in air-filled surroundings, and the patch table."""
    generator = np.random.default_rng(sum(map(ord, patient)))
    rows, columns = np.mgrid[: shape[1], : shape[2]]
    full = np.full(shape, -1000.0)
    for image in full:
        for radius, hu in ((38, 40.0), (12, -800.0), (9, 300.0), (6, 120.0), (4, -100.0)):
            centre = np.array(shape[1:]) / 2 + generator.uniform(-1, 1, 2) * (38 - radius) * 0.7
            image[(rows - centre[0]) ** 2 + (columns - centre[1]) ** 2 < radius**2] = hu
    low = full + generator.normal(0, NOISE_HU, shape)
    for dose, hu in (("full", full), ("low", low)):
        stack = ImageStack(
            patient=patient,
            dose=dose,
            hu=np.rint(hu).astype(np.int16),
            position_mm=np.arange(shape[0]) * 3.0,
            pixel_spacing_mm=(0.8, 0.8),
            slice_thickness_mm=3.0,
            origin_mm=np.zeros((shape[0], 3)),
        )
        write_images(folder / f"{patient}.{dose}.parquet", stack)
    extract_patches(
        Patches.Spec(patients=(patient,), **PATCHES),
        patient,
        folder / f"{patient}.full.parquet",
        folder / f"{patient}.low.parquet",
        folder / f"{patient}.patches.parquet",
    )


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cohort")
    for patient in ("a", "b", "c"):
        write_patient(folder, patient)
    return folder


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def patches(cohort: Path) -> dict[str, Path]:
    return {patient: cohort / f"{patient}.patches.parquet" for patient in ("a", "b", "c")}


@pytest.fixture
def spec() -> dict:
    """A training of a second or so."""
    return {
        "network": {"use": "redcnn", "options": {"width": 8, "kernel": 3}},
        "terms": [
            {"use": "mse", "weight": 1.0, "options": {}},
            {"use": "l1", "weight": 0.5, "options": {}},
        ],
        "seed": 3,
        "train": ["a", "b"],
        "validation": ["c"],
        "budget": {
            "epochs": 3,
            "steps_per_epoch": 12,
            "batch": 4,
            "optimiser": "adam",
            "learning_rate": 2.0e-3,
            "schedule": "cosine",
            "gradient_clip": 1.0,
            "checkpoints": [1, 3],
            "checkpoint_rule": "last",
            "precision": "auto",
            "device": "cpu",
        },
    }
