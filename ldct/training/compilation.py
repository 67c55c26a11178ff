"""The network compiled for its training steps, where that is asked for and possible."""

from __future__ import annotations

import logging
from collections.abc import Callable

import torch
from torch import nn

log = logging.getLogger("ldct")
Forward = Callable[[torch.Tensor], torch.Tensor]


def forward_of(model: nn.Module, compiled: bool) -> Forward:
    """`model` as it is called in a training step.

    Compiled by torch.compile at the first call; where that fails (no C++ compiler, an operation it does not know) the
    log says so once and the network is called as it is. A backward pass that cannot be compiled ends the training.
    Weights and checkpoints are those of `model` either way; its results differ in rounding.
    """
    if not compiled:
        return model
    chosen: list[Forward] = [torch.compile(model, dynamic=False)]

    def forward(x: torch.Tensor) -> torch.Tensor:
        try:
            return chosen[0](x)
        except Exception as error:
            if chosen[0] is model:
                raise
            cause = str(error).strip().splitlines()
            log.warning("torch.compile failed (%s); going on without it", cause[0] if cause else type(error).__name__)
            chosen[0] = model
            return model(x)

    return forward
