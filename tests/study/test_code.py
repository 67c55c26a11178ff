"""The code that a result depends on is found by the names in it: what cannot change a result changes no digest."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from ldct.errors import ConfigError
from ldct.study.code import PACKAGE, digest, explain, packages, reachable, record

LOSS = '''
"""A loss of a user."""

import logging
import warnings
from abc import ABC

from tqdm import tqdm

import shapes
from ldct.errors import ConfigError
from ldct.training.progress import Progress
from shapes import area as surface

log = logging.getLogger("ldct")
FACTOR = 2.0
OTHER = 5.0


class Base(ABC):
    """A base."""

    def scaled(self, x):
        return FACTOR * x


class Mine(Base):
    """A loss."""

    def __init__(self, *, size: int = 3):
        # A comment.
        if size < 1:
            raise ConfigError(f"size is {size}")
        log.info("size %d", size)
        self.size = size

    def forward(self, x):
        """Its value."""
        progress = Progress("mine", 1, 2, 3, 4)
        for k in tqdm(range(self.size), desc="mine"):
            x = self.scaled(x) + k * surface(x)
            progress.step(k, x)
            warnings.warn("slow", stacklevel=1)
        progress.close()
        return x


class Other(Base):
    def forward(self, x):
        return OTHER * shapes.length(x)


def unrelated(x):
    return x + 1
'''
SHAPES = '''
"""Shapes."""

import functools

SIDE = 4


def decorated(function):
    return functools.wraps(function)(lambda x: function(x) + SIDE)


@decorated
def area(x):
    return x * x


def length(x):
    return abs(x)
'''


class Folder:
    """A user's working folder with the modules above."""

    def __init__(self, path: Path):
        self.path = path
        self.write("my_losses.py", LOSS)
        self.write("shapes.py", SHAPES)

    def write(self, name: str, text: str) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(textwrap.dedent(text))

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.path / name).read_text()
        assert old in text, f"{old!r} is not in {name}"
        (self.path / name).write_text(text.replace(old, new))

    def parts(self, *entries: str) -> dict[str, str]:
        return reachable(*entries, folders=[self.path])

    def digests(self) -> tuple[str, str]:
        return digest(self.parts("my_losses:Mine")), digest(self.parts("my_losses:Other"))


@pytest.fixture
def folder(tmp_path) -> Folder:
    return Folder(tmp_path)


def test_names_are_followed_into_the_users_modules(folder):
    assert set(folder.parts("my_losses:Mine")) == {
        "my_losses:Base",
        "my_losses:Base.scaled",
        "my_losses:FACTOR",
        "my_losses:Mine",
        "my_losses:Mine.__init__",
        "my_losses:Mine.forward",
        "shapes:SIDE",
        "shapes:area",
        "shapes:decorated",
    }
    assert "shapes:length" in folder.parts("my_losses:Other")
    assert digest(folder.parts("my_losses:Mine")).startswith("code ")
    assert len(digest(folder.parts("my_losses:Mine"))) == len("code ") + 32


NOTHING = {
    "a comment": ("my_losses.py", "# A comment.", "# Another,\n        # longer one."),
    "a docstring": ("my_losses.py", '"""Its value."""', '"""Its\n        value."""'),
    "a docstring removed": ("my_losses.py", '    """A base."""\n', ""),
    "the module's docstring": ("my_losses.py", '"""A loss of a user."""', ""),
    "layout": ("my_losses.py", "x = self.scaled(x) + k * surface(x)", "x = (self.scaled( x )\n + k*surface(x))"),
    "the text of a log": ("my_losses.py", 'log.info("size %d", size)', 'log.warning("of %d pixels", size + 1)'),
    "a log removed": ("my_losses.py", '        log.info("size %d", size)\n', ""),
    "a log on a condition": ("my_losses.py", "        log.info", "        if size > 4:\n            log.info"),
    "a log of the module": ("my_losses.py", "log.info(", "logging.info("),
    "a logger's name": ("my_losses.py", 'getLogger("ldct")', "getLogger(__name__)"),
    "the text of a bar": ("my_losses.py", 'desc="mine"', 'desc="other", unit="steps"'),
    "no bar": ("my_losses.py", 'tqdm(range(self.size), desc="mine")', "range(self.size)"),
    "progress": ("my_losses.py", "progress.step(k, x)", "progress.step(k + 1, x / 2)"),
    "no progress": ("my_losses.py", 'progress = Progress("mine", 1, 2, 3, 4)', 'progress = Progress("m", 2, 2, 3, 4)'),
    "a warning": ("my_losses.py", 'warnings.warn("slow", stacklevel=1)', "pass"),
    "the text of an error": ("my_losses.py", 'f"size is {size}"', 'f"size is {size!r}; expected 1"'),
    "an annotation": ("my_losses.py", "size: int = 3", "size: float = 3"),
    "an unrelated function": ("my_losses.py", "return x + 1", "return x - 1"),
    "an unrelated import": ("my_losses.py", "import warnings", "import math\nimport warnings"),
    "a number spelled differently": ("my_losses.py", "FACTOR = 2.0", "FACTOR = 2.00"),
}


@pytest.mark.parametrize("change", NOTHING)
def test_what_cannot_change_a_result_changes_no_digest(folder, change):
    before = folder.digests()
    folder.edit(*NOTHING[change])
    assert folder.digests() == before


MINE, OTHER, BOTH = (True, False), (False, True), (True, True)
SOMETHING = {
    "a constant": ("my_losses.py", "FACTOR = 2.0", "FACTOR = 2.5", BOTH),
    "a constant of one": ("my_losses.py", "OTHER = 5.0", "OTHER = 6.0", OTHER),
    "a body": ("my_losses.py", "+ k * surface(x)", "- k * surface(x)", MINE),
    "a default": ("my_losses.py", "size: int = 3", "size: int = 4", MINE),
    "a condition": ("my_losses.py", "size < 1", "size < 2", MINE),
    "another error": ("my_losses.py", "raise ConfigError(", "raise ValueError(", MINE),
    "what a bar runs over": ("my_losses.py", "tqdm(range(self.size)", "tqdm(range(1, self.size)", MINE),
    "a base's body": ("my_losses.py", "return FACTOR * x", "return FACTOR + x", BOTH),
    "a base": ("my_losses.py", "class Other(Base):", "class Other(ABC):", OTHER),
    "a helper": ("shapes.py", "return x * x", "return x * x * x", MINE),
    "a helper by its module": ("shapes.py", "return abs(x)", "return -abs(x)", OTHER),
    "a decorator": ("shapes.py", "function(x) + SIDE", "function(x) - SIDE", MINE),
    "a decorator removed": ("shapes.py", "@decorated\n", "", MINE),
    "a constant of a decorator": ("shapes.py", "SIDE = 4", "SIDE = 5", MINE),
    "a function with an effect in a message": ("my_losses.py", '"size %d", size)', '"%d", unrelated(size))', MINE),
    "a name that is no logger": ("my_losses.py", 'logging.getLogger("ldct")', "[]", MINE),
    "something done at import": ("shapes.py", "SIDE = 4", "SIDE = 4\nfunctools.cache(abs)", BOTH),
    "1 is not True": ("my_losses.py", "size < 1", "size < True", MINE),
}


@pytest.mark.parametrize("change", SOMETHING)
def test_a_change_reaches_what_depends_on_it_alone(folder, change):
    *edit, expected = SOMETHING[change]
    before = folder.digests()
    folder.edit(*edit)
    assert tuple(a != b for a, b in zip(before, folder.digests(), strict=True)) == expected


CODE = {
    "an import inside a function": "def run(x):\n    from helper import f\n    return f(x)",
    "a module inside a function": "def run(x):\n    import helper as h\n    return h.f(x)",
    "a default": "import helper\ndef run(x, f=helper.f):\n    return f(x)",
    "a lambda": "import helper\nrun = lambda x: helper.f(x)",
    "a comprehension": "from helper import f\ndef run(xs):\n    return [f(x) for x in xs]",
    "a constant table": "from helper import f\nTABLE = {'f': f}\ndef run(x):\n    return TABLE['f'](x)",
    "a star": "from helper import *\ndef run(x):\n    return f(x)",
    "a module that is handed on": "import helper\ndef run(x, name):\n    return getattr(helper, name)(x)",
    "a package": "import pack\ndef run(x):\n    return pack.f(x)",
    "a module of a package": "import pack.inner\ndef run(x):\n    return pack.inner.g(x)",
    "a relative import": "from pack.inner import g as h\ndef run(x):\n    return h(x)",
    "an import by name": "from importlib import import_module\ndef run(x):\n    return import_module('helper').f(x)",
    "a branch": "try:\n    from helper import f\nexcept ImportError:\n    f = abs\ndef run(x):\n    return f(x)",
    "a partial": "from functools import partial\nimport helper\nrun = partial(helper.f)",
    "a nested class": "import helper\nclass run:\n    class Inner:\n        f = helper.f",
    "a metaclass": "import helper\nclass run(metaclass=helper.Meta):\n    pass",
    "an entry made at import": "import registry_of_mine\ndef run(x):\n    return registry_of_mine.TABLE['f'](x)",
    "a walrus": "import helper\ndef run(x):\n    if (y := helper.f(x)):\n        return y",
    "an instance": "import helper\nTOOL = helper.Tool()\ndef run(x):\n    return TOOL.work(x)",
    "a match": "import helper\ndef run(x):\n    match x:\n        case helper.Tool():\n            return helper.f(x)",
}
HELPER = """
    NUMBER = 1
    class Meta(type):
        def __call__(cls):
            return f(cls)
    class Tool:
        def work(self, x):
            return f(x)
    def f(x):
        return x + NUMBER
    def unused(x):
        return x + 7
"""


@pytest.mark.parametrize("way", CODE)
def test_every_way_to_a_helper_is_seen(folder, way):
    folder.write("helper.py", HELPER)
    folder.write("pack/__init__.py", "from helper import f\n")
    folder.write("pack/inner.py", "from . import f\ndef g(x):\n    return f(x)\n")
    folder.write(
        "registry_of_mine.py",
        """
        TABLE = {}
        def entered(function):
            TABLE[function.__name__] = function
            return function
        import filling
        """,
    )
    folder.write(
        "filling.py",
        """
        from registry_of_mine import entered
        import helper
        @entered
        def f(x):
            return helper.f(x)
        """,
    )
    folder.write("mine.py", CODE[way])
    before = digest(folder.parts("mine:run"))
    folder.edit("helper.py", "NUMBER = 1", "NUMBER = 2")
    after = digest(folder.parts("mine:run"))
    assert after != before
    folder.edit("helper.py", "NUMBER = 2", "NUMBER = 1")
    assert digest(folder.parts("mine:run")) == before
    folder.edit("helper.py", "return x + 7", "return x + 8")
    whole = way in ("a star", "a module that is handed on", "an import by name")
    assert (digest(folder.parts("mine:run")) != before) == (whole and way != "a star")


def test_a_module_whose_names_cannot_be_told_counts_whole(folder):
    folder.write("mine.py", "def run(name):\n    return globals()[name]()\ndef chosen():\n    return 1\n")
    before = digest(folder.parts("mine:run"))
    folder.edit("mine.py", "return 1", "return 2")
    assert digest(folder.parts("mine:run")) != before


def test_local_names_hide_those_of_the_module(folder):
    folder.write("mine.py", "def size(x):\n    return x\ndef run(size):\n    return size + sum(x for x in size)\n")
    assert set(folder.parts("mine:run")) == {"mine:run"}


def test_a_method_can_be_an_entry(folder):
    folder.write(
        "mine.py",
        """
        class Stage:
            def run(self, x):
                return self.helped(x)
            def helped(self, x):
                return x
            def plan(self):
                return 3
            def whole(self):
                return vars(self)
        """,
    )
    assert set(folder.parts("mine:Stage.run")) == {"mine:Stage.run", "mine:Stage.helped"}
    assert "mine:Stage.plan" in folder.parts("mine:Stage.whole")


def test_data_beside_a_module_counts(folder):
    folder.write(
        "mine.py", "from pathlib import Path\nPAGE = Path(__file__).parent / 'page'\ndef run():\n    return PAGE\n"
    )
    folder.write("page/a.html", "one")
    before = digest(folder.parts("mine:run"))
    folder.write("page/a.html", "two")
    assert digest(folder.parts("mine:run")) != before


def test_an_entry_that_is_not_there_is_named(folder):
    with pytest.raises(ConfigError, match=r"no 'Mien' in my_losses\.py; the nearest is 'Mine'"):
        folder.parts("my_losses:Mien")
    with pytest.raises(ConfigError, match="no module my_loses"):
        folder.parts("my_loses:Mine")
    folder.write("broken.py", "def f(:\n")
    with pytest.raises(ConfigError, match=r"broken.py of module broken .*line 1"):
        folder.parts("broken:f")


def test_an_installed_package_counts_by_its_version(folder, tmp_path_factory, monkeypatch):
    before = folder.parts("piq:SSIMLoss", "my_losses:Other")
    assert [name for name in before if not name.startswith(("my_losses:", "shapes:"))] == ["piq:SSIMLoss"]
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "0" if name == "piq" else real(name))
    # Another folder is read anew: the versions of a process do not change.
    after = Folder(tmp_path_factory.mktemp("other")).parts("piq:SSIMLoss", "my_losses:Other")
    assert {name for name in after if after[name] != before[name]} == {"piq:SSIMLoss"}


def test_modules_elsewhere_on_the_path_count_unless_they_are_installed(folder, tmp_path_factory, monkeypatch):
    lab, installed = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("env") / "site-packages"
    (lab / "lab_tools").mkdir()
    (lab / "lab_tools/__init__.py").write_text("def f(x):\n    return x\n")
    installed.mkdir()
    (installed / "bought.py").write_text("def g(x):\n    return x\n")
    monkeypatch.syspath_prepend(str(lab))
    monkeypatch.syspath_prepend(str(installed))
    folder.write("mine.py", "import bought\nimport lab_tools\ndef run(x):\n    return lab_tools.f(bought.g(x))\n")
    assert set(folder.parts("mine:run")) == {"mine:run", "lab_tools:f"}


def test_another_folder_gives_the_same_digest(folder, tmp_path_factory):
    other = Folder(tmp_path_factory.mktemp("other"))
    assert other.digests() == folder.digests()


def test_changes_are_named_with_their_place(folder, tmp_path):
    parts = folder.parts("my_losses:Mine")
    store = tmp_path / "results/.code"
    path = record(parts, store)
    assert record(parts, store) == path and [p.name for p in store.iterdir()] == [path.name]
    folder.edit("shapes.py", "return x * x", "return x * x * x")
    folder.edit("my_losses.py", "FACTOR * x", "OTHER * x")
    changes = explain(digest(parts), folder.parts("my_losses:Mine"), store, folders=[folder.path])
    assert changes is not None
    assert [(c.name, c.kind, c.line) for c in changes] == [
        ("my_losses:Base.scaled", "changed", LOSS.splitlines().index("    def scaled(self, x):") + 1),
        ("my_losses:FACTOR", "gone", LOSS.splitlines().index("FACTOR = 2.0") + 1),
        ("my_losses:OTHER", "new", LOSS.splitlines().index("OTHER = 5.0") + 1),
        ("shapes:area", "changed", SHAPES.splitlines().index("@decorated") + 1),
    ]
    assert "shapes.py:" in str(changes[-1])
    assert explain("code " + 32 * "0", parts, store) is None


def test_packages_are_those_that_the_code_imports():
    dists, ssim = packages("ldct.metrics.dists:DISTS"), packages("ldct.metrics.ssim:SSIM")
    assert "torch" in dists and "torch" not in ssim
    assert {"numba", "numpy"} <= ssim.keys()
    assert not {"pandas", "snakemake", "plotly"} & (dists.keys() | ssim.keys())


def test_one_loss_does_not_depend_on_another():
    mse = {name.partition(":")[0] for name in reachable("ldct.training.run:train", "ldct.losses.mse:MSE")}
    assert {"ldct.losses.mse", "ldct.losses.base", "ldct.training.engine", "ldct.tables.io"} <= mse
    assert "ldct.losses.l1" not in mse
    assert "ldct.losses.ssim" not in mse
    assert not any(name.startswith(("ldct.metrics", "ldct.statistics", "ldct.report", "ldct.dicom")) for name in mse)


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout


def test_planning_imports_neither_torch_nor_pandas():
    modules = "('torch', 'pandas', 'scipy', 'snakemake', 'pyarrow')"
    check = (
        "import sys, ldct.study.plan, ldct.study.code as code; code.reachable('ldct.training.run'); "
        f"print([m for m in {modules} if m in sys.modules])"
    )
    assert python(check).strip() == "[]"
