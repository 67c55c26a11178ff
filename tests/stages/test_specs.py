"""What a job is given is what was planned: specs survive the command line, and change with what they stand for."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ldct.errors import ConfigError
from ldct.stages.consistency import Consistency
from ldct.stages.keys import Whole
from ldct.stages.panels import Panels
from ldct.stages.physics import Physics
from ldct.stages.predict import Predict
from ldct.stages.provenance import Provenance
from ldct.stages.readers import Readers
from ldct.stages.report import Report
from ldct.study.plan import Plan

PROJECT = Path(__file__).resolve().parents[2]


def plan(root: Path = PROJECT, **changes) -> Plan:
    """The reduced study, whole sections changed."""
    config = yaml.safe_load((PROJECT / "tests/study/reduced.yaml").read_text())
    for name, section in changes.items():
        config[name] = {**config.get(name, {}), **section}
    manifest = {"manifest": str(PROJECT / "tests/study/reduced.csv")}
    return Plan.load(config | {"cohort": manifest}, root=root, weights_dir=root)


@pytest.mark.parametrize("stage", [Consistency, Physics, Readers, Panels, Report, Provenance, Predict])
def test_a_spec_comes_back_from_its_text(stage):
    made = plan(evaluation={"slices_per_patient": None, "metrics": ["rmse"]}, statistics={"confidence": 0.9})
    spec = stage.spec(made, made.runs[0] if stage is Predict else Whole())
    assert stage.Spec.model_validate_json(spec.canonical()) == spec
    assert "null" in spec.canonical() or stage not in (Panels, Report, Provenance, Predict)


@pytest.mark.parametrize(
    ("changes", "report"),
    [
        ({"encoder": {"steps": 50}}, False),
        ({"training": {"gradient_clip": 2.0}}, False),
        ({"lesions": {"seed": 3}}, False),
        ({"report": {"title": "Another"}}, True),
        ({"low_dose": {"fraction": 0.3}}, True),
        ({"statistics": {"reference_loss": "l1"}}, True),
    ],
)
def test_the_report_follows_what_it_says_and_the_provenance_everything(changes, report):
    before, after = plan(), plan(**changes)
    assert (Report.spec(before, Whole()) != Report.spec(after, Whole())) == report
    assert Provenance.spec(before, Whole()) != Provenance.spec(after, Whole())


@pytest.fixture
def scored(tmp_path) -> Path:
    for name in ("key", "ratings"):
        (tmp_path / f"{name}.csv").write_text(name)
    return tmp_path


def test_scores_count_by_their_content_not_by_their_place(scored):
    names = {"key": "key.csv", "ratings": "ratings.csv"}
    before = Readers.spec(plan(scored, readers=names), Whole())
    assert Readers.sources(plan(scored, readers=names), Whole()).pairs is None
    (scored / "ratings.csv").rename(scored / "moved.csv")
    moved = plan(scored, readers=names | {"ratings": "moved.csv"})
    assert Readers.spec(moved, Whole()) == before
    (scored / "moved.csv").write_text("another score")
    assert Readers.spec(moved, Whole()) != before


def test_absent_scores_are_all_named_before_anything_starts(scored):
    absent = {"key": "key.csv", "ratings": "none.csv", "pairs": "nor_this.csv"}
    with pytest.raises(ConfigError, match=r"(?s)readers.ratings: no file .*none.csv.*readers.pairs: no file"):
        plan(scored, readers=absent)


def test_without_readers_the_report_waits_for_none():
    assert Readers.of_study(plan()) is None
    assert Report.inputs(plan(), Whole()).optional == [Physics.outputs().tables]
