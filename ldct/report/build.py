"""The report: one HTML file that opens anywhere, without a network."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jinja2
from PIL import Image, ImageDraw
from plotly.offline import get_plotlyjs

from ldct.construct import about
from ldct.files import write_bytes, write_text
from ldct.metrics.declared import DIRECTIONS
from ldct.pages import as_json
from ldct.report import claim, methods, sections
from ldct.report.conclusions.page import first_page
from ldct.report.downloads import carried
from ldct.report.figures.style import interval, number, ratio, share
from ldct.report.lesions import pictures
from ldct.report.ranking import best_table
from ldct.report.results import Results
from ldct.report.write import PAGE

log = logging.getLogger("ldct")


def build_report(results: Results, output: Path, figures: Sequence[Path] = (), tables: Sequence[Path] = ()) -> None:
    """Write the page to `output`, pictures (PNG) to `figures` and tables (CSV) to `tables`.

    These are named by `ldct.report.outputs`. Equal input gives equal bytes.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"number": number, "interval": interval, "ratio": ratio, "share": share}
    environment.globals |= {"directions": DIRECTIONS, "about": about}
    shown, drawn = sections.shown(results)
    page = environment.get_template("report.html").render(
        results=results,
        spec=results.spec,
        sections=shown,
        first=first_page(results),
        best=best_table(results),
        methods=methods.text(results),
        claim=claim.items(results),
        style=(PAGE / "style.css").read_text(encoding="utf-8"),
        script=(PAGE / "report.js").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
        figures=as_json(drawn),
        panels=as_json(_viewer(results)),
        pictures=pictures(results),
        tables=as_json(carried(results.downloads)),
    )
    write_text(output, page)
    for path in tables:
        write_text(path, results.downloads[path.stem].csv)
    for path in figures:
        write_bytes(path, PICTURES[path.stem](results))
    log.info("report: %s, %.1f MB", output, output.stat().st_size / 1e6)


def _viewer(results: Results) -> dict[str, Any]:
    """The image panels as the page's script wants them."""
    cases: dict[str, Any] = {}
    for row in results.panels:
        case = cases.setdefault(
            row["patient"], {"patient": row["patient"], "region": row["region"], "slice": row["slice"], "images": {}}
        )
        several = len(results.models) > 1 and row["model"] != "anchor"
        name = (
            f"{results.network(row['model'])} · {results.label(row['loss'])}" if several else results.label(row["loss"])
        )
        shown = case["images"].setdefault(
            f"{row['model']}/{row['loss']}",
            {"name": name, "rmse": round(row["rmse_hu"], 2), "anchor": row["model"] == "anchor", "views": {}},
        )
        shown["views"][row["view"]] = "data:image/webp;base64," + base64.b64encode(row["image"]).decode()
    views = {row["view"]: [row["low_hu"], row["high_hu"]] for row in results.panels}
    return {"cases": list(cases.values()), "views": views}


def contact_sheet(results: Results, width: int = 320) -> bytes:
    """PNG of the first case in its first window: each image, and below it what it differs from full dose."""
    rows = [row for row in results.panels if row["patient"] == results.panels[0]["patient"]] if results.panels else []
    views = [row["view"] for row in rows]
    top = [row for row in rows if row["view"] == views[0]]
    below = [row for row in rows if row["view"] == "difference"]
    tiles = [[_tile(row, width, results) for row in line] for line in (top, below)]
    height = max((tile.height for line in tiles for tile in line), default=1)
    sheet = Image.new("L", (max(width * len(top), 1), 2 * height), 255)
    for y, line in enumerate(tiles):
        for x, tile in enumerate(line):
            sheet.paste(tile, (x * width, y * height))
    stream = io.BytesIO()
    sheet.save(stream, "PNG")
    return stream.getvalue()


def _tile(row: dict[str, Any], width: int, results: Results) -> Image.Image:
    image = Image.open(io.BytesIO(row["image"])).convert("L")
    image = image.resize((width - 4, max(1, round(image.height * (width - 4) / image.width))), Image.Resampling.LANCZOS)
    tile = Image.new("L", (width, image.height + 22), 255)
    tile.paste(image, (2, 20))
    ImageDraw.Draw(tile).text((4, 4), f"{results.label(row['loss'])}  RMSE {row['rmse_hu']:.1f} HU", fill=0)
    return tile


# By the names of `ldct.report.outputs.FIGURES`.
PICTURES: dict[str, Callable[[Results], bytes]] = {"panels": contact_sheet}
