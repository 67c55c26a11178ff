"""Small stand-ins for what a study trains before: the encoder of a fold, the model of a fitted metric."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.torch import save

from ldct.checks.images import SPACING_MM, ct_pair
from ldct.files import write_bytes
from ldct.intensity import Window
from ldct.metrics.base import view
from ldct.metrics.fit_niqe_ct import write_model
from ldct.metrics.niqe_ct import naturalness
from ldct.pretrained.ct_encoder import CTEncoder

# More than enough patches of tissue for the model of 36 features.
SLICES, SIDE = 12, 256


def random_encoder(folder: Path, width: int) -> Path:
    """Weights of an untrained CT encoder, in `folder`."""
    path = folder / "encoder.safetensors"
    tensors = {name: value.contiguous() for name, value in CTEncoder(width).state_dict().items()}
    write_bytes(path, save(tensors, metadata={"width": str(width)}))
    return path


def fitted_model(folder: Path, window: Window) -> Path:
    """The table of NIQE fitted on a few CT-like slices seen through `window`, in `folder`."""
    slices = (ct_pair(SIDE, seed)[0] for seed in range(SLICES))
    found = [naturalness(view(hu, None, SPACING_MM, window).pixels) for hu in slices]
    model = folder / "niqe_ct.parquet"
    write_model(np.concatenate(found), model)
    return model
