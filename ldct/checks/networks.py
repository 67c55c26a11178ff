"""Each network is built and denoises one batch."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import torch
from torch import nn

from ldct.checks.mistake import Mistake, said
from ldct.checks.options import wrong_options
from ldct.models.build import build_model
from ldct.models.declared import NETWORKS
from ldct.training.precision import Arithmetic

if TYPE_CHECKING:
    from ldct.stages.parts import NetworkSpec


def check_network(name: str, spec: NetworkSpec, low: torch.Tensor) -> tuple[nn.Module | None, list[Mistake]]:
    """The network, or None and what is wrong with it; `low`: a batch (N, 1, H, W), standardised."""
    at = ("models", name)
    try:
        kind = NETWORKS.load(spec.use)
        mistakes = list(wrong_options(kind, spec.use, spec.options, (*at, "options"), ours=()))
    except Exception as error:  # whatever a user's module raises is that user's to know
        return None, [Mistake((*at, "use"), said(error))]
    if mistakes:
        return None, mistakes + _rest(at, spec, mistakes)
    try:
        network = build_model(spec.use, spec.options)
    except Exception as error:
        return None, [Mistake((*at, "options"), said(error))]
    try:
        with torch.no_grad():
            image = network.eval()(low)
        if image.shape != low.shape:
            text = f"{spec.use} makes {tuple(image.shape)} of a batch {tuple(low.shape)}; expected the same shape"
            return None, [Mistake((*at, "use"), text)]
    except Exception as error:
        text = f"{spec.use} fails on patches of {low.shape[-1]} x {low.shape[-1]} pixels: {said(error)}"
        return None, [Mistake((*at, "use"), text)]
    return network.train(), []


def _rest(at: tuple[str, ...], spec: NetworkSpec, mistakes: list[Mistake]) -> list[Mistake]:
    """What is wrong besides options that do not exist."""
    wrong = {mistake.location[-1] for mistake in mistakes}
    try:
        build_model(spec.use, {name: value for name, value in spec.options.items() if name not in wrong})
    except Exception as error:
        return [Mistake((*at, "options"), said(error))]
    return []


def pass_seconds(networks: Mapping[str, nn.Module], low: torch.Tensor, arithmetic: Arithmetic) -> dict[str, float]:
    """Seconds that each network takes to denoise one pixel, in float32 as for predictions."""
    seconds = {}
    for name, network in networks.items():
        network = arithmetic.move(network).eval()
        batch = arithmetic.place(low)
        with torch.no_grad():
            network(batch)
            start = _now(arithmetic)
            network(batch)
            seconds[name] = (_now(arithmetic) - start) / batch.numel()
        network.train()
    return seconds


def _now(arithmetic: Arithmetic) -> float:
    if arithmetic.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()
