"""Stages as the workflow uses them: keys in paths, specs on a command line, data outside the study by their content."""

from __future__ import annotations

import importlib
import importlib.metadata
from pathlib import Path

import pytest

import ldct.stages
from ldct.stages import planning
from ldct.stages.base import Stage
from ldct.stages.evaluate import Evaluate
from ldct.stages.keys import FoldKey, PatientKey, Run, ShardKey, SourceKey, TuningKey, Whole
from ldct.stages.lesions import Lesions
from ldct.stages.planning import code_digest
from ldct.stages.simulate import Simulate
from ldct.stages.train import Train
from ldct.study.code import reach
from ldct.study.plan import Plan

KEYS = {
    Whole: Whole(),
    PatientKey: PatientKey("a"),
    FoldKey: FoldKey(1),
    ShardKey: ShardKey(1, 0),
    SourceKey: SourceKey("low_dose", 1),
    TuningKey: TuningKey("redcnn", "mse", 1),
    Run: Run("redcnn", "mse", 1, 0),
}
MANIFEST = """patient,kind,full,images,seed
a,ctpd,a/full,a/images,
b,dicom,b,,
s,synthetic,,,1
t,synthetic,,,2
"""


def stages() -> list[type[Stage]]:
    """Every stage of the package."""
    folder = Path(next(iter(ldct.stages.__path__)))
    modules = [importlib.import_module(f"ldct.stages.{path.stem}") for path in sorted(folder.glob("*.py"))]
    classes = [kind for module in modules for kind in vars(module).values() if isinstance(kind, type)]
    return sorted({kind for kind in classes if issubclass(kind, Stage) and kind is not Stage}, key=lambda k: k.name())


def plan(folder: Path, **changes) -> Plan:
    """A patient by its projections, one by its images and synthetic ones; labels of tumours are files in `folder`."""
    (folder / "manifest.csv").write_text(MANIFEST)
    for label in ("a.nrrd", "b.nrrd"):
        if not (folder / label).exists():
            (folder / label).write_text("label")
    study = {"cohort": {"manifest": str(folder / "manifest.csv"), "folds": 2}}
    masks = {"lesions": {"masks": {"a": "a.nrrd", "b": "b.nrrd"}}}
    return Plan.load(study | masks | changes, root=folder, weights_dir=folder)


@pytest.mark.parametrize("kind", [FoldKey, ShardKey, TuningKey, Run])
def test_a_key_is_read_from_the_paths_that_it_names(kind):
    key = KEYS[kind]
    for path in (f"net/l1/fold7/seed9/x/{key.path}.parquet", f"results/{key.path}/run.json", f"{key.path}"):
        assert kind.of_path(Path("/tmp") / path) == key
    run = Run("redcnn", "mse", 12, 3)
    assert Run.of_path(Train.outputs(run).weights) == run


@pytest.mark.parametrize("stage", stages(), ids=lambda stage: stage.name())
@pytest.mark.parametrize("slices", [None, 2])
def test_a_job_reads_the_spec_that_was_planned(stage, slices, tmp_path):
    key = PatientKey("s") if stage is Simulate else KEYS[stage.key]
    planned = stage.spec(plan(tmp_path, evaluation={"slices_per_patient": slices}), key)
    assert stage.Spec.model_validate_json(planned.canonical()) == planned


def test_a_label_counts_by_its_content_for_its_patient_only(tmp_path):
    before = plan(tmp_path)
    first = [Lesions.spec(before, PatientKey(name)) for name in ("a", "b")]
    (tmp_path / "a.nrrd").write_text("another label")
    second = [Lesions.spec(plan(tmp_path), PatientKey(name)) for name in ("a", "b")]
    assert [new == old for new, old in zip(second, first, strict=True)] == [False, True]
    sources = Lesions.sources(before, PatientKey("a"))
    assert sources.mask is not None and sources.mask.resolve() == (tmp_path / "a.nrrd").resolve()
    assert sources.full is not None and str(tmp_path) not in first[0].canonical()
    assert Lesions.sources(before, PatientKey("b")).full is None


def test_values_known_before_are_no_output_that_would_be_removed(tmp_path):
    key = ShardKey(1, 0)
    known = Evaluate.sources(plan(tmp_path), key).known
    assert str(known) == "results/metrics/kept/fold1/shard0.parquet"
    assert known not in dict(Evaluate.outputs(key)).values()


def test_another_torch_makes_trainings_anew_and_nothing_that_does_not_compute_with_it(tmp_path, monkeypatch):
    study = plan(tmp_path)

    def digests() -> tuple[str, str]:
        for remembered in (planning._digest, planning._parts, reach._graph):
            remembered.cache_clear()
        training = code_digest(Train, study, Run("redcnn", "l1", 1, 0))
        return training, code_digest(Simulate, study, PatientKey("s"))

    before, version = digests(), importlib.metadata.version
    with monkeypatch.context() as patch:
        patch.setattr("importlib.metadata.version", lambda name: "99.0" if name == "torch" else version(name))
        after = digests()
    assert digests() == before
    assert after[0] != before[0]
    assert after[1] == before[1]
