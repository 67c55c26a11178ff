"""Which dose a series has: several fields have a say, and where they contradict each other nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ldct.cohort.rules import Described, dose_of

FOLDER, WEAK = "folder", "number of the folder"
# The text of one series alone; LIST is what the list of a download says of it.
LIST = "list"
OF_SERIES = ("description", LIST)
FIELDS = ("description", "protocol", "study_description", "comments")
# Exposures of a full- and a low-dose scan differ by more than automatic control of the tube does.
EXPOSURE_RATIO, CONTRARY_RATIO = 1.5, 1.25


def dose_words(series: Described, folder: str, shared: frozenset[str] = frozenset()) -> dict[str, str]:
    """Field -> 'full', 'low' or 'both' of each field with words for a dose; 'folder' for the parts of its path.

    shared: parts of the path that all series of the cohort have, which tell nothing apart.
    """
    votes = {field: dose_of(getattr(series, field), "text") for field in FIELDS}
    for field, kinds in ((FOLDER, ("text", "folder")), (WEAK, ("weak",))):
        parts = {dose_of(part, *kinds) for part in folder.split("/") if part not in shared} - {""}
        votes[field] = "both" if len(parts) > 1 else next(iter(parts), "")
    return {field: dose for field, dose in votes.items() if dose}


def settle(votes: Sequence[Mapping[str, str]]) -> list[str]:
    """The dose of each series of one person: 'full', 'low', 'both' (contradicted) or '' (not said).

    A field that says the same of all of them has no say where another tells them apart: a protocol named 'low dose
    chest' holds for both doses of its scan. The description of a series does not: it contradicts. Weak words count only
    where they tell the series apart.
    """
    fields = {field for one in votes for field in one}
    telling = {field for field in fields if {"full", "low"} <= {one.get(field) for one in votes}}
    same = {field for field in fields - telling if len({one.get(field) for one in votes}) == 1}
    mute = same - set(OF_SERIES) if telling else set()
    mute |= {WEAK} - telling
    doses = []
    for one in votes:
        said = {dose for field, dose in one.items() if field not in mute}
        doses.append("both" if len(said) > 1 else next(iter(said), ""))
    return doses


def exposures_say(mas: float | None, other: float | None) -> str:
    """The dose of a series beside another of the same scan by their exposures; '' where they are alike or unknown."""
    if not mas or not other:
        return ""
    return "full" if mas >= EXPOSURE_RATIO * other else "low" if other >= EXPOSURE_RATIO * mas else ""
