"""All checks of a study, and what they cost."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from ldct.checks.families import check_families
from ldct.checks.fitted import fitted_model, random_encoder
from ldct.checks.functions import check_channels, check_filters
from ldct.checks.images import patch_pairs
from ldct.checks.metrics import MetricSeconds, check_metrics
from ldct.checks.mistake import Mistake
from ldct.checks.networks import check_network, pass_seconds
from ldct.checks.steps import loss_of, step_seconds
from ldct.checks.terms import TermCheck
from ldct.config.canonical import canonical
from ldct.errors import UnavailableError
from ldct.intensity import Intensity
from ldct.losses.composite import WeightedSum
from ldct.losses.declared import needs_encoder
from ldct.models.build import parameter_count
from ldct.pretrained.ct_encoder import CTAutoencoder
from ldct.training.encoder import BLOCK
from ldct.training.precision import Arithmetic, choose_arithmetic, make_deterministic

if TYPE_CHECKING:
    from ldct.stages.check import Check

BATCH = 2


@dataclass
class Measured:
    """What was seen on this machine, each from one batch or slice.

    parameters: of each network. step: seconds of a training step a patch, by network and loss; encoder: the same of the
    CT encoder, where a loss uses it. pixel: seconds that a network takes to denoise one; metric, filter: seconds a
    pixel. device: 'cpu' or 'cuda', as `auto` is here.
    """

    device: str
    precision: str
    note: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    step: dict[tuple[str, str], float] = field(default_factory=dict)
    pixel: dict[str, float] = field(default_factory=dict)
    metric: dict[str, MetricSeconds] = field(default_factory=dict)
    filter: dict[str, float] = field(default_factory=dict)
    encoder: float = 0.0


def run_checks(
    spec: Check.Spec, weights_dir: Path, told: Callable[[str], None] = lambda _: None
) -> tuple[Measured, list[Mistake]]:
    """Build every network, loss and metric, try each alone and each network with each loss; never raises for them.

    told: is called with what is checked next.
    """
    make_deterministic(0)
    # As the study's jobs have it.
    torch.set_num_threads(1)
    arithmetic, note = _arithmetic(spec)
    measured = Measured(arithmetic.device.type, arithmetic.name, note)
    full, low = (
        torch.from_numpy(Intensity().standardise(hu)).float().contiguous() for hu in patch_pairs(spec.patch, BATCH)
    )
    mistakes = check_families(spec)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        encoder = random_encoder(folder, spec.encoder.width)
        networks: dict[str, nn.Module] = {}
        for name, network in spec.networks.items():
            told(f"network {name}")
            module, wrong = check_network(name, network, low)
            mistakes += wrong
            if module is not None:
                networks[name], measured.parameters[name] = module, parameter_count(module)
        measured.pixel = pass_seconds(networks, low, arithmetic)
        checked = TermCheck(low, full, weights_dir, encoder)
        same: dict[str, str] = {}
        for name, terms in spec.losses.items():
            told(f"loss {name}")
            works, wrong = checked.loss(name, terms)
            mistakes += wrong
            if not works:
                continue
            if not measured.encoder and any(needs_encoder(term.use, term.options) for term in terms):
                measured.encoder = _encoder_step(spec.encoder.width, low, full, arithmetic) / BATCH
            twin = same.setdefault(canonical([term.model_dump() for term in terms]), name)
            for model, module in networks.items():
                if twin != name:
                    measured.step[model, name] = measured.step.get((model, twin), 0.0)
                    continue
                seconds, why = step_seconds(module, loss_of(terms, weights_dir, encoder), low, full, arithmetic)
                if seconds is None:
                    mistakes.append(Mistake(("losses", name), f"with network {model}: {why}"))
                else:
                    measured.step[model, name] = seconds / BATCH
        model = cache(lambda: _fitted(spec, folder))
        measured.metric, wrong = check_metrics(spec.judged.metrics, spec.judged.windows, weights_dir, model, told)
        mistakes += wrong
    measured.filter, wrong = check_filters(spec.judged.filters, told)
    return measured, [*mistakes, *wrong, *check_channels(spec.judged.channels)]


def _encoder_step(width: int, low: torch.Tensor, full: torch.Tensor, arithmetic: Arithmetic) -> float:
    """As `step_seconds`, of the CT autoencoder, whose patches have sides of multiples of 8; 0 where it fails."""
    side = low.shape[-1] - low.shape[-1] % BLOCK
    low, full = (patches[..., :side, :side].contiguous() for patches in (low, full))
    return step_seconds(CTAutoencoder(width), WeightedSum([{"use": "mse"}]), low, full, arithmetic)[0] or 0.0


def _fitted(spec: Check.Spec, folder: Path) -> Path:
    windows = spec.judged.windows
    return fitted_model(folder, windows.get("soft_tissue") or next(iter(windows.values())))


def _arithmetic(spec: Check.Spec) -> tuple[Arithmetic, str]:
    """That of trainings here; that of the processor, and why, where the device of the study is on another machine."""
    budget = spec.budget
    try:
        return choose_arithmetic(budget.precision, budget.device), ""
    except UnavailableError:
        note = f"training.device is {budget.device}, which is not on this machine; measured on its processor"
        return choose_arithmetic(budget.precision, "cpu"), note
