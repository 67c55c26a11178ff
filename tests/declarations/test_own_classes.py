"""What a user's class declares is read from its source, never by running it."""

from __future__ import annotations

import sys

import pytest

from ldct.construct import Construct
from ldct.errors import ConfigError
from ldct.losses.declared import TERMS
from ldct.metrics.declared import METRICS
from ldct.statistics.home import described, home_metrics, is_perceptual, is_pixelwise

SOURCE = """
raise RuntimeError("the module was run")
from ldct.losses.lpips import LPIPSAlex as Base
import ldct.losses.adversarial.base as critics
import ldct_test_helper
from ldct_test_helper import Shared

SIDE = 8

class Plain:
    pass

class Declared(Plain):
    label, smallest = "mine (24 px)", 24
    optimises: tuple = ("rmse",)
    deep = True
    construct = "features"
    unrelated = SIDE

class Child(Declared):
    smallest = 32

class Perceptual(Base):
    pass

class Critic(critics.Adversarial):
    pass

class Helped(Shared):
    pass

class NotLiteral:
    smallest = 2 * SIDE

class WrongType:
    optimises = "rmse"
    deep = 1
    construct = "beauty"

made = type("made", (), {})
"""
HELPER = """
class Shared:
    low_dose = True
"""
METRIC = """
raise RuntimeError("the module was run")
class Mine:
    name, label, family, direction = "mine", "Mine", "fidelity", "lower"
    source = "own"
    low = 0
class Lacking:
    name = "lacking"
"""


@pytest.fixture(autouse=True)
def modules(tmp_path, monkeypatch):
    (tmp_path / "ldct_test_own").mkdir()
    (tmp_path / "ldct_test_own/__init__.py").write_text("raise RuntimeError('the package was run')\n")
    (tmp_path / "ldct_test_own/losses.py").write_text(SOURCE)
    (tmp_path / "ldct_test_flat.py").write_text(SOURCE)
    (tmp_path / "ldct_test_helper.py").write_text(HELPER)
    (tmp_path / "ldct_test_metric.py").write_text(METRIC)
    monkeypatch.syspath_prepend(tmp_path)


def test_nothing_is_imported_and_attributes_are_read():
    term = TERMS.of("ldct_test_own.losses:Declared")
    assert (term.label, term.smallest, term.optimises, term.deep) == ("mine (24 px)", 24, ("rmse",), True)
    assert term.construct is Construct.FEATURES and term.path == "ldct_test_own.losses:Declared"
    assert not any(name.startswith("ldct_test_") for name in sys.modules)
    assert TERMS.source_file("ldct_test_own.losses:Declared").name == "losses.py"


def test_what_nobody_says_is_the_safe_default():
    term = TERMS.of("ldct_test_own.losses:Plain")
    assert term.label == term.name == "Plain" and term.construct is None
    assert not (term.optimises or term.weights or term.deep or term.pixelwise or term.critic or term.encoder)
    assert TERMS.of("ldct_test_own.losses:made").label == "made"


def test_base_classes_hand_down_what_they_declare():
    child = TERMS.of("ldct_test_own.losses:Child")
    assert child.smallest == 32 and child.optimises == ("rmse",)
    perceptual = TERMS.of("ldct_test_own.losses:Perceptual")
    assert perceptual.weights == ("alexnet",) and perceptual.deep and perceptual.label == "Perceptual"
    assert TERMS.of("ldct_test_own.losses:Critic").critic
    assert TERMS.of("ldct_test_flat:Helped").low_dose, "a helper beside the user's module"


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("ldct_test_own.losses:NotLiteral", r"smallest is '2 \* SIDE'; expected a literal"),
        (
            "ldct_test_own.losses:WrongType",
            "construct is 'beauty'; expected one of fidelity, .*optimises is 'rmse'.*deep is 1; expected True or False",
        ),
        ("ldct_test_own.losses:Declarred", "no class Declarred; the nearest is 'Declared'"),
        ("ldct_test_none:Loss", "no module ldct_test_none"),
        ("charbonier", "the nearest is 'charbonnier'"),
    ],
)
def test_what_cannot_be_read_is_named(use, message):
    with pytest.raises(ConfigError, match=message):
        TERMS.of(use)


def test_metrics_of_ones_own():
    metric = METRICS.of("ldct_test_metric:Mine")
    assert metric.name == "mine" and metric.low == 0.0 and metric.reference and metric.weights == ()
    with pytest.raises(ConfigError, match="family is missing; direction is missing"):
        METRICS.of("ldct_test_metric:Lacking")


def test_the_analysis_knows_ones_own_terms_and_nested_ones(tmp_path):
    (tmp_path / "schedule.py").write_text("class schedule:\n    pass\n")
    terms = {
        "mine": described("ldct_test_own.losses:Declared"),
        "schedule": described("schedule:schedule"),
        "nested": described("uncertainty", {"terms": ["mse", "l1"]}),
        "deep": described("uncertainty", {"terms": [{"use": "mse"}, {"use": "semantic_ct"}]}),
        "lpips": described("lpips"),
    }
    assert home_metrics("mine", terms) == ("rmse",) and is_perceptual("mine", terms)
    assert not is_perceptual("schedule", terms) and home_metrics("schedule", terms) == ()
    assert home_metrics("nested", terms) == ("rmse", "psnr", "mae") and is_pixelwise("nested", terms)
    assert is_perceptual("deep", terms) and not is_pixelwise("deep", terms)
    assert home_metrics("lpips", terms) == ("lpips_alex",)
    assert home_metrics("unknown", terms) == () and not is_pixelwise("unknown", terms)


def test_a_class_in_folders_without_init_is_found(tmp_path, monkeypatch):
    (tmp_path / "group/losses").mkdir(parents=True)
    (tmp_path / "group/losses/mine.py").write_text("class Mine:\n    label = 'mine'\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert TERMS.of("group.losses.mine:Mine").label == "mine"
