"""One training of the study: one network, loss, fold and seed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ldct.data.stream import PatchStream, PatchTables
from ldct.intensity import Intensity
from ldct.losses import registry as losses
from ldct.losses.composite import WeightedSum
from ldct.models import registry as models
from ldct.models.build import build_model, parameter_count
from ldct.registry import resolve
from ldct.study.code import reachable
from ldct.training import files
from ldct.training.engine import DivergedError, Engine
from ldct.training.history import select_epoch, write_history
from ldct.training.precision import choose_arithmetic, make_deterministic
from ldct.training.validation import Validation
from ldct.training.weighting import calibrated, with_encoder, with_learning_rate

log = logging.getLogger("ldct")


def train(
    spec: Mapping[str, Any],
    patches: Mapping[str, Path],
    output: Path,
    weights_dir: Path,
    bar: bool | None = None,
    calibration: Path | None = None,
    encoder: Path | None = None,
    search: Path | None = None,
) -> None:
    """Train and write weights, kept checkpoints, history, run.json and TensorBoard events to `output`.

    spec: model {name, use, options}, loss {name, terms: [{use, weight, options}]}, fold, seed, train and validation
    (patients, keys of `patches`), training (the configuration section). Equal arguments give equal weights on one
    machine with one number of threads, also where the run was killed and started again in between. A run that
    diverges is recorded in run.json and raises nothing. Raises SystemExit on SIGTERM (143) or Ctrl-C (130), its
    state saved, and InputError where there are no training patches. bar: a progress bar; None decides by the terminal.
    calibration: table of the weights of terms with a target share (`ldct.training.calibration`). encoder: weights of
    the fold's own encoder (`ldct.training.encoder`). search: table of the learning rates tried
    (`ldct.training.search`); the one chosen there replaces the configured one.
    """
    terms = with_encoder(calibrated(spec["loss"]["terms"], calibration), encoder)
    settings = with_learning_rate(spec["training"], search)
    spec = {**spec, "loss": {**spec["loss"], "terms": terms}, "training": settings}
    label = f"{spec['model']['name']}/{spec['loss']['name']} fold {spec['fold']} seed {spec['seed']}"
    make_deterministic(int(spec["seed"]))
    arithmetic = choose_arithmetic(settings["precision"], settings["device"])
    intensity = Intensity()
    model = build_model(spec["model"])
    loss = WeightedSum(spec["loss"]["terms"], intensity, weights_dir)
    stream = PatchStream(PatchTables(patches, spec["train"]), int(spec["seed"]), settings["batch"], intensity)
    held_out = PatchTables(patches, spec["validation"])
    patches_per_epoch = settings["steps_per_epoch"] * settings["batch"]
    validation = Validation(held_out, patches_per_epoch, settings["batch"], intensity)
    engine = Engine(settings, model, loss, stream, validation, arithmetic, output, resume_key(spec, patches, encoder))
    if engine.resume():
        log.info("%s: going on after step %d of %d", label, engine.position.step, engine.steps)
    else:
        files.clear(output)
        log.info(
            "%s: %d parameters, %d training and %d validation patches, %s on %s",
            label,
            parameter_count(model),
            len(stream.tables),
            len(validation),
            arithmetic.name,
            arithmetic.device.type,
        )
    reason = None
    try:
        engine.run(label, bar)
    except DivergedError as error:
        reason = str(error)
        log.warning("%s: stopped, %s", label, reason)
    _finish(spec, engine, output, reason)
    if reason is None:
        log.info("%s: finished", label)


def _finish(spec: Mapping[str, Any], engine: Engine, output: Path, reason: str | None) -> None:
    """Write what stands for the run; the resumable state goes last."""
    settings, history = spec["training"], engine.position.history
    kept = [row["epoch"] for row in history if row["epoch"] in settings["checkpoints"]]
    selected = select_epoch(history, kept, settings["checkpoint_rule"]) if reason is None else None
    source = (
        files.weights_bytes(engine.model) if selected is None else files.checkpoint_path(output, selected).read_bytes()
    )
    files.write_bytes(output / "weights.safetensors", source)
    write_history(output / "history.parquet", history)
    files.write_json(
        output / "run.json",
        {
            "status": "completed" if reason is None else "failed",
            "reason": reason,
            "epoch": len(history),
            "step": engine.position.step,
            "selected": selected,
            "checkpoints": kept,
            "parameters": parameter_count(engine.model),
            "learning_rate": settings["learning_rate"],
            "precision": engine.arithmetic.name,
            "device": engine.arithmetic.device.type,
            "spec_sha256": files.digest(spec),
        },
    )
    (output / "resume.pt").unlink(missing_ok=True)


def resume_key(spec: Mapping[str, Any], patches: Mapping[str, Path], encoder: Path | None = None) -> str:
    """Changes with the settings, the patches, the encoder, the code that the run reaches and the version of torch."""
    uses = [resolve(term["use"], losses.BUILTIN, "loss term") for term in spec["loss"]["terms"]]
    code = reachable("ldct.training.run:train", resolve(spec["model"]["use"], models.BUILTIN, "model"), *uses)
    used = sorted({Path(patches[patient]) for patient in [*spec["train"], *spec["validation"]]})
    if encoder is not None:
        used.append(encoder)
    return files.digest(spec, code, [files.digest_of_file(path) for path in used], torch.__version__)
