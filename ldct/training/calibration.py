"""Target shares of a loss's terms turned into weights, on training patients only."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import torch
from torch.nn import functional as F

from ldct.data.stream import PatchStream, PatchTables
from ldct.errors import ConfigError
from ldct.intensity import Intensity
from ldct.losses.composite import WeightedSum
from ldct.models.build import build_model
from ldct.tables import write_table
from ldct.tables.calibration import CALIBRATION
from ldct.training.influence import value_shares
from ldct.training.precision import choose_arithmetic, make_deterministic
from ldct.training.weighting import with_encoder

if TYPE_CHECKING:
    from ldct.stages.calibrate import Calibrate

log = logging.getLogger("ldct")
# Batches on which the terms are measured after the warm-up.
MEASURED = 16


def calibrate(
    spec: Calibrate.Spec, patches: Mapping[str, Path], output: Path, weights_dir: Path, encoder: Path | None = None
) -> None:
    """Write CALIBRATION rows: the weights that give each term with `psi` its share of the loss.

    The network is first trained with MSE for `spec.steps` steps, since a term's value depends on how
    far denoised an image is; values are then means over 16 batches. encoder: weights of the fold's own encoder. Raises
    ConfigError where a term is always 0 there.
    """
    make_deterministic(spec.seed)
    arithmetic = choose_arithmetic(spec.precision, spec.device)
    intensity = Intensity()
    model = arithmetic.move(build_model(spec.network.use, spec.network.options)).train()
    terms = with_encoder(spec.terms, encoder)
    loss = WeightedSum([term.model_dump() for term in terms], intensity, weights_dir).to(arithmetic.device)
    stream = PatchStream(PatchTables(patches, spec.train), spec.seed, spec.batch, intensity)
    optimiser = torch.optim.Adam(model.parameters(), lr=spec.learning_rate)
    sums = dict.fromkeys(loss.names, 0.0)
    for number in range(spec.steps + MEASURED):
        low, full = (arithmetic.place(torch.from_numpy(array)) for array in stream.batch(number))
        measuring = number >= spec.steps
        if measuring:
            model.eval()
        with torch.set_grad_enabled(not measuring), arithmetic.autocast():
            prediction = model(low).float()
        if measuring:
            with torch.no_grad():
                for name, value in loss(prediction, full)[1].items():
                    sums[name] += float(value) / MEASURED
            continue
        optimiser.zero_grad(set_to_none=True)
        F.mse_loss(prediction, full).backward()
        optimiser.step()
    weights = solve([term.psi for term in terms], list(loss.weights.values()), list(sums.values()))
    found = dict(zip(loss.names, weights, strict=True))
    shares = value_shares(found, sums)
    rows = [
        {"term": name, "psi": term.psi, "value": sums[name], "weight": found[name], "share": shares[name]}
        for name, term in zip(loss.names, terms, strict=True)
    ]
    write_table(output, pa.Table.from_pylist(rows, CALIBRATION), CALIBRATION)
    for row in rows:
        log.info("%s: weight %.4g, share %.3f", row["term"], row["weight"], row["share"])


def solve(shares: Sequence[float | None], weights: Sequence[float], values: Sequence[float]) -> list[float]:
    """Weights w with |w_k v_k| / sum |w v| = share_k for each term with a share; the others keep theirs.

    For one perceptual term P beside an image term I it is lambda of Psi = lambda P / (I + lambda P), arXiv:2509.23025.
    Raises ConfigError where shares leave nothing to the other terms, none is left, or a value is 0.
    """
    asked = sum(share for share in shares if share is not None)
    kept = sum(abs(w * v) for share, w, v in zip(shares, weights, values, strict=True) if share is None)
    if asked >= 1 or kept == 0:
        raise ConfigError(
            f"target shares add up to {asked:g} and the other terms to {kept:g}: "
            "leave at least one term with a weight, and a share for it"
        )
    if any(share is not None and value == 0 for share, value in zip(shares, values, strict=True)):
        raise ConfigError("a term with a target share is 0 on training patches; no weight gives it a share")
    total = kept / (1 - asked)
    return [
        weight if share is None else share * total / abs(value)
        for share, weight, value in zip(shares, weights, values, strict=True)
    ]
