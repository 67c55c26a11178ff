"""`ldct run`: the workflow in this folder, from a checkout or an installed package alike.

It is `snakemake --snakefile .../Snakefile --configfile FILE... OPTIONS`, with all cores where OPTIONS name none.
Results go to ./results. A FILE may be a preset by its name. Targets come after options, or after '--'.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ldct.declaration import nearest
from ldct.errors import ConfigError, UnavailableError
from ldct.files import PROJECT

PRESETS = PROJECT / "config" / "presets"
# Any of these says where and on how much to run.
CORES = ("-c", "--cores", "-j", "--jobs", "-e", "--executor", "--profile", "--workflow-profile", "--local-cores")
FORMS = argparse.RawDescriptionHelpFormatter


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Snakemake on the study of the files; its exit status."""
    cli = argparse.ArgumentParser(prog="ldct run", description=__doc__, formatter_class=FORMS)
    cli.add_argument("files", nargs="*", metavar="FILE", help="YAML of the study, later ones over earlier; or a preset")
    cli.add_argument("options", nargs=argparse.REMAINDER, help="options of Snakemake, for example --cores 8 --dry-run")
    arguments = list(sys.argv[2:] if arguments is None else arguments)
    files = arguments[: next((i for i, one in enumerate(arguments) if one.startswith("-")), len(arguments))]
    options = [one for one in arguments[len(files) :] if one != "--"]
    if options[:1] in (["-h"], ["--help"]):
        cli.print_help()
        print(f"\npresets: {', '.join(sorted(path.stem for path in PRESETS.glob('*.yaml')))}")
        return 0
    return subprocess.call(command([_file(name) for name in files], options))


def command(files: Sequence[Path], options: Sequence[str]) -> list[str]:
    """The call of Snakemake."""
    workflow = PROJECT / "Snakefile"
    if not workflow.is_file():
        raise UnavailableError("the workflow", f"no {workflow.name} beside this package", "pip install ldct")
    call = [sys.executable, "-m", "snakemake", "--snakefile", str(workflow)]
    call += ["--configfile", *map(str, files)] if files else []
    asked = any(one.partition("=")[0] in CORES or one.startswith(("-c", "-j")) for one in options)
    return [*call, *([] if asked else ["--cores", "all"]), *options]


def _file(name: str) -> Path:
    path, preset = Path(name), PRESETS / f"{name}.yaml"
    if path.is_file():
        return path
    if preset.is_file():
        return preset
    known = [path.stem for path in PRESETS.glob("*.yaml")]
    raise ConfigError(f"{name}: no such file or preset{nearest(name, known)}; presets: {', '.join(sorted(known))}")
