from __future__ import annotations

import numpy as np
import pytest

from ldct.orientation import goodness
from ldct.statistics.home import described, home_metrics, is_perceptual, is_pixelwise
from ldct.statistics.home_share import at_home


@pytest.mark.parametrize(
    ("direction", "better", "worse"),
    [("higher", 2.0, 1.0), ("lower", 1.0, 2.0), ("zero", -1.0, 2.0), ("one", 1.1, 0.5), ("one", 0.9, 1.5)],
)
def test_better_is_higher(direction, better, worse):
    assert goodness(np.array(better), direction) > goodness(np.array(worse), direction)


def test_half_and_double_are_equally_bad():
    half, double = goodness(np.array([0.5, 2.0]), "one")
    assert half == pytest.approx(double)


def test_values_without_meaning_become_missing():
    assert np.isnan(goodness(np.array([np.inf, np.nan, -np.inf]), "higher")).all()
    assert np.isnan(goodness(np.array([0.0, -1.0]), "one")).all()
    with pytest.raises(ValueError, match="sideways"):
        goodness(np.zeros(1), "sideways")


def test_home_metrics_follow_the_terms():
    assert home_metrics("ms_ssim_l1", {"ms_ssim_l1": ["ms_ssim", "l1"]}) == ("ms_ssim", "mae")
    assert home_metrics("mine", {"mine": ["mse", "vgg16_hed"]}) == ("rmse", "psnr", "hed_vgg16_distance")
    assert home_metrics("mine", {}) == ()
    assert is_perceptual("mine", {"mine": ["mse", "vgg19"]}) and not is_perceptual("mse", {})
    assert is_pixelwise("charbonnier", {}) and not is_pixelwise("vgg", {"vgg": ["mse", "vgg16_hed"]})


def test_a_term_with_hardly_any_of_the_gradient_is_no_home():
    terms = {"mixed": [*described("l1"), *described("ssim"), *described("ssim", part="ssim_2")], "plain": ["ssim"]}
    measured = {"mixed": {"l1": 0.01, "ssim": 0.02, "ssim_2": 0.97}, "plain": {"ssim": 1.0}}
    assert home_metrics("mixed", terms) == ("mae", "ssim")
    assert home_metrics("mixed", at_home(terms, measured)) == ("ssim",), "by the second SSIM term"
    measured["mixed"]["ssim_2"] = 0.03
    weighted = at_home(terms, measured)
    assert home_metrics("mixed", weighted) == () and home_metrics("plain", weighted) == ("ssim",)
    # What a loss is made of stays.
    assert is_pixelwise("mixed", weighted) == is_pixelwise("mixed", terms)
    assert at_home(terms, {}) == terms, "without measured shares the declarations stand"
