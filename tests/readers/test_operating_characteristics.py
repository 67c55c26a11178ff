"""The benchmark of readers, reduced: verdicts where nothing differs, coverage, and a planted difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import readers as benchmark
from ldct.readers.against_metrics import differences
from ldct.statistics.policy.readers import METRIC
from tests.support.reading_studies import ReadingStudy

STUDY = ReadingStudy(metrics=8)


def test_equal_metrics_are_seldom_told_apart_and_a_single_pair_would_be():
    """Of 60 studies at a rate of .05, 7 are passed with probability .01."""
    study = replace(STUDY, reader_sd=0.3, taste_sd=0.3)
    assert benchmark.false_best_metric(study, 60) <= 7 / 60
    assert benchmark.uncorrected(study, 60) > 0.15, "the best of the same data, tested as if it had been known"


def test_a_better_metric_is_found():
    study = ReadingStudy(patients=30, readers=4, metrics=6, better=1)
    assert benchmark.power_best_metric(study, 10) > 0.6


def test_a_metric_given_twice_is_as_good_as_itself():
    readings, values = ReadingStudy(patients=20, metrics=4, better=1).table(np.random.default_rng(0))
    values["copy", "hu"] = values["m0", "hu"]
    rows = {row["metric"]: row for row in differences(values, readings, 500, 0.95, 0)}
    twin = rows.get("copy") or rows["m0"]
    assert twin["best"] and twin["p_best"] == pytest.approx(1.0) and twin["value"] == 0
    assert twin["verdict"] == METRIC.neither


def test_intervals_cover_where_images_of_a_patient_are_alike():
    """Of 40 intervals at .95, fewer than 34 cover with probability .003."""
    for name, share in benchmark.coverage(STUDY, 40).items():
        assert share >= 34 / 40, name


def test_equal_losses_and_strengths():
    assert benchmark.false_loss(STUDY, 60) <= 7 / 60
    assert benchmark.cover_strength(STUDY, 40) >= 0.88


@pytest.mark.parametrize(("patients", "readers"), [(10, 3), (20, 5)])
def test_planned_power_is_that_of_simulated_studies(patients, readers):
    planned, simulated = benchmark.planned_power(ReadingStudy(patients=patients, readers=readers), 1500)
    assert planned == pytest.approx(simulated, abs=0.045)
