"""The declared metrics as text: what each metric is, for the terminal and for docs/metrics.md."""

from __future__ import annotations

from ldct.construct import about
from ldct.lesions.declared import CHANNELS, of_patients
from ldct.metrics.declared import DIRECTIONS, FAMILIES, METRICS, Metric

HEADER = """# Metrics

Written by `ldct metrics list --markdown` from their declarations; `tests/metrics/test_listing.py` keeps it so.

A metric is one file in `ldct/metrics` and one entry in `declared.py`; `evaluation.metrics` chooses among them, and
takes `module:Class` of your own. What holds for all:

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
        rows = [_row(metric) for metric in (*METRICS.values(), *of_patients(CHANNELS)) if metric.family == family]
        heads = ("name", "metric", "about", "sees", "range", "best", "needs", "source")
        parts.append(f"\n## {title}\n\n| {' | '.join(heads)} |\n{'|---' * len(heads)}|\n")
        parts += [f"| {' | '.join(row)} |\n" for row in rows]
    notes = [(name, metric.note) for name, metric in METRICS.items() if metric.note]
    parts.append("\n## Notes\n\n" + "".join(f"- `{name}`: {note}.\n" for name, note in notes))
    return "".join(parts)


def plain() -> str:
    """A line a metric."""
    lines = []
    for name, metric in METRICS.items():
        needs = needs_of(metric)
        said = f"{name:22s} {metric.family:13s} {about(metric.construct):30s} best {DIRECTIONS[metric.direction]:10s}"
        lines.append(f"{said} {metric.label}{f' [{needs}]' if needs else ''} ({metric.licence})")
    return "\n".join(lines)


def needs_of(metric: Metric) -> str:
    """Weights, or what a metric is fitted on."""
    weights = ", ".join(f"weights {weight}" for weight in metric.weights)
    return weights or ("a fit in each fold" if metric.fitted else "")


def _row(metric: Metric) -> tuple[str, ...]:
    limits = _range(metric.low, metric.high) + (f" {metric.unit}" if metric.unit else "")
    return (
        f"`{metric.name}`", metric.label, about(metric.construct), _sees(metric), limits,
        DIRECTIONS[metric.direction], needs_of(metric), f"{metric.source}; {metric.licence}",
    )  # fmt: skip


def _sees(metric: Metric) -> str:
    if metric.mapping == "hu":
        return "HU"
    return f"window ({metric.window.replace('_', ' ')})" if metric.window else "each window"


def _range(low: float | None, high: float | None) -> str:
    return f"{'-inf' if low is None else f'{low:g}'} to {'inf' if high is None else f'{high:g}'}"
