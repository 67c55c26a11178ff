"""The configuration refuses what it does not know, in words that help."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldct.config.canonical import canonical
from ldct.config.expression import parse_loss
from ldct.config.generate import default_yaml, json_schema
from ldct.config.load import load_files, merge, validate
from ldct.config.study import Study
from ldct.errors import ConfigError

PROJECT = Path(__file__).resolve().parents[2]


def test_default_file_is_the_typed_default():
    assert load_files(PROJECT / "config/config.yaml") == Study()


def test_generated_files_are_up_to_date():
    assert (PROJECT / "config/config.yaml").read_text() == default_yaml(), "run 'make docs'"
    assert (PROJECT / "config/schema.json").read_text() == json_schema(), "run 'make docs'"


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
        ({"losses": {"l1": None}, "statistics": {"reference_loss": "l1"}}, ["at least one"]),
        ({"training": {"epochs": 2, "checkpoints": [1, 5]}}, ["checkpoints", "1..training.epochs"]),
        ({"statistics": {"reference_loss": "msa"}}, ["msa", "not in losses"]),
        ({"statistics": {"primary_window": "bone"}}, ["bone", "evaluation.windows"]),
        ({"training": {"epochs": "many"}}, ["training.epochs", "integer"]),
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


def test_overlay_changes_one_key_and_null_drops_a_loss():
    merged = merge({"losses": {"a": "l1", "b": "mse"}, "training": {"epochs": 3}}, {"losses": {"a": None}})
    assert list(
        validate(
            {**merged, "statistics": {"reference_loss": "b"}} | {"training": {"epochs": 3, "checkpoints": [3]}}
        ).losses
    ) == ["b"]


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


@pytest.mark.parametrize("preset", ["ldctbench_protocol", "literature", "mayo2016", "perception", "tcia"])
def test_presets_are_valid(preset):
    study = load_files(PROJECT / "config/config.yaml", PROJECT / f"config/presets/{preset}.yaml")
    assert study.report.assumptions
