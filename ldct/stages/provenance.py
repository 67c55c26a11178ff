"""What the study was made with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ldct.stages.base import Content, Folder, Stage, StageInputs, StageOutputs, StageSources, StageSpec, relative
from ldct.stages.collect_metrics import CollectMetrics
from ldct.stages.consistency import Consistency
from ldct.stages.gather import Gather
from ldct.stages.keys import Whole
from ldct.stages.parts import Unavailable, unavailable
from ldct.study.fingerprint import fingerprint_of_files
from ldct.study.manifest import Patient, digest_file, fingerprint

if TYPE_CHECKING:
    from ldct.study.plan import Plan


class Provenance(Stage):
    """Record versions, commit, configuration, checksums and hardware of the study."""

    class Spec(StageSpec):
        # As it was run: recorded, and read by nobody.
        config: dict[str, Any]
        unavailable: tuple[Unavailable, ...]
        # Of each patient: 'seed N' of a synthetic one, or 'files' and a digest of their names, sizes and times.
        patients: dict[str, str]
        manifest: Content
        weights: Content

    class Inputs(StageInputs):
        images: Annotated[list[Path], Field(description="folders of image tables")]
        metrics: Annotated[Path, Field(description="table of metric values")]
        consistency: Annotated[Folder, Field(description="folder of the consistency tables")]

    class Sources(StageSources):
        manifest: Annotated[Path, Field(description="the manifest")]
        weights: Annotated[list[Path], Field(description="pretrained weights that losses and metrics read")] = []

    class Outputs(StageOutputs):
        record: Path = Path("results/provenance.json")

    @classmethod
    def spec(cls, plan: Plan, key: Whole) -> Spec:
        return cls.Spec(
            config=plan.study.model_dump(mode="json"),
            unavailable=unavailable(plan),
            patients={patient: _origin(entry) for patient, entry in plan.patients.items()},
            manifest=digest_file(plan.manifest),
            weights=fingerprint_of_files(plan.weight_files),
        )

    @classmethod
    def inputs(cls, plan: Plan, key: Whole) -> Inputs:
        return cls.Inputs(
            images=Gather.of_study(plan),
            metrics=CollectMetrics.outputs().metrics,
            consistency=Consistency.outputs().tables,
        )

    @classmethod
    def sources(cls, plan: Plan, key: Whole) -> Sources:
        return cls.Sources(manifest=relative(plan.manifest), weights=[relative(path) for path in plan.weight_files])

    @staticmethod
    def run(spec: Spec, inputs: Inputs, outputs: Outputs, sources: Sources) -> None:
        from ldct.study.provenance import write_provenance

        hashed = [sources.manifest, *sources.weights, *inputs.images, inputs.metrics, inputs.consistency]
        write_provenance(spec, hashed, outputs.record)


def _origin(patient: Patient) -> str:
    return f"seed {patient.seed}" if patient.kind == "synthetic" else f"files {fingerprint(patient)}"
