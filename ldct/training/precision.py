"""Device, arithmetic and determinism, decided once a run."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch

from ldct.errors import UnavailableError
from ldct.machine import driver, processor, versions
from ldct.pretrained.precision import computes_in_bfloat16

Network = TypeVar("Network", bound=torch.nn.Module)


@dataclass(frozen=True)
class Arithmetic:
    """Where and in which precision a network runs."""

    device: torch.device
    dtype: torch.dtype

    def move(self, module: Network) -> Network:
        """`module` on the device, its weights channels last."""
        return module.to(self.device).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]

    @property
    def name(self) -> str:
        return str(self.dtype).removeprefix("torch.")

    def autocast(self) -> AbstractContextManager:
        """The network's precision; losses and sums outside stay float32."""
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.dtype == torch.bfloat16)

    def made_with(self) -> dict[str, Any]:
        """What of this machine shapes the numbers of a training: versions, processor or card, driver, threads."""
        cuda = self.device.type == "cuda"
        return {
            **versions(("torch", "numpy")),
            "processor": torch.cuda.get_device_name(self.device) if cuda else processor(),
            "driver": driver() if cuda else None,
            "cuda": torch.version.cuda if cuda else None,
            "threads": torch.get_num_threads(),
        }

    def place(self, tensor: torch.Tensor) -> torch.Tensor:
        """`tensor` (N, C, H, W) on the device, channels last."""
        return tensor.to(self.device, memory_format=torch.channels_last, non_blocking=True)


def choose_arithmetic(precision: str = "auto", device: str = "auto") -> Arithmetic:
    """Device auto takes a GPU; precision auto takes bfloat16 where the processor computes in it.

    Raises UnavailableError where CUDA is asked for and absent.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UnavailableError("device 'cuda'", "PyTorch sees no CUDA device", "set training.device to auto or cpu")
    chosen = torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")
    fast = precision == "bfloat16" or (precision == "auto" and computes_in_bfloat16(chosen))
    return Arithmetic(chosen, torch.bfloat16 if fast else torch.float32)


def make_deterministic(seed: int) -> None:
    """Seed torch, take deterministic kernels, and OMP_NUM_THREADS threads."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    if threads := os.environ.get("OMP_NUM_THREADS", ""):
        torch.set_num_threads(max(1, int(threads)))
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Filling fresh memory only hides reads of it, at the cost of time.
    torch.utils.deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]
    torch.backends.cudnn.benchmark = False
    torch.manual_seed(seed)
