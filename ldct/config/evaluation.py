"""What is denoised and how it is judged."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ldct.config.base import Section
from ldct.config.names import FilterName, MetricName
from ldct.intensity import WINDOWS

METRICS = [
    "rmse",
    "psnr",
    "ssim",
    "ms_ssim",
    "fsim",
    "vifp",
    "gmsd",
    "haarpsi",
    "hed_vgg16_distance",
    "niqe_skvideo",
    "hu_bias",
    "noise_sd_ratio",
]


class WindowSpec(Section):
    """An HU window."""

    center: Annotated[float, Field(description="Centre, HU.")]
    width: Annotated[float, Field(gt=0, description="Width, HU.")]


class Evaluation(Section):
    """Test slices, metrics and windows."""

    # The patient is the unit of every test, and neighbouring slices are much alike: 32 of some 300 cost a tenth.
    slices_per_patient: Annotated[
        int | None, Field(ge=1, description="Test slices of each patient, evenly spaced; null for all.")
    ] = 32
    metrics: Annotated[
        list[MetricName], Field(min_length=1, description="Built-in metrics or 'package.module:Class'.")
    ] = METRICS
    filters: Annotated[
        list[FilterName],
        Field(
            description="Denoisers without training, built-in or 'package.module:function' (or a class), judged beside "
            "the networks: what a network has to beat."
        ),
    ] = ["gaussian_filter", "non_local_means"]
    shards: Annotated[
        int,
        Field(ge=1, description="Jobs that the judged slices of a fold are dealt to; each judges every loss and seed."),
    ] = 16
    # A metric that fails has no vote, so what is said of it must hold for patients like these.
    validity_patients: Annotated[
        int,
        Field(ge=1, description="Patients on whose full-dose images each metric is tried with graded degradations."),
    ] = 6
    validity_slices: Annotated[int, Field(ge=1, description="Slices of each of these patients, evenly spaced.")] = 2
    windows: Annotated[
        dict[str, WindowSpec],
        Field(min_length=1, description="HU windows that map images to [0, 1], each a factor of the analysis."),
    ] = {name: WindowSpec(center=WINDOWS[name].center, width=WINDOWS[name].width) for name in ("full", "soft_tissue")}
