"""Losses, networks and the budget they share."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from ldct.config.base import Section
from ldct.config.expression import parse_loss
from ldct.config.names import NetworkName, TermName


class Term(Section):
    """One weighted term of a loss."""

    use: Annotated[TermName, Field(description="Built-in term (mse, l1, ...) or 'package.module:Class'.")]
    weight: Annotated[float, Field(gt=0, description="Factor of the term.")] = 1.0
    options: Annotated[dict[str, Any], Field(description="Keyword arguments of the term.")] = {}
    psi: Annotated[
        float | None,
        Field(
            gt=0,
            lt=1,
            description="Target share of the loss, to which a calibration on training patients finds the weight.",
        ),
    ] = None


class Loss(Section):
    """A training loss: a weighted sum of terms."""

    terms: Annotated[list[Term], Field(min_length=1, description="The terms, summed.")]
    label: Annotated[str, Field(description="Name in figures; the key where empty.")] = ""
    ablate: Annotated[
        bool,
        Field(description="Add this loss with each of its terms left out, one at a time, as NAME_without_TERM."),
    ] = False

    @model_validator(mode="before")
    @classmethod
    def _expression(cls, given: Any) -> Any:
        """A loss written as text."""
        if not isinstance(given, str):
            return given
        return {"terms": [{"use": use, "weight": weight} for use, weight in parse_loss(given)]}

    @field_validator("terms")
    @classmethod
    def _shares(cls, terms: list[Term]) -> list[Term]:
        asked = [term.psi for term in terms if term.psi is not None]
        if asked and (len(asked) == len(terms) or sum(asked) >= 1):
            raise ValueError(
                f"target shares psi add up to {sum(asked):g} over {len(asked)} of {len(terms)} terms; leave at least "
                "one term without psi, and a share for it"
            )
        return terms

    @property
    def calibrated(self) -> bool:
        """Whether weights of this loss are found by calibration."""
        return any(term.psi is not None for term in self.terms)

    def ablations(self, name: str) -> dict[str, Loss]:
        """The loss `name` without each of its terms; empty where it is not to be ablated or has one term."""
        if not self.ablate or len(self.terms) < 2:
            return {}
        found: dict[str, Loss] = {}
        for index, term in enumerate(self.terms):
            use = re.sub(r"\W", "_", term.use.rsplit(":", 1)[-1])
            key, number = f"{name}_without_{use}", 2
            while key in found:
                key, number = f"{name}_without_{use}_{number}", number + 1
            kept = [other for place, other in enumerate(self.terms) if place != index]
            if all(other.psi is not None for other in kept):
                # What the left-out term had falls to the first.
                kept[0] = kept[0].model_copy(update={"psi": None})
            found[key] = Loss(terms=kept, label=f"{self.label or name} without {use.replace('_', ' ')}")
        return found

    @classmethod
    def from_text(cls, text: str) -> Loss:
        """A loss from an expression such as 'charbonnier + 0.05 * vgg16_hed'."""
        return cls.model_validate(text)


class Model(Section):
    """A network."""

    use: Annotated[
        NetworkName,
        Field(description="Built-in network (redcnn, cnn10, unet, resnet, restormer) or 'package.module:Class'."),
    ]
    options: Annotated[dict[str, Any], Field(description="Keyword arguments of the network.")] = {}
    label: Annotated[str, Field(description="Name in figures; the key where empty.")] = ""


class Search(Section):
    """A search for the learning rate of each loss, network and fold, on the validation patients; off without rates."""

    learning_rates: Annotated[
        list[Annotated[float, Field(gt=0)]],
        Field(description="Peak learning rates to try, the same for every loss; empty takes training.learning_rate."),
    ] = []
    steps: Annotated[int, Field(ge=1, description="Optimiser steps of each trial.")] = 500
    criterion: Annotated[
        Literal["validation_rmse", "validation_loss"], Field(description="What the chosen rate makes least.")
    ] = "validation_rmse"


def _sorted_unique(values: list[int]) -> list[int]:
    return sorted(set(values))


class Budget(Section):
    """What one training spends, and how."""

    # 40,000 steps of 64 patches, at the learning rate that ldct-benchmark's search gave RED-CNN (Eulig 2024,
    # 10.1002/mp.17379: 9.6e-5, over ten times as many pixels). Three seeds, since one says nothing of chance; seven
    # epochs are judged, since fewer show no course of a training.
    epochs: Annotated[int, Field(ge=1, description="Epochs of every training.")] = 40
    steps_per_epoch: Annotated[int, Field(ge=1, description="Optimiser steps of one epoch.")] = 1000
    batch: Annotated[int, Field(ge=1, description="Patches per step.")] = 64
    optimiser: Annotated[Literal["adam", "adamw"], Field(description="Optimiser.")] = "adam"
    learning_rate: Annotated[float, Field(gt=0, description="Peak learning rate.")] = 1.0e-4
    schedule: Annotated[
        Literal["constant", "cosine"],
        Field(description="Learning rate; cosine rises over the first tenth of the steps, then falls to 1 %."),
    ] = "cosine"
    gradient_clip: Annotated[float, Field(ge=0, description="Largest gradient norm; 0 for none.")] = 1.0
    checkpoints: Annotated[
        list[int],
        Field(min_length=1, description="Epochs whose weights are kept and judged by every metric."),
        AfterValidator(_sorted_unique),
    ] = [1, 2, 5, 10, 20, 30, 40]
    checkpoint_rule: Annotated[
        Literal["last", "validation_rmse", "validation_loss"],
        Field(description="Which kept epoch stands for the run; the same for every loss."),
    ] = "last"
    precision: Annotated[
        Literal["auto", "float32", "bfloat16"],
        Field(description="Arithmetic of the network; auto takes bfloat16 where the processor has it."),
    ] = "auto"
    compile: Annotated[
        bool, Field(description="Compile the network for its training steps; pays off in long trainings.")
    ] = False
    device: Annotated[Literal["auto", "cpu", "cuda"], Field(description="Where to train; auto takes a GPU.")] = "auto"


class Training(Budget):
    """The budget and rules that every loss shares."""

    seeds: Annotated[
        list[Annotated[int, Field(ge=0)]],
        Field(min_length=1, description="One training per loss, fold and seed."),
        AfterValidator(_sorted_unique),
    ] = [0, 1, 2]
    search: Annotated[Search, Field(description=Search.__doc__)] = Search()
    calibration_steps: Annotated[
        int,
        Field(ge=0, description="Steps with MSE before the terms of a loss with target shares psi are measured."),
    ] = 200
