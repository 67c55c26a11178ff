"""How far losses and metrics agree."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ldct.config.base import Section
from ldct.config.names import FamilyName


class Statistics(Section):
    """The consistency analysis."""

    bootstrap_draws: Annotated[int, Field(ge=100, description="Patient-clustered bootstrap draws.")] = 2000
    confidence: Annotated[float, Field(gt=0.5, lt=1, description="Level of every interval.")] = 0.95
    seed: Annotated[int, Field(ge=0, description="Seed of the bootstrap.")] = 0
    reference_loss: Annotated[str, Field(description="Loss against which contrasts are taken.")] = "mse"
    candidate_loss: Annotated[
        str | None,
        Field(
            description="A proposed loss, tested against every other: better on candidate_families at an RMSE that is"
            " worse by fidelity_margin at most? Null for none."
        ),
    ] = None
    candidate_families: Annotated[
        list[FamilyName], Field(description="Families of metrics on which the proposed loss should be better.")
    ] = ["perceptual", "task"]
    fidelity_margin: Annotated[
        float, Field(gt=0, lt=1, description="Greatest share by which the proposed loss's RMSE may be worse.")
    ] = 0.05
    primary_window: Annotated[str, Field(description="Window whose values enter the main ranking.")] = "soft_tissue"
