"""Noise power spectra and transfer functions of all runs of a fold, as curves over frequency."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from ldct.data.selection import judged_slices
from ldct.edge_spread import transfer
from ldct.metrics.base import NoValue, View, view
from ldct.metrics.edges import find_edges
from ldct.metrics.nps import homogeneous_patches, noise_power_spectrum, radial, rings
from ldct.metrics.predicted import Predictions
from ldct.metrics.slices import Progress
from ldct.metrics.subjects import Reference, anchors, denoised
from ldct.tables import write_table
from ldct.tables.curves import CURVES

if TYPE_CHECKING:
    from ldct.stages.curves import Curves
    from ldct.stages.keys import Run

# 1/mm. Patients have pixels, and so rings of frequency, of their own.
GRID = np.round(np.arange(0.04, 1.001, 0.04), 2)
# Of an image, values on GRID; NaN where the curve does not reach.
Curve = Callable[[View], np.ndarray]

log = logging.getLogger("ldct")


def curves(spec: Curves.Spec, runs: Mapping[Run, Path], images: Mapping[str, Mapping[str, Path]], output: Path) -> None:
    """Write CURVES rows of both doses and of every run at its selected epoch: means over a patient's slices.

    runs, images: as in `ldct.metrics.evaluate`. Noise is seen where the full dose has homogeneous soft tissue,
    sharpness at the full dose's isolated edges; a patient without either lacks the curve. Raises InputError as
    `ldct.metrics.evaluate` does.
    """
    predictions = Predictions(runs, selected_only=True)
    rows: list[dict[str, Any]] = []
    for patient in spec.patients:
        slices = judged_slices(images[patient]["low"], spec.slices_per_patient)
        progress = Progress(patient, len(slices))
        found: dict[tuple, list[np.ndarray]] = {}
        lacking: Counter[str] = Counter()
        for index, predicted in predictions.of(patient, slices):
            reference = Reference.read(images[patient], index)
            seen, reasons = of_reference(view(reference.full, reference.valid, reference.spacing_mm))
            lacking.update(reasons)
            for subject in [*anchors(reference, {}), *denoised(reference, predicted)]:
                image = view(subject.hu(), reference.valid, reference.spacing_mm)
                key = tuple(subject.row[name] for name in ("dose", "model", "loss", "seed"))
                for name, curve in seen.items():
                    found.setdefault((*key, name), []).append(curve(image))
            progress.step()
        for reason, count in lacking.items():
            log.info("%s, %d of %d slices: %s", patient, count, len(slices), reason)
        for (dose, model, loss, seed, name), values in found.items():
            key = {"patient": patient, "dose": dose, "model": model, "loss": loss, "fold": spec.fold, "seed": seed}
            mean = np.mean(values, axis=0)
            rows += [
                {**key, "curve": name, "frequency": f, "value": value, "slices": len(values)}
                for f, value in zip(GRID.tolist(), mean.tolist(), strict=True)
                if np.isfinite(value)
            ]
    write_table(output, pa.Table.from_pylist(rows, schema=CURVES), CURVES)


def of_reference(full: View) -> tuple[dict[str, Curve], list[str]]:
    """The curves that this full-dose slice allows, by name; and why it does not allow the others."""
    found: dict[str, Curve] = {}
    reasons = []
    try:
        patches = homogeneous_patches(full)
        at = rings(full.spacing_mm)
        found["nps"] = lambda image: _on_grid(at, radial(noise_power_spectrum(image, patches), full.spacing_mm))
    except NoValue as reason:
        reasons.append(f"no noise power spectrum, {reason}")
    try:
        edges = find_edges(full)
        found["ttf"] = lambda image: _on_grid(*transfer(edges.spread(image)), limit=0.5 / max(full.spacing_mm))
    except NoValue as reason:
        reasons.append(f"no transfer function, {reason}")
    return found, reasons


def _on_grid(frequency: np.ndarray, values: np.ndarray, limit: float = np.inf) -> np.ndarray:
    inside = np.interp(GRID, frequency, values, left=np.nan, right=np.nan)
    return np.where(limit >= GRID, inside, np.nan)
