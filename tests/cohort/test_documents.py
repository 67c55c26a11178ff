"""The commands of docs/data.md do what its sections say, each on a folder of that kind."""

from __future__ import annotations

import re
import shlex

import pytest

from ldct.__main__ import main
from tests.support.layouts import LAYOUTS, Layout, box, each, flat, mistakes, nothing_to_go_by
from tests.support.study_folder import PROJECT

SECTIONS = re.split(r"^## ", (PROJECT / "docs/data.md").read_text(), flags=re.MULTILINE)
COMMANDS = [
    (section.splitlines()[0], line)
    for section in SECTIONS
    for block in re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
    if line.startswith("ldct manifest")
]
EITHER = LAYOUTS["both doses in a folder"]
# What each command is for, in their order.
FOLDERS = [
    EITHER,
    Layout(box, people=2, pairs=2, kernel="B30f"),
    LAYOUTS["TCIA, images"],
    LAYOUTS["TCIA, projections"],
    LAYOUTS["NBIA with its list, two kernels"],
    LAYOUTS["tcia_utils"],
    LAYOUTS["idc-index"],
    LAYOUTS["box of the challenge, sharp"],
    LAYOUTS["doses in two roots"],
    Layout(flat),
    Layout(each(lambda p, d: f"{p}/{'a' if d == 'full' else 'b'}", SeriesDescription="")),
    Layout(nothing_to_go_by),
    EITHER,
]


def test_every_command_has_its_folder():
    assert len(COMMANDS) == len(FOLDERS) == 13
    assert {title.split(",")[0] for title, _ in COMMANDS} >= {"TCIA", "IDC", "Folders named by dose", "Large archives"}


@pytest.mark.parametrize("number", range(len(FOLDERS)))
def test_command(number, tmp_path, monkeypatch, capsys):
    layout, words = FOLDERS[number], shlex.split(COMMANDS[number][1])[1:]
    layout.write(tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    options = next(number for number, word in enumerate(words) if word.startswith("-"))
    folders = [str(tmp_path / "data" / folder) for folder in layout.folders]
    status = main(["manifest", *(folders * 2)[: options - 1], *words[options:]])
    said = capsys.readouterr()
    assert status == 0, said.err
    assert mistakes(layout, tmp_path / "my_manifest.csv") == [], said.out
