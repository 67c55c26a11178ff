"""What becomes of predictions beside being judged."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ldct.config.base import Section


class Inference(Section):
    """Denoised images for other software."""

    dicom: Annotated[
        list[str],
        Field(
            description="Losses whose test images are written as DICOM series to results/dicom, with low_dose and"
            " full_dose for the study's own images. Whole series need evaluation.slices_per_patient: null."
        ),
    ] = []
