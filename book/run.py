"""Execute pages and store what they print and draw.

    .venv/bin/python book/run.py                    the pages whose code changed since they ran
    .venv/bin/python book/run.py --all              every page
    .venv/bin/python book/run.py chapters/a/b.ipynb these pages, changed or not
    .venv/bin/python book/run.py --colab            write the set-up cells only, run nothing

A page that raises an error or prints to stderr keeps the outputs it had; the failed copy lies
in _build/failed. A page runs on one thread, as many pages at once as there are cores, with
stored interactive figures, in its own folder.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import re
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import nbformat
from tqdm import tqdm

from book import contract
from book import model as pages

FAILED = pages.ROOT / "_build" / "failed"
KEPT_CELL_METADATA = ("tags", "jupyter", "cellView")
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS",
           "NUMEXPR_NUM_THREADS")


# ---------------------------------------------------------------- one page


def prepare(notebook) -> None:
    """Write what the runner owns in a page: the set-up cell, the tag on cells that verify, and what
    folds the code of solutions."""
    for cell in pages.code_cells(notebook):
        if "setup" in pages.tags(cell):
            cell.source = pages.setup_source(notebook.metadata.get("d2l", {}).get("extras", []))
        wanted = [tag for tag in pages.tags(cell) if tag != pages.COMPARED]
        if pages.verifies(cell):
            wanted.append(pages.COMPARED)
        if "solution" in wanted:
            if "hide-cell" not in wanted:
                wanted.append("hide-cell")
            cell.metadata["jupyter"] = {"source_hidden": True, "outputs_hidden": True}
        if wanted:
            cell.metadata["tags"] = wanted
        else:
            cell.metadata.pop("tags", None)


def normalise(notebook) -> None:
    """Take away what would differ from run to run and from editor to editor."""
    d2l = {"kind": "lesson", **notebook.metadata.get("d2l", {})}
    notebook.metadata = nbformat.from_dict({
        "d2l": dict(sorted(d2l.items())),
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    })
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    count = 0
    for cell in notebook.cells:
        cell.source = re.sub(r"[ \t]+(?=\n|$)", "", cell.source.replace("\r\n", "\n")).rstrip("\n")
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[name] = seen.get(name, 0) + 1
        cell.id = name if seen[name] == 1 else f"{name}-{seen[name]}"
        kept = {key: cell.metadata[key] for key in KEPT_CELL_METADATA if cell.metadata.get(key)}
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
    """Neighbouring pieces of one stream as one, so that chance does not cut them."""
    merged: list = []
    for output in outputs:
        before = merged[-1] if merged else None
        if before and before.output_type == output.output_type == "stream" and before.name == output.name:
            before.text += output.text
        else:
            merged.append(output)
    return merged


def execute(path: Path, notebook, timeout: int) -> float:
    """Run every cell in a fresh kernel of this Python. Returns the CPU seconds that cells took,
    without those spent drawing the stored frames of interactive figures.

    Raises PageError at the first error, and for anything printed to stderr.
    """
    from ipykernel.kernelspec import get_kernel_dict
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class ThisPython(KernelSpecManager):
        """The kernel of the running Python, whatever else is installed as 'python3'."""

        def get_kernel_spec(self, kernel_name):
            return KernelSpec(**get_kernel_dict())

    clock: list[float] = []  # the kernel's CPU seconds before the first cell and after each
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, \
            (Path(scratch) / "kernel.log").open("w+", encoding="utf-8") as log:
        drawing = Path(scratch) / "drawing.jsonl"
        environment = {
            **os.environ,
            **dict.fromkeys(THREADS, "1"),
            "D2LUTIL_EXPLORE": "stored",
            "D2LUTIL_EXPLORE_TIMES": str(drawing),
            "IPYTHONDIR": scratch,  # no start-up files and no history of whoever runs this
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        }
        manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
        client = NotebookClient(
            notebook, km=manager, timeout=timeout, record_timing=False, store_widget_state=False,
            resources={"metadata": {"path": str(path.parent)}},
            on_cell_start=lambda cell, cell_index: clock or look(),
            on_cell_executed=lambda cell, cell_index, execute_reply: look(),
        )

        def look():
            clock.append(cpu_seconds(manager.provisioner.pid))

        try:
            client.execute(env=environment, stdout=log, stderr=log)
        except CellExecutionError as error:
            where = pages.code_cells(notebook)[-1]
            for cell in pages.code_cells(notebook):
                if any(o.output_type == "error" for o in cell.outputs):
                    where = cell
            raise pages.PageError(f"{place(notebook, where)} raised {error.ename}: {error.evalue}") from None
        except CellTimeoutError:
            raise pages.PageError(f"a cell ran longer than {timeout} s") from None
        except DeadKernelError:
            log.seek(0)
            raise pages.PageError("the kernel died, as it does when memory runs out; its last words: "
                                  f"{log.read()[-500:].strip()!r}") from None
        drawn = sum(json.loads(line)["seconds"] for line in drawing.read_text().splitlines()) \
            if drawing.exists() else 0.0
    return max(0.0, clock[-1] - clock[0] - drawn) if clock else 0.0


def cpu_seconds(pid: int) -> float:
    """Seconds of computing that a process and its finished children took so far."""
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def place(notebook, cell) -> str:
    """How messages name a cell: its number from the top, 1 the first, and its first line."""
    first = next((line for line in cell.source.splitlines() if line.strip()), "")
    return f"cell {notebook.cells.index(cell) + 1} ({first[:60]!r})"


def refuse_noise(notebook) -> None:
    """Raise PageError for outputs that must not be stored."""
    for cell in pages.code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                raise pages.PageError(
                    f"{place(notebook, cell)} printed to stderr: {output.text.strip()[:500]!r}; "
                    "mend what it warns of")
            if any("widget" in kind for kind in output.get("data", {})):
                raise pages.PageError(
                    f"{place(notebook, cell)} left a live widget, which shows nothing without a "
                    "kernel; use d2lutil.explore")


def run_page(path: Path, timeout: int) -> float:
    """Execute a page and store it, or raise PageError and leave it as it was."""
    notebook = pages.read(path)
    before = path.read_bytes()
    stored = json.dumps(notebook)
    prepare(notebook)
    try:
        seconds = execute(path, notebook, timeout)
        refuse_noise(notebook)
        if path.read_bytes() != before:
            raise pages.PageError("the page was edited while it ran; run it again")
    except pages.PageError as error:
        failed = FAILED / path.relative_to(pages.ROOT) if path.is_relative_to(pages.ROOT) else FAILED / path.name
        normalise(notebook)
        pages.write(failed, notebook)
        raise pages.PageError(f"{pages.name_of(path)}: {error}\n    the stored page is as it was; "
                              f"the failed run lies in {pages.name_of(failed)}") from None
    normalise(notebook)
    notebook.metadata["d2l"]["digest"] = pages.digest(notebook, path.parent)
    notebook.metadata["d2l"]["seconds"] = round(seconds, 1)
    if json.dumps(notebook) != stored:
        pages.write(path, notebook)
    return seconds


# ---------------------------------------------------------------- many pages


def run_pages(chosen: list[Path], timeout: int, jobs: int) -> int:
    """Run pages side by side, longest first; returns how many failed."""
    context = multiprocessing.get_context("spawn")
    measured, failures = {}, 0
    with ProcessPoolExecutor(min(jobs, len(chosen)), mp_context=context) as pool, \
            tqdm(total=len(chosen), unit="page", disable=None, dynamic_ncols=True) as bar:
        futures = {pool.submit(run_page, path, timeout): path for path in chosen}
        for future in as_completed(futures):
            name = pages.name_of(futures[future])
            try:
                measured[name] = future.result()
                tqdm.write(f"✓ {name}  {measured[name]:.1f} s")
                for problem in contract.problems(futures[future]):
                    tqdm.write(f"    to mend: {problem}")
            except pages.PageError as error:
                failures += 1
                tqdm.write(f"✗ {error}")
            bar.update()
    return failures


def write_setup_cell(path: Path) -> None:
    """Write the address of `_config.yml` into the page's set-up cell; nothing is executed."""
    notebook = pages.read(path)
    source = pages.setup_source(notebook.metadata.get("d2l", {}).get("extras", []))
    for cell in pages.code_cells(notebook):
        if "setup" in pages.tags(cell) and cell.source != source:
            cell.source = source
            pages.write(path, notebook)
            print(f"✓ {pages.name_of(path)}")


def stale_pages(candidates: list[Path]) -> tuple[list[Path], int]:
    """Those whose code changed since they ran, and how many cannot be read; each of these is named."""
    stale, unreadable = [], 0
    for path in candidates:
        try:
            if pages.page(path).is_stale:
                stale.append(path)
        except pages.PageError as error:
            unreadable += 1
            print(f"✗ {error}")
    return stale, unreadable


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="Without pages and without --all: the stale pages, whose "
                                            "code changed since they were executed.")
    parser.add_argument("page", nargs="*", type=Path, help="notebooks to execute, stale or not")
    parser.add_argument("--all", action="store_true", help="execute every page")
    parser.add_argument("--colab", action="store_true",
                        help="only write the set-up cells, with the address from _config.yml")
    parser.add_argument("--timeout", type=int, default=300, metavar="S",
                        help="seconds that a cell may take (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
                        help="pages executed at once (default: the number of cores)")
    options = parser.parse_args()
    chosen = [path.resolve() for path in options.page] or pages.all_pages()
    failures = 0
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
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
