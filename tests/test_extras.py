"""What only some pages need: seen, named, and installed by the set-up cell."""

import json
import os
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote

import pytest

import d2lutil
from book import model
from d2lutil import data, extras

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")


@pytest.fixture
def installed(monkeypatch):
    """Says what is installed and where d2lutil came from, instead of the environment."""
    there, origin = {}, {}

    class Distribution:
        def read_text(self, name):
            return json.dumps(origin) if origin else None

    def version(name):
        if name in there:
            return there[name]
        raise metadata.PackageNotFoundError(name)

    wanted = [
        f'{requirement}; extra == "{extra}"'
        for extra, requirements in PROJECT["optional-dependencies"].items()
        for requirement in requirements
    ]
    monkeypatch.setattr(metadata, "version", version)
    monkeypatch.setattr(metadata, "distribution", lambda name: Distribution())
    monkeypatch.setattr(
        metadata,
        "requires",
        lambda name: ["numpy>=1.26", 'x>=2; python_version > "3"', *wanted],
    )
    return there, origin


def test_what_is_there_passes(installed):
    there, _ = installed
    there |= {"gymnasium": "1.3.0", "statsmodels": "0.14.2"}
    d2lutil.needs("rl")
    d2lutil.needs("rl", "series")
    d2lutil.needs()


def test_what_is_missing_or_too_old_is_named_with_the_command(installed):
    there, origin = installed
    there["scikit-learn"] = "1.4.1"
    with pytest.raises(ImportError) as raised:
        d2lutil.needs("images", "rl")
    assert str(raised.value) == (
        "this needs gymnasium>=1.2, mlxtend>=0.23, scikit-learn>=1.5 (here is 1.4.1): run "
        '`python -m pip install "d2lutil[images,rl]"` and restart the kernel'
    )
    origin["url"] = "https://example.org/a book"
    origin["vcs_info"] = {"vcs": "git", "requested_revision": "v0.1.0"}
    address = r"d2lutil\[rl\] @ git\+https://example.org/a%20book@v0.1.0"
    with pytest.raises(ImportError, match=f'install "{address}"'):
        d2lutil.needs("rl")
    del origin["vcs_info"]
    origin |= {"url": "file:///home/a%20b/book", "dir_info": {"editable": True}}
    with pytest.raises(ImportError, match=r'install -e "/home/a b/book\[rl\]"'):
        d2lutil.needs("rl")


def test_an_extra_that_does_not_exist():
    with pytest.raises(ValueError, match=r"no extra 'games'; it has \[.*'rl'"):
        d2lutil.needs("games")


def test_a_missing_module_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    with pytest.raises(ImportError, match=r"package gymnasium.*pip install .*\[rl\]"):
        data.require("gymnasium")
    with pytest.raises(ImportError, match="pip install no_such_thing"):
        data.require("no_such_thing")
    with pytest.raises(ImportError, match="jupyterlab_language_pack_xx"):
        data.translations("xx")


def test_every_extra_exists():
    assert set(extras.EXTRAS.values()) <= set(PROJECT["optional-dependencies"])


# ---------------------------------------------------------------- the set-up cell


def published(monkeypatch, address):
    monkeypatch.setattr(model, "repository", lambda: address)
    monkeypatch.setattr(model, "is_published", lambda: True)


def test_nothing_is_installed_from_a_placeholder(monkeypatch):
    monkeypatch.setattr(model, "is_published", lambda: False)
    assert model.setup_source([]) == "# This page needs d2lutil.\nimport d2lutil"
    made = model.setup_source(["rl"])
    assert made.endswith('import d2lutil\n\nd2lutil.needs("rl")')
    assert "pip" not in made


def test_it_installs_only_where_something_is_missing(monkeypatch):
    published(monkeypatch, "https://example.org/book")
    for chosen in ([], ["rl"]):
        tried, handled = model.setup_source(chosen).split("except ImportError:")
        assert "import d2lutil" in tried and ("needs(" in tried) == bool(chosen)
        assert "%pip" not in tried
        assert handled.strip().startswith("%pip install -q")
        assert f"@ git+https://example.org/book@v{d2lutil.__version__}" in handled


RUN = """
import sys
from importlib import metadata
from IPython.core.interactiveshell import InteractiveShell
sys.meta_path = [m for m in sys.meta_path if "editable" not in repr(m).lower()]
book, target = sys.argv[1], sys.argv[2]
sys.path = [target] + [p for p in sys.path if p not in ("", book)]
done = InteractiveShell.instance().run_cell(open(sys.argv[3]).read())
done.raise_error()
import d2lutil
print(d2lutil.__file__)
print(metadata.distribution("d2lutil").read_text("direct_url.json"))
"""


def test_it_installs_the_release_that_wrote_the_page(monkeypatch, tmp_path):
    """From a repository on this disk, in which the release's tag is not the newest."""
    pytest.importorskip("setuptools", minversion="77")
    repository, target = tmp_path / "a book", tmp_path / "target"
    repository.mkdir()
    target.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).exists():
            (repository / name).write_bytes((ROOT / name).read_bytes())
    for file in (ROOT / "d2lutil").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            copy = repository / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
    address = repository.as_uri()
    published(monkeypatch, address)
    cell = tmp_path / "cell.py"
    cell.write_text(model.setup_source(["rl"]))

    def git(*command):
        subprocess.run(
            [*GIT, *command], cwd=repository, check=True, capture_output=True
        )

    git("init", "-q")
    git("add", "-A")
    git("commit", "-qm", "release")
    git("tag", f"v{d2lutil.__version__}")
    (repository / "d2lutil" / "__init__.py").write_text("raise ValueError('newer')")
    git("commit", "-qam", "newer")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(ROOT), str(target), str(cell)],
        cwd=tmp_path,
        env={
            **{k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
            "PIP_TARGET": str(target),
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it so: no isolation
            "PIP_NO_INDEX": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *_, file, origin = done.stdout.splitlines()
    assert Path(file).is_relative_to(target)
    origin = json.loads(origin)
    assert origin["url"] == unquote(address)
    assert origin["vcs_info"]["requested_revision"] == f"v{d2lutil.__version__}"
