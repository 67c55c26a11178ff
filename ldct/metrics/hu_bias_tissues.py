"""Bias of HU in further classes of tissue."""

from __future__ import annotations

from ldct.metrics.declared import METRICS
from ldct.metrics.hu_bias import HUBias

_SOURCE = "definition; tissue by the 5 x 5 mean of the full-dose image, {} HU"


class HUBiasLung(HUBias, declared=METRICS["hu_bias_lung"]):
    """mean(prediction - reference) in HU over lung, -950 to -700 HU."""

    hu = (-950.0, -700.0)


class HUBiasFat(HUBias, declared=METRICS["hu_bias_fat"]):
    """mean(prediction - reference) in HU over fat, -130 to -70 HU."""

    hu = (-130.0, -70.0)


class HUBiasBone(HUBias, declared=METRICS["hu_bias_bone"]):
    """mean(prediction - reference) in HU over bone, from 300 HU."""

    hu = (300.0, 3000.0)
