"""The card of a study against numbers that were worked out by hand."""

from __future__ import annotations

import pytest

from ldct.card.build import card_of
from ldct.card.model import Card
from ldct.card.text import text_of
from ldct.checks.run import Measured
from tests.support.checked_study import BUDGET, DESIGN, JUDGED, LOSSES, MEASURED, SPEC


def card(design: dict | None = None, budget: dict | None = None, judged: dict | None = None, **changes) -> Card:
    parts = {
        "design": DESIGN.model_copy(update=design or {}),
        "budget": BUDGET.model_copy(update=budget or {}),
        "judged": JUDGED.model_copy(update=judged or {}),
    }
    spec = SPEC.model_copy(update=parts | changes)
    step = {key: value for key, value in MEASURED.step.items() if key[1] in spec.losses}
    return card_of(spec, Measured(**{**vars(MEASURED), "step": step}))


def answers(made: Card) -> dict[str, bool]:
    return {one.question: one.answerable for one in made.questions}


BETTER = "Which losses are better than others, by each metric?"
ORDER = "Do the metrics agree on the order of the losses?"
FOLDS = "Is the order the same in other folds?"
CHANCE = "How much do trainings differ by chance?"
NETWORK = "Is the order the same with another network?"
COURSE = "Do the other metrics follow the loss over a training?"
PHYSICS = "Does noise keep its texture, do edges stay sharp?"
PROPOSAL = "Is the proposed loss better at equal fidelity?"


def test_what_a_study_consists_of():
    made = card()
    assert [(one.name, one.parameters) for one in made.networks] == [("small", 1000), ("large", 3000)]
    assert made.budget.model_dump() == {
        "trainings": 2 * 3 * 5 * 2,
        "steps": 1000,
        "batch": 16,
        "patches_seen": 16_000,
        "epochs": 10,
        "epochs_judged": 2,
    }
    assert Card.model_validate_json(made.model_dump_json()) == made
    text = text_of(made)
    for part in (
        "small: redcnn, width 4; 1,000 parameters",
        "large: unet, its defaults; 3,000 parameters",
        "shared: l1 + (share 0.3) * sobel",
        "edge: l1 + 0.5 * sobel",
        "10 (8 dicom, 2 synthetic; 6 chest, 4 head), 5 folds, 20 slices of each judged",
        "60 (2 seeds), each 1,000 steps of 16 patches, 16,000 patches seen; 2 of 10 epochs judged",
        "loss vgg needs weights 'vgg19': ldct weights get vgg19",
    ):
        assert part in text, text


def test_hours_and_gigabytes():
    cost = card().cost
    # Each loss: 5 folds x 2 seeds x 1,000 steps x 16 patches x (1 + 3) ms; `shared` is calibrated in 5 folds besides.
    training = 3 * 5 * 2 * 1000 * 16 * 0.004 + 5 * 200 * 16 * 0.004
    pixels = 10 * 20 * 500**2
    prediction = pixels * (3 * 2 * 2) * (1e-8 + 3e-8)
    assert cost.device_hours == pytest.approx((training + prediction) / 3600)
    # 2 networks x 3 losses x 2 seeds x 2 epochs, low and full dose, one filter.
    images = 24 + 3
    assert cost.core_hours == pytest.approx(pixels * (images * 1e-9 + 2e-9 + images * 5e-9) / 3600)
    assert cost.gb_predictions == pytest.approx(24 * pixels * 2 / 1e9)
    # Two kept epochs and the chosen one.
    assert cost.gb_weights == pytest.approx(3 * 5 * 2 * 3 * 4000 * 4 / 1e9)
    assert cost.gb_patches == pytest.approx(10 * 100 * 2 * 64 * 64 * 2 / 1e9)
    assert cost.how.startswith("estimated from one batch")


def test_cost_grows_with_runs_and_only_with_what_they_use():
    once = {"mse": LOSSES["mse"]}
    one, two = (card(design={"seeds": seeds}, losses=once).cost for seeds in ((0,), (0, 1)))
    for name in ("device_hours", "gb_predictions", "gb_weights"):
        assert getattr(two, name) == pytest.approx(2 * getattr(one, name)), name
    assert two.gb_patches == one.gb_patches
    searched = card(design={"seeds": (0,), "rates_tried": 4}, losses=once).cost
    # Four trials of 500 steps beside a training of 1,000, predictions the same.
    training = 5 * 1000 * 16 * 0.004 / 3600
    assert searched.device_hours - one.device_hours == pytest.approx(2 * training)
    # All slices: as many as a scan of the trunk has.
    every = card(judged={"slices_per_patient": None}).cost
    assert every.gb_predictions == pytest.approx(15 * card().cost.gb_predictions)


def test_the_control_and_encoders_cost_too():
    """The control is one more training of its loss in each fold and seed, without search or calibration."""
    alone = card(design={"rates_tried": 4}).cost
    control = card(design={"rates_tried": 4, "control": "mse"}).cost
    more = (5 * 2 * 1000 * 16 * 0.004 + 10 * 20 * 500**2 * 2 * 2 * 4e-8) / 3600
    assert control.device_hours - alone.device_hours == pytest.approx(more)
    for name in ("gb_weights", "gb_predictions"):
        assert getattr(control, name) == pytest.approx(getattr(alone, name) * 4 / 3), name
    encoder = card_of(SPEC, Measured(**{**vars(MEASURED), "encoder": 0.002})).cost
    assert encoder.device_hours - card().cost.device_hours == pytest.approx(5 * 100 * 4 * 0.002 / 3600)
    filtered = card_of(SPEC, Measured(**{**vars(MEASURED), "filter": {"gaussian_filter": 1e-7}})).cost
    assert filtered.core_hours - card().cost.core_hours == pytest.approx(10 * 20 * 500**2 * 1e-7 / 3600)


def test_what_is_taken_for_granted_is_said():
    assert "DICOM images taken as 500 x 500 pixels" in card().cost.how and "slices a patient" not in card().cost.how
    every = card(design={"kinds": {"ctpd": 10}}, judged={"slices_per_patient": None}).cost
    assert "images of 500 x 500 pixels and 300 slices a patient" in every.how
    assert "lesions" not in every.not_counted
    lesions = card(asked=SPEC.asked.model_copy(update={"lesions": True})).cost
    assert "lesions" in lesions.not_counted and lesions.device_hours > card().cost.device_hours


def test_questions_follow_the_numbers_of_a_design():
    assert {question for question, yes in answers(card()).items() if yes} == {BETTER, ORDER, FOLDS, CHANCE, NETWORK}


@pytest.mark.parametrize(
    ("changes", "lost", "won"),
    [
        ({"budget": {"checkpoints": [1, 2, 3, 4]}}, set(), set()),
        ({"budget": {"checkpoints": [1, 2, 3, 4, 5]}}, set(), {COURSE}),
        # Five folds tell trainings from patients with one seed; two do not.
        ({"design": {"seeds": (0,)}}, {CHANCE}, set()),
        ({"design": {"seeds": (0,), "folds": 2}}, {CHANCE, BETTER, ORDER, FOLDS}, set()),
        ({"design": {"folds": 2}}, {FOLDS}, set()),
        ({"design": {"patients": 5}}, {BETTER, ORDER, FOLDS}, set()),
        ({"losses": {name: LOSSES[name] for name in ("mse", "edge")}}, {ORDER, FOLDS}, set()),
        ({"losses": {"mse": LOSSES["mse"]}}, {BETTER, ORDER, FOLDS}, set()),
        ({"judged": {"metrics": ("rmse",)}}, {ORDER, FOLDS}, set()),
        ({"networks": {"small": SPEC.networks["small"]}}, {NETWORK}, set()),
        (
            {"judged": {"metrics": ("rmse", "ssim", "hu_bias")}},
            set(),
            {PHYSICS},
        ),
        ({"asked": SPEC.asked.model_copy(update={"candidate_loss": "edge"})}, set(), {PROPOSAL}),
        ({"asked": SPEC.asked.model_copy(update={"lesions": True})}, set(), {"Do lesions stay visible?"}),
        ({"asked": SPEC.asked.model_copy(update={"readers": True})}, set(), {"Which metrics follow radiologists?"}),
    ],
)
def test_a_change_of_the_design_flips_its_questions(changes, lost, won):
    before, after = answers(card()), answers(card(**changes))
    assert {question for question in before if before[question] and not after[question]} == lost
    assert {question for question in before if after[question] and not before[question]} == won


def test_every_unanswered_question_says_what_would_change_it():
    for one in card(design={"seeds": (0,), "folds": 2, "patients": 3}, budget={"checkpoints": [10]}).questions:
        assert one.answerable == (one.remedy == ""), one
