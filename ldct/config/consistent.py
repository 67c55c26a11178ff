"""What settings of different sections must agree on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ldct.anchors import IMAGES
from ldct.declaration import nearest

if TYPE_CHECKING:
    from ldct.config.study import Study


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
