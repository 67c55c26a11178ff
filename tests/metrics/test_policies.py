"""Identical, constant, not finite, masked and small images: a value or a reason, the same for every metric."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.intensity import WINDOWS
from ldct.metrics.base import Metric, NoValue, View, measure, view
from ldct.metrics.declared import METRICS

WEIGHT_FREE = [name for name, metric in METRICS.items() if not (metric.weights or metric.fitted)]
WINDOW = WINDOWS["soft_tissue"]


@pytest.fixture
def ct(request, ct) -> np.ndarray:
    """The real slice; for `nps_peak_ratio` with noise that is stronger than anatomy at .4 per mm."""
    if getattr(request.node, "callspec", None) is None or request.node.callspec.params.get("name") != "nps_peak_ratio":
        return ct
    f = np.hypot(np.fft.fftfreq(ct.shape[0], 0.7)[:, None], np.fft.rfftfreq(ct.shape[1], 0.7))
    white = np.fft.rfft2(np.random.default_rng(6).standard_normal(ct.shape))
    noise = np.fft.irfft2(white * np.exp(-(((f - 0.4) / 0.1) ** 2)), ct.shape)
    return (ct + 60 * noise / noise.std()).astype(np.float32)


def metric(name: str) -> Metric:
    return METRICS.load(name)()


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
    size = tested.smallest
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
    elif tested.family == "physics" and name not in ("hu_bias", "hu_bias_bins"):
        with pytest.raises(NoValue, match=r"no noise|pixels o[fn] |isolated edges"):
            measure(tested, seen(tested, flat), seen(tested, ct))
    elif tested.reference:
        assert np.isfinite(measure(tested, seen(tested, flat), seen(tested, ct)))


@pytest.mark.parametrize("name", WEIGHT_FREE)
def test_a_constant_prediction_is_not_the_best(name, ct):
    tested = metric(name)
    reference, flat = seen(tested, ct), seen(tested, np.full_like(ct, 40))
    if not tested.reference or name.startswith(("nps", "cnr", "ttf", "edge_width")):
        with pytest.raises(NoValue, match=r"constant|no noise|no step|anatomy hides it"):
            measure(tested, reference, flat)
        return
    value = measure(tested, reference, flat)
    if name != "psnr":
        assert value != pytest.approx(measure(tested, reference, reference), abs=1e-3)


# Of equal value either way round by their formulas.
SYMMETRIC = {"rmse", "mae", "psnr", "ssim", "ms_ssim", "gmsd", "ms_gmsd", "fsim", "srsim", "vsi", "dss"}
SYMMETRIC |= {"haarpsi", "haarpsi_med"}
# Symmetric but for the pixels, or weights, that come from one of both.
NEARLY = {"nps_log_distance", "hu_bias_bins", "iw_ssim"}


@pytest.mark.parametrize("name", [name for name in WEIGHT_FREE if metric(name).reference])
def test_order_of_the_arguments(name, ct):
    """Symmetric measures give the same either way round; of the others each way has its own value."""
    tested = metric(name)
    noisier = ct + np.random.default_rng(4).normal(0, 25, ct.shape).astype(np.float32) + 6
    one = measure(tested, seen(tested, ct), seen(tested, noisier))
    other = measure(tested, seen(tested, noisier), seen(tested, ct))
    if name in SYMMETRIC:
        assert one == pytest.approx(other, rel=1e-5)
    elif name not in NEARLY:
        assert one != pytest.approx(other, rel=1e-3)


def test_nothing_measured_has_a_reason(ct):
    tested = metric("rmse")
    nothing = seen(tested, ct, np.zeros(ct.shape, bool))
    with pytest.raises(NoValue, match="no measured pixel"):
        measure(tested, nothing, nothing)


def test_shapes_that_differ_are_refused(ct):
    tested = metric("ssim")
    with pytest.raises(ValueError, match="shapes differ"):
        measure(tested, seen(tested, ct), seen(tested, ct[:100]))


@pytest.mark.parametrize("name", METRICS)
def test_declarations(name):
    kind = METRICS.load(name)
    assert kind.name == name
    assert kind.family in {"fidelity", "structure", "perceptual", "no_reference", "physics", "task", "distribution"}
    assert kind.direction in {"higher", "lower", "zero", "one"}
    assert kind.mapping in {"hu", "window"}
    assert kind.label and kind.source and kind.licence and kind.__doc__
