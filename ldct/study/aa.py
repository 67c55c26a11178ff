"""An A/A study: one loss under several names, with other seeds each, so that every difference is a false one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from ldct.config.files import read_layers
from ldct.config.load import DEMO, load_files
from ldct.config.study import Study
from ldct.declaration import nearest
from ldct.errors import ConfigError
from ldct.study.control import seed_step

HEADER = """\
# An A/A study: one loss under {count} names, each trained with seeds of its own. Nothing else differs, so that every
# difference that its report calls one is false. Written by 'ldct aa'. Run it with:
#   snakemake --cores 2 --configfile {files}
"""


def aa_study(files: Sequence[Path], loss: str, count: int, output: Path) -> None:
    """Write to `output` what turns the study of `files` (none: the demo) into an A/A study of `loss`.

    count: names, at least 2; each is trained in every fold with every seed of the study, moved by an offset of its own.
    Raises ConfigError where the files, the loss or the count are no good.
    """
    study = load_files(*files).study
    mistakes = []
    if loss not in study.losses:
        mistakes.append(f"--loss: '{loss}' is not among the losses of the study{nearest(loss, study.losses)}")
    if count < 2:
        mistakes.append(f"--seeds: found {count}, expected 2 or more: one loss has nothing to differ from")
    if output.resolve() in [file.resolve() for file in files]:
        mistakes.append(f"--output: {output} is one of the files of the study; give another name")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    values = overlay(study, loss, count, replaces=not _given(files))
    named = " ".join(map(str, [*files, output]))
    text = HEADER.format(count=count, files=named) + yaml.safe_dump(values, sort_keys=False, width=120)
    output.write_text(text, encoding="utf-8")
    load_files(*files, output)


def overlay(study: Study, loss: str, count: int, *, replaces: bool) -> dict[str, Any]:
    """The settings of the A/A study over those of `study`.

    replaces: these losses take the place of those before by themselves; else those before are dropped by name.
    """
    step = seed_step(study)
    label = study.losses[loss].label or loss
    names = [f"{loss}_{number}" for number in range(1, count + 1)]
    losses: dict[str, Any] = {} if replaces else {name: None for name in study.losses if name not in names}
    for number, name in enumerate(names):
        again = study.losses[loss].again(number * step, f"{label} {number + 1}")
        losses[name] = again.model_dump(mode="json", exclude_defaults=True)
    said = f"This is an A/A study: every loss is {label}, trained with other seeds; every difference is a false one."
    return {
        "losses": losses,
        "statistics": {"reference_loss": names[0], "candidate_loss": None, "negative_control": False},
        "inference": {"dicom": []},
        "report": {"assumptions": [said]},
    }


def _given(files: Sequence[Path]) -> bool:
    """Whether one of the files gives losses, so that a later file adds to them."""
    layers = read_layers([file for file in files if file.resolve() != DEMO])
    return any(isinstance(layer.values.get("losses"), dict) for layer in layers)
