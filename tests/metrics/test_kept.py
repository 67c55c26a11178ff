"""What was judged is known again by its content: only what changed is computed."""

from __future__ import annotations

import importlib.metadata

import pytest

from ldct.metrics.judge import SliceJudge
from ldct.metrics.kept import Kept
from ldct.tables.images import write_images
from tests.support.judged_study import METRICS_USED, SPEC, JudgedStudy, stack


@pytest.fixture
def study(tmp_path, ct) -> JudgedStudy:
    return JudgedStudy(tmp_path, ct)


@pytest.fixture
def asked(monkeypatch) -> list[tuple]:
    """(metric, window) of each score that is really computed."""
    found: list[tuple] = []
    real = SliceJudge.scores

    def scores(self, hu, wanted=None):
        made = real(self, hu, wanted)
        found.extend((score.metric, score.window) for score in made)
        return made

    monkeypatch.setattr(SliceJudge, "scores", scores)
    return found


def test_a_killed_job_goes_on_with_the_slices_that_it_lacks(study, monkeypatch):
    whole = study.judge()
    files = [study.folder / name for name in ("run.parquet", "kept.parquet")]
    before = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    judged, real = [], Kept.add

    def dies_after_a(self, patient, index, rows):
        if patient == "b":
            raise KeyboardInterrupt
        real(self, patient, index, rows)

    monkeypatch.setattr(Kept, "add", dies_after_a)
    with pytest.raises(KeyboardInterrupt):
        study.judge()
    monkeypatch.setattr(Kept, "add", lambda *args: judged.append(args[1]) or real(*args))
    assert study.judge() == whole
    assert judged == ["b", "b"]
    assert [path.read_bytes() for path in files] == before
    assert not list(study.folder.glob(".kept.parts/*")), "nothing is left once the shard is whole"


def test_only_what_changed_is_judged_again(study, asked):
    first = study.judge(filters=["gaussian_filter"])
    assert len(asked) == len(first)
    asked.clear()
    assert study.judge(filters=["gaussian_filter"]) == first and asked == []

    per_image = len(first) // (2 * 2 * (2 + 3))
    patient, index, checkpoint, selected, hu = study.rows[0]
    study.write_predictions([(patient, index, checkpoint, selected, hu + (hu > 0)), *study.rows[1:]])
    changed = study.judge(filters=["gaussian_filter"])
    assert len(asked) == per_image
    apart = {(r["patient"], r["slice"], r["checkpoint"], r["loss"]) for r in changed if r not in first}
    assert apart == {(patient, index, checkpoint, "mse")}
    asked.clear()

    rows = study.run(more=study.another(7, loss="l1"))
    assert len(asked) == len(rows) // 2 == len([r for r in rows if r["loss"] == "l1"])
    asked.clear()
    study.judge(metrics=[*METRICS_USED, "mae"])
    assert asked and {metric for metric, _ in asked} == {"mae"}


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"code": ["1", "1", "2", "1", "1"]}, {("ssim", "full"), ("ssim", "soft_tissue")}),
        ({"windows": {**SPEC["windows"], "full": {"center": 0, "width": 3000}}}, {("psnr", "full"), ("ssim", "full")}),
        ({"windows": {"soft_tissue": SPEC["windows"]["soft_tissue"]}}, set()),
        ({"metrics": METRICS_USED[:2]}, set()),
        ({"filters": [], "fold": 0}, set()),
        ({"filters": {"gaussian_filter": "another code"}}, "the filter alone"),
    ],
)
def test_a_changed_metric_costs_no_value_of_the_others(study, asked, change, again):
    before = study.judge(filters=["gaussian_filter"])
    asked.clear()
    rows = study.judge(**change)
    if again == "the filter alone":
        assert len(asked) == len([row for row in before if row["loss"] == "gaussian_filter"])
    else:
        assert set(asked) == again
    (study.folder / "kept.parquet").unlink()
    assert study.judge(**change) == rows, "what was kept is what is computed"


@pytest.mark.parametrize("dose", ["full", "low"])
def test_a_changed_image_is_judged_again(study, asked, dose):
    study.judge()
    asked.clear()
    hu = (study.full if dose == "full" else study.low)["a"].copy()
    hu[0, 60, 60] += 1
    write_images(study.images["a"][dose], stack("a", dose, hu))
    rows = study.judge()
    # All that is compared with a full dose, but only the low dose itself.
    assert len(asked) == len(
        [r for r in rows if r["patient"] == "a" and r["slice"] == 0 and (dose == "full" or r["loss"] == "low_dose")]
    )


def test_a_damaged_table_of_kept_values_costs_only_time(study, asked):
    rows = study.judge()
    (study.folder / "kept.parquet").write_bytes(b"PAR1")
    asked.clear()
    assert study.judge() == rows
    assert len(asked) == len(rows)


def test_another_version_of_a_package_concerns_the_metrics_that_use_it(study, asked, monkeypatch):
    real = importlib.metadata.version
    study.judge()
    asked.clear()
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0" if name == "piq" else real(name))
    study.judge()
    assert asked == [], "no metric's own code imports piq"
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0" if name == "numba" else real(name))
    study.judge()
    assert {metric for metric, _ in asked} == {"ssim", "niqe_skvideo"}, "both run compiled kernels"
