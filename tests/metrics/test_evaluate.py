"""Tables in, tables out: runs, anchors, catalogue and collection."""

from __future__ import annotations

import numpy as np
import pytest

from ldct.errors import InputError
from ldct.intensity import WINDOWS
from ldct.metrics import declared
from ldct.metrics.base import measure, view
from ldct.metrics.catalogue import write_catalogue
from ldct.metrics.collect import collect
from ldct.metrics.judge import SliceJudge
from ldct.metrics.slices import share
from ldct.metrics.ssim import SSIM
from ldct.stages.catalogue import Catalogue
from ldct.tables import read_table
from ldct.tables.images import INVALID_HU, write_images
from ldct.tables.metrics import CATALOGUE, METRICS
from tests.support.judged_study import CHECKPOINTS, JudgedStudy, stack, values


@pytest.fixture
def study(tmp_path, ct) -> JudgedStudy:
    return JudgedStudy(tmp_path, ct)


def test_a_row_for_each_image_metric_and_window(study):
    rows = study.run()
    # psnr and ssim in two windows; NIQE in soft_tissue only; two metrics on HU.
    assert len(rows) == 2 * 2 * 2 * (2 + 2 + 1 + 2)
    assert {(r["model"], r["loss"], r["fold"], r["seed"], r["dose"]) for r in rows} == {("redcnn", "mse", 1, 3, "low")}
    assert {r["window"] for r in rows if r["metric"] == "niqe_skvideo"} == {"soft_tissue"}
    assert {(r["checkpoint"], r["selected"]) for r in rows} == set(CHECKPOINTS)
    missing = [r for r in rows if r["value"] is None]
    # Patient b has too few columns for NIQE.
    assert {(r["patient"], r["metric"]) for r in missing} == {("b", "niqe_skvideo")}
    assert all("needs at least" in r["reason"] for r in missing)


def test_values_are_those_of_the_metrics(study):
    rows = study.run()
    valid = study.full["b"][2] != INVALID_HU
    window = WINDOWS["soft_tissue"]
    reference = view(study.full["b"][2], valid, window=window)
    prediction = view(study.low["b"][2] - 4, valid, window=window)
    wanted = {"patient": "b", "slice": 2, "checkpoint": 4, "metric": "ssim", "window": "soft_tissue"}
    assert values(rows, **wanted) == [measure(SSIM(), reference, prediction)]
    noise = (study.low["b"][2].astype(float) - study.full["b"][2])[valid]
    wanted = {"patient": "b", "slice": 2, "checkpoint": 2, "metric": "rmse"}
    assert values(rows, **wanted) == pytest.approx([np.sqrt(np.mean((noise - 2) ** 2))], rel=1e-6)


def test_anchors_are_the_denoised_slices_at_both_doses(study):
    rows = study.anchors()
    assert {(r["loss"], r["dose"]) for r in rows} == {("low_dose", "low"), ("full_dose", "full")}
    assert {r["slice"] for r in rows} == {0, 2}
    assert {(r["model"], r["seed"], r["checkpoint"], r["selected"]) for r in rows} == {("anchor", 0, 0, True)}
    assert set(values(rows, loss="full_dose", metric="rmse")) == {0.0}
    psnr = [r for r in rows if r["loss"] == "full_dose" and r["metric"] == "psnr"]
    assert psnr and all(r["value"] is None and "identical" in r["reason"] for r in psnr)
    niqe = values(rows, metric="niqe_skvideo", patient="a", slice=0)
    assert len(niqe) == 2 and None not in niqe and niqe[0] != niqe[1]


def test_filters_are_anchors_too(study):
    rows = study.anchors(filters=["gaussian_filter"])
    valid = study.low["a"][0] != INVALID_HU
    filled = np.where(valid, study.low["a"][0], -1000).astype(np.float32)
    # What the filter is by its definition, over a finite reach.
    tap = np.exp(-0.5 * np.arange(-4, 5) ** 2)
    tap /= tap.sum()
    padded = np.pad(filled.astype(float), 4, mode="edge")
    columns = sum(w * padded[:, k : k + filled.shape[1]] for k, w in enumerate(tap))
    smooth = np.rint(sum(w * columns[k : k + filled.shape[0]] for k, w in enumerate(tap)))
    expected = np.sqrt(np.mean((smooth - study.full["a"][0])[valid] ** 2))
    found = values(rows, loss="gaussian_filter", patient="a", slice=0, metric="rmse")
    assert found == pytest.approx([expected], rel=1e-3)


def test_a_filter_of_ones_own(study, tmp_path, monkeypatch):
    text = "import numpy as np\ndef up(image):\n    return image.pixels + 7\n"
    text += (
        "class Up:\n    name, label = 'lifted', 'Lifted'\n    def __call__(self, image):\n        return up(image)\n"
    )
    (tmp_path / "filters_of_mine.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    rows = study.anchors(filters=["filters_of_mine:up", "filters_of_mine:Up"])
    low, *own = (values(rows, loss=loss, metric="hu_bias") for loss in ("low_dose", "up", "lifted"))
    assert own[0] == own[1] == pytest.approx([value + 7 for value in low], abs=1e-3)


def test_an_image_with_holes_has_reasons(study):
    patient, index, checkpoint, selected, hu = study.rows[0]
    hu = hu.copy()
    hu[50:52, 60:63] = INVALID_HU
    study.write_predictions([(patient, index, checkpoint, selected, hu), *study.rows[1:]])
    rows = study.run()
    hit = [r for r in rows if (r["patient"], r["slice"], r["checkpoint"]) == (patient, index, checkpoint)]
    assert hit and all(r["value"] is None and r["reason"].startswith("6 measured pixels") for r in hit)
    assert None not in values(rows, patient=patient, slice=index, checkpoint=4)


def test_a_failed_run_gives_an_empty_table(study):
    study.write_predictions([])
    assert study.run() == []


def test_a_corrupt_prediction_table_is_named_and_moved_aside(study):
    table = study.folder / "predictions.parquet"
    table.write_bytes(table.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"predictions\.parquet\.damaged"):
        study.run()
    assert not table.exists() and (study.folder / "predictions.parquet.damaged").exists()


def test_a_reference_is_prepared_once_for_all_runs_and_checkpoints(study, monkeypatch):
    real, prepared = SSIM.prepare, []
    monkeypatch.setattr(SSIM, "prepare", lambda self, reference: prepared.append(1) or real(self, reference))
    more = study.another(7, loss="l1") | study.another(9, seed=4)
    rows = study.run(more=more, metrics=["ssim"], filters=["gaussian_filter"])
    # Patients, slices, windows.
    assert len(prepared) == 2 * 2 * 2
    assert len(rows) == 3 * len(CHECKPOINTS) * len(prepared)
    assert {(r["loss"], r["seed"]) for r in rows} == {("mse", 3), ("l1", 3), ("mse", 4)}


def test_runs_judged_together_get_what_each_gets_alone(study):
    other = study.another(7, loss="l1")
    together = study.run(more=other)
    (study.folder / "kept.parquet").unlink()
    alone = study.run()
    assert [row for row in together if row["loss"] == "mse"] == alone
    (study.predictions,) = other.values()
    (study.folder / "kept.parquet").unlink()
    assert [row for row in together if row["loss"] == "l1"] == [{**row, "loss": "l1"} for row in study.run()]


def test_shards_deal_out_all_slices_once(study):
    whole = study.judge()
    dealt = [row for shard in range(3) for row in study.judge(shard=shard, shards=3)]
    assert sorted(map(str, dealt)) == sorted(map(str, whole))
    first = [share([0, 1, 2], f"patient{k}", 0, 2)[0] for k in range(20)]
    assert set(first) == {0, 1}, "patients begin at different shards"


def test_a_run_that_lacks_a_slice_is_named(study):
    study.write_predictions([row for row in study.rows if row[:2] != ("b", 2)])
    with pytest.raises(InputError, match=r"predictions\.parquet: found no prediction of slice 2 of b"):
        study.run()


def test_a_slice_without_its_full_dose_is_named(study):
    write_images(study.images["a"]["full"], stack("a", "full", study.full["a"][:1]))
    with pytest.raises(InputError, match="slice 2"):
        study.run()


def test_metrics_without_weights_are_left_out_and_explained(study, caplog):
    rows = study.run(weights=study.folder / "none", metrics=["rmse", "hed_vgg16_distance"])
    assert {r["metric"] for r in rows} == {"rmse"}
    assert "ldct weights get vgg16_hed" in caplog.text
    output = study.folder / "catalogue.parquet"
    write_catalogue(Catalogue.Spec(metrics=tuple(declared.METRICS)), output, study.folder / "none")
    catalogue = {row["metric"]: row for row in read_table(output, CATALOGUE).to_pylist()}
    assert list(catalogue) == list(declared.METRICS)
    assert catalogue["rmse"]["available"] and not catalogue["hed_vgg16_distance"]["available"]
    assert "ldct weights get vgg16_hed" in catalogue["hed_vgg16_distance"]["note"]


OWN = """
from ldct.metrics.base import Metric

class Counted(Metric):
    name, label, family, direction, source = "counted", "counted", "fidelity", "lower", "test"
    prepared = 0

    def prepare(self, reference):
        type(self).prepared += 1
        return reference

    def score(self, state, prediction):
        if prediction.pixels.shape[1] == 180:
            raise ZeroDivisionError("no columns to divide by")
        return float((prediction.pixels - state.pixels).mean())
"""


def test_ones_own_metric_is_prepared_once_a_slice_and_may_fail_on_an_image(study, monkeypatch):
    (study.folder / "own_metric.py").write_text(OWN)
    monkeypatch.syspath_prepend(study.folder)
    rows = study.run(metrics=["own_metric:Counted", "rmse"])
    import own_metric  # type: ignore[import-not-found]

    assert own_metric.Counted.prepared == 2 * 2 * 2
    failed = [r for r in rows if r["metric"] == "counted" and r["patient"] == "b"]
    assert failed and all(r["value"] is None and "ZeroDivisionError" in r["reason"] for r in failed)
    assert None not in values(rows, metric="counted", patient="a")
    assert None not in values(rows, metric="rmse")


def test_collecting_does_not_depend_on_the_order_of_the_parts(study):
    parts = []
    for shard in (0, 1):
        study.judge(shard=shard, shards=2)
        parts.append((study.folder / "run.parquet").rename(study.folder / f"shard{shard}.parquet"))
    one, two = study.folder / "one.parquet", study.folder / "two.parquet"
    collect(parts, one)
    collect(parts[::-1], two)
    assert one.read_bytes() == two.read_bytes()
    assert len(read_table(one, METRICS)) == sum(len(read_table(part, METRICS)) for part in parts)


def test_a_metric_that_fails_on_a_reference_leaves_its_reason_and_the_others():
    from ldct.metrics.base import Metric
    from ldct.metrics.rmse import RMSE

    class Broken(Metric):
        name, label, family, direction, source, mapping = "broken", "broken", "fidelity", "lower", "a test", "hu"

        def prepare(self, reference):
            raise KeyError("no such filter")

    hu = np.zeros((16, 16), np.int16)
    found = SliceJudge([Broken(), RMSE()], WINDOWS, hu, np.ones(hu.shape, bool), (1.0, 1.0)).scores(hu)
    assert [(item.metric, item.value) for item in found] == [("broken", None), ("rmse", 0.0)]
    assert "KeyError" in found[0].reason and "no such filter" in found[0].reason
