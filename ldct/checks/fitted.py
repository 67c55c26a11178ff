"""Small stand-ins for what a study trains before: the encoder of a fold, the model of a fitted metric."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.torch import save

from ldct.checks.images import SPACING_MM, ct_pair
from ldct.files import write_bytes
from ldct.intensity import Window
from ldct.metrics.fit_niqe_ct import fit_niqe_ct
from ldct.pretrained.ct_encoder import CTEncoder
from ldct.tables.images import ImageStack, write_images

# More than enough patches of tissue for the model of 36 features.
SLICES, SIDE = 12, 256


def random_encoder(folder: Path, width: int) -> Path:
    """Weights of an untrained CT encoder, in `folder`."""
    path = folder / "encoder.safetensors"
    tensors = {name: value.contiguous() for name, value in CTEncoder(width).state_dict().items()}
    write_bytes(path, save(tensors, metadata={"width": str(width)}))
    return path


def fitted_model(folder: Path, window: Window) -> Path:
    """The table of NIQE fitted on a few CT-like slices, in `folder`."""
    from ldct.stages.fit_niqe_ct import FitNiqeCt

    hu = np.stack([np.rint(ct_pair(SIDE, seed)[0]) for seed in range(SLICES)]).astype(np.int16)
    stack = ImageStack(
        patient="check",
        dose="full",
        hu=hu,
        position_mm=np.arange(SLICES) * 3.0,
        pixel_spacing_mm=SPACING_MM,
        slice_thickness_mm=3.0,
        origin_mm=np.zeros((SLICES, 3)),
    )
    images, model = folder / "full.parquet", folder / "niqe_ct.parquet"
    write_images(images, stack)
    spec = FitNiqeCt.Spec(train=("check",), slices_per_patient=SLICES, window=window)
    fit_niqe_ct(spec, {"check": images}, model)
    return model
