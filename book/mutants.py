"""Planted errors: which mistakes in a page's code would its checks notice?

    python -m book.mutants chapters/a/b.ipynb            60 changes, at most five minutes
    python -m book.mutants chapters/a/b.ipynb --store    … and their score in the metadata
    python -m book.mutants chapters/a/b.ipynb --list     every change that may be planted

Each change is made by itself and the page runs on from there. A check notices it, or the
page crashes, or the page runs to its end and nobody noticed: such a change is printed. Mend
it with a check, or list it in the page's metadata as `explained` with the reason why it
changes nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from tqdm import tqdm

from book.forks import CRASHED, LEFT_OUT, NOTICED, UNNOTICED
from book.model import ROOT, PageError, digest, name_of, write_text
from book.mutations import Mutant, fresh_sample, plant
from book.statements import tags

__all__ = ["Mutant", "Result", "Score", "fresh_sample", "plant", "run", "store"]

SAMPLE = 60  # changes
BUDGET = 300  # seconds, of a whole page
PATIENCE = 10  # seconds that a change has at least
MEMORY = 4 << 30  # bytes that a change may take on top of the page's
MIN_SCORE = 0.9
MAX_EXPLAINED = 0.1  # of those planted

#: Code that needs a kernel, or starts processes.
KERNEL = re.compile(r"^\s*[%!]|\bget_ipython\s*\(|(?<![\w.])input\s*\(", re.MULTILINE)
OTHERS = re.compile(
    r"\b(subprocess|multiprocessing|ProcessPoolExecutor|os\.system|os\.fork)\b"
)


@dataclass(frozen=True)
class Result:
    """What became of one change."""

    mutant: Mutant
    outcome: str  # noticed, crashed, unnoticed or left out
    message: str  # the first line of the error, or why it was stopped


@dataclass
class Score:
    """What became of a page's sample."""

    results: list[Result]
    explained: list[dict]  # entries of the metadata: {"change": …, "why": …}
    digest: str  # of the page's code
    notes: list[str] = field(default_factory=list)  # what was left out, and why

    def _with(self, outcome: str) -> list[Result]:
        return [r for r in self.results if r.outcome == outcome]

    def _is_explained(self, result: Result) -> bool:
        return result.mutant.change in map(_change_of, self.explained)

    @property
    def noticed(self) -> int:
        return len(self._with(NOTICED))

    @property
    def crashed(self) -> int:
        return len(self._with(CRASHED))

    @property
    def left_out(self) -> int:
        return len(self._with(LEFT_OUT))

    @property
    def unnoticed(self) -> list[Result]:
        """Changes that nothing noticed and nobody has explained."""
        return [r for r in self._with(UNNOTICED) if not self._is_explained(r)]

    @property
    def excused(self) -> int:
        """Changes that nothing noticed and the metadata explains."""
        return len(self._with(UNNOTICED)) - len(self.unnoticed)

    @property
    def planted(self) -> int:
        return len(self.results) - self.left_out

    @property
    def ran(self) -> int:
        return self.noticed + len(self.unnoticed)

    @property
    def score(self) -> float:
        """Noticed by a check, of those that ran; 1 where none ran."""
        return self.noticed / self.ran if self.ran else 1.0

    @property
    def problems(self) -> list[str]:
        """What stands against the page."""
        found = []
        if self.score < MIN_SCORE:
            found.append(
                f"checks notice {self.score:.2f} of the planted errors that run; at least "
                f"{MIN_SCORE} are needed: add checks for the changes listed"
            )
        if self.excused > MAX_EXPLAINED * self.planted:
            found.append(
                f"{self.excused} of {self.planted} planted errors are explained; at most one "
                "in ten may be: mend the others with checks"
            )
        for entry in self.explained:
            if not entry.get("change") or not entry.get("why"):
                found.append(
                    f"an explained change needs 'change' and 'why', got {entry}"
                )
        return found

    @property
    def metadata(self) -> dict:
        """What `d2l.mutants` in the notebook's metadata holds."""
        return {
            "planted": self.planted,
            "crashed": self.crashed,
            "ran": self.ran,
            "noticed": self.noticed,
            "explained": self.explained,
            "digest": self.digest,
        }

    def __str__(self) -> str:
        return (
            f"{self.planted} planted: {self.noticed} noticed by a check, "
            f"{len(self.unnoticed)} unnoticed, {self.crashed} crashed or stopped"
            + (f", {self.excused} explained" if self.excused else "")
            + (f", {self.left_out} left out for time" if self.left_out else "")
            + f"; score {self.score:.2f}"
        )


def _change_of(entry: dict) -> str:
    """The change that an entry explains; a typist may write -> for the arrow."""
    return str(entry.get("change", "")).replace(" -> ", " → ")


# ---------------------------------------------------------------- running


def runnable_cells(notebook) -> tuple[list[list], list[str]]:
    """The code cells that one plain process can run, as [number, source], and notes on the
    others."""
    cells, notes = [], []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or "setup" in tags(cell) or not cell.source.strip():
            continue
        if KERNEL.search(cell.source):
            notes.append(f"cell {number} needs a kernel and was left out")
        else:
            if OTHERS.search(cell.source):
                notes.append(
                    f"cell {number} starts other processes; nothing is planted in it"
                )
            cells.append([number, cell.source])
    return cells, notes


def run(
    notebook,
    path: Path,
    *,
    sample: int = SAMPLE,
    salt: str | None = None,
    budget: float = BUDGET,
    patience: float = PATIENCE,
    jobs: int | None = None,
) -> Score:
    """Plant a sample of errors in a page, one at a time, and say what became of each.

    The sample is fixed by the page's name, or by `salt`. Raises PageError where the page
    has nothing to change, the system cannot fork, or the process that runs it dies.
    """
    name = name_of(path)
    if not hasattr(os, "fork"):
        raise PageError(
            f"{name}: planted errors need fork, which this system does not have"
        )
    cells, notes = runnable_cells(notebook)
    sources = dict(map(tuple, cells))
    every = [
        m
        for m in plant(notebook)
        if m.cell in sources and not OTHERS.search(sources[m.cell])
    ]
    if not every:
        raise PageError(f"{name}: nothing to change: no code that computes was found")
    chosen = fresh_sample(every, sample, name if salt is None else salt)
    job = {
        "cells": cells,
        "mutants": [[m.cell, m.source] for m in chosen],
        "budget": budget,
        "patience": patience,
        "jobs": jobs or min(2, os.cpu_count() or 1),
        "memory": MEMORY,
    }
    outcomes: dict[int, tuple[str, str]] = {}
    with tqdm(
        total=len(chosen), unit="change", disable=None, dynamic_ncols=True
    ) as bar:
        for message in _messages(job, Path(path).resolve().parent, name):
            if "stopped" in message:
                notes.append(
                    f"the page stops in cell {message['stopped']} ({message['message']}); "
                    "that cell and what follows were left out"
                )
            elif "mutant" in message:
                outcomes[message["mutant"]] = (message["outcome"], message["message"])
                bar.update()
    results = [
        Result(mutant, *outcomes.get(i, (LEFT_OUT, "")))
        for i, mutant in enumerate(chosen)
    ]
    stored = notebook.metadata.get("d2l", {}).get("mutants") or {}
    explained = [dict(entry) for entry in stored.get("explained", [])]
    known = {m.change for m in every}
    notes += [
        f"the metadata explains a change that the page does not have: {entry['change']}"
        for entry in explained
        if entry.get("change") and _change_of(entry) not in known
    ]
    return Score(results, explained, digest(notebook, Path(path).parent), notes)


def _messages(job: dict, folder: Path, name: str):
    """Start the process that runs the page, and yield what it tells."""
    threads = ("OMP", "MKL", "OPENBLAS", "VECLIB_MAXIMUM", "NUMEXPR")
    environment = os.environ | dict.fromkeys((f"{t}_NUM_THREADS" for t in threads), "1")
    environment |= {
        "CUDA_VISIBLE_DEVICES": "",  # a process that has used an accelerator cannot fork
        "D2LUTIL_DEVICE": "cpu",
        "D2LUTIL_EXPLORE": "check",
        "MPLBACKEND": "agg",
        "PYTHONPATH": os.pathsep.join(
            [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "book.forks"],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        process.stdin.write(json.dumps(job))
        process.stdin.close()
        finished = False
        for line in process.stdout:
            message = json.loads(line)
            finished = finished or "seconds" in message
            yield message
        if process.wait() or not finished:
            raise PageError(
                f"{name}: the process that runs the page died; run it by itself"
            )
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# ---------------------------------------------------------------- storing and showing


def store(path: Path, score: Score) -> None:
    """Write the score into the notebook's metadata; nothing else in the file changes."""
    notebook = json.loads(Path(path).read_text(encoding="utf-8"))
    d2l = notebook["metadata"].setdefault("d2l", {}) | {
        "mutants": dict(sorted(score.metadata.items()))
    }
    notebook["metadata"]["d2l"] = dict(sorted(d2l.items()))
    write_text(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def report(score: Score, name: str, cells: dict[int, str] | None = None) -> str:
    """The changes that nothing noticed, each with its line, then notes and the score."""
    lines = []
    for result in sorted(score.unnoticed, key=lambda r: (r.mutant.cell, r.mutant.line)):
        mutant = result.mutant
        lines.append(f"  cell {mutant.cell}, line {mutant.line}: {mutant.kind}")
        lines.append(f"      {mutant.before}\n    → {mutant.after}")
    lines += [f"  note: {note}" for note in score.notes]
    lines += [f"  to mend: {problem}" for problem in score.problems]
    return "\n".join([*lines, f"{name}: {score}"])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m book.mutants",
        description="Which mistakes in a page's code would its checks notice?",
    )
    parser.add_argument("page", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="N")
    parser.add_argument("--salt", help="draw another sample, fixed by this word")
    parser.add_argument("--budget", type=float, default=BUDGET, metavar="SECONDS")
    parser.add_argument(
        "--list", action="store_true", help="show every change, run none"
    )
    parser.add_argument(
        "--all", action="store_true", help="show noticed and crashed, too"
    )
    parser.add_argument(
        "--store", action="store_true", help="write the score to the page"
    )
    options = parser.parse_args(arguments)
    failed = 0
    for path in options.page:
        try:
            notebook = nbformat.read(path, as_version=4)
            if options.list:
                for m in plant(notebook):
                    print(f"cell {m.cell}, line {m.line}: {m.kind}: {m.change}")
                continue
            score = run(
                notebook,
                path,
                sample=options.sample,
                salt=options.salt,
                budget=options.budget,
            )
        except (PageError, OSError) as error:
            print(f"✗ {error}", file=sys.stderr)
            failed = 1
            continue
        if options.all:
            for r in score.results:
                m = r.mutant
                print(
                    f"  {r.outcome}: cell {m.cell}: {m.kind}: {m.change} | {r.message}"
                )
        print(report(score, name_of(path)))
        if options.store:
            store(path, score)
        failed = failed or bool(score.problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
