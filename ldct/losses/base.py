"""What every loss shares: the check of its two images, its precision, and the check of its options."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ldct.errors import ConfigError
from ldct.intensity import WINDOWS, Intensity, Window


class Loss(nn.Module):
    """Base of the losses: `forward` checks the pair and hands it to `measure` in float32 (or float64) arithmetic.

    intensity: scale of both images; weights_dir: folder of pretrained weights. A subclass adds keyword-only options
    and raises ConfigError where one is out of range.
    """

    def __init__(self, *, intensity: Intensity | None = None, weights_dir: Path | None = None):
        super().__init__()
        self.intensity = intensity or Intensity()
        self.weights_dir = weights_dir

    def forward(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """Loss of `prediction` against `target`, both (N, 1, H, W) standardised intensities; a scalar.

        Half precision is computed in float32, autocast or not. Raises ValueError where the two do not form a pair.
        """
        with full_precision(prediction):
            return self.measure(*as_pair(prediction, target))

    def measure(self, prediction: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        """The loss of a checked pair in float32 or float64."""
        raise NotImplementedError


@contextmanager
def full_precision(like: torch.Tensor) -> Iterator[None]:
    """Autocast off on the device of `like`."""
    with torch.autocast(like.device.type, enabled=False):
        yield


def as_pair(prediction: torch.Tensor, target: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both images as (N, 1, H, W) of one dtype, at least float32, the target detached; ValueError otherwise."""
    for name, image in (("prediction", prediction), ("target", target)):
        if not image.is_floating_point():
            raise ValueError(f"{name} is {image.dtype}; a loss needs floating point")
        if image.ndim != 4 or image.shape[1] != 1:
            raise ValueError(f"{name} has shape {tuple(image.shape)}; expected (N, 1, H, W)")
    if prediction.shape != target.shape:
        raise ValueError(f"prediction {tuple(prediction.shape)} and target {tuple(target.shape)} differ in shape")
    if prediction.numel() == 0:
        raise ValueError("prediction and target are empty")
    dtype = torch.float64 if torch.float64 in (prediction.dtype, target.dtype) else torch.float32
    return prediction.to(dtype), target.detach().to(dtype)


def check_side(loss: str, image: torch.Tensor, least: int) -> None:
    """Raises ConfigError where a side of (..., H, W) is below `least`: the patches are too small for this loss."""
    if min(image.shape[-2:]) < least:
        raise ConfigError(f"loss {loss}: images of {tuple(image.shape[-2:])} pixels; it needs at least {least}")


def number(loss: str, name: str, value: Any, low: float = -math.inf, high: float = math.inf, above: bool = False):
    """`value` as float within [low, high], or (low, high] with `above`; raises ConfigError naming loss and option."""
    valid = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not valid or not low <= value <= high or (above and value == low):
        bounds = f"{'(' if above else '['}{low:g}, {high:g}]"
        raise ConfigError(f"loss {loss}: {name} is {value!r}; expected a number in {bounds}")
    return float(value)


def integer(loss: str, name: str, value: Any, low: int, high: int | None = None) -> int:
    """`value` as int from `low` to `high`; raises ConfigError naming loss and option."""
    if not isinstance(value, int) or isinstance(value, bool) or value < low or (high is not None and value > high):
        span = f"of at least {low}" if high is None else f"from {low} to {high}"
        raise ConfigError(f"loss {loss}: {name} is {value!r}; expected a whole number {span}")
    return value


def choice(loss: str, name: str, value: Any, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    """`value`, one of `known`; raises ConfigError naming loss and option."""
    if not isinstance(value, str) or value not in known:
        raise ConfigError(f"loss {loss}: {name} is {value!r}; expected one of {', '.join(known)}")
    return value


def as_window(loss: str, value: str | Mapping[str, float] | Window) -> Window:
    """A window by its name in `ldct.intensity.WINDOWS` or as {center, width} in HU; raises ConfigError."""
    if isinstance(value, Window):
        return value
    if isinstance(value, Mapping):
        if set(value) != {"center", "width"}:
            raise ConfigError(f"loss {loss}: window has keys {', '.join(map(str, value))}; expected center and width")
        center = number(loss, "window.center", value["center"])
        return Window(center, number(loss, "window.width", value["width"], 0.0, above=True))
    return WINDOWS[choice(loss, "window", value, WINDOWS)]
