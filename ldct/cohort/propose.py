"""The index of a scan -> the rows of a manifest, each with its reasons; what cannot be told is asked, never guessed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from ldct.cohort.evidence import LIST, dose_words, exposures_say, settle
from ldct.cohort.pairs import check_doses, check_exposures, check_twins, fit, images_of, originals, reasons, unique
from ldct.cohort.people import Undecided, assign_people
from ldct.cohort.rules import dose_of, is_view, sharpness
from ldct.cohort.series import Candidate
from ldct.errors import LdctError

MOST_LISTED = 60


@dataclass(frozen=True)
class Choices:
    """What the user decides: data ('images' or 'projections'), kind of image, and patterns on the lines of series."""

    data: str | None = None
    thickness: float | None = None
    kernel: str | None = None
    full: re.Pattern[str] | None = None
    low: re.Pattern[str] | None = None
    person: re.Pattern[str] | None = None


@dataclass
class Entry:
    """A person of the cohort, the series that stand for it, and why these."""

    person: str
    name: str
    full: Candidate
    low: Candidate | None
    images: Candidate | None
    why: str


@dataclass
class Proposal:
    """The cohort, what was left out with its reasons, and what holds for all of it."""

    entries: list[Entry] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def propose(candidates: Sequence[Candidate], choices: Choices) -> Proposal:
    """Group series by person, and choose each person's pair of doses, of one kind wherever there is a choice.

    Raises LdctError that lists the series where persons, doses or pairs cannot be told, with the option that decides.
    """
    proposal = Proposal()
    usable = _usable(candidates, proposal)
    if not usable:
        listing = "\n".join(f"  {line}" for line in proposal.left_out[:MOST_LISTED])
        raise LdctError(f"no series that can stand in a cohort; all were left out:\n{listing}")
    shared = (
        frozenset.intersection(*(frozenset(one.label.split("/")) for one in usable)) if len(usable) > 1 else frozenset()
    )
    for one in usable:
        one.votes = dose_words(one.series, one.label, shared)
        if words := dose_of(one.listed, "text"):
            one.votes = {**one.votes, LIST: words}
    try:
        rough = [_rough(one, choices) for one in usable]
        proposal.notes += assign_people(usable, rough, choices.person)
        people: dict[str, list[Candidate]] = defaultdict(list)
        for one in usable:
            people[one.person].append(one)
        for own in people.values():
            _set_doses(own, choices)
        _choose(people, choices, proposal)
    except Undecided as error:
        _refuse(error)
    return proposal


def _refuse(error: Undecided) -> NoReturn:
    lines = [f"  {one.text}" for one in error.candidates[:MOST_LISTED]]
    if len(error.candidates) > MOST_LISTED:
        lines.append(f"  and {len(error.candidates) - MOST_LISTED} more")
    raise LdctError(
        f"{error.why}. Series in question:\n" + "\n".join(lines) + f"\nSay which: {error.options} "
        "(regular expressions, searched in these lines, case ignored)"
    ) from None


def _usable(candidates: Sequence[Candidate], proposal: Proposal) -> list[Candidate]:
    """Those that are reconstructions or projections of a patient; the others are left out with the reason."""
    axial = any(one.series.plane == "axial" and not one.series.localiser for one in candidates)
    usable = []
    for one in candidates:
        series = one.series
        if series.localiser:
            why = "a scout or a page of text"
        elif is_view(series):
            why = "made of other images (reformatted, projected or merged)"
        elif series.kind == "images" and axial and series.plane in ("coronal", "sagittal"):
            why = f"{series.plane} images"
        else:
            usable.append(one)
            continue
        proposal.left_out.append(f"{one.label}: {why}")
    return usable


def _rough(one: Candidate, choices: Choices) -> str:
    """The dose of a series by itself."""
    if decided := _decided(one, choices):
        return decided
    said = set(one.votes.values())
    return "both" if len(said) > 1 else next(iter(said), "")


def _decided(one: Candidate, choices: Choices) -> str:
    """The dose by the user's patterns; '' where there are none, or none fits."""
    full, low = (bool(pattern and pattern.search(one.text)) for pattern in (choices.full, choices.low))
    if full and low:
        raise Undecided(
            "--full and --low both fit a series", [one], "--full REGEX and --low REGEX that exclude each other"
        )
    return "full" if full else "low" if low else ""


def _set_doses(own: Sequence[Candidate], choices: Choices) -> None:
    """Set the dose of each series of one person."""
    for one, dose in zip(own, settle([one.votes for one in own]), strict=True):
        one.dose = _decided(one, choices) or dose
    if choices.full and choices.low:
        # Both are given: what fits neither is of neither dose.
        return
    for one in own:
        if one.dose:
            continue
        # Half a name and the exposures together say what neither says alone.
        for other in own:
            if other.dose in ("full", "low") and one.twin(other):
                said = exposures_say(one.series.exposure_mas, other.series.exposure_mas)
                if said and said != other.dose:
                    one.dose, one.votes = said, {**one.votes, "exposure": said}


def _choose(people: dict[str, list[Candidate]], choices: Choices, proposal: Proposal) -> None:
    everyone = [one for own in people.values() for one in own]
    data = choices.data or ("images" if any(one.series.kind == "images" for one in everyone) else "projections")
    named = {one.dose for one in everyone if one.series.kind == data} - {""}
    if not named:
        proposal.notes.append("no series names a dose: each is taken as it was acquired, at full dose")
    pools: dict[str, list[Candidate]] = {}
    for person, own in people.items():
        pools[person] = [one for one in own if one.series.kind == data and _wanted(one, data, choices)]
        if named:
            check_doses(pools[person], proposal.left_out)
        else:
            check_twins(pools[person])
            for one in pools[person]:
                one.dose = "full"
    if named == {"low"}:
        alone = [one for own in pools.values() for one in own]
        raise Undecided(
            "No series is of full dose by its name", alone, "--full REGEX, or --full . to take all as they are"
        )
    rank = _ranked(pools)
    for person, own in people.items():
        entry = _entry(person, own, pools[person], data, rank, proposal)
        if entry is not None:
            proposal.entries.append(entry)
    if not proposal.entries:
        raise Undecided(
            "No person has a full-dose series of this kind", everyone, "--full REGEX, --thickness or --kernel"
        )
    proposal.entries.sort(key=lambda entry: _natural(entry.name or entry.full.label))
    kinds = Counter(entry.full.kind_text for entry in proposal.entries)
    if data == "images":
        text = ", ".join(f"{kind} ({count})" for kind, count in kinds.most_common())
        other = len({one.kind for own in pools.values() for one in own}) - len(kinds)
        more = f"; {other} other kinds were there too (--thickness, --kernel)" if other > 0 else ""
        proposal.notes.append(f"kind of the images: {text}{more}")


def _natural(text: str) -> list[tuple[int, int | str]]:
    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", text) if part]


def _wanted(one: Candidate, data: str, choices: Choices) -> bool:
    if data == "projections":
        return True
    if choices.thickness is not None and abs(one.thickness - choices.thickness) > 0.05:
        return False
    wanted = " ".join((choices.kernel or "").upper().split())
    return not wanted or wanted in one.kernel.split("+") or wanted == one.kernel


def _ranked(pools: dict[str, list[Candidate]]) -> list[tuple[float, str]]:
    """Kinds, the one of most complete persons first; of those alike the smoothest kernel, then the thinnest slices."""
    pairs = any(one.dose == "low" for pool in pools.values() for one in pool)
    count: Counter[tuple[float, str]] = Counter()
    for pool in pools.values():
        fulls = [one for one in pool if one.dose == "full"]
        lows = [one for one in pool if one.dose == "low"]
        count.update({one.kind for one in fulls if not pairs or any(one.like(low) for low in lows)})
        count.update(dict.fromkeys({one.kind for one in fulls}, 0))
    return sorted(count, key=lambda kind: (-count[kind], sharpness(kind[1]), kind[0]))


def _entry(
    person: str,
    own: Sequence[Candidate],
    pool: Sequence[Candidate],
    data: str,
    rank: Sequence[tuple[float, str]],
    proposal: Proposal,
) -> Entry | None:
    """The pair of a person, or its full dose alone; None where it has none. What is not taken is told."""
    name = next((one.name for one in own if one.name), "")
    shown = name or own[0].label
    others = [one for one in own if one.series.kind != data]
    if not pool:
        reason = (
            f"only {others[0].series.kind} (--kind {others[0].series.kind})"
            if others
            else "nothing of the kind that was asked for"
        )
        proposal.left_out.append(f"{shown}: {reason}")
        return None
    fulls = originals([one for one in pool if one.dose == "full"])
    lows = originals([one for one in pool if one.dose == "low"])
    if not fulls:
        proposal.left_out.append(f"{shown}: no full-dose series ({'ctpd' if data == 'projections' else 'dicom'})")
        return None
    pairs = [(full, low) for full in fulls for low in lows if full.like(low)]
    order = {kind: place for place, kind in enumerate(rank)}
    if pairs:
        pairs.sort(key=lambda pair: fit(*pair, order))
        best = [pair for pair in pairs if fit(*pair, order) == fit(*pairs[0], order)]
        if len(best) > 1:
            raise Undecided(
                "More than one pair of doses of a person fits as well",
                unique([one for pair in best for one in pair]),
                "--full REGEX, --low REGEX; or --person REGEX where these are several persons",
            )
        full, low = pairs[0]
        check_exposures(full, low)
        why = reasons(full, low)
    else:
        full = min(
            fulls, key=lambda one: (order.get(one.kind, len(order)), -one.images, one.series.iterative, one.label)
        )
        low, why = None, reasons(full, None)
        if lows:
            proposal.left_out.append(
                f"{shown}: its {len(lows)} low-dose series, of another kind or place than the full dose"
            )
    for one in pool:
        if one is not full and one is not low:
            scan = " of another kind" if one.kind != full.kind else ""
            proposal.left_out.append(f"{one.label}: a second {one.dose}-dose series{scan} of {shown}")
    images = None
    if data == "projections":
        images = images_of(full, [one for one in others if one.dose in ("full", "")])
    elif others:
        kind = others[0].series.kind
        text = "its projections, since its images are listed" if kind == "projections" else f"its {kind}"
        proposal.left_out.append(f"{shown}: {text}; for the raw path use kind ctpd (--kind projections)")
    return Entry(person, name, full, low, images, why)
