"""What a run leaves in its folder, and digests of what it read."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as to_safetensors


def weights_bytes(model: torch.nn.Module) -> bytes:
    """The state of `model` as safetensors without metadata: equal weights give equal bytes."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    return to_safetensors(state)


def checkpoint_path(output: Path, epoch: int) -> Path:
    return output / "checkpoints" / f"epoch{epoch:04d}.safetensors"


def clear(output: Path) -> None:
    """Remove what an earlier run with other settings left here."""
    for pattern in ("checkpoints/*.safetensors", "checkpoints/.epoch*", "events/events.*"):
        for path in output.glob(pattern):
            path.unlink()
    for name in ("weights.safetensors", "history.parquet", "run.json", "resume.pt"):
        for path in [output / name, *output.glob(f".{name}.*")]:
            path.unlink(missing_ok=True)


def digest_of_file(path: Path) -> str:
    """SHA-256 of size, beginning and end: Parquet keeps its index at the end, so this tells tables apart."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(1 << 16)
        file.seek(max(0, size - (1 << 20)))
        return hashlib.sha256(b"%d" % size + head + file.read()).hexdigest()


def digest(*content: Any) -> str:
    """SHA-256 of JSON-like content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
