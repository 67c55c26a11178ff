"""The claim of a proposed loss: the test's level and power, and verdicts on studies with a planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ldct.statistics.candidate import candidate_rows
from ldct.statistics.consistency import analyse
from ldct.statistics.evidence import Verdicts
from ldct.statistics.inference.sample import Sample
from ldct.statistics.noninferiority import noninferiority
from ldct.statistics.panel import Panel
from ldct.statistics.policy import Policy
from ldct.statistics.settings import Settings
from ldct.tables import read_table
from ldct.tables.consistency import TABLES
from tests.support.synthetic_metrics import SyntheticStudy, write_study


def judged(candidate: np.ndarray, other: np.ndarray, margin: float, confidence: float):
    """Candidate against other with one training each, every patient in a fold of its own: patients are replicates."""
    sample = Sample(-np.stack([candidate, other])[None, :, None, :], np.arange(len(candidate)))
    found = noninferiority(sample, np.array([1.0, -1.0]), margin, confidence)
    return found, Policy.of(confidence).noninferior(found.evidence).verdict


def test_interval_and_p_are_those_of_scipy():
    rng = np.random.default_rng(0)
    other = rng.uniform(20, 40, 12)
    candidate = other * np.exp(rng.normal(0.01, 0.03, 12))
    found, verdict = judged(candidate, other, 0.05, 0.95)
    logs = np.log(candidate / other)
    test = stats.ttest_1samp(logs, np.log(1.05), alternative="less")
    assert found.p == pytest.approx(test.pvalue)
    ends = stats.ttest_1samp(logs, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((np.exp(ends.low), np.exp(ends.high)))
    assert verdict == ("non-inferior" if found.high < 1.05 else "cannot tell")


def test_level_at_the_margin_and_power_below_it():
    """A true ratio of 1 + margin passes in 2.5 % of studies; equal losses pass nearly always with this spread."""
    rng = np.random.default_rng(1)
    passed = {1.05: 0, 1.0: 0}
    for ratio in passed:
        for _ in range(1000):
            other = rng.uniform(20, 40, 10)
            _, verdict = judged(ratio * other * np.exp(rng.normal(0, 0.03, 10)), other, 0.05, 0.95)
            passed[ratio] += verdict == "non-inferior"
    low, high = stats.binom.interval(0.999, 1000, 0.025)
    assert low <= passed[1.05] <= high
    assert passed[1.0] / 1000 > 0.95


def test_patients_needed_reach_the_power_they_promise():
    rng = np.random.default_rng(2)
    logs = stats.zscore(rng.normal(size=8), ddof=1) * 0.06
    needed = judged(np.exp(logs), np.ones(8), 0.05, 0.95)[0].patients_needed
    assert needed is not None and needed > 8
    passed = [
        judged(np.exp(rng.normal(0, 0.06, needed)), np.ones(needed), 0.05, 0.95)[1] == "non-inferior"
        for _ in range(1000)
    ]
    assert 0.76 < np.mean(passed) < 0.95


@pytest.mark.parametrize(
    ("values", "verdict", "needed"),
    [
        ([1.2, 1.21, 1.19, 1.2, 1.18, 1.22], "inferior", None),
        ([1.2, 1.21, 1.19], "cannot tell", None),
        ([1.0], "cannot tell", None),
        ([], "cannot tell", None),
    ],
)
def test_verdicts_at_the_ends(values, verdict, needed):
    found, said = judged(np.array(values), np.ones(len(values)), 0.05, 0.95)
    assert (said, found.patients_needed) == (verdict, needed)


def test_values_that_have_no_ratio_are_refused():
    with pytest.raises(ValueError, match="positive"):
        judged(np.array([-1.0]), np.array([1.0]), 0.05, 0.95)


def panel_of(shifts: dict[str, tuple[float, float]], patients: int = 10) -> Panel:
    """RMSE (as a factor of 30 HU) and HaarPSI (as a shift) of each loss, with a spread between patients."""
    from types import SimpleNamespace

    rng = np.random.default_rng(5)
    level = rng.uniform(0.8, 1.2, patients)
    rmse = [-30 * factor * level * np.exp(rng.normal(0, 0.01, patients)) for factor, _ in shifts.values()]
    haar = [0.8 + shift + rng.normal(0, 0.002, patients) for _, shift in shifts.values()]
    common = {"primary": True, "home_of": ()}
    criteria = [
        SimpleNamespace(metric="rmse", window="hu", family="fidelity", **common),
        SimpleNamespace(metric="haarpsi", window="soft_tissue", family="perceptual", **common),
        SimpleNamespace(
            metric="lpips", window="soft_tissue", family="perceptual", primary=True, home_of=("perception",)
        ),
    ]
    by_patient = np.stack([np.stack(rmse), np.stack(haar), np.stack(haar)])
    # Two folds and three trainings of a loss in each, nearly alike.
    runs = 1 + rng.normal(0, 1e-4, (*by_patient.shape[:2], 3, 2))[..., np.arange(patients) % 2]
    sample = Sample(by_patient[:, :, None, :] * runs, np.arange(patients) % 2)
    return SimpleNamespace(  # pyright: ignore[reportReturnType]
        model="redcnn",
        losses=list(shifts),
        criteria=criteria,
        by_patient=by_patient,
        compared=list(shifts),
        sample=sample,
        patients=[f"P{i}" for i in range(patients)],
    )


@pytest.mark.parametrize(
    ("factor", "shift", "verdict"),
    [
        (1.01, 0.05, "supported"),
        (1.30, 0.05, "trade-off"),
        (1.01, -0.05, "not supported"),
        (1.30, 0.0, "not supported"),
        (1.01, 0.0, "cannot tell"),
    ],
)
def test_the_claim_follows_what_was_planted(factor, shift, verdict):
    panel = panel_of({"mse": (1.0, 0.0), "perception": (factor, shift)})
    settings = Settings(
        losses=panel.losses,
        models=["redcnn"],
        seeds=[0, 1, 2],
        folds=2,
        reference_loss="mse",
        primary_window="soft_tissue",
        draws=100,
        confidence=0.95,
        seed=0,
        candidate_loss="perception",
        candidate_families=["perceptual", "task"],
        fidelity_margin=0.05,
    )
    tests, claims = candidate_rows(Verdicts(panel, settings))
    assert [claim["verdict"] for claim in claims] == [verdict]
    assert claims[0]["metrics"] == 1, "the home metric does not count"
    assert {row["verdict"] for row in tests if row["home"]} == {"home metric"}
    assert [row["value"] for row in tests if row["role"] == "fidelity"] == [pytest.approx(factor, rel=0.02)]


def test_tables_of_a_whole_analysis(tmp_path):
    files = write_study(tmp_path, SyntheticStudy(losses=("mse", "l1", "vgg"), slices=3, patients=6))
    settings = files.settings(draws=100, candidate_loss="l1", candidate_families=["perceptual"])
    analyse(settings, files.metrics, files.catalogue, files.histories, tmp_path / "out")
    claims = read_table(tmp_path / "out/candidate.parquet", TABLES["candidate"]).to_pandas()
    assert claims["other"].tolist() == ["mse", "vgg"]
    tests = read_table(tmp_path / "out/candidate_tests.parquet", TABLES["candidate_tests"]).to_pandas()
    assert set(tests["role"]) == {"fidelity", "superiority"}
    assert (tests["p_holm"].dropna() >= tests["p"][tests["p_holm"].notna()]).all()
