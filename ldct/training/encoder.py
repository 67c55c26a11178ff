"""Training of the CT autoencoder of a fold, on its training patients' full-dose patches alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save
from torch.nn import functional

from ldct.data.stream import PatchStream, PatchTables
from ldct.files import write_bytes
from ldct.intensity import WINDOWS, Intensity
from ldct.pretrained.ct_encoder import CTAutoencoder
from ldct.training.precision import choose_arithmetic, make_deterministic

if TYPE_CHECKING:
    from ldct.stages.encoder import Encoder

log = logging.getLogger("ldct")
BLOCK = 8
TOLD_EVERY = 100


def train_encoder(spec: Encoder.Spec, patches: Mapping[str, Path], output: Path) -> None:
    """Write the encoder's weights (safetensors, width in the metadata) to `output`.

    The autoencoder restores full-dose patches,
    [0, 1] of the full window, from which blocks were hidden and to which noise was added; the loss is the mean squared
    error. Equal arguments give equal bytes on one machine with one number of threads.
    """
    settings = spec.settings
    make_deterministic(settings.seed)
    arithmetic = choose_arithmetic("float32", spec.device)
    intensity, window = Intensity(), WINDOWS["full"]
    network = arithmetic.move(CTAutoencoder(settings.width)).train()
    stream = PatchStream(PatchTables(patches, spec.train), settings.seed, settings.batch, intensity)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    generator = torch.Generator().manual_seed(settings.seed)
    total = 0.0
    for number in range(1, settings.steps + 1):
        clean = intensity.to_unit(torch.from_numpy(stream.batch(number - 1)[1]), window).clamp(0, 1)
        side = clean.shape[-1] - clean.shape[-1] % BLOCK
        clean = clean[..., :side, :side]
        shown = corrupt(clean, settings.masked_share, settings.noise_hu / window.width, generator)
        restored = network(arithmetic.place(shown))
        loss = functional.mse_loss(restored, arithmetic.place(clean))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        total += float(loss.detach())
        if number % TOLD_EVERY == 0 or number == settings.steps:
            count = (number - 1) % TOLD_EVERY + 1
            log.info(
                "encoder: step %d of %d, RMSE %.0f HU", number, settings.steps, window.width * (total / count) ** 0.5
            )
            total = 0.0
    tensors = {name: value.detach().cpu().contiguous() for name, value in network.encoder.state_dict().items()}
    write_bytes(output, save(tensors, metadata={"width": str(settings.width)}))


def corrupt(clean: torch.Tensor, masked_share: float, noise: float, generator: torch.Generator) -> torch.Tensor:
    """`clean` (N, 1, H, W) with noise of SD `noise`, and a share of its 8 x 8 blocks set to the image's mean."""
    blocks = torch.rand(len(clean), 1, clean.shape[-2] // BLOCK, clean.shape[-1] // BLOCK, generator=generator)
    hidden = functional.interpolate((blocks < masked_share).float(), scale_factor=BLOCK, mode="nearest")
    noisy = clean + noise * torch.randn(clean.shape, generator=generator)
    return torch.where(hidden > 0, clean.mean((-2, -1), keepdim=True), noisy)
