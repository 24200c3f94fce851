"""Processes that start others and leave none behind, however they end."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from multiprocessing.connection import wait

import psutil

STOPPING = [s for s in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, s)]


def stop_on_signals() -> None:
    """Make a signal that ends this process a KeyboardInterrupt, so that it can clean up."""

    def stop(number, frame):
        raise KeyboardInterrupt

    for name in STOPPING:
        signal.signal(getattr(signal, name), stop)


def end_with_parent(scratch: str | None = None) -> None:
    """In a worker of multiprocessing: leave signals to the parent, and end with it, however
    it ends. Temporary files go into `scratch`, which goes too."""
    if scratch:
        tempfile.tempdir = scratch
    for name in STOPPING:
        signal.signal(getattr(signal, name), signal.SIG_IGN)

    def watch() -> None:
        wait([multiprocessing.parent_process().sentinel])
        for child in psutil.Process().children():
            end(child.pid)
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def end_workers() -> None:
    """Kill the workers of this process, and all that they started."""
    for worker in multiprocessing.active_children():
        end(worker.pid)


def end(pid: int) -> None:
    """Kill a process and all that it started."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for child in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                child.kill()


def cpu_seconds(pid: int) -> float:
    """Seconds of computing that a process and its finished children took so far.

    On one thread this is what a page takes on a machine with nothing else to do, and it
    stays so when other pages run beside it.
    """
    times = psutil.Process(pid).cpu_times()
    children = getattr(times, "children_user", 0) + getattr(times, "children_system", 0)
    return times.user + times.system + children
