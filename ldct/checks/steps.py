"""Each network takes two training steps with each loss."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import nn

from ldct.checks.mistake import said
from ldct.intensity import Intensity
from ldct.losses.composite import WeightedSum
from ldct.training.precision import Arithmetic
from ldct.training.weighting import with_encoder

if TYPE_CHECKING:
    from ldct.stages.parts import TermSpec


def loss_of(terms: Sequence[TermSpec], weights_dir: Path, encoder: Path) -> WeightedSum:
    """The loss with weights as they stand, target shares left aside."""
    return WeightedSum([term.model_dump() for term in with_encoder(terms, encoder)], Intensity(), weights_dir)


def step_seconds(
    network: nn.Module, loss: WeightedSum, low: torch.Tensor, full: torch.Tensor, arithmetic: Arithmetic
) -> tuple[float | None, str]:
    """Seconds of one training step on the batch, its critics' updates included, or None and why it fails.

    low, full: (N, 1, H, W), standardised. The second of two steps counts; the network itself stays as it was.
    """
    seconds = None
    try:
        model = arithmetic.move(copy.deepcopy(network)).train()
        loss = loss.to(arithmetic.device)
        parameters = [p for p in [*model.parameters(), *loss.parameters()] if p.requires_grad]
        optimiser = torch.optim.Adam(parameters, lr=1e-4)
        low, full = arithmetic.place(low), arithmetic.place(full)
        for _ in range(2):
            start = time.perf_counter()
            optimiser.zero_grad(set_to_none=True)
            with arithmetic.autocast():
                prediction = model(low)
            for critic in loss.adversaries.values():
                critic.update(prediction, full)
            total, _ = loss(prediction.float(), full)
            total.backward()
            norm = float(nn.utils.clip_grad_norm_(parameters, float("inf")))
            value = float(total.detach())
            if not torch.isfinite(torch.tensor([value, norm])).all():
                return None, f"loss {value:g}, norm of the gradient {norm:g}; expected finite numbers"
            optimiser.step()
            seconds = time.perf_counter() - start
    except Exception as error:  # whatever a user's class raises is that user's to know
        return None, said(error)
    return seconds, ""
