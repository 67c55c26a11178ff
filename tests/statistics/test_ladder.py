"""Metrics that fail their ladder of degradations have no vote, and those of which nothing is known keep it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ldct.errors import InputError
from ldct.metrics.validity import summarise
from ldct.statistics.ladder import failed_ladders
from ldct.statistics.policy import Policy
from ldct.tables.io import write_table
from ldct.tables.validity import VALIDITY
from tests.statistics.conftest import analysed
from tests.support.synthetic_metrics import SyntheticStudy, write_study


def summary(folder: Path, curves: dict[tuple[str, str], list[list[float]]], window: str = "soft_tissue") -> Path:
    """A summary of the badness along the ladder, (metric, degradation) -> one course a patient."""
    rows = [
        {
            "metric": metric,
            "window": window,
            "degradation": degradation,
            "patient": f"P{p}",
            "slice": 0,
            "level": level,
            "badness": value,
        }
        for (metric, degradation), courses in curves.items()
        for p, course in enumerate(courses)
        for level, value in enumerate(course)
    ]
    path = folder / "summary.parquet"
    write_table(path, pa.Table.from_pylist(summarise(rows), VALIDITY), VALIDITY)
    return path


RISING, FALLING = [[0.0, 1, 2, 3]] * 4, [[0.0, -1, -2, -3]] * 4
MIXED = [[0.0, 1, 2, 3], [0.0, -1, -2, -3], [0.0, 1, -1, 2], [0.0, -1, 1, -2]]
FLAT = [[1.0, 1, 1, 1]] * 4


def test_only_a_metric_that_surely_prefers_degraded_images_fails(tmp_path):
    curves = {
        ("ssim", "noise"): RISING,
        ("niqe_skvideo", "noise"): RISING,
        ("niqe_skvideo", "blur"): FALLING,
        ("vifp", "blur"): MIXED,
        ("hu_bias", "blur"): FLAT,
    }
    assert failed_ladders(summary(tmp_path, curves), "soft_tissue", Policy()) == {"niqe_skvideo": ["blur"]}


def test_two_patients_and_other_windows_take_no_vote(tmp_path):
    two = {("niqe_skvideo", "blur"): FALLING[:2]}
    assert failed_ladders(summary(tmp_path, two), "soft_tissue", Policy()) == {}
    other = summary(tmp_path, {("niqe_skvideo", "blur"): FALLING}, window="full")
    assert failed_ladders(other, "soft_tissue", Policy()) == {}


def test_a_failed_metric_is_named_and_votes_nowhere(tmp_path):
    study = SyntheticStudy(metrics=("rmse", "ssim", "vifp", "niqe_skvideo"), windows=("soft_tissue",), slices=2)
    files = write_study(tmp_path / "study", study)
    path = summary(tmp_path, {("niqe_skvideo", "blur"): FALLING, ("ssim", "blur"): RISING})
    plain = analysed(tmp_path / "plain", files, 100)
    tables = analysed(tmp_path / "voted", files, 100, validity=path)
    assert plain["votes"].metrics.str.contains("niqe").any() and not tables["votes"].metrics.str.contains("niqe").any()
    overall = "windows == 'primary' and family == 'overall' and home"
    judges = [int(one["agreement"].query(overall).criteria.iloc[0]) for one in (plain, tables)]
    assert judges == [4, 3]
    design = tables["design"].set_index("key")
    assert design.value["voteless"] == "niqe_skvideo" and "prefers blur" in design.about["voteless"]
    # It is still measured and compared, only not asked about agreement.
    assert "niqe_skvideo" in set(tables["contrasts"].metric)


def test_an_unreadable_summary_is_named(tmp_path):
    (tmp_path / "summary.parquet").write_text("nothing")
    with pytest.raises(InputError, match=r"summary\.parquet"):
        failed_ladders(tmp_path / "summary.parquet", "soft_tissue", Policy())
