"""Trainings that are killed, in processes of their own."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from ldct.stages.train import Train
from ldct.training.run import train
from ldct.training.state import Position, Sums, load_state, save_state

# The state is saved after every step, so that a kill falls into the middle of an epoch.
DRIVER = """
import json, logging, sys
from pathlib import Path
from ldct.stages.train import Train
from ldct.training import engine, run
engine.SAVE_EVERY_S = 0.0
logging.basicConfig(level=logging.INFO)
job = json.loads(Path(sys.argv[1]).read_text())
patches = {k: Path(v) for k, v in job["patches"].items()}
run.train(Train.Spec(**job["spec"]), patches, Path(job["output"]), Path(job["output"]))
"""


def start(job: Path) -> subprocess.Popen:
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(job)], env=environment, stderr=subprocess.PIPE, text=True
    )


def saved_step(path: Path) -> int:
    content = path.read_bytes()[32:]
    return torch.load(io.BytesIO(content), weights_only=True)["position"]["step"]


def wait_for_steps(output: Path, process: subprocess.Popen, steps: int) -> None:
    """Until the saved state of a running training is `steps` ahead."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        path = output / "resume.pt"
        if path.is_file() and saved_step(path) >= steps:
            return
        time.sleep(0.01)
    pytest.fail(f"step {steps} was not seen; exit {process.poll()}: {process.communicate()[1]}")


@pytest.mark.parametrize(
    ("model", "options", "term"),
    [
        ("redcnn", {"width": 32, "kernel": 3}, None),
        ("resnet", {"width": 8, "blocks": 1}, {"use": "wgan_gp", "weight": 1e-3, "options": {"width": 4}}),
        ("cnn10", {"width": 8}, {"use": "dugan", "weight": 1e-3, "options": {"width": 2}}),
        (
            "cnn10",
            {"width": 8},
            {"use": "uncertainty", "options": {"terms": ["mse", {"use": "dugan", "options": {"width": 2}}]}},
        ),
    ],
)
def test_killed_run_ends_with_the_same_bytes(spec, patches, tmp_path, model, options, term):
    spec["network"].update(use=model, options=options)
    if term:
        spec["terms"].append(term)
    spec["budget"].update(steps_per_epoch=20, checkpoints=[1, 2, 3])
    train(Train.Spec(**spec), patches, tmp_path / "whole", tmp_path)

    output, job = tmp_path / "killed", tmp_path / "job.json"
    paths = {patient: str(path) for patient, path in patches.items()}
    job.write_text(json.dumps({"spec": spec, "patches": paths, "output": str(output)}))
    process = start(job)
    wait_for_steps(output, process, 7)
    process.send_signal(signal.SIGTERM)
    _, messages = process.communicate(timeout=60)
    assert process.returncode == 143
    assert "state saved after step" in messages

    process = start(job)
    wait_for_steps(output, process, 32)
    process.kill()
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    assert not (output / "run.json").exists()

    process = start(job)
    _, messages = process.communicate(timeout=120)
    assert process.returncode == 0, messages
    assert "going on after step" in messages
    names = [
        "weights.safetensors",
        "history.parquet",
        "run.json",
        *(f"checkpoints/epoch000{n}.safetensors" for n in (1, 2, 3)),
    ]
    for name in names:
        assert (output / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert not (output / "resume.pt").exists()


def test_state_of_other_settings_is_not_taken(tmp_path):
    position = Position(7, Sums(2, 0.5, {"mse": 0.5}), [])
    save_state(tmp_path / "resume.pt", "one", position, {"model": {"w": torch.arange(3.0)}})
    assert load_state(tmp_path / "resume.pt", "other") is None
    found, parts = load_state(tmp_path / "resume.pt", "one")
    assert found == position
    assert parts["model"]["w"].tolist() == [0, 1, 2]


def test_damaged_state_is_not_taken(tmp_path):
    path = tmp_path / "resume.pt"
    assert load_state(path, "one") is None
    save_state(path, "one", Position(), {"model": {"w": torch.zeros(1000)}})
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:200], whole[:-300]):
        path.write_bytes(content)
        assert load_state(path, "one") is None


def test_resume_needs_the_same_settings_and_patches(spec, patches, tmp_path, monkeypatch):
    """A change of weight, or of a patch table, starts anew even where a state is there."""
    from ldct.training.run import resume_key

    key = resume_key(Train.Spec(**spec), patches)
    assert resume_key(Train.Spec(**spec), patches) == key
    assert resume_key(Train.Spec(**spec), {**patches, "a": patches["b"]}) != key
    spec["terms"][1]["weight"] = 0.25
    assert resume_key(Train.Spec(**spec), patches) != key


def test_a_comment_keeps_what_was_trained_so_far(spec, patches, tmp_path, monkeypatch):
    """The key follows the code that can change the run, a user's loss and its helper included."""
    from ldct.training.run import resume_key

    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    loss = "from helper_of_mine import f\n\n\nclass Loss:\n    def forward(self, x):\n        return f(x)\n"
    (tmp_path / "loss_of_mine.py").write_text(loss)
    helper = tmp_path / "helper_of_mine.py"
    helper.write_text("def f(x):\n    return x + 1\n")
    spec["terms"][0]["use"] = "loss_of_mine:Loss"
    of_mine = Train.Spec(**spec)
    key = resume_key(of_mine, patches)
    helper.write_text('"""Help."""\n\n\ndef f(x):\n    # One more.\n    return x + 1\n')
    assert resume_key(of_mine, patches) == key
    helper.write_text("def f(x):\n    return x + 2\n")
    assert resume_key(of_mine, patches) != key
    monkeypatch.setattr(torch, "__version__", "0.0")
    helper.write_text("def f(x):\n    return x + 1\n")
    assert resume_key(of_mine, patches) != key
