"""A finished study's tables, small: two patients, two losses, images that differ by known amounts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ldct.tables import write_table
from ldct.tables.images import ImageStack, pack, write_images
from ldct.tables.predictions import predictions_schema

SHAPE = (24, 20)


@pytest.fixture(scope="session")
def results(tmp_path_factory) -> Path:
    """images/ and predictions/ of patients P1 and P2 with losses mse and l1."""
    folder = tmp_path_factory.mktemp("reading") / "results"
    rng = np.random.default_rng(0)
    schema = predictions_schema(SHAPE)
    for fold, patient in enumerate(("P1", "P2")):
        hu = rng.integers(-200, 200, (3, *SHAPE)).astype(np.int16)
        for dose, sd in (("full", 0), ("low", 60)):
            noisy = (hu + rng.normal(0, 1, hu.shape) * sd).round().astype(np.int16)
            stack = ImageStack(
                patient=patient,
                dose=dose,
                hu=noisy,
                position_mm=np.arange(3.0),
                pixel_spacing_mm=(1.0, 1.0),
                slice_thickness_mm=1.0,
                origin_mm=np.zeros((3, 3)),
            )
            write_images(folder / "images" / patient / f"{dose}.parquet", stack)
        for loss, bias in (("mse", 5), ("l1", 11)):
            table = pa.table(
                {
                    "patient": [patient] * 3,
                    "slice": pa.array([0, 1, 2], pa.int32()),
                    "checkpoint": pa.array([6] * 3, pa.int32()),
                    "selected": [True] * 3,
                    "hu": pack(hu + np.int16(bias)),
                },
                schema=schema,
            )
            write_table(folder / f"predictions/redcnn/{loss}/fold{fold}/seed0.parquet", table, schema)
    return folder
