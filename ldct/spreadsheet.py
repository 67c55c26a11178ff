"""Tables of text as spreadsheets save them: commas, semicolons or tabs, UTF-8 with or without a mark, or UTF-16."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

from ldct.errors import ConfigError

SURPLUS = "\0surplus"


def read_rows(path: Path) -> tuple[list[dict[str, str]], list[str], str]:
    """The rows of a table by column, blanks around values taken away; its columns in order; and the separator.

    What a row holds beyond the columns stands under `SURPLUS`. Raises ConfigError for what is no table of text, and
    OSError.
    """
    content = path.read_bytes()
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    encodings = [name for mark, name in marks if content.startswith(mark)] or ["utf-8", "cp1252"]
    if b"\0" in content[:100] and encodings[0] == "utf-8":
        encodings = ["utf-16-le" if content[1:2] == b"\0" else "utf-16-be"]
    text = None
    for encoding in encodings:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if text is None or "\0" in text:
        raise ConfigError(f"{path.name} is no table of text; save it as CSV (UTF-8)")
    lines = text.lstrip("\ufeff")
    first = lines.splitlines()[0] if lines else ""
    if first.lower().startswith("sep=") and len(first) == 5:
        # Excel's own first line.
        separator, lines = first[4], lines.partition("\n")[2]
        first = lines.splitlines()[0] if lines else ""
    else:
        separator = max(",;\t", key=first.count)
    try:
        source = io.StringIO(lines, newline="")
        reader = csv.DictReader(source, delimiter=separator, skipinitialspace=True, restkey=SURPLUS)
        columns = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = columns
        rows = [{name: _text(value) for name, value in row.items()} for row in reader]
    except csv.Error as error:
        raise ConfigError(f"{path.name} cannot be read as a table ({error}); save it as CSV (UTF-8)") from None
    return rows, columns, separator


def _text(value: str | list[str] | None) -> str:
    return "".join(value).strip() if isinstance(value, list) else (value or "").strip()
