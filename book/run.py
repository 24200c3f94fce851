"""Execute pages and store what they print and draw.

    python -m book.run                    the pages whose code changed since they ran
    python -m book.run --all              every page
    python -m book.run chapters/a/b.ipynb these pages, changed or not
    python -m book.run --colab            write the set-up cells only, run nothing

A page that raises an error or prints to stderr keeps the outputs it had; the failed copy
lies in _build/failed. A page runs on one thread, in a process of its own, in its own folder,
with stored interactive figures; as many pages run at once as there are cores.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import nbformat
import psutil
from tqdm import tqdm

from book import contract, environment, folding, model, processes
from book.model import PageError

FAILED = model.ROOT / "_build" / "failed"
KEPT_CELL_METADATA = ("tags", "jupyter", "cellView")


# ---------------------------------------------------------------- one page


def prepare(notebook) -> None:
    """Write what the runner owns in a page: the set-up cell, the tag on cells that verify,
    and what folds code. Stubs that a reader fills are left alone."""
    for cell in model.code_cells(notebook):
        tags = model.tags(cell)
        if model.YOUR_CODE in tags:
            continue
        if "setup" in tags:
            cell.source = setup_source(notebook)
        if model.verifies(cell):
            wanted = tags if model.COMPARED in tags else [*tags, model.COMPARED]
        else:
            wanted = [tag for tag in tags if tag != model.COMPARED]
        cell.metadata["tags"] = (
            wanted  # in their order; `normalise` drops an empty list
        )
    folding.apply(notebook)


def setup_source(notebook) -> str:
    return model.setup_source(notebook.metadata.get("d2l", {}).get("extras", []))


def normalise(notebook) -> None:
    """Take away what would differ from run to run and from editor to editor."""
    d2l = dict(sorted(notebook.metadata.get("d2l", {}).items()))
    notebook.metadata = nbformat.from_dict(
        {
            "d2l": d2l,
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        }
    )
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    count = 0
    for cell in notebook.cells:
        cell.source = re.sub(r"[ \t]+(?=\n|$)", "", cell.source.replace("\r\n", "\n"))
        cell.source = cell.source.rstrip("\n")
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[
            :8
        ]
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        kept = {
            key: cell.metadata[key]
            for key in KEPT_CELL_METADATA
            if cell.metadata.get(key)
        }
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            if cell.source:
                count += 1
            cell.execution_count = count if cell.source else None
            cell.outputs = merged_streams(cell.outputs)
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count


def merged_streams(outputs: list) -> list:
    """Neighboring pieces of one stream as one, so that chance does not cut them."""
    merged: list = []
    for output in outputs:
        before = merged[-1] if merged else None
        streams = before and before.output_type == output.output_type == "stream"
        if streams and before.name == output.name:
            before.text += output.text
        else:
            merged.append(output)
    return merged


def page_environment(scratch: Path) -> dict[str, str]:
    """What a page's kernel finds in the environment, beside what is there: one thread, and
    nothing that whoever runs it has set up for IPython or matplotlib.

    `scratch` is an empty folder. matplotlib keeps its list of fonts in _build, since making
    it takes seconds.
    """
    settings = scratch / "matplotlibrc"
    settings.touch()
    return {
        **environment.ONE_THREAD,
        "IPYTHONDIR": str(scratch),  # no start-up files, no history
        "MATPLOTLIBRC": str(settings),
        "MPLCONFIGDIR": str(model.ROOT / "_build" / "matplotlib"),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def list_fonts() -> None:
    """Have matplotlib make its list of fonts before pages run: while it does it says so on
    stderr, which pages must not."""
    folder = model.ROOT / "_build" / "matplotlib"
    if not any(folder.glob("fontlist*")):
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-c", "import matplotlib.font_manager"],
            env={**os.environ, "MPLCONFIGDIR": str(folder)},
            stderr=subprocess.DEVNULL,
            check=False,
        )


class NeverStarted(PageError):
    """The kernel ended before its first word, and before the page's first line."""


def execute(path: Path, notebook, timeout: int) -> float:
    """`execute_once`, tried a second time where the kernel did not start: it looks for free
    ports first and takes them later, and another kernel may have been quicker."""
    try:
        return execute_once(path, notebook, timeout)
    except NeverStarted:
        return execute_once(path, notebook, timeout)


def execute_once(path: Path, notebook, timeout: int) -> float:
    """Run every cell in a fresh kernel of this Python. Returns the CPU seconds that cells
    took, without those spent drawing the stored frames of interactive figures.

    Raises PageError at the first error.
    """
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import (
        CellExecutionError,
        CellTimeoutError,
        DeadKernelError,
    )

    class ThisPython(KernelSpecManager):
        """The kernel of the running Python, whatever else is installed as 'python3'."""

        def get_kernel_spec(self, kernel_name):
            return KernelSpec(**get_kernel_dict())

    clock: list[
        float
    ] = []  # the kernel's CPU seconds before the first cell, after each
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        Path(folder, "kernel.log").open("w+", encoding="utf-8") as log,
    ):
        drawing = Path(folder, "drawing.jsonl")
        kernel_environment = {
            **os.environ,
            **page_environment(Path(folder)),
            "D2LUTIL_EXPLORE": "stored",
            "D2LUTIL_EXPLORE_TIMES": str(drawing),
        }
        manager = AsyncKernelManager(
            kernel_name="python3",
            kernel_spec_manager=ThisPython(),
            connection_file=str(Path(folder, "kernel.json")),
        )

        def look(**_) -> None:
            with contextlib.suppress(psutil.Error):  # a dead kernel is told below
                clock.append(processes.cpu_seconds(manager.provisioner.pid))

        client = NotebookClient(
            notebook,
            km=manager,
            timeout=timeout,
            record_timing=False,
            store_widget_state=False,
            resources={"metadata": {"path": str(path.parent)}},
            on_cell_start=lambda **_: clock or look(),
            on_cell_executed=look,
        )
        try:
            client.execute(env=kernel_environment, stdout=log, stderr=log)
        except CellExecutionError as error:
            cells = model.code_cells(notebook)
            raised = [
                c for c in cells if any(o.output_type == "error" for o in c.outputs)
            ]
            where = place(notebook, (raised or cells)[-1])
            remedy = MISSING if error.ename == "ModuleNotFoundError" else ""
            raise PageError(
                f"{where} raised {error.ename}: {error.evalue}{remedy}"
            ) from None
        except CellTimeoutError:
            raise PageError(f"a cell ran longer than {timeout} s") from None
        except RuntimeError as error:
            log.seek(0)
            words = f"its last words: {log.read()[-500:].strip()!r}"
            if not isinstance(error, DeadKernelError):
                raise NeverStarted(f"the kernel did not start; {words}") from None
            died = "the kernel died, as it does when memory runs out"
            raise PageError(f"{died}; {words}") from None
        finally:
            if manager.has_kernel:  # nbclient ends it, but for what it does not foresee
                processes.end(manager.provisioner.pid)
        drawn = 0.0
        if drawing.exists():
            lines = drawing.read_text(encoding="utf-8").splitlines()
            drawn = sum(json.loads(line)["seconds"] for line in lines)
    return max(0.0, clock[-1] - clock[0] - drawn) if clock else 0.0


MISSING = (
    ". If one of pyproject.toml's extras holds it, name the extra in the notebook's metadata "
    "(d2l: extras) and install it: python -m book set-up"
)


def place(notebook, cell) -> str:
    """How messages name a cell: its number from the top, 1 the first, and its first line."""
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"cell {notebook.cells.index(cell) + 1} ({first[:60]!r})"


def refuse_noise(notebook) -> None:
    """Raise PageError for outputs that must not be stored."""
    for cell in model.code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                raise PageError(
                    f"{place(notebook, cell)} printed to stderr: "
                    f"{output.text.strip()[:500]!r}; mend what it warns of"
                )
            if any("widget" in kind for kind in output.get("data", {})):
                raise PageError(
                    f"{place(notebook, cell)} left a live widget, which shows nothing "
                    "without a kernel; use d2lutil.explore"
                )


def run_page(path: Path, timeout: int) -> float:
    """Execute a page and store it, or raise PageError and leave it as it was.

    Returns the CPU seconds it took. They are stored with the page only where its digest
    changes, so that an unchanged page that prints the same stays byte by byte the same.
    """
    name = model.name_of(path)
    notebook = model.read(path)
    if "d2l" not in notebook.metadata:
        raise PageError(
            f"{name}: its metadata has no d2l, which tells kind and extras. Restore it with "
            'git; a page of your own making needs "d2l": {"kind": "lesson"}'
        )
    try:
        before = path.read_bytes()
        prepare(notebook)
        seconds = execute(path, notebook, timeout)
        refuse_noise(notebook)
        if path.read_bytes() != before:
            raise PageError("the page was edited while it ran; run it again")
    except (PageError, OSError) as error:
        raise PageError(
            f"{name}: {error}\n    the stored page is as it was; {keep(path, notebook)}"
        ) from None
    normalise(notebook)
    d2l = notebook.metadata["d2l"]
    digest = model.digest(notebook, path.parent)
    if d2l.get("digest") != digest or "seconds" not in d2l:
        d2l.update(digest=digest, seconds=round(seconds, 1))
        notebook.metadata["d2l"] = nbformat.from_dict(dict(sorted(d2l.items())))
    store_marks(notebook)
    text = model.text_of(notebook)
    if text.encode() != before:
        model.write_text(path, text)
    return seconds


def store_marks(notebook) -> None:
    """Keep the marks that the page printed where its chapter's table finds them."""
    d2l = notebook.metadata["d2l"]
    d2l.pop("marks", None)
    if marks := model.Page(Path("page.ipynb"), notebook).printed_marks:
        kept = sorted({**d2l, "marks": marks}.items())
        notebook.metadata["d2l"] = nbformat.from_dict(dict(kept))


def keep(path: Path, notebook) -> str:
    """Keep a failed run for the author to look at; returns where it lies."""
    inside = path.is_relative_to(model.ROOT)
    failed = FAILED / (path.relative_to(model.ROOT) if inside else path.name)
    try:
        normalise(notebook)
        model.write(failed, notebook)
    except PageError as error:
        return f"the failed run could not be kept: {error}"
    return f"the failed run lies in {model.name_of(failed)}"


# ---------------------------------------------------------------- many pages


def in_a_process(path: Path, timeout: int, scratch: str) -> float:
    """`run_page` in a process of its own, so that what kills it takes nothing else along."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, processes.end_with_parent, (scratch,)) as pool:
        try:
            return pool.submit(run_page, path, timeout).result()
        except BrokenProcessPool:
            raise PageError(
                f"{model.name_of(path)}: the process that ran it died, as it does when "
                "memory runs out; the stored page is as it was"
            ) from None


def run_pages(chosen: list[Path], timeout: int, jobs: int) -> int:
    """Run pages side by side, longest first; returns how many failed."""
    list_fonts()
    chosen = sorted(chosen, key=seconds_of, reverse=True)
    failures = 0
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        ThreadPoolExecutor(min(jobs, len(chosen))) as pool,
        tqdm(total=len(chosen), unit="page", disable=None, dynamic_ncols=True) as bar,
    ):
        futures = {pool.submit(in_a_process, p, timeout, scratch): p for p in chosen}
        try:
            for future in as_completed(futures):
                failures += not tell(futures[future], future)
                bar.update()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.end_workers()
            raise
    return failures


def seconds_of(path: Path) -> float:
    """What the page took when it was stored; infinite where nobody knows."""
    try:
        seconds = model.page(path).seconds
    except PageError:
        seconds = None
    return float("inf") if seconds is None else seconds


def tell(path: Path, future) -> bool:
    """Say how a page's run ended; returns whether it ended well."""
    name = model.name_of(path)
    try:
        tqdm.write(f"✓ {name}  {future.result():.1f} s")
    except PageError as error:
        tqdm.write(f"✗ {error}")
        return False
    except Exception as error:  # noqa: BLE001  whatever it is, the others go on
        tqdm.write(f"✗ {name}: {type(error).__name__}: {error}")
        return False
    for problem in contract.problems(path):
        tqdm.write(f"    to mend: {problem}")
    return True


def write_setup_cell(path: Path) -> None:
    """Write the address of `_config.yml` into a page's set-up cell; nothing is executed."""
    notebook = model.read(path)
    source = setup_source(notebook)
    for cell in model.code_cells(notebook):
        if "setup" in model.tags(cell) and cell.source != source:
            cell.source = source
            model.write(path, notebook)
            print(f"✓ {model.name_of(path)}")


def stale_pages(candidates: list[Path]) -> tuple[list[Path], int]:
    """Those whose code changed since they ran, and how many cannot be read; each of these
    is named."""
    stale, unreadable = [], 0
    for path in candidates:
        try:
            if model.page(path).is_stale:
                stale.append(path)
        except PageError as error:
            unreadable += 1
            print(f"✗ {error}")
    return stale, unreadable


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m book.run",
        description=__doc__.splitlines()[0],
        epilog="Without pages and without --all: the pages whose code changed since they "
        "were executed.",
    )
    parser.add_argument("page", nargs="*", type=Path, help="notebooks to execute")
    parser.add_argument("--all", action="store_true", help="execute every page")
    parser.add_argument(
        "--colab",
        action="store_true",
        help="only write the set-up cells, with the address from _config.yml",
    )
    parser.add_argument(
        "--timeout",
        type=int,
        default=300,
        metavar="S",
        help="seconds that a cell may take (default %(default)s)",
    )
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="pages executed at once (default: the number of cores)",
    )
    options = parser.parse_args()
    processes.stop_on_signals()
    chosen = [path.resolve() for path in options.page] or model.all_pages()
    failures = 0
    try:
        if options.colab:
            for path in chosen:
                write_setup_cell(path)
            return 0
        if not options.page and not options.all:
            chosen, failures = stale_pages(chosen)
        if chosen:
            failures += run_pages(chosen, options.timeout, options.jobs)
        elif not failures:
            print("Every page is up to date; ALL=1 (--all) executes them all the same.")
    except PageError as error:
        print(f"✗ {error}")
        return 1
    except KeyboardInterrupt:
        print("Stopped. The pages that had not ended are as they were.")
        return 130
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
