"""What the measures of lesions are called, and how they are read; light enough for every stage."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

CHANNELS = {"laguerre_gauss": "Laguerre-Gauss", "dense_dog": "dense DOG", "gabor": "Gabor"}
_SOURCE = "definition; docs/lesions.md"
_CHO = "Abbey & Barrett 2001, JOSA A 18:473; Wunderlich et al. 2015, IEEE TMI 34:453"


def observers(channels: Iterable[str]) -> list[str]:
    """Observers with these channels, and the matched filter: 'cho_gabor', ..., 'npw'."""
    return [*(f"cho_{name}" for name in channels), "npw"]


def label(metric: str) -> str:
    """A measure as a reader writes it."""
    plain = {
        "lesion_cnr": "lesion CNR",
        "lesion_contrast_recovery": "lesion contrast recovery",
        "lesion_texture": "lesion texture",
        "lesion_ttf50_ratio": "lesion TTF50 ratio",
    }
    if metric in plain:
        return plain[metric]
    observer, _, what = metric.removeprefix("lesion_").rpartition("_")
    name = "NPW" if observer == "npw" else f"CHO {CHANNELS[observer.removeprefix('cho_')]}"
    return f"{name} {'AUC' if what == 'auc' else 'd′'}"


def direction(metric: str) -> str:
    """'one' for what is to be as at full dose, else 'higher'."""
    return "one" if metric in ("lesion_contrast_recovery", "lesion_texture", "lesion_ttf50_ratio") else "higher"


def whole_patient(channels: Iterable[str]) -> list[str]:
    """Measures that enter the table of metric values, one a patient. AUC is not among them: it saturates."""
    detected = [f"lesion_{observer}_dprime" for observer in observers(channels)]
    return [*detected, "lesion_cnr", "lesion_contrast_recovery", "lesion_texture", "lesion_ttf50_ratio"]


def catalogue(channels: Iterable[str]) -> list[dict[str, Any]]:
    """CATALOGUE rows of `whole_patient`."""
    return [
        {
            "metric": metric,
            "label": label(metric),
            "family": "task",
            "direction": direction(metric),
            "low": None if metric.endswith("dprime") else 0.0,
            "high": None,
            "unit": "",
            "mapping": "hu",
            "reference": direction(metric) == "one",
            "source": _CHO if "cho" in metric else _SOURCE,
            "licence": "Apache-2.0",
            "available": True,
            "note": "mean over the inserted lesions of a patient, at the selected epoch only",
        }
        for metric in whole_patient(channels)
    ]
