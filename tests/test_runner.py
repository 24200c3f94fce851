"""The runner: what it stores, what it refuses, and that nothing of the author's is lost."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

from book import model, run


def notebook(*sources, **d2l):
    """A page of code cells; a source may come with tags: (source, tag, …)."""
    made = nbformat.v4.new_notebook(metadata={"d2l": {"kind": "lesson", **d2l}})
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
        model.write(path, notebook(*sources, **d2l))
        return path

    return write


@pytest.fixture(autouse=True)
def failed_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "FAILED", tmp_path / "failed")
    return tmp_path / "failed"


def test_stores_tags_and_stamps(page):
    path = page(
        ("import d2lutil", "setup"),
        "import os\nprint(os.environ['D2LUTIL_EXPLORE'], os.environ['OMP_NUM_THREADS'], end='')\nprint('.')",
        "from d2lutil import verify\nverify('Sum', formula=2 + 2, torch=4)",
        ("assert True", "solution"),
        "1 + 1  ",
        kind="lesson",
        extras=["rl"],
    )
    assert model.page(path).is_stale
    seconds = run.run_page(path, timeout=60)
    assert 0 < seconds < 60
    stored = model.read(path)
    assert not model.page(path).is_stale
    assert stored.metadata.d2l.seconds == round(seconds, 1)
    setup, printing, checking, solution, result = stored.cells
    assert setup.source == model.setup_source(["rl"])
    assert printing.outputs == [
        {"name": "stdout", "output_type": "stream", "text": "stored 1.\n"}
    ]
    assert model.COMPARED in checking.metadata.tags
    assert checking.outputs[0].text == "✓ Sum | formula = torch | atol 1e-12\n"
    assert {"solution", "hide-cell"} <= set(solution.metadata.tags)
    assert solution.metadata.jupyter == {"source_hidden": True, "outputs_hidden": True}
    assert result.source == "1 + 1"
    assert result.outputs[0].data == {"text/plain": "2"}
    assert [cell.execution_count for cell in stored.cells] == [1, 2, 3, 4, 5]
    assert set(stored.metadata) == {"d2l", "kernelspec", "language_info"}
    assert stored.metadata.language_info == {"name": "python"}

    first = path.read_bytes()
    run.run_page(path, timeout=60)
    assert path.read_bytes() == first, "a second run writes the very same file"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0", r"cell 2 \('1 / 0'\) raised ZeroDivisionError"),
        ("import warnings\nwarnings.warn('careful')", r"printed to stderr: .*careful"),
        ("import ipywidgets\nipywidgets.IntSlider()", "left a live widget"),
        ("import os\nos._exit(1)", "the kernel died"),
        (
            "from d2lutil import verify\nverify('Sum of two', formula=1, torch=2)",
            "Sum of two: formula and torch differ",
        ),
    ],
)
def test_failed_page_stays_as_it_was(page, failed_folder, source, message):
    path = page("print('before')", source)
    before = path.read_bytes()
    with pytest.raises(model.PageError, match=message) as caught:
        run.run_page(path, timeout=60)
    assert path.read_bytes() == before
    assert "failed run lies in" in str(caught.value)
    assert (
        model.read(failed_folder / "page.ipynb").cells[0].outputs[0].text == "before\n"
    )


def test_cell_that_never_ends(page):
    path = page("import time", "time.sleep(600)")
    with pytest.raises(model.PageError, match="a cell ran longer than 5 s"):
        run.run_page(path, timeout=5)


def test_page_edited_while_it_runs_keeps_the_edit(page):
    path = page("from pathlib import Path\nPath('page.ipynb').write_text('edited')")
    with pytest.raises(model.PageError, match="edited while it ran"):
        run.run_page(path, timeout=60)
    assert path.read_text() == "edited"


@pytest.mark.parametrize("content", ["", "not json", '{"cells": []'])
def test_file_that_is_no_notebook_stays_as_it_was(tmp_path, content):
    path = tmp_path / "page.ipynb"
    path.write_text(content)
    with pytest.raises(model.PageError, match=r"page\.ipynb: not a notebook"):
        run.run_page(path, timeout=3)
    assert path.read_text() == content


def test_command_names_what_is_missing():
    done = subprocess.run(
        [sys.executable, "-m", "book.run", "chapters/none/none.ipynb"],
        capture_output=True,
        text=True,
        cwd=model.ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert (
        "chapters/none/none.ipynb: there is no such file" in done.stdout + done.stderr
    )
    assert "Traceback" not in done.stderr


def test_seconds_change_only_with_the_code(page):
    path = page("import time\nprint(time.time())")
    run.run_page(path, timeout=60)
    stored = model.read(path)
    stored.metadata.d2l["seconds"] = 77.0
    model.write(path, stored)
    run.run_page(path, timeout=60)
    again = model.read(path)
    assert again.cells[0].outputs != stored.cells[0].outputs, "new outputs are stored"
    assert again.metadata.d2l.seconds == 77.0
    again.cells[0].source = "print('other')"
    model.write(path, again)
    run.run_page(path, timeout=60)
    assert model.read(path).metadata.d2l.seconds < 77


def test_a_file_that_the_page_reads_makes_it_stale(page):
    path = page("print(open('numbers.txt').read())")
    (path.parent / "numbers.txt").write_text("1")
    run.run_page(path, timeout=60)
    assert not model.page(path).is_stale
    (path.parent / "numbers.txt").write_text("2")
    assert model.Page(path, model.read(path)).is_stale


def test_stubs_of_the_reader_are_left_alone():
    made = notebook(("verify('A', a=1, b=1)", model.YOUR_CODE))
    run.prepare(made)
    assert made.cells[0].metadata == {"tags": [model.YOUR_CODE]}


def test_pages_start_without_the_callers_settings(page, tmp_path, monkeypatch):
    settings = tmp_path / "papers"
    settings.write_text("savefig.dpi: 300\ntext.color: white\n")
    monkeypatch.setenv("MATPLOTLIBRC", str(settings))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "pdf")
    path = page(
        "import matplotlib\n"
        "print(matplotlib.rcParams['savefig.dpi'], matplotlib.rcParams['text.color'])\n"
        "print(matplotlib.get_backend())"
    )
    run.list_fonts()
    run.run_page(path, timeout=60)
    assert (
        model.printed(model.read(path).cells[0])
        == "figure black\nmodule://matplotlib_inline.backend_inline\n"
    )


# ---------------------------------------------------------------- what can happen to a run


def write_pages(folder, **sources):
    for name, source in sources.items():
        model.write(folder / f"{name}.ipynb", notebook(source))
    return [folder / f"{name}.ipynb" for name in sources]


def running(name):
    """Processes whose command line or environment names the file."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if name in process.environ().get("PAGE_MARK", ""):
                found.append(process)
    return found


@pytest.mark.skipif(os.name == "nt", reason="kills processes as Unix does")
@pytest.mark.parametrize(
    ("deadly", "message"),
    [
        (
            "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)",
            "process that ran it died",
        ),
        ("import os\nos._exit(1)", "the kernel died"),
    ],
)
def test_a_page_that_dies_takes_no_other_along(tmp_path, capfd, deadly, message):
    chosen = write_pages(
        tmp_path, deadly=deadly, innocent="print('here')", next="print(1)"
    )
    before = chosen[0].read_bytes()
    assert run.run_pages(chosen, timeout=60, jobs=2) == 1
    said = capfd.readouterr().out
    assert "deadly.ipynb: " in said
    assert message in said
    assert chosen[0].read_bytes() == before
    for path in chosen[1:]:
        assert not model.page(path).is_stale
        assert model.page(path).seconds >= 0


@pytest.mark.skipif(os.name == "nt", reason="Unix's signals")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"])
def test_a_run_that_is_stopped_leaves_nothing_behind(tmp_path, name):
    began = tmp_path / "began"
    source = f"import time\nopen({str(began)!r}, 'w').close()\ntime.sleep(600)"
    (path,) = write_pages(tmp_path, page=source)
    before, mark = path.read_bytes(), str(tmp_path)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "book.run", path],
        cwd=model.ROOT,
        env={**os.environ, "PAGE_MARK": mark, "TMPDIR": str(scratch)},
        start_new_session=True,
    )
    wait_for(began.exists)
    assert len(running(mark)) >= 3  # the runner, its worker, the kernel
    process.send_signal(getattr(signal, name))
    process.wait(20)
    wait_for(lambda: not running(mark))
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "began",
        "page.ipynb",
        "scratch",
    ]
    assert list(scratch.iterdir()) == []


def wait_for(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_a_full_disk_is_told_and_the_page_stays(page, monkeypatch):
    path = page("x = 1")
    before = path.read_bytes()

    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(model.Path, "write_text", full)
    with pytest.raises(
        model.PageError, match=r"page\.ipynb cannot be written: No space"
    ):
        run.run_page(path, timeout=60)
    assert path.read_bytes() == before
    assert list(path.parent.glob(".*")) == []
    with pytest.raises(
        model.PageError, match="the failed run could not be kept: .*No space"
    ):
        run.run_page(page_that_fails(path), timeout=60)


def page_that_fails(path):
    other = path.with_name("other.ipynb")
    other.write_bytes(model.text_of(notebook("1 / 0")).encode())
    return other


def test_an_error_nobody_foresaw_is_told_with_the_page(tmp_path, capfd, monkeypatch):
    chosen = write_pages(tmp_path, first="x = 1", second="x = 1")

    def broken(path, *arguments):
        if path.stem == "first":
            raise RuntimeError("odd")
        return 1.0

    monkeypatch.setattr(run, "in_a_process", broken)
    assert run.run_pages(chosen, timeout=60, jobs=1) == 1
    said = capfd.readouterr().out
    assert "first.ipynb: RuntimeError: odd" in said
    assert "second.ipynb  1.0 s" in said


def test_a_kernel_that_does_not_start_tells_its_last_words(page, monkeypatch, tmp_path):
    (tmp_path / "ipykernel_launcher.py").write_text("raise SystemExit('no port left')")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{model.ROOT}")
    with pytest.raises(run.NeverStarted, match="did not start; .*no port left"):
        run.execute_once(page("x = 1"), model.read(page("x = 1")), timeout=60)


def test_a_kernel_that_does_not_start_is_tried_once_more(page, monkeypatch):
    tries = []

    def start(path, notebook, timeout):
        tries.append(path)
        if len(tries) < fail_until:
            raise run.NeverStarted("the kernel did not start; port taken")
        return 1.0

    monkeypatch.setattr(run, "execute_once", start)
    fail_until = 2
    assert run.run_page(page("x = 1"), timeout=60) == 1
    fail_until = 9
    with pytest.raises(model.PageError, match=r"page\.ipynb: the kernel did not start"):
        run.run_page(page("x = 1"), timeout=60)
    assert len(tries) == 4


def test_a_missing_extra_is_told_with_its_remedy(page):
    path = page("import no_such_package")
    with pytest.raises(
        model.PageError, match="name the extra in the notebook's metadata"
    ):
        run.run_page(path, timeout=60)


def test_a_notebook_without_d2l_is_refused(tmp_path):
    path = tmp_path / "page.ipynb"
    made = notebook("x = 1")
    del made.metadata["d2l"]
    model.write(path, made)
    before = path.read_bytes()
    with pytest.raises(model.PageError, match="its metadata has no d2l"):
        run.run_page(path, timeout=60)
    assert path.read_bytes() == before


# ---------------------------------------------------------------- without a kernel


def test_stale_pages_and_unreadable_ones(tmp_path, capsys):
    stamped, fresh, broken = (
        tmp_path / f"{name}.ipynb" for name in ("stamped", "fresh", "broken")
    )
    made = notebook("x = 1")
    model.write(fresh, made)
    made.metadata["d2l"] = {"digest": model.digest(made, model.ROOT)}
    model.write(stamped, made)
    broken.write_text("{")
    assert run.stale_pages([stamped, fresh, broken]) == ([fresh], 1)
    assert "broken.ipynb: not a notebook" in capsys.readouterr().out


def test_prose_and_the_address_make_nothing_stale():
    made = notebook(("import d2lutil", "setup"), "x = 1")
    digest = model.digest(made, model.ROOT)
    made.cells.insert(0, nbformat.v4.new_markdown_cell("Prose"))
    made.cells[1].source = "try: …"
    made.cells[2].metadata["tags"] = [model.COMPARED]
    assert model.digest(made, model.ROOT) == digest
    made.cells[2].metadata["tags"] = ["solution"]
    assert model.digest(made, model.ROOT) != digest
    made.cells[2].metadata["tags"] = []
    made.cells[2].source = "x = 2"
    assert model.digest(made, model.ROOT) != digest


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("verify('A', a=1, b=1)", True),
        ("d2lutil.verify_bound('A', lower=1, upper=2)", True),
        (
            "for i in range(3):\n    verify_estimate('A', value=1, se=1, reference=1)",
            True,
        ),
        ("%pip install x\nverify_differs('A', wrong=1, right=2, by=1)", True),
        ("# verify('A')", False),
        ("print('verify(')", False),
        ("from d2lutil import verify", False),
        ("verify_all()", False),
        ("this is no Python: verify(", True),
    ],
)
def test_cells_that_verify(source, expected):
    assert model.verifies(nbformat.v4.new_code_cell(source)) is expected


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
    pieces = [
        nbformat.v4.new_output("stream", name="stdout", text="a"),
        nbformat.v4.new_output("stream", name="stdout", text="b\n"),
        nbformat.v4.new_output("display_data", {"text/plain": "x"}),
        nbformat.v4.new_output("stream", name="stdout", text="c"),
    ]
    assert [o.get("text") for o in run.merged_streams(pieces)] == ["ab\n", None, "c"]


def test_colab_writes_only_set_up_cells(tmp_path, monkeypatch):
    path = tmp_path / "page.ipynb"
    made = notebook(("import d2lutil", "setup"), "x = 1", extras=["text"])
    made.cells[1].outputs = [
        nbformat.v4.new_output("stream", name="stdout", text="kept")
    ]
    model.write(path, made)
    run.write_setup_cell(path)
    stored = model.read(path)
    assert stored.cells[0].source == model.setup_source(["text"])
    assert stored.cells[1] == made.cells[1]
    before = json.loads(path.read_text())
    run.write_setup_cell(path)
    assert json.loads(path.read_text()) == before


# ---------------------------------------------------------------- pages run again by nbval


def nbval(path, **environment):
    more = {
        "D2LUTIL_EXPLORE": "check",
        "PYTHONPATH": str(model.ROOT / "tests"),
        **environment,
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "nbval_rules",
            "--nbval-lax",
            "--nbval-current-env",
            "--nbval-cell-timeout=30",
            "-p",
            "no:cacheprovider",
            str(path),
        ],
        capture_output=True,
        text=True,
        cwd=model.ROOT,
        env={**os.environ, **more},
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_nbval_compares_what_verifies(page):
    path = page(
        "from d2lutil import verify",
        "w = 2.0",
        "verify('A sum', formula=w + 2, torch=4.0)",
    )
    run.run_page(path, timeout=60)
    code, said = nbval(path)
    assert code == 0, said
    changed = model.read(path)
    changed.cells[1].source = "w = -2.0"
    model.write(path, changed)
    code, said = nbval(path)
    assert code == 1
    assert "A sum: formula and torch differ" in said
    changed.cells[1].source = "w = 2.0"
    changed.cells[2].source = "verify('A sum', formula=w + 2, torch=4.0, atol=1)"
    model.write(path, changed)
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
