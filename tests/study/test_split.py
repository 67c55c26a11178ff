"""Folds: each patient is tested once, no patient stands on two sides, and a newcomer moves nobody."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ldct.errors import ConfigError
from ldct.study.manifest import Patient
from ldct.study.split import among, assign, split


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


def scans(name: str, subject: str, fold: int | None = None) -> Patient:
    return Patient(name, "synthetic", None, None, "chest", 1, fold, subject=subject)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=8, max_size=30), st.integers(2, 3), st.integers(0, 3))
def test_a_person_stands_on_one_side_with_all_scans(subjects, folds, seed):
    patients = [scans(f"p{i}", f"s{subject}") for i, subject in enumerate(subjects)]
    try:
        roles = split(patients, folds=folds, validation_patients=1, seed=seed)
    except ConfigError:
        assert len(set(subjects)) < 2 * folds
        return
    person = {patient.patient: patient.subject for patient in patients}
    for fold in roles.values():
        sides = [{person[name] for name in own} for own in (fold.train, fold.validation, fold.test)]
        assert sum(map(len, sides)) == len(set.union(*sides)) == len(set(subjects))
        assert len(sides[1]) == 1


def test_a_subject_given_two_folds_is_a_mistake():
    assert assign([scans("a", "x", 1), scans("b", "x")], folds=2, seed=0) == {"a": 1, "b": 1}
    with pytest.raises(ConfigError, match="'a' and 'b' are one subject, 'x'"):
        assign([scans("a", "x", 1), scans("b", "x", 0)], folds=2, seed=0)


@settings(max_examples=60, deadline=None)
@given(cohorts.filter(lambda patients: len(patients) > 8), st.integers(1, 3), st.data())
def test_roles_among_accepted_patients(patients, validating, data):
    (fold,) = list(split(patients, folds=2, validation_patients=validating, seed=0).values())[:1]
    names = [patient.patient for patient in patients]
    accepted = set(names) - set(data.draw(st.lists(st.sampled_from(names), max_size=3)))
    train, validation, note = among(accepted, fold.train, fold.validation, fold.order)
    usable = accepted & {*fold.train, *fold.validation}
    assert {*train, *validation} == usable and not set(train) & set(validation)
    if usable:
        assert len(validation) == min(validating, max(len(usable) - 1, 0)) or not note
    # Who validated and was accepted still does, and nobody moves without a rejection.
    assert set(fold.validation) & accepted <= set(validation)
    assert bool(note) == bool(set(fold.validation) - accepted)
