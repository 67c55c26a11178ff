"""What the analysis is run with."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from ldct.config.base import Section

if TYPE_CHECKING:
    import numpy as np

    from ldct.statistics.policy import Policy


class Resampling(Section):
    """How intervals are made: bootstrap draws, level (0 to 1), seed."""

    draws: int
    confidence: float
    seed: int


class Settings(Resampling):
    """The study's design and the analysis' own settings; `terms`: of each loss, as `ldct.statistics.home.described`
    says."""

    losses: list[str]
    models: list[str]
    seeds: list[int]
    folds: int
    reference_loss: str
    primary_window: str
    terms: dict[str, list[str | dict[str, Any]]] = {}
    candidate_loss: str | None = None
    candidate_families: list[str] = []
    fidelity_margin: float = 0.05
    # Of metrics: how much worse still counts as the same, in goodness.
    margins: dict[str, float] = {}
    # Denoisers without training that were judged too.
    filters: list[str] = []
    # Metrics that fail their validity ladder and so have no vote.
    voteless: list[str] = []
    # Who a patient is, where several rows of the manifest are one person: the unit of the analysis.
    persons: dict[str, str] = {}
    # The reference loss again with other seeds, no loss of the study; or why there is none.
    control: str | None = None
    no_control: str = ""

    def rng(self, *purpose: str) -> np.random.Generator:
        """A generator of its own for each purpose, so that one analysis does not change another's draws."""
        import numpy as np

        return np.random.default_rng([self.seed, *(zlib.crc32(word.encode()) for word in purpose)])

    @property
    def policy(self) -> Policy:
        """What turns this study's numbers into words."""
        from ldct.statistics.policy import Policy

        return Policy.of(self.confidence, self.margins)

    @property
    def alpha(self) -> float:
        return 1 - self.confidence
