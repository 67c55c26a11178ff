"""Which two series of a person are its doses: what must be asked, which pair fits best, and why."""

from __future__ import annotations

from collections.abc import Sequence

from ldct.cohort.evidence import CONTRARY_RATIO
from ldct.cohort.people import Undecided
from ldct.cohort.rules import sharpness
from ldct.cohort.series import Candidate


def check_doses(pool: list[Candidate], left_out: list[str]) -> None:
    """Take out what has no dose; raise Undecided where that may hide one of the pair."""
    sides = {dose: [one for one in pool if one.dose == dose] for dose in ("full", "low")}
    complete = any(full.like(low) for full in sides["full"] for low in sides["low"])
    for one in [one for one in pool if one.dose in ("", "both")]:
        rivals = [other for other in pool if other is not one and one.twin(other)]
        if not complete and one.dose == "both":
            said = ", ".join(f"{name} says {dose}" for name, dose in one.votes.items())
            raise Undecided(
                f"The dose of a series is contradicted ({said})", [one, *rivals], "--full REGEX and --low REGEX"
            )
        if not complete and rivals:
            raise Undecided(
                "Series of one scan and kind, of which not each names its dose",
                [one, *rivals],
                "--full REGEX and --low REGEX",
            )
        why = "neither full nor low dose by its name" if not one.dose else "its names contradict each other on the dose"
        left_out.append(f"{one.label}: {why}")
        pool.remove(one)


def check_twins(pool: Sequence[Candidate]) -> None:
    """Raise Undecided where two series of a person may be its two doses, and no word tells."""
    for number, one in enumerate(pool):
        twins = [
            other for other in pool[number + 1 :] if one.twin(other) and one.series.iterative == other.series.iterative
        ]
        same_scan = [other for other in twins if _linked(one, other) or not _known_apart(one, other)]
        if same_scan:
            raise Undecided(
                "Series of one person, kind and place, and nothing says whether they are two doses",
                [one, *same_scan],
                "--full REGEX and --low REGEX (--full alone where there is no low dose)",
            )


def _linked(a: Candidate, b: Candidate) -> bool:
    return any(getattr(a.series, n) and getattr(a.series, n) == getattr(b.series, n) for n in ("study", "frame"))


def _known_apart(a: Candidate, b: Candidate) -> bool:
    """Whether both name a study, and not the same: scans of two days."""
    return bool(a.series.study and b.series.study and a.series.study != b.series.study)


def unique(candidates: Sequence[Candidate]) -> list[Candidate]:
    return list({one.series.row: one for one in candidates}.values())


def originals(series: list[Candidate]) -> list[Candidate]:
    """Without what was derived from other images, unless there is nothing else."""
    return [one for one in series if not one.series.derived] or series


def fit(full: Candidate, low: Candidate, order: dict[tuple[float, str], int]) -> tuple:
    """Smaller for a better pair."""
    a, b = full.series, low.series
    return (
        order.get(full.kind, len(order)),
        not (a.frame and a.frame == b.frame),
        not (a.study and a.study == b.study),
        a.iterative != b.iterative,
        _apart(full.label, low.label),
        -min(full.images, low.images),
        abs(full.images - low.images),
        a.iterative,
    )


def _apart(a: str, b: str) -> int:
    """Over how many folders one goes from a path to another."""
    first, second = a.split("/"), b.split("/")
    same = next(
        (n for n, (x, y) in enumerate(zip(first, second, strict=False)) if x != y), min(len(first), len(second))
    )
    return len(first) + len(second) - 2 * same


def check_exposures(full: Candidate, low: Candidate) -> None:
    a, b = full.series.exposure_mas, low.series.exposure_mas
    if a and b and b > CONTRARY_RATIO * a:
        raise Undecided(
            f"The series named low dose was exposed with {b:.4g} mAs, the one named full dose with {a:.4g}",
            [full, low],
            "--full REGEX and --low REGEX",
        )


def reasons(full: Candidate, low: Candidate | None) -> str:
    if low is None:
        return f"{full.kind_text}, {full.images} images; no low dose"
    same = next((name for name in ("frame", "study") if share(full, low, name)), "")
    link = {"frame": "one frame of reference", "study": "one study", "": "no UID in common, paired by person"}[same]
    said = sorted({field for one in (full, low) for field in one.votes}) or ["--full and --low"]
    return f"{full.kind_text}, {full.images} and {low.images} images; {link}; doses by {', '.join(said)}"


def share(a: Candidate, b: Candidate, name: str) -> bool:
    value = getattr(a.series, name)
    return bool(value) and value == getattr(b.series, name)


def images_of(full: Candidate, images: Sequence[Candidate]) -> Candidate | None:
    """The scanner's own images of projections: of their frame where it is known, smooth, with the most slices."""
    if not images:
        return None
    return min(
        images,
        key=lambda one: (
            not share(full, one, "frame"),
            not share(full, one, "study"),
            one.dose != "full",
            one.series.derived,
            sharpness(one.kernel),
            -one.images,
        ),
    )
