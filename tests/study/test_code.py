"""The code a stage depends on is found through its imports, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ldct.study.code import PACKAGE, closure


def python(code):
    """What a fresh interpreter prints."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout


def names(files):
    return {path.relative_to(PACKAGE).as_posix() for path in files}


def test_closure_follows_imports_and_leaves_declarations_out():
    found = names(closure("ldct.training.run"))
    assert "training/run.py" in found
    assert "tables/io.py" in found, "reached through an import of an import"
    assert not any(name.endswith("declared.py") for name in found)
    assert not any(name.startswith(("metrics/", "statistics/", "report/", "dicom/")) for name in found)


def test_one_loss_does_not_depend_on_another():
    found = names(closure("ldct.losses.mse"))
    assert "losses/mse.py" in found
    assert "losses/l1.py" not in found


def test_a_users_own_file_counts_with_what_it_imports(tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text("from ldct.intensity import Intensity\nimport torch\n")
    found = closure(files=[mine])
    assert mine in found
    assert PACKAGE / "intensity.py" in found


def test_static_closure_covers_what_python_really_imports():
    """Referee: the modules loaded by importing a stage are all in its closure."""
    listing = (
        "import sys, ldct.training.run; "
        "print('\\n'.join(str(m.__file__) for n, m in sys.modules.items() if n.split('.')[0] == 'ldct'))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    real = {Path(line) for line in loaded.stdout.split()}
    assert {path for path in real if path.name != "declared.py"} <= set(closure("ldct.training.run"))


def test_planning_imports_neither_torch_nor_pandas():
    check = (
        "import sys, ldct.study.plan; print([m for m in ('torch', 'pandas', 'scipy', 'snakemake') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert done.stdout.strip() == "[]"
