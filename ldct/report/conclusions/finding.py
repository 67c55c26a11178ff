"""What a part of the first page is made of, and how rows of tables are put into sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ldct.report.figures.style import number
from ldct.report.results import Results, Row
from ldct.statistics.policy import Verdict, counted


@dataclass(frozen=True)
class Finding:
    """A headline, a sentence, points below it, and how it is to be read: good, bad, open or plain."""

    title: str
    text: str
    tone: str = "plain"
    points: tuple[str, ...] = ()


def listed(names: Iterable[str]) -> str:
    """'A, B and C'."""
    every = list(names)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}" if every else "none"


def standing(row: Row) -> str:
    """Patients, trainings and folds of a row, for a bracket."""
    return counted(row["patients"], row["runs"], row["folds"])


def stands(results: Results, rows: Sequence[Row]) -> str:
    """Counts behind rows: once where all have the same, else by loss."""
    by_count: dict[str, list[str]] = {}
    for row in rows:
        by_count.setdefault(standing(row), []).append(results.label(row["loss"]))
    if len(by_count) == 1:
        return f"{next(iter(by_count))} each"
    return "; ".join(f"{listed(names)}: {counts}" for counts, names in by_count.items())


def unit(results: Results, metric: str) -> str:
    """Unit of a metric's goodness, with a space before it; '' where it has none."""
    card = next((row for row in results.catalogue if row["metric"] == metric), None)
    if card is None:
        return ""
    # The goodness of a ratio that is to be 1 is minus its absolute logarithm.
    return " (log ratio)" if card["direction"] == "one" else f" {card['unit']}" if card["unit"] else ""


def size(results: Results, row: Row, name: str = "difference", ends: str = "difference") -> str:
    """'1.2 HU [0.4, 2]': how large a difference is, whatever its sign, with its interval turned alike."""
    value, low, high = row[name], row[f"{ends}_low"], row[f"{ends}_high"]
    if value < 0:
        value, low, high = -value, *(None if end is None else -end for end in (high, low))
    bounds = "" if low is None or high is None else f" [{number(low, 2)}, {number(high, 2)}]"
    return f"{number(value, 2)}{unit(results, row['metric'])}{bounds}"


def compared(results: Results, rows: Sequence[Row], name: str = "difference", column: str = "verdict") -> str:
    """What the verdicts of a metric's rows say, a phrase a verdict: 'A better by ...; cannot tell for B and C'."""
    order = {loss: i for i, loss in enumerate(results.losses)}
    rows = sorted(rows, key=lambda row: order.get(row["loss"], len(order)))
    phrases = []
    for word in (Verdict.BETTER, Verdict.WORSE):
        told = [row for row in rows if row[column] == word]
        each = listed(f"{results.label(row['loss'])} by {size(results, row, name, name)}" for row in told)
        phrases += [f"{word}: {each}"] if told else []
    for word, phrase in ((Verdict.SAME, "the same within the margin: "), (Verdict.CANNOT_TELL, "cannot tell: ")):
        told = [results.label(row["loss"]) for row in rows if row[column] == word]
        phrases += [phrase + listed(told)] if told else []
    return "; ".join(phrases)


def tone_of(words: Iterable[str], good: str = Verdict.BETTER, bad: str = Verdict.WORSE) -> str:
    """How verdicts are to be read together."""
    every = set(words)
    if bad in every:
        return "bad"
    return "good" if every == {good} else "open" if every <= {Verdict.CANNOT_TELL} else "plain"


def networks_only(rows: Iterable[Row]) -> bool:
    """Whether the rows say something of these trained networks alone: none has an interval that includes trainings."""
    every = list(rows)
    return bool(every) and all(row["difference_low"] is None for row in every)
