"""Linear mixed models on patient means, with patient x loss variation and trainings as a random factor.

Leaving either out makes the standard error of a loss contrast several times too small. Patients are tested in one fold
and share its runs, so all random effects lie within folds. With one seed a run cannot be told from its fold: the model
then takes the means of folds, if there are enough, as the units.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from ldct.statistics.arrays import number
from ldct.statistics.evidence import Verdicts
from ldct.statistics.panel import Panel
from ldct.statistics.policy import Reason
from ldct.statistics.settings import Settings

Row = dict[str, Any]
_LEAST_PATIENTS = 3
_log = logging.getLogger("ldct")


def mixed_rows(answers: list[Verdicts], settings: Settings) -> list[Row]:
    """MIXED rows: loss against the reference in each network, and loss x network over all of them (primary windows)."""
    own = [one for one in answers if one.panel.model != "all" and settings.reference_loss in one.panel.losses]
    rows: list[Row] = []
    for one in own:
        for c, criterion in enumerate(one.panel.criteria):
            if criterion.primary:
                key = {"model": one.panel.model, "metric": criterion.metric, "window": criterion.window}
                rows += _fit(_frame(one.panel, c), key, _freedom(one, c), settings)
    if len(own) > 1:
        names = [
            {(criterion.metric, criterion.window): c for c, criterion in enumerate(one.panel.criteria)} for one in own
        ]
        shared = set(own[0].panel.losses).intersection(*(one.panel.losses for one in own[1:]))
        for metric, window in names[0]:
            here = all((metric, window) in name for name in names)
            if here and own[0].panel.criteria[names[0][metric, window]].primary:
                places = [name[metric, window] for name in names]
                frames = [_frame(one.panel, c) for one, c in zip(own, places, strict=True)]
                frame = pd.concat(frames, ignore_index=True)
                freedom = min(_freedom(one, c) for one, c in zip(own, places, strict=True))
                key = {"model": "all", "metric": metric, "window": window}
                rows += _fit(frame[frame["loss"].isin(shared)].reset_index(drop=True), key, freedom, settings)
    return rows


def _freedom(verdicts: Verdicts, c: int) -> float:
    """Degrees of freedom of a pair of losses by criterion c, NaN where trainings cannot be told from patients."""
    freedom = verdicts.pairs.results.freedom[c]
    return float(np.median(freedom)) if np.isfinite(freedom).all() and len(freedom) else np.nan


def _frame(panel: Panel, c: int) -> pd.DataFrame:
    """Patient means of criterion c in long form: model, loss, fold, run, patient, goodness."""
    values = panel.ranked_sample.values[c]
    loss, seed, patient = np.nonzero(np.isfinite(values))
    names = np.array(panel.losses)[loss]
    return pd.DataFrame(
        {
            "model": panel.model,
            "loss": names,
            "fold": panel.fold_of[patient],
            # A run lies in a fold, so its name need not say which.
            "run": [f"{panel.model} {name} {one}" for name, one in zip(names, seed, strict=True)],
            "patient": np.array(panel.patients)[patient],
            "goodness": values[loss, seed, patient],
        }
    )


def _fit(frame: pd.DataFrame, key: Row, freedom: float, settings: Settings) -> list[Row]:
    from statsmodels.regression.mixed_linear_model import MixedLM

    joint = key["model"] == "all"
    fixed = f"C(loss, Treatment('{settings.reference_loss}'))" + (" * C(model)" if joint else "")
    formula = f"goodness ~ {fixed} + (1 | fold:patient) + (1 | fold:patient:loss) + (1 | fold:run)"
    formula += " + (1 | fold:patient:model)" if joint else ""
    patients = frame["patient"].nunique()
    row = key | {"formula": formula, "patients": patients}
    scale = frame["goodness"].std()
    if patients < _LEAST_PATIENTS or not scale > 0:
        return [row | {"term": "none", "note": f"cannot tell: {patients} patients; at least {_LEAST_PATIENTS} needed"}]
    if not np.isfinite(freedom):
        return [row | {"term": "none", "note": f"cannot tell: {Reason.ONE_TRAINING}"}]
    # Unit scale helps the optimiser; the estimates are scaled back.
    scaled = frame.assign(
        goodness=(frame["goodness"] - frame["goodness"].mean()) / scale,
        crossed=frame["patient"] + " " + frame["loss"],
        network=frame["patient"] + " " + frame["model"],
    )
    parts = {"patient": "0 + C(patient)", "patient_loss": "0 + C(crossed)", "run": "0 + C(run)"}
    if joint:
        parts["patient_model"] = "0 + C(network)"
    if frame.groupby(["patient", "loss", "model"]).size().max() == 1:
        # With one seed what is left of a patient is patient x loss itself.
        del parts["patient_loss"]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mixed = MixedLM.from_formula(f"goodness ~ {fixed}", scaled, groups="fold", re_formula="0", vc_formula=parts)
            fit = mixed.fit(reml=True, method=["lbfgs", "powell"])
    except (np.linalg.LinAlgError, ValueError) as error:
        named = f"{key['metric']} ({key['window']}, {key['model']})"
        _log.info("statistics: mixed model of %s failed: %s", named, error)
        return [row | {"term": "none", "note": f"cannot tell: the fit failed ({error})"}]
    reach = stats.t.ppf((1 + settings.confidence) / 2, freedom)
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
                "estimate_low": number(estimate - reach * error),
                "estimate_high": number(estimate + reach * error),
                "standard_error": number(error),
                "freedom": number(freedom),
                "p": number(2 * stats.t.sf(abs(estimate / error), freedom)) if error > 0 else None,
                "note": None if fit.converged else "the fit did not converge",
            }
        )
    return rows


def _plain(name: str) -> str:
    """'vgg' or 'vgg x cnn10' for statsmodels' name of a coefficient."""
    return " x ".join(part.split("[T.")[-1].rstrip("]") for part in name.split(":") if "[T." in part)
