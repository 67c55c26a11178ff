"""Tables in, tables out: runs, anchors, what is kept of them, catalogue and collection."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from ldct.errors import InputError
from ldct.intensity import WINDOWS
from ldct.metrics.base import measure, view
from ldct.metrics.catalogue import write_catalogue
from ldct.metrics.collect import collect
from ldct.metrics.evaluate import evaluate
from ldct.metrics.judge import SliceJudge
from ldct.metrics.kept import Kept
from ldct.metrics.registry import BUILTIN
from ldct.metrics.slices import share
from ldct.metrics.ssim import SSIM
from ldct.tables import read_table, write_table
from ldct.tables.images import INVALID_HU, ImageStack, pack, write_images
from ldct.tables.metrics import CATALOGUE, METRICS
from ldct.tables.predictions import predictions_schema

SIZE = 200
METRICS_USED = ["rmse", "psnr", "ssim", "niqe_skvideo", "hu_bias"]
SPEC = {
    "metrics": METRICS_USED,
    "windows": {"full": {"center": 0, "width": 2048}, "soft_tissue": {"center": 40, "width": 400}},
    "patients": ["a", "b"],
    "slices_per_patient": 2,
    "fold": 1,
    "filters": [],
    "shard": 0,
    "shards": 1,
}
RUN = {"model": "redcnn", "loss": "mse", "seed": 3}
CHECKPOINTS = ((2, False), (4, True))


class Study:
    """Images and predictions of patients a (200 x 200 pixels) and b (200 x 180)."""

    def __init__(self, folder: Path, ct: np.ndarray):
        self.folder = folder
        rng = np.random.default_rng(0)
        self.full, self.low, self.images = {}, {}, {}
        rows: list[tuple] = []
        for patient, columns in (("a", SIZE), ("b", 180)):
            full = np.stack([np.roll(ct, 5 * k, 0)[:SIZE, :columns] for k in range(3)]).astype(np.int16)
            full[:, :4, :] = INVALID_HU
            low = np.where(full == INVALID_HU, full, full + rng.normal(0, 30, full.shape)).astype(np.int16)
            self.full[patient], self.low[patient] = full, low
            self.images[patient] = {}
            for dose, hu in (("full", full), ("low", low)):
                self.images[patient][dose] = folder / patient / f"{dose}.parquet"
                write_images(self.images[patient][dose], stack(patient, dose, hu))
            for index in (0, 2):
                for checkpoint, selected in CHECKPOINTS:
                    hu = np.full((SIZE, SIZE), INVALID_HU)
                    hu[:, :columns] = np.where(full[index] == INVALID_HU, INVALID_HU, low[index] - checkpoint)
                    rows.append((patient, index, checkpoint, selected, hu))
        self.predictions = folder / "predictions.parquet"
        self.write_predictions(rows)
        self.rows = rows

    def write_predictions(self, rows: list[tuple]) -> None:
        schema = predictions_schema((SIZE, SIZE))
        columns = [list(c) for c in zip(*rows, strict=True)] if rows else [[]] * 5
        arrays = [pa.array(c, f.type) for c, f in zip(columns[:4], schema, strict=False)]
        hu = np.stack(columns[4]) if rows else np.zeros((0, SIZE, SIZE), np.int16)
        write_table(self.predictions, pa.Table.from_arrays([*arrays, pack(hu)], schema=schema), schema)

    def run(self, weights: Path | None = None, more: list[dict] | None = None, **changes) -> list[dict]:
        """Rows of the run and, after it, of `more` runs; anchors are left to `anchors`."""
        return [row for row in self.judge(weights, more, **changes) if row["model"] != "anchor"]

    def anchors(self, **changes) -> list[dict]:
        return [row for row in self.judge(**changes) if row["model"] == "anchor"]

    def judge(self, weights: Path | None = None, more: list[dict] | None = None, **changes) -> list[dict]:
        spec = {"code": ["1"] * len(changes.get("metrics", METRICS_USED)), **SPEC, **changes}
        runs = [{**RUN, "path": self.predictions}, *(more or [])]
        kept = self.folder / "kept.parquet"
        evaluate(spec, runs, self.images, self.folder / "run.parquet", kept, weights or self.folder)
        return read_table(self.folder / "run.parquet", METRICS).to_pylist()


def stack(patient: str, dose: str, hu: np.ndarray) -> ImageStack:
    n = len(hu)
    return ImageStack(
        patient=patient,
        dose=dose,
        hu=hu,
        position_mm=np.arange(n, dtype=float),
        pixel_spacing_mm=(0.7, 0.7),
        slice_thickness_mm=1.0,
        origin_mm=np.zeros((n, 3)),
    )


@pytest.fixture
def study(tmp_path, ct) -> Study:
    return Study(tmp_path, ct)


def values(rows: list[dict], **wanted) -> list[float | None]:
    return [row["value"] for row in rows if all(row[key] == value for key, value in wanted.items())]


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


@pytest.fixture
def asked(monkeypatch) -> list[tuple]:
    """(metric, window) of each score that is really computed."""
    found: list[tuple] = []
    real = SliceJudge.scores

    def scores(self, hu, wanted=None):
        made = real(self, hu, wanted)
        found.extend((score.metric, score.window) for score in made)
        return made

    monkeypatch.setattr(SliceJudge, "scores", scores)
    return found


def another(study, offset: int, **run) -> dict:
    """A second run, whose predictions are those of the first plus `offset` HU."""
    first = study.predictions
    study.predictions = study.folder / f"another{offset}.parquet"
    moved = [(*row[:4], np.where(row[4] == INVALID_HU, INVALID_HU, row[4] + offset)) for row in study.rows]
    study.write_predictions(moved)
    made = {**RUN, **run, "path": study.predictions}
    study.predictions = first
    return made


def test_a_reference_is_prepared_once_for_all_runs_and_checkpoints(study, monkeypatch):
    real, prepared = SSIM.prepare, []
    monkeypatch.setattr(SSIM, "prepare", lambda self, reference: prepared.append(1) or real(self, reference))
    more = [another(study, 7, loss="l1"), another(study, 9, seed=4)]
    rows = study.run(more=more, metrics=["ssim"], filters=["gaussian_filter"])
    # Patients, slices, windows.
    assert len(prepared) == 2 * 2 * 2
    assert len(rows) == 3 * len(CHECKPOINTS) * len(prepared)
    assert {(r["loss"], r["seed"]) for r in rows} == {("mse", 3), ("l1", 3), ("mse", 4)}


def test_runs_judged_together_get_what_each_gets_alone(study):
    other = another(study, 7, loss="l1")
    together = study.run(more=[other])
    (study.folder / "kept.parquet").unlink()
    alone = study.run()
    assert [row for row in together if row["loss"] == "mse"] == alone
    study.predictions = other["path"]
    (study.folder / "kept.parquet").unlink()
    assert [row for row in together if row["loss"] == "l1"] == [{**row, "loss": "l1"} for row in study.run()]


def test_shards_deal_out_all_slices_once(study):
    whole = study.judge()
    dealt = [row for shard in range(3) for row in study.judge(shard=shard, shards=3)]
    assert sorted(map(str, dealt)) == sorted(map(str, whole))
    first = [share([0, 1, 2], f"patient{k}", 0, 2)[0] for k in range(20)]
    assert set(first) == {0, 1}, "patients begin at different shards"


def test_a_killed_job_goes_on_with_the_slices_that_it_lacks(study, monkeypatch):
    whole = study.judge()
    files = [study.folder / name for name in ("run.parquet", "kept.parquet")]
    before = [path.read_bytes() for path in files]
    for path in files:
        path.unlink()
    judged, real = [], Kept.add

    def dies_after_a(self, patient, index, rows):
        if patient == "b":
            raise KeyboardInterrupt
        real(self, patient, index, rows)

    monkeypatch.setattr(Kept, "add", dies_after_a)
    with pytest.raises(KeyboardInterrupt):
        study.judge()
    monkeypatch.setattr(Kept, "add", lambda *args: judged.append(args[1]) or real(*args))
    assert study.judge() == whole
    assert judged == ["b", "b"]
    assert [path.read_bytes() for path in files] == before
    assert not list(study.folder.glob(".kept.parts/*")), "nothing is left once the shard is whole"


def test_only_what_changed_is_judged_again(study, asked):
    first = study.judge(filters=["gaussian_filter"])
    assert len(asked) == len(first)
    asked.clear()
    assert study.judge(filters=["gaussian_filter"]) == first and asked == []

    per_image = len(first) // (2 * 2 * (2 + 3))
    patient, index, checkpoint, selected, hu = study.rows[0]
    study.write_predictions([(patient, index, checkpoint, selected, hu + (hu > 0)), *study.rows[1:]])
    changed = study.judge(filters=["gaussian_filter"])
    assert len(asked) == per_image
    apart = {(r["patient"], r["slice"], r["checkpoint"], r["loss"]) for r in changed if r not in first}
    assert apart == {(patient, index, checkpoint, "mse")}
    asked.clear()

    rows = study.run(more=[another(study, 7, loss="l1")])
    assert len(asked) == len(rows) // 2 == len([r for r in rows if r["loss"] == "l1"])
    asked.clear()
    study.judge(metrics=[*METRICS_USED, "mae"])
    assert asked and {metric for metric, _ in asked} == {"mae"}


@pytest.mark.parametrize(
    ("change", "again"),
    [
        ({"code": ["1", "1", "2", "1", "1"]}, {("ssim", "full"), ("ssim", "soft_tissue")}),
        ({"windows": {**SPEC["windows"], "full": {"center": 0, "width": 3000}}}, {("psnr", "full"), ("ssim", "full")}),
        ({"windows": {"soft_tissue": SPEC["windows"]["soft_tissue"]}}, set()),
        ({"metrics": METRICS_USED[:2]}, set()),
        ({"filters": [], "fold": 0}, set()),
    ],
)
def test_a_changed_metric_costs_no_value_of_the_others(study, asked, change, again):
    study.judge(filters=["gaussian_filter"])
    asked.clear()
    rows = study.judge(**change)
    assert set(asked) == again
    (study.folder / "kept.parquet").unlink()
    assert study.judge(**change) == rows, "what was kept is what is computed"


@pytest.mark.parametrize("dose", ["full", "low"])
def test_a_changed_image_is_judged_again(study, asked, dose):
    study.judge()
    asked.clear()
    hu = (study.full if dose == "full" else study.low)["a"].copy()
    hu[0, 60, 60] += 1
    write_images(study.images["a"][dose], stack("a", dose, hu))
    rows = study.judge()
    # All that is compared with a full dose, but only the low dose itself.
    assert len(asked) == len(
        [r for r in rows if r["patient"] == "a" and r["slice"] == 0 and (dose == "full" or r["loss"] == "low_dose")]
    )


def test_a_damaged_table_of_kept_values_costs_only_time(study, asked):
    rows = study.judge()
    (study.folder / "kept.parquet").write_bytes(b"PAR1")
    asked.clear()
    assert study.judge() == rows
    assert len(asked) == len(rows)


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
    write_catalogue({"metrics": list(BUILTIN)}, output, study.folder / "none")
    catalogue = {row["metric"]: row for row in read_table(output, CATALOGUE).to_pylist()}
    assert list(catalogue) == list(BUILTIN)
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
