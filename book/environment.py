"""Makes .venv, the environment that the book's programs run in, and runs them there.

Only the standard library is used: nothing else is there yet when this runs.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from book import OLDEST

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
PIP = "pip==26.3"  # the first that knows dependency groups is 25.1

#: The installations, one upon the other, and what they are for.
LEVELS = {
    "site": "what builds the site, some 80 packages",
    "full": "torch, the tests' tools and JupyterLab, some 100 packages",
}

THREADS = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
ONE_THREAD = dict.fromkeys(THREADS, "1")

#: What would lead .venv's Python to packages outside of it.
_LEADS_AWAY = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSAFEPATH",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_CONSTRAINT",
    "PIP_REQUIREMENT",
    "__PYVENV_LAUNCHER__",
)


class TaskError(Exception):
    """A task that cannot go on. The message says why and what to do."""


def say(text: str = "") -> None:
    print(text, flush=True)


def lasted(start: float) -> str:
    """The time since `start`, by time.monotonic, as one reads it."""
    seconds = round(time.monotonic() - start)
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


# ---------------------------------------------------------------- one at a time


@contextlib.contextmanager
def lock(path: Path, what: str) -> Iterator[None]:
    """Let one process at a time do `what`; the others say who does it, and wait.

    The file at `path` names its holder. The system takes the lock back when the holder
    ends, however it ends, so that none is left behind. Raises TaskError where the file
    cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise TaskError(
            f"{path.parent} cannot be written ({error.strerror}). The book builds inside "
            "its own folder: give yourself the right to write there, or clone it anew into "
            "a folder of yours."
        ) from None
    with file:
        if not _locked(file):
            file.seek(0)
            say(f"Waiting for {file.read().strip() or 'another process'} …")
            while not _locked(file):
                time.sleep(0.2)
        file.truncate(0)
        file.write(f"{what} by process {os.getpid()}, begun at {time.strftime('%X')}\n")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)
            _unlock(file)


def _locked(file) -> bool:
    """Take the lock if it is free. Where the file system has no locks, it always is."""
    if fcntl is None:
        import msvcrt

        file.seek(1 << 20)  # a byte that nobody reads
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _unlock(file) -> None:
    if fcntl is None:
        import msvcrt

        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    # Elsewhere closing the file does it.


# ---------------------------------------------------------------- running in .venv


def clean_environment(**more: str) -> dict[str, str]:
    """The caller's environment without what would lead .venv to packages outside of it."""
    kept = {key: value for key, value in os.environ.items() if key not in _LEADS_AWAY}
    return {
        **kept,
        "PYTHONNOUSERSITE": "1",
        "PIP_USER": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONUTF8": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "VIRTUAL_ENV": str(VENV),
        "PATH": str(BIN) + os.pathsep + os.environ.get("PATH", ""),
        **more,
    }


def run(*arguments: object, program: Path | None = None, **environment: str) -> int:
    """Run .venv's Python, or another program of it, in the book's root; returns its exit
    status."""
    command = [str(program or PYTHON), *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, env=clean_environment(**environment), check=False
    ).returncode


def runs(*arguments: str) -> bool:
    """Whether .venv's Python can do that, without saying anything."""
    if not PYTHON.exists():
        return False
    with contextlib.suppress(OSError):
        return (
            subprocess.run(
                [str(PYTHON), *arguments],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=clean_environment(),
                check=False,
            ).returncode
            == 0
        )
    return False


# ---------------------------------------------------------------- making .venv


def recipe(level: str) -> str:
    """What .venv must have been made from to be ready; a stamp holds it."""
    digest = hashlib.sha256()
    for name in ("requirements.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return json.dumps({"level": level, "from": digest.hexdigest(), "at": str(VENV)})


def stamp(level: str) -> Path:
    return VENV / f".{level}-ready"


def is_ready(level: str) -> bool:
    """Whether .venv was set up to this level or a higher one, from the files as they are."""
    names = list(LEVELS)
    return runs("-c", "") and any(
        stamp(name).exists() and stamp(name).read_text() == recipe(name)
        for name in names[names.index(level) :]
    )


def set_up(level: str) -> None:
    """Make .venv ready, doing nothing where it is. A half-made .venv is mended."""
    if is_ready(level):
        return
    with lock(ROOT / ".venv.lock", "the set-up of .venv"):
        if not is_ready(level):  # nobody else made it meanwhile
            _make(level)


def _make(level: str) -> None:
    start = time.monotonic()
    for name in LEVELS:
        stamp(name).unlink(missing_ok=True)
    usable = "import sys, pip._internal.commands.install; "
    if not runs("-c", f"{usable} sys.exit(sys.version_info < {OLDEST})"):
        create_venv()
    if not runs("-c", f"import pip; assert 'pip==' + pip.__version__ == {PIP!r}"):
        pip_install("--upgrade", PIP)
    mend()
    for name in list(LEVELS)[: list(LEVELS).index(level) + 1]:
        began = time.monotonic()
        say(f"Installing {LEVELS[name]} …")
        install(name)
        say(f"  done in {lasted(began)}")
    stamp(level).write_text(recipe(level))
    say(
        f"Set-up took {lasted(start)}; it is not repeated until requirements.txt or "
        "pyproject.toml changes."
    )


def create_venv() -> None:
    if VENV.exists():
        say("The .venv that stands here does not work, so it is made anew.")
        shutil.rmtree(VENV, ignore_errors=True)
    lacking = [
        part for part in ("venv", "ensurepip") if not importlib.util.find_spec(part)
    ]
    if lacking:
        minor = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise TaskError(
            f"This Python ({sys.executable}) has no {' and no '.join(lacking)}, which make "
            "virtual environments. On Debian and Ubuntu: "
            f"apt-get install python{minor}-venv. Or name another Python: make PYTHON=…"
        )
    say(f"Creating .venv with Python {sys.version.split()[0]} …")
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        raise TaskError(
            f"{VENV} could not be made; Python says above what it failed on."
        )


def pip_install(*arguments: str) -> None:
    """Install with every version pinned by requirements.txt."""
    command = ("-m", "pip", "install", "--quiet", "--quiet")
    if run(*command, "--constraint", "requirements.txt", *arguments):
        raise TaskError(
            "The installation failed; the reason stands above. With a network and some disk "
            "space (about 3 GB, more with CUDA), run the same command again: it goes on "
            "where it stopped."
        )


def install(level: str) -> None:
    if level == "site":
        pip_install("--group", "site")
        return
    # torch first and by itself, exactly as pinned, so that nothing else chooses its build.
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pip_install(next((line for line in pins if line.startswith("torch==")), "torch"))
    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    pip_install("--editable", f".[{','.join(extras)}]", "--group", "test")


#: Run in .venv: names of packages that lack files or hold files of a wrong size.
_DAMAGED = """
import importlib.metadata
for package in importlib.metadata.distributions():
    name = package.metadata and package.metadata["Name"]
    try:
        files = [f for f in package.files or () if f.suffix != ".pyc" and ".." not in f.parts]
        whole = name and files and all(
            f.locate().is_file() and f.size in (None, f.locate().stat().st_size)
            for f in files
        )
    except OSError:
        whole = False
    if not whole and name:
        print(name + "==" + package.version)
"""


def mend() -> None:
    """Install anew what an interrupted installation left in pieces."""
    found = subprocess.run(
        [str(PYTHON), "-c", _DAMAGED],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    names = [name.split("+")[0] for name in found.stdout.split()]
    damaged = [name for name in names if not name.startswith("d2lutil==")]
    if not damaged:
        return
    say(f"Installing anew what lacks files: {', '.join(damaged)}")
    command = ("-m", "pip", "install", "--quiet", "--quiet", "--force-reinstall")
    if run(*command, "--no-deps", *damaged):
        raise TaskError(
            "They could not be mended. Remove the folder .venv and run the same command "
            "again."
        )
