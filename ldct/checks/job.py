"""The check as a job of the study: what does not work is refused, and the card says what was checked."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ldct.card.build import card_of
from ldct.checks.run import run_checks
from ldct.cohort.guard import shared_identities
from ldct.errors import ConfigError
from ldct.files import write_text

if TYPE_CHECKING:
    from ldct.stages.check import Check
    from ldct.study.manifest import Patient

log = logging.getLogger("ldct")


def check_study(
    spec: Check.Spec, output: Path, refused: Path, weights_dir: Path, patients: Sequence[Patient] = ()
) -> None:
    """Write the card of a study as JSON to `output`; else every mistake to `refused`, and raise ConfigError with it.

    patients: rows of the manifest, which the headers of their files must tell apart.
    """
    start = time.monotonic()
    shared, notes = shared_identities(patients)
    for note in notes:
        log.warning("cohort: %s", note)
    measured, mistakes = run_checks(spec, weights_dir)
    if shared or mistakes:
        lines = "\n".join(f"  {line}" for line in [*shared, *(mistake.line for mistake in mistakes)])
        message = f"the study cannot be run as it is configured:\n{lines}"
        write_text(refused, message + "\n")
        raise ConfigError(message)
    refused.unlink(missing_ok=True)
    write_text(output, card_of(spec, measured, notes).model_dump_json(indent=1) + "\n")
    log.info(
        "%d networks, %d losses and %d metrics work (%.0f s)",
        len(spec.networks),
        len(spec.losses),
        len(measured.metric),
        time.monotonic() - start,
    )
