"""Values of whole patients (slice -1) are ranked like others and stay out of what is done slice by slice."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ldct.statistics.bootstrap import HierarchicalBootstrap
from ldct.tables import write_table
from ldct.tables.metrics import CATALOGUE, METRICS, WHOLE_PATIENT
from tests.statistics.conftest import analysed
from tests.support.synthetic_metrics import SyntheticStudy, write_study

KEYS = ["patient", "dose", "model", "loss", "fold", "seed", "checkpoint", "selected", "window"]


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory):
    """A study without and with a task metric that is the mean RMSE of each patient."""
    folder = tmp_path_factory.mktemp("whole")
    files = write_study(folder, SyntheticStudy(losses=("mse", "l1", "edge"), metrics=("rmse", "ssim"), slices=3))
    before = analysed(folder / "before", files, bootstrap_draws=200)
    frame = pq.read_table(files.metrics).to_pandas()
    task = frame[frame.metric == "rmse"].groupby(KEYS, as_index=False).value.mean()
    task = task.assign(metric="task_error", slice=np.int32(WHOLE_PATIENT), reason=None)
    added = pa.Table.from_pandas(task[METRICS.names], METRICS, preserve_index=False)
    write_table(files.metrics, pa.concat_tables([pq.read_table(files.metrics), added]).cast(METRICS), METRICS)
    cards = pq.read_table(files.catalogue).to_pylist()
    card = next(card for card in cards if card["metric"] == "rmse")
    cards.append({**card, "metric": "task_error", "label": "task error", "family": "task"})
    write_table(files.catalogue, pa.Table.from_pylist(cards, CATALOGUE), CATALOGUE)
    return before, analysed(folder / "after", files, bootstrap_draws=200)


def test_whole_patient_values_are_ranked_like_their_slices(before_and_after):
    before, after = before_and_after
    key = ["model", "loss"]
    rmse = before["loss_values"].query("metric == 'rmse'").set_index(key).sort_index()
    task = after["loss_values"].query("metric == 'task_error'").set_index(key).sort_index()
    assert np.allclose(task["mean"], rmse["mean"])
    assert (task["patients"] == 8).all()
    places = after["ranks"].query("metric in ('rmse', 'task_error')").pivot(index="loss", columns="metric")["place"]
    assert (places["rmse"] == places["task_error"]).all()
    assert "task" in set(after["agreement"]["family"])


def test_whole_patient_values_change_nothing_of_the_slices(before_and_after):
    before, after = before_and_after
    for name in ("image_level", "variance"):
        kept = after[name]
        kept = kept[kept.metric != "task_error"] if "metric" in kept else kept
        assert kept.reset_index(drop=True).equals(before[name]), name
    stated = [tables["design"].set_index("key")["value"]["slices"] for tables in (before, after)]
    assert stated == ["24", "24"]
    assert (before["runs"]["slices"] == after["runs"]["slices"]).all()


def test_whole_patient_values_are_resampled_with_their_patient_only():
    patient_of, whole = np.repeat(np.arange(5), 3), np.tile([False, False, True], 5)
    values = np.where(whole, np.repeat([1.0, 5.0, 2.0, 8.0, 3.0], 3), np.nan)[None]
    boot = HierarchicalBootstrap(patient_of, 400, np.random.default_rng(0), whole)
    assert np.allclose(boot.means(values)[:, 0], boot.patient_means(values[:, whole])[:, 0])
    slices_only = np.where(whole, np.nan, 1.0)[None]
    assert np.allclose(boot.means(slices_only), 1)
