"""Partial reruns are exact: for each kind of change Snakemake plans the expected jobs and no other."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from ldct.study.manifest import read_manifest
from ldct.study.split import assign

pytestmark = pytest.mark.study

LOSSES, FOLDS = ("mse", "l1", "compound"), (0, 1)
# A shard's job judges all runs; what it has judged of others is kept, see tests/metrics/test_evaluate.py.
EVALUATE = [f"evaluate {fold} {shard}" for fold in FOLDS for shard in (0, 1)]
AFTER_METRICS = ["collect_metrics", "consistency", "report", "provenance"]
CURVES = [*[f"curves {fold}" for fold in FOLDS], "physics"]
AFTER_PREDICTIONS = [*EVALUATE, *CURVES, "panels", *AFTER_METRICS]


def branch(*losses: str) -> list[str]:
    """The jobs of the runs of `losses`, from training to predictions."""
    return [f"{rule} redcnn {loss} {fold} 0" for rule in ("train", "predict") for loss in losses for fold in FOLDS]


def predictions(*losses: str) -> list[str]:
    return [f"predict redcnn {loss} {fold} 0" for loss in losses for fold in FOLDS]


PATIENTS = ("synthA", "synthB", "synthC", "synthD", "broken")
SYNTHETIC = PATIENTS[:4]
METRICS = ["rmse", "psnr", "ssim", "gmsd", "hu_bias", "noise_sd_ratio"]
FROM_IMAGES = [
    *[f"{rule} {fold}" for rule in ("gather", "patches") for fold in FOLDS],
    *branch(*LOSSES),
    *["cohort", "validity"],
    *AFTER_PREDICTIONS,
]
LESIONS = [
    *[f"lesions {patient}" for patient in PATIENTS],
    *[f"{rule} {fold}" for rule in ("gather_lesions", "lesion_anchors", "observe") for fold in FOLDS],
    *[f"regions redcnn {loss} {fold} 0" for loss in LOSSES for fold in FOLDS],
    *["catalogue", "conspicuity"],
]
WINDOWS = {"full": {"center": 0, "width": 2048}, "soft_tissue": {"center": 40, "width": 400}}

# A change of configuration -> the jobs it must cause.
CHANGES = {
    "nothing": ({}, []),
    "the same number, spelled differently": ({"training": {"learning_rate": 0.002, "gradient_clip": 1}}, []),
    "a weight": ({"losses": {"compound": "l1 + 0.25 * sobel"}}, [*branch("compound"), *AFTER_PREDICTIONS]),
    "two weights swapped": (
        {"losses": {"compound": "0.5 * l1 + sobel"}},
        [*branch("compound"), *AFTER_PREDICTIONS],
    ),
    "two losses swapped": ({"losses": {"mse": "l1", "l1": "mse"}}, [*branch("mse", "l1"), *AFTER_PREDICTIONS]),
    "a new loss": ({"losses": {"charbonnier": "charbonnier"}}, [*branch("charbonnier"), *AFTER_PREDICTIONS]),
    "a loss removed": ({"losses": {"compound": None}}, AFTER_PREDICTIONS),
    "a new metric": (
        {"evaluation": {"metrics": [*METRICS, "haarpsi"]}},
        [*EVALUATE, "catalogue", "validity", *AFTER_METRICS],
    ),
    "a metric fitted on training patients": (
        {"evaluation": {"metrics": [*METRICS, "niqe_ct"]}},
        [
            *[f"fit_niqe_ct {fold}" for fold in FOLDS],
            *EVALUATE,
            *["catalogue", "validity", *AFTER_METRICS],
        ],
    ),
    "a search for the learning rate": (
        {"training": {"search": {"learning_rates": [0.001, 0.003]}}},
        [
            *[f"search redcnn {loss} {fold}" for loss in LOSSES for fold in FOLDS],
            *branch(*LOSSES),
            *AFTER_PREDICTIONS,
        ],
    ),
    "a filter left out": (
        {"evaluation": {"filters": ["gaussian_filter"]}},
        [*EVALUATE, *AFTER_METRICS],
    ),
    "a window": (
        {"evaluation": {"windows": {"full": {"center": 0, "width": 3000}}}},
        [*EVALUATE, "validity", *AFTER_METRICS],
    ),
    "two windows swapped": (
        {"evaluation": {"windows": {"full": WINDOWS["soft_tissue"], "soft_tissue": WINDOWS["full"]}}},
        [*EVALUATE, "validity", *AFTER_METRICS],
    ),
    "patients of the validity ladder": (
        {"evaluation": {"validity_patients": 1}},
        # Who fails the ladder has no vote.
        ["validity", "consistency", "report", "provenance"],
    ),
    "lesions inserted": ({"lesions": {"per_patient": 2}}, [*LESIONS, *AFTER_METRICS]),
    "bootstrap draws": ({"statistics": {"bootstrap_draws": 150}}, ["consistency", "physics", "report", "provenance"]),
    "the report's title": ({"report": {"title": "Another"}}, ["report", "provenance"]),
    "the panels": ({"report": {"panel_patients": 2}}, ["panels", "report", "provenance"]),
    "the budget": ({"training": {"steps_per_epoch": 9}}, [*branch(*LOSSES), *AFTER_PREDICTIONS]),
    "another seed": (
        {"training": {"seeds": [0, 1]}},
        # With a second seed the reference loss has a negative control, of both seeds.
        [
            *[job[:-1] + "1" for job in branch(*LOSSES, "mse_again")],
            *branch("mse_again"),
            *AFTER_PREDICTIONS,
        ],
    ),
    "a metric removed": (
        {"evaluation": {"metrics": METRICS[:-1]}},
        [*EVALUATE, "catalogue", "validity", *AFTER_METRICS],
    ),
    "slices judged": (
        {"evaluation": {"slices_per_patient": 3}},
        [*predictions(*LOSSES), *AFTER_PREDICTIONS],
    ),
    "a network added": (
        {"models": {"small": {"use": "cnn10", "options": {"width": 4}}}},
        [*[job.replace("redcnn", "small") for job in branch(*LOSSES)], *AFTER_PREDICTIONS],
    ),
    "a network's options": (
        {"models": {"redcnn": {"use": "redcnn", "options": {"width": 4, "kernel": 3}}}},
        [*branch(*LOSSES), *AFTER_PREDICTIONS],
    ),
    "a loss's label": (
        {"losses": {"mse": {"label": "Squared error", "terms": [{"use": "mse"}]}}},
        ["report", "provenance"],
    ),
    "a loss renamed": (
        {"losses": {"l1": None, "absolute": "l1"}},
        [*branch("absolute"), *AFTER_PREDICTIONS],
    ),
    "a term's option": (
        {"losses": {"compound": {"terms": [{"use": "l1"}, {"use": "charbonnier", "options": {"epsilon": 0.01}}]}}},
        [*branch("compound"), *AFTER_PREDICTIONS],
    ),
    "DICOM series": (
        {"inference": {"dicom": ["mse", "low_dose"]}},
        [
            *[f"dicom redcnn mse {fold} 0" for fold in FOLDS],
            *[f"dicom_source low_dose {fold}" for fold in FOLDS],
            "provenance",
        ],
    ),
    "a loss on the encoder of the fold": (
        {"losses": {"compound": {"terms": [{"use": "l1"}, {"use": "ct_autoencoder"}]}}},
        [*[f"encoder {fold}" for fold in FOLDS], *branch("compound"), *AFTER_PREDICTIONS],
    ),
    "the encoder, where no loss uses it": ({"encoder": {"steps": 50}}, ["provenance"]),
    "a target share": (
        {"losses": {"compound": {"terms": [{"use": "l1"}, {"use": "sobel", "psi": 0.3}]}}},
        [*[f"calibrate redcnn compound {fold}" for fold in FOLDS], *branch("compound"), *AFTER_PREDICTIONS],
    ),
    "steps before a calibration, where no loss has a target share": (
        {"training": {"calibration_steps": 50}},
        ["provenance"],
    ),
    "the kernel of the reconstruction": (
        {"reconstruction": {"kernel": "ramp"}},
        [*[f"images {patient}" for patient in SYNTHETIC], *FROM_IMAGES],
    ),
    "the dose": (
        {"low_dose": {"fraction": 0.2}},
        [
            *[f"simulate {patient}" for patient in SYNTHETIC],
            *[f"images {patient}" for patient in PATIENTS],
            *FROM_IMAGES,
        ],
    ),
    "the size of patches": (
        {"patches": {"size": 24}},
        [
            *[f"patches {fold}" for fold in FOLDS],
            *branch(*LOSSES),
            *AFTER_PREDICTIONS,
        ],
    ),
}


# The card says nothing of these: nothing is checked again.
UNCHECKED = {
    "nothing",
    "the same number, spelled differently",
    "bootstrap draws",
    "the report's title",
    "the panels",
    "patients of the validity ladder",
    "a loss's label",
    "DICOM series",
    "the encoder, where no loss uses it",
    "the kernel of the reconstruction",
    "the dose",
}


def with_check(expected: list[str]) -> Counter[str]:
    """The jobs, the check of the study, and those that show its card."""
    return Counter({*expected, "check", "report", "provenance"})


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_of_configuration(study, kind):
    overlay, expected = CHANGES[kind]
    # The provenance records the whole configuration; the report is made again only where it says what changed.
    assert study.planned(overlay or None) == (Counter(expected) if kind in UNCHECKED else with_check(expected))


def edit(path: Path, old: str, new: str) -> str:
    text = path.read_text()
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1))
    return text


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (
            "ldct/losses/sobel.py",
            "prediction - target",
            "prediction + target",
            [*branch("compound"), *AFTER_PREDICTIONS, "check"],
        ),
        (
            "ldct/losses/mse.py",
            "(prediction, target)",
            "(target, prediction)",
            [*branch("mse"), *AFTER_PREDICTIONS, "check"],
        ),
        (
            "ldct/metrics/gmsd.py",
            "(a - b) ** 2",
            "(a + b) ** 2",
            [*EVALUATE, "catalogue", "validity", *AFTER_METRICS, "check"],
        ),
        (
            "ldct/filters/classical.py",
            "SIGMA_PIXELS = 1.0",
            "SIGMA_PIXELS = 1.5",
            [*EVALUATE, *AFTER_METRICS, "check"],
        ),
        (
            "ldct/filters/declared.py",
            'Filter("gaussian_filter",',
            'Filter("other", "ldct.filters.classical:gaussian", label="other"), Filter("gaussian_filter",',
            [],
        ),
        ("ldct/report/build.py", "autoescape=True", "autoescape=False", ["report"]),
        ("ldct/report/page/style.css", "{", "{ ", ["report"]),
        ("ldct/losses/declared.py", "from __future__", "# Edited.\nfrom __future__", []),
        ("ldct/losses/charbonnier.py", "prediction - target", "prediction + target", []),
        ("ldct/training/engine.py", "from __future__", "# Edited.\nfrom __future__", []),
        ("ldct/training/progress.py", "INTERVAL_S = 5.0", "INTERVAL_S = 6.0", []),
        ("ldct/errors.py", "found {found}; expected", "saw {found}; expected", []),
    ],
)
def test_an_edited_module(study, file, old, new, expected):
    path = study.path / file
    text = edit(path, old, new)
    try:
        assert study.planned() == Counter(expected)
    finally:
        path.write_text(text)


def test_a_damaged_prediction_shard_is_named_and_made_anew(study):
    results = study.path / "results"
    shard, metrics = results / "predictions/redcnn/mse/fold0/seed0.parquet", results / "metrics/metrics.parquet"
    before = shard.read_bytes(), metrics.read_bytes()
    shard.write_bytes(shard.read_bytes()[:-500])
    # As in a study that has come as far as its predictions.
    for path in (metrics, results / "metrics/fold0/shard0.parquet", results / "report/report.html"):
        path.unlink()
    done = study.run()
    assert done.returncode != 0
    assert "predictions/redcnn/mse/fold0/seed0.parquet: other bytes than its job wrote" in done.stdout + done.stderr
    assert "run the same command again" in done.stdout + done.stderr and not shard.exists()
    done = study.run()
    assert done.returncode == 0, done.stderr[-3000:]
    assert (shard.read_bytes(), metrics.read_bytes()) == before
    # The prediction was made anew with the same bytes, so that its metrics are known.
    assert "; 0 judged now, the others before" in (results / "logs/evaluate/fold0/shard0.log").read_text()


def test_a_touched_file_reruns_nothing(study):
    (study.path / "ldct/training/run.py").touch()
    (study.path / "results/images/synthA/low.parquet").touch()
    assert study.planned() == Counter()


def with_manifest(study, text: str) -> Counter[str]:
    """Jobs planned when the manifest holds `text`."""
    manifest = study.path / "tests/study/reduced.csv"
    before = manifest.read_text()
    manifest.write_text(text)
    try:
        return study.planned()
    finally:
        manifest.write_text(before)


def test_a_new_patient_reruns_the_folds_that_train_on_it(study):
    text = (study.path / "tests/study/reduced.csv").read_text()
    expected = [
        *[f"{rule} synthE" for rule in ("simulate", "images")],
        *["gather 1", "patches 1", "cohort", *AFTER_PREDICTIONS],
        # Fold 1 tests it, fold 0 trains on it.
        *[job for job in branch(*LOSSES) if job.endswith(" 0 0") or not job.startswith("train")],
    ]
    assert with_manifest(study, text + "synthE,synthetic,,,head,5,1\n") == with_check(expected)


def test_a_region_changes_one_patient(study):
    text = (study.path / "tests/study/reduced.csv").read_text()
    planned = with_manifest(study, text.replace("broken,dicom,broken,,abdomen,,", "broken,dicom,broken,,head,,"))
    assert planned["images broken"] == planned["cohort"] == 1
    assert not [job for job in planned if job.startswith(("simulate", "images synth"))]


def test_a_new_input_file_reruns_its_patient(study):
    extra = study.path / "tests/study/broken/more.txt"
    extra.write_text("not DICOM either")
    try:
        planned = study.planned()
    finally:
        extra.unlink()
    assert [job for job in planned if job.startswith(("simulate", "images"))] == ["images broken"]
    assert [job for job in planned if job.startswith("gather")] == [f"gather {fold_of_broken(study)}"]


def test_data_of_the_same_content_rerun_nothing(study):
    folder = study.path / "tests/study/broken"
    for path in folder.iterdir():
        path.touch()
    (folder / ".DS_Store").write_bytes(b"a viewer's")
    try:
        assert study.planned() == Counter()
        copy = folder.rename(folder.with_name("moved"))
        subprocess.run(["cp", "-r", copy, folder], check=True)
        assert study.planned() == Counter()
    finally:
        shutil.rmtree(folder)
        folder.with_name("moved").rename(folder)
        (folder / ".DS_Store").unlink()


def test_a_nested_file_reruns_its_patient(study):
    nested = study.path / "tests/study/broken/a/b.txt"
    nested.parent.mkdir()
    nested.write_text("no DICOM")
    try:
        planned = study.planned()
    finally:
        shutil.rmtree(nested.parent)
    assert [job for job in planned if job.startswith(("simulate", "images"))] == ["images broken"]


def fold_of_broken(study) -> int:

    return assign(read_manifest(study.path / "tests/study/reduced.csv"), folds=2, seed=0)["broken"]
