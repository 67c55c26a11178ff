"""Several files make one study by the rules at the head of `ldct.config.merge`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ldct.config.load import Configuration, load_files
from ldct.config.values import value_lines
from ldct.errors import ConfigError

PATIENTS = {"cohort": {"manifest": "patients.csv"}}


@pytest.fixture
def load(tmp_path):
    """The configuration of the given contents, as files one.yaml, two.yaml, ..."""

    def of(*contents: dict) -> Configuration:
        files = [tmp_path / f"{name}.yaml" for name, _ in zip(("one", "two", "three"), contents, strict=False)]
        for path, content in zip(files, contents, strict=True):
            path.write_text(yaml.safe_dump(content, sort_keys=False))
        return load_files(*files)

    return of


def test_settings_merge_key_by_key_and_lists_are_replaced(load):
    training = load(
        PATIENTS | {"training": {"epochs": 7, "checkpoints": [1, 7], "search": {"steps": 9}}},
        {"training": {"checkpoints": [7], "search": {"learning_rates": [0.1]}}},
    ).study.training
    assert (training.epochs, training.checkpoints) == (7, [7])
    assert (training.search.steps, training.search.learning_rates) == (9, [0.1])


def test_a_named_thing_is_replaced_as_a_whole(load):
    """Nothing of the earlier options, terms or label stays."""
    study = load(
        PATIENTS
        | {
            "models": {"redcnn": {"use": "redcnn", "options": {"width": 16, "kernel": 3}, "label": "small"}},
            "losses": {"mse": {"label": "A", "ablate": True, "terms": [{"use": "mse"}, {"use": "tv"}]}},
            "evaluation": {"windows": {"soft_tissue": {"center": 1, "width": 2}}},
        },
        {
            "models": {"redcnn": {"use": "redcnn"}},
            "losses": {"mse": {"terms": [{"use": "mse"}]}},
            "evaluation": {"windows": {"soft_tissue": {"center": 3, "width": 4}}},
        },
    ).study
    assert study.models["redcnn"].options == {} and study.models["redcnn"].label == ""
    assert list(study.losses) == ["mse"] and study.losses["mse"].label == ""
    assert study.evaluation.windows["soft_tissue"].center == 3


def test_a_fitted_kernel_is_one_value(load):
    fitted = {"reconstruction": {"kernel": {"mtf50": 0.3, "boost": 1.0}}}
    kernel = load(PATIENTS | fitted, {"reconstruction": {"kernel": {"mtf50": 0.4}}}).study.reconstruction.kernel
    assert (kernel.mtf50, kernel.boost) == (0.4, 0.0)


@pytest.mark.parametrize("base", [{}, PATIENTS], ids=["demo", "defaults"])
def test_losses_replace_those_of_the_base_and_add_to_those_of_files(load, base):
    first = base | {"losses": {"mse": "mse", "a": "l1"}}
    assert list(load(first).study.losses) == ["mse", "a"]
    assert list(load(first, {"losses": {"b": "tv", "a": "huber"}}).study.losses) == ["mse", "a", "b"]
    assert list(load(first, {"losses": {"b": "tv"}}, {"losses": {"a": None}}).study.losses) == ["mse", "b"]


@pytest.mark.parametrize("base", [{}, PATIENTS], ids=["demo", "defaults"])
def test_a_file_that_only_drops_takes_from_what_there_is(load, base):
    before = list(load(base).study.losses)
    assert list(load(base | {"losses": {"edge": None}}).study.losses) == [name for name in before if name != "edge"]


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        ([{"losses": {"mse": "mse", "edge": None}}], "losses.edge: null drops nothing"),
        ([{"losses": {"chabonnier": None}}], "the nearest is 'charbonnier'"),
        ([{"losses": {"mse": "mse"}}, {"losses": {"l1": None}}], "two.yaml: losses.l1: null drops 'l1'"),
    ],
)
def test_to_drop_what_is_not_there_is_a_mistake(load, contents, words):
    with pytest.raises(ConfigError) as caught:
        load(*contents)
    assert words in str(caught.value)


def test_null_sets_back_to_the_default_unless_it_is_a_value(load):
    first = PATIENTS | {
        "training": {"epochs": 3, "checkpoints": [3]},
        "evaluation": {"slices_per_patient": 5},
        "losses": {"mse": "mse"},
    }
    study = load(
        first, {"training": {"epochs": None, "checkpoints": None}, "evaluation": {"slices_per_patient": None}}
    ).study
    assert study.training == load(PATIENTS).study.training
    assert study.evaluation.slices_per_patient is None
    whole = load(first, {"training": None, "losses": None}).study
    assert whole.training == load(PATIENTS).study.training and whole.losses == load(PATIENTS).study.losses


def test_null_over_the_demo_is_the_default_and_not_the_demo(load):
    assert load({}).study.training.batch == 8
    assert load({"training": {"batch": None}}).study.training.batch == load(PATIENTS).study.training.batch == 64


def test_assumptions_add_up_with_their_files(load):
    def ours(*texts):
        return {"report": {"assumptions": list(texts)}}

    assert load(PATIENTS | ours("A", "B"), ours("A"), {}).study.report.assumptions == [
        "A (one.yaml)",
        "B (one.yaml)",
        "A (two.yaml)",
    ]


def test_nothing_of_the_demo_reaches_a_study_of_other_patients(load):
    """Wherever the manifest stands among the files."""
    alone = load(PATIENTS).study
    assert load({}, PATIENTS).study == load(PATIENTS, {}).study == alone
    assert alone.training.steps_per_epoch != load({}).study.training.steps_per_epoch
    assert alone.models["redcnn"].options == {}


def test_paths_are_relative_to_the_file_that_gives_them(tmp_path):
    """Whatever else a later file sets, and wherever the command is run."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    (tmp_path / "a/one.yaml").write_text("cohort: {manifest: data/p.csv}\nlesions: {masks: {p1: m.nrrd}}")
    (tmp_path / "b/two.yaml").write_text("cohort: {folds: 3}\nlesions: {masks: {p2: ../m.nrrd}}")
    configuration = load_files(tmp_path / "a/one.yaml", tmp_path / "b/two.yaml")
    assert configuration.file("cohort", "manifest") == tmp_path / "a/data/p.csv"
    assert configuration.file("lesions", "masks", "p1") == tmp_path / "a/m.nrrd"
    assert configuration.file("lesions", "masks", "p2") == tmp_path / "m.nrrd"
    assert configuration.file("readers", "key") is None


def test_arguments_come_last_and_are_typed(tmp_path):
    path = tmp_path / "one.yaml"
    path.write_text("training: {epochs: 8, batch: 2}")
    arguments = ["training={epochs: 9}", "models={r: {use: redcnn, options: {width: 8}}}", "allow_missing=false"]
    study = load_files(path, arguments=arguments).study
    assert (study.training.epochs, study.training.batch, study.allow_missing) == (9, 2, False)
    assert study.models["r"].options == {"width": 8}


def test_each_value_is_shown_with_its_file(load):
    lines = value_lines(load(PATIENTS | {"losses": {"mse": "mse"}}, {"training": {"epochs": 50}}))
    assert "training.epochs: 50  # two.yaml" in lines
    assert "training.batch: 64  # default" in lines
    assert any(line.startswith("losses.mse: ") and line.endswith("# one.yaml") for line in lines)


def test_files_of_one_name_are_told_apart(tmp_path):
    paths = [tmp_path / folder / "study.yaml" for folder in ("a", "b")]
    for path, text in zip(paths, ("cohort: {manifest: p.csv}", "training: {epochs: 0}"), strict=True):
        path.parent.mkdir()
        path.write_text(text)
    with pytest.raises(ConfigError, match=r"b/study\.yaml: training\.epochs"):
        load_files(*paths)


def test_the_rules_are_those_of_the_documentation():
    """config/README.md tells users what the head of merge.py says."""
    project = Path(__file__).resolve().parents[2]
    head = (project / "ldct/config/merge.py").read_text().split('"""')[1]
    rules = [" ".join(rule.split()) for rule in head.split("\n\n")[1].split("\n") if rule]
    told = " ".join((project / "config/README.md").read_text().split())
    assert " ".join(rules) in told
