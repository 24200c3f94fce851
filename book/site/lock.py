"""One build at a time in one tree: whoever comes second waits."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if os.name == "nt":
    import msvcrt

    def _take(file, wait: bool) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


@contextmanager
def lock(path: Path, what: str = "build") -> Iterator[None]:
    """Hold the file `path` while the block runs; wait, and say so, for another's end.

    The system lets go of it when its process ends, however it ends, so that no lock is
    ever left behind. A process that locks the same file twice waits for ever.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            _take(file, wait=False)
        except OSError:
            print(
                f"Another {what} runs in this folder; waiting for it.", file=sys.stderr
            )
            while True:
                try:
                    _take(file, wait=True)
                    break
                except OSError:  # Windows gives up after ten seconds
                    continue
        yield
