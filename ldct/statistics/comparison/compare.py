"""The comparison: from finished studies to rows of every table of `ldct.tables.comparison`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from ldct.errors import InputError
from ldct.statistics.comparison.conclusions import claim_rows
from ldct.statistics.comparison.effects import effect_rows, level_rows, loss_pair_rows
from ldct.statistics.comparison.pair import make_pair
from ldct.statistics.comparison.rankings import agreement_row, ranking_rows
from ldct.statistics.comparison.study import Study
from ldct.statistics.settings import Settings
from ldct.tables.comparison import TABLES

Row = dict[str, Any]


def compare(
    studies: Sequence[Study], *, paired: bool = False, draws: int = 2000, confidence: float = 0.95, seed: int = 0
) -> dict[str, list[Row]]:
    """Rows by table name; losses and criteria are matched by name, every two studies compared.

    `paired`: patients of the same name are the same in all studies and are resampled together; only those that a pair
    shares are compared. Raises InputError where two studies share too little to be compared.
    """
    first = studies[0]
    settings = Settings(
        losses=first.losses,
        models=[],
        seeds=[],
        folds=0,
        reference_loss="",
        primary_window="",
        draws=draws,
        confidence=confidence,
        seed=seed,
    )
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    rows["studies"] = [_standing(study, [other for other in studies if other is not study]) for study in studies]
    rows["settings"] = setting_rows(studies)
    shown: set[str] = set()
    for one, two in combinations(studies, 2):
        pair = make_pair(one, two, paired, settings)
        if pair is None:
            raise InputError(
                f"{one.name} and {two.name}",
                f"losses {', '.join(one.losses)} and {', '.join(two.losses)}" + (", paired" if paired else ""),
                "two losses and one metric in both" + (", and a patient in both" if paired else ""),
                "Compare studies whose losses and metrics have the same names" + _without(paired),
            )
        for side in (pair.a, pair.b):
            if side.name not in shown:
                rows["levels"] += level_rows(side, confidence)
                shown.add(side.name)
        turned = loss_pair_rows(pair)
        rows["pairs"] += turned
        rows["rankings"] += ranking_rows(pair, turned)
        rows["effects"] += effect_rows(pair, one.stated("reference_loss"))
        rows["agreement"].append(agreement_row(pair))
        rows["claims"] += claim_rows(one, two, settings.policy)
    return rows


def setting_rows(studies: Sequence[Study]) -> list[Row]:
    """SETTINGS rows: what the studies were configured with, where it differs; of those whose provenance is there."""
    flat = {study.name: _flat(study.config) for study in studies if study.config}
    keys = dict.fromkeys(key for one in flat.values() for key in one)
    return [
        {"key": key, "study": name, "value": one.get(key, "not set")}
        for key in keys
        if len({one.get(key) for one in flat.values()}) > 1
        for name, one in flat.items()
    ]


def _flat(config: Any, at: str = "") -> dict[str, str]:
    if isinstance(config, dict):
        return {
            name: text
            for key, part in config.items()
            for name, text in _flat(part, f"{at}.{key}" if at else key).items()
        }
    return {at: str(config)}


def _standing(study: Study, others: Sequence[Study]) -> Row:
    mine = [row for row in study.tables["runs"] if study.network in (row["model"], "all")]
    absent = [row for row in mine if row["status"] != "present"]
    own = [loss for loss in study.losses if any(loss not in other.losses for other in others)]
    criteria = [key for key in study.criteria if any(key not in other.criteria for other in others)]
    return {
        "study": study.name,
        "network": study.network,
        "patients": len(study.patients),
        "losses": len(study.losses),
        "runs": len(mine) - len(absent),
        "runs_expected": len(mine),
        "missing": "; ".join(
            f"{r['model']} {r['loss']} fold {r['fold']} seed {r['seed']}: {r['status']}" for r in absent
        ),
        "own_losses": ", ".join(own),
        "own_criteria": ", ".join(f"{metric} ({window})" for metric, window in criteria),
    }


def _without(paired: bool) -> str:
    return "; leave --paired out where the patients differ." if paired else "."
