"""Patches for training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ldct.config.base import Section


class Patches(Section):
    """Aligned low- and full-dose patches, a table a patient."""

    size: Annotated[int, Field(ge=16, description="Side of a patch, pixels.")] = 64
    sampling: Annotated[
        Literal["random", "whole_volume"],
        Field(
            description="random: per_patient patches at random places. whole_volume: patches side by side over "
            "every slice, so that a pass over them sees all of each patient."
        ),
    ] = "random"
    per_patient: Annotated[
        int, Field(ge=1, description="Patches drawn from each patient where sampling is random.")
    ] = 4096
    seed: Annotated[int, Field(ge=0, description="Seed of the patch positions.")] = 0
    air_below_hu: Annotated[float, Field(description="A pixel below this is air.")] = -900.0
    largest_air_share: Annotated[
        float,
        Field(ge=0, le=1, description="Patches with a larger share of air are left out; random ones are drawn again."),
    ] = 0.5
