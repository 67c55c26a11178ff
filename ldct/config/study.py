"""The whole configuration: one typed model, from which the reference file and the JSON schema are generated.

The defaults are for real data and do not depend on the working folder. The demo (config/config.yaml) states what it
changes.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from ldct.config.base import Section
from ldct.config.cohort import Cohort
from ldct.config.consistent import disagreements
from ldct.config.encoder import Encoder
from ldct.config.evaluation import Evaluation
from ldct.config.inference import Inference
from ldct.config.lesions import Lesions
from ldct.config.names import FolderName
from ldct.config.patches import Patches
from ldct.config.raw import LowDose, Reconstruction, Scanner
from ldct.config.readers import Readers
from ldct.config.report import Report
from ldct.config.statistics import Statistics
from ldct.config.training import Loss, Model, Training

LOSSES = {
    "mse": "mse",
    "l1": "l1",
    "charbonnier": "charbonnier",
    "ms_ssim_l1": "0.84 * ms_ssim + 0.16 * gaussian_l1",
    "edge": "l1 + 0.5 * sobel",
    "vgg": "mse + 0.001 * vgg16_hed",
}


class Study(Section):
    """Everything a study is made of."""

    cohort: Annotated[Cohort, Field(description=Cohort.__doc__)]
    scanner: Annotated[Scanner, Field(description=Scanner.__doc__)] = Scanner()
    reconstruction: Annotated[Reconstruction, Field(description=Reconstruction.__doc__)] = Reconstruction()
    low_dose: Annotated[LowDose, Field(description=LowDose.__doc__)] = LowDose()
    patches: Annotated[Patches, Field(description=Patches.__doc__)] = Patches()
    encoder: Annotated[Encoder, Field(description=Encoder.__doc__)] = Encoder()
    # Chen 2017 as it is published: the network's own defaults, 96 filters of 5 x 5.
    models: Annotated[
        dict[FolderName, Model], Field(min_length=1, description="Networks, by the name used in results.")
    ] = {"redcnn": Model(use="redcnn")}
    losses: Annotated[
        dict[FolderName, Loss],
        Field(min_length=1, description="Losses, by the name used in results: an expression, or terms with options."),
    ] = {name: Loss.from_text(text) for name, text in LOSSES.items()}
    training: Annotated[Training, Field(description=Training.__doc__)] = Training()
    inference: Annotated[Inference, Field(description=Inference.__doc__)] = Inference()
    evaluation: Annotated[Evaluation, Field(description=Evaluation.__doc__)] = Evaluation()
    lesions: Annotated[Lesions, Field(description=Lesions.__doc__)] = Lesions()
    statistics: Annotated[Statistics, Field(description=Statistics.__doc__)] = Statistics()
    readers: Annotated[Readers, Field(description=Readers.__doc__)] = Readers()
    report: Annotated[Report, Field(description=Report.__doc__)] = Report()
    allow_missing: Annotated[
        bool,
        Field(
            description="Go on without the losses and metrics whose weights are absent, and name them in the report. "
            "False (in presets that reproduce a publication): refuse to run without them."
        ),
    ] = True

    @field_validator("losses", mode="after")
    @classmethod
    def _ablated(cls, losses: dict[str, Loss]) -> dict[str, Loss]:
        """Each loss followed by its ablations, those that are named in the configuration left as they are there."""
        every: dict[str, Loss] = {}
        for name, loss in losses.items():
            every[name] = loss
            every |= {key: value for key, value in loss.ablations(name).items() if key not in losses}
        return every

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Study:
        """Every disagreement of sections at once, but for settings in context["broken"], which have other mistakes."""
        broken = (info.context or {}).get("broken", ())
        errors = [
            InitErrorDetails(
                type=PydanticCustomError("inconsistent", "{message}", {"message": item.message}),
                loc=tuple(item.key.split(".")),
                input=None,
            )
            for item in disagreements(self)
            if not any(key in broken for key in (item.key, *item.others))
        ]
        if errors:
            raise ValidationError.from_exception_data("Study", errors)
        return self
