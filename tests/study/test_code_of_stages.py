"""Stages of the study: one operator changed in a copy of ldct changes the digest of the stages that reach it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ldct.study.code import PACKAGE, digest, reachable

TRAINED = ("ldct.training.run:train", "ldct.models.redcnn:REDCNN")
STAGES = {
    "simulate": ("ldct.projection.simulate:simulate_patient",),
    "images": ("ldct.data.ingest:build_images",),
    "patches": ("ldct.data.patches",),
    "train mse": (*TRAINED, "ldct.losses.mse:MSE"),
    "train ssim": (*TRAINED, "ldct.losses.ssim:SSIM"),
    "train gaussian_l1": (*TRAINED, "ldct.losses.gaussian_l1:GaussianL1"),
    "train cnn10": (TRAINED[0], "ldct.models.cnn10:CNN10", "ldct.losses.mse:MSE"),
    "predict": ("ldct.inference.predict:predict", "ldct.models.redcnn:REDCNN"),
    "evaluate gmsd": ("ldct.metrics.evaluate:evaluate", "ldct.metrics.gmsd:GMSD"),
    "evaluate ssim": ("ldct.metrics.evaluate:evaluate", "ldct.metrics.ssim:SSIM"),
    "consistency": ("ldct.statistics.consistency",),
    "report": ("ldct.stages.report:Report.run",),
}
TRAININGS = {name for name in STAGES if name.startswith("train")}
ON_INTENSITY = {*TRAININGS, "predict"}
EVALUATIONS = {"evaluate gmsd", "evaluate ssim"}
# All but the making of projections.
ON_TABLES = set(STAGES) - {"simulate"}

# File, text, text with another operator -> stages; each set is written by hand from what the function is for.
MUTATIONS = {
    "a loss": ("losses/ssim.py", "return 1 - ssim_maps", "return 1 + ssim_maps", {"train ssim"}),
    "what losses share": ("losses/filters.py", "(size - 1) / 2", "(size + 1) / 2", {"train ssim", "train gaussian_l1"}),
    "the learning rate": ("training/schedule.py", "peak * (step + 1)", "peak * (step - 1)", TRAININGS),
    "a network": ("models/cnn10.py", "return x + self", "return x - self", {"train cnn10"}),
    "every network": ("models/build.py", "p.numel()", "-p.numel()", TRAININGS),
    "a metric": ("metrics/gmsd.py", "(a - b) ** 2", "(a + b) ** 2", {"evaluate gmsd"}),
    "a filter of metrics": ("metrics/gaussian.py", "w = taps[k]", "w = -taps[k]", {"evaluate ssim"}),
    "a reconstruction": ("reconstruction/kernels.py", "0.5 * (1 + np.cos", "0.5 * (1 - np.cos", {"images"}),
    "statistics": ("statistics/bootstrap.py", "weight @ finite", "-weight @ finite", {"consistency"}),
    "patches": ("data/patches.py", ">= wanted", "> wanted", {"patches"}),
    "damaged tables": ("tables/io.py", "error.path != str(path)", "error.path == str(path)", EVALUATIONS),
    "reading tables": ("tables/io.py", "table.column_names != schema", "table.column_names == schema", ON_TABLES),
    "HU of images": ("intensity.py", "x * self.sd + self.mean", "x * self.sd - self.mean", ON_INTENSITY),
    "the text of an error": ("errors.py", "found {found}; expected", "saw {found}; wanted", set()),
    "progress": ("training/progress.py", "if whole < 60", "if whole < 90", set()),
    "a table of names": (
        "losses/declared.py",
        'Term("mse",',
        'Term("other", "ldct.losses.l1:L1", label="other"), Term("mse",',
        set(),
    ),
    "a table of filters": (
        "filters/declared.py",
        'Filter("gaussian_filter",',
        'Filter("other", "ldct.filters.classical:other", label="other"), Filter("gaussian_filter",',
        set(),
    ),
    "a filter that no stage uses": ("filters/classical.py", "STRENGTH * sd", "STRENGTH + sd", set()),
    "a table of measures": (
        "lesions/declared.py",
        'Measure("lesion_cnr",',
        'Measure("other", "ldct.lesions.visible:other", label="other"), Measure("lesion_cnr",',
        set(),
    ),
    "a loss that no stage uses": ("losses/charbonnier.py", "prediction - target", "prediction + target", set()),
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """A copy of ldct."""
    folder = tmp_path_factory.mktemp("copied")
    shutil.copytree(PACKAGE, folder / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def digests(folder: Path) -> dict[str, str]:
    return {name: digest(reachable(*entries, folders=[folder])) for name, entries in STAGES.items()}


@pytest.mark.parametrize("name", MUTATIONS)
def test_one_operator_changes_the_stages_that_reach_it(copied, name):
    file, old, new, expected = MUTATIONS[name]
    path = copied / PACKAGE.name / file
    text, before = path.read_text(), digests(copied)
    assert old in text, f"{old!r} is not in {file}"
    try:
        path.write_text(text.replace(old, new))
        after = digests(copied)
        # A comment after the operator changes nothing more.
        path.write_text("# Edited.\n" + path.read_text() + "\n# Edited.\n")
        assert digests(copied) == after
    finally:
        path.write_text(text)
    assert {stage for stage in STAGES if before[stage] != after[stage]} == expected
    assert digests(copied) == before
