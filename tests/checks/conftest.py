"""A small study whose parts are tried in a second or two, and what `ldct check` says of changes to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from ldct.checks.command import check_files
from ldct.errors import ConfigError

PROJECT = Path(__file__).resolve().parents[2]
STUDY = {
    "cohort": {"manifest": str(PROJECT / "tests/study/reduced.csv"), "folds": 2},
    "reconstruction": {"matrix": 128},
    "patches": {"size": 32},
    "models": {"net": {"use": "redcnn", "options": {"width": 4, "kernel": 3}}},
    "losses": {"mse": "mse", "l1": "l1"},
    "training": {"device": "cpu"},
    "evaluation": {"metrics": ["rmse", "ssim"]},
}
# A user's module.
OWN = '''
import torch
from torch import nn


def halved(image):
    return image.pixels[::2]


def l1(image):
    return image.pixels


def flat(shape, spacing_mm, diameter_mm):
    return torch.ones(shape).numpy()


class Works(nn.Module):
    def __init__(self, *, intensity=None, weights_dir=None, scale=1.0):
        super().__init__()
        self.scale = scale

    def forward(self, prediction, target):
        return self.scale * (prediction - target).abs().mean()


class Fails(Works):
    def forward(self, prediction, target):
        return (prediction @ target.flatten()).mean()


class Endless(Works):
    def forward(self, prediction, target):
        return (prediction - prediction.detach()).abs().sqrt().sum()


class Shrinks(nn.Module):
    def forward(self, x):
        return nn.functional.avg_pool2d(x, 2)


class Needy(nn.Module):
    """Batch statistics over one place are none: it fails in training, not when it is built."""

    def __init__(self, *, width):
        super().__init__()
        self.layer = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x):
        return self.layer(x)


class Metric:
    name, label, family, direction, source = "own", "own", "fidelity", "lower", "here"
    licence, window, mapping, reference, fitted, weights = "x", None, "hu", True, False, ()
    smallest, contrast = 1, False

    def __init__(self, *, weights_dir=None):
        pass

    def prepare(self, reference):
        return reference

    def score(self, state, prediction):
        return float(abs(state.pixels - prediction.pixel).mean())
'''


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """The working folder, with the module `own_parts`."""
    (tmp_path / "own_parts.py").write_text(OWN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def checked(folder) -> Callable[..., str]:
    """The card of the study with sections replaced, or the refusal."""

    def of(**changes) -> str:
        (folder / "my.yaml").write_text(yaml.safe_dump(STUDY | changes))
        try:
            return check_files([folder / "my.yaml"], folder)
        except ConfigError as error:
            return str(error)

    return of
