"""A whole study of patients whose every identifying attribute holds a mark: no result holds one."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pyarrow.parquet as pq
import pydicom
import pytest
from PIL import Image

from tests.data.test_ingest import body, dicom, stack
from tests.data.test_sentinels import MARKS, WORD, plant
from tests.support.study_folder import StudyFolder

pytestmark = pytest.mark.study

CONFIG = """
cohort: {manifest: private.csv, folds: 2}
low_dose: {fraction: 0.1}
patches: {size: 32, per_patient: 64}
models: {redcnn: {use: redcnn, options: {width: 4, kernel: 3}}}
losses: {mse: mse, l1: l1}
training: {seeds: [0], epochs: 1, steps_per_epoch: 4, batch: 4, learning_rate: 2.0e-3, checkpoints: [1]}
inference: {dicom: [mse, low_dose]}
evaluation: {slices_per_patient: 2, shards: 4, validity_patients: 1, metrics: [rmse, ssim, hu_bias]}
lesions: {per_patient: 1, diameters_mm: [8], backgrounds_per_patient: 4}
statistics: {bootstrap_draws: 100}
report: {panel_patients: 1}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> tuple[StudyFolder, str]:
    folder = StudyFolder.copy(tmp_path_factory.mktemp("private") / "study", config="tests/study/private.yaml")
    (folder.path / folder.config).write_text(CONFIG)
    rows = ["patient,kind,full,low,region,seed,fold"]
    for number in range(4):
        places = {}
        for dose, noise in (("full", 8.0), ("low", 30.0)):
            own = folder.path / "tests/study" / f"{WORD}_Jane_{number}" / dose
            dicom(own, stack(body(noise=noise, seed=10 * number + int(noise)), dose))
            for k, path in enumerate(sorted(own.iterdir())):
                plant(path, k, person=number)
            broken = sorted(own.iterdir())[0]
            broken.with_name(f"{WORD}_broken.dcm").write_bytes(broken.read_bytes()[:-3000])
            places[dose] = f"{WORD}_Jane_{number}/{dose}"
        rows.append(f"P{number},dicom,{places['full']},{places['low']},chest,,")
    (folder.path / "tests/study/private.csv").write_text("\n".join(rows) + "\n")
    done = folder.run()
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return folder, done.stdout + done.stderr


def texts(path: Path) -> list[str]:
    """What a file says: as it is, and what its format hides."""
    content = path.read_bytes()
    found = [content.decode("latin-1")]
    if path.suffix == ".parquet":
        table = pq.read_table(path)
        words = [name for name in table.column_names if name not in ("hu", "image", "low", "full", "mask")]
        found += [str(table.schema.metadata), str(table.select(words).to_pylist())]
    elif path.suffix == ".dcm":
        found.append(str(pydicom.dcmread(path)))
    elif path.suffix == ".png":
        found.append(str(Image.open(io.BytesIO(content)).info))
    elif path.suffix == ".html":
        # Tables that the page hands out are Parquet in Base64.
        for code in re.findall(r"[A-Za-z0-9+/]{200,}={0,2}", found[0]):
            data = base64.b64decode(code + "=" * (-len(code) % 4))
            if data[:4] == b"PAR1":
                found.append(str(pq.read_table(io.BytesIO(data)).to_pylist()))
    return found


def test_the_study_stands_on_the_planted_patients(study):
    results = study[0].path / "results"
    assert (results / "report/report.html").is_file() and list((results / "dicom").rglob("*.dcm"))
    patients = pq.read_table(results / "cohort/patients.parquet").to_pylist()
    assert [row["status"] for row in patients] == ["accepted"] * 4
    assert len(pq.read_table(results / "cohort/rejections.parquet")) >= 8


def test_no_mark_is_in_any_result_log_name_or_message(study):
    folder, said = study
    results = folder.path / "results"
    files = [path for path in results.rglob("*") if path.is_file()]
    assert len(files) > 150 and {path.suffix for path in files} >= {
        ".parquet",
        ".dcm",
        ".html",
        ".log",
        ".json",
        ".csv",
    }
    hits = {}
    for path in files:
        name = path.relative_to(results).as_posix()
        marks = {mark for text in [name, *texts(path)] for mark in MARKS if mark in text}
        if marks:
            hits[name] = marks
    assert hits == {}
    assert [mark for mark in MARKS if mark in said] == []
