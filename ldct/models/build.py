"""From the configuration of a network to the network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from ldct.errors import ConfigError
from ldct.models.declared import NETWORKS


def build_model(use: str, options: Mapping[str, Any] | None = None) -> nn.Module:
    """The network `use` (name or 'module:Class') with keyword arguments `options`.

    Initial weights are drawn from torch's global generator. Raises ConfigError where options do not fit.
    """
    cls = NETWORKS.load(use)
    try:
        return cls(**(options or {}))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"model '{use}' with options {options}: {error}") from error


def parameter_count(model: nn.Module) -> int:
    """Trainable parameters."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
