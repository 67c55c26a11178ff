"""Denoised test slices of one training run, for each kept checkpoint."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import torch
from safetensors.torch import load_file
from torch import nn

from ldct.data.selection import judged_slices
from ldct.errors import InputError
from ldct.inference.shard import PredictionShard
from ldct.inference.tiling import denoise
from ldct.intensity import Intensity
from ldct.models.build import build_model
from ldct.tables.images import INVALID_HU, read_images
from ldct.tables.schema import image_shape
from ldct.training.files import checkpoint_path
from ldct.training.precision import Arithmetic, choose_arithmetic, make_deterministic

if TYPE_CHECKING:
    from ldct.stages.parts import NetworkSpec
    from ldct.stages.predict import Predict

# Feature maps of one slice may take this much before it is tiled.
MEMORY_BYTES = {"cpu": 1 << 30, "cuda": 8 << 30}
SLICES_AT_ONCE = 32
INTERVAL_S = 5.0

log = logging.getLogger("ldct")


def predict(spec: Predict.Spec, run: Path, images: Mapping[str, Path], output: Path) -> None:
    """Write a prediction row for each test slice and checkpoint of the run in folder `run`.

    images: low-dose image table of
    each patient. Rows are ordered by patient, slice, checkpoint. The table's image shape is the largest of its
    patients'; smaller slices are extended at the bottom and on the right with -32768, which also marks what was
    unmeasured in the input. A failed run gives an empty table.
    """
    outcome = json.loads((run / "run.json").read_text(encoding="utf-8"))
    shapes = [image_shape(pq.read_schema(images[patient]).field("hu")) for patient in spec.patients]
    shape = (max((s[0] for s in shapes), default=1), max((s[1] for s in shapes), default=1))
    # bfloat16 would add 0.6 HU of noise of its own (root mean square, at most 3 HU) to what the metrics judge.
    arithmetic = choose_arithmetic("float32", spec.device)
    make_deterministic(0)
    torch.backends.cudnn.allow_tf32 = False
    with PredictionShard(output, shape) as shard:
        if outcome["status"] != "completed":
            log.warning("no predictions: the training failed (%s)", outcome["reason"])
            return
        networks = {epoch: load_network(spec.network, checkpoint_path(run, epoch)) for epoch in outcome["checkpoints"]}
        for network in networks.values():
            arithmetic.move(network)
        done, told = 0, time.monotonic()
        for patient in spec.patients:
            chosen = judged_slices(images[patient], spec.slices_per_patient)
            for start in range(0, len(chosen), SLICES_AT_ONCE):
                stack = read_images(images[patient], chosen[start : start + SLICES_AT_ONCE])
                for index, air, valid in zip(stack.index.tolist(), stack.hu_air, stack.valid, strict=True):
                    for epoch, network in networks.items():
                        hu = denoise_slice(network, air, arithmetic)
                        hu[~valid] = INVALID_HU
                        shard.add(patient, index, epoch, epoch == outcome["selected"], hu)
                    done += 1
                    if time.monotonic() - told > INTERVAL_S:
                        log.info("%s: %d of %d slices denoised", patient, chosen.index(index) + 1, len(chosen))
                        told = time.monotonic()
    log.info("%d slices denoised with %d checkpoints", done, len(networks))


def denoise_slice(model: nn.Module, hu: np.ndarray, arithmetic: Arithmetic) -> np.ndarray:
    """int16 HU (rows, columns), air where unmeasured, through the network: int16 HU, rounded, in int16's range."""
    intensity = Intensity()
    x = torch.from_numpy(intensity.standardise(hu[None, None].astype(np.float32)))
    with torch.inference_mode():
        y = denoise(model, arithmetic.place(x), MEMORY_BYTES[arithmetic.device.type])
    result = intensity.to_hu(y.float().cpu().numpy()[0, 0].astype(np.float64))
    limits = np.iinfo(np.int16)
    return np.clip(np.rint(result), limits.min + 1, limits.max).astype(np.int16)


def load_network(spec: NetworkSpec, path: Path) -> nn.Module:
    """The network with the weights of `path`, for inference; raises InputError where they do not fit."""
    network = build_model(spec.use, spec.options)
    try:
        network.load_state_dict(load_file(path))
    except (OSError, RuntimeError) as error:
        raise InputError(
            path, f"weights that do not fit ({error})", "weights of this network", "Train it anew."
        ) from None
    return network.eval()
