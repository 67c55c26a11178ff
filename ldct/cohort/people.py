"""Whose series are whose: by PatientID, study and frame of reference, and by folders where these say nothing."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence

from ldct.cohort.recipes import recipe_of
from ldct.cohort.rules import without_dose
from ldct.cohort.series import Candidate

_NAME = "--person REGEX, whose group names the person in these lines"
SOURCES = ("person", "study", "frame")


class Undecided(Exception):
    """What cannot be told: why, and the series in question."""

    def __init__(self, why: str, candidates: Sequence[Candidate], options: str):
        super().__init__(why)
        self.why, self.candidates, self.options = why, candidates, options


def assign_people(candidates: Sequence[Candidate], rough: Sequence[str], by_name: re.Pattern[str] | None) -> list[str]:
    """Set `person` and `name` of each candidate; returns notes on how persons were told apart.

    rough: the dose that the words of each candidate say by themselves. by_name: the user's pattern, which decides.
    Raises Undecided where headers contradict each other.
    """
    if by_name is not None:
        return _by_pattern(candidates, by_name)
    notes: list[str] = []
    places, layout = _by_folder(candidates, rough)
    notes += [layout] if layout else []
    for one, place in zip(candidates, places, strict=True):
        one.name = one.subject or place
    ids = [one.series.person for one in candidates]
    if reason := _worthless_ids(candidates, ids, places, rough):
        notes.append(f"{reason}")
        ids = [one.subject or place for one, place in zip(candidates, places, strict=True)]
    ids = [own or one.subject for own, one in zip(ids, candidates, strict=True)]
    told = _informative(candidates, ids)
    groups = _joined([[told(source, n) for source in SOURCES] for n in range(len(candidates))])
    # Folders speak for those that no header speaks for.
    nameless = [not own for own in ids]
    alone = [n for n, none in enumerate(nameless) if none and not places[n] and groups.count(groups[n]) == 1]
    if alone and len(candidates) > 1:
        raise Undecided("Nothing says whose these series are", [candidates[n] for n in alone], _NAME)
    groups = _joined(
        [[("group", group), ("folder", place) if none and place else None]
         for group, place, none in zip(groups, places, nameless, strict=True)]
    )  # fmt: skip
    if any(nameless):
        notes.append(f"{sum(nameless)} series have no PatientID: persons by study, frame of reference and folder")
    _check(candidates, ids, groups, rough)
    for number, group in enumerate(groups):
        members = [n for n, other in enumerate(groups) if other == group]
        own = sorted({ids[n] for n in members} - {""})
        studies = sorted({one for n in members if (one := candidates[n].series.study)})
        candidates[number].person = own[0] if own else f"folder {min(places[n] for n in members)} {studies[:1]}"
    return notes


def _by_pattern(candidates: Sequence[Candidate], pattern: re.Pattern[str]) -> list[str]:
    unnamed = [one for one in candidates if not pattern.search(one.text)]
    if unnamed:
        raise Undecided("--person names nobody in some series", unnamed, "--person with a pattern that fits all")
    for one in candidates:
        match = pattern.search(one.text)
        assert match is not None
        one.person = one.name = match[match.re.groups and 1].strip()
    return [f"persons by --person {pattern.pattern}"]


def _by_folder(candidates: Sequence[Candidate], rough: Sequence[str]) -> tuple[list[str], str]:
    """What the folders call each person, '' where they do not tell; and the layout that they are read by."""
    paths = [f"{one.subject}/{one.listed}" if one.subject and one.listed else one.label for one in candidates]
    recipe = recipe_of(paths)
    if recipe is not None:
        names = [match[1] if (match := recipe.person.search(path)) else "" for path in paths]
        return names, f"layout '{recipe.name}'"
    parts = [tuple(without_dose(part) for part in one.label.split("/")) for one in candidates]
    deepest = max(map(len, parts), default=0)
    if {"full", "low"} <= set(rough):
        for depth in range(1, deepest + 1):
            if _each_has_both(candidates, rough, [part[:depth] for part in parts]):
                return ["/".join(filter(None, part[1:depth])) or part[0] for part in parts], ""
        return [""] * len(parts), ""
    # The first folder that differs: too few persons is the safe side.
    depth = next((d for d in range(deepest) if len({part[d : d + 1] for part in parts}) > 1), None)
    return ["".join(part[depth : depth + 1]) if depth is not None else "" for part in parts], ""


def _each_has_both(candidates: Sequence[Candidate], rough: Sequence[str], classes: Sequence[Hashable]) -> bool:
    """Whether each class is more than one and has one series of each dose and kind, and both doses."""
    counts = Counter(
        (c, dose, one.kind, one.series.kind) for c, dose, one in zip(classes, rough, candidates, strict=True)
    )
    doses: dict[Hashable, set[str]] = defaultdict(set)
    for c, dose in zip(classes, rough, strict=True):
        doses[c].add(dose)
    named = all(count == 1 for (_, dose, _, _), count in counts.items() if dose)
    return named and len(doses) > 1 and all({"full", "low"} <= said for said in doses.values())


def _worthless_ids(
    candidates: Sequence[Candidate], ids: Sequence[str], places: Sequence[str], rough: Sequence[str]
) -> str:
    """Why PatientIDs tell nobody apart here; '' where they do.

    One for all series, or another for each, is what anonymisers leave: then folders that each hold both doses know
    better, or the list of a download. But one person scanned twice also has one PatientID: as long as study or frame
    hold the doses of a folder together, headers are in order, and they are believed.
    """
    if not all(ids) or len(ids) < 4:
        return ""
    subjects = {one.subject for one in candidates}
    one_for_all, one_each = len(set(ids)) == 1, len(set(ids)) == len(ids)
    if not (one_for_all or one_each):
        return ""
    how = "The PatientID is the same in all" if one_for_all else "Each series has a PatientID of its own: "
    how += f" {len(ids)} series"
    if "" not in subjects and 1 < len(subjects) < len(ids):
        return f"{how}: persons by the list of the download"
    if not _each_has_both(candidates, rough, places):
        return ""
    for source in SOURCES[1:]:
        values = [getattr(one.series, source) for one in candidates]
        if len(set(values)) < len(values) and any(values):
            return ""
    names = ", ".join(sorted(set(places)))
    return (
        f"{how}, and no two share a study or a frame of reference: persons by folder ({names}). "
        "If some of them are one person, say so with --person"
    )


def _informative(candidates: Sequence[Candidate], ids: Sequence[str]) -> Callable[[str, int], Hashable]:
    """A function (source, number) -> what that source says of a candidate; None where it says nothing.

    A study or frame that all series of a kind share says nothing where the two other sources tell persons apart.
    """
    mute = set()
    for kind in {one.series.kind for one in candidates}:
        own = [n for n, one in enumerate(candidates) if one.series.kind == kind]
        values = {"person": {ids[n] for n in own}}
        values |= {source: {getattr(candidates[n].series, source) for n in own} for source in SOURCES[1:]}
        for source in SOURCES[1:]:
            others = [values[other] for other in SOURCES if other != source]
            if len(values[source]) == 1 and all(len(said) > 1 and "" not in said for said in others):
                mute.add((source, kind))

    def told(source: str, number: int) -> Hashable:
        series = candidates[number].series
        value = ids[number] if source == "person" else getattr(series, source)
        return (source, value) if value and (source, series.kind) not in mute else None

    return told


def _joined(links: Sequence[Sequence[Hashable]]) -> list[int]:
    """The group of each item: those that share a link, directly or through others, are of one."""
    groups = list(range(len(links)))

    def root(number: int) -> int:
        while groups[number] != number:
            number = groups[number]
        return number

    first: dict[Hashable, int] = {}
    for number, own in enumerate(links):
        for link in own:
            if link is not None:
                groups[root(number)] = root(first.setdefault(link, number))
    return [root(number) for number in range(len(links))]


def _check(candidates: Sequence[Candidate], ids: Sequence[str], groups: Sequence[int], rough: Sequence[str]) -> None:
    """Raise Undecided where several PatientIDs share a study or frame, unless they are those of single doses."""
    for group in sorted(set(groups)):
        members = [n for n, other in enumerate(groups) if other == group]
        own = {ids[n] for n in members} - {""}
        doses = [{rough[n] for n in members if ids[n] == one} for one in own]
        single = all(len(said) == 1 and said <= {"full", "low"} for said in doses)
        if len(own) > 1 and not (len(own) == 2 and single and doses[0] != doses[1]):
            raise Undecided(
                f"{len(own)} PatientIDs share a study or a frame of reference: one person, or several?",
                [candidates[n] for n in members],
                _NAME,
            )
