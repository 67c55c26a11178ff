"""Everything a run needs to go on where it stopped."""

from __future__ import annotations

import hashlib
import io
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ldct.files import write_bytes


@dataclass
class Sums:
    """Sums over the steps of the running epoch."""

    steps: int = 0
    loss: float = 0.0
    terms: dict[str, float] = field(default_factory=dict)

    def add(self, loss: float, terms: dict[str, float]) -> None:
        self.steps += 1
        self.loss += loss
        for name, value in terms.items():
            self.terms[name] = self.terms.get(name, 0.0) + value


@dataclass
class Position:
    """How far a run has come."""

    step: int = 0
    sums: Sums = field(default_factory=Sums)
    history: list[dict[str, Any]] = field(default_factory=list)


def trained_state(loss: nn.Module) -> dict[str, torch.Tensor]:
    """The part of a loss that training changes; frozen feature networks are not saved."""
    return {name: p.detach() for name, p in loss.named_parameters() if p.requires_grad}


def save_state(path: Path, key: str, position: Position, parts: dict[str, Any]) -> None:
    """Write position, weights, optimiser and generators; `key` says for which settings they hold."""
    buffer = io.BytesIO()
    generators = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        generators["cuda"] = torch.cuda.get_rng_state()
    torch.save({"key": key, "position": asdict(position), "generators": generators, **parts}, buffer)
    content = buffer.getvalue()
    write_bytes(path, hashlib.sha256(content).digest() + content)


def load_state(path: Path, key: str) -> tuple[Position, dict[str, Any]] | None:
    """What `save_state` wrote, or None where there is nothing, it is damaged, or it belongs to other settings."""
    if not path.is_file():
        return None
    whole = path.read_bytes()
    checksum, content = whole[:32], whole[32:]
    if hashlib.sha256(content).digest() != checksum:
        return None
    saved = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    if saved["key"] != key:
        return None
    generators = saved.pop("generators")
    torch.set_rng_state(generators["cpu"])
    if "cuda" in generators and torch.cuda.is_available():
        torch.cuda.set_rng_state(generators["cuda"])
    position = saved.pop("position")
    return Position(position["step"], Sums(**position["sums"]), position["history"]), saved
