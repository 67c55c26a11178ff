"""What the stages that train a loss share: how its jobs follow from the plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ldct.losses import registry as losses
from ldct.models import registry as models
from ldct.pretrained import catalogue as pretrained
from ldct.registry import resolve
from ldct.stages.encoder import Encoder
from ldct.stages.keys import FoldKey
from ldct.study.manifest import fingerprint_files
from ldct.study.plan import Plan


def encoder_of(plan: Plan, loss: str, fold: int) -> Path | None:
    """The encoder of the fold, where the loss uses it."""
    wanted = any(losses.needs_encoder(term.use, term.options) for term in plan.study.losses[loss].terms)
    return Encoder.outputs(FoldKey(fold)).weights if wanted else None


def pretrained_of(plan: Plan, loss: str) -> str | None:
    """The content of the pretrained weights that the loss reads."""
    names = plan.loss_weights(loss)
    return fingerprint_files(pretrained.path_of(name, plan.weights_dir) for name in names) if names else None


def classes_of(plan: Plan, key: Any) -> list[str]:
    """The classes of the network and of the loss's terms."""
    terms = plan.study.losses[key.loss].terms
    return [network_class(plan, key.model), *(resolve(term.use, losses.BUILTIN, "loss term") for term in terms)]


def network_class(plan: Plan, model: str) -> str:
    return resolve(plan.study.models[model].use, models.BUILTIN, "network")
