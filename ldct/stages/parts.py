"""What several stages' specs have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from ldct.config.base import Section
from ldct.config.training import Loss
from ldct.stages.base import StageSpec

if TYPE_CHECKING:
    from ldct.stages.keys import Run
    from ldct.study.plan import Plan


class Unavailable(Section):
    """A loss or metric whose weights are absent, and the command that gets them."""

    kind: str
    name: str
    missing: str
    command: str


class NetworkSpec(Section):
    """A network: a built-in name or 'module:Class', and its keyword arguments."""

    use: str
    options: dict[str, Any] = {}


class TermSpec(Section):
    """A weighted term of a loss; with a target share `psi`, a calibration finds the weight."""

    use: str
    weight: float = 1.0
    options: dict[str, Any] = {}
    psi: float | None = None


class DenoisingSpec(StageSpec):
    """What a job reads that denoises images of a fold's test patients with a trained network."""

    network: NetworkSpec
    patients: tuple[str, ...]
    device: str

    @classmethod
    def of(cls, plan: Plan, key: Run, **more: Any) -> Self:
        """Of the network and fold of `key`."""
        return cls(
            network=network(plan, key.model),
            patients=plan.roles[key.fold].test,
            device=plan.study.training.device,
            **more,
        )


def network(plan: Plan, model: str) -> NetworkSpec:
    chosen = plan.study.models[model]
    return NetworkSpec(use=chosen.use, options=chosen.options)


def terms(loss: Loss) -> tuple[TermSpec, ...]:
    return tuple(TermSpec(**term.model_dump()) for term in loss.terms)


def unavailable(plan: Plan) -> tuple[Unavailable, ...]:
    return tuple(Unavailable.model_validate(item) for item in plan.unavailable)
