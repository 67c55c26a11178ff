"""Folds over persons: each is tested exactly once and never stands on two sides, with all its scans."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ldct.errors import ConfigError
from ldct.study.manifest import Patient


@dataclass(frozen=True)
class Roles:
    """The patients of one fold, by what they are used for.

    order: persons of train and validation with their patients; the first are those of validation, and the next ones
    take the place of who is rejected.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    order: tuple[tuple[str, ...], ...] = ()


def split(patients: Sequence[Patient], *, folds: int, validation_patients: int, seed: int) -> dict[int, Roles]:
    """Deal persons into folds of equal size, regions spread, and set validation persons aside.

    A person goes to the fold that holds the fewest persons (then the fewest of its region, then by a seeded
    hash), in manifest order; so a patient appended to the manifest moves nobody else. A fold given in the
    manifest is kept. Raises ConfigError where a fold would have no patient to train, validate or test on.
    """
    fold_of = assign(patients, folds=folds, seed=seed)
    scans = _scans(patients)
    roles = {}
    for fold in range(folds):
        test = tuple(p.patient for p in patients if fold_of[p.patient] == fold)
        rest = list(dict.fromkeys(p.person for p in patients if fold_of[p.patient] != fold))
        rest.sort(key=lambda person: _hash(seed, fold, person))
        validation = {name for person in rest[:validation_patients] for name in scans[person]}
        train = tuple(p.patient for p in patients if fold_of[p.patient] != fold and p.patient not in validation)
        if not test or not train or not validation:
            raise ConfigError(
                f"fold {fold} has {len(train)} training, {len(validation)} validation and {len(test)} test patients; "
                f"each needs at least one. Add patients to the manifest ({len(patients)} found) or lower cohort.folds"
            )
        order = tuple(scans[person] for person in rest)
        roles[fold] = Roles(train, tuple(p.patient for p in patients if p.patient in validation), test, order)
    return roles


def assign(patients: Sequence[Patient], *, folds: int, seed: int) -> dict[str, int]:
    """The fold in which each patient is tested; that of a person for all its patients."""
    fold_of: dict[str, int] = {}
    per_region: Counter[tuple[str, int]] = Counter()
    total: Counter[int] = Counter()
    of_person: dict[str, list[Patient]] = {}
    for patient in patients:
        of_person.setdefault(patient.person, []).append(patient)
    for own in of_person.values():
        given = {patient.fold for patient in own if patient.fold is not None}
        if len(given) > 1:
            names = " and ".join(f"'{patient.patient}'" for patient in own if patient.fold is not None)
            raise ConfigError(f"patients {names} are one subject, '{own[0].person}', and are given several folds")
        fold = given.pop() if given else None
        if fold is None:
            region = own[0].region
            fold = min(range(folds), key=lambda f, r=region: (total[f], per_region[r, f], _hash(seed, f, r)))
        elif not 0 <= fold < folds:
            name = next(patient.patient for patient in own if patient.fold is not None)
            raise ConfigError(f"patient '{name}' is given fold {fold}; cohort.folds allows 0..{folds - 1}")
        for patient in own:
            fold_of[patient.patient] = fold
        per_region[own[0].region, fold] += 1
        total[fold] += 1
    return {patient.patient: fold_of[patient.patient] for patient in patients}


def among(
    accepted: Collection[str], train: Sequence[str], validation: Sequence[str], order: Sequence[Sequence[str]]
) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Training and validation patients of a fold among those accepted, and a note where somebody has moved.

    Rejected validation persons are replaced by the next ones of `order` (see `Roles`), as long as one is left to train
    on. It follows from its arguments alone, so every job deals alike; a fold without rejections keeps its roles.
    """
    refused = [name for name in validation if name not in accepted]
    moved: list[str] = []
    if refused:
        wanted = sum(any(name in validation for name in person) for person in order)
        persons = [own for person in order if (own := [name for name in person if name in accepted])]
        first = persons[: min(wanted, max(len(persons) - 1, 0))]
        moved = [name for person in first for name in person if name not in validation]
    training = tuple(name for name in train if name in accepted and name not in moved)
    validating = (*(name for name in validation if name in accepted), *moved)
    if not refused:
        return training, validating, ""
    note = f"rejected: {', '.join(refused)} of validation"
    return training, validating, f"{note}; {', '.join(moved)} validates instead" if moved else note


def _scans(patients: Sequence[Patient]) -> dict[str, tuple[str, ...]]:
    scans: dict[str, tuple[str, ...]] = {}
    for patient in patients:
        scans[patient.person] = (*scans.get(patient.person, ()), patient.patient)
    return scans


def _hash(seed: int, fold: int, text: str) -> str:
    return hashlib.sha256(f"{seed}:{fold}:{text}".encode()).hexdigest()
