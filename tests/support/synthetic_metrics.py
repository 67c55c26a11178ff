"""A seeded, realistic table of metrics, with its catalogue and training histories, at any size.

Goodness of an image is a sum of normal effects (loss, patient, patient x loss, run, slice, residual) and of a
learning curve over checkpoints; each metric turns it into a value of its own direction and scale.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ldct.stages.keys import Run
from ldct.statistics.settings import Settings
from ldct.tables import write_table
from ldct.tables.history import HISTORY
from ldct.tables.metrics import CATALOGUE, METRICS

# metric: label, family, direction, unit, mapping, reference, value at goodness 0, change of value per goodness
KINDS: dict[str, tuple[str, str, str, str, str, bool, float, float]] = {
    "rmse": ("RMSE", "fidelity", "lower", "HU", "hu", True, 28.0, 2.0),
    "mae": ("MAE", "fidelity", "lower", "HU", "hu", True, 19.0, 1.5),
    "psnr": ("PSNR", "fidelity", "higher", "dB", "window", True, 31.0, 0.8),
    "ssim": ("SSIM", "structure", "higher", "", "window", True, 0.86, 0.01),
    "ms_ssim": ("MS-SSIM", "structure", "higher", "", "window", True, 0.93, 0.006),
    "fsim": ("FSIM", "structure", "higher", "", "window", True, 0.94, 0.005),
    "vifp": ("VIFp", "structure", "higher", "", "window", True, 0.45, 0.02),
    "gmsd": ("GMSD", "structure", "lower", "", "window", True, 0.06, 0.004),
    "haarpsi": ("HaarPSI", "perceptual", "higher", "", "window", True, 0.75, 0.02),
    "hed_vgg16_distance": ("VGG16 distance", "perceptual", "lower", "", "window", True, 0.3, 0.02),
    "niqe_skvideo": ("NIQE", "no_reference", "lower", "", "window", False, 9.0, 0.5),
    "hu_bias": ("HU bias", "physics", "zero", "HU", "hu", True, 1.5, 0.3),
    "noise_sd_ratio": ("noise SD ratio", "physics", "one", "", "hu", True, 0.35, 0.3),
}
HOME = {"mse": ("rmse", "psnr"), "l1": ("mae",), "ms_ssim_l1": ("ms_ssim",), "vgg": ("hed_vgg16_distance",)}


@dataclass(frozen=True, kw_only=True)
class SyntheticStudy:
    """Size and effects of a generated study; SDs are in units of goodness.

    Studies of one `effect_seed` have the same true effects of their losses, whatever their `seed`.
    """

    losses: tuple[str, ...] = ("mse", "l1", "charbonnier", "ms_ssim_l1", "edge", "vgg")
    models: tuple[str, ...] = ("redcnn",)
    seeds: tuple[int, ...] = (0, 1)
    folds: int = 2
    patients: int = 8
    slices: int = 6
    checkpoints: tuple[int, ...] = (2, 4, 6, 8, 10)
    metrics: tuple[str, ...] = tuple(KINDS)
    windows: tuple[str, ...] = ("full", "soft_tissue")
    agreement: float = 0.5
    loss_sd: float = 1.0
    home_bonus: float = 0.5
    patient_sd: float = 1.0
    patient_loss_sd: float = 0.3
    seed_sd: float = 0.2
    slice_sd: float = 0.5
    residual_sd: float = 0.3
    wobble_sd: float = 0.2
    validation_noise: float = 0.05
    low_dose_goodness: float = -4.0
    filters: tuple[tuple[str, float], ...] = ()  # name and goodness of denoisers without training
    missing: tuple[tuple[str, str, int, int], ...] = ()
    seed: int = 0
    effect_seed: int | None = None


@dataclass(frozen=True)
class StudyFiles:
    """Where a generated study lies, and what `analyse` is called with."""

    design: dict[str, Any]
    metrics: Path
    catalogue: Path
    histories: dict[Run, Path]

    def settings(self, **changes: Any) -> Settings:
        return Settings(**{**self.design, **changes})


def write_study(folder: Path, study: SyntheticStudy | None = None) -> StudyFiles:
    """Write metrics.parquet, catalogue.parquet and a history per run under `folder`.

    `study.missing` names runs (model, loss, fold, seed) of which nothing is written.
    """
    study = study or SyntheticStudy()
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(study.seed)
    criteria = criteria_of(study)
    metric_index = {name: i for i, name in enumerate(study.metrics)}
    of_metric = np.array([metric_index[metric] for metric, _ in criteria])
    own = study.effect_seed is None
    effect = _loss_effects(study, rng if own else np.random.default_rng(study.effect_seed))
    people = [f"P{p:03d}" for p in range(study.patients)]
    fold_of = np.arange(study.patients) % study.folds
    m, n, s = len(study.metrics), study.patients, study.slices
    patient = rng.normal(0, study.patient_sd, (n, 1, m))
    slices = rng.normal(0, study.slice_sd, (n, s, m))
    histories = {}
    path = folder / "metrics.parquet"
    with pq.ParquetWriter(path, METRICS, compression="zstd", compression_level=1) as writer:
        for anchor in ("low_dose", "full_dose"):
            level = study.low_dose_goodness if anchor == "low_dose" else 6.0
            good = (level + patient + slices + rng.normal(0, study.residual_sd, (n, s, m)))[None]
            run = {"dose": "full" if anchor == "full_dose" else "low", "model": "anchor", "loss": anchor, "seed": 0}
            for fold in range(study.folds):
                who = np.flatnonzero(fold_of == fold)
                block = _values(study, good[:, who][..., of_metric], criteria, rng)
                writer.write_table(_rows(block, [people[p] for p in who], criteria, [0], 0, run | {"fold": fold}))
        for name, level in study.filters:
            apart = np.random.default_rng([study.seed, len(name)])
            good = (level + patient + slices + apart.normal(0, study.residual_sd, (n, s, m)))[None]
            run = {"dose": "low", "model": "anchor", "loss": name, "seed": 0}
            for fold in range(study.folds):
                who = np.flatnonzero(fold_of == fold)
                block = _values(study, good[:, who][..., of_metric], criteria, apart)
                writer.write_table(_rows(block, [people[p] for p in who], criteria, [0], 0, run | {"fold": fold}))
        for model in study.models:
            for index, loss in enumerate(study.losses):
                personal = rng.normal(0, study.patient_loss_sd, (n, 1, m))
                for fold in range(study.folds):
                    who = np.flatnonzero(fold_of == fold)
                    for seed in study.seeds:
                        curve, wobble, validation = _course(study, rng, m)
                        if (model, loss, fold, seed) in study.missing:
                            continue
                        base = effect[:, index] + rng.normal(0, study.seed_sd, m) + patient[who] + personal[who]
                        good = (base + slices[who])[None] + (curve[:, None] + wobble)[:, None, None]
                        good = good + rng.normal(0, study.residual_sd, good.shape)
                        block = _values(study, good[..., of_metric], criteria, rng)
                        at = [validation[epoch - 1] for epoch in study.checkpoints]
                        run = {"dose": "low", "model": model, "loss": loss, "fold": fold, "seed": seed}
                        names = [people[p] for p in who]
                        chosen = study.checkpoints[int(np.argmin(at))]
                        writer.write_table(_rows(block, names, criteria, study.checkpoints, chosen, run))
                        place = folder / "models" / model / loss / f"fold{fold}" / f"seed{seed}" / "history.parquet"
                        _write_history(place, validation)
                        histories[Run(model, loss, fold, seed)] = place
    catalogue = folder / "catalogue.parquet"
    _write_catalogue(catalogue, study.metrics)
    design = {
        "draws": 500,
        "confidence": 0.95,
        "seed": 0,
        "reference_loss": study.losses[0],
        "primary_window": study.windows[-1],
        "losses": list(study.losses),
        "models": list(study.models),
        "seeds": list(study.seeds),
        "folds": study.folds,
        "filters": [name for name, _ in study.filters],
    }
    return StudyFiles(design, path, catalogue, histories)


def criteria_of(study: SyntheticStudy) -> list[tuple[str, str]]:
    """(metric, window) pairs of the study; metrics on HU have the one window 'hu'."""
    return [
        (metric, window)
        for metric in study.metrics
        for window in (study.windows if KINDS[metric][4] == "window" else ("hu",))
    ]


def _loss_effects(study: SyntheticStudy, rng: np.random.Generator) -> np.ndarray:
    """(metrics, losses): a part common to all metrics, a part of each family, and a bonus at home."""
    families = sorted({KINDS[metric][1] for metric in study.metrics})
    common = rng.normal(0, 1, len(study.losses))
    own = {family: rng.normal(0, 1, len(study.losses)) for family in families}
    share = study.agreement
    effect = np.array([np.sqrt(share) * common + np.sqrt(1 - share) * own[KINDS[name][1]] for name in study.metrics])
    effect *= study.loss_sd
    for index, loss in enumerate(study.losses):
        for metric in HOME.get(loss, ()):
            if metric in study.metrics:
                effect[study.metrics.index(metric), index] += study.home_bonus * study.loss_sd
    return effect


def _course(study: SyntheticStudy, rng: np.random.Generator, m: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Learning curve at the checkpoints (K,), each metric's wobble (K, m), validation loss at every epoch."""
    epochs = np.arange(1, study.checkpoints[-1] + 1)
    noise = rng.normal(0, study.validation_noise, len(epochs))
    validation = 0.02 * (1 + 4 * np.exp(-epochs / 3.0)) * np.exp(noise)
    kept = np.array(study.checkpoints) - 1
    curve = -2.0 * np.exp(-epochs[kept] / 3.0)
    wobble = rng.normal(0, study.wobble_sd, (len(kept), m)) - noise[kept, None]
    return curve, wobble, validation


def _values(
    study: SyntheticStudy, good: np.ndarray, criteria: list[tuple[str, str]], rng: np.random.Generator
) -> np.ndarray:
    """Metric values from goodness (..., criteria); the window shifts a metric's level a little."""
    out = np.empty(good.shape)
    for c, (metric, window) in enumerate(criteria):
        _, _, direction, _, _, _, base, scale = KINDS[metric]
        g = good[..., c] + (0.1 * study.windows.index(window) if window in study.windows else 0.0)
        if direction == "higher":
            out[..., c] = base + scale * g
        elif direction == "lower":
            out[..., c] = base - scale * g
        elif direction == "zero":
            out[..., c] = base * np.exp(-scale * g) * rng.choice([-1.0, 1.0], g.shape)
        else:
            out[..., c] = np.exp(-base * np.exp(-scale * g))
    return out


def _rows(
    values: np.ndarray,
    people: list[str],
    criteria: list[tuple[str, str]],
    checkpoints: Iterable[int],
    chosen: int,
    run: dict[str, Any],
) -> pa.Table:
    """Rows of one run from values (checkpoints, patients, slices, criteria)."""
    checkpoints = np.asarray(list(checkpoints), np.int32)
    k, p, s, c = np.indices(values.shape, dtype=np.int32).reshape(4, -1)
    size = values.size
    word = lambda text: pa.DictionaryArray.from_arrays(np.zeros(size, np.int32), [text])  # noqa: E731
    number = lambda value: pa.array(np.full(size, value, np.int32))  # noqa: E731
    columns = {
        "patient": pa.DictionaryArray.from_arrays(p, people),
        "slice": pa.array(s),
        "dose": word(run["dose"]),
        "model": word(run["model"]),
        "loss": word(run["loss"]),
        "fold": number(run["fold"]),
        "seed": number(run["seed"]),
        "checkpoint": pa.array(checkpoints[k]),
        "selected": pa.array(checkpoints[k] == chosen),
        "metric": pa.DictionaryArray.from_arrays(c, [metric for metric, _ in criteria]),
        "window": pa.DictionaryArray.from_arrays(c, [window for _, window in criteria]),
        "value": pa.array(values.reshape(-1)),
        "reason": pa.nulls(size, pa.string()),
    }
    return pa.table(columns).select(METRICS.names).cast(METRICS)


def _write_history(path: Path, validation: np.ndarray) -> None:
    epochs = np.arange(1, len(validation) + 1)
    table = pa.table(
        {
            "epoch": pa.array(epochs, pa.int32()),
            "step": pa.array(epochs * 100, pa.int64()),
            "train_loss": validation * 0.9,
            "validation_loss": validation,
            "validation_rmse_hu": 500 * np.sqrt(validation / 2),
            "learning_rate": np.full(len(epochs), 1e-3),
            "terms": pa.array([[]] * len(epochs), HISTORY.field("terms").type),
        }
    )
    write_table(path, table, HISTORY)


def _write_catalogue(path: Path, metrics: tuple[str, ...]) -> None:
    rows = [
        {
            "metric": name,
            "label": kind[0],
            "family": kind[1],
            "direction": kind[2],
            "low": None,
            "high": None,
            "unit": kind[3],
            "mapping": kind[4],
            "reference": kind[5],
            "source": "generated",
            "licence": "none",
            "available": True,
            "note": None,
        }
        for name, kind in ((name, KINDS[name]) for name in metrics)
    ]
    write_table(path, pa.Table.from_pylist(rows, CATALOGUE), CATALOGUE)
