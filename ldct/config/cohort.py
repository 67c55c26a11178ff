"""Who is in the study, and on which side of which split."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ldct.config.base import Section


class Cohort(Section):
    """Patients and folds."""

    manifest: Annotated[
        str,
        Field(
            description="CSV with a row a patient: patient, kind (dicom, volume, ctpd or synthetic), full, low, "
            "region, seed, fold, images, subject. 'ldct manifest FOLDER' writes one. Relative to the folder of the "
            "file that gives it, as every path."
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
    accept: Annotated[
        list[Literal["frame_of_reference", "kernel", "kv", "thickness"]],
        Field(
            description="In what the headers of a patient's two doses may differ, where you know that they fit: scans "
            "of a phantom have two frames of reference. Their pixels are compared all the same."
        ),
    ] = []
    reject_lost: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Reject a patient who loses more than this share of the frames of a series: damaged, two "
            "images at one position, no partner at the other dose.",
        ),
    ] = 0.5
    stop_lost: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Stop the study where more than this share of frames is lost, as the mean over patients; of "
            "a rejected patient all are.",
        ),
    ] = 0.5
    dose_tolerance: Annotated[
        float,
        Field(gt=0, description="By what share of it an inserted low dose, measured by its noise, may miss its aim."),
    ] = 0.2
    reject_missed_dose: Annotated[
        bool, Field(description="Reject patients whose inserted low dose misses its aim by more; else it is noted.")
    ] = False
