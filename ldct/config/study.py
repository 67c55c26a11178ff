"""The whole configuration: one typed model, from which the default file and the JSON schema are generated."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from ldct.anchors import ANCHORS, IMAGES
from ldct.config.base import Section
from ldct.config.cohort import Cohort
from ldct.config.encoder import Encoder
from ldct.config.evaluation import Evaluation
from ldct.config.inference import Inference
from ldct.config.lesions import Lesions
from ldct.config.patches import Patches
from ldct.config.raw import LowDose, Reconstruction, Scanner
from ldct.config.readers import Readers
from ldct.config.report import Report
from ldct.config.statistics import Statistics
from ldct.config.training import Loss, Model, Term, Training

LOSSES = {
    "mse": Loss.from_text("mse"),
    "l1": Loss.from_text("l1"),
    "charbonnier": Loss.from_text("charbonnier"),
    "ms_ssim_l1": Loss.from_text("0.84 * ms_ssim + 0.16 * gaussian_l1"),
    "edge": Loss.from_text("l1 + 0.5 * sobel"),
    # A quarter of each batch through the deep features keeps the demo short where float32 is all there is.
    "vgg": Loss(terms=[Term(use="mse"), Term(use="vgg16_hed", weight=0.001, options={"images": 2})]),
}


class Study(Section):
    """Everything a study is made of."""

    cohort: Annotated[Cohort, Field(description=Cohort.__doc__)] = Cohort()
    scanner: Annotated[Scanner, Field(description=Scanner.__doc__)] = Scanner()
    reconstruction: Annotated[Reconstruction, Field(description=Reconstruction.__doc__)] = Reconstruction()
    low_dose: Annotated[LowDose, Field(description=LowDose.__doc__)] = LowDose()
    patches: Annotated[Patches, Field(description=Patches.__doc__)] = Patches()
    encoder: Annotated[Encoder, Field(description=Encoder.__doc__)] = Encoder()
    models: Annotated[dict[str, Model], Field(description="Networks, by the name used in results.")] = {
        "redcnn": Model(use="redcnn", options={"width": 16, "kernel": 3})
    }
    losses: Annotated[
        dict[str, Loss],
        Field(description="Losses, by the name used in results: an expression, or terms with options; null drops one."),
    ] = LOSSES
    training: Annotated[Training, Field(description=Training.__doc__)] = Training()
    inference: Annotated[Inference, Field(description=Inference.__doc__)] = Inference()
    evaluation: Annotated[Evaluation, Field(description=Evaluation.__doc__)] = Evaluation()
    lesions: Annotated[Lesions, Field(description=Lesions.__doc__)] = Lesions()
    statistics: Annotated[Statistics, Field(description=Statistics.__doc__)] = Statistics()
    readers: Annotated[Readers, Field(description=Readers.__doc__)] = Readers()
    report: Annotated[Report, Field(description=Report.__doc__)] = Report()

    @field_validator("losses", "models", mode="before")
    @classmethod
    def _named(cls, values: Any) -> Any:
        """Drop entries set to null; read losses given as text."""
        if not isinstance(values, dict):
            return values
        named = {}
        for name, value in values.items():
            if value is None:
                continue
            if not str(name).replace("_", "").isalnum():
                raise ValueError(f"'{name}': names hold letters, digits and _ only, since they become folder names")
            if name in ANCHORS:
                raise ValueError(f"'{name}' is the name of an anchor in every table; choose another")
            named[str(name)] = Loss.from_text(value) if isinstance(value, str) else value
        return named

    @field_validator("losses", mode="after")
    @classmethod
    def _ablated(cls, losses: dict[str, Loss]) -> dict[str, Loss]:
        """Each loss followed by its ablations, those that are named in the configuration left as they are there."""
        found: dict[str, Loss] = {}
        for name, loss in losses.items():
            found[name] = loss
            found |= {key: value for key, value in loss.ablations(name).items() if key not in losses}
        return found

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        kept, epochs = self.training.checkpoints, self.training.epochs
        windows, losses = ", ".join(self.evaluation.windows), ", ".join(self.losses)
        if not self.losses or not self.models:
            raise ValueError("losses and models must each name at least one")
        if kept[0] < 1 or kept[-1] > epochs:
            raise ValueError(f"training.checkpoints {kept} must lie in 1..training.epochs ({epochs})")
        if self.statistics.primary_window not in self.evaluation.windows:
            found = self.statistics.primary_window
            raise ValueError(f"statistics.primary_window '{found}' is not in evaluation.windows ({windows})")
        unknown = [name for name in self.inference.dicom if name not in (*self.losses, *IMAGES)]
        if unknown:
            raise ValueError(f"inference.dicom names {', '.join(unknown)}; expected of {losses}, low_dose, full_dose")
        candidate = self.statistics.candidate_loss
        if candidate is not None and candidate not in self.losses:
            raise ValueError(f"statistics.candidate_loss '{candidate}' is not in losses ({losses})")
        if self.statistics.reference_loss not in self.losses:
            raise ValueError(
                f"statistics.reference_loss '{self.statistics.reference_loss}' is not in losses ({losses})"
            )
        return self
