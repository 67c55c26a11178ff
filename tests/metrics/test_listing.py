"""`ldct metrics`: the list and the document are what is declared, and measured values are those of the library."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from ldct.__main__ import main
from ldct.dicom.series import read_series
from ldct.intensity import WINDOWS
from ldct.metrics.base import measure, view
from ldct.metrics.declared import METRICS
from ldct.metrics.listing import markdown
from ldct.metrics.rmse import RMSE
from ldct.metrics.ssim import SSIM

PROJECT = Path(__file__).resolve().parents[2]


def test_the_document_is_that_of_the_declarations():
    assert (PROJECT / "docs/metrics.md").read_text() == markdown(), "run 'make docs'"


def test_every_metric_is_listed(capsys):
    assert main(["metrics", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(METRICS)


def test_values_of_two_series_are_those_of_the_library(tmp_path, capsys, monkeypatch):
    full = PROJECT / "resources/demo/abdomen1"
    for number in (3, 7):
        name = f"abdomen1_full_{number:04d}.dcm"
        (tmp_path / "image").mkdir(exist_ok=True)
        (tmp_path / "image" / name).write_bytes((full / name).read_bytes())
    real = read_series(tmp_path / "image", patient="p", dose="low")[0]
    assert real is not None
    noisy = np.rint(real.stack.hu + np.random.default_rng(0).normal(0, 20, real.stack.hu.shape)).astype(np.int16)
    # The series as another reader would find it: the same slices with noise.
    real.stack.hu[:] = noisy
    original = read_series
    monkeypatch.setattr(
        "ldct.volumes.read.read_series",
        lambda folder, **options: (real, []) if folder.name == "image" else original(folder, **options),
    )
    assert main(["metrics", "measure", str(full), str(tmp_path / "image"), "--metrics", "rmse", "ssim"]) == 0
    output = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(output.out)))
    assert [(r["slice"], r["metric"], r["window"]) for r in rows] == [
        ("0", "rmse", "hu"), ("0", "ssim", "soft_tissue"), ("1", "rmse", "hu"), ("1", "ssim", "soft_tissue"),
    ]  # fmt: skip
    clean = original(full, patient="p", dose="full")[0].stack
    at = int(np.argmin(np.abs(clean.position_mm - float(rows[0]["position_mm"]))))
    assert float(rows[0]["value"]) == pytest.approx(measure(RMSE(), view(clean.hu[at]), view(noisy[0])))
    window = WINDOWS["soft_tissue"]
    expected = measure(SSIM(), view(clean.hu[at], window=window), view(noisy[0], window=window))
    assert float(rows[1]["value"]) == pytest.approx(expected)
    assert "18 full-dose slices without a partner" in output.err


@pytest.mark.parametrize(
    ("name", "message"), [("rsme", "the nearest is 'rmse'"), ("niqe_ct", "fitted on a study's training patients")]
)
def test_what_cannot_be_measured_is_said(capsys, tmp_path, name, message):
    assert main(["metrics", "measure", str(tmp_path), str(tmp_path), "--metrics", name]) == 1
    assert message in capsys.readouterr().err
