"""Linear mixed models on patient means, with patient x loss variation.

Leaving patient x loss out makes the standard error of a loss contrast several times too small. Here slices and seeds
are averaged first, so that within one network the residual is that variation; over several networks it has a term.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ldct.statistics.arrays import number
from ldct.statistics.panel import Panel
from ldct.statistics.settings import Settings

Row = dict[str, Any]
_LEAST_PATIENTS = 3
_log = logging.getLogger("ldct")


def mixed_rows(panels: list[Panel], settings: Settings) -> list[Row]:
    """MIXED rows: loss against the reference in each network, and loss x network over all of them (primary windows)."""
    own = [panel for panel in panels if panel.model != "all" and settings.reference_loss in panel.losses]
    rows: list[Row] = []
    for panel in own:
        for c, criterion in enumerate(panel.criteria):
            if criterion.primary:
                rows += _fit(_frame(panel, c), panel.model, criterion.metric, criterion.window, settings)
    if len(own) > 1:
        names = [
            {(criterion.metric, criterion.window): c for c, criterion in enumerate(panel.criteria)} for panel in own
        ]
        shared = set(own[0].losses).intersection(*(panel.losses for panel in own[1:]))
        for metric, window in names[0]:
            if all((metric, window) in name for name in names) and own[0].criteria[names[0][metric, window]].primary:
                frames = [_frame(panel, name[metric, window]) for panel, name in zip(own, names, strict=True)]
                frame = pd.concat(frames, ignore_index=True)
                rows += _fit(frame[frame["loss"].isin(shared)].reset_index(drop=True), "all", metric, window, settings)
    return rows


def _frame(panel: Panel, c: int) -> pd.DataFrame:
    """Patient means of criterion c in long form: model, loss, patient, goodness."""
    loss, patient = np.nonzero(np.isfinite(panel.by_patient[c]))
    return pd.DataFrame(
        {
            "model": panel.model,
            "loss": np.array(panel.losses)[loss],
            "patient": np.array(panel.patients)[patient],
            "goodness": panel.by_patient[c][loss, patient],
        }
    )


def _fit(frame: pd.DataFrame, model: str, metric: str, window: str, settings: Settings) -> list[Row]:
    from statsmodels.regression.mixed_linear_model import MixedLM

    key = {"model": model, "metric": metric, "window": window}
    joint = model == "all"
    fixed = f"C(loss, Treatment('{settings.reference_loss}'))" + (" * C(model)" if joint else "")
    formula = f"goodness ~ {fixed} + (1 | patient)" + (" + (1 | patient:loss) + (1 | patient:model)" if joint else "")
    patients = frame["patient"].nunique()
    row = key | {"formula": formula, "patients": patients}
    scale = frame["goodness"].std()
    if patients < _LEAST_PATIENTS or not scale > 0:
        return [row | {"term": "none", "note": f"cannot tell: {patients} patients; at least {_LEAST_PATIENTS} needed"}]
    # Unit scale helps the optimiser; the estimates are scaled back.
    scaled = frame.assign(goodness=(frame["goodness"] - frame["goodness"].mean()) / scale)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parts = {"patient_loss": "0 + C(loss)", "patient_model": "0 + C(model)"} if joint else None
            mixed = MixedLM.from_formula(
                f"goodness ~ {fixed}", scaled, groups="patient", re_formula="1", vc_formula=parts
            )
            fit = mixed.fit(reml=True, method=["lbfgs", "powell"])
    except (np.linalg.LinAlgError, ValueError) as error:
        _log.info("statistics: mixed model of %s (%s, %s) failed: %s", metric, window, model, error)
        return [row | {"term": "none", "note": f"cannot tell: the fit failed ({error})"}]
    z = stats.norm.ppf((1 + settings.confidence) / 2)
    rows = []
    for name in fit.fe_params.index:
        if name == "Intercept":
            continue
        estimate, error = float(fit.fe_params[name]) * scale, float(fit.bse_fe[name]) * scale
        rows.append(
            row
            | {
                "term": _plain(name),
                "estimate": number(estimate),
                "estimate_low": number(estimate - z * error),
                "estimate_high": number(estimate + z * error),
                "standard_error": number(error),
                "p": number(2 * stats.norm.sf(abs(estimate / error))) if error > 0 else None,
                "note": None if fit.converged else "the fit did not converge",
            }
        )
    return rows


def _plain(name: str) -> str:
    """'vgg' or 'vgg x cnn10' for statsmodels' name of a coefficient."""
    return " x ".join(part.split("[T.")[-1].rstrip("]") for part in name.split(":") if "[T." in part)
