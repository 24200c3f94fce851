"""The runner: what it stores, what it refuses, and that nothing of the author's is lost."""

import json
import os
import subprocess
import sys

import nbformat
import pages
import pytest
import run


def notebook(*sources, **d2l):
    """A page of code cells; a source may come with tags: (source, tag, …)."""
    made = nbformat.v4.new_notebook(metadata={"d2l": d2l} if d2l else {})
    for source in sources:
        source, *tags = (source,) if isinstance(source, str) else source
        cell = nbformat.v4.new_code_cell(source)
        cell.metadata["tags"] = tags
        made.cells.append(cell)
    return made


@pytest.fixture
def page(tmp_path):
    """A function that writes a page into a scratch folder and gives its path."""

    def write(*sources, **d2l):
        path = tmp_path / "page.ipynb"
        pages.write(path, notebook(*sources, **d2l))
        return path

    return write


@pytest.fixture(autouse=True)
def failed_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "FAILED", tmp_path / "failed")
    return tmp_path / "failed"


def test_stores_tags_and_stamps(page):
    path = page(("import d2lutil", "setup"),
                "import os\nprint(os.environ['D2LUTIL_EXPLORE'], os.environ['OMP_NUM_THREADS'], end='')\nprint('.')",
                "from d2lutil import verify\nverify('Sum', formula=2 + 2, torch=4)",
                ("assert True", "solution"),
                "1 + 1  ",
                kind="lesson", extras=["rl"])
    assert pages.is_stale(pages.read(path))
    seconds = run.run_page(path, timeout=60)
    assert 0 < seconds < 60
    stored = pages.read(path)
    assert not pages.is_stale(stored)
    setup, printing, checking, solution, result = stored.cells
    assert setup.source.startswith("# This page needs: d2lutil[rl].")
    assert f'%pip install -q "d2lutil[rl] @ git+{pages.repository()}"' in setup.source
    assert printing.outputs == [{"name": "stdout", "output_type": "stream", "text": "stored 1.\n"}]
    assert checking.metadata == {"tags": [pages.COMPARED]}
    assert checking.outputs[0].text == "✓ Sum | formula = torch | atol 1e-12\n"
    assert solution.metadata == {"tags": ["solution", "hide-cell"],
                                 "jupyter": {"source_hidden": True, "outputs_hidden": True}}
    assert result.source == "1 + 1"
    assert result.outputs[0].data == {"text/plain": "2"}
    assert [cell.execution_count for cell in stored.cells] == [1, 2, 3, 4, 5]
    assert set(stored.metadata) == {"d2l", "kernelspec", "language_info"}
    assert stored.metadata.language_info == {"name": "python"}

    first = path.read_bytes()
    run.run_page(path, timeout=60)
    assert path.read_bytes() == first, "a second run writes the very same file"


@pytest.mark.parametrize(("source", "message"), [
    ("1 / 0", r"cell 2 \('1 / 0'\) raised ZeroDivisionError"),
    ("import warnings\nwarnings.warn('careful')", r"printed to stderr: .*careful"),
    ("import ipywidgets\nipywidgets.IntSlider()", "left a live widget"),
    ("import os\nos._exit(1)", "the kernel died"),
    ("from d2lutil import verify\nverify('Sum of two', formula=1, torch=2)", "Sum of two: formula and torch differ"),
])
def test_failed_page_stays_as_it_was(page, failed_folder, source, message):
    path = page("print('before')", source)
    before = path.read_bytes()
    with pytest.raises(pages.PageError, match=message) as caught:
        run.run_page(path, timeout=60)
    assert path.read_bytes() == before
    assert "failed run lies in" in str(caught.value)
    assert pages.read(failed_folder / "page.ipynb").cells[0].outputs[0].text == "before\n"


def test_cell_that_never_ends(page):
    path = page("import time", "time.sleep(600)")
    with pytest.raises(pages.PageError, match="a cell ran longer than 5 s"):
        run.run_page(path, timeout=5)


def test_page_edited_while_it_runs_keeps_the_edit(page):
    path = page("from pathlib import Path\nPath('page.ipynb').write_text('edited')")
    with pytest.raises(pages.PageError, match="edited while it ran"):
        run.run_page(path, timeout=60)
    assert path.read_text() == "edited"


@pytest.mark.parametrize("content", ["", "not json", '{"cells": []'])
def test_file_that_is_no_notebook_stays_as_it_was(tmp_path, content):
    path = tmp_path / "page.ipynb"
    path.write_text(content)
    with pytest.raises(pages.PageError, match=r"page\.ipynb: not a notebook"):
        run.run_page(path, timeout=3)
    assert path.read_text() == content


def test_command_names_what_is_missing():
    done = subprocess.run([sys.executable, pages.ROOT / "book/run.py", "chapters/none/none.ipynb"],
                          capture_output=True, text=True, cwd=pages.ROOT, check=False)
    assert done.returncode == 1
    assert "chapters/none/none.ipynb: there is no such file" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- without a kernel


def test_stale_pages_and_unreadable_ones(tmp_path, capsys):
    stamped, fresh, broken = (tmp_path / f"{name}.ipynb" for name in ("stamped", "fresh", "broken"))
    made = notebook("x = 1")
    pages.write(fresh, made)
    made.metadata["d2l"] = {"digest": pages.digest(made)}
    pages.write(stamped, made)
    broken.write_text("{")
    assert run.stale_pages([stamped, fresh, broken]) == ([fresh], 1)
    assert "broken.ipynb: not a notebook" in capsys.readouterr().out


def test_prose_and_the_address_make_nothing_stale():
    made = notebook(("import d2lutil", "setup"), "x = 1")
    digest = pages.digest(made)
    made.cells.insert(0, nbformat.v4.new_markdown_cell("Prose"))
    made.cells[1].source = "try: …"
    made.cells[2].metadata["tags"] = [pages.COMPARED]
    assert pages.digest(made) == digest
    made.cells[2].metadata["tags"] = ["solution"]
    assert pages.digest(made) != digest
    made.cells[2].metadata["tags"] = []
    made.cells[2].source = "x = 2"
    assert pages.digest(made) != digest


@pytest.mark.parametrize(("source", "expected"), [
    ("verify('A', a=1, b=1)", True),
    ("d2lutil.verify_bound('A', lower=1, upper=2)", True),
    ("for i in range(3):\n    verify_estimate('A', value=1, se=1, reference=1)", True),
    ("%pip install x\nverify_differs('A', wrong=1, right=2, by=1)", True),
    ("# verify('A')", False),
    ("print('verify(')", False),
    ("from d2lutil import verify", False),
    ("verify_all()", False),
    ("this is no Python: verify(", True),
])
def test_cells_that_verify(source, expected):
    assert pages.verifies(nbformat.v4.new_code_cell(source)) is expected


def test_normalise_is_stable_and_ids_follow_content():
    made = notebook("a = 1", "a = 1", "b = 2")
    run.normalise(made)
    ids = [cell.id for cell in made.cells]
    assert ids[1] == f"{ids[0]}-2"
    assert len(set(ids)) == 3
    made.cells.insert(0, nbformat.v4.new_markdown_cell("Prose"))
    run.normalise(made)
    assert [cell.id for cell in made.cells][1:] == ids
    nbformat.validate(made)


def test_streams_are_merged():
    pieces = [nbformat.v4.new_output("stream", name="stdout", text="a"),
              nbformat.v4.new_output("stream", name="stdout", text="b\n"),
              nbformat.v4.new_output("display_data", {"text/plain": "x"}),
              nbformat.v4.new_output("stream", name="stdout", text="c")]
    assert [o.get("text") for o in run.merged_streams(pieces)] == ["ab\n", None, "c"]


def test_run_times_move_by_more_than_a_quarter(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "RUN_TIMES", tmp_path / "chapters" / "run_times.json")
    for name in "abc":
        path = tmp_path / "chapters" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    run.write_run_times({"chapters/a.ipynb": 10.04, "chapters/b.ipynb": 4.0})
    assert pages.run_times() == {"chapters/a.ipynb": 10.0, "chapters/b.ipynb": 4.0}
    run.write_run_times({"chapters/a.ipynb": 12.0, "chapters/b.ipynb": 6.0, "chapters/gone.ipynb": 1.0})
    assert pages.run_times() == {"chapters/a.ipynb": 10.0, "chapters/b.ipynb": 6.0}


def test_colab_writes_only_set_up_cells(tmp_path, monkeypatch):
    path = tmp_path / "page.ipynb"
    made = notebook(("import d2lutil", "setup"), "x = 1", extras=["text"])
    made.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="kept")]
    pages.write(path, made)
    run.write_setup_cell(path)
    stored = pages.read(path)
    assert stored.cells[0].source == pages.setup_source(["text"])
    assert stored.cells[1] == made.cells[1]
    before = json.loads(path.read_text())
    run.write_setup_cell(path)
    assert json.loads(path.read_text()) == before


def test_set_up_cell_installs_only_where_the_package_is_missing():
    source = pages.setup_source([])
    tried, handled = source.split("except ImportError:")
    assert "import d2lutil" in tried
    assert "%pip" not in tried
    assert handled.strip().startswith("%pip install -q")


# ---------------------------------------------------------------- pages run again by nbval


def nbval(path, **environment):
    more = {"D2LUTIL_EXPLORE": "check", "PYTHONPATH": str(pages.ROOT / "tests"), **environment}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "nbval_rules", "--nbval-lax", "--nbval-current-env",
         "--nbval-cell-timeout=30", "-p", "no:cacheprovider", str(path)],
        capture_output=True, text=True, cwd=pages.ROOT, env={**os.environ, **more}, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nbval_compares_what_verifies(page):
    path = page("from d2lutil import verify", "w = 2.0", "verify('A sum', formula=w + 2, torch=4.0)")
    run.run_page(path, timeout=60)
    code, said = nbval(path)
    assert code == 0, said
    changed = pages.read(path)
    changed.cells[1].source = "w = -2.0"
    pages.write(path, changed)
    code, said = nbval(path)
    assert code == 1
    assert "A sum: formula and torch differ" in said
    changed.cells[1].source = "w = 2.0"
    changed.cells[2].source = "verify('A sum', formula=w + 2, torch=4.0, atol=1)"
    pages.write(path, changed)
    code, said = nbval(path)
    assert code == 1
    assert "Cell outputs differ" in said


def test_nbval_refuses_stderr_and_slow_pages(page):
    path = page("import warnings", "warnings.warn('careful')")
    code, said = nbval(path)
    assert code == 1
    assert "The cell printed to stderr" in said
    path = page("import time\nwhile time.process_time() < 3: pass", "x = 1")
    code, said = nbval(path, D2LUTIL_PAGE_SECONDS="1")
    assert code == 1
    assert "takes more than 1 s on one thread" in said
    assert "1 failed, 1 passed" in said
