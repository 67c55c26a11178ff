"""Bias of HU in further classes of tissue."""

from __future__ import annotations

from ldct.metrics.hu_bias import HUBias

_SOURCE = "definition; tissue by the 5 x 5 mean of the full-dose image, {} HU"


class HUBiasLung(HUBias):
    """mean(prediction - reference) in HU over lung, -950 to -700 HU."""

    name, label, hu = "hu_bias_lung", "HU bias, lung", (-950.0, -700.0)
    source = _SOURCE.format("-950 to -700")


class HUBiasFat(HUBias):
    """mean(prediction - reference) in HU over fat, -130 to -70 HU."""

    name, label, hu = "hu_bias_fat", "HU bias, fat", (-130.0, -70.0)
    source = _SOURCE.format("-130 to -70")


class HUBiasBone(HUBias):
    """mean(prediction - reference) in HU over bone, from 300 HU."""

    name, label, hu = "hu_bias_bone", "HU bias, bone", (300.0, 3000.0)
    source = _SOURCE.format("300 to 3000")
