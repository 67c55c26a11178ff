"""The negative control: what is called a difference where there is none, at the rate that was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.statistics.control import control_design, control_rows, false_differences, without
from ldct.statistics.evidence import Verdicts
from ldct.statistics.panel import panels
from tests.support.simulated import dense_of, draw_sample, settings_of
from tests.support.synthetic_metrics import SyntheticStudy

CONTROL = "loss5"


def controlled(seed: int, moved: float = 0.0, draws: int = 200, **truth):
    """Rows of a simulated study whose last loss is the control, `moved` by what a true control never is."""
    rng = np.random.default_rng(seed)
    sample = draw_sample(rng, losses=6, metrics=6, **{"patients": 10, "seeds": 3, "folds": 2, "run_sd": 0.4} | truth)
    sample.values[:, 5] += moved
    everything = dense_of(rng, sample, constructs=3)
    dense = without(everything, CONTROL)
    settings = settings_of(dense, draws, seed).model_copy(update={"control": CONTROL})
    verdicts = Verdicts(panels(dense)[0][0], settings)
    return control_rows(everything, verdicts), verdicts


def test_a_true_null_is_called_a_difference_at_no_more_than_the_nominal_rate():
    studies = [controlled(seed, better=0.8)[0] for seed in range(120)]
    assert all(len(rows) == 6 and rows[0]["runs"] == 12 for rows in studies)
    wrong = sum(false_differences(rows)[0] > 0 for rows in studies)
    assert stats.binomtest(wrong, len(studies), 0.05, alternative="greater").pvalue > 0.01
    # Without correction one criterion's p is uniform or a little cautious, not 1 throughout.
    p = np.array([rows[0]["p"] for rows in studies])
    assert 0.2 < (p < 0.5).mean() < 0.65


def test_a_control_that_differs_is_called_different():
    """The rate above is not low because nothing is ever called."""
    rows, verdicts = controlled(1, moved=3.0)
    assert [row["verdict"] for row in rows] == ["better"] * 6
    design = {row["key"]: row["value"] for row in control_design(rows, verdicts.settings)}
    assert design == {
        "negative_control": CONTROL,
        "control_comparisons": "6",
        "control_differences": "6",
        "control_share": "1.000",
    }


def test_what_is_said_of_the_losses_does_not_know_of_the_control():
    _, verdicts = controlled(2)
    assert CONTROL not in verdicts.panel.compared and len(verdicts.panel.losses) == 5


def test_one_training_has_no_answer_and_no_share():
    rows, verdicts = controlled(3, seeds=1)
    assert {row["verdict"] for row in rows} == {"cannot tell"} and false_differences(rows) == (0, 0)
    assert control_design(rows, verdicts.settings)[-1]["value"] == ""


@pytest.fixture(scope="module")
def both(analyse_study):
    study = SyntheticStudy(losses=("mse", "l1", "edge", "mse_again"), metrics=("rmse", "ssim", "vifp"), slices=3)
    plain = analyse_study(study, bootstrap_draws=100, losses=["mse", "l1", "edge"])
    return plain, analyse_study(study, bootstrap_draws=100, losses=["mse", "l1", "edge"], control="mse_again")


def test_every_other_table_is_the_same_with_and_without_it(both):
    plain, controlled_tables = both
    assert plain["control"].empty and len(controlled_tables["control"]) == 5
    for name in plain:
        if name not in ("control", "design"):
            assert plain[name].equals(controlled_tables[name]), name
    design = plain["design"].set_index("key")
    assert "none" in design.about["negative_control"]
