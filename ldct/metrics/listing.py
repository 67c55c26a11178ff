"""The registry as text: what each metric is, for the terminal and for docs/metrics.md."""

from __future__ import annotations

from ldct.lesions import cards
from ldct.metrics.base import Metric
from ldct.metrics.build import metric_class
from ldct.metrics.families import FAMILIES
from ldct.metrics.registry import BUILTIN, FITTED, REQUIRES

DIRECTIONS = {"higher": "higher", "lower": "lower", "zero": "nearest 0", "one": "nearest 1"}

HEADER = """# Metrics

Written by `ldct metrics list --markdown` from the metrics themselves; `tests/metrics/test_listing.py` keeps it so.

A metric is one file in `ldct/metrics` and one line in its registry; `evaluation.metrics` chooses among them, and takes
`module:Class` of your own. What holds for all:

- **Input.** Metrics on HU see HU. The others see [0, 1] of each window of `evaluation.windows` (clipped), so that the
  window is a factor of the analysis; a few are computed in one window only, as their note says. The data range is 1,
  or stated.
- **Reference.** The full-dose slice, prepared once for all losses, seeds and epochs.
- **No value** is a reason in the table, never a 0: identical images have no PSNR; a reference without contrast in the
  window has no structure to compare; an image that is not finite, or smaller than the filters, has no value; pixels
  that were not measured hold air in both images, and pixel metrics leave them out.
- **Direction** turns every metric into goodness for the analysis: v, -v, -|v| (nearest 0) or -|log v| (nearest 1).
- **Whether to believe it** on CT is measured in each study: graded noise, blur, HU shift, contrast loss and texture
  removal of full-dose slices (`results/validity`).

Noise power spectra and transfer functions themselves, by frequency and relative to full dose, are in
`results/physics/curves.parquet` and in the report. `ldct metrics measure FULL IMAGE` computes metrics for two DICOM
series.
"""


def markdown() -> str:
    """docs/metrics.md."""
    parts = [HEADER]
    for family, title in FAMILIES.items():
        rows = _task() if family == "task" else [_row(n) for n in BUILTIN if metric_class(n).family == family]
        parts.append(
            f"\n## {title}\n\n| name | metric | sees | range | best | needs | source |\n|---|---|---|---|---|---|---|\n"
        )
        parts += [f"| {' | '.join(row)} |\n" for row in rows]
    notes = [(name, metric_class(name).note) for name in BUILTIN if metric_class(name).note]
    parts.append("\n## Notes\n\n" + "".join(f"- `{name}`: {note}.\n" for name, note in notes))
    return "".join(parts)


def plain() -> str:
    """A line a metric."""
    lines = []
    for name in BUILTIN:
        kind = metric_class(name)
        needs = needs_of(name)
        best = DIRECTIONS[kind.direction]
        lines.append(f"{name:22s} {kind.family:13s} best {best:10s} {kind.label}{f' [{needs}]' if needs else ''}")
    return "\n".join(lines)


def needs_of(name: str) -> str:
    """Weights, or what a metric is fitted on."""
    weights = ", ".join(f"weights {weight}" for weight in REQUIRES.get(name, ()))
    return weights or ("a fit in each fold" if name in FITTED else "")


def _row(name: str) -> tuple[str, ...]:
    kind = metric_class(name)
    return (
        f"`{name}`", kind.label, _sees(kind), _range(kind.low, kind.high) + (f" {kind.unit}" if kind.unit else ""),
        DIRECTIONS[kind.direction], needs_of(name), f"{kind.source}; {kind.licence}",
    )  # fmt: skip


def _task() -> list[tuple[str, ...]]:
    rows = []
    for card in cards.catalogue(cards.CHANNELS):
        limits, best = _range(card["low"], card["high"]), DIRECTIONS[card["direction"]]
        rows.append(
            (f"`{card['metric']}`", card["label"], "HU", limits, best, "", f"{card['source']}; {card['licence']}")
        )
    return rows


def _sees(kind: type[Metric]) -> str:
    if kind.mapping == "hu":
        return "HU"
    return f"window ({kind.window.replace('_', ' ')})" if kind.window else "each window"


def _range(low: float | None, high: float | None) -> str:
    return f"{'-inf' if low is None else f'{low:g}'} to {'inf' if high is None else f'{high:g}'}"
