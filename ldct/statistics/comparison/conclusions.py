"""The claims of the paper in two studies, and where their verdicts part."""

from __future__ import annotations

from typing import Any

import numpy as np

from ldct.statistics.comparison.study import Study
from ldct.statistics.policy import Policy, Verdict

Row = dict[str, Any]


def claim_rows(one: Study, two: Study, policy: Policy) -> list[Row]:
    """CLAIMS rows: each study's answer on all of its own losses and metrics, side by side."""
    found = [
        {(row["claim"], row["part"]): row for row in study.tables["hypotheses"] if row["model"] == study.network}
        for study in (one, two)
    ]
    rows: list[Row] = []
    for key in [key for key in found[0] if key in found[1]]:
        a, b = found[0][key], found[1][key]
        row: Row = {"a": one.name, "b": two.name, "claim": key[0], "part": key[1], "statement": a["statement"]}
        for name, source in (("a", a), ("b", b)):
            row |= {f"effect_{name}{end}": source[f"effect{end}"] for end in ("", "_low", "_high")}
            row[f"verdict_{name}"] = source["verdict"]
        value, low, high = mover(a, b)
        row |= {"difference": value, "difference_low": low, "difference_high": high}
        row["conclusion"] = _conclusion(a["verdict"], b["verdict"])
        rows.append(row | {"sentence": _sentence(row, policy)})
    return rows


def mover(a: Row, b: Row) -> tuple[float | None, float | None, float | None]:
    """Difference b - a of two estimates with their intervals (Zou & Donner 2008, Stat. Med. 27:1693, MOVER)."""
    if a["effect"] is None or b["effect"] is None:
        return None, None, None
    value = b["effect"] - a["effect"]
    if any(row[end] is None for row in (a, b) for end in ("effect_low", "effect_high")):
        return value, None, None
    low = value - float(np.hypot(b["effect"] - b["effect_low"], a["effect_high"] - a["effect"]))
    high = value + float(np.hypot(b["effect_high"] - b["effect"], a["effect"] - a["effect_low"]))
    return value, low, high


def _conclusion(a: str, b: str) -> str:
    unsure = [verdict == "cannot tell" for verdict in (a, b)]
    if all(unsure):
        return "neither can tell"
    if any(unsure):
        return "one cannot tell"
    return "same" if a == b else "opposite"


def _sentence(row: Row, policy: Policy) -> str:
    low, high = row["difference_low"], row["difference_high"]
    if low is None or high is None:
        apart = "whether the effects differ cannot be told"
    elif policy.side(low, high, 0.0, "more", "less").verdict == Verdict.CANNOT_TELL:
        apart = f"the effects may be the same (difference {row['difference']:.2f}, {low:.2f} to {high:.2f})"
    else:
        apart = f"the effects differ by {row['difference']:.2f} ({low:.2f} to {high:.2f})"
    start = {
        "same": f"Both studies find it {row['verdict_a']}",
        "opposite": f"The studies contradict each other: {row['verdict_a']} in {row['a']}, "
        f"{row['verdict_b']} in {row['b']}",
        "neither can tell": "Neither study can tell",
    }.get(row["conclusion"])
    if start is None:
        sure = "b" if row["verdict_a"] == "cannot tell" else "a"
        start = f"Only {row[sure]} can tell ({row[f'verdict_{sure}']})"
    return f"{start}; {apart}."
