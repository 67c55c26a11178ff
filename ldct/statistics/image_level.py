"""Agreement of criteria image by image: within-slice tau-b and repeated-measures correlation across losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import all_finite, nanmean, number
from ldct.statistics.bootstrap import HierarchicalBootstrap, interval
from ldct.statistics.panel import Panel
from ldct.statistics.ranks import tau_b_matrix
from ldct.statistics.settings import Settings

Row = dict[str, Any]
_CHUNK = 256


def image_level(panel: Panel, boot: HierarchicalBootstrap, settings: Settings) -> list[Row]:
    """IMAGE_LEVEL rows of each pair of criteria (a before b); slices are never pooled over patients.

    Values of whole patients, and pairs without a common slice, are left out.
    """
    mean, patient_of = panel.mean[..., ~panel.whole], panel.patient_of[~panel.whole]
    tau = within_slice_tau(mean, patient_of, len(panel.patients))
    cross, own = centred_products(mean, patient_of, len(panel.patients))
    c_count = len(panel.criteria)
    first, second = np.triu_indices(c_count, 1)
    tau_pairs = tau[:, first, second].T
    tau_low, tau_high = interval(boot.patient_means(tau_pairs), len(panel.patients), settings.confidence)
    r = correlation(cross.sum(0), own.sum(0))
    flat = (len(panel.patients), c_count * c_count)
    drawn = (boot.weights @ matrix.reshape(flat) for matrix in (cross, own))
    shape = (settings.draws, c_count, c_count)
    r_draws = correlation(*(matrix.reshape(shape) for matrix in drawn))[:, first, second]
    r_low, r_high = interval(r_draws, len(panel.patients), settings.confidence)
    usable = all_finite(mean, 1)
    rows = []
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        both = usable[a] & usable[b]
        if not both.any():
            continue
        one, two = panel.criteria[a], panel.criteria[b]
        rows.append(
            {
                "model": panel.model,
                "metric_a": one.metric,
                "window_a": one.window,
                "metric_b": two.metric,
                "window_b": two.window,
                "tau": number(nanmean(tau_pairs[i], 0)),
                "tau_low": number(tau_low[i]),
                "tau_high": number(tau_high[i]),
                "rm_corr": number(r[a, b]),
                "rm_corr_low": number(r_low[i]),
                "rm_corr_high": number(r_high[i]),
                "losses": len(panel.losses),
                "slices": int(both.sum()),
                "patients": len(np.unique(patient_of[both])),
            }
        )
    return rows


def within_slice_tau(values: np.ndarray, patient_of: np.ndarray, patients: int) -> np.ndarray:
    """Mean over a patient's slices of tau-b between criteria across losses, of `values` (C, L, I): (P, C, C)."""
    out = np.full((patients, len(values), len(values)), np.nan)
    for p in range(patients):
        rows = np.flatnonzero(patient_of == p)
        total = np.zeros(out.shape[1:])
        count = np.zeros(out.shape[1:])
        for start in range(0, len(rows), _CHUNK):
            block = np.moveaxis(values[..., rows[start : start + _CHUNK]], 2, 0)
            tau = tau_b_matrix(np.where(np.isfinite(block).all(2, keepdims=True), block, 0.0))
            finite = np.isfinite(tau)
            total += np.where(finite, tau, 0.0).sum(0)
            count += finite.sum(0)
        out[p] = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return out


def centred_products(values: np.ndarray, patient_of: np.ndarray, patients: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums of products of values centred within each slice, over `values` (C, L, I): two (P, C, C).

    The first holds sum x_a x_b; the second sum x_a^2 over the slices that have both a and b.
    """
    cross = np.zeros((patients, len(values), len(values)))
    own = np.zeros_like(cross)
    present = all_finite(values, 1)
    centred = np.where(present[:, None], values - values.mean(1, keepdims=True), 0.0)
    for p in range(patients):
        rows = patient_of == p
        x = centred[..., rows]
        flat = x.reshape(len(values), -1)
        cross[p] = flat @ flat.T
        own[p] = (x**2).sum(1) @ present[:, rows].T
    return cross, own


def correlation(cross: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Repeated-measures correlation (Bakdash & Marusich 2017, doi 10.3389/fpsyg.2017.00456) from those sums.

    Their common slope within subjects gives the correlation of values centred within subjects.
    """
    scale = np.sqrt(own * np.swapaxes(own, -1, -2))
    return np.divide(cross, scale, out=np.full(cross.shape, np.nan), where=scale > 0)
