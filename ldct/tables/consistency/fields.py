"""Fields that the tables of the analysis share."""

from __future__ import annotations

import pyarrow as pa

from ldct.tables.schema import column

TEXT, REAL, INT, BOOL = pa.string(), pa.float64(), pa.int32(), pa.bool_()


def model() -> list[pa.Field]:
    return [column("model", TEXT, "network, or 'all'")]


def loss() -> list[pa.Field]:
    return [column("loss", TEXT, "training loss")]


def criterion(suffix: str = "") -> list[pa.Field]:
    return [
        column(f"metric{suffix}", TEXT, "name in the catalogue"),
        column(f"window{suffix}", TEXT, "HU window, or 'hu'"),
    ]


def interval(name: str, about: str) -> list[pa.Field]:
    """A value with its interval: name, name_low, name_high."""
    return [
        column(name, REAL, about, nullable=True),
        column(f"{name}_low", REAL, f"lower end of the interval of {name}", nullable=True),
        column(f"{name}_high", REAL, f"upper end of the interval of {name}", nullable=True),
    ]


def real(name: str, about: str) -> pa.Field:
    return column(name, REAL, about, nullable=True)


def count(name: str, about: str) -> pa.Field:
    return column(name, INT, about)


def note(about: str = "what a reader should know") -> pa.Field:
    return column("note", TEXT, about, nullable=True)


def reason() -> pa.Field:
    return column("reason", TEXT, "why it cannot be told, and what would change that; '' for a verdict")


def tested(*, patients: bool = True) -> list[pa.Field]:
    """What a verdict of the engine stands on."""
    own = [count("patients_tested", "patients behind the verdict")] if patients else []
    return [
        *own,
        count("folds", "folds of these patients"),
        count("runs", "trainings behind the verdict, of all losses in it"),
        count("tests", "tests of the family that p_adjusted is corrected over"),
    ]
