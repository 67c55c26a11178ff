"""Folds: each patient is tested once, no patient stands on two sides, and a newcomer moves nobody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldct.errors import ConfigError
from ldct.study.manifest import Patient
from ldct.study.split import assign, split


def patient(name: str, region: str = "chest", fold: int | None = None) -> Patient:
    return Patient(patient=name, kind="synthetic", full=None, low=None, region=region, seed=1, fold=fold)


cohorts = st.lists(st.sampled_from(["chest", "abdomen", "head"]), min_size=4, max_size=40).map(
    lambda regions: [patient(f"p{i}", region) for i, region in enumerate(regions)]
)


@settings(max_examples=60, deadline=None)
@given(cohorts, st.integers(2, 4), st.integers(0, 5))
def test_every_patient_is_tested_once_and_stands_on_one_side(patients, folds, seed):
    try:
        roles = split(patients, folds=folds, validation_patients=1, seed=seed)
    except ConfigError:
        assert len(patients) < 2 * folds
        return
    tested = [name for fold in roles.values() for name in fold.test]
    assert sorted(tested) == sorted(p.patient for p in patients)
    for fold in roles.values():
        sides = [*fold.train, *fold.validation, *fold.test]
        assert len(sides) == len(set(sides)) == len(patients)


@settings(max_examples=40, deadline=None)
@given(cohorts, st.integers(2, 4))
def test_an_appended_patient_moves_nobody(patients, folds):
    before = assign(patients, folds=folds, seed=0)
    after = assign([*patients, patient("newcomer", "abdomen")], folds=folds, seed=0)
    assert {name: after[name] for name in before} == before


def test_regions_are_spread_over_folds():
    patients = [patient(f"c{i}") for i in range(6)] + [patient(f"a{i}", "abdomen") for i in range(6)]
    roles = split(patients, folds=3, validation_patients=1, seed=0)
    for fold in roles.values():
        assert sum(name.startswith("c") for name in fold.test) == 2


def test_a_fold_given_in_the_manifest_is_kept():
    patients = [patient("a", fold=1), patient("b"), patient("c"), patient("d", fold=1)]
    assert assign(patients, folds=2, seed=0)["d"] == 1
    with pytest.raises(ConfigError, match=r"fold 7.*0\.\.1"):
        assign([patient("a", fold=7)], folds=2, seed=0)


def test_too_few_patients_are_refused():
    with pytest.raises(ConfigError, match="needs at least one"):
        split([patient("a"), patient("b")], folds=2, validation_patients=1, seed=0)
