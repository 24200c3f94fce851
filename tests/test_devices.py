"""The device, the threads, the seeds, the clock; and what an import brings."""

import inspect
import os
import pkgutil
import pydoc
import random
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

import d2lutil
from d2lutil import best_time, device, seed, synchronize, timer


def fresh(code: str, **variables) -> str:
    """What this code prints in a new Python, with no variable set that torch reads."""
    unset = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "D2LUTIL_THREADS")
    plain = {k: v for k, v in os.environ.items() if k not in unset}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=False,
        text=True,
        env={**plain, **variables},
    )
    return (done.stdout + done.stderr[-2000:]).strip()


HEAVY = ("matplotlib", "ipywidgets", "IPython", "PIL", "sklearn", "pandas")


def test_import_is_light():
    loaded = f"print([m for m in {HEAVY} if m in sys.modules])"
    assert fresh(f"import sys, d2lutil; {loaded}") == "[]"
    modules = "d2lutil.data, d2lutil.text, d2lutil.training"
    assert fresh(f"import sys, d2lutil; {modules}; {loaded}") == "[]"


def test_modules_are_reached_and_not_loaded():
    loaded = "print([m for m in d2lutil.MODULES if 'd2lutil.' + m in sys.modules])"
    assert fresh(f"import sys, d2lutil; {loaded}") == "[]"
    for name in d2lutil.MODULES:
        assert inspect.ismodule(getattr(d2lutil, name)), name
        assert getattr(d2lutil, name).__doc__, name
    with pytest.raises(AttributeError, match="'d2lutil' has no attribute 'nothing'"):
        _ = d2lutil.nothing


def test_dir_shows_names_and_modules():
    assert set(dir(d2lutil)) == {*d2lutil.__all__, *d2lutil.MODULES, "__version__"}


def test_every_public_name_is_there_and_documented():
    for name in d2lutil.__all__:
        assert getattr(d2lutil, name).__doc__, name


def test_no_public_name_shadows_a_module():
    modules = {m.name for m in pkgutil.iter_modules(d2lutil.__path__)}
    assert not modules & set(d2lutil.__all__)


def test_help_opens_with_a_tour():
    said = pydoc.plain(pydoc.render_doc(d2lutil))
    opening = said[: said.index("PACKAGE CONTENTS")]
    assert len(opening.splitlines()) <= 40
    for name in d2lutil.__all__:
        if name not in ("VerificationError", "log_range", "synchronize"):
            assert name in opening, name
    for name in d2lutil.MODULES:
        assert f"d2lutil.{name}" in opening


THREADS = "import torch, d2lutil; print(torch.get_num_threads())"


@pytest.mark.parametrize(
    ("variables", "threads"),
    [
        ({}, "1"),
        ({"D2LUTIL_THREADS": " "}, "1"),
        ({"D2LUTIL_THREADS": "3"}, "3"),
        ({"OMP_NUM_THREADS": "2"}, "2"),
        ({"OMP_NUM_THREADS": "2", "D2LUTIL_THREADS": "1"}, "1"),
    ],
)
def test_one_thread_unless_asked_for_more(variables, threads):
    assert fresh(THREADS, **variables) == threads


def test_mkl_threads_are_left_alone():
    untouched = fresh(
        "import torch; print(torch.get_num_threads())", MKL_NUM_THREADS="2"
    )
    assert fresh(THREADS, MKL_NUM_THREADS="2") == untouched


@pytest.mark.parametrize("number", ["0", "-1", "two", "1.5"])
def test_threads_that_are_no_number(number):
    said = fresh(THREADS, D2LUTIL_THREADS=number)
    assert f"D2LUTIL_THREADS='{number}' is not a positive whole number" in said


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
