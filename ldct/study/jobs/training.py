"""Training and inference: what the jobs of one run read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ldct.config.canonical import canonical
from ldct.losses.declared import TERMS, needs_encoder, walk_terms
from ldct.models.declared import NETWORKS
from ldct.pretrained import catalogue as pretrained
from ldct.study.code import closure
from ldct.study.plan import Plan, Run

# What a training does not read.
ELSEWHERE = {"seeds", "calibration_steps", "search"}


def train_spec(plan: Plan, run: Run) -> str:
    roles = plan.roles[run.fold]
    return canonical(
        {
            "model": model_spec(plan, run),
            "loss": _loss(plan, run),
            "fold": run.fold,
            "seed": run.seed,
            "train": roles.train,
            "validation": roles.validation,
            "training": plan.study.training.model_dump(exclude=ELSEWHERE),
        }
    )


def encoder_spec(plan: Plan, fold: int) -> str:
    settings = plan.study.encoder.model_dump()
    return canonical(
        {"fold": fold, "train": plan.roles[fold].train, "device": plan.study.training.device, "encoder": settings}
    )


def encoder_of(plan: Plan, run: Run) -> list[str]:
    """The fold's own encoder, where the loss uses it."""
    terms = plan.study.losses[run.loss].terms
    wanted = any(needs_encoder(term.use, term.options) for term in terms)
    return [f"results/encoders/fold{run.fold}.safetensors"] if wanted else []


def calibrate_spec(plan: Plan, run: Run) -> str:
    """Of the loss's first seed: one calibration serves all seeds."""
    names = ("batch", "learning_rate", "precision", "device", "calibration_steps")
    return canonical(
        {
            "model": model_spec(plan, run),
            "loss": _loss(plan, run),
            "fold": run.fold,
            "seed": run.seed,
            "train": plan.roles[run.fold].train,
            "training": plan.study.training.model_dump(include=set(names)),
        }
    )


def calibration_of(plan: Plan, run: Run) -> list[str]:
    """The table of weights of a run whose loss has target shares."""
    if not plan.study.losses[run.loss].calibrated:
        return []
    return [f"results/calibration/{run.model}/{run.loss}/fold{run.fold}.parquet"]


def search_spec(plan: Plan, run: Run) -> str:
    """Of the loss's first seed: one search serves all seeds."""
    wanted = plan.study.training.search.model_dump()
    return canonical({**json.loads(train_spec(plan, run)), "search": wanted})


def search_of(plan: Plan, run: Run) -> list[str]:
    """The table of learning rates tried, where they are searched."""
    if not plan.study.training.search.learning_rates:
        return []
    return [f"results/search/{run.model}/{run.loss}/fold{run.fold}.parquet"]


def search_code(plan: Plan, run: Run) -> list[Path]:
    return closure("ldct.training.search", files=[*_term_files(plan, run), model_file(plan, run)])


def calibrate_code(plan: Plan, run: Run) -> list[Path]:
    return closure("ldct.training.calibration", files=[*_term_files(plan, run), model_file(plan, run)])


def train_code(plan: Plan, run: Run) -> list[Path]:
    return closure("ldct.training.run", files=[*_term_files(plan, run), model_file(plan, run)])


def train_weights(plan: Plan, run: Run) -> list[Path]:
    """Pretrained weight files that the loss reads."""
    return [pretrained.path_of(name, plan.weights_dir) for name in plan.loss_weights(run.loss)]


def predict_spec(plan: Plan, run: Run) -> str:
    return canonical(
        {
            "model": model_spec(plan, run),
            "patients": plan.roles[run.fold].test,
            "slices_per_patient": plan.study.evaluation.slices_per_patient,
            "device": plan.study.training.device,
            "precision": plan.study.training.precision,
        }
    )


def predict_code(plan: Plan, run: Run) -> list[Path]:
    return closure("ldct.inference.predict", files=[model_file(plan, run)])


def model_spec(plan: Plan, run: Run) -> dict[str, Any]:
    model = plan.study.models[run.model]
    return {"name": run.model, "use": model.use, "options": model.options}


def _loss(plan: Plan, run: Run) -> dict[str, Any]:
    terms = plan.study.losses[run.loss].terms
    return {"name": run.loss, "terms": [term.model_dump(exclude_none=True) for term in terms]}


def _term_files(plan: Plan, run: Run) -> set[Path]:
    terms = plan.study.losses[run.loss].terms
    return {TERMS.source_file(use) for term in terms for use, _ in walk_terms(term.use, term.options)}


def model_file(plan: Plan, run: Run) -> Path:
    return NETWORKS.source_file(plan.study.models[run.model].use)
