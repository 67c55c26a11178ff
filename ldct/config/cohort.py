"""Who is in the study, and on which side of which split."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ldct.config.base import Section


class Cohort(Section):
    """Patients and folds."""

    manifest: Annotated[
        str,
        Field(
            description="CSV with a row a patient: patient, kind (dicom, ctpd or synthetic), full, low, region, seed, "
            "fold, images, subject. 'ldct manifest FOLDER' writes one. Relative to the folder of the file that gives "
            "it, as every path."
        ),
    ]
    # Five: four fifths of the patients train, and ten patients suffice.
    folds: Annotated[int, Field(ge=2, description="Folds over persons; each patient is tested in exactly one.")] = 5
    validation_patients: Annotated[
        int, Field(ge=1, description="Persons of each fold kept aside to choose checkpoints, among those accepted.")
    ] = 1
    split_seed: Annotated[int, Field(ge=0, description="Breaks ties when patients are dealt into folds.")] = 0
    allow_lossy: Annotated[
        bool,
        Field(description="Accept images that were lossily compressed (their noise texture is destroyed)."),
    ] = False
