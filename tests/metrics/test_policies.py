"""Identical, constant, not finite, masked and small images: a value or a reason, the same for every metric."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.intensity import WINDOWS
from ldct.metrics.base import Metric, NoValue, View, measure, view
from ldct.metrics.registry import BUILTIN, REQUIRES
from ldct.registry import load

WEIGHT_FREE = [name for name in BUILTIN if name not in REQUIRES]
WINDOW = WINDOWS["soft_tissue"]


def metric(name: str) -> Metric:
    return load(name, BUILTIN, "metric")()


def seen(tested: Metric, hu: np.ndarray, valid: np.ndarray | None = None) -> View:
    return view(hu, valid, (0.7, 0.7), WINDOW if tested.mapping == "window" else None)


def best_of(tested: Metric) -> float | None:
    return {"zero": 0.0, "one": 1.0, "lower": 0.0}.get(tested.direction, tested.high)


@pytest.mark.parametrize("name", WEIGHT_FREE)
def test_identical_images_get_the_best_value_or_a_reason(name, ct):
    tested = metric(name)
    image = seen(tested, ct)
    if name == "psnr":
        with pytest.raises(NoValue, match="identical"):
            measure(tested, image, image)
    elif tested.reference:
        best = 1.0 if name == "vifp" else best_of(tested)
        assert measure(tested, image, image) == pytest.approx(best, abs=1e-6)


@pytest.mark.parametrize("name", WEIGHT_FREE)
def test_an_image_that_is_not_finite_has_no_value(name, ct):
    tested = metric(name)
    for bad in (np.nan, np.inf, -np.inf):
        prediction = ct.copy()
        prediction[30, 30] = bad
        if tested.mapping == "window" and not np.isnan(bad):
            # A window clips infinity like any number beyond it; the HU metrics refuse it.
            continue
        with pytest.raises(NoValue, match="not finite"):
            measure(tested, seen(tested, ct), seen(tested, prediction))


@pytest.mark.parametrize("name", WEIGHT_FREE)
def test_what_lies_at_unmeasured_pixels_does_not_matter(name, ct):
    tested = metric(name)
    valid = np.ones(ct.shape, bool)
    valid[:, :30] = False
    prediction = ct + np.random.default_rng(0).normal(0, 20, ct.shape).astype(np.float32)
    other, reference = prediction.copy(), ct.copy()
    other[~valid] = np.nan
    reference[~valid] = 3000
    value = measure(tested, seen(tested, ct, valid), seen(tested, prediction, valid))
    assert measure(tested, seen(tested, reference, valid), seen(tested, other, valid)) == value


@pytest.mark.parametrize("name", WEIGHT_FREE)
def test_an_image_smaller_than_the_filters_has_a_reason(name, ct):
    tested = metric(name)
    size = tested.min_size
    if size > 1:
        small = ct[60 : 60 + size - 1, 60 : 60 + size + 20]
        with pytest.raises(NoValue, match="needs at least"):
            measure(tested, seen(tested, small), seen(tested, small + 9))
    if tested.mapping == "window":
        enough = np.random.default_rng(size).normal(40, 60, (size, size))
        assert np.isfinite(measure(tested, seen(tested, enough), seen(tested, enough + 9 + enough / 50)))


@pytest.mark.parametrize("name", WEIGHT_FREE)
def test_a_constant_reference_has_a_reason_where_structure_is_compared(name, ct):
    tested = metric(name)
    flat = np.full_like(ct, 40)
    if tested.contrast:
        with pytest.raises(NoValue, match="constant"):
            measure(tested, seen(tested, flat), seen(tested, ct))
    elif name == "noise_sd_ratio":
        with pytest.raises(NoValue, match="no noise"):
            measure(tested, seen(tested, flat), seen(tested, ct))
    elif tested.reference:
        assert np.isfinite(measure(tested, seen(tested, flat), seen(tested, ct)))


@pytest.mark.parametrize("name", [n for n in WEIGHT_FREE if n != "niqe_skvideo"])
def test_a_constant_prediction_is_judged_and_is_not_the_best(name, ct):
    tested = metric(name)
    flat = np.full_like(ct, 40)
    value = measure(tested, seen(tested, ct), seen(tested, flat))
    identical = None if name == "psnr" else measure(tested, seen(tested, ct), seen(tested, ct))
    assert np.isfinite(value)
    assert identical is None or value != pytest.approx(identical, abs=1e-3)


def test_a_constant_image_has_no_niqe(ct):
    tested = metric("niqe_skvideo")
    flat = seen(tested, np.full_like(ct, 40))
    with pytest.raises(NoValue, match="constant"):
        measure(tested, flat, flat)


def test_nothing_measured_has_a_reason(ct):
    tested = metric("rmse")
    nothing = seen(tested, ct, np.zeros(ct.shape, bool))
    with pytest.raises(NoValue, match="no measured pixel"):
        measure(tested, nothing, nothing)


def test_shapes_that_differ_are_refused(ct):
    tested = metric("ssim")
    with pytest.raises(ValueError, match="shapes differ"):
        measure(tested, seen(tested, ct), seen(tested, ct[:100]))


@pytest.mark.parametrize("name", BUILTIN)
def test_declarations(name):
    kind = load(name, BUILTIN, "metric")
    assert kind.name == name
    assert kind.family in {"fidelity", "structure", "perceptual", "no_reference", "physics", "task"}
    assert kind.direction in {"higher", "lower", "zero", "one"}
    assert kind.mapping in {"hu", "window"}
    assert kind.label and kind.source and kind.licence and kind.__doc__
