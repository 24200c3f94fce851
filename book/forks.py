"""One process that runs a page and tries changed cells in forked copies of itself.

    python -m book.forks < job.json       lines of JSON on stdout; started by `mutants`

The page runs once, cell after cell. Before each cell that has changes to try, copies of the
process are forked which wait, so that the state before that cell is kept at no cost. Then
the changes are handed out in the order in which they came: a waiting copy forks a child,
and the child runs the changed cell and all that follows.

job: {"cells": [[number, source], …], "mutants": [[number, source], …], "budget": seconds,
"jobs": at once, "patience": seconds that a child has at least, "memory": bytes it may add}
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import sys
import time
import traceback

NOTICED, CRASHED, UNNOTICED, LEFT_OUT = "noticed", "crashed", "unnoticed", "left out"
PLACE = "<cell {}>"  # the file name of a cell's code, told apart by its beginning


def outcome_of(error: BaseException) -> tuple[str, str]:
    """Whether an exception is a check that noticed something, and its words.

    That is a VerificationError, whatever else a function of `d2lutil.checks` raises about
    what it was given, and an `assert` that stands on the page.
    """
    words = str(error).strip().splitlines() or [""]
    message = f"{type(error).__name__}: {words[0][:200]}"
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    last = frames[-1] if frames else None
    by_check = last is not None and last.f_globals.get("__name__", "").startswith(
        "d2lutil.checks"
    )
    asserted = (
        isinstance(error, AssertionError)
        and last is not None
        and last.f_code.co_filename.startswith(PLACE[:6])
    )
    named = any(kind.__name__ == "VerificationError" for kind in type(error).__mro__)
    return (NOTICED if named or by_check or asserted else CRASHED), message


def execute(number: int, source: str, namespace: dict) -> None:
    code = compile(source, PLACE.format(number), "exec", dont_inherit=True)
    exec(code, namespace)  # noqa: S102  the book's own code


def quiet_package() -> None:
    """Figures notice nothing: none is shown, none is explored."""
    try:
        import d2lutil
    except ImportError:
        return

    def closes(*_, **__):
        import matplotlib.pyplot as plt

        plt.close("all")

    d2lutil.show = d2lutil.explore = d2lutil.overlay = closes


def one_thread() -> None:
    torch = sys.modules.get("torch")
    if torch:
        torch.set_num_threads(1)


def limit_memory(extra: int) -> None:
    """Let this process take no more than `extra` bytes on top of what it has."""
    import resource

    try:
        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + extra, now + extra))
    except (OSError, ValueError):
        pass  # a system without /proc: time alone limits


# ---------------------------------------------------------------- a waiting copy


class Holder:
    """A copy of the process, waiting before one cell."""

    def __init__(self, position: int, namespace: dict, job: dict, report: int):
        reading, writing = os.pipe()
        self.position, self.busy = position, False
        self.pid = os.fork()
        if self.pid == 0:
            os.close(writing)
            try:
                _wait(reading, position, namespace, job, report)
            finally:
                os._exit(0)
        os.close(reading)
        self.commands = writing

    def start(self, mutant: int, seconds: float, cells: int) -> None:
        """Try a change for so many seconds, through the first `cells` cells of the page."""
        self.busy = True
        os.write(self.commands, f"{mutant} {seconds} {cells}\n".encode())

    def close(self) -> None:
        os.close(self.commands)
        os.waitpid(self.pid, 0)


def _wait(
    commands: int, position: int, namespace: dict, job: dict, report: int
) -> None:
    """Carry out commands, one child each, until there are no more."""
    while line := os.read(commands, 100):
        index, seconds, cells = line.split()
        later = job["cells"][position + 1 : int(cells)]
        outcome, message = _try(
            [job["mutants"][int(index)], *later],
            float(seconds),
            namespace,
            job,
            commands,
        )
        text = json.dumps(
            {"mutant": int(index), "outcome": outcome, "message": message}
        )
        os.write(report, (text + "\n").encode())


def _try(cells, seconds, namespace, job, commands) -> tuple[str, str]:
    """Run the cells in a child that is stopped after so many seconds."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reading)
            os.setpgid(0, 0)
            outcome = _child(cells, namespace, job["memory"])
            os.write(writing, json.dumps(outcome).encode())
        finally:
            os._exit(0)
    os.close(writing)
    ready = select.select([reading, commands], [], [], seconds)[0]
    text = os.read(reading, 4000) if reading in ready else b""
    os.close(reading)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if text:
        return tuple(json.loads(text))
    if not ready:
        return CRASHED, f"stopped after {seconds:.0f} s"
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGKILL:
        return CRASHED, f"the process died of signal {os.WTERMSIG(status)}"
    return CRASHED, "the process died"


def _child(cells, namespace: dict, memory: int) -> tuple[str, str]:
    limit_memory(memory)
    try:
        for number, source in cells:
            execute(number, source, namespace)
    except BaseException as error:  # noqa: BLE001  sys.exit() and interrupts, too
        return outcome_of(error)
    return UNNOTICED, ""


# ---------------------------------------------------------------- the page


def run(job: dict, tell) -> None:
    """Run the page, then the changes; `tell` gets one dict for each thing that happened."""
    begun = time.monotonic()
    end = begun + job["budget"]
    wanted = {number for number, _ in job["mutants"]}
    reading, writing = os.pipe()
    namespace: dict = {"__name__": "__main__"}
    holders: list[Holder] = []
    ends: list[float] = []  # seconds from the start to the end of each cell
    for position, (number, source) in enumerate(job["cells"]):
        one_thread()
        if number in wanted:
            gc.freeze()  # so that copies share their memory
            for _ in range(job["jobs"]):
                holders.append(Holder(position, namespace, job, writing))
        try:
            execute(number, source, namespace)
        except BaseException as error:  # noqa: BLE001  sys.exit() and interrupts, too
            tell({"stopped": number, "message": outcome_of(error)[1]})
            break
        ends.append(time.monotonic() - begun)
        if time.monotonic() > end:
            tell({"stopped": number, "message": "the time was over"})
            break
    tell({"seconds": ends[-1] if ends else 0.0})
    _hand_out(job, holders, reading, end, ends, tell)
    for holder in reversed(holders):  # later copies hold the pipes of earlier ones
        holder.close()


def _hand_out(job, holders, reading, end, ends, tell) -> None:
    """Give the changes to waiting copies, `jobs` at once, until the time is over."""
    place = {
        number: position
        for position, (number, _) in enumerate(job["cells"][: len(ends)])
    }
    todo = [i for i, (number, _) in enumerate(job["mutants"]) if number in place]
    doing: dict[int, tuple[Holder, float, bool]] = {}  # copy, deadline, cut by the end
    while todo or doing:
        for index in list(todo):
            left = end - time.monotonic()
            if len(doing) == job["jobs"] or left <= 0:
                break
            position = place[job["mutants"][index][0]]
            free = [h for h in holders if h.position == position and not h.busy]
            if free:
                rest = ends[-1] - (ends[position - 1] if position else 0.0)
                own = max(job["patience"], 3 * rest)
                free[0].start(index, min(own, left), len(ends))
                doing[index] = (free[0], time.monotonic() + min(own, left), left < own)
                todo.remove(index)
        if not doing:
            break
        patience = max(deadline for _, deadline, _ in doing.values()) - time.monotonic()
        if not select.select([reading], [], [], patience + 10)[0]:
            lost = "the waiting copy of the page died"
            for index in doing:
                tell({"mutant": index, "outcome": CRASHED, "message": lost})
            break
        for line in os.read(reading, 1 << 16).decode().splitlines():
            result = json.loads(line)
            holder, _, cut = doing.pop(result["mutant"])
            holder.busy = False
            if cut and result["message"].startswith("stopped after"):
                result["outcome"] = LEFT_OUT
            tell(result)


def main() -> None:
    job = json.load(sys.stdin)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    quiet_package()

    def tell(what: dict) -> None:
        out.write(json.dumps(what) + "\n")
        out.flush()

    run(job, tell)


if __name__ == "__main__":
    main()
