"""The Makefile's targets: what can go wrong before pytest or Sphinx has a say."""

import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from types import SimpleNamespace

import pages
import pytest
import tasks


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A book with nothing in it but what set-up reads; its .venv does not stand yet."""
    for name in ("requirements.txt", "pyproject.toml"):
        shutil.copy(pages.ROOT / name, tmp_path / name)
    (tmp_path / "chapters" / "01-a").mkdir(parents=True)
    for name in ("short", "long", "new"):
        (tmp_path / "chapters" / "01-a" / f"{name}.ipynb").write_text("{}")
    (tmp_path / "chapters" / "run_times.json").write_text(
        json.dumps({"chapters/01-a/short.ipynb": 1, "chapters/01-a/long.ipynb": 9}))
    bin_ = tmp_path / ".venv" / tasks.BIN.name
    for name, value in (("ROOT", tmp_path), ("VENV", tmp_path / ".venv"), ("BIN", bin_),
                        ("VENV_PYTHON", bin_ / tasks.VENV_PYTHON.name)):
        monkeypatch.setattr(tasks, name, value)
    return tmp_path


@pytest.fixture
def installed(root, monkeypatch):
    """The list of installations that set-up asks for; none is done, and the .venv borrows its pip."""
    done = []
    monkeypatch.setattr(tasks, "mend", lambda: None)
    monkeypatch.setattr(tasks, "create_venv", lambda: subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", "--system-site-packages", str(tasks.VENV)], check=True))
    monkeypatch.setattr(tasks, "pip_install", lambda *arguments: done.append(" ".join(arguments)))
    return done


def test_set_up_is_done_once_and_again_when_its_recipe_changes(root, installed, capsys):
    tasks.set_up("site")
    assert installed == [f"--upgrade {tasks.PIP}", "--group site"]
    assert "Set-up took" in capsys.readouterr().out
    tasks.set_up("site")
    assert len(installed) == 2
    assert capsys.readouterr().out == ""
    (root / "requirements.txt").write_text("# other pins\ntorch==2.13.0\n")
    tasks.set_up("site")
    assert installed[-1] == "--group site"
    assert len(installed) == 4
    tasks.set_up("full")
    torch, rest = installed[-2:]
    assert torch == "torch==2.13.0", "torch comes first and alone, exactly as pinned"
    assert re.fullmatch(r"--editable \.\[images,.*\] --group test", rest)
    count = len(installed)
    tasks.set_up("site")
    assert len(installed) == count, "what is set up for everything is set up for the site"


def test_half_made_venv_is_mended(root, capsys, monkeypatch):
    monkeypatch.setattr(tasks, "pip_install", lambda *arguments: None)
    (root / ".venv" / tasks.BIN.name).mkdir(parents=True)  # an interrupted creation: no Python in it
    tasks.set_up("site")
    assert "does not work, so it is made anew" in capsys.readouterr().out
    site = next((root / ".venv").rglob("site-packages"))
    package = site / "half"
    package.mkdir()
    (site / "half-1.0.dist-info").mkdir()
    (site / "half-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: half\nVersion: 1.0\n")
    (site / "half-1.0.dist-info" / "RECORD").write_text("half/__init__.py,,10\nhalf-1.0.dist-info/METADATA,,\n"
                                                        "half-1.0.dist-info/RECORD,,\n")
    asked = []
    monkeypatch.setattr(tasks, "run", lambda *arguments: asked.append(arguments) or 0)
    (package / "__init__.py").write_text("0123456789")
    tasks.mend()
    assert asked == []
    for content in ("01234", None):  # cut short, then gone
        (package / "__init__.py").unlink()
        if content:
            (package / "__init__.py").write_text(content)
        tasks.mend()
        assert asked.pop()[-1] == "half==1.0"


def test_failed_set_up_is_not_taken_for_ready(root, installed, monkeypatch):
    def fail(*arguments):
        raise tasks.TaskError("no network")

    monkeypatch.setattr(tasks, "pip_install", fail)
    with pytest.raises(tasks.TaskError, match="no network"):
        tasks.set_up("site")
    assert not tasks.is_ready("site")


def test_moved_venv_is_not_taken_for_ready(root, installed):
    tasks.set_up("site")
    stamp = root / ".venv" / ".site-ready"
    stamp.write_text(stamp.read_text().replace(str(root), "/elsewhere"))
    assert not tasks.is_ready("site")


def test_pages_longest_first(root):
    found = tasks.all_pages()
    assert [page[len("chapters/01-a/"):] for page in tasks.longest_first(found)] == \
        ["new.ipynb", "long.ipynb", "short.ipynb"]


def test_changed_pages(root):
    def git(*arguments):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=root, check=True,
                       capture_output=True)

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
    assert tasks.page_path("chapters/01-a/new.ipynb") == "chapters/01-a/new.ipynb"
    for name in ("chapters/01-a/gone.ipynb", "chapters/01-a", "requirements.txt"):
        with pytest.raises(tasks.TaskError, match="is not a notebook. Give its path"):
            tasks.page_path(name)


def test_pins(root):
    tasks.pins(SimpleNamespace(releases="oldest"))
    assert "\ntorch==2.6.*\n" in (root / "requirements.txt").read_text()
    assert "\nnumpy==" in (root / "requirements.txt").read_text()
    tasks.pins(SimpleNamespace(releases="newest"))
    assert "==" not in (root / "requirements.txt").read_text()


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


def test_help_lists_every_target():
    makefile = (pages.ROOT / "Makefile").read_text()
    listed = set(re.findall(r'@echo "make (\w+)', makefile))
    assert listed == set(re.findall(r"(?m)^(\w+):(?: need-python)?$", makefile))


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_says_what_is_wrong():
    def make(*arguments):
        done = subprocess.run(["make", "--no-print-directory", *arguments], cwd=pages.ROOT, capture_output=True,
                              text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    assert "make test" in make()[1]
    assert make("help")[0] == 0
    code, said = make("test", "PAGE=chapters/none.ipynb", f"PYTHON={sys.executable}")
    assert code != 0
    assert "PAGE=chapters/none.ipynb is not a notebook" in said
    code, said = make("page", f"PYTHON={sys.executable}")
    assert code != 0
    assert "make page CHAPTER=11-recurrent SLUG=bptt" in said
    code, said = make("site", "PYTHON=")
    assert code != 0
    assert "Install Python 3.11 or newer" in said


def test_actions_are_pinned_and_may_do_little():
    for file in (pages.ROOT / ".github" / "workflows").glob("*.yml"):
        text = file.read_text(encoding="utf-8")
        for action in re.findall(r"uses: (.*)", text):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), f"{file.name}: {action}"
        assert "\npermissions: {}\n" in text
        assert text.count("persist-credentials: false") == text.count("actions/checkout@")
