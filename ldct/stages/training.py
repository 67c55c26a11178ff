"""What the stages that train a loss share: how its jobs follow from the plan."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field

from ldct.config.training import Budget, Loss
from ldct.errors import ConfigError
from ldct.losses.declared import TERMS, needs_encoder, walk_terms
from ldct.models.declared import NETWORKS
from ldct.pretrained import catalogue as pretrained
from ldct.stages.base import Content, StageInputs, StageSpec, narrow
from ldct.stages.encoder import Encoder
from ldct.stages.keys import FoldKey
from ldct.stages.parts import NetworkSpec, TermSpec, network, terms
from ldct.stages.patches import patches_for
from ldct.study.fingerprint import fingerprint_of_files

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class TrainingSpec(StageSpec):
    """What a training reads, on its own or as a trial of a search."""

    network: NetworkSpec
    terms: tuple[TermSpec, ...]
    train: tuple[str, ...]
    validation: tuple[str, ...]
    # Who takes the place of rejected validation patients, see `ldct.study.split.Roles`.
    order: tuple[tuple[str, ...], ...] = ()
    seed: int
    budget: Budget
    pretrained: Content | None = None

    @classmethod
    def of(cls, plan: Plan, key: Any, seed: int, **more: Any) -> Self:
        """Of the network, loss and fold of `key`."""
        roles = plan.roles[key.fold]
        return cls(
            network=network(plan, key.model),
            terms=terms(plan.study.losses[key.loss]),
            train=roles.train,
            validation=roles.validation,
            order=roles.order,
            seed=seed,
            budget=narrow(Budget, plan.study.training),
            pretrained=pretrained_of(plan, key.loss),
            **more,
        )


class TrainingInputs(StageInputs):
    """Files that a loss needs beside its network."""

    patches: Annotated[list[Path], Field(description="patch tables of the other folds")]
    encoder: Annotated[Path | None, Field(description="weights of the encoder of this fold")] = None

    @classmethod
    def of(cls, plan: Plan, key: Any, **more: Path | None) -> Self:
        """Of the loss and fold of `key`."""
        encoder = Encoder.outputs(FoldKey(key.fold)).weights if uses_encoder(plan.study.losses[key.loss]) else None
        return cls(patches=patches_for(plan, key.fold), encoder=encoder, **more)  # type: ignore[arg-type]


def uses_encoder(loss: Loss) -> bool:
    """Whether a term of the loss, or one nested in it, uses the encoder of the fold; False where it cannot be read."""
    try:
        return any(needs_encoder(term.use, term.options) for term in loss.terms)
    except ConfigError:
        return False


def seed_of(plan: Plan, loss: str, seed: int) -> int:
    """The seed that a training of `loss` starts from, as the `seed` of the study."""
    return seed + plan.study.losses[loss].seed_offset


def pretrained_of(plan: Plan, loss: str) -> str | None:
    """The content of the pretrained weights that the loss reads."""
    names = plan.loss_weights(loss)
    return fingerprint_of_files(pretrained.path_of(name, plan.weights_dir) for name in names) if names else None


def classes_of(plan: Plan, key: Any) -> list[str]:
    """The classes of the network and of the loss's terms, nested ones included."""
    uses = [use for term in plan.study.losses[key.loss].terms for use, _ in walk_terms(term.use, term.options)]
    return [network_class(plan, key.model), *(TERMS.of(use).path for use in uses)]


def network_class(plan: Plan, model: str) -> str:
    return NETWORKS.of(plan.study.models[model].use).path
