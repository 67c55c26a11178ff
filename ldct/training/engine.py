"""The training loop of one run: steps, epochs, and what is kept of them."""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ldct.config.training import Budget
from ldct.data.stream import PatchStream
from ldct.files import write_bytes
from ldct.losses.composite import WeightedSum
from ldct.training.compilation import forward_of
from ldct.training.events import Events
from ldct.training.files import checkpoint_path, weights_bytes
from ldct.training.history import write_history
from ldct.training.influence import gradient_shares, value_shares
from ldct.training.precision import Arithmetic
from ldct.training.progress import Progress
from ldct.training.schedule import learning_rate
from ldct.training.state import Position, Sums, load_state, save_state, trained_state
from ldct.training.termination import Termination
from ldct.training.validation import Validation

# At most this much work is lost when a run is killed.
SAVE_EVERY_S = 15.0
# CT spans about 4,000 HU; a network this far off does not come back.
DIVERGED_RMSE_HU = 1.0e4

log = logging.getLogger("ldct")


class DivergedError(Exception):
    """Training cannot go on: a loss or gradient is not finite, or the output has left the scale of CT."""


class Engine:
    """One network, one loss, one budget. `run()` trains from where the last saved state left off."""

    def __init__(
        self,
        budget: Budget,
        model: nn.Module,
        loss: WeightedSum,
        stream: PatchStream,
        validation: Validation,
        arithmetic: Arithmetic,
        output: Path,
        key: str,
    ):
        """key: names all that a saved state depends on."""
        self.budget, self.stream, self.validation = budget, stream, validation
        self.arithmetic, self.output, self.key = arithmetic, output, key
        self.model = arithmetic.move(model).train()
        self.forward = forward_of(self.model, budget.compile)
        self.loss = loss.to(arithmetic.device)
        self.parameters = [p for p in [*model.parameters(), *loss.parameters()] if p.requires_grad]
        optimiser = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[budget.optimiser]
        self.optimiser = optimiser(self.parameters, lr=budget.learning_rate, fused=True)
        self.steps_per_epoch = budget.steps_per_epoch
        self.steps = budget.epochs * self.steps_per_epoch
        self.position = Position()

    def resume(self) -> bool:
        """Take up the saved state; False where there is none for these settings."""
        loaded = load_state(self.output / "resume.pt", self.key)
        if loaded is None:
            return False
        position, parts = loaded
        kept = [row["epoch"] for row in position.history if row["epoch"] in self.budget.checkpoints]
        if not all(checkpoint_path(self.output, epoch).is_file() for epoch in kept):
            return False
        self.model.load_state_dict(parts["model"])
        self.loss.load_state_dict(parts["loss"], strict=False)
        self.optimiser.load_state_dict(parts["optimiser"])
        for name, term in self.loss.adversaries.items():
            term.load_critic_state(parts["critics"][name])
        self.position = position
        return True

    def save(self) -> None:
        """Write the state from which `resume` goes on."""
        parts = {
            "model": self.model.state_dict(),
            "loss": trained_state(self.loss),
            "optimiser": self.optimiser.state_dict(),
            "critics": {name: term.critic_state() for name, term in self.loss.adversaries.items()},
        }
        save_state(self.output / "resume.pt", self.key, self.position, parts)

    def run(self, label: str, bar: bool | None = None) -> None:
        """Train to the end.

        Raises DivergedError (the weights are then the last finite ones), and SystemExit after SIGTERM (143) or Ctrl-C
        (130) with the state saved.
        """
        budget, position = self.budget, self.position
        progress = Progress(label, budget.epochs, self.steps_per_epoch, budget.batch, position.step, bar)
        events = Events(self.output / "events")
        saved = time.monotonic()
        try:
            with Termination() as termination:
                while position.step < self.steps:
                    loss, terms = self.step(position.step)
                    position.step += 1
                    position.sums.add(loss, terms)
                    progress.step(position.step, position.sums.loss / position.sums.steps)
                    epoch_ended = position.step % self.steps_per_epoch == 0
                    if epoch_ended:
                        row = self._end_epoch()
                        progress.epoch(position.step, row)
                        events.epoch(row)
                    if epoch_ended or termination.requested or time.monotonic() - saved > SAVE_EVERY_S:
                        self.save()
                        saved = time.monotonic()
                    if termination.requested:
                        log.info("%s: asked to stop; state saved after step %d", label, position.step)
                        raise SystemExit(termination.exit_code)
        finally:
            progress.close()
            events.close()

    def step(self, number: int) -> tuple[float, dict[str, float]]:
        """Optimiser step `number` (from 0): loss and terms; DivergedError before anything spoils the weights."""
        low, full = (self.arithmetic.place(torch.from_numpy(array)) for array in self.stream.batch(number))
        rate = learning_rate(number, self.steps, self.budget.learning_rate, self.budget.schedule)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        with self.arithmetic.autocast():
            prediction = self.forward(low)
        for term in self.loss.adversaries.values():
            term.update(prediction, full)
        total, terms = self.loss(prediction.float(), full)
        total.backward()
        clip = self.budget.gradient_clip or math.inf
        norm = float(nn.utils.clip_grad_norm_(self.parameters, clip))
        value = float(total.detach())
        if not (math.isfinite(value) and math.isfinite(norm)):
            what = "the loss" if not math.isfinite(value) else "its gradient"
            raise DivergedError(
                f"{what} is not finite at step {number + 1} (epoch {number // self.steps_per_epoch + 1})"
            )
        self.optimiser.step()
        return value, {name: float(term.detach()) for name, term in terms.items()}

    def _end_epoch(self) -> dict[str, Any]:
        """Validate, record, keep the weights where asked."""
        position = self.position
        epoch = position.step // self.steps_per_epoch
        validation_loss, rmse = self.validation.measure(self.model, self.loss, self.arithmetic)
        if len(self.validation) and not (math.isfinite(validation_loss) and rmse < DIVERGED_RMSE_HU):
            raise DivergedError(f"validation loss {validation_loss:.4g}, RMSE {rmse:.4g} HU after epoch {epoch}")
        sums = position.sums
        means = {name: total / sums.steps for name, total in sums.terms.items()}
        by_value = value_shares(self.loss.weights, means)
        by_gradient = self._gradient_shares()
        row = {
            "epoch": epoch,
            "step": position.step,
            "train_loss": sums.loss / sums.steps,
            "validation_loss": validation_loss,
            "validation_rmse_hu": rmse,
            "learning_rate": self.optimiser.param_groups[0]["lr"],
            "terms": [
                {
                    "term": name,
                    "weight": self.loss.weights[name],
                    "value": value,
                    "share": by_value[name],
                    "gradient_share": by_gradient[name],
                }
                for name, value in means.items()
            ],
        }
        position.history.append(row)
        position.sums = Sums()
        if epoch in self.budget.checkpoints:
            write_bytes(checkpoint_path(self.output, epoch), weights_bytes(self.model))
        write_history(self.output / "history.parquet", position.history)
        return row

    def _gradient_shares(self) -> dict[str, float]:
        """On the first validation batch, or the epoch's last training batch where there is none."""
        if len(self.validation):
            low, full = self.validation.pair(0, self.arithmetic)
        else:
            arrays = self.stream.batch(self.position.step - 1)
            low, full = (self.arithmetic.place(torch.from_numpy(array)) for array in arrays)
        self.model.eval()
        with torch.no_grad(), self.arithmetic.autocast():
            prediction = self.model(low)
        self.model.train()
        return gradient_shares(self.loss, prediction, full)
