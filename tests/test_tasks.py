"""`python -m book` and the Makefile: what can go wrong before a program of the book has a say."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from argparse import Namespace

import psutil
import pytest
import sampling

from book import environment, model, tasks
from book.environment import TaskError


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A book with nothing in it but what set-up reads; its .venv does not stand yet."""
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(model.ROOT / name, tmp_path / name)
    tasks.facts.cache_clear()
    folder = tmp_path / "chapters" / "01-a"
    folder.mkdir(parents=True)
    for name, d2l in (("short", {"seconds": 1}), ("long", {"seconds": 9}), ("new", {})):
        page = {"metadata": {"d2l": d2l}, "cells": [{"cell_type": "code"}]}
        (folder / f"{name}.ipynb").write_text(json.dumps(page))
    venv = tmp_path / ".venv"
    monkeypatch.setattr(environment, "BIN", venv / environment.BIN.name)
    python = venv / environment.BIN.name / environment.PYTHON.name
    monkeypatch.setattr(environment, "PYTHON", python)
    for module in (environment, tasks):
        monkeypatch.setattr(module, "ROOT", tmp_path)
        monkeypatch.setattr(module, "VENV", venv)
    yield tmp_path
    tasks.facts.cache_clear()


def bare_venv():
    """A .venv that borrows the packages of the Python that runs the tests."""
    command = [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages"]
    subprocess.run([*command, str(environment.VENV)], check=True)


@pytest.fixture
def installed(root, monkeypatch):
    """The list of installations that set-up asks for; none is done."""
    done = []
    monkeypatch.setattr(environment, "mend", lambda: None)
    monkeypatch.setattr(environment, "create_venv", bare_venv)
    monkeypatch.setattr(environment, "pip_install", lambda *a: done.append(" ".join(a)))
    return done


# ---------------------------------------------------------------- making .venv


def test_set_up_is_done_once_and_again_when_its_recipe_changes(root, installed, capsys):
    environment.set_up("site")
    assert installed == [f"--upgrade {environment.PIP}", "--group site"]
    assert "Set-up took" in capsys.readouterr().out
    environment.set_up("site")
    assert len(installed) == 2
    assert capsys.readouterr().out == ""
    (root / "requirements.txt").write_text("# other pins\ntorch==2.13.0\n")
    environment.set_up("site")
    assert installed[-1] == "--group site"
    assert len(installed) == 4
    environment.set_up("full")
    torch, rest = installed[-2:]
    assert torch == "torch==2.13.0", "torch comes first and alone, exactly as pinned"
    assert re.fullmatch(r"--editable \.\[images,.*\] --group test", rest)
    count = len(installed)
    environment.set_up("site")
    assert len(installed) == count, (
        "what is set up for everything is set up for the site"
    )


def test_half_made_venv_is_mended(root, capsys, monkeypatch):
    monkeypatch.setattr(environment, "pip_install", lambda *arguments: None)
    (root / ".venv" / environment.BIN.name).mkdir(parents=True)  # no Python in it
    environment.set_up("site")
    assert "does not work, so it is made anew" in capsys.readouterr().out
    site = next((root / ".venv").rglob("site-packages"))
    package, about = site / "half", site / "half-1.0.dist-info"
    package.mkdir()
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: half\nVersion: 1.0\n")
    names = ("half/__init__.py,,10", "half-1.0.dist-info/METADATA,,")
    (about / "RECORD").write_text("\n".join([*names, "half-1.0.dist-info/RECORD,,\n"]))
    asked = []
    monkeypatch.setattr(environment, "run", lambda *a, **b: asked.append(a) or 0)
    (package / "__init__.py").write_text("0123456789")
    environment.mend()
    assert asked == []
    for content in ("01234", None):  # cut short, then gone
        (package / "__init__.py").unlink()
        if content:
            (package / "__init__.py").write_text(content)
        environment.mend()
        assert asked.pop()[-1] == "half==1.0"
    monkeypatch.setattr(environment, "run", lambda *a, **b: 1)
    with pytest.raises(TaskError, match="could not be mended. Remove the folder .venv"):
        environment.mend()


def test_failed_set_up_is_not_taken_for_ready(root, installed, monkeypatch):
    def fail(*arguments):
        raise TaskError("no network")

    monkeypatch.setattr(environment, "pip_install", fail)
    with pytest.raises(TaskError, match="no network"):
        environment.set_up("site")
    assert not environment.is_ready("site")


def test_moved_venv_is_not_taken_for_ready(root, installed):
    environment.set_up("site")
    stamp = root / ".venv" / ".site-ready"
    stamp.write_text(stamp.read_text().replace(str(root), "/elsewhere"))
    assert not environment.is_ready("site")


def test_installation_that_fails_says_that_it_can_go_on(root, monkeypatch):
    monkeypatch.setattr(environment, "run", lambda *a, **b: 1)
    with pytest.raises(TaskError, match="run the same command again: it goes on"):
        environment.pip_install("x")


def test_python_without_its_part_for_environments_says_so(root, monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        TaskError, match=r"has no venv and no ensurepip.*python3\.\d+-venv"
    ):
        environment.create_venv()


def test_venv_that_cannot_be_made_is_not_blamed_on_a_package(root, monkeypatch):
    done = subprocess.CompletedProcess([], 1)
    monkeypatch.setattr(environment.subprocess, "run", lambda *a, **b: done)
    with pytest.raises(
        TaskError, match="could not be made; Python says above"
    ) as caught:
        environment.create_venv()
    assert "apt-get" not in str(caught.value)


def test_a_clone_that_cannot_be_written_is_named(root):
    (root / "file").write_text("")
    with (
        pytest.raises(TaskError, match=r"file cannot be written \(.*\).*clone it anew"),
        environment.lock(root / "file" / ".venv.lock", "the set-up"),
    ):
        pass


# ---------------------------------------------------------------- two at once


def test_a_second_one_waits_and_says_for_whom(tmp_path, capsys):
    path, order = tmp_path / "_build" / "lock", []

    def second():
        with environment.lock(path, "the second"):
            order.append("second")

    with environment.lock(path, "the build of the site"):
        other = threading.Thread(target=second)
        other.start()
        time.sleep(0.5)
        order.append("first")
    other.join(10)
    assert order == ["first", "second"]
    waiting = rf"Waiting for the build of the site by process {os.getpid()}, begun at "
    assert re.search(waiting, capsys.readouterr().out)
    with environment.lock(path, "a third"):  # nothing is left behind
        assert capsys.readouterr().out == ""


def test_a_holder_that_is_killed_leaves_no_lock(tmp_path):
    path = tmp_path / "lock"
    hold = (
        "import sys, time, pathlib; from book.environment import lock\n"
        "with lock(pathlib.Path(sys.argv[1]), 'x'): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, str(path)], cwd=model.ROOT, stdout=subprocess.PIPE
    )
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    start = time.monotonic()
    with environment.lock(path, "the next"):
        assert time.monotonic() - start < 5


def test_two_set_ups_at_once_make_one_venv(root, installed, monkeypatch):
    made = []

    def slowly():
        made.append(1)
        time.sleep(1)
        bare_venv()

    monkeypatch.setattr(environment, "create_venv", slowly)
    other = threading.Thread(target=environment.set_up, args=["site"])
    other.start()
    environment.set_up("site")
    other.join(60)
    assert len(made) == 1
    assert installed.count("--group site") == 1


# ---------------------------------------------------------------- pages


def test_pages_longest_first(root):
    found = tasks.all_pages()
    names = [page.removeprefix("chapters/01-a/") for page in tasks.longest_first(found)]
    assert names == ["new.ipynb", "long.ipynb", "short.ipynb"]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"cells": []}', '{"metadata": {}, "cells": 3}']
)
def test_pages_that_cannot_be_read_are_left_to_their_run(root, text):
    (root / "chapters/01-a/new.ipynb").write_text(text)
    assert tasks.facts("chapters/01-a/new.ipynb")["code"]


def test_changed_pages(root):
    def git(*arguments):
        who = (
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@b",
            "-c",
            "commit.gpgsign=false",
        )
        subprocess.run(
            ["git", *who, *arguments], cwd=root, check=True, capture_output=True
        )

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "one")
    (root / "chapters/01-a/new.ipynb").write_text("[]")
    git("commit", "-qam", "two")
    assert tasks.changed_pages("HEAD~1") == ["chapters/01-a/new.ipynb"]
    assert tasks.changed_pages("HEAD") == []
    assert tasks.changed_pages("0" * 40) == tasks.all_pages()
    (root / "requirements.txt").write_text("")
    git("commit", "-qam", "three")
    assert tasks.changed_pages("HEAD~1") == tasks.all_pages()


def test_page_that_is_not_there(root):
    name = "chapters/01-a/new.ipynb"
    assert tasks.page_path(name) == name
    for name in ("chapters/01-a/gone.ipynb", "chapters/01-a", "requirements.txt"):
        with pytest.raises(TaskError, match="is not a notebook. Give its path"):
            tasks.page_path(name)


# ---------------------------------------------------------------- a sample of pages


def test_a_sample_has_every_kind_and_follows_the_commit():
    book = model.all_pages()
    drawn = sampling.draw(book, "a commit")
    assert {sampling.kind(path) for path in drawn} == {
        sampling.kind(path) for path in book
    }
    assert drawn == sampling.draw(book, "a commit")
    others = [sampling.draw(book, f"commit {i}") for i in range(200)]
    assert {path for other in others for path in other} == set(book), (
        "each has its turn"
    )
    assert {len(other) for other in others} == {max(sampling.SIZE, len(drawn))}


def test_chosen_pages(monkeypatch):
    book = model.all_pages()
    assert sampling.chosen([], None, None) == book
    assert sampling.chosen([model.name_of(book[3])], "a commit", None) == [book[3]]
    monkeypatch.setattr(sampling, "differing", lambda since: book[:9])
    assert set(book[:9]) <= set(sampling.chosen([], "a commit", "HEAD~1"))
    assert len(sampling.chosen([], "a commit", None)) < len(book)


def test_pages_that_differ_from_a_commit():
    assert sampling.differing("HEAD") == []
    assert sampling.differing("no commit") == []


# ---------------------------------------------------------------- make test


@pytest.fixture
def calls(monkeypatch):
    """What `make test` runs; each call succeeds but those that contain `calls.fails`."""

    class Calls(list):
        fails = None

    made = Calls()

    def run(*arguments, program=None, **environment):
        made.append(
            " ".join(map(str, [*([program.name] if program else []), *arguments]))
        )
        return int(made.fails is not None and made.fails in made[-1])

    monkeypatch.setattr(tasks, "run", run)
    monkeypatch.setattr(tasks, "set_up", lambda level: None)
    return made


def run_task(*arguments):
    return tasks.main([*arguments])


def test_form_comes_first_and_ends_the_test(root, calls, capsys):
    calls.fails = "book.contract"
    assert run_task("test") == 1
    assert calls == ["-m book.contract"]
    assert "✗ form: a page breaks the contract" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("fails", "message"),
    [
        ("zizmor", "zizmor found what stands above in the workflows"),
        ("ruff check", "ruff check found what stands above"),
        ("ruff format", "format these files: .venv/bin/ruff format"),
        ("not browser", "package: the lines above say which test failed"),
        ("nbval", "pages run again: the lines above say which test failed"),
    ],
)
def test_each_part_says_what_failed(root, calls, capsys, fails, message):
    calls.fails = fails
    assert run_task("test") == 1
    assert message in capsys.readouterr().out
    assert fails in calls[-1], "nothing runs after it"


def test_the_whole_test_in_its_order(root, calls):
    assert run_task("test") == 0
    kinds = (
        "contract",
        "zizmor",
        "ruff check",
        "ruff format",
        "not browser",
        "-m browser",
    )
    for call, kind in zip(calls, (*kinds, "nbval_rules"), strict=True):
        assert kind in call
    assert all("--sample=" in call for call in calls[4:6])
    calls.clear()
    assert run_task("test", "--whole", "--since", "HEAD") == 0
    assert not any("--sample" in call or "--since" in call for call in calls)
    calls.clear()
    calls.fails = "contract"
    assert run_task("test", "--keep-going") == 1
    assert len(calls) == 4
    calls.clear()
    assert run_task("test", "--unit") == 0
    assert len(calls) == 1


def test_one_page(root, calls):
    page = "chapters/01-a/new.ipynb"
    (root / page).write_text('{"metadata": {"d2l": {}}, "cells": []}')
    assert run_task("test", page) == 0
    assert calls == [
        f"-m book.contract {page}",
        f"-m ruff check --quiet --output-format=concise {page}",
        f"-m ruff format --check --output-format=concise {page}",
        f"-m pytest tests/test_rerun.py --page={page}",
    ]


# ---------------------------------------------------------------- other tasks


def test_tasks_call_their_programs(root, calls):
    page = "chapters/01-a/new.ipynb"
    for arguments, call in {
        ("site", "--all"): "-m book.site.build --all",
        ("zip",): "-m book.site.build --zip",
        ("links",): "-m book.site.build --links",
        ("page", "01-a", "new"): "-m book.new_page 01-a new",
        ("run", "--all"): "-m book.run --all",
        ("run", page): f"-m book.run {page}",
        ("colab",): "-m book.run --colab",
        ("long", page): f"-m book.long {page}",
        ("long", "--draw", "x"): "-m book.long --draw x",
        ("mutants", page): f"-m book.mutants {page}",
        ("claims", page): f"-m book.claims {page}",
        ("toc",): "-m book.toc",
        ("teacher",): "-m book.teacher",
        ("teacher", "17-a"): "-m book.teacher 17-a",
        ("check",): "-m book.contract",
    }.items():
        calls.clear()
        assert run_task(*arguments) == 0
        assert calls[0] == call
    calls.fails = "book.run"
    assert run_task("run") == 1


@pytest.mark.parametrize("task", ["mutants", "claims"])
def test_tasks_that_need_a_page(calls, capsys, task):
    assert run_task(task) == 1
    assert f"Say which page: make {task} PAGE=" in capsys.readouterr().out


def test_pins(root):
    tasks.pins(Namespace(releases="oldest"))
    assert "\ntorch==2.6.*\n" in (root / "requirements.txt").read_text()
    assert "\nnumpy==" in (root / "requirements.txt").read_text()
    tasks.pins(Namespace(releases="newest"))
    assert "==" not in (root / "requirements.txt").read_text()


def test_clean(root, capsys):
    for name in ("_build/html", ".venv/bin", "d2lutil.egg-info", "book/__pycache__"):
        (root / name).mkdir(parents=True)
    run_task("clean")
    assert not (root / "_build").exists()
    assert not (root / "book/__pycache__").exists()
    assert (root / ".venv").exists()
    run_task("clean", "--all")
    assert not (root / ".venv").exists()


@pytest.mark.parametrize("text", ["80000", "-1", "65536", "http", "", "8.0"])
def test_a_port_out_of_range_is_told_before_anything_is_built(calls, capsys, text):
    with pytest.raises(SystemExit):
        run_task("book", f"--port={text}")
    assert f"PORT={text} is no port; ports are 0 to 65535" in capsys.readouterr().err
    assert calls == []


def test_serves_at_another_port_when_the_first_is_taken(root, capsys):
    (root / "_build" / "html").mkdir(parents=True)
    (root / "_build" / "html" / "index.html").write_text("the book")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        threading.Thread(target=tasks.serve, args=[port], daemon=True).start()
        for _ in range(100):
            time.sleep(0.05)
            said = capsys.readouterr().out
            if said:
                break
    assert f"Port {port} is taken" in said
    address = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
    assert not address.endswith(f":{port}/")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    assert opener.open(address, timeout=5).read() == b"the book"


def test_no_free_port(monkeypatch):
    def taken(*arguments):
        raise OSError

    monkeypatch.setattr(tasks.http.server, "ThreadingHTTPServer", taken)
    with pytest.raises(TaskError, match="No port from 65500 to 65535 is free"):
        tasks.serve(65500)


ENDLESS = """
import sys
from book import environment, tasks

def toc(options):
    "Runs a program that never ends, and writes down its process."
    code = "import os, sys, time; open(sys.argv[1], 'w').write(f'{os.getpid()}.'); time.sleep(99)"
    environment.run("-c", code, sys.argv[1])

environment.PYTHON = sys.executable
tasks.TASKS["toc"] = toc
tasks.stop_on_signals()
sys.exit(tasks.main(["toc"]))
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
@pytest.mark.skipif(os.name == "nt", reason="Unix's signals")
def test_what_a_task_runs_ends_with_it(tmp_path, name):
    started, end = tmp_path / "started", time.monotonic() + 30
    task = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(started)],
        cwd=model.ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    while not (started.exists() and started.read_text().endswith(".")):
        assert time.monotonic() < end
        time.sleep(0.1)
    task.send_signal(getattr(signal, name))
    assert "make toc was stopped" in task.communicate(timeout=20)[0]
    with contextlib.suppress(psutil.NoSuchProcess):
        child = psutil.Process(int(started.read_text()[:-1]))
        while child.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < end
            time.sleep(0.1)


# ---------------------------------------------------------------- the Makefile


def test_help_lists_every_target_on_one_screen():
    makefile = (model.ROOT / "Makefile").read_text()
    lines = re.findall(r'@echo "(.*)"', makefile)
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 100
    listed = set(re.findall(r'@echo "make (\w+)', makefile))
    assert listed == set(re.findall(r"(?m)^(\w+):(?: need-python)?$", makefile))
    assert listed - {"help"} <= set(tasks.TASKS)


def test_help_of_the_package_lists_every_task():
    done = subprocess.run(
        [sys.executable, "-S", "-m", "book", "--help"],
        capture_output=True,
        text=True,
        cwd=model.ROOT,
        check=True,
    )
    for name in tasks.TASKS:
        assert re.search(rf"(?m)^    {name} +\S", done.stdout), name


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_says_what_is_wrong():
    def make(*arguments):
        done = subprocess.run(
            ["make", "--no-print-directory", *arguments],
            cwd=model.ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    assert "make test" in make()[1]
    assert make("help")[0] == 0
    for arguments, message in [
        (
            ("test", "PAGE=chapters/none.ipynb"),
            "PAGE=chapters/none.ipynb is not a notebook",
        ),
        (("page",), "make page CHAPTER=11-recurrent SLUG=bptt"),
        (("mutants",), "make mutants PAGE="),
        (("book", "PORT=80000"), "PORT=80000 is no port"),
    ]:
        code, said = make(*arguments, f"PYTHON={sys.executable}")
        assert code != 0
        assert message in said
    code, said = make("site", "PYTHON=")
    assert code != 0
    assert "Install Python 3.11 or newer" in said
