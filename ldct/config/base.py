"""What every configuration section shares: no unknown key, no silent coercion."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the configuration. Unknown keys are errors; every field has a description and a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)
