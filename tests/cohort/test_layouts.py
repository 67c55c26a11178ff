"""Folders as people keep them become the right patients and pairs, or a refusal that says what decides."""

from __future__ import annotations

import pytest

from ldct.__main__ import main
from tests.support.layouts import LAYOUTS, mistakes


@pytest.mark.parametrize("name", LAYOUTS)
def test_layout(name, tmp_path, capsys):
    layout = LAYOUTS[name]
    layout.write(tmp_path / "data")
    output = tmp_path / "cohort.csv"
    folders = [str(tmp_path / "data" / folder) for folder in layout.folders]
    status = main(["manifest", *folders, "-o", str(output), *layout.options])
    said = capsys.readouterr()
    if status:
        assert layout.refused and layout.refused in said.err, said.err
        assert not output.exists()
        return
    assert mistakes(layout, output) == [], said.out
