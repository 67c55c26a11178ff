"""The configuration refuses what it does not know, in words that help."""

from __future__ import annotations

import json
from itertools import combinations, permutations
from pathlib import Path

import jsonschema
import pytest
import yaml

from ldct.checks.command import check_files
from ldct.config.canonical import canonical
from ldct.config.expression import parse_loss
from ldct.config.generate import default_yaml, json_schema
from ldct.config.load import DEMO, examine_files, load_files, load_values
from ldct.config.study import Study
from ldct.errors import ConfigError
from ldct.models.redcnn import REDCNN
from ldct.study.plan import Plan

PROJECT = Path(__file__).resolve().parents[2]
PATIENTS = {"manifest": "patients.csv"}


def validate(values: dict) -> Study:
    """The study of `values` over the defaults of the package."""
    cohort = {**PATIENTS, **values.get("cohort", {})}
    return load_values({**values, "cohort": cohort}, PROJECT).study


def test_generated_files_are_up_to_date():
    assert (PROJECT / "config/defaults.yaml").read_text() == default_yaml(), "run 'make docs'"
    assert (PROJECT / "config/schema.json").read_text() == json_schema(), "run 'make docs'"


def test_the_reference_file_holds_the_defaults(tmp_path):
    (tmp_path / "my.yaml").write_text("cohort: {manifest: patients.csv}")
    written = load_files(PROJECT / "config/defaults.yaml", tmp_path / "my.yaml").study
    assert written == validate({}) == load_files(tmp_path / "my.yaml").study


FILES = [PROJECT / "config/config.yaml", PROJECT / "config/defaults.yaml", *(PROJECT / "config/presets").glob("*.yaml")]


def test_the_schema_takes_every_file_and_refuses_mistakes():
    schema = json.loads(json_schema())
    for path in FILES:
        jsonschema.validate(yaml.safe_load(path.read_text()), schema)
    jsonschema.validate({"losses": {"a": None, "b": "l1"}, "evaluation": {"windows": {"full": None}}}, schema)
    for wrong in ({"losses": {"a": 3}}, {"training": {"epoch": 1}}, {"models": {"net": {"options": {}}}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_the_demo_states_only_what_it_changes():
    """Every setting of the file differs from the default; a set of names differs as a whole."""
    demo, default = load_files().study, validate({})

    def unchanged(values, one, other, at=""):
        for key, value in values.items():
            a, b = getattr(one, key), getattr(other, key)
            if isinstance(value, dict) and not isinstance(a, dict):
                yield from unchanged(value, a, b, f"{at}{key}.")
            elif a == b:
                yield at + key

    assert not list(unchanged(yaml.safe_load(DEMO.read_text()), demo, default))


def test_defaults_suit_real_data():
    """The published network, more than one seed, and epochs enough for a course of training."""
    study = validate({})
    network = REDCNN(**study.models["redcnn"].options)
    assert network.encoder[0].weight.shape == (96, 1, 5, 5)
    assert len(study.training.seeds) >= 3 and len(study.training.checkpoints) >= 5
    assert study.training.checkpoints[-1] == study.training.epochs


def test_a_study_without_patients_is_told_how_to_name_them(tmp_path, monkeypatch):
    """Where the package is installed without the project, there is no demo to fall back on."""
    monkeypatch.setattr("ldct.config.load.DEMO", tmp_path / "nowhere.yaml")
    with pytest.raises(ConfigError, match=r"cohort\.manifest: .*ldct manifest FOLDER"):
        load_files()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"trainin": {}}, ["trainin", "nearest is 'training'"]),
        ({"training": {"epoch": 3}}, ["training.epoch", "nearest is 'epochs'"]),
        ({"scanner": {"pitch": 2.0}}, ["scanner.pitch", "found 2.0"]),
        ({"models": {"redcnn": {"use": "redcnn", "option": {}}}}, ["models.redcnn.option", "nearest is 'options'"]),
        ({"losses": {"a": "l1 + * ssim"}}, ["losses", "cannot read '* ssim'"]),
        ({"losses": {"a/b": "l1"}}, ["'a/b'", "folder names"]),
        ({"losses": {"low_dose": "l1"}}, ["low_dose", "anchor"]),
        ({"losses": {}, "statistics": {"reference_loss": "l1"}}, ["at least one"]),
        ({"training": {"epochs": 2, "checkpoints": [1, 5]}}, ["checkpoints", "1..training.epochs"]),
        ({"statistics": {"reference_loss": "msa"}}, ["msa", "not in losses", "nearest is 'mse'"]),
        ({"statistics": {"primary_window": "bone"}}, ["bone", "evaluation.windows"]),
        ({"training": {"epochs": "many"}}, ["training.epochs", "integer"]),
        ({"losses": {"mse": "mse", "a": "ssm"}}, ["losses.a", "no loss term 'ssm'", "nearest is 'ssim'"]),
        ({"losses": {"mse": "mse", "a": "no_such.module:Mine"}}, ["losses.a", "no_such"]),
        ({"models": {"net": {"use": "redcn"}}}, ["models.net.use", "nearest is 'redcnn'"]),
        ({"evaluation": {"metrics": ["rsme"]}}, ["evaluation.metrics", "nearest is 'rmse'"]),
        ({"evaluation": {"filters": ["gausian_filter"]}}, ["evaluation.filters", "nearest is 'gaussian_filter'"]),
        ({"statistics": {"candidate_families": ["perceptuall"]}}, ["perceptuall", "nearest is 'perceptual'"]),
        ({"inference": {"dicom": ["msee"]}}, ["inference.dicom", "nearest is 'mse'"]),
        ({"reconstruction": {"kernel": "sof"}}, ["reconstruction.kernel", "nearest is 'soft'"]),
        ({"reconstruction": {"kernel": {"mtf": 0.4}}}, ["reconstruction.kernel.mtf:", "nearest is 'mtf50'"]),
        ({"training": None, "patches": 3}, ["patches"]),
    ],
)
def test_wrong_configurations_are_named(config, words):
    with pytest.raises(ConfigError) as caught:
        validate(config)
    for word in words:
        assert word in str(caught.value)


def test_all_errors_come_in_one_message():
    with pytest.raises(ConfigError) as caught:
        validate({"training": {"epoch": 3, "batch": 0}, "cohort": {"folds": 1}})
    assert str(caught.value).count("\n") == 3


def test_an_unknown_key_hides_no_mistake_of_another_section_and_causes_none():
    """Checks across sections come last; `epoch` is meant to be `epochs`, so nothing is said of checkpoints."""
    with pytest.raises(ConfigError) as caught:
        validate(
            {
                "trainin": {},
                "training": {"epoch": 90, "checkpoints": [90]},
                "losses": {"mse": "mse", "bad": {"terms": [{"use": "l1", "wieght": 2}]}},
                "readers": {"key": "key.csv"},
                "statistics": {"reference_loss": "l2", "candidate_loss": "bad"},
            }
        )
    lines = [line.strip() for line in str(caught.value).splitlines()[1:]]
    keys = {line.split(": ")[1] for line in lines}
    assert len(lines) == 5
    assert keys == {"trainin", "training.epoch", "losses.bad.terms.0.wieght", "readers", "statistics.reference_loss"}


def test_mistakes_name_the_file_that_makes_them(tmp_path):
    (tmp_path / "one.yaml").write_text("cohort: {manifest: p.csv}\ntraining: {epochs: 0}\nlosses: {mse: mse, a: ssm}\n")
    (tmp_path / "two.yaml").write_text("training: {batch: 0}\nlosses: {b: 'l1 +'}\n")
    with pytest.raises(ConfigError) as caught:
        load_files(tmp_path / "one.yaml", tmp_path / "two.yaml")
    for line in (
        "one.yaml: training.epochs:",
        "one.yaml: losses.a.",
        "two.yaml: training.batch:",
        "two.yaml: losses.b:",
    ):
        assert line in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("losses: {a: l1}\ntraining: {epochs: 3}\nlosses: {b: l1}\n", "'losses' stands in line 1 and again in line 3"),
        ("[1, 2]", "holds a list"),
        ("a: [", "not valid YAML"),
    ],
)
def test_files_that_are_no_configuration(tmp_path, text, words):
    (tmp_path / "my.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"^my\.yaml: ") as caught:
        load_files(tmp_path / "my.yaml")
    assert words in str(caught.value)


def test_numbers_in_options_are_numbers(tmp_path):
    (tmp_path / "my.yaml").write_text("losses: {mse: {terms: [{use: charbonnier, options: {epsilon: 1e-3}}]}}")
    assert load_files(tmp_path / "my.yaml").study.losses["mse"].terms[0].options == {"epsilon": 0.001}


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("l1", [("l1", 1.0)]),
        ("charbonnier + 0.05 * vgg16_hed", [("charbonnier", 1.0), ("vgg16_hed", 0.05)]),
        ("1e-3*tv+2 * my.losses:Mine", [("tv", 1e-3), ("my.losses:Mine", 2.0)]),
        (".5 * l1 + 1e+2 * tv", [("l1", 0.5), ("tv", 100.0)]),
    ],
)
def test_loss_expressions(text, terms):
    assert parse_loss(text) == terms


def test_canonical_text_ignores_order_and_spelling_of_numbers():
    assert canonical({"b": 1.0, "a": [2, {"d": 0.5, "c": None}]}) == '{"a":[2,{"c":null,"d":0.5}],"b":1}'
    assert canonical({"x": 1, "y": 2}) != canonical({"x": 2, "y": 1})


PRESETS = sorted(path.stem for path in (PROJECT / "config/presets").glob("*.yaml"))


@pytest.mark.parametrize("presets", [*combinations(PRESETS, 1), *permutations(PRESETS, 2)], ids=" ".join)
def test_presets_are_valid_alone_and_stacked(presets):
    study = load_files(*(PROJECT / f"config/presets/{preset}.yaml" for preset in presets)).study
    for preset in presets:
        own = yaml.safe_load((PROJECT / f"config/presets/{preset}.yaml").read_text())
        assert set(own.get("losses", ())) <= set(study.losses)
        assert {f"{text} ({preset}.yaml)" for text in own["report"]["assumptions"]} <= set(study.report.assumptions)


def test_mistakes_of_the_configuration_manifest_masks_and_weights_come_at_once(tmp_path):
    """As a run refuses them, and `ldct check` too."""
    (tmp_path / "my.csv").write_text("patient,kind,seed\na,synthetic,\nb,dicomm,\n")
    (tmp_path / "my.yaml").write_text(
        "cohort: {manifest: my.csv}\nallow_missing: false\nlosses: {mse: mse, far: lpips}\n"
        "training: {epohs: 3}\nlesions: {masks: {a: no.nrrd}}\n"
    )
    with pytest.raises(ConfigError) as refused:
        Plan(examine_files(tmp_path / "my.yaml"), weights_dir=tmp_path)
    message = str(refused.value)
    for words in (
        "training.epohs: unknown key; the nearest is 'epochs'",
        "line 2: patient 'a' is synthetic",
        "line 3: patient 'b': no kind 'dicomm'",
        "lesions.masks.a: no file",
        "loss far needs weights 'alexnet'",
    ):
        assert words in message, message
    with pytest.raises(ConfigError) as checked:
        check_files([tmp_path / "my.yaml"], tmp_path)
    assert str(checked.value) == message


def test_files_that_cannot_be_read_are_named_together(tmp_path):
    (tmp_path / "one.yaml").write_text("a: [")
    with pytest.raises(ConfigError, match=r"(?s)one\.yaml: not valid YAML.*two\.yaml: cannot be read"):
        load_files(tmp_path / "one.yaml", tmp_path / "two.yaml")


def test_presets_of_publications_refuse_to_run_without_a_loss(tmp_path):
    """Every missing one with its command; a later file may allow it."""
    (tmp_path / "mayo2016.yaml").write_text((PROJECT / "config/presets/mayo2016.yaml").read_text())
    rows = "".join(f"p{i},synthetic,{i},abdomen\n" for i in range(10))
    (tmp_path / "mayo2016.csv").write_text("patient,kind,seed,region\n" + rows)
    (tmp_path / "allow.yaml").write_text("allow_missing: true")
    files = [tmp_path / name for name in ("mayo2016.yaml", "more.yaml", "allow.yaml")]
    (tmp_path / "more.yaml").write_text("evaluation: {metrics: [rmse, dists]}\nlesions: {masks: {p11: no.nrrd}}")
    with pytest.raises(ConfigError) as caught:
        Plan(load_files(*files[:2]), weights_dir=tmp_path)
    (tmp_path / "more.yaml").write_text("evaluation: {metrics: [rmse, dists]}")
    for words in ("no patient 'p11'", "loss vgg", "ldct weights get vgg19", "metric dists", "ldct weights get vgg16"):
        assert words in str(caught.value)
    plan = Plan(load_files(*files), weights_dir=tmp_path)
    assert "vgg" not in plan.losses and {row["name"] for row in plan.unavailable} == {"vgg", "dists"}
