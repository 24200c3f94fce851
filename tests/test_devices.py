"""The device, the seeds, the clock; and what an import costs."""

import random
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import d2lutil
from d2lutil import best_time, device, seed, synchronize, timer


def test_import_loads_neither_matplotlib_nor_ipywidgets():
    code = "import sys, d2lutil; print([m for m in ('matplotlib', 'ipywidgets', 'IPython', 'PIL') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_public_name_is_there_and_documented():
    for name in d2lutil.__all__:
        assert getattr(d2lutil, name).__doc__, name


def test_device(monkeypatch):
    monkeypatch.delenv("D2LUTIL_DEVICE", raising=False)
    assert device().type == ("cuda" if torch.cuda.is_available() else "cpu")
    monkeypatch.setenv("D2LUTIL_DEVICE", " cpu ")
    assert device() == torch.device("cpu")


@pytest.mark.parametrize("name", ["gpu", "cuda:99", "cpu cuda", "xla"])
def test_device_that_is_not_there(monkeypatch, name):
    monkeypatch.setenv("D2LUTIL_DEVICE", name)
    with pytest.raises(
        ValueError,
        match=r"D2LUTIL_DEVICE=.* is not a device of this machine.*set it to cpu",
    ):
        device()


def test_seed_sets_all_three():
    def draws():
        return random.random(), np.random.rand(), torch.rand(1).item()

    seed(3)
    first = draws()
    assert draws() != first
    seed(3)
    assert draws() == first
    seed()
    assert draws() != first


def test_timer():
    synchronize()
    with timer() as t:
        time.sleep(0.05)
    assert 0.05 <= t.seconds < 1
    with pytest.raises(ZeroDivisionError), timer() as t:
        raise ZeroDivisionError
    assert t.seconds >= 0


def test_best_time():
    calls = []
    seconds = best_time(lambda: calls.append(time.sleep(0.01)), repeats=3)
    assert len(calls) == 4
    assert 0.01 <= seconds < 1
    with pytest.raises(ValueError, match="repeats must be at least 1, got 0"):
        best_time(lambda: None, repeats=0)
