"""What losses with a critic share: the critic's own training, and its state for a training that is continued."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ldct.losses.base import Loss, full_precision, integer, number


class Adversarial(Loss):
    """A loss that a critic computes; `update` trains the critic on the batch before the network takes its step.

    critic_steps: updates of the critic for one of the network; learning_rate, betas: of the critic's Adam. The critic
    is frozen outside `update`, so that the network's optimiser never moves it.
    """

    name = ""

    def __init__(
        self,
        *,
        critic_steps: int = 1,
        learning_rate: float = 1.0e-4,
        betas: tuple[float, float] = (0.5, 0.9),
        **common,
    ):
        super().__init__(**common)
        self.critic_steps = integer(self.name, "critic_steps", critic_steps, 1)
        self.rate = number(self.name, "learning_rate", learning_rate, 0.0, above=True)
        first, second = (number(self.name, "betas", beta, 0.0, 1.0) for beta in betas)
        self.betas = (first, second)
        self.critic = self.build_critic().requires_grad_(False)
        self._optimiser: torch.optim.Optimizer | None = None

    def build_critic(self) -> nn.Module:
        """The critic, with its initial weights from torch's global generator."""
        raise NotImplementedError

    def criticise(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """What the critic minimises, both images (N, 1, H, W) without a graph; a scalar."""
        raise NotImplementedError

    @property
    def optimiser(self) -> torch.optim.Optimizer:
        # Made when it is first needed, when the critic is on its device.
        if self._optimiser is None:
            self._optimiser = torch.optim.Adam(self.critic.parameters(), lr=self.rate, betas=self.betas)
        return self._optimiser

    def update(self, prediction: torch.Tensor, target: torch.Tensor) -> None:
        """Train the critic for `critic_steps` on one batch, standardised intensities (N, 1, H, W)."""
        prediction, target = prediction.detach().float(), target.detach().float()
        self.critic.requires_grad_(True)
        try:
            with torch.enable_grad(), full_precision(prediction):
                for _ in range(self.critic_steps):
                    self.optimiser.zero_grad(set_to_none=True)
                    self.criticise(prediction, target).backward()
                    self.optimiser.step()
        finally:
            self.critic.requires_grad_(False)
            self.optimiser.zero_grad(set_to_none=True)

    def critic_state(self) -> dict[str, Any]:
        """Weights and optimiser of the critic."""
        return {"critic": self.critic.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_critic_state(self, state: dict[str, Any]) -> None:
        self.critic.load_state_dict(state["critic"])
        self.optimiser.load_state_dict(state["optimiser"])
