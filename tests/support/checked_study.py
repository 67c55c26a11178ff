"""A study that passed its check, by numbers that are easy to reckon with."""

from __future__ import annotations

from ldct.checks.metrics import MetricSeconds
from ldct.checks.run import Measured
from ldct.config.encoder import Encoder
from ldct.config.training import Budget
from ldct.intensity import Window
from ldct.stages.check import Asked, Check, Design, Judged
from ldct.stages.parts import NetworkSpec, TermSpec, Unavailable

BUDGET = Budget(epochs=10, steps_per_epoch=100, batch=16, checkpoints=[5, 10])
DESIGN = Design(
    patients=10,
    kinds={"dicom": 8, "synthetic": 2},
    regions={"chest": 6, "head": 4},
    folds=5,
    validation_patients=1,
    seeds=(0, 1),
    rates_tried=0,
    trial_steps=500,
    calibration_steps=200,
)
LOSSES = {
    "mse": (TermSpec(use="mse"),),
    "shared": (TermSpec(use="l1"), TermSpec(use="sobel", psi=0.3)),
    "edge": (TermSpec(use="l1"), TermSpec(use="sobel", weight=0.5)),
}
JUDGED = Judged(
    metrics=("rmse", "ssim"),
    windows={"full": Window(0.0, 2048.0)},
    filters=("gaussian_filter",),
    slices_per_patient=20,
    matrix=500,
)
SPEC = Check.Spec(
    networks={"small": NetworkSpec(use="redcnn", options={"width": 4}), "large": NetworkSpec(use="unet")},
    losses=LOSSES,
    patch=64,
    patches_per_patient=100,
    encoder=Encoder(width=32, steps=100, batch=4),
    budget=BUDGET,
    design=DESIGN,
    judged=JUDGED,
    asked=Asked(candidate_loss=None, candidate_families=("perceptual",), lesions=False, readers=False),
    unavailable=(Unavailable(kind="loss", name="vgg", missing="weights 'vgg19'", command="ldct weights get vgg19"),),
)
MEASURED = Measured(
    device="cpu",
    precision="float32",
    parameters={"small": 1000, "large": 3000},
    # A patch takes 1 ms in the small network and 3 ms in the large, whatever the loss.
    step={(model, loss): ms / 1000 for model, ms in (("small", 1), ("large", 3)) for loss in LOSSES},
    pixel={"small": 1e-8, "large": 3e-8},
    metric={"rmse": MetricSeconds(0.0, 1e-9), "ssim": MetricSeconds(2e-9, 5e-9)},
)
