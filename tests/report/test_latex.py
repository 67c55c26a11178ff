"""LaTeX tables: as many cells a line as columns, balanced braces, nothing that LaTeX would read as a command."""

from __future__ import annotations

import re

import pytest

from ldct.report.latex import PAPER, escape, latex
from ldct.tables import read_table
from ldct.tables.consistency import TABLES


@pytest.mark.parametrize("name", PAPER)
def test_a_table_has_its_rows_and_columns(made, name):
    rows = read_table(made.folder / "consistency" / f"{name}.parquet", TABLES[name]).to_pylist()
    text = latex(name, rows)
    assert text is not None
    sides = re.search(r"\\begin\{tabular\}\{([lr]+)\}", text)[1]
    body = text[text.index("\\midrule") : text.index("\\bottomrule")].splitlines()[1:]
    assert len(body) == len(rows) > 0
    for line in body:
        assert line.endswith(r" \\")
        assert len(re.findall(r"(?<!\\)&", line)) == len(sides) - 1 == len(PAPER[name]) - 1
        assert not re.search(r"(?<!\\)[%#_$]", line)
    plain = re.sub(r"\\[{}]", "", text)
    assert plain.count("{") == plain.count("}")


def test_what_latex_reads_as_commands_is_printed():
    assert escape(r"a_b & 5 % {x} \y ~^") == (
        r"a\_b \& 5 \% \{x\} \textbackslash{}y \textasciitilde{}\textasciicircum{}"
    )


def test_other_tables_have_none():
    assert latex("runs", []) is None
