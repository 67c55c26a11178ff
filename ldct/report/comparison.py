"""The page of a comparison of studies: one HTML file that opens anywhere, and its tables beside it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
from plotly.offline import get_plotlyjs

from ldct.files import write_text
from ldct.pages import as_json
from ldct.report.downloads import Download, Downloads, pack
from ldct.report.figures import compared
from ldct.report.figures.style import interval, number
from ldct.report.write import PAGE
from ldct.tables import table_of, write_table
from ldct.tables.comparison import TABLES

log = logging.getLogger("ldct")
Row = dict[str, Any]


def build_comparison(
    rows: Mapping[str, Sequence[Row]], cards: Sequence[Row], output: Path, *, paired: bool, confidence: float
) -> None:
    """Write the page to `output`, and every table as Parquet and CSV to a folder of its name beside it.

    `rows` are those of `ldct.statistics.comparison.compare`, `cards` CRITERIA rows, which give metrics their labels.
    Equal input gives equal bytes.
    """
    folder = output.with_name(f"{output.stem}_tables")
    downloads: dict[str, Download] = {}
    for name, schema in TABLES.items():
        table = table_of(rows[name], schema)
        path = folder / f"{name}.parquet"
        write_table(path, table, schema)
        downloads[name] = pack(name, path, table)
        write_text(folder / f"{name}.csv", downloads[name].csv)
    # Whole rows: what a row does not name is None in it.
    rows = {name: [{f.name: row.get(f.name) for f in schema} for row in rows[name]] for name, schema in TABLES.items()}
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": number, "interval": interval}
    labels = {row["metric"]: row["label"] for row in cards}
    figures = compared.figures(rows, labels)
    page = environment.get_template("comparison.html").render(
        rows=rows,
        labels=labels,
        headlines=headlines(rows),
        results=Downloads(downloads),
        paired=paired,
        confidence=confidence,
        style=(PAGE / "style.css").read_text(encoding="utf-8"),
        script=(PAGE / "report.js").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        shown={name: figure for name, figure in figures.items() if figure is not None},
        figures=as_json({name: figure for name, figure in figures.items() if figure is not None}),
        tables=as_json(Downloads(downloads).carried()),
    )
    write_text(output, page)
    log.info("comparison: %s, %.1f MB; tables in %s", output, output.stat().st_size / 1e6, folder)


def headlines(rows: Mapping[str, Sequence[Row]]) -> list[dict[str, str]]:
    """Conclusions of every two studies: rankings, best losses, effects and claims, disagreements named."""
    found: list[dict[str, str]] = []
    for row in rows["agreement"]:
        a, b = row["a"], row["b"]
        mine = {
            name: [one for one in rows[name] if (one["a"], one["b"]) == (a, b)]
            for name in ("rankings", "effects", "claims")
        }
        primary = [one for one in mine["rankings"] if one["primary"]] or mine["rankings"]
        found += [
            _rankings(primary, f"{a} and {b}: do they rank the losses alike?"),
            _best(primary, f"{a} and {b}: is the same loss best?"),
            _effects(mine["effects"], f"{a} and {b}: do the losses do the same?"),
            _claims(mine["claims"], f"{a} and {b}: do the conclusions agree?"),
        ]
    return found


def _rankings(rows: list[Row], title: str) -> dict[str, str]:
    count = {verdict: [r for r in rows if r["verdict"] == verdict] for verdict in ("differ", "alike", "cannot tell")}
    text = (
        f"By {len(count['alike'])} of {len(rows)} metrics alike, by {len(count['differ'])} differently, "
        f"by {len(count['cannot tell'])} the data cannot tell."
    )
    if count["differ"]:
        text += f" Different by {_names(count['differ'])}."
    return {"title": title, "text": text, "tone": "bad" if count["differ"] else "good" if count["alike"] else "open"}


def _best(rows: list[Row], title: str) -> dict[str, str]:
    same = [row for row in rows if row["best"] == "same"]
    differ = [row for row in rows if row["best"] == "differ"]
    text = f"The same loss leads by {len(same)} of {len(rows)} metrics; surely another one by {len(differ)}"
    text += f"; by {len(rows) - len(same) - len(differ)} the leaders differ, but not surely."
    for row in differ:
        text += f" By {row['metric']} ({row['window']}): {row['best_a']} in {row['a']}, {row['best_b']} in {row['b']}."
    return {"title": title, "text": text, "tone": "bad" if differ else "plain"}


def _effects(rows: list[Row], title: str) -> dict[str, str]:
    sure = [row for row in rows if row["verdict"] != "cannot tell"]
    text = f"{len(sure)} of {len(rows)} effects (gains over low dose, contrasts with the reference loss) surely differ."
    if sure:
        losses = dict.fromkeys(row["loss"] for row in sure)
        text += f" They are of {', '.join(losses)}, by {_names(sure)}."
    else:
        text += " That is no proof that they are equal: the table has the intervals."
    return {"title": title, "text": text, "tone": "plain" if sure else "open"}


def _claims(rows: list[Row], title: str) -> dict[str, str]:
    opposite = [f"({r['claim']}) {r['statement']}: {r['sentence']}" for r in rows if r["conclusion"] == "opposite"]
    answers = ("same", "one cannot tell", "neither can tell")
    count = {answer: sum(row["conclusion"] == answer for row in rows) for answer in answers}
    text = (
        f"Of {len(rows)} hypotheses, {count['same']} are answered alike and {len(opposite)} oppositely; "
        f"for {count['one cannot tell']} one study cannot tell, for {count['neither can tell']} neither can."
    )
    return {"title": title, "text": " ".join([text, *opposite]), "tone": "bad" if opposite else "plain"}


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(dict.fromkeys(f"{row['metric']} ({row['window']})" for row in rows))
