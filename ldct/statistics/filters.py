"""The bar to beat: every loss against every denoiser without training, on the same images."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.arrays import number
from ldct.statistics.bootstrap import means_over_patients
from ldct.statistics.dense import Dense
from ldct.statistics.evidence import Verdicts, ask
from ldct.statistics.inference.contrasts import contrasts, gain_weights
from ldct.statistics.inference.sample import Sample

Row = dict[str, Any]


def filter_rows(verdicts: Verdicts, dense: Dense) -> list[Row]:
    """FILTERS rows: goodness of each loss minus that of each filter, in the primary windows.

    A filter is not trained, so that it brings no noise of runs: the gain of a loss over it is compared with none. All
    losses, filters and criteria are one family.
    """
    panel, settings = verdicts.panel, verdicts.settings
    places = [c for c, one in enumerate(panel.criteria) if one.primary]
    index = panel.index[places]
    anchors = dense.good(dense.anchors)[index]
    names = [name for name in settings.filters if np.isfinite(anchors[:, dense.untrained.index(name)]).any()]
    losses = panel.compared
    if not names or not losses or not places:
        return []
    good = dense.good(dense.raw)[index]
    of_model = good.mean(1) if panel.model == "all" else good[:, dense.models.index(panel.model)]
    own = of_model[:, [dense.losses.index(loss) for loss in losses]]  # (C, L, S, I)
    bars = anchors[:, [dense.untrained.index(name) for name in names]]  # (C, F, I)
    gain = own[:, :, None] - bars[:, None, :, None]  # (C, L, F, S, I)
    count = len(losses) * len(names)
    gain = gain.reshape(len(places), count, *gain.shape[3:])
    means = means_over_patients(gain, dense.patient_of, len(dense.patients))
    nothing = np.zeros((len(places), 1, *means.shape[2:]))
    sample = Sample(np.concatenate([means, nothing], 1), dense.fold_of)
    results = contrasts(sample, gain_weights(count))
    question = ask(results, verdicts.margin[places], settings.draws, settings.rng("filters", panel.model))
    runs = sample.runs()
    low, high = results.interval(settings.confidence)
    all_low, all_high = results.interval(settings.confidence, tests=count)
    rows: list[Row] = []
    for c, place in enumerate(places):
        criterion = panel.criteria[place]
        for j, (loss, name) in enumerate((loss, name) for loss in losses for name in names):
            evidence = question.evidence(c, j)
            if not evidence.patients:
                continue
            answer = settings.policy.compare(evidence)
            rows.append(
                {
                    "model": panel.model,
                    "metric": criterion.metric,
                    "window": criterion.window,
                    "loss": loss,
                    "filter": name,
                    "difference": number(evidence.estimate),
                    "difference_low": number(low[c, j]),
                    "difference_high": number(high[c, j]),
                    "all_low": number(all_low[c, j]),
                    "all_high": number(all_high[c, j]),
                    "p_adjusted": number(evidence.p) if evidence.answered else None,
                    "verdict": answer.verdict,
                    "reason": answer.why,
                    "patients": evidence.patients,
                    "folds": evidence.folds,
                    # Those of the loss alone: a filter is not trained.
                    "runs": int(runs[c, j].sum()),
                    "tests": evidence.tests,
                }
            )
    return rows
