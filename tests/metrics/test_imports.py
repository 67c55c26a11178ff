"""What importing and building the metrics costs: no referee at run time, no torch before a network is needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ldct.metrics.declared import METRICS

WEIGHT_FREE = [name for name, metric in METRICS.items() if not (metric.weights or metric.fitted)]


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        ("import ldct.metrics.declared", "torch numpy scipy numba pandas"),
        ("import ldct.metrics.collect", "torch scipy numba"),
        (
            f"import ldct.metrics.evaluate; from ldct.metrics.build import build; build({WEIGHT_FREE}, None)",
            "torch torchvision piq lpips skimage pandas",
        ),
        ("import ldct.metrics.hed_vgg16_distance", "torchvision piq lpips"),
    ],
)
def test_import(code, banned):
    check = f"import sys; print(*(set({banned.split()!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{check}"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
