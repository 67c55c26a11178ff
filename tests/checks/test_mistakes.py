"""`ldct check` finds what would fail hours later, names the key, and tells everything at once."""

from __future__ import annotations

import pytest

from tests.checks.conftest import STUDY

REFUSED = "the configuration cannot be used"


def loss(*terms: dict) -> dict:
    return {"losses": {"mse": "mse", "x": {"terms": list(terms)}}}


def term(use: str, **options) -> dict:
    return {"use": use, "options": options}


def test_a_study_that_works_is_not_refused(checked):
    text = checked(losses={"mse": "mse", "mine": "mse + 0.1 * own_parts:Works"})
    assert text.startswith("5 patients, 2 losses, 12 trainings; all work"), text
    # 1 -> 4, four times 4 -> 4 and back with as many, 4 -> 1: filters of 3 x 3 with a bias each.
    assert f"net: redcnn, kernel 3, width 4; {40 + 8 * 148 + 37:,} parameters" in text
    assert "loss         mine: mse + 0.1 * own_parts:Works" in text


CASES = {
    "an option misspelt": (
        loss(term("ssim", sigmaa=2)),
        "my.yaml: losses.x.terms.0.options.sigmaa: unknown option of ssim; the nearest is 'sigma'",
    ),
    "an even size": (
        loss(term("ssim", size=10)),
        "my.yaml: losses.x.terms.0.options.size: ssim: is 10; expected an odd number",
    ),
    "an option of a base class misspelt": (
        loss(term("dugan", critic_step=2)),
        "losses.x.terms.0.options.critic_step: unknown option of dugan; the nearest is 'critic_steps'",
    ),
    "an option of a nested term": (
        loss(term("uncertainty", terms=[{"use": "mse"}, {"use": "huber", "options": {"detla": 1}}])),
        "losses.x.terms.0.options.terms.1.options.detla: unknown option of huber; the nearest is 'delta'",
    ),
    "an option of a network": (
        {"models": {"net": {"use": "redcnn", "options": {"widht": 3}}}},
        "my.yaml: models.net.options.widht: unknown option of redcnn; the nearest is 'width'",
    ),
    "a value of a network": (
        {"models": {"net": {"use": "redcnn", "options": {"width": 4, "kernel": 4}}}},
        "models.net.options: model 'redcnn' with options",
    ),
    "a filter that fails": (
        {"evaluation": {"metrics": ["rmse"], "filters": ["own_parts:halved"]}},
        "evaluation.filters.0: own_parts:halved fails on a CT-like slice: ValueError: filter own_parts:halved gave an "
        "image of shape (128, 256)",
    ),
    "a filter named as a loss": (
        {"evaluation": {"metrics": ["rmse"], "filters": ["own_parts:l1"]}},
        "evaluation.filters.0: 'l1' is the name of a loss, an image or another filter too",
    ),
    "channels that are not there": (
        {"lesions": {"per_patient": 1, "channels": ["gabbor"]}},
        "lesions.channels.0: no channels of an observer 'gabbor'; the nearest is 'gabor'",
    ),
    "channels of another shape": (
        {"lesions": {"per_patient": 1, "channels": ["own_parts:flat"]}},
        "lesions.channels.0: own_parts:flat gave shape (43, 43); expected finite (1849 pixels, channels)",
    ),
    "an own class misspelt": (
        loss(term("own_parts:Wroks")),
        "own_parts.py has no class Wroks; the nearest is 'Works'",
    ),
    "an own class that fails": (
        loss(term("own_parts:Fails")),
        "losses.x.terms.0.use: own_parts:Fails fails on patches of 32 x 32 pixels: RuntimeError: ",
    ),
    "an own class whose gradient is not finite": (
        loss(term("own_parts:Endless")),
        "losses.x.terms.0.use: own_parts:Endless of CT-like patches: value 0, a gradient that is not finite",
    ),
    "an own option misspelt": (
        loss(term("own_parts:Works", scael=2)),
        "losses.x.terms.0.options.scael: unknown option of own_parts:Works; the nearest is 'scale'",
    ),
    "an own network of another shape": (
        {"models": {"net": {"use": "own_parts:Shrinks"}}},
        "models.net.use: own_parts:Shrinks makes (2, 1, 16, 16) of a batch (2, 1, 32, 32)",
    ),
    "an own network without an option it needs": (
        {"models": {"net": {"use": "own_parts:Needy"}}},
        "models.net.options.width: missing; own_parts:Needy cannot be built without it",
    ),
    "an own metric that fails": (
        {"evaluation": {"metrics": ["rmse", "own_parts:Metric"]}},
        "evaluation.metrics.1: own_parts:Metric fails on a pair of CT-like slices: AttributeError: 'View' object has "
        "no attribute 'pixel'",
    ),
    "patches larger than slices": (
        {"patches": {"size": 600}},
        "my.yaml: patches.size: 600 is larger than the slices of 4 patients; expected at most reconstruction.matrix, "
        "128",
    ),
    "patches smaller than a term needs": (
        {"patches": {"size": 16}, **loss(term("own_parts:Works"), term("lpips"))},
        "losses.x.terms.1.use: lpips needs patches of at least 31 pixels a side; patches.size is 16",
    ),
    "patches smaller than a term with options needs": (
        {"patches": {"size": 16}, **loss(term("ssim", size=21, sigma=3.0))},
        "losses.x.terms.0.use: ssim on patches of 16 x 16 pixels: loss ssim: images of (16, 16) pixels; it needs at "
        "least 21",
    ),
    "bare uncertainty": (
        loss(term("uncertainty")),
        "losses.x.terms.0.options.terms: missing; uncertainty cannot be built without it",
    ),
    "uncertainty over what is nothing": (
        loss(term("uncertainty", terms=["mse", "l3"])),
        "losses.x.terms.0.options.terms: no loss term 'l3'",
    ),
    "uncertainty over a negative term": (
        loss(term("uncertainty", terms=["mse", "wgan_gp"])),
        "losses.x.terms.0.options: loss uncertainty: its term wgan_gp can be negative",
    ),
    "a share of a critic": (
        loss(term("mse"), {"use": "wgan_gp", "psi": 0.3}),
        "losses.x.terms.1.psi: wgan_gp has no share that a calibration could measure, since it trains a critic of its "
        "own and can be negative",
    ),
    "a share of a critic that is nested": (
        loss(term("mse"), {**term("uncertainty", terms=["l1", "dugan"]), "psi": 0.3}),
        "losses.x.terms.1.psi: uncertainty has no share",
    ),
    "families without a metric": (
        {"statistics": {"candidate_loss": "l1", "candidate_families": ["distribution"]}},
        "my.yaml: statistics.candidate_families: the study has no metric of distribution; expected one of "
        "evaluation.metrics. Its families are: fidelity, structure",
    ),
    "all metrics missing": (
        {"evaluation": {"metrics": ["lpips_alex", "dists"]}},
        "evaluation.metrics: every one needs weights that are absent",
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_what_would_fail_later_is_named(checked, kind):
    changes, message = CASES[kind]
    text = checked(**changes)
    assert text.startswith(REFUSED) and message in text, text


def test_one_mistake_hides_no_other(checked):
    text = checked(
        training={"epoch": 3, "device": "cpu"},
        patches={"size": 600},
        models={"net": {"use": "redcnn", "options": {"width": 4, "kernel": 3, "widht": 4}}},
        losses={
            "mse": "mse",
            "a": {"terms": [term("ssim", sigmaa=2, size=10)]},
            "b": {"terms": [term("own_parts:Fails")]},
            "c": {"terms": [{"use": "mse"}, {"use": "wgan_gp", "psi": 0.3}]},
            "d": {"terms": [term("own_parts:Wroks")]},
        },
        evaluation={"metrics": ["rmse", "own_parts:Metric"]},
        statistics={"candidate_loss": "mse", "candidate_families": ["task"]},
    )
    wanted = (
        "training.epoch: unknown key; the nearest is 'epochs'",
        "patches.size: 600",
        "models.net.options.widht",
        "losses.a.terms.0.options.sigmaa",
        "losses.a.terms.0.options.size",
        "losses.b.terms.0.use: own_parts:Fails fails",
        "losses.c.terms.1.psi",
        "has no class Wroks",
        "evaluation.metrics.1",
        "statistics.candidate_families",
    )
    assert [item for item in wanted if item not in text] == []
    # A line a mistake, and no other.
    assert len(text.splitlines()) == 1 + len(wanted), text


def test_a_wrong_manifest_hides_nothing(checked, folder):
    text = checked(cohort={"manifest": str(folder / "none.csv"), "folds": 2}, **loss(term("ssim", size=10)))
    assert "none.csv cannot be read" in text and "losses.x.terms.0.options.size" in text


def test_encoders_and_weights_that_are_not_there(checked):
    """A loss on the encoder of a fold is tried with an untrained one; one without weights is named, not refused."""
    text = checked(losses={"mse": "mse", "ct": "mse + semantic_ct + ct_autoencoder", "vgg": "mse + 0.1 * vgg19"})
    assert "loss         ct: mse + semantic_ct + ct_autoencoder" in text, text
    assert "unavailable  loss vgg needs weights 'vgg19': ldct weights get vgg19" in text
    assert "loss         vgg" not in text


def test_fitted_metrics_and_critics_are_tried(checked):
    text = checked(
        losses={"mse": "mse", "gan": {"terms": [term("uncertainty", terms=["mse", "dugan"])]}, "w": "mse + wgan_gp"},
        evaluation={"metrics": ["rmse", "niqe_ct"]},
    )
    assert "all work" in text, text


def test_every_patient_read_as_images_leaves_patches_alone(checked, folder):
    (folder / "images.csv").write_text("patient,kind,full\na,dicom,a\nb,dicom,b\nc,dicom,c\n")
    text = checked(cohort={"manifest": "images.csv", "folds": 3}, patches={"size": 200}, models=STUDY["models"])
    assert "all work" in text, text
