"""Tables for a paper: LaTeX with booktabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ldct.report.figures.style import interval, number

# Table -> columns as (heading, field); 'field_low' and 'field_high' beside a field make an interval.
PAPER: Mapping[str, tuple[tuple[str, str], ...]] = {
    "loss_values": (
        ("Loss", "loss"),
        ("Metric", "metric"),
        ("Window", "window"),
        ("Mean", "mean"),
        ("Gain over low dose", "gain"),
    ),
    "agreement": (
        ("Metrics", "family"),
        ("Windows", "windows"),
        ("Kendall's $W$", "w"),
        (r"Mean $\tau_b$", "mean_tau"),
    ),
    "contrasts": (
        ("Loss", "loss"),
        ("Metric", "metric"),
        ("Window", "window"),
        ("Difference", "difference"),
        ("$p$ (adjusted)", "p_adjusted"),
        ("Verdict", "verdict"),
    ),
    "friedman": (("Metric", "metric"), ("Window", "window"), ("$p$ (adjusted)", "p_adjusted"), ("Verdict", "verdict")),
    "hypotheses": (("Claim", "claim"), ("Hypothesis", "statement"), ("Effect", "effect"), ("Verdict", "verdict")),
}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}


def escape(text: str) -> str:
    """`text` with every character that LaTeX reads as a command made to be printed."""
    return "".join(_SPECIAL.get(letter, letter) for letter in text)


def latex(name: str, rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The table `name` of PAPER as a LaTeX `table` with `booktabs`, a row a line; None for a table not in PAPER."""
    columns = PAPER.get(name)
    if columns is None:
        return None
    sides = "".join("r" if _is_number(rows, field) else "l" for _, field in columns)
    lines = [" & ".join(_cell(row, field) for _, field in columns) + r" \\" for row in rows]
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            rf"\caption{{{escape(name.replace('_', ' ').capitalize())}.}}",
            rf"\begin{{tabular}}{{{sides}}}",
            r"\toprule",
            " & ".join(heading for heading, _ in columns) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def _is_number(rows: Sequence[Mapping[str, Any]], field: str) -> bool:
    return any(isinstance(row[field], float) for row in rows)


def _cell(row: Mapping[str, Any], field: str) -> str:
    value = row[field]
    if value is None:
        return "--"
    if isinstance(value, float):
        return interval(dict(row), field) if f"{field}_low" in row else number(value)
    return escape(str(value).replace("_", " "))
