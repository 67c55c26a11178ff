"""Every channel of the model observers and every measure of lesions: what it is, and how it is read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ldct.construct import Construct
from ldct.declaration import Declaration, Declarations
from ldct.metrics.declared import Metric

# How the names of what an observer finds end.
DPRIME, AUC = "_dprime", "_auc"


@dataclass(frozen=True, kw_only=True)
class Channels(Declaration):
    """Channels of a Hotelling observer: a function of (shape, spacing_mm, diameter_mm), see `ldct.lesions.channels`."""


@dataclass(frozen=True, kw_only=True)
class Measure(Metric):
    """A measure of lesions: a function of a `ldct.lesions.visible.Lesion`. balls: of inserted balls only."""

    family: str = "task"
    direction: str = "higher"
    construct: Construct | None = Construct.TASK
    mapping: str = "hu"
    source: str = "definition; docs/lesions.md"
    note: str | None = "mean over the inserted lesions of a patient, at the selected epoch only"
    balls: bool = False


# fmt: off
CHANNELS = Declarations("channels of an observer", Channels, (
    Channels("laguerre_gauss", "ldct.lesions.channels:about_the_lesion", label="Laguerre-Gauss",
        source="Gallas & Barrett 2003, JOSA A 20:1725"),
    Channels("dense_dog", "ldct.lesions.channels:dense_differences", label="dense DOG",
        source="Abbey & Barrett 2001, JOSA A 18:473"),
    Channels("gabor", "ldct.lesions.channels:gabor_bands", label="Gabor",
        source="Leng et al. 2013, Med Phys 40:081908"),
))
MEASURES = Declarations("measure of lesions", Measure, (
    Measure("lesion_cnr", "ldct.lesions.visible:contrast_to_noise", label="lesion CNR", low=0.0, reference=False),
    Measure("lesion_contrast_recovery", "ldct.lesions.visible:contrast_recovery", label="lesion contrast recovery",
        direction="one", low=0.0),
    Measure("lesion_texture", "ldct.lesions.visible:texture_ratio", label="lesion texture", direction="one", low=0.0),
    Measure("lesion_ttf50_ratio", "ldct.lesions.visible:sharpness_ratio", label="lesion TTF50 ratio", direction="one",
        low=0.0, balls=True),
))
# fmt: on
MATCHED_FILTER = "npw"
_CHO = "Abbey & Barrett 2001, JOSA A 18:473; Wunderlich et al. 2015, IEEE TMI 34:453"


def observer(channels: str) -> str:
    """The name in the tables of the Hotelling observer with these channels."""
    return f"cho_{CHANNELS.of(channels).name}"


def detected(channels: Iterable[str]) -> list[Measure]:
    """d' and AUC of the Hotelling observers with these channels, and of the matched filter."""
    paths = {use: CHANNELS.of(use).path for use in channels}
    kinds = [(observer(use), f"CHO {CHANNELS.of(use).label}", path, _CHO) for use, path in paths.items()]
    kinds.append((MATCHED_FILTER, "NPW", "ldct.lesions.observe:detect_npw", Measure.source))
    return [
        Measure(f"lesion_{name}{end}", path, label=f"{label} {sign}", reference=False, source=source, low=low)
        for name, label, path, source in kinds
        for end, sign, low in ((DPRIME, "d′", None), (AUC, "AUC", 0.0))
    ]


def of_patients(channels: Iterable[str]) -> list[Measure]:
    """Measures that enter the table of metric values, one a patient. AUC is not among them: it saturates."""
    return [*(one for one in detected(channels) if is_dprime(one.name)), *MEASURES.values()]


def labels(channels: Iterable[str]) -> dict[str, str]:
    """Measure -> name for readers."""
    return {one.name: one.label for one in (*detected(channels), *MEASURES.values())}


def direction(measure: str) -> str:
    """Where the best value lies; of what an observer detects, the higher the better."""
    return MEASURES[measure].direction if measure in MEASURES else Measure.direction


def is_dprime(measure: str) -> bool:
    """Whether it is the d' of an observer."""
    return measure.endswith(DPRIME)


def is_auc(measure: str) -> bool:
    """Whether it is the AUC of an observer."""
    return measure.endswith(AUC)
