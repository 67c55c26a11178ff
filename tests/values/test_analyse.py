"""A long table from any tool gets the workflow's analysis and report, and every problem in it is named by line."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ldct.__main__ import main
from ldct.metrics.declared import METRICS as DECLARED
from ldct.statistics.consistency import analyse
from ldct.tables import write_table
from ldct.tables.consistency import TABLES
from ldct.tables.metrics import CATALOGUE
from ldct.values.analyse import analyse_study
from ldct.values.problems import TableError
from ldct.values.study import read_study
from tests.support.synthetic_metrics import SyntheticStudy, write_study

LOSSES = ("mse", "l1", "vgg")
HEADER = "patient,loss,metric,value"


def rows_of(patients=8, losses=LOSSES, metric="rmse", better=0.0):
    """Lines of a table without folds, seeds or slices; the last loss is lower by `better`."""
    rng = np.random.default_rng(1)
    return [
        f"p{p},{loss},{metric},{20 + p + rng.normal() * 0.1 - better * (loss == losses[-1]):.4f}"
        for p in range(patients)
        for loss in losses
    ]


def write(path, lines, header=HEADER):
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def problems_of(path, **options):
    with pytest.raises(TableError) as error:
        read_study(path, **options)
    return error.value.problems


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A study of the workflow, its tables, and its metrics as text."""
    folder = tmp_path_factory.mktemp("exported")
    study = SyntheticStudy(losses=LOSSES, patients=9, folds=3, slices=3, metrics=("rmse", "psnr", "ssim", "hu_bias"))
    files = write_study(folder / "study", study)
    cards = pq.read_table(files.catalogue).to_pylist()
    cards = [row | {"construct": str(DECLARED[row["metric"]].construct)} for row in cards]
    write_table(files.catalogue, pa.Table.from_pylist(cards, CATALOGUE), CATALOGUE)
    settings = files.settings(draws=200)
    analyse(settings, files.metrics, files.catalogue, files.histories, folder / "workflow")
    pq.read_table(files.metrics).to_pandas().drop(columns=["dose", "reason"]).to_csv(folder / "values.csv", index=False)
    return folder, files


def test_courses_of_training_are_analysed_as_the_workflow_does(tmp_path):
    design = SyntheticStudy(losses=LOSSES, patients=8, slices=2, seeds=(0, 1), metrics=("rmse", "ssim"),
                            checkpoints=(1, 2, 3, 4, 5))  # fmt: skip
    files = write_study(tmp_path / "study", design)
    analyse(
        files.settings(draws=200),
        files.metrics,
        files.catalogue,
        files.histories,
        tmp_path / "w",
    )
    values = pq.read_table(files.metrics).to_pandas().drop(columns=["dose", "reason"])
    key = ["model", "loss", "fold", "seed", "checkpoint"]
    course = [
        dict(zip(key, (run.model, run.loss, run.fold, run.seed, row["epoch"]), strict=True))
        | {"validation_loss": row["validation_loss"]}
        for run, path in files.histories.items()
        for row in pq.read_table(path).to_pylist()
    ]
    values = values.astype({"model": str, "loss": str}).merge(pd.DataFrame(course), on=key, how="left")
    values.to_csv(tmp_path / "values.csv", index=False)
    analyse_study(read_study(tmp_path / "values.csv"), tmp_path / "out", draws=200, confidence=0.95)
    for name in ("hypotheses", "trajectory_summary"):
        ours, theirs = (pd.read_parquet(tmp_path / f"{one}/{name}.parquet") for one in ("out/consistency", "w"))
        if name == "trajectory_summary":
            # Validation RMSE is not in a table of values.
            ours, theirs = (one[one["metric"] != "validation_rmse"].reset_index(drop=True) for one in (ours, theirs))
        pd.testing.assert_frame_equal(ours, theirs)
    assert (ours["verdict"] != "").all() and len(ours)
    assert "does not follow" in (tmp_path / "out/report/report.html").read_text()


def test_mistakes_in_courses_are_named_by_line(tmp_path):
    lines = ["a,mse,rmse,3,1,0.5", "b,mse,rmse,3,1,0.6", "a,l1,rmse,3,1,x", "b,l1,rmse,3,1,0.1"]
    problems = problems_of(write(tmp_path / "v.csv", lines, "patient,loss,metric,value,epoch,validation_loss"))
    assert any(p.startswith("line 3, column 'validation_loss': another one than line 2") for p in problems), problems
    assert any(p.startswith("line 4, column 'validation_loss': found 'x'") for p in problems), problems
    lines = [line.rsplit(",", 2)[0] + ",0.1" for line in lines]
    problems = problems_of(write(tmp_path / "v.csv", lines, "patient,loss,metric,value,validation_loss"))
    assert any("without column 'epoch'" in p for p in problems)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_exported_table_is_analysed_as_the_workflow_does(exported, kind, tmp_path, capsys):
    folder, files = exported
    values = folder / "values.csv" if kind == "csv" else files.metrics
    words = [str(values), "-o", str(tmp_path / "out"), "--metrics", str(files.catalogue), "--draws", "200"]
    assert main(["analyse", *words]) == 0
    assert "3 losses, 4 metrics" in capsys.readouterr().out
    # Without histories of training there are no trajectories, and all else is equal.
    of_training = {"runs", "trajectories", "trajectory_points", "trajectory_summary", "hypotheses", "power"}
    for name in set(TABLES) - of_training:
        here, there = (
            pq.read_table(base / f"{name}.parquet") for base in (tmp_path / "out/consistency", folder / "workflow")
        )
        assert here.equals(there), name
    contrasts = pd.read_parquet(tmp_path / "out/consistency/contrasts.parquet")
    assert len(contrasts) and set(contrasts.verdict) - {"cannot tell"}
    ranking = "part == 'ranking'"
    here, there = (
        pd.read_parquet(base / "hypotheses.parquet").query(ranking)
        for base in (tmp_path / "out/consistency", folder / "workflow")
    )
    pd.testing.assert_frame_equal(here.reset_index(drop=True), there.reset_index(drop=True))


def test_the_report_shows_what_there_is_and_no_more(exported, tmp_path):
    _, files = exported
    assert main(["analyse", str(files.metrics), "-o", str(tmp_path), "--draws", "100", "--title", "Ours & theirs"]) == 0
    page = (tmp_path / "report/report.html").read_text()
    shown = set(re.findall(r'<section id="(\w+)">', page))
    # The table has epochs, but no validation loss that their courses could follow.
    assert shown == {"conclusions", "metrics", "agreement", "tests", "methods", "glossary"}
    assert "Ours &amp; theirs" in page and "Trainings</h3>" not in page and "measured elsewhere" in page
    assert (tmp_path / "report/tables/contrasts.csv").read_text().count("\n") > 3


def test_four_columns_are_enough_and_say_what_they_cannot_tell(tmp_path):
    write(tmp_path / "values.csv", rows_of(better=5.0))
    assert main(["analyse", str(tmp_path / "values.csv"), "-o", str(tmp_path / "out"), "--draws", "100"]) == 0
    contrasts = pd.read_parquet(tmp_path / "out/consistency/contrasts.parquet")
    assert set(contrasts.verdict) == {"cannot tell"} and len(contrasts) == 2
    assert contrasts.reason.str.contains("one training a loss and fold").all()
    assert contrasts.query("loss == 'vgg'").difference.item() == pytest.approx(5, abs=0.3)
    page = (tmp_path / "out/report/report.html").read_text()
    assert 'id="images"' not in page and 'id="cohort"' not in page and 'id="training"' not in page


def test_folds_alone_are_replicates(tmp_path):
    """With one seed in three folds the engine answers, and a large difference is told."""
    lines = [f"{line},{int(line[1]) % 4 + 1}" for line in rows_of(better=5.0)]
    write(tmp_path / "values.csv", lines, f"{HEADER},fold")
    assert main(["analyse", str(tmp_path / "values.csv"), "-o", str(tmp_path / "out"), "--draws", "100"]) == 0
    contrasts = pd.read_parquet(tmp_path / "out/consistency/contrasts.parquet").set_index("loss")
    assert contrasts.verdict["vgg"] == "better"
    assert contrasts.verdict["l1"] != "better"


def test_every_problem_is_named_at_once(tmp_path):
    lines = [f"{line},0" for line in rows_of()]
    lines[1] = "p0,l1,rmse,abc,0"  # line 3
    lines[2] = "p0,vgg,rmse,1,x"  # line 4
    lines[4] = ""  # line 6
    lines[5] = "p1,vgg,rmse"  # line 7
    lines += ["p0,mse,rmse,20,0", "p2,mse,ssim,0.8,1", "p3,mse,clarity,3,0", "p3,alone,rmse,3,0", "p4,mse,ssim,86,0"]
    said = "\n".join(problems_of(write(tmp_path / "values.csv", lines, f"{HEADER},fold"), reference="msee"))
    for part in (
        "line 3, column 'value': found 'abc'; expected a number",
        "line 4, column 'fold': found 'x'; expected a whole number",
        "line 7, column 'patient': found 3 cells; expected 5",
        "line 26, column 'value': a second value of the same patient, loss, metric as line 2",
        "line 27, column 'fold': patient 'p2' is tested in fold 1, and in fold 0 on line 8",
        "line 28, column 'metric': found metric 'clarity'",
        "line 29, column 'loss': loss 'alone' has one patient",
        "line 30, column 'value': found 86; expected ssim from -1 to 1",
        "--reference: no loss 'msee'; the nearest is 'mse'",
    ):
        assert part in said, said


def test_missing_and_misspelt_columns_have_a_nearest_name(tmp_path):
    said = problems_of(write(tmp_path / "a.csv", rows_of(), "patient,los,metric,value"))
    assert said[0].startswith("line 1: no column 'loss'; the nearest is 'los'")
    lines = [f"{line},0" for line in rows_of()]
    assert (
        "line 1: unknown column 'seeds'; the nearest is 'seed'"
        in problems_of(write(tmp_path / "b.csv", lines, f"{HEADER},seeds"))[0]
    )
    read_study(write(tmp_path / "c.csv", lines, f"{HEADER},scanner"))


def test_many_problems_of_one_kind_are_counted(tmp_path):
    lines = [line.rsplit(",", 1)[0] + ",?" for line in rows_of()]
    said = problems_of(write(tmp_path / "values.csv", lines))
    assert len(said) == 6 and said[-1] == "... and 19 more lines like the last, up to 25"


def test_rows_of_parquet_are_named_by_number(tmp_path):
    table = pd.DataFrame([line.split(",") for line in rows_of()], columns=HEADER.split(",")).astype({"value": float})
    table.loc[3, "metric"] = "clarity"
    table.to_parquet(tmp_path / "values.parquet")
    assert problems_of(tmp_path / "values.parquet")[0].startswith("row 4, column 'metric': found metric 'clarity'")


def test_metrics_of_ones_own(tmp_path):
    write(tmp_path / "values.csv", rows_of(metric="clarity"))
    described = write(
        tmp_path / "m.csv", ["clarity,higher,resolution,0,,Clarity"], "name,direction,construct,low,high,label"
    )
    study = read_study(tmp_path / "values.csv", described)
    card = study.cards["clarity"]
    assert (card.row["label"], card.row["direction"], card.low, card.high) == ("Clarity", "higher", 0, np.inf)
    assert card.row["construct"] == "resolution"
    wrong = write(tmp_path / "w.csv", ["clarity,up,sharpness,0,,Clarity"], "name,direction,construct,low,high,label")
    with pytest.raises(TableError, match=r"(?s)line 2, column 'direction': found 'up'.*column 'construct'"):
        read_study(tmp_path / "values.csv", wrong)


def test_anchors_are_repeated_freely_but_not_in_contradiction(tmp_path):
    low = [f"p{p},low_dose,rmse,{30 + p}" for p in range(8)]
    study = read_study(write(tmp_path / "a.csv", [*rows_of(), *low, *low]))
    assert (study.rows.loss == "low_dose").sum() == 8 and study.losses == list(LOSSES)
    path = write(tmp_path / "b.csv", [*rows_of(), *low, "p3,low_dose,rmse,99"])
    assert problems_of(path) == (
        "line 34, column 'value': a second value of the same patient, loss, metric as line 29; expected one",
    )


def test_semicolons_and_marks_of_spreadsheets_are_read(tmp_path):
    path = tmp_path / "values.csv"
    path.write_text("\ufeff" + "\n".join([HEADER, *rows_of()]).replace(",", ";"), encoding="utf-8")
    assert read_study(path).losses == list(LOSSES)


def test_margins_and_their_mistakes(tmp_path, capsys):
    write(tmp_path / "values.csv", rows_of())
    words = ["analyse", str(tmp_path / "values.csv"), "-o", str(tmp_path / "out"), "--draws", "100"]
    assert main([*words, "--margin", "rmsee=1"]) == 1
    assert "no metric rmsee" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words, "--margin", "rmse=much"])
