"""Lesions and how visible they stay."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ldct.config.base import Section
from ldct.config.names import ChannelsName

Size = Annotated[float, Field(ge=2, le=40)]
Contrast = Annotated[float, Field(gt=0, le=1000)]


class Insertion(Section):
    """Lesions that are inserted, and places without one."""

    per_patient: Annotated[
        int,
        Field(ge=0, description="Lesions inserted into the test slices of each patient; 0 leaves the stage out."),
    ] = 0
    kinds: Annotated[
        list[Literal["sphere", "spiculated"]],
        Field(min_length=1, description="Shapes, crossed with size and contrast."),
    ] = ["sphere", "spiculated"]
    diameters_mm: Annotated[list[Size], Field(min_length=1, description="Diameters, mm.")] = [4.0, 8.0, 12.0]
    contrasts_hu: Annotated[list[Contrast], Field(min_length=1, description="Contrasts to the surroundings, HU.")] = [
        20.0,
        60.0,
        120.0,
    ]
    tissues: Annotated[
        list[Literal["soft_tissue", "lung"]], Field(min_length=1, description="Tissues that lesions are put into.")
    ] = ["soft_tissue"]
    backgrounds_per_patient: Annotated[
        int, Field(ge=2, description="Places without a lesion from which observers learn the noise of each patient.")
    ] = 40
    region_mm: Annotated[float, Field(ge=16, le=100, description="Side of the region that an observer sees, mm.")] = (
        30.0
    )
    seed: Annotated[int, Field(ge=0, description="Seed of the places and of the noise of lesions.")] = 0


class Lesions(Insertion):
    """Lesions inserted into the test patients before the dose is reduced, and model observers that look for them."""

    channels: Annotated[
        list[ChannelsName],
        Field(
            min_length=1, description="Channels of the Hotelling observers; the matched filter (NPW) is always there."
        ),
    ] = ["laguerre_gauss", "dense_dog", "gabor"]
    internal_noise: Annotated[
        float, Field(ge=0, description="Variance of the observers' own noise over that of each channel.")
    ] = 0.0
    masks: Annotated[
        dict[str, str],
        Field(description="NRRD label of the real tumour of a patient, by patient."),
    ] = {}
