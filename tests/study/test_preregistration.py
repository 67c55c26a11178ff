"""What is settled beforehand stays settled: a change is seen, named, and makes the questions it touches exploratory."""

from __future__ import annotations

import json

import pytest
import yaml

from ldct.__main__ import main
from ldct.config.load import load_values
from ldct.errors import ConfigError
from ldct.stages.provenance import Provenance
from ldct.statistics.policy import thresholds
from ldct.study.plan import Plan
from ldct.study.preregistration import compare, content, digest, read_registration, write_registration
from ldct.study.provenance import write_provenance

PATIENTS = "patient,kind,seed,region\n" + "".join(f"p{n},synthetic,{n},head\n" for n in range(10))
SETTINGS = {
    "cohort": {"manifest": "manifest.csv", "folds": 2},
    "losses": {"mse": "mse", "l1": "l1", "edge": "l1 + 0.5 * sobel"},
    "evaluation": {"metrics": ["rmse", "ssim"]},
    "training": {"seeds": [0, 1]},
    "statistics": {"margins": {"rmse": 0.5}},
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "manifest.csv").write_text(PATIENTS)
    return tmp_path


def study(folder, **changes):
    values = {section: {**SETTINGS.get(section, {}), **changes.get(section, {})} for section in {*SETTINGS, *changes}}
    return load_values(values, folder)


def frozen(folder):
    path = folder / "preregistration.json"
    write_registration(study(folder).study, path)
    return path


def against(folder, **changes):
    return compare(read_registration(frozen(folder)), study(folder, **changes).study)


def test_the_command_freezes_a_configuration(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "my.yaml").write_text(yaml.safe_dump(SETTINGS))
    assert main(["preregister", "my.yaml", "-o", "frozen.json"]) == 0
    record = json.loads((folder / "frozen.json").read_text())
    assert record["sha256"] in capsys.readouterr().out and record["sha256"] == digest(record["registered"])
    registered = record["registered"]
    assert registered["metrics"]["rmse"] == {"construct": "fidelity", "direction": "lower", "margin": 0.5}
    assert registered["seeds"] == [0, 1] and registered["folds"]["folds"] == 2
    assert (
        registered["thresholds"]["least_patients"] == thresholds.LEAST_PATIENTS and len(registered["thresholds"]) >= 10
    )
    before = (folder / "frozen.json").read_bytes()
    assert main(["preregister", "my.yaml", "-o", "frozen.json"]) == 0
    assert (folder / "frozen.json").read_bytes() == before


def test_the_study_as_registered_is_confirmatory(folder):
    same = against(folder)
    assert same.sha256 == same.study_sha256 and not same.differences
    # What does not bear on the answers may differ.
    assert not against(folder, report={"title": "Another"}, statistics={"margins": {"rmse": 0.5}}).differences


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"training": {"seeds": [0, 1, 2]}}, "seeds: registered [0,1], here [0,1,2]"),
        ({"cohort": {"folds": 5}}, "folds.folds: registered 2, here 5"),
        ({"statistics": {"confidence": 0.9}}, "statistics.confidence: registered 0.95, here 0.9"),
        ({"statistics": {"reference_loss": "l1"}}, 'statistics.reference_loss: registered "mse", here "l1"'),
        ({"training": {"seeds": [0, 1], "epochs": 77}}, "here 77"),
        ({"evaluation": {"metrics": ["rmse"]}}, "metrics ssim: registered"),
        ({"losses": {"edge": "l1 + 0.7 * sobel"}}, "losses edge: registered"),
    ],
)
def test_every_change_is_named(changes, said, folder):
    registered = against(folder, **changes)
    assert registered.sha256 != registered.study_sha256
    assert any(said in one.text for one in registered.differences), registered.differences
    assert registered.against()


def test_a_threshold_of_the_policy_counts(folder, monkeypatch):
    path = frozen(folder)
    monkeypatch.setattr(thresholds, "LEAST_PATIENTS", 3)
    (difference,) = compare(read_registration(path), study(folder).study).differences
    assert difference.text == "thresholds.least_patients: registered 6, here 3"


def test_what_is_added_is_exploratory_and_leaves_the_rest(folder):
    added = against(folder, evaluation={"metrics": ["rmse", "ssim", "psnr"]})
    assert added.against() and added.against(metric="psnr", losses=("mse", "l1"))
    assert not added.against(metric="rmse", losses=("mse", "l1"))
    # Settings are one mapping of losses: a new loss beside the registered ones.
    more = against(folder, losses={"charbonnier": "charbonnier"})
    assert more.against(metric="rmse", losses=("charbonnier", "mse"))
    assert not more.against(metric="rmse", losses=("l1", "mse"))


def test_what_is_left_out_makes_everything_exploratory(folder):
    """A family of fewer tests than were settled is corrected for too few."""
    less = against(folder, evaluation={"metrics": ["rmse"]})
    assert less.against(metric="rmse", losses=("mse", "l1"))


def test_a_file_that_was_changed_or_is_none_is_refused(folder):
    path = frozen(folder)
    record = json.loads(path.read_text())
    record["registered"]["seeds"] = [7]
    path.write_text(json.dumps(record))
    with pytest.raises(ConfigError, match="was changed after it was frozen"):
        read_registration(path)
    path.write_text("{}")
    with pytest.raises(ConfigError, match="is no registration"):
        read_registration(path)
    with pytest.raises(ConfigError, match="'ldct preregister' writes one"):
        Plan(study(folder, statistics={"preregistration": "absent.json"}), weights_dir=folder)


def test_the_workflow_checks_and_records_it(folder, monkeypatch):
    frozen(folder)
    monkeypatch.chdir(folder)
    named = {"margins": {"rmse": 0.5}, "preregistration": "preregistration.json"}
    for seeds, same in (([0, 1], True), ([0], False)):
        settings = study(folder, statistics=named, training={"seeds": seeds})
        plan = Plan(settings, weights_dir=folder)
        registered = plan.preregistration
        assert registered is not None and registered.sha256 == digest(content(study(folder).study))
        spec = Provenance.Spec(
            config={}, unavailable=(), patients={}, manifest="", weights="", preregistration=registered
        )
        (folder / "card.json").write_text("{}")
        write_provenance(spec, [], folder / "card.json", folder / "provenance.json")
        record = json.loads((folder / "provenance.json").read_text())["preregistration"]
        assert record["confirmatory"] is same and bool(record["differences"]) is not same
    assert Plan(study(folder), weights_dir=folder).preregistration is None
