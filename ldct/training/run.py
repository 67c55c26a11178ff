"""One training of the study: one network, loss, fold and seed."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ldct.data.stream import PatchStream, PatchTables
from ldct.errors import ConfigError, LdctError
from ldct.files import sha256, write_bytes, write_json
from ldct.intensity import Intensity
from ldct.locks import alone
from ldct.losses.composite import WeightedSum
from ldct.losses.declared import TERMS, walk_terms
from ldct.models.build import build_model, parameter_count
from ldct.models.declared import NETWORKS
from ldct.study.code import reachable
from ldct.study.split import among
from ldct.training import files
from ldct.training.engine import DivergedError, Engine
from ldct.training.history import select_epoch, write_history
from ldct.training.precision import choose_arithmetic, make_deterministic
from ldct.training.validation import Validation
from ldct.training.weighting import calibrated, with_encoder, with_learning_rate

if TYPE_CHECKING:
    from ldct.stages.training import TrainingSpec

log = logging.getLogger("ldct")
# How a training ends: to the end, by divergence, or by an error of the machine or of the loss's or network's code.
COMPLETED, FAILED, ERROR = "completed", "failed", "error"


def train(
    spec: TrainingSpec,
    patches: Mapping[str, Path],
    output: Path,
    weights_dir: Path,
    bar: bool | None = None,
    calibration: Path | None = None,
    encoder: Path | None = None,
    search: Path | None = None,
) -> None:
    """Train and write weights, kept checkpoints, history, run.json and TensorBoard events to `output`.

    patches: patch table of each patient that is trained or validated on. Equal arguments give equal weights on one
    machine with one number of threads, also where the run was killed and started again in between. A run that diverges,
    runs out of memory or meets an error in its loss or network is recorded in run.json and raises nothing, so that it
    costs itself alone. Raises SystemExit on SIGTERM (143) or Ctrl-C (130), its state saved, InputError where there are
    no training patches, ConfigError where nobody is left to validate on, and OSError of the disk.
    bar: a progress bar; None decides by the terminal. calibration: table of the weights of terms with a target share
    (`ldct.training.calibration`). encoder: weights of the fold's own encoder (`ldct.training.encoder`). search: table
    of the learning rates tried (`ldct.training.search`); the one chosen there replaces the configured one.
    """
    terms = with_encoder(calibrated(spec.terms, calibration), encoder)
    budget = with_learning_rate(spec.budget, search)
    training, validating, note = _among(spec, patches)
    dealt = {"train": training, "validation": validating}
    spec = spec.model_copy(update={"terms": tuple(terms), "budget": budget, **dealt})
    # results/models/{model}/{loss}/fold{fold}/seed{seed}
    label = re.sub(r"/(fold|seed)(\d+)", r" \1 \2", "/".join(output.parts[-4:]))
    make_deterministic(spec.seed)
    arithmetic = choose_arithmetic(budget.precision, budget.device)
    intensity = Intensity()
    model = build_model(spec.network.use, spec.network.options)
    loss = WeightedSum([term.model_dump() for term in terms], intensity, weights_dir)
    stream = PatchStream(PatchTables(patches, spec.train), spec.seed, budget.batch, intensity)
    held_out = PatchTables(patches, spec.validation)
    validation = Validation(held_out, budget.steps_per_epoch * budget.batch, budget.batch, intensity)
    engine = Engine(budget, model, loss, stream, validation, arithmetic, output, resume_key(spec, patches, encoder))
    with alone(output):
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
        if note:
            log.warning("%s: %s", label, note)
        status, reason = _outcome(engine, label, bar)
        _finish(spec, engine, output, status, reason, note)
    if status == COMPLETED:
        log.info("%s: finished", label)
    elif status == ERROR:
        # Its state stays, so that it goes on from there.
        log.warning("%s: to try it again: snakemake --forcerun %s", label, output / "run.json")


def _among(spec: TrainingSpec, patches: Mapping[str, Path]) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Who is trained and validated on among those with patches; raises ConfigError where nobody is left to validate."""
    planned = (*spec.train, *spec.validation)
    accepted = PatchTables.with_patches({name: patches[name] for name in planned})
    training, validating, note = among(accepted, spec.train, spec.validation, spec.order)
    if spec.validation and not validating:
        raise ConfigError(
            f"no patches to validate on: of {len(planned)} patients outside this fold {len(accepted)} have any, see "
            "results/cohort/rejections.parquet. Mend or add patients, or lower cohort.folds"
        )
    return training, validating, note


def _outcome(engine: Engine, label: str, bar: bool | None) -> tuple[str, str | None]:
    """Train; the status of the run, and why it is not completed."""
    try:
        engine.run(label, bar)
    except DivergedError as error:
        log.warning("%s: stopped, %s", label, error)
        return FAILED, str(error)
    except (LdctError, OSError):
        # Files and disks are no part of this training: others would fail on them too.
        raise
    except Exception as error:
        step = engine.position.step + 1
        # The text of a foreign error can hold anything; it stands in the log alone.
        reason = f"{type(error).__name__} at step {step} (epoch {(step - 1) // engine.steps_per_epoch + 1})"
        log.warning("%s: stopped, %s", label, reason, exc_info=error)
        return ERROR, reason
    return COMPLETED, None


def _finish(spec: TrainingSpec, engine: Engine, output: Path, status: str, reason: str | None, note: str) -> None:
    """Write what stands for the run; the resumable state goes last, and stays after an error."""
    budget, history = engine.budget, engine.position.history
    kept = [row["epoch"] for row in history if row["epoch"] in budget.checkpoints]
    selected = select_epoch(history, kept, budget.checkpoint_rule) if status == COMPLETED else None
    source = (
        files.weights_bytes(engine.model) if selected is None else files.checkpoint_path(output, selected).read_bytes()
    )
    write_bytes(output / "weights.safetensors", source)
    write_history(output / "history.parquet", history)
    notes = [note] if note else []
    if budget.checkpoint_rule != "last" and not len(engine.validation):
        notes.append("no validation patches: the last epoch stands for the run")
    write_json(
        output / "run.json",
        {
            "status": status,
            "reason": reason,
            "notes": notes,
            "epoch": len(history),
            "step": engine.position.step,
            "selected": selected,
            "checkpoints": kept,
            "parameters": parameter_count(engine.model),
            "learning_rate": budget.learning_rate,
            "precision": engine.arithmetic.name,
            "device": engine.arithmetic.device.type,
            "made_with": engine.arithmetic.made_with(),
            # Of the bytes: what reads this file reads them too.
            "weights": {epoch: sha256(files.checkpoint_path(output, epoch)) for epoch in kept},
            "spec_sha256": files.digest(spec.canonical()),
        },
    )
    if status != ERROR:
        (output / "resume.pt").unlink(missing_ok=True)


def resume_key(spec: TrainingSpec, patches: Mapping[str, Path], encoder: Path | None = None) -> str:
    """Changes with the settings, the patches, the encoder, the code that the run reaches and the version of torch."""
    terms = [TERMS.of(use).path for term in spec.terms for use, _ in walk_terms(term.use, term.options)]
    code = reachable("ldct.training.run:train", NETWORKS.of(spec.network.use).path, *terms)
    used = sorted({Path(patches[patient]) for patient in [*spec.train, *spec.validation]})
    if encoder is not None:
        used.append(encoder)
    return files.digest(spec.canonical(), code, [files.digest_of_file(path) for path in used], torch.__version__)
