"""A reader may go back and run any check again: it says what it said at first.

A page runs to its end in one process, then each cell with a check runs
once more. What the contract tells from the code alone (names that are bound again) shows here,
too, and besides it what was used up: a graph, a generator, an environment.
"""

import contextlib
import io
import linecache
import os
import textwrap
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import nbformat
import pytest

from book import model


def says_again(path: Path) -> list[str]:
    """What checks of the page say otherwise when they are run again after its end."""
    os.environ.update(D2LUTIL_EXPLORE="check", MPLBACKEND="Agg", OMP_NUM_THREADS="1")
    os.chdir(path.parent)
    page, names = model.page(path), {"__name__": "__main__"}
    said = {i: run(i, cell, names) for i, cell in page.code}
    found = []
    for i, cell in page.code:
        if model.COMPARED in model.tags(cell):
            try:
                again = run(i, cell, names)
            except Exception as error:  # noqa: BLE001
                again = f"{type(error).__name__}: {error}"
            if again != said[i]:
                found.append(f"cell {i} said {said[i]!r}, and run again {again!r}")
    return found


def run(i: int, cell, names: dict) -> str:
    """Run a cell; returns what it prints."""
    place = f"<cell {i}>"
    lines = cell.source.splitlines(keepends=True)
    linecache.cache[place] = (len(cell.source), None, lines, place)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(model.tree_of(cell.source), place, "exec"), names)
    return out.getvalue()


def in_a_process(path: Path) -> list[str]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(says_again, path).result()


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames:
        given = metafunc.config.getoption("--page")
        chosen = [(model.ROOT / name).resolve() for name in given] or model.all_pages()
        chosen = [path for path in chosen if model.page(path).code]
        metafunc.parametrize("page", chosen, ids=model.name_of)


def test_checks_say_it_again(page):
    found = in_a_process(page)
    assert not found, "\n".join(found)


def test_what_says_something_else_is_found(tmp_path):
    cells = """
        x, values = [1], iter([1, 2])
        %%
        def verify(value):
            print(value)
        %%
        verify(x)
        %%
        verify(next(values))
        %%
        verify(next(values))
        %%
        verify("the same")
        %%
        x = 2
    """
    sources = textwrap.dedent(cells).strip().split("\n%%\n")
    page = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, sources)))
    for cell in page.cells[2:6]:
        cell.metadata["tags"] = [model.COMPARED]
    path = tmp_path / "page.ipynb"
    model.write(path, page)
    first, second, third = in_a_process(path)
    assert first == "cell 3 said '[1]\\n', and run again '2\\n'"
    assert second.startswith("cell 4 said '1\\n', and run again 'StopIteration")
    assert third.startswith("cell 5 said '2\\n', and run again 'StopIteration")


@pytest.mark.parametrize("source", ["1 / 0", "raise ValueError('x')"])
def test_a_page_that_fails_says_where(tmp_path, source):
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    path = tmp_path / "page.ipynb"
    model.write(path, page)
    with pytest.raises((ZeroDivisionError, ValueError)) as error:
        in_a_process(path)
    assert "<cell 1>" in str(error.value.__cause__)
