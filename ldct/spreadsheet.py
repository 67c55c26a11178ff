"""Tables of text as spreadsheets save them: commas, semicolons or tabs, UTF-8 with or without a mark, or UTF-16."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

from ldct.errors import ConfigError


def read_rows(path: Path) -> tuple[list[dict[str, str]], list[str], str]:
    """The rows of a table by column, its columns in order, and the separator; raises ConfigError, OSError.

    Blanks around names and values are taken away; rows without any value are left out of the rows, None in their place
    keeps the count of lines.
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
        table = list(csv.reader(io.StringIO(lines), delimiter=separator, skipinitialspace=True))
    except csv.Error as error:
        raise ConfigError(f"{path.name} cannot be read as a table ({error}); save it as CSV (UTF-8)") from None
    columns = [name.strip() for name in table[0]] if table else []
    rows = [dict(zip(columns, [value.strip() for value in row], strict=False)) for row in table[1:]]
    return rows, columns, separator
