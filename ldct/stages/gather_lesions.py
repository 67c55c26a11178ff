"""The images with lesions of the patients tested in a fold, in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ldct.stages.base import Folder, StageOutputs
from ldct.stages.gather import Gather
from ldct.stages.keys import FoldKey, PatientKey
from ldct.stages.lesions import Lesions

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class GatherLesions(Gather):
    """Put the lesions of the patients tested in a fold, and the images with them, into one folder."""

    class Outputs(StageOutputs):
        images: Folder = Path("results/lesions/folds/{key}")

    @classmethod
    def inputs(cls, plan: Plan, key: FoldKey) -> Gather.Inputs:
        patients = [Lesions.outputs(PatientKey(patient)) for patient in plan.roles[key.fold].test]
        return cls.Inputs(tables=[path for tables in patients for path in (tables.lesions, tables.full, tables.low)])
