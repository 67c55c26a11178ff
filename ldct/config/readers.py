"""Scores of radiologists."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ldct.config.base import Section


class Readers(Section):
    """Scores that radiologists gave a reading set of this study ('ldct readers export'; docs/readers.md)."""

    key: Annotated[
        str | None,
        Field(description="key.csv of the reading set; null: no readers."),
    ] = None
    ratings: Annotated[str | None, Field(description="CSV of ratings: reader, case, image, score, session.")] = None
    pairs: Annotated[str | None, Field(description="CSV of choices: reader, case, left, right, choice, session.")] = (
        None
    )
    scale: Annotated[tuple[float, float], Field(description="Least and greatest score.")] = (0.0, 4.0)
    curve: Annotated[
        Literal[4, 5],
        Field(description="Parameters of the monotone map from a metric to scores that is fitted out of fold."),
    ] = 4

    @model_validator(mode="after")
    def _complete(self) -> Readers:
        if self.key is not None and self.ratings is None and self.pairs is None:
            raise ValueError("readers.key is given; give readers.ratings, readers.pairs or both with it")
        if self.key is None and (self.ratings or self.pairs):
            raise ValueError("readers.ratings or readers.pairs is given; give readers.key with it")
        if self.scale[0] >= self.scale[1]:
            raise ValueError(f"readers.scale is {list(self.scale)}; the first must be below the second")
        return self
