"""Whether this machine computes in bfloat16."""

from __future__ import annotations

import torch


def computes_in_bfloat16(device: torch.device) -> bool:
    """True where bfloat16 products are faster than float32: GPUs that have it, CPUs with AVX-512 BF16 or AMX."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    try:
        with open("/proc/cpuinfo") as info:
            flags = next((line.split() for line in info if line.startswith("flags")), [])
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags
