"""Cost of the weight-free full-reference suite on 512 x 512 CT, against piq's functions called one by one.

One thread, float32 input, the same images in a soft-tissue window; values are compared with piq in float64. The pair
is a full-dose slice and predictions of it (noise, smoothed to different degrees).
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import resource
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
from pydicom.data import get_testdata_file
from scipy.ndimage import gaussian_filter, zoom

from ldct.intensity import WINDOWS
from ldct.metrics.base import Metric, View, prepare, score, view
from ldct.metrics.declared import METRICS

PROJECT = Path(__file__).resolve().parent.parent
SUITE = ["psnr", "ssim", "ms_ssim", "iw_ssim", "fsim", "srsim", "vsi", "vifp"]
SUITE += ["gmsd", "ms_gmsd", "mdsi", "haarpsi", "dss"]
# The larger study of the goals: slices, losses x seeds runs, checkpoints of each, windows.
SLICES, RUNS, CHECKPOINTS, CONFIGURED_WINDOWS = 2400, 16 * 3, 5, 2


def real_slice() -> tuple[np.ndarray, str]:
    """HU of a 512 x 512 slice of the demo data, else of pydicom's test file, enlarged; and where it is from."""
    for path in sorted((PROJECT / "resources/demo").rglob("*.dcm")):
        data = pydicom.dcmread(path)
        if data.get("Modality") == "CT" and (data.get("Rows"), data.get("Columns")) == (512, 512):
            return _hu(data), str(path.relative_to(PROJECT))
    small = _hu(pydicom.dcmread(get_testdata_file("CT_small.dcm")))
    return zoom(small, 4, order=3), "pydicom's CT_small.dcm, enlarged"


def _hu(data: pydicom.Dataset) -> np.ndarray:
    return (data.pixel_array * float(data.RescaleSlope) + float(data.RescaleIntercept)).astype(np.float32)


def images(count: int) -> tuple[View, list[View], str]:
    hu, origin = real_slice()
    rng = np.random.default_rng(0)
    window = WINDOWS["soft_tissue"]
    noisy = hu + rng.normal(0, 40, hu.shape)
    predictions = [view(gaussian_filter(noisy, 0.1 + 0.08 * k), window=window) for k in range(count)]
    return view(hu, window=window), predictions, origin


def by_ldct(metrics: list[Metric], reference: View, predictions: list[View]) -> list[list[float]]:
    states = [prepare(metric, reference) for metric in metrics]
    return [[score(metric, state, x) for metric, state in zip(metrics, states, strict=True)] for x in predictions]


def piq_suite() -> dict[str, Callable]:
    import piq

    warnings.simplefilter("ignore")
    return {
        "psnr": piq.psnr,
        "ssim": lambda x, y: piq.ssim(x, y, downsample=False),
        "ms_ssim": piq.multi_scale_ssim,
        "iw_ssim": piq.information_weighted_ssim,
        "fsim": lambda x, y: piq.fsim(x, y, chromatic=False),
        "srsim": piq.srsim,
        "vsi": piq.vsi,
        "vifp": piq.vif_p,
        "gmsd": piq.gmsd,
        "ms_gmsd": piq.multi_scale_gmsd,
        "mdsi": piq.mdsi,
        "haarpsi": piq.haarpsi,
        "dss": piq.dss,
    }


def seconds(action: Callable[[], object], repeats: int) -> float:
    """Median wall time."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def compare(repeats: int) -> None:
    import torch

    torch.set_num_threads(1)
    reference, predictions, origin = images(16)
    metrics = [METRICS.load(name)() for name in SUITE]
    functions = piq_suite()
    tensor = {id(v): torch.from_numpy(v.pixels)[None, None] for v in [reference, *predictions]}

    def by_piq(chosen: list[View]) -> list[list[float]]:
        y = tensor[id(reference)]
        return [[float(functions[name](tensor[id(x)], y)) for name in SUITE] for x in chosen]

    print(f"slice: {origin}")
    start = time.perf_counter()
    ours = by_ldct(metrics, reference, predictions)
    print(f"first call with compilation or its cache: {time.perf_counter() - start:.1f} s")
    exact = [
        [float(functions[name](tensor[id(x)].double(), tensor[id(reference)].double())) for name in SUITE]
        for x in predictions[:2]
    ]
    by_piq(predictions[:1])

    print(
        f"{'metric':10s} {'ldct':>12s} {'piq float64':>12s} {'relative':>9s} {'prepare':>8s} {'score':>7s} {'piq':>7s}"
    )
    for k, (name, metric) in enumerate(zip(SUITE, metrics, strict=True)):
        state = prepare(metric, reference)
        x, y = tensor[id(predictions[1])], tensor[id(reference)]
        times = (
            seconds(lambda metric=metric: prepare(metric, reference), repeats),
            seconds(lambda metric=metric, state=state: score(metric, state, predictions[1]), repeats),
            seconds(lambda name=name, x=x, y=y: functions[name](x, y), max(3, repeats // 3)),
        )
        apart = abs(ours[1][k] - exact[1][k]) / abs(exact[1][k])
        milliseconds = "".join(f" {1000 * t:5.1f}ms" for t in times)
        print(f"{name:10s} {ours[1][k]:12.8f} {exact[1][k]:12.8f} {apart:9.1e} {milliseconds}")
    worst = max(
        abs(a / b - 1) for row, other in zip(ours, exact, strict=False) for a, b in zip(row, other, strict=True)
    )
    print(f"largest relative difference from piq in float64: {worst:.1e} (piq adds 1e-8 to PSNR's mean squared error)")

    one = seconds(lambda: by_ldct(metrics, reference, predictions[:1]), repeats)
    sixteen = seconds(lambda: by_ldct(metrics, reference, predictions), 3)
    piq_one = seconds(lambda: by_piq(predictions[:1]), 3)
    piq_sixteen = seconds(lambda: by_piq(predictions), 1)
    print(f"seconds suite_one_pair {one:.4f}")
    print(f"seconds suite_sixteen {sixteen:.4f}")
    print(f"seconds piq_one_pair {piq_one:.4f}")
    print(f"seconds piq_sixteen {piq_sixteen:.4f}")
    each = (sixteen - one) / 15
    # A job prepares each slice once for all runs and checkpoints.
    study = SLICES * CONFIGURED_WINDOWS * ((one - each) + RUNS * CHECKPOINTS * each)
    print(f"projected, {SLICES} slices x {RUNS} runs x {CHECKPOINTS} checkpoints x {CONFIGURED_WINDOWS} windows:")
    print(f"seconds full_study_on_one_core {study:.0f}")
    print(f"ratio suite_one_pair_vs_piq {piq_one / one:.1f}")
    print(f"ratio suite_sixteen_vs_piq {piq_sixteen / sixteen:.1f}")


def memory() -> None:
    """Peak resident size of a process that evaluates one slice, less that of one that only has the images."""
    peaks = []
    for option in ("--images-only", "--suite-only"):
        command = [sys.executable, __file__, option]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    print(f"count suite_peak_mib {(peaks[1] - peaks[0]) / 1024:.0f}")
    print(f"count suite_process_peak_mib {peaks[1] / 1024:.0f}")


def main() -> None:
    cli = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    cli.add_argument("--repeats", type=int, default=9)
    cli.add_argument("--images-only", action="store_true", help=argparse.SUPPRESS)
    cli.add_argument("--suite-only", action="store_true", help=argparse.SUPPRESS)
    args = cli.parse_args()
    if args.images_only or args.suite_only:
        metrics = [METRICS.load(name)() for name in SUITE]
        reference, predictions, _ = images(1)
        if args.suite_only:
            by_ldct(metrics, reference, predictions)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        return
    memory()
    compare(args.repeats)


if __name__ == "__main__":
    main()
