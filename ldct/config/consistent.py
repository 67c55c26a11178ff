"""What settings of different sections must agree on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ldct.anchors import IMAGES
from ldct.declaration import nearest
from ldct.errors import ConfigError
from ldct.filters.declared import FILTERS
from ldct.losses.declared import TERMS, walk_terms

if TYPE_CHECKING:
    from ldct.config.study import Study
    from ldct.config.training import Term


class Disagreement(NamedTuple):
    """A setting ('section.key') that does not fit others, with the others, and why."""

    key: str
    others: tuple[str, ...]
    message: str


def disagreements(study: Study) -> Iterator[Disagreement]:
    """Everything in `study` that does not fit together."""
    kept, epochs = study.training.checkpoints, study.training.epochs
    if kept[0] < 1 or kept[-1] > epochs:
        yield Disagreement(
            "training.checkpoints", ("training.epochs",), f"{kept} must lie in 1..training.epochs ({epochs})"
        )
    names: list[tuple[str, str | None, str, Collection[str]]] = [
        ("statistics.primary_window", study.statistics.primary_window, "evaluation.windows", study.evaluation.windows),
        ("statistics.reference_loss", study.statistics.reference_loss, "losses", study.losses),
        ("statistics.candidate_loss", study.statistics.candidate_loss, "losses", study.losses),
    ]
    names += [("inference.dicom", name, "losses", [*study.losses, *IMAGES]) for name in study.inference.dicom]
    for key, name, place, known in names:
        if name is not None and name not in known:
            yield Disagreement(key, (place,), f"'{name}' is not in {place}{nearest(name, known)}")
    yield from _untrained(study)
    yield from _nested(study)
    yield from _shares(study)
    yield from _patches(study)


def _untrained(study: Study) -> Iterator[Disagreement]:
    """In the tables filters stand beside losses, so that every name must be one thing."""
    names = [FILTERS.of(use).name for use in study.evaluation.filters]
    taken = {*study.losses, *IMAGES}
    for at, name in enumerate(names):
        if name in taken or name in names[:at]:
            others = "a loss, an image or another filter"
            yield Disagreement(f"evaluation.filters.{at}", ("losses",), f"'{name}' is the name of {others} too")


def _nested(study: Study) -> Iterator[Disagreement]:
    """Terms in the options of terms."""
    for name, at, term in _terms(study):
        try:
            for use, _ in walk_terms(term.use, term.options):
                TERMS.of(use)
        except ConfigError as error:
            key = f"losses.{name}.terms.{at}.options.terms"
            yield Disagreement(key, (f"losses.{name}",), str(error))


def _shares(study: Study) -> Iterator[Disagreement]:
    """A target share needs a value that means something before the network is trained."""
    for name, at, term in _terms(study):
        if term.psi is None:
            continue
        for use, _ in _walked(term.use, term.options):
            declared = TERMS.of(use)
            traits = {
                "trains a critic of its own": declared.critic,
                "has parameters that are trained": declared.trainable,
                "can be negative": declared.negative,
            }
            if any(traits.values()):
                why = " and ".join(text for text, holds in traits.items() if holds)
                yield Disagreement(
                    f"losses.{name}.terms.{at}.psi",
                    (f"losses.{name}",),
                    f"{use} has no share that a calibration could measure, since it {why}; give `weight` instead",
                )
                break


def _patches(study: Study) -> Iterator[Disagreement]:
    """Terms with their usual options state the least side of a patch; those with others are tried on a batch."""
    size = study.patches.size
    for name, at, term in _terms(study):
        for use, options in _walked(term.use, term.options):
            least = TERMS.of(use).smallest
            if size < least and not options:
                yield Disagreement(
                    f"losses.{name}.terms.{at}.use",
                    (f"losses.{name}", "patches.size"),
                    f"{use} needs patches of at least {least} pixels a side; patches.size is {size}",
                )


def _terms(study: Study) -> Iterator[tuple[str, int, Term]]:
    """Name of the loss, place of the term in it, and the term; those of ablations are those of their loss."""
    made = {key for name, loss in study.losses.items() for key in loss.ablations(name)}
    for name, loss in study.losses.items():
        if name not in made:
            yield from ((name, at, term) for at, term in enumerate(loss.terms))


def _walked(use: str, options: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """The term and those nested in it, or itself alone where these cannot be read, which building it tells."""
    try:
        walked = list(walk_terms(use, options))
        for name, _ in walked:
            TERMS.of(name)
    except ConfigError:
        return [(use, options)]
    return walked
