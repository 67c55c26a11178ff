"""What the analysis is run with."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ldct.statistics.policy import Policy


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The study's design and the analysis' own settings."""

    losses: list[str]
    models: list[str]
    seeds: list[int]
    folds: int
    reference_loss: str
    primary_window: str
    draws: int
    confidence: float
    seed: int
    terms: Mapping[str, Sequence[str]] = field(default_factory=dict)
    candidate_loss: str | None = None
    candidate_families: Sequence[str] = ()
    fidelity_margin: float = 0.05
    margins: Mapping[str, float] = field(default_factory=dict)
    # Constructs of metrics, and metrics that fail their validity ladder and so have no vote.
    constructs: Mapping[str, str] = field(default_factory=dict)
    voteless: Sequence[str] = ()

    @classmethod
    def from_spec(cls, spec: Mapping[str, Any]) -> Settings:
        """From the spec of `analyse`; what follows is optional: `terms` (loss -> its terms' names), what concerns a
        candidate, `margins` (metric -> goodness), `constructs` (metric -> construct), `voteless` (metrics)."""
        return cls(
            losses=list(spec["losses"]),
            models=list(spec["models"]),
            seeds=[int(seed) for seed in spec["seeds"]],
            folds=int(spec["folds"]),
            reference_loss=spec["reference_loss"],
            primary_window=spec["primary_window"],
            draws=int(spec["bootstrap_draws"]),
            confidence=float(spec["confidence"]),
            seed=int(spec["seed"]),
            terms=dict(spec.get("terms") or {}),
            candidate_loss=spec.get("candidate_loss"),
            candidate_families=tuple(spec.get("candidate_families") or ()),
            fidelity_margin=float(spec.get("fidelity_margin", 0.05)),
            margins={name: float(value) for name, value in (spec.get("margins") or {}).items()},
            constructs=dict(spec.get("constructs") or {}),
            voteless=tuple(spec.get("voteless") or ()),
        )

    def rng(self, *purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that one analysis does not change another's draws."""
        return np.random.default_rng([self.seed, *(zlib.crc32(word.encode()) for word in purpose)])

    @property
    def policy(self) -> Policy:
        """What turns this study's numbers into words."""
        return Policy.of(self.confidence, self.margins)

    @property
    def alpha(self) -> float:
        return 1 - self.confidence
