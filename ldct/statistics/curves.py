"""Noise texture and sharpness of every loss relative to full dose, with patients as units."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.tables import read_table, write_table
from ldct.tables.curves import CURVES, RATIOS

if TYPE_CHECKING:
    from ldct.stages.physics import Physics

LOW, FULL = "low_dose", "full_dose"
# Below this the transfer function of the full dose itself is lost in noise.
LEAST_TTF = 0.1
# Frequencies that fewer of the patients reach are left out.
LEAST_SHARE = 0.5


def curve_ratios(spec: Physics.Spec, tables: Sequence[Path], output: Path) -> None:
    """Write RATIOS to output/curves.parquet.

    tables: CURVES of the folds. Logarithms are averaged over seeds (and networks, for 'all'), then over patients;
    intervals resample patients. Equal input gives equal bytes. Raises InputError for a table that cannot be read.
    """
    table = pa.concat_tables([read_table(path, CURVES) for path in sorted(tables)]).to_pandas()
    keys = ["patient", "curve", "frequency"]
    full = table.loc[table["loss"] == FULL, [*keys, "value"]].rename(columns={"value": "full"})
    joined = table.merge(full, on=keys)
    usable = (joined["value"] > 0) & (joined["full"] > 0)
    usable &= (joined["curve"] != "ttf") | (joined["full"] >= LEAST_TTF)
    joined = joined[usable]
    joined = joined.assign(level=np.log(joined["value"]), ratio=np.log(joined["value"] / joined["full"]))
    present = [model for model in spec.models if (joined["model"] == model).any()]
    rows = [row for model in (["all"] if len(present) > 1 else []) + present for row in _of_model(spec, joined, model)]
    rows += _of(spec, joined, {"model": "anchor", "loss": FULL}) + _of(spec, joined, {"model": "anchor", "loss": LOW})
    write_table(output / "curves.parquet", pa.Table.from_pylist(rows, RATIOS), RATIOS)


def _of_model(spec: Physics.Spec, joined: pd.DataFrame, model: str) -> Iterator[dict[str, Any]]:
    own = joined[joined["model"] != "anchor"] if model == "all" else joined[joined["model"] == model]
    for loss in spec.losses:
        yield from _of(spec, own.assign(model=model), {"model": model, "loss": loss})


def _of(spec: Physics.Spec, joined: pd.DataFrame, key: Mapping[str, str]) -> list[dict[str, Any]]:
    own = joined[(joined["model"] == key["model"]) & (joined["loss"] == key["loss"])]
    rows: list[dict[str, Any]] = []
    resampling = spec.resampling
    for curve, part in own.groupby("curve"):
        wide = part.groupby(["frequency", "patient"])[["level", "ratio"]].mean().unstack("patient")
        level, ratio = (wide[name].to_numpy(float) for name in ("level", "ratio"))
        patients = ratio.shape[1]
        draws = HierarchicalBootstrap(
            np.arange(patients), resampling.draws, np.random.default_rng(resampling.seed)
        ).patient_means(ratio)
        for k, frequency in enumerate(wide.index):
            count = int(np.isfinite(ratio[k]).sum())
            if count < LEAST_SHARE * patients:
                continue
            low, high = interval(draws[:, [k]], count, resampling.confidence)
            bounds = [float(np.exp(end[0])) if np.isfinite(end[0]) else None for end in (low, high)]
            rows.append(
                {
                    **key,
                    "curve": curve,
                    "frequency": float(frequency),
                    "level": float(np.exp(np.nanmean(level[k]))),
                    "ratio": float(np.exp(np.nanmean(ratio[k]))),
                    "ratio_low": bounds[0],
                    "ratio_high": bounds[1],
                    "patients": count,
                }
            )
    return rows
