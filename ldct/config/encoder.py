"""The encoder that learns CT from the study's own training patients."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ldct.config.base import Section


class Encoder(Section):
    """A CT autoencoder, trained in each fold on its training patients; losses ct_autoencoder and semantic_ct use it."""

    width: Annotated[int, Field(ge=4, description="Filters at the finest of three scales, doubling downwards.")] = 32
    steps: Annotated[int, Field(ge=1, description="Optimiser steps.")] = 10_000
    batch: Annotated[int, Field(ge=1, description="Patches per step.")] = 16
    learning_rate: Annotated[float, Field(gt=0, description="Learning rate of Adam.")] = 1.0e-3
    masked_share: Annotated[
        float, Field(ge=0, lt=1, description="Share of 8 x 8 blocks that are hidden from the encoder.")
    ] = 0.25
    noise_hu: Annotated[float, Field(ge=0, description="SD of the noise that the encoder has to remove, HU.")] = 30.0
    seed: Annotated[int, Field(ge=0, description="Seed of weights, patches, masks and noise.")] = 0
