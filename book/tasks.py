"""What the Makefile's targets do: set up .venv when needed, then run a program of the book in it.

Only the standard library is used, and no syntax that an old Python cannot read, so that an old
Python can say that it is too old.
"""

import argparse
import contextlib
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
PIP = "pip==26.3"  # the first that knows dependency groups is 25.1

#: The installations, one upon the other: what they are for, and roughly how long they take.
LEVELS = {
    "site": "what builds the site, some 80 packages",
    "full": "torch, the tests' tools and JupyterLab, some 100 packages",
}

#: Tests that open pages in a browser; `test --unit` leaves them out.
NEEDS_BROWSER = ("test_explore_browser.py", "test_lab.py", "test_site.py")

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
                            "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")


class TaskError(Exception):
    """A task that cannot go on. The message says why and what to do."""


def say(text=""):
    print(text, flush=True)


def lasted(start):
    seconds = round(time.monotonic() - start)
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


# ---------------------------------------------------------------- the environment


def clean_environment(**more):
    """The caller's environment without what would lead .venv to packages outside of it."""
    drop = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_CONSTRAINT", "PIP_REQUIREMENT",
            "__PYVENV_LAUNCHER__")
    kept = {key: value for key, value in os.environ.items() if key not in drop}
    return {**kept, "PYTHONNOUSERSITE": "1", "PIP_USER": "0", "PIP_NO_INPUT": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1", "JUPYTER_PREFER_ENV_PATH": "1", "VIRTUAL_ENV": str(VENV),
            "PATH": str(BIN) + os.pathsep + os.environ.get("PATH", ""), **more}


def run(*arguments, **environment):
    """Run the .venv's Python in the book's root; returns its exit status."""
    return subprocess.run([str(VENV_PYTHON), *map(str, arguments)], cwd=str(ROOT),
                          env=clean_environment(**environment), check=False).returncode


def pip_install(*arguments):
    """Install with every version pinned by requirements.txt."""
    if run("-m", "pip", "install", "--quiet", "--quiet", "--constraint", "requirements.txt", *arguments):
        raise TaskError("The installation failed; the reason stands above. With a network and some disk space "
                        "(about 3 GB, more with CUDA), run the same command again: it goes on where it stopped.")


def recipe(level):
    """What .venv must have been made from to be ready; a stamp holds it."""
    digest = hashlib.sha256()
    for name in ("requirements.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    return json.dumps({"level": level, "from": digest.hexdigest(), "at": str(VENV)})


def stamp(level):
    return VENV / f".{level}-ready"


def is_ready(level):
    """Whether .venv was set up to this level or a higher one, from the files as they are."""
    names = list(LEVELS)
    return runs("-c", "") and any(
        stamp(name).exists() and stamp(name).read_text() == recipe(name) for name in names[names.index(level):])


def runs(*arguments):
    """Whether the .venv's Python can do that, without saying anything."""
    if not VENV_PYTHON.exists():
        return False
    with contextlib.suppress(OSError):
        return subprocess.run([str(VENV_PYTHON), *arguments], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, env=clean_environment(), check=False).returncode == 0
    return False


def set_up(level):
    """Make .venv ready, doing nothing where it is. A .venv that someone left half-made is mended."""
    if is_ready(level):
        return
    start = time.monotonic()
    for name in LEVELS:
        with contextlib.suppress(FileNotFoundError):
            stamp(name).unlink()
    if not runs("-c", f"import sys, pip._internal.commands.install; sys.exit(sys.version_info < {OLDEST})"):
        create_venv()
    if not runs("-c", f"import pip; assert 'pip==' + pip.__version__ == {PIP!r}"):
        pip_install("--upgrade", PIP)
    mend()
    wanted = list(LEVELS)[:list(LEVELS).index(level) + 1]
    for name in wanted:
        began = time.monotonic()
        say(f"Installing {LEVELS[name]} …")
        INSTALL[name]()
        say(f"  done in {lasted(began)}")
    stamp(level).write_text(recipe(level))
    say(f"Set-up took {lasted(start)}; it is not repeated until requirements.txt or pyproject.toml changes.")


def install_site():
    pip_install("--group", "site")


def install_full():
    # torch first and by itself, exactly as pinned, so that nothing else chooses its build.
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pip_install(next((line for line in pins if line.startswith("torch==")), "torch"))
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    pip_install("--editable", f".[{','.join(extras)}]", "--group", "test")


INSTALL = {"site": install_site, "full": install_full}


def create_venv():
    if VENV.exists():
        say("The .venv that stands here does not work, so it is made anew.")
        shutil.rmtree(str(VENV))
    say(f"Creating .venv with Python {sys.version.split()[0]} …")
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=False)
    if made.returncode:
        shutil.rmtree(str(VENV), ignore_errors=True)
        raise TaskError("Python could not make a virtual environment. On Debian and Ubuntu install the missing "
                        "part with: apt-get install python3-venv")


#: Run in .venv: names of installed packages that lack files or hold files of a wrong size.
DAMAGED = """
import importlib.metadata
for package in importlib.metadata.distributions():
    name = package.metadata and package.metadata["Name"]
    try:
        files = [f for f in package.files or () if f.suffix != ".pyc" and ".." not in f.parts]
        whole = name and files and all(
            f.locate().is_file() and f.size in (None, f.locate().stat().st_size) for f in files)
    except OSError:
        whole = False
    if not whole and name:
        print(name + "==" + package.version)
"""


def mend():
    """Install anew what an interrupted installation left in pieces."""
    found = subprocess.run([str(VENV_PYTHON), "-c", DAMAGED], env=clean_environment(), stdout=subprocess.PIPE,
                           text=True, check=True)
    damaged = [name.split("+")[0] for name in found.stdout.split() if not name.startswith("d2lutil==")]
    if damaged:
        say(f"Installing anew what lacks files: {', '.join(damaged)}")
        if run("-m", "pip", "install", "--quiet", "--quiet", "--force-reinstall", "--no-deps", *damaged):
            raise TaskError("They could not be mended. Remove the folder .venv and run the same command again.")


# ---------------------------------------------------------------- the tasks


def book(options):
    set_up("site")
    build_site()
    serve(options.port)


def site(options):
    set_up("site")
    build_site()


def zip_site(options):
    """The whole site as one file."""
    set_up("site")
    if run("book/build_site.py", "--zip"):
        raise TaskError("The site was not built.")


def long_runs(options):
    """What is too long for a page: trained here, stored beside the page that shows it."""
    set_up("full")
    for script in sorted((ROOT / "book/long_runs").glob("*.py")):
        say(f"Running {script.relative_to(ROOT)} …")
        if run(script, OMP_NUM_THREADS="1"):
            raise TaskError(f"{script.name} failed; what it said stands above.")


def teacher(options):
    """The pages without their solutions."""
    set_up("site")
    if run("book/teacher.py"):
        raise TaskError("The notebooks were not written.")


def build_site():
    start = time.monotonic()
    say("Building the site from the stored notebooks …")
    if run("book/build_site.py"):
        raise TaskError("The site was not built.")
    say(f"The site is in _build/html; building took {lasted(start)}.")


def serve(port):
    """Serve the site until Ctrl-C, at the first free port from this one on."""
    import http.server

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def end_headers(self):
            self.send_header("Cache-Control", "no-cache")  # a rebuilt page shows at once
            super().end_headers()

    handler = functools.partial(Quiet, directory=str(ROOT / "_build" / "html"))
    for candidate in range(port, port + 100):
        try:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", candidate), handler)
        except OSError:
            continue
        if candidate != port:
            say(f"Port {port} is taken, so the book is at port {candidate}.")
        say(f"Read the book at http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends)")
        with server, contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
        return
    raise TaskError(f"No port from {port} to {port + 99} is free. Choose another: make book PORT=9000")


def test(options):
    """Every test in two parts: what runs no page, and pages run again and compared."""
    chosen = [page_path(name) for name in options.page]
    set_up("full")
    if chosen:
        say(f"Testing {', '.join(chosen)} …")
        passed = pytest("tests/test_contract.py", "-k", "test_page", *(f"--page={page}" for page in chosen))
    else:
        say("Testing the package, the pages' contract and the site …")
        passed = pytest("tests", *(f"--ignore=tests/{name}" for name in NEEDS_BROWSER if options.unit))
    pages = chosen or ([] if options.unit else changed_pages(options.since) if options.since else all_pages())
    pages = [page for page in pages if has_code(page)]  # a quiz may have none: nothing to run again
    if pages:
        say(f"Running {len(pages)} page{'s' * (len(pages) > 1)} again and comparing what the checks print …")
        at_once = min(len(pages), os.cpu_count() or 1)
        passed &= pytest("-p", "nbval_rules", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=120",
                         "-n", at_once, "--dist=loadscope", "--no-loadscope-reorder", *longest_first(pages),
                         D2LUTIL_EXPLORE="check", PYTHONPATH=str(ROOT / "tests"), **ONE_THREAD)
    if not passed:
        raise TaskError("Some tests failed; the lines above say which and what to do.")


def has_code(page):
    try:
        notebook = json.loads((ROOT / page).read_text(encoding="utf-8"))
    except ValueError:
        return True  # not JSON: the run says so
    return any(cell["cell_type"] == "code" for cell in notebook["cells"])


def pytest(*arguments, **environment):
    return run("-m", "pytest", *arguments, **environment) == 0


def all_pages():
    return [path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "chapters").glob("*/*.ipynb"))
            if not path.name.startswith(".")]


def changed_pages(since):
    """The pages that differ from those at the commit `since`; all, if what they run on differs."""
    found = subprocess.run(["git", "diff", "--name-only", f"{since}...HEAD"], cwd=str(ROOT),
                           stdout=subprocess.PIPE, text=True, check=False)
    changed = found.stdout.split("\n")
    if found.returncode or any(name.startswith(("d2lutil/", "requirements.txt", "pyproject.toml"))
                               for name in changed):
        return all_pages()
    return [page for page in all_pages() if page in changed]


def longest_first(pages):
    """The pages by the time they took when they were stored, so that no long one comes last alone."""
    known = ROOT / "chapters" / "run_times.json"
    times = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    return sorted(pages, key=lambda page: (-times.get(page, float("inf")), page))


def page_path(name):
    """A page as the user names it, from the book's root; raises TaskError if it does not exist."""
    for path in (Path(name), ROOT / name):
        if path.is_file() and path.suffix == ".ipynb":
            return os.path.relpath(str(path.resolve()), str(ROOT)).replace(os.sep, "/")
    raise TaskError(f"PAGE={name} is not a notebook. Give its path, such as chapters/11-recurrent/bptt.ipynb")


def lab(options):
    set_up("full")
    say("Opening JupyterLab on the pages (Ctrl-C ends) …")
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with contextlib.suppress(KeyboardInterrupt):
        run("-m", "jupyterlab", "--notebook-dir=" + str(ROOT), *root, "chapters")


def only_set_up(options):
    set_up("full")


def pins(options):
    """Write other versions into requirements.txt, to try the book on them (the weekly run does)."""
    file = ROOT / "requirements.txt"
    if options.releases == "newest":
        file.write_text("# Nothing is pinned here: the newest releases that pyproject.toml allows.\n", encoding="utf-8")
        return
    bounds = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    oldest = re.search(r'"torch>=([0-9.]+)"', bounds).group(1)
    pinned = file.read_text(encoding="utf-8")
    file.write_text(re.sub(r"(?m)^torch==.*$", f"torch=={oldest}.*", pinned), encoding="utf-8")


def page(options):
    if not options.chapter or not options.slug:
        raise TaskError("Say which page of book/plan.yml to start: make page CHAPTER=11-recurrent SLUG=bptt")
    set_up("full")
    finish(run("book/new_page.py", options.chapter, options.slug))


def run_pages(options):
    chosen = [page_path(name) for name in options.page]
    set_up("full")
    say("Executing pages …")
    finish(run("book/run.py", *(["--all"] if options.all else []), *chosen))


def colab(options):
    set_up("full")
    finish(run("book/run.py", "--colab"))


def finish(status):
    if status:
        raise TaskError("That did not work; the lines above say why.")


def clean(options):
    targets = [ROOT / "_build", ROOT / ".pytest_cache", ROOT / "d2lutil.egg-info"]
    for folder in ("book", "d2lutil", "tests"):
        targets += (ROOT / folder).rglob("__pycache__")
    if options.all:
        targets.append(VENV)
    for target in targets:
        shutil.rmtree(str(target), ignore_errors=True)
    say("Removed what was built." if options.all else "Removed what was built; .venv stays (ALL=1 removes it too).")


def main():
    need_python()
    parser = argparse.ArgumentParser(description="The Makefile's targets.")
    commands = parser.add_subparsers(dest="task", metavar="task", required=True)
    for name, task in (("book", book), ("site", site), ("zip", zip_site), ("long", long_runs), ("teacher", teacher), ("test", test),
                       ("lab", lab), ("page", page), ("run", run_pages), ("colab", colab), ("clean", clean),
                       ("set-up", only_set_up), ("pins", pins)):
        command = commands.add_parser(name)
        command.set_defaults(task=task, name=name)
        if name == "book":
            command.add_argument("--port", type=int, default=8000)
        if name in ("run", "clean"):
            command.add_argument("--all", action="store_true")
        if name in ("run", "test"):
            command.add_argument("page", nargs="*")
        if name == "test":
            command.add_argument("--unit", action="store_true", help="no browser, no pages")
            command.add_argument("--since", metavar="COMMIT", help="run only pages that changed since then")
        if name == "pins":
            command.add_argument("releases", choices=("newest", "oldest"))
        if name == "page":
            command.add_argument("chapter")
            command.add_argument("slug")
    options = parser.parse_args()
    start = time.monotonic()
    try:
        options.task(options)
    except TaskError as error:
        say(f"{error}\nmake {options.name} failed after {lasted(start)}.")
        return 1
    except KeyboardInterrupt:
        say(f"\nmake {options.name} was stopped after {lasted(start)}.")
        return 130
    if options.name not in ("book", "lab"):
        say(f"make {options.name} took {lasted(start)}.")
    return 0


def need_python():
    """Go on with a newer Python of this machine if this one is too old, or say so and end."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer and subprocess.run([newer, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            sys.exit(subprocess.run([newer, *sys.argv], check=False).returncode)
    sys.exit(f"This is Python {sys.version.split()[0]}, and the book needs 3.11 or newer. Install one, or say where "
             "it is: make book PYTHON=/path/to/python3.11")


if __name__ == "__main__":
    sys.exit(main())
