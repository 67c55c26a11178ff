"""Where several patients of a table are one person, the person is the unit of every analysis."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ldct.tables import write_table
from ldct.tables.metrics import METRICS, WHOLE_PATIENT
from tests.statistics.conftest import analysed
from tests.support.synthetic_metrics import SyntheticStudy, write_study

STUDY = SyntheticStudy(patients=10, slices=3, metrics=("rmse", "psnr", "ssim"), losses=("mse", "l1", "edge"))


def as_one(path: Path, persons: dict[str, str]) -> None:
    """Rewrite the table as if the scans of a person were further slices of one patient."""
    table = pq.read_table(path).to_pandas()
    order = {name: sum(other < name for other in persons if persons[other] == persons[name]) for name in persons}
    later = table["patient"].map(order).fillna(0).astype(int) * (table["slice"] != WHOLE_PATIENT)
    table["slice"] += 100 * later
    table["patient"] = table["patient"].replace(persons)
    write_table(path, pa.Table.from_pandas(table, METRICS, preserve_index=False), METRICS)


def test_scans_of_a_person_count_as_one_patient_with_all_their_slices(tmp_path):
    files = write_study(tmp_path / "a", STUDY)
    folds = pq.read_table(files.metrics).to_pandas().groupby("patient")["fold"].first()
    names = folds[folds == 0].index[:3]
    persons = dict.fromkeys(names, "somebody")
    found = analysed(tmp_path / "found", files, 100, persons=persons)
    as_one(files.metrics, persons)
    expected = analysed(tmp_path / "expected", files, 100)
    assert set(found["patient_values"]["patient"]) == (set(folds.index) - set(names)) | {"somebody"}
    for name in ("loss_values", "patient_values", "contrasts", "design", "ranks", "variance"):
        pd.testing.assert_frame_equal(found[name], expected[name], obj=name)


def test_without_persons_nothing_changes(tmp_path):
    files = write_study(tmp_path / "a", STUDY)
    plain, named = analysed(tmp_path / "x", files, 50), analysed(tmp_path / "y", files, 50, persons={"nobody": "x"})
    for name, table in plain.items():
        pd.testing.assert_frame_equal(table, named[name], obj=name)
