"""Patient-level folds: every patient is tested exactly once and never stands on two sides."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ldct.errors import ConfigError
from ldct.study.manifest import Patient


@dataclass(frozen=True)
class Roles:
    """The patients of one fold, by what they are used for."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


def split(patients: Sequence[Patient], *, folds: int, validation_patients: int, seed: int) -> dict[int, Roles]:
    """Deal patients into folds of equal size, regions spread, and set validation patients aside.

    A patient goes to the fold that holds the fewest patients (then the fewest of its region, then by a seeded
    hash), in manifest order; so a patient appended to the manifest moves nobody else. A fold given in the
    manifest is kept. Raises ConfigError where a fold would have no patient to train, validate or test on.
    """
    fold_of = assign(patients, folds=folds, seed=seed)
    roles = {}
    for fold in range(folds):
        test = tuple(p.patient for p in patients if fold_of[p.patient] == fold)
        rest = [p.patient for p in patients if fold_of[p.patient] != fold]
        rest.sort(key=lambda name: _hash(seed, fold, name))
        validation = set(rest[:validation_patients])
        train = tuple(p.patient for p in patients if p.patient in set(rest) - validation)
        if not test or not train or not validation:
            raise ConfigError(
                f"fold {fold} has {len(train)} training, {len(validation)} validation and {len(test)} test patients; "
                f"each needs at least one. Add patients to the manifest ({len(patients)} found) or lower cohort.folds"
            )
        roles[fold] = Roles(train, tuple(p.patient for p in patients if p.patient in validation), test)
    return roles


def assign(patients: Sequence[Patient], *, folds: int, seed: int) -> dict[str, int]:
    """The fold in which each patient is tested."""
    fold_of: dict[str, int] = {}
    per_region: Counter[tuple[str, int]] = Counter()
    total: Counter[int] = Counter()
    for patient in patients:
        fold = patient.fold
        if fold is None:
            fold = min(
                range(folds),
                key=lambda f, p=patient: (total[f], per_region[p.region, f], _hash(seed, f, p.region)),
            )
        elif not 0 <= fold < folds:
            raise ConfigError(f"patient '{patient.patient}' is given fold {fold}; cohort.folds allows 0..{folds - 1}")
        fold_of[patient.patient] = fold
        per_region[patient.region, fold] += 1
        total[fold] += 1
    return fold_of


def _hash(seed: int, fold: int, text: str) -> str:
    return hashlib.sha256(f"{seed}:{fold}:{text}".encode()).hexdigest()
