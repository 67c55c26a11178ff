"""One look for all figures: Okabe-Ito colours, readable in grey and to the colour-blind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D1F", "#000000"]
# One fewer than the colours: no pair of colour and marker comes again before 56 losses.
MARKERS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "star"]
ANCHOR = "#6b7280"
# Worse to better, with white at 0.
DIVERGING = [[0.0, "#B2401F"], [0.25, "#E9A483"], [0.5, "#F7F7F5"], [0.75, "#86B6DC"], [1.0, "#08519C"]]
SEQUENTIAL = "Cividis"

Figure = dict[str, Any]


def colour(names: Sequence[str], name: str) -> str:
    return COLOURS[list(names).index(name) % len(COLOURS)]


def marker(names: Sequence[str], name: str) -> str:
    return MARKERS[list(names).index(name) % len(MARKERS)]


def figure(data: list[dict[str, Any]], *, height: int, **layout: Any) -> Figure:
    """A Plotly figure with the report's style."""
    base = {
        "height": height,
        "margin": {"l": 60, "r": 20, "t": 30, "b": 50},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "#ffffff",
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": "#1f2937"},
        "hoverlabel": {"bgcolor": "#ffffff", "font": {"color": "#1f2937"}},
        "legend": {"orientation": "h", "y": -0.18},
        "modebar": {"bgcolor": "rgba(255,255,255,0.8)", "color": "#6b7280", "activecolor": "#1f2937"},
    }
    made = {**base, **layout}
    for axis in [name for name in made if name.startswith(("xaxis", "yaxis"))]:
        made[axis] = {"automargin": True, **made[axis]}
    return {"data": data, "layout": made}


def heatmap(
    x: list[str],
    y: list[str],
    z: list[list[float | None]],
    hover: list[list[str]],
    *,
    title: str,
    height: int,
    text: list[list[str]] | None = None,
    left: int = 120,
    **trace: Any,
) -> Figure:
    """Colours `z` (rows y, columns x), -1 to 1 by default, the first row on top; `text` in the cells, if any.

    title: of the colour bar. trace: changes to Plotly's heatmap; entries of `colorbar` add to those here.
    """
    bar = {"title": {"text": title, "side": "right"}, "len": 0.9, **trace.pop("colorbar", {})}
    cells = {} if text is None else {"text": text, "texttemplate": "%{text}", "textfont": {"size": 11}}
    style = {"hoverinfo": "text", "zmin": -1, "zmax": 1, "colorscale": DIVERGING, "xgap": 2, "ygap": 2, "colorbar": bar}
    style = {name: value for name, value in (style | trace).items() if value is not None}
    return figure(
        [{"type": "heatmap", "x": x, "y": y, "z": z, "hovertext": hover, **cells, **style}],
        height=height,
        margin={"l": left, "r": 20, "t": 20, "b": 150},
        xaxis={"tickangle": -45},
        yaxis={"autorange": "reversed"},
    )


def legend_below(names: int, height: int) -> dict[str, Any]:
    """Layout with `height` pixels for the plot and its axis, and below them a legend of so many names."""
    legend = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom"}
    return {"height": height + 22 * -(-names // 3), "legend": legend}


def criterion(row: dict[str, Any], suffix: str = "") -> str:
    """A criterion as axes name it: metric, and window where there is one."""
    window = row[f"window{suffix}"]
    name = row.get("label") or row[f"metric{suffix}"]
    return name if window == "hu" else f"{name} · {window.replace('_', ' ')}"


def number(value: float | None, digits: int = 3) -> str:
    return "–" if value is None else f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """A share in percent."""
    return "–" if value is None else f"{100 * value:.3g} %"


def ratio(row: dict[str, Any], name: str) -> str:
    """A value near 1 with its interval, three decimals."""
    if row[name] is None:
        return "–"
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return f"{row[name]:.3f}" + ("" if low is None or high is None else f" [{low:.3f}, {high:.3f}]")


def interval(row: dict[str, Any], name: str, digits: int = 3) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if row[name] is None:
        return "–"
    if low is None or high is None:
        return number(row[name], digits)
    return f"{number(row[name], digits)} [{number(low, digits)}, {number(high, digits)}]"
