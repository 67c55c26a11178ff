"""Surroundings that are not as here: nowhere to cache compiled kernels, an ASCII locale, labels that look like HTML."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import ldct
from ldct.pages import as_json
from ldct.study.environment import job_environment

PACKAGE = Path(ldct.__file__).parent
WITHOUT_CACHE = """
from numba.core import caching
caching.CacheImpl._locator_classes = []
import numpy as np
from ldct.compiled import kernel


@kernel
def total(x):
    s = 0.0
    for value in x:
        s += value
    return s


print(total(np.full(4, 0.25)), total.stats.cache_path)
"""


def test_kernels_run_where_nothing_can_be_cached():
    done = subprocess.run([sys.executable, "-c", WITHOUT_CACHE], capture_output=True, text=True, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == "1.0"


def test_kernels_are_compiled_in_one_way():
    other = {path.name for path in PACKAGE.rglob("*.py") if re.search(r"numba\.njit|import njit\b", path.read_text())}
    using = {path.name for path in PACKAGE.rglob("*.py") if "from ldct.compiled import" in path.read_text()}
    assert other - using == {"compiled.py"}
    assert not [
        path for path in PACKAGE.rglob("*.py") if path.name != "compiled.py" and "cache=True" in path.read_text()
    ]


class Scripts(HTMLParser):
    """The texts of script elements, as a browser would find their ends."""

    def __init__(self, page: str):
        super().__init__()
        self.texts: list[str] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.inside = tag == "script"

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.texts.append(data)


def test_no_text_breaks_out_of_a_script_element():
    nasty = ["<!--<script>", "</script><b>", "]]>", "a & b", "\u2028", "<!-- -->"]
    text = as_json({"labels": nasty})
    assert "<" not in text and "\u2028" not in text
    assert json.loads(text) == {"labels": nasty}
    assert Scripts(f"<script type='application/json'>{text}</script><p>after</p>").texts == [text]


def test_pages_get_their_data_in_one_way():
    others = [path.name for path in PACKAGE.rglob("*.py") if re.search(r"replace\(.</., ", path.read_text())]
    assert others == []


def test_texts_are_utf8_whatever_the_locale(tmp_path):
    plain = re.compile(r"\.read_text\(\)|\.write_text\(\w+\)$", re.MULTILINE)
    unsaid = {path.name for path in PACKAGE.rglob("*.py") if plain.search(path.read_text(encoding="utf-8"))}
    assert unsaid == set()
    assert job_environment(PACKAGE.parent)["PYTHONUTF8"] == "1"
    (tmp_path / "my.yaml").write_text("losses: {größe: {terms: [{use: mse}], label: 'MSE × ½'}}\n", encoding="utf-8")
    environment = {**os.environ, "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "ldct", "check", "--values", str(tmp_path / "my.yaml")]
    done = subprocess.run(command, cwd=PACKAGE.parent, env=environment, capture_output=True)
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")[-2000:]
