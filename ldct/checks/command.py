"""`ldct check`: every mistake of a configuration in one message, else the card of the study."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from ldct.card.build import card_of
from ldct.card.text import text_of
from ldct.checks.run import run_checks
from ldct.cohort.guard import shared_identities
from ldct.config.load import examine_files
from ldct.config.mistakes import line_of, refusal
from ldct.errors import ConfigError
from ldct.stages.check import Check
from ldct.stages.keys import Whole
from ldct.study.plan import Plan


def check_files(files: Sequence[Path], weights_dir: Path) -> str:
    """The card of the study of YAML files, as text; raises one ConfigError with the mistakes of all sections.

    What is wrong in one section hides nothing of another.
    """
    start = time.monotonic()
    configuration = examine_files(*files)
    plan = Plan(configuration, weights_dir=weights_dir, strict=False)
    spec = Check.spec(plan, Whole())
    total = len(spec.networks) + len(spec.losses) + len(spec.judged.metrics) + len(spec.judged.filters)
    with tqdm(total=total, desc="check", unit="", leave=False, disable=not sys.stderr.isatty()) as bar:

        def told(what: str) -> None:
            bar.set_postfix_str(what)
            bar.update()

        measured, mistakes = run_checks(spec, weights_dir, told)
    wrong = [line_of(mistake.location, mistake.text, configuration.sources) for mistake in mistakes]
    shared, notes = shared_identities(list(plan.patients.values()))
    everything = [*plan.mistakes, *shared, *wrong]
    if everything:
        raise ConfigError(refusal(everything))
    summary = f"{len(plan.patients)} patients, {len(plan.losses)} losses, {len(plan.compared_runs)} trainings"
    return f"{summary}; all work ({time.monotonic() - start:.0f} s)\n{text_of(card_of(spec, measured, notes))}"
