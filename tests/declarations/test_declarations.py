"""Every declaration holds: classes are what they say, and names that are mentioned exist."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from itertools import chain

import pytest
import torch
from torch import nn

from ldct.errors import ConfigError
from ldct.files import weights_folder
from ldct.filters.declared import FILTERS
from ldct.lesions.declared import CHANNELS, MEASURES, detected, is_auc, is_dprime, labels, of_patients
from ldct.losses.adversarial.base import Adversarial
from ldct.losses.base import Loss
from ldct.losses.composite import WeightedSum
from ldct.losses.declared import TERMS, walk_terms
from ldct.losses.perceptual import Perceptual
from ldct.metrics import base
from ldct.metrics.declared import DIRECTIONS, FAMILIES, METRICS, Metric
from ldct.models.declared import NETWORKS
from ldct.pretrained import catalogue
from ldct.pretrained.ct_encoder import CTEncoder

KINDS = (TERMS, METRICS, NETWORKS, FILTERS, CHANNELS, MEASURES)
EVERY = [(kind, name) for kind in KINDS for name in kind]
NESTED = {"uncertainty": {"terms": ["mse", "l1"]}}
HERE = [n for n, t in TERMS.items() if all(catalogue.available(w, weights_folder()) for w in t.weights)]


@pytest.fixture(scope="session")
def encoder(tmp_path_factory):
    from safetensors.torch import save_file

    path = tmp_path_factory.mktemp("encoder") / "encoder.safetensors"
    torch.manual_seed(0)
    save_file(CTEncoder(4).state_dict(), path, metadata={"width": "4"})
    return path


@pytest.fixture
def built(encoder):
    """A term with its usual options."""

    def build(name: str) -> nn.Module:
        options = {"encoder": str(encoder)} if TERMS[name].encoder else NESTED.get(name, {})
        torch.manual_seed(0)
        return WeightedSum([{"use": name, "options": options}], weights_dir=weights_folder()).terms[0]

    return build


@pytest.mark.parametrize(("kind", "name"), EVERY, ids=[f"{k.kind}-{n}" for k, n in EVERY])
def test_each_imports_and_is_of_its_kind(kind, name):
    found = kind.load(name)
    expected = {"loss term": Loss, "metric": base.Metric, "network": nn.Module}.get(kind.kind)
    assert callable(found) if expected is None else issubclass(found, expected)
    assert kind[name].name == name and kind[name].source and kind[name].licence


@pytest.mark.parametrize("kind", KINDS, ids=[kind.kind for kind in KINDS])
def test_labels_and_classes_are_distinct(kind):
    for field in ("label", "path"):
        values = [getattr(item, field) for item in kind.values()]
        assert len(set(values)) == len(values), field


def test_names_that_are_mentioned_exist():
    assert {metric for term in TERMS.values() for metric in term.optimises} <= set(METRICS)
    weights = {name for item in chain(TERMS.values(), METRICS.values()) for name in item.weights}
    assert weights <= set(catalogue.WEIGHTS)
    assert {metric.family for metric in METRICS.values()} <= set(FAMILIES)
    assert {metric.direction for metric in METRICS.values()} <= set(DIRECTIONS)
    assert all(metric.construct is not None for metric in METRICS.values())
    assert [name for name, term in TERMS.items() if term.construct is None] == ["uncertainty"]


def test_what_is_said_of_lesions_holds_for_every_observer():
    """d' and AUC of each observer are named once, and all measures but AUC enter the study's table."""
    names = [measure.name for measure in of_patients(CHANNELS)]
    assert len(set(labels(CHANNELS).values())) == len(labels(CHANNELS)) == 2 * (len(CHANNELS) + 1) + len(MEASURES)
    assert names == [name for name in labels(CHANNELS) if not is_auc(name)]
    assert [name for name in names if is_dprime(name)] == [name for name in names if name not in MEASURES]
    assert {measure.direction for measure in MEASURES.values()} <= set(DIRECTIONS)
    assert not set(labels(CHANNELS)) & set(METRICS), "names of two tables"
    assert {measure.path for measure in detected(CHANNELS)} >= {one.path for one in CHANNELS.values()}


@pytest.mark.parametrize("name", METRICS)
def test_a_metrics_class_says_what_is_declared(name):
    cls = METRICS.load(name)
    for field in fields(Metric):
        if field.name != "path":
            assert getattr(cls, field.name) == getattr(METRICS[name], field.name), field.name


@pytest.mark.parametrize("name", TERMS)
def test_a_terms_class_says_what_is_declared(name):
    cls, term = TERMS.load(name), TERMS[name]
    assert issubclass(cls, Adversarial) == term.critic
    if issubclass(cls, Perceptual):
        assert term.deep and cls.name == name
        assert term.encoder or term.weights == (cls.network,)
    if term.encoder:
        with pytest.raises(ConfigError, match="option encoder"):
            cls()


@pytest.mark.parametrize("name", HERE)
def test_a_term_has_parameters_that_are_trained_only_if_it_says_so(built, name):
    assert any(p.requires_grad for p in built(name).parameters()) == TERMS[name].trainable


@pytest.mark.parametrize("name", HERE)
def test_the_smallest_patch_is_accepted_and_a_smaller_one_refused(built, name):
    least, loss = TERMS[name].smallest, built(name)
    for size in ((least, least + 3), (least + 3, least)):
        prediction, target = torch.rand(2, 2, 1, *size)
        assert torch.isfinite(loss(prediction, target))
    if least > 1:
        prediction, target = torch.rand(2, 2, 1, least - 1, least + 3)
        with pytest.raises((ConfigError, ValueError), match=r"least|smaller"):
            loss(prediction, target)


@pytest.mark.parametrize("name", HERE)
def test_a_value_is_below_zero_only_where_that_is_declared(built, name):
    loss, term = built(name), TERMS[name]
    generator = torch.Generator().manual_seed(0)
    values = []
    for scale in (1e-4, 0.01, 0.1, 1.0):
        prediction, target = scale * torch.randn(2, 2, 1, 48, 48, generator=generator)
        with torch.no_grad():
            values += [float(loss(prediction, target)), float(loss(target, target))]
            if term.trainable:
                loss.trained.fill_(-2.0)
                values.append(float(loss(target, target)))
            if term.critic:
                # A critic may score either way.
                for parameter in loss.parameters():
                    parameter.neg_()
                values.append(float(loss(prediction, target)))
    # Rounding leaves a few 1e-6 of 0.
    assert min(values) < -1e-3 if term.negative else min(values) > -1e-5, values


def test_declarations_need_neither_torch_nor_pandas():
    code = """
import sys
import ldct, ldct.config.load, ldct.losses.declared, ldct.metrics.declared, ldct.models.declared
import ldct.filters.declared, ldct.lesions.declared
import ldct.study.plan, ldct.files, ldct.construct
print([name for name in ("torch", "pandas", "numba", "scipy") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("command", [["losses", "list"], ["metrics", "list"], ["--help"]])
def test_lists_answer_without_torch(command):
    code = f"""
import sys
from ldct.__main__ import main
try:
    main({command!r})
except SystemExit:
    pass
print([name for name in ("torch", "pandas", "numba", "numpy", "pydantic") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_nested_terms_are_walked_in_every_form():
    inner = {"use": "uncertainty", "options": {"terms": {"mse": 1, "vgg16_hed": {"weight": 0.1}}}}
    walked = walk_terms("uncertainty", {"terms": ["l1", inner]})
    assert [use for use, _ in walked] == ["uncertainty", "l1", "uncertainty", "mse", "vgg16_hed"]
    assert [use for use, _ in walk_terms("mse")] == ["mse"]
    for wrong in ("mse", [3], [{"weight": 1}], 7):
        with pytest.raises(ConfigError, match="terms"):
            list(walk_terms("uncertainty", {"terms": wrong}))


def test_facts_are_plain_data():
    for kind in KINDS:
        for item in kind.values():
            json.dumps(item.facts)
