"""Schedule, choice of the epoch, precision, and how progress is told."""

from __future__ import annotations

import io
import logging
import math
import os
import signal

import pytest
import torch

from ldct.training.compilation import forward_of
from ldct.training.history import select_epoch
from ldct.training.precision import choose_arithmetic
from ldct.training.progress import Progress, clock
from ldct.training.schedule import learning_rate
from ldct.training.termination import Termination


def test_cosine_agrees_with_torch():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=0.2)
    rise = torch.optim.lr_scheduler.LinearLR(optimiser, start_factor=1 / 11, total_iters=10)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=89, eta_min=0.002)
    reference = torch.optim.lr_scheduler.SequentialLR(optimiser, [rise, fall], milestones=[10])
    for step in range(100):
        assert learning_rate(step, 100, 0.2, "cosine") == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-9)
        optimiser.step()
        reference.step()
    assert {learning_rate(step, 100, 0.2, "constant") for step in range(100)} == {0.2}
    assert learning_rate(0, 1, 0.2, "cosine") == 0.2
    assert learning_rate(9, 10, 0.2, "cosine") == pytest.approx(0.002)


def test_selection():
    rows = [
        {"epoch": e, "validation_rmse_hu": r, "validation_loss": v}
        for e, r, v in [(1, 5.0, 3.0), (2, 1.0, 0.1), (3, 4.0, 2.0), (4, 4.0, 1.0)]
    ]
    assert select_epoch(rows, [1, 3, 4], "last") == 4
    assert select_epoch(rows, [1, 3, 4], "validation_rmse") == 3
    assert select_epoch(rows, [1, 3, 4], "validation_loss") == 4
    nothing = [{**row, "validation_rmse_hu": math.nan} for row in rows]
    assert select_epoch(nothing, [1, 3], "validation_rmse") == 3


@pytest.mark.parametrize(("asked", "given"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_precision(asked, given):
    arithmetic = choose_arithmetic(asked, "cpu")
    assert arithmetic.dtype == given
    with arithmetic.autocast():
        assert torch.nn.Conv2d(1, 1, 3)(torch.zeros(1, 1, 5, 5)).dtype == given


def test_lines_every_few_seconds_and_each_epoch(caplog, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("ldct.training.progress.time.monotonic", lambda: now[0])
    with caplog.at_level(logging.INFO, "ldct"):
        progress = Progress("m/l fold 0 seed 1", epochs=2, steps_per_epoch=10, batch=8, done=0, bar=False)
        for step in range(1, 11):
            now[0] += 2.0
            progress.step(step, 0.25)
        progress.epoch(10, {"validation_rmse_hu": 21.04, "train_loss": 0.125})
        progress.close()
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "m/l fold 0 seed 1: epoch 1/2, loss 0.25, 4 images/s, 34 s left",
        "m/l fold 0 seed 1: epoch 1/2, loss 0.25, 4 images/s, 28 s left",
        "m/l fold 0 seed 1: epoch 1/2, loss 0.25, 4 images/s, 22 s left",
        "m/l fold 0 seed 1: epoch 1/2, loss 0.125, validation RMSE 21.0 HU, 4 images/s, 20 s left",
    ]


def test_bar_shows_the_same(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    progress = Progress("m/l fold 0 seed 1", epochs=1, steps_per_epoch=4, batch=8, done=2, bar=True)
    progress.step(4, 0.5)
    progress.close()
    assert "m/l fold 0 seed 1" in stream.getvalue()
    assert "4/4" in stream.getvalue()


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (185, "3 min 05 s"), (7620, "2 h 07 min")])
def test_clock(seconds, text):
    assert clock(seconds) == text


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_first_signal_is_noted_and_handlers_come_back(number, code):
    before = [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)]
    with Termination() as termination:
        assert termination.requested == 0
        os.kill(os.getpid(), number)
        assert termination.exit_code == code
        assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)] == before
    assert [signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)] == before


def test_compiled_steps_fall_back_to_the_network_as_it_is(monkeypatch, caplog):
    layer = torch.nn.Conv2d(1, 1, 3)
    x = torch.randn(1, 1, 8, 8)
    assert forward_of(layer, False) is layer

    def broken(model, **options):
        def call(x):
            raise RuntimeError("no C++ compiler\nmore")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    with caplog.at_level("WARNING", "ldct"):
        forward = forward_of(layer, True)
        assert torch.equal(forward(x), layer(x)) and torch.equal(forward(x), layer(x))
    assert [record.message for record in caplog.records] == [
        "torch.compile failed (no C++ compiler); going on without it"
    ]
    with pytest.raises(RuntimeError, match="channels"):
        forward(torch.randn(1, 2, 8, 8))
