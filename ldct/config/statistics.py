"""How far losses and metrics agree."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ldct.config.base import Section


class Statistics(Section):
    """The consistency analysis."""

    bootstrap_draws: Annotated[int, Field(ge=100, description="Patient-clustered bootstrap draws.")] = 2000
    confidence: Annotated[float, Field(gt=0.5, lt=1, description="Level of every interval.")] = 0.95
    seed: Annotated[int, Field(ge=0, description="Seed of the bootstrap.")] = 0
    reference_loss: Annotated[str, Field(description="Loss against which contrasts are taken.")] = "mse"
    primary_window: Annotated[str, Field(description="Window whose values enter the main ranking.")] = "soft_tissue"
