"""On what the analysis stands."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.consistency.fields import BOOL, INT, TEXT, count, criterion, loss, model, note
from ldct.tables.schema import column

DESIGN = pa.schema(
    [
        column("key", TEXT, "what is stated"),
        column("value", TEXT, "its value"),
        column("about", TEXT, "what it means"),
    ]
)

CRITERIA = pa.schema(
    [
        *criterion(),
        column("label", TEXT, "name as a reader writes it"),
        column("family", TEXT, "fidelity, structure, perceptual, no_reference or physics"),
        column("direction", TEXT, "which values are better: higher, lower, zero or one"),
        column("unit", TEXT, "unit of the metric's value, '' for none"),
        column("reference", BOOL, "whether it compares with the full-dose image"),
        column("primary", BOOL, "whether its window is the primary one, or it is on HU"),
        column("home_of", TEXT, "losses that optimise this metric, comma separated; '' for none"),
        count("patients", "patients with a value for every ranked loss of at least one network"),
        column("values", pa.int64(), "usable values of the selected checkpoints"),
        column("unusable", pa.int64(), "values absent, not finite, or outside the orientation's domain"),
        column("used", BOOL, "whether it enters the analysis"),
        note(),
    ]
)

RUNS = pa.schema(
    [
        *model(),
        *loss(),
        column("fold", INT, "fold in which its patients are tested"),
        column("seed", INT, "training seed"),
        column("status", TEXT, "present, missing (no metrics), failed (no usable value)"),
        count("epochs", "epochs in its history; 0 where there is none"),
        count("patients", "test patients with values of the selected checkpoint"),
        count("slices", "test slices with values of the selected checkpoint"),
        count("checkpoints", "epochs with values"),
        column("selected_epoch", INT, "epoch chosen by the checkpoint rule", nullable=True),
        note(),
    ]
)

COVERAGE = pa.schema(
    [
        *model(),
        *loss(),
        count("runs_expected", "folds x seeds of the study"),
        count("runs_present", "runs with values"),
        count("patients", "patients with values"),
        column("ranked", BOOL, "whether the loss enters rankings and tests of this network"),
        count("patients_ranked", "patients for which every ranked loss of this network has values"),
        note("why it is left out, or which runs are absent"),
    ]
)
