"""The model of full-dose CT that NIQE is refitted with, from the training patients of one fold."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from ldct.data.selection import judged_slices
from ldct.errors import InputError
from ldct.metrics.base import view
from ldct.metrics.niqe_ct import FEATURES, NIQECT, naturalness
from ldct.tables import write_table
from ldct.tables.fitted import NATURALNESS
from ldct.tables.images import read_images

if TYPE_CHECKING:
    from ldct.stages.fit_niqe_ct import FitNiqeCt

log = logging.getLogger("ldct")


def fit_niqe_ct(spec: FitNiqeCt.Spec, images: Mapping[str, Path], output: Path) -> None:
    """Write NATURALNESS of the full-dose slices of the training patients.

    images: full-dose table of each patient, at least of those. Raises InputError with fewer than 37 patches of tissue
    in all.
    """
    found = []
    for patient in spec.train:
        stack = read_images(images[patient], judged_slices(images[patient], spec.slices_per_patient))
        for hu, valid in zip(stack.hu, stack.valid, strict=True):
            if min(hu.shape) >= NIQECT.smallest:
                found.append(naturalness(view(hu, valid, stack.pixel_spacing_mm, spec.window).pixels))
        log.info("%s: %d patches of tissue so far", patient, sum(map(len, found)))
    write_model(np.concatenate([np.zeros((0, FEATURES)), *found]), output)


def write_model(features: np.ndarray, output: Path) -> None:
    """Write NATURALNESS of the features (patches, 36); raises InputError with fewer than 37 patches."""
    if len(features) <= FEATURES:
        raise InputError(
            output.name,
            f"{len(features)} patches of tissue in the training patients' slices",
            f"more than {FEATURES}",
            "Take niqe_ct out of evaluation.metrics, or give more training patients or larger slices.",
        )
    covariance = np.cov(features.T)
    rows = [
        {"feature": k, "mean": float(features[:, k].mean()), "covariance": covariance[k].tolist()}
        for k in range(FEATURES)
    ]
    write_table(output, pa.Table.from_pylist(rows, NATURALNESS), NATURALNESS)
