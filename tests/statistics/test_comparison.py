"""Comparison of studies: a planted difference is found, and none where there is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from ldct.errors import InputError
from ldct.statistics.comparison.compare import compare
from ldct.statistics.comparison.conclusions import mover
from ldct.statistics.comparison.effects import loss_pair_rows
from ldct.statistics.comparison.pair import make_pair
from ldct.statistics.comparison.rankings import ranking_rows
from ldct.statistics.comparison.study import Study, read_study
from ldct.statistics.inference.contrasts import gain_weights, reference_weights
from ldct.statistics.settings import Settings
from tests.statistics.conftest import analysed
from tests.support.synthetic_metrics import SyntheticStudy, write_study

LOSSES = ("mse", "l1", "ssim", "edge", "vgg")
STUDY = SyntheticStudy(
    losses=LOSSES,
    metrics=("rmse", "psnr", "ssim", "vifp"),
    windows=("soft_tissue",),
    seeds=(0, 1, 2),
    folds=3,
    patients=12,
    slices=2,
    checkpoints=(2, 4),
    effect_seed=1,
    loss_sd=2.5,
)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Results folders: 'home', 'same' (other patients, same truth), 'other' (another truth)."""
    folder = tmp_path_factory.mktemp("studies")
    made = {
        "home": STUDY,
        "same": replace(STUDY, seed=8),
        "other": replace(STUDY, seed=9, effect_seed=4, missing=(("redcnn", "vgg", 0, 1),)),
    }
    for name, study in made.items():
        analysed(folder / name / "consistency", write_study(folder / name / "study", study), bootstrap_draws=100)
    return folder


def found(results, *names, **options):
    return compare([read_study(results / name, name) for name in names], draws=500, **options)


def test_levels_are_those_of_the_studies(results):
    study = read_study(results / "home", "home")
    rows = {(r["loss"], r["metric"]): r for r in study.tables["loss_values"] if not r["anchor"]}
    for c, (metric, _) in enumerate(study.criteria):
        for i, loss in enumerate(study.losses):
            assert np.isclose(study.values[c, i].mean(), rows[loss, metric]["goodness"])
            gain = (study.values[c, i] - study.low[c]).mean()
            assert np.isclose(gain, rows[loss, metric]["gain"])


def test_a_planted_difference_is_found_and_named(results):
    rows = found(results, "home", "other")
    differ = [row for row in rows["rankings"] if row["verdict"] == "differ"]
    assert differ and any("is better than" in row["sentence"] for row in differ)
    assert any(row["verdict"] == "reversed" for row in rows["pairs"])
    assert any(row["verdict"] != "cannot tell" for row in rows["effects"])
    assert rows["studies"][1]["missing"] == "redcnn vgg fold 0 seed 1: missing"


def test_nothing_is_found_between_studies_of_one_truth(results):
    rows = found(results, "home", "same")
    assert not [row for row in rows["rankings"] if row["verdict"] == "differ"]
    assert not [row for row in rows["pairs"] if row["verdict"] == "reversed"]
    assert not [row for row in rows["effects"] if row["verdict"] != "cannot tell"]
    assert not [row for row in rows["claims"] if row["conclusion"] == "opposite"]
    assert any(row["verdict"] == "alike" for row in rows["rankings"])


def test_a_study_against_itself_paired_differs_by_nothing(results):
    rows = compare([read_study(results / "home", name) for name in "ab"], paired=True, draws=200)
    assert all(row["tau"] == pytest.approx(1) and row["best"] == "same" for row in rows["rankings"])
    assert all(row["difference"] == 0 for row in rows["effects"])


def test_three_studies_make_three_pairs(results):
    rows = found(results, "home", "same", "other")
    assert {(row["a"], row["b"]) for row in rows["agreement"]} == {
        ("home", "same"),
        ("home", "other"),
        ("same", "other"),
    }
    assert {row["study"] for row in rows["levels"]} == {"home", "same", "other"}


def test_what_cannot_be_compared_is_said(results, tmp_path):
    study = read_study(results / "home", "home")
    alone = study.on(list(study.criteria), ["mse"])
    with pytest.raises(InputError, match="two losses and one metric in both"):
        compare([study, alone])
    with pytest.raises(InputError, match="no network 'unet'"):
        read_study(results / "home", "home", "unet")
    with pytest.raises(InputError, match="no such file"):
        read_study(tmp_path, "nothing")


def invented(
    name: str, truth: np.ndarray, rng: np.random.Generator, patients: int, run_sd: float = 0.3, folds: int = 3
) -> Study:
    """One criterion, folds x 3 seeds, noise of patients, patients x losses, and runs."""
    losses, seeds = len(truth), 3
    fold_of = np.arange(patients) % folds
    run = rng.normal(0, run_sd, (1, losses, seeds, folds))[..., fold_of]
    own = rng.normal(0, 1, patients) + rng.normal(0, 0.5, (1, losses, 1, patients))
    values = truth[None, :, None, None] + run + own
    criterion = {("m", "hu"): {"primary": True}}
    names = [f"{name}{i}" for i in range(patients)]
    return Study(
        name, "n", [f"l{i}" for i in range(losses)], criterion, names, fold_of, values, np.zeros((1, patients)), {}, {}
    )


def settings(draws: int) -> Settings:
    none = {"losses": [], "models": [], "seeds": [], "folds": 0, "reference_loss": "", "primary_window": ""}
    return Settings(**none, draws=draws, confidence=0.95, seed=0)


@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_rates_under_a_common_truth_are_nominal(spread):
    """One true order: at most 5 % of pairs of studies 'differ', also where no loss differs at all; intervals cover."""
    rng = np.random.default_rng(5)
    studies = 150
    differ = covered = total = 0
    for _ in range(studies):
        truth = spread * np.array([0.0, 0.4, 0.8, 1.2, 1.6])
        pair = make_pair(invented("a", truth, rng, 9), invented("b", truth, rng, 15), False, settings(200))
        assert pair is not None
        differ += ranking_rows(pair, loss_pair_rows(pair))[0]["p_same"] <= 0.05
        low, high = pair.difference(reference_weights(5, 0)).results.interval(0.95)
        covered += int(((low <= 0) & (high >= 0)).sum())
        total += low.size
    assert stats.binomtest(differ, studies, 0.05, alternative="greater").pvalue > 0.01
    assert covered / total > 0.93


def test_the_same_patients_in_the_same_folds_leave_the_difference():
    """What a loss does to a patient is alike in both studies: only paired studies take it off."""
    rng = np.random.default_rng(7)
    one = invented("a", np.zeros(4), rng, 12, run_sd=0.1)
    two = replace(one, name="b", values=one.values + rng.normal(0, 0.1, (1, 4, 3, 3))[..., one.fold_of])
    elsewhere = replace(two, fold_of=np.arange(12) // 4)
    widths = []
    for other, paired in ((two, True), (two, False), (elsewhere, True)):
        pair = make_pair(one, other, paired, settings(100))
        assert pair is not None
        low, high = pair.difference(reference_weights(4, 0)).results.interval(0.95)
        widths.append((high - low).mean())
    assert widths[0] < 0.7 * widths[1] and widths[2] > widths[0]


def test_pooling_slices_would_fail_the_same_test():
    """Were each of 20 like slices of a patient a unit of its own, the same null would be rejected far too often.

    Two folds: with three the engine would see that folds differ by more than such patients explain.
    """
    rng = np.random.default_rng(6)
    rejected = 0
    for _ in range(60):
        sides = []
        for name in "ab":
            study = invented(name, np.zeros(4), rng, 9, run_sd=0.0, folds=2)
            names = [f"{p}.{i}" for p in study.patients for i in range(20)]
            slices = np.repeat(study.values, 20, axis=3) + rng.normal(0, 0.1, (1, 4, 1, 180))
            fold_of, low = np.repeat(study.fold_of, 20), np.zeros((1, 180))
            sides.append(replace(study, patients=names, values=slices, fold_of=fold_of, low=low))
        pair = make_pair(*sides, False, settings(100))
        assert pair is not None
        low, high = pair.difference(gain_weights(4), over_low=True).results.interval(0.95)
        rejected += int((low > 0).any() or (high < 0).any())
    assert rejected / 60 > 0.3


def test_mover_is_welch_for_symmetric_intervals():
    """For two normal means with known errors MOVER gives the usual interval of a difference."""
    a = {"effect": 1.0, "effect_low": 0.2, "effect_high": 1.8}
    b = {"effect": 2.0, "effect_low": 1.4, "effect_high": 2.6}
    assert mover(a, b) == pytest.approx((1.0, 1 - np.hypot(0.8, 0.6), 1 + np.hypot(0.8, 0.6)))
