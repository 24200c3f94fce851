"""Where the arithmetic happens: the device, the threads, the seeds and the clock."""

from __future__ import annotations

import os
import random
import time

import numpy as np
import torch


def device() -> torch.device:
    """The device that pages compute on: CUDA where there is one, else the CPU.

    The environment variable ``D2LUTIL_DEVICE`` overrides the choice, for example
    ``D2LUTIL_DEVICE=cpu`` or ``D2LUTIL_DEVICE=mps``. Apple's mps is never chosen by
    itself because it has no float64.

    Raises
    ------
    ValueError
        if ``D2LUTIL_DEVICE`` names a device that this machine does not have.
    """
    wanted = os.environ.get("D2LUTIL_DEVICE", "").strip()
    if not wanted:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(wanted)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(
            f"D2LUTIL_DEVICE={wanted!r} is not a device of this machine "
            f"({str(error).splitlines()[0]}). Unset it, or set it to cpu."
        ) from error
    return chosen


def limit_threads() -> None:
    """Let torch compute on one thread, unless the reader asked for more.

    `import d2lutil` calls this. The arrays of this book are small: with more threads,
    which wait for each other, pages take two to eight times as long. The run times that
    pages tell are those of one thread. To have more, set ``D2LUTIL_THREADS=4``, or
    ``OMP_NUM_THREADS`` or ``MKL_NUM_THREADS``, which torch reads by itself, or call
    `torch.set_num_threads` after the import.

    Raises
    ------
    ValueError
        if ``D2LUTIL_THREADS`` is not a positive whole number.
    """
    wanted = os.environ.get("D2LUTIL_THREADS", "").strip()
    if wanted:
        if not (wanted.isascii() and wanted.isdigit() and int(wanted) > 0):
            raise ValueError(
                f"D2LUTIL_THREADS={wanted!r} is not a positive whole number. "
                "Unset it, or set it to 1."
            )
        torch.set_num_threads(int(wanted))
    elif not any(
        os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    ):
        torch.set_num_threads(1)


def seed(number: int = 0) -> None:
    """Set the seeds of Python, NumPy and torch (every device) to `number`."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def synchronize() -> None:
    """Wait until the accelerator, if there is one, has finished what it was given."""
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()


class timer:
    """Measure the wall-clock seconds of a block, the accelerator's queue included.

    >>> with timer() as t:
    ...     y = torch.ones(3) + 1
    >>> t.seconds > 0
    True
    """

    seconds: float = float("nan")

    def __enter__(self):
        synchronize()
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exception) -> None:
        synchronize()
        self.seconds = time.perf_counter() - self._start


def best_time(function, repeats: int = 5) -> float:
    """Seconds of the fastest of `repeats` calls of `function()`, after a warm-up call.

    The minimum is the right summary when two times are to be divided: other work on the
    machine can only make a call slower.

    Raises
    ------
    ValueError
        if `repeats` is less than 1.
    """
    if repeats < 1:
        raise ValueError(f"repeats must be at least 1, got {repeats}")
    function()
    seconds = []
    for _ in range(repeats):
        with timer() as t:
            function()
        seconds.append(t.seconds)
    return min(seconds)
