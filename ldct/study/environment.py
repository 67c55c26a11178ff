"""The environment in which the jobs of a study run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ldct.files import CHECKOUT, PACKAGE, link, weights_folder


def job_environment(project: Path) -> dict[str, str]:
    """Variables for every job.

    Scripts find the package and a user's own modules (in the working directory) without an installation, also inside a
    rule's own environment; 'python' is this interpreter where Snakemake was started without activating its environment.
    """
    old = os.environ
    return {
        "PYTHONPATH": os.pathsep.join([str(_package_alone()), os.getcwd(), old.get("PYTHONPATH", "")]),
        "PYTHONUNBUFFERED": "1",
        # Whatever the locale: names and logs are UTF-8.
        "PYTHONUTF8": "1",
        "PATH": os.pathsep.join([os.path.dirname(sys.executable), old.get("PATH", "")]),
        "LDCT_SCRIPTS": str(project / "workflow_scripts"),
        "LDCT_WEIGHTS": str(weights_folder()),
        # Several trainings share a terminal: lines instead of bars.
        "LDCT_PROGRESS": "lines",
    }


def _package_alone() -> Path:
    """A folder with this package and no other, so that those of a rule's own environment are not shadowed."""
    if CHECKOUT:
        return CHECKOUT
    folder = Path.cwd() / ".snakemake" / "ldct"
    link(folder / PACKAGE.name, PACKAGE)
    return folder
