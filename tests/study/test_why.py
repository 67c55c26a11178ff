"""'ldct why': each planned job with the key, definition or file that caused it."""

from __future__ import annotations

import json

import pytest

from ldct.study.code import digest, reachable, record
from ldct.study.why import ABSENT, Planned, differences, report

SPEC = {"terms": [{"use": "mse", "weight": 1.0}], "budget": {"steps": 9, "rates": [0.1, 0.2]}, "seed": 0}


def spec(**changes) -> str:
    return json.dumps({**SPEC, **changes})


def test_differences_of_a_specification_are_paths_with_both_values():
    new = {"terms": [{"use": "mse", "weight": 2.0}], "budget": {"steps": 9, "rates": [0.1]}, "seed": 0, "fold": None}
    assert list(differences(SPEC, new)) == [
        ("terms[0].weight", 1.0, 2.0),
        ("budget.rates", [0.2], ABSENT),
        ("fold", ABSENT, None),
    ]
    assert list(differences(SPEC, SPEC)) == []
    assert list(differences({"a": 1}, {"a": True})) == [("a", 1, True)]


def test_equal_causes_of_a_rule_are_one_line():
    changed = {"steps": 12, "rates": [0.1, 0.2]}
    jobs = [
        Planned("train", {"spec": spec(budget=changed, seed=n), "code": "code 1"}, [spec(seed=n), "code 1"])
        for n in range(3)
    ]
    jobs += [Planned("predict", {"spec": "1"}, ["1"], upstream=["train"]) for _ in range(3)]
    assert report(jobs) == ["    3 train: spec budget.steps: 9 -> 12", "    3 predict: runs after train"]


def test_files_are_told_with_an_example():
    lines = report(
        [
            Planned("a", missing=["results/a1"]),
            Planned("a", missing=["results/a2"]),
            Planned("b", {"spec": "1"}, ["1"], missing=["results/b"]),
            Planned("c", {"spec": "1"}, ["1"], updated=["results/in"], added=["x", "y"], removed=["z"]),
            Planned("d", {"spec": "1"}, ["1"], incomplete=["results/d"], forced=True),
            Planned("e", {"spec": "1"}, ["1"], command=True, software=True),
        ]
    )
    assert lines == [
        "    2 a: never ran here (first results/a1)",
        "    1 b: its output is missing (results/b)",
        "    1 c: an input file changed (results/in)",
        "    1 c: 2 new input files (x)",
        "    1 c: 1 input file no longer read (z)",
        "    1 d: its last run did not end (results/d)",
        "    1 e: the rule's command changed",
        "    1 e: the rule's software environment changed",
    ]


def test_changed_code_is_told_by_its_definitions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = tmp_path / "mine_of_why.py"
    module.write_text("RATE = 1\n\n\ndef run(x):\n    return RATE * helped(x)\n\n\ndef helped(x):\n    return x\n")
    parts = reachable("mine_of_why:run")
    old = digest(parts)
    record(parts, tmp_path / "code")
    module.write_text(module.read_text().replace("return x\n", "return -x\n"))
    new = digest(reachable("mine_of_why:run"))
    lines = report([Planned("train", {"spec": "{}", "code": new}, ["{}", old])], tmp_path / "code")
    assert lines == ["    1 train: code: mine_of_why:helped changed (mine_of_why.py:8)"]
    lines = report([Planned("train", {"spec": "{}", "code": new}, ["{}", "code 0"])], tmp_path / "code")
    assert lines == ["    1 train: code changed (which definitions it had is not on record)"]


def test_digests_inside_a_specification_are_told_as_code(tmp_path):
    old, new = json.dumps({"code": ["code 1", "code 2"], "n": 1}), json.dumps({"code": ["code 3", "code 4"], "n": 2})
    lines = report([Planned("evaluate", {"spec": new}, [old]) for _ in range(2)], tmp_path)
    assert lines == [
        "    2 evaluate: spec n: 1 -> 2",
        "    2 evaluate: code changed (which definitions it had is not on record)",
    ]
    fewer = json.dumps({"code": ["code 1"], "n": 2})
    assert report([Planned("evaluate", {"spec": fewer}, [old])], tmp_path) == ["    1 evaluate: spec n: 1 -> 2"]


# With the study that the tests of this folder share.
study_test = pytest.mark.study


def why(study, overlay: dict | None = None) -> list[str]:
    done = study.why(overlay)
    assert done.returncode == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


@study_test
def test_nothing_is_planned_for_an_unchanged_study(study):
    assert why(study) == ["nothing to do: every result is of this configuration, code and data"]


@study_test
def test_the_key_that_changed_is_named_for_each_rule(study):
    lines = why(study, {"training": {"steps_per_epoch": 9}})
    train = [line for line in lines if " train: " in line]
    assert len(train) == 1 and train[0].startswith("6 train: spec ") and train[0].endswith("steps_per_epoch: 8 -> 9")
    assert "6 predict: runs after train" in lines
    assert not [line for line in lines if "images" in line or "patches:" in line]
    # What is planned and what is explained are the same jobs.
    planned = study.planned({"training": {"steps_per_epoch": 9}})
    assert {line.split()[1].rstrip(":") for line in lines} == {job.split()[0] for job in planned}


@study_test
def test_a_missing_result_is_named(study):
    path = study.path / "results/provenance.json"
    content = path.read_bytes()
    path.unlink()
    try:
        assert why(study) == ["1 provenance: its output is missing (results/provenance.json)"]
    finally:
        path.write_bytes(content)
