"""Courses over training."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import BOOL, INT, TEXT, count, criterion, interval, loss, model, note, real, reason
from ldct.tables.schema import column

TRAJECTORY_POINTS = pa.schema(
    [
        *model(),
        *loss(),
        column("fold", INT, "fold"),
        column("seed", INT, "training seed"),
        *criterion(),
        column("epoch", INT, "epochs finished"),
        real("validation_loss", "the run's own loss on its validation patients"),
        real("mean", "mean of the metric's value over test patients, in its unit"),
        real("goodness", "the same of goodness"),
        column("selected", BOOL, "whether the checkpoint rule chose this epoch"),
    ]
)

_TRAJECTORY = [
    ("spearman", "Spearman's rho of goodness with minus the validation loss"),
    ("kendall", "tau-b of goodness with minus the validation loss"),
    ("concordance", "share of steps in which both move the same way; 0.5 by chance"),
    ("mann_kendall", "tau-b of goodness with the epoch: 1 always improves, -1 always worsens"),
    ("reversal_rate", "share of turning points among inner points; 2/3 for white noise, 0 for a monotone course"),
    ("roughness", "total variation over range: 1 for a monotone course"),
    ("regret", "best goodness over the epochs minus that at the selected epoch, in between-seed SDs"),
]

TRAJECTORIES = pa.schema(
    [
        *model(),
        *loss(),
        column("fold", INT, "fold"),
        column("seed", INT, "training seed"),
        *criterion(),
        count("points", "epochs with both a validation loss and a value"),
        *[real(name, about) for name, about in _TRAJECTORY],
        real("regret_raw", "regret in goodness"),
        real("p_shift", "p of kendall by circular shifts; null where there are too few points"),
        column("selected_epoch", INT, "epoch chosen by the checkpoint rule", nullable=True),
        column("best_epoch", INT, "epoch with the best goodness", nullable=True),
        note(),
    ]
)

TRAJECTORY_SUMMARY = pa.schema(
    [
        *model(),
        column("loss", TEXT, "training loss, or 'all'"),
        *criterion(),
        *[part for name, about in _TRAJECTORY for part in interval(name, f"mean over runs: {about}")],
        *interval("held_out_regret", "as regret, but the best epoch is that of the other folds: free of luck"),
        count("points", "fewest epochs of a run"),
        count("runs", "runs"),
        count("patients", "patients"),
        real("least_concordance", "concordance that noise leaves to a metric that is a function of the loss, at least"),
        real("most_reversals", "reversal rate of a metric that is a function of the loss, with noise, at most"),
        column("verdict", TEXT, "follows the loss, does not follow it, opposes it, or cannot tell"),
        reason(),
        column("course", TEXT, "erratic (turns at more than a third of its points, beyond noise), steady, cannot tell"),
        note(),
    ]
)
