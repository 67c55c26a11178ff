"""A report of a generated study, made by the real analysis and the real builder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ldct.card.build import card_of
from ldct.config.load import load_files
from ldct.files import write_text
from ldct.metrics.curves import curves
from ldct.report.build import build_report
from ldct.report.outputs import FIGURES, TABLES
from ldct.report.panels import build_panels
from ldct.report.results import load
from ldct.stages import shown
from ldct.stages.base import narrow
from ldct.stages.curves import Curves
from ldct.stages.keys import TuningKey
from ldct.stages.panels import Panels, Place
from ldct.stages.parts import Unavailable
from ldct.stages.physics import Physics
from ldct.stages.report import Report
from ldct.statistics.consistency import analyse
from ldct.statistics.curves import curve_ratios
from ldct.statistics.settings import Resampling
from ldct.tables import write_table
from ldct.tables.cohort import PATIENTS, REJECTIONS, SERIES, SPLIT
from ldct.tables.images import ImageStack, pack, write_images
from ldct.tables.predictions import predictions_schema
from ldct.tables.search import SEARCH
from ldct.tables.validity import VALIDITY
from tests.support.checked_study import MEASURED, SPEC
from tests.support.synthetic_metrics import SyntheticStudy, write_study

SIZE = 96


@dataclass
class Made:
    """Where the report and what it was made of lie."""

    html: Path
    folder: Path
    spec: Report.Spec
    arguments: dict

    @property
    def text(self) -> str:
        return self.html.read_text()


def phantom(noise: float, seed: int) -> np.ndarray:
    """A disc of soft tissue with a denser spot, and noise."""
    y, x = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    hu = np.where(np.hypot(x, y) < 36, 40.0, -1000.0) + 60.0 * (np.hypot(x - 10, y + 5) < 6)
    return np.rint(hu + noise * np.random.default_rng(seed).standard_normal(hu.shape)).astype(np.int16)


def write_cohort(folder: Path, patients: list[str]) -> None:
    rows = [
        {
            "patient": p,
            "region": "chest",
            "kind": "synthetic" if i % 4 == 3 else "dicom",
            "fold": i % 2,
            "slices": 6,
            "status": "accepted",
            "reason": None,
        }
        for i, p in enumerate(patients)
    ]
    rows.append({**rows[0], "patient": "lost", "slices": 0, "status": "rejected", "reason": "no usable pair"})
    write_table(folder / "patients.parquet", pa.Table.from_pylist(rows, PATIENTS), PATIENTS)
    refused = {
        "patient": "lost",
        "file": "notes.txt",
        "found": "no DICOM file <b>",
        "expected": "CT",
        "action": "Remove.",
    }
    write_table(folder / "rejections.parquet", pa.Table.from_pylist([refused], REJECTIONS), REJECTIONS)
    split = [{"fold": i % 2, "patient": p, "role": "test"} for i, p in enumerate(patients)]
    write_table(folder / "split.parquet", pa.Table.from_pylist(split, SPLIT), SPLIT)
    common = {"rows": SIZE, "columns": SIZE, "pixel_spacing_row_mm": 0.7, "pixel_spacing_column_mm": 0.7, "slices": 6}
    series = [{**common, "patient": p, "dose": d, "source": "inserted"} for p in patients for d in ("full", "low")]
    write_table(folder / "series.parquet", pa.Table.from_pylist(series, SERIES), SERIES)


def write_stacks(folder: Path, patients: list[str]) -> dict[str, dict[str, Path]]:
    paths: dict[str, dict[str, Path]] = {}
    for number, patient in enumerate(patients):
        for dose, noise in (("full", 5.0), ("low", 40.0)):
            stack = ImageStack(
                patient=patient,
                dose=dose,
                hu=np.stack([phantom(noise, 100 * number + k) for k in range(6)]),
                position_mm=np.arange(6.0),
                pixel_spacing_mm=(0.7, 0.7),
                slice_thickness_mm=1.0,
                origin_mm=np.zeros((6, 3)),
            )
            paths.setdefault(patient, {})[dose] = folder / patient / f"{dose}.parquet"
            write_images(paths[patient][dose], stack)
    return paths


def spec_of(losses: tuple[str, ...]) -> Report.Spec:
    """What the report says of a study with these losses, its other settings the demo's."""
    study = load_files().study
    absent = Unavailable(kind="metric", name="lpips", missing="weights 'alex'", command="ldct weights get alex")
    return Report.Spec(
        title="A study & its <report>",
        assumptions=("The layer is our choice.",),
        losses=tuple(shown.ShownLoss(name=name, terms=(shown.ShownTerm(use=name),)) for name in losses),
        networks=(shown.ShownNetwork(name="redcnn", use="redcnn"),),
        unavailable=(absent,),
        low_dose_fraction=study.low_dose.fraction,
        cohort=narrow(shown.ShownCohort, study.cohort),
        patches=narrow(shown.ShownPatches, study.patches),
        training=narrow(shown.ShownTraining, study.training),
        evaluation=shown.evaluation_shown(study.evaluation),
        lesions=shown.lesions_shown(study.lesions),
        statistics=narrow(shown.ShownStatistics, study.statistics),
    )


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> Made:
    """The report of eight patients, three losses, two seeds."""
    folder = tmp_path_factory.mktemp("report")
    losses = ("mse", "l1", "vgg")
    study = SyntheticStudy(losses=losses, slices=4, filters=(("non_local_means", 0.5),))
    files = write_study(folder / "study", study)
    validity = folder / "validity.parquet"
    tried = {
        ("ssim", "full"): {"noise": 1.0, "blur": 0.4},
        ("ssim", "soft_tissue"): {"noise": 1.0, "blur": 0.8},
        ("niqe_skvideo", "soft_tissue"): {"noise": 1.0, "blur": -0.9},
    }
    ladder = [
        {
            "metric": metric,
            "window": window,
            "degradation": name,
            "images": 4,
            "patients": 4,
            "monotonicity": value,
            "monotonicity_low": max(value - 0.1, -1.0),
            "monotonicity_high": min(value + 0.1, 1.0),
        }
        for (metric, window), of in tried.items()
        for name, value in of.items()
    ]
    write_table(validity, pa.Table.from_pylist(ladder, VALIDITY), VALIDITY)
    settings = files.settings(draws=200)
    analyse(settings, files.metrics, files.catalogue, files.histories, folder / "consistency", validity)
    patients = [f"P{i:03d}" for i in range(8)]
    write_cohort(folder / "cohort", patients)
    images = write_stacks(folder / "images", patients)
    schema = predictions_schema((SIZE, SIZE))
    predictions, runs = {}, {}
    for run in files.histories:
        tested = [p for i, p in enumerate(patients) if i % 2 == run.fold]
        hu = np.stack([phantom(12.0, k) for k in range(6 * len(tested))])
        table = pa.table(
            {
                "patient": [p for p in tested for _ in range(6)],
                "slice": pa.array(list(range(6)) * len(tested), pa.int32()),
                "checkpoint": pa.array([10] * len(hu), pa.int32()),
                "selected": [True] * len(hu),
                "hu": pack(hu),
            },
            schema=schema,
        )
        base = folder / "runs" / run.path
        write_table(base / "predictions.parquet", table, schema)
        failed = (run.loss, run.fold, run.seed) == ("vgg", 1, 1)
        record = {"status": "failed" if failed else "completed", "reason": "NaN at step 7" if failed else None}
        (base / "run.json").write_text(json.dumps({**record, "epoch": 10, "selected": None if failed else 10}))
        predictions[run], runs[run] = base / "predictions.parquet", base / "run.json"
    spec = spec_of(losses)
    physics = []
    for fold in (0, 1):
        physics.append(folder / f"curves/fold{fold}.parquet")
        tested = Curves.Spec(patients=tuple(patients[fold::2]), slices_per_patient=2, fold=fold)
        judged = {run: path for run, path in predictions.items() if run.fold == fold}
        curves(tested, judged, images, physics[-1])
    resampling = Resampling(draws=100, confidence=0.95, seed=0)
    curve_ratios(Physics.Spec(losses=losses, models=("redcnn",), resampling=resampling), physics, folder / "physics")
    panels = folder / "panels.parquet"
    choice = Panels.Spec(
        patients=tuple(Place(patient=p, region="chest") for p in patients),
        panel_patients=2,
        panel_windows=("soft_tissue", "lung"),
        slices_per_patient=4,
        losses=losses,
        models=("redcnn",),
    )
    build_panels(choice, images, predictions, panels)
    searches = {}
    for fold in (0, 1):
        trials = [
            {"learning_rate": 1e-4, "steps": 50, "validation_rmse_hu": 30.0 + fold, "chosen": True},
            {"learning_rate": 1e-3, "steps": 50, "validation_rmse_hu": None if fold else 40.0, "chosen": False},
        ]
        path = folder / f"search/redcnn/l1/fold{fold}.parquet"
        write_table(path, pa.Table.from_pylist(trials, SEARCH), SEARCH)
        searches[TuningKey("redcnn", "l1", fold)] = path
    write_text(folder / "card.json", card_of(SPEC, MEASURED).model_dump_json())
    arguments = {
        "card": folder / "card.json",
        "optional": [folder / "physics"],
        "searches": searches,
        "validity": validity,
        "consistency": folder / "consistency",
        "metrics": files.metrics,
        "catalogue": files.catalogue,
        "cohort": folder / "cohort",
        "histories": files.histories,
        "runs": runs,
        "panels": panels,
    }
    output = folder / "out" / "report.html"
    beside = {
        "figures": [output.parent / "figures" / f"{name}.png" for name in FIGURES],
        "tables": [output.parent / "tables" / f"{name}.csv" for name in TABLES],
    }
    build_report(load(spec, **arguments), output, **beside)
    return Made(output, folder, spec, arguments)
