"""The tasks of `python -m book`: each sets up .venv as far as it needs, then runs a program
of the book in it. Only the standard library is used."""

from __future__ import annotations

import argparse
import contextlib
import functools
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

from book.environment import (
    BIN,
    ONE_THREAD,
    ROOT,
    VENV,
    TaskError,
    lasted,
    lock,
    run,
    say,
    set_up,
)

# ---------------------------------------------------------------- pages, as files


@functools.cache
def facts(page: str) -> dict:
    """What the tasks need to know of a page: seconds, and whether it has code.

    A file that cannot be read counts as the slowest page with code: its run says why.
    """
    try:
        notebook = json.loads((ROOT / page).read_text(encoding="utf-8-sig"))
        d2l = notebook["metadata"].get("d2l", {})
        code = any(cell["cell_type"] == "code" for cell in notebook["cells"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {"seconds": float("inf"), "code": True}
    seconds = d2l.get("seconds", float("inf"))
    return {"seconds": seconds, "code": code}


def all_pages() -> list[str]:
    return [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "chapters").glob("*/*.ipynb"))
        if not path.name.startswith(".")
    ]


def page_path(name: str) -> str:
    """A page as the user names it, from the book's root. Raises TaskError."""
    for path in (Path(name), ROOT / name):
        if path.is_file() and path.suffix == ".ipynb":
            return os.path.relpath(path.resolve(), ROOT).replace(os.sep, "/")
    raise TaskError(
        f"PAGE={name} is not a notebook. Give its path, such as "
        "chapters/11-recurrent/bptt.ipynb"
    )


def longest_first(pages: list[str]) -> list[str]:
    """By the time that they took when they were stored, so that no long one comes last."""
    return sorted(pages, key=lambda page: (-facts(page)["seconds"], page))


def git(*arguments: str) -> list[str] | None:
    """The lines that git prints; None where git fails, or is not there."""
    try:
        found = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return None if found.returncode else found.stdout.splitlines()


def changed_pages(since: str) -> list[str]:
    """The pages that differ from those at the commit `since`; all, if what they run on does."""
    changed = git("diff", "--name-only", f"{since}...HEAD")
    runs_on = ("d2lutil/", "requirements.txt", "pyproject.toml")
    if changed is None or any(name.startswith(runs_on) for name in changed):
        return all_pages()
    return [page for page in all_pages() if page in changed]


# ---------------------------------------------------------------- the tests


def check(options: argparse.Namespace) -> None:
    """The form of pages and code: fast, and before all else."""
    set_up("full")
    form([page_path(name) for name in options.page])


def form(pages: list[str]) -> None:
    """The contract of these pages, or of all, then code and workflows. Raises TaskError."""
    say(f"The contract of {', '.join(pages) or 'every page'} …")
    if run("-m", "book.contract", *pages):
        raise TaskError("a page breaks the contract; the lines above say where")
    code = list(pages or all_pages())
    if not pages:
        code += ["book", "d2lutil", "tests"]
        if run("--offline", "--quiet", ".github", program=BIN / "zizmor"):
            raise TaskError("zizmor found what stands above in the workflows")
    if code and run("-m", "ruff", "check", "--quiet", "--output-format=concise", *code):
        raise TaskError("ruff check found what stands above")
    if code and run(
        "-m", "ruff", "format", "--check", "--output-format=concise", *code
    ):
        raise TaskError("format these files: .venv/bin/ruff format, and their names")


def test(options: argparse.Namespace) -> None:
    """Every test, the fast ones first; ends at the first part that fails."""
    chosen = [page_path(name) for name in options.page]
    set_up("full")
    parts = page_parts(chosen) if chosen else book_parts(options)
    failed = []
    for title, part in parts:
        start = time.monotonic()
        say(f"== {title} …")
        try:
            part()
        except TaskError as error:
            failed.append(title)
            say(f"✗ {title}: {error}")
            if not options.keep_going:
                break
        else:
            say(f"✓ {title}, {lasted(start)}")
    if failed:
        raise TaskError(f"Failed: {', '.join(failed)}.")


def page_parts(pages: list[str]) -> list:
    """What `make test PAGE=…` tests."""
    again = [f"--page={page}" for page in pages]
    return [
        ("form", lambda: form(pages)),
        ("the page run again", lambda: run_again(pages)),
        ("its checks run again", lambda: pytest("tests/test_rerun.py", *again)),
    ]


def book_parts(options: argparse.Namespace) -> list:
    """What `make test` tests."""
    head = (git("rev-parse", "HEAD") or ["no commit"])[0]
    sample = [] if options.whole else [f"--sample={head}"]
    if options.since and not options.whole:
        sample.append(f"--since={options.since}")
    side_by_side = ("-n", "2", "--dist=loadfile")
    package = ("package", lambda: pytest("-m", "not browser", *side_by_side, *sample))
    if options.unit:
        return [package]
    return [
        ("form", lambda: form([])),
        package,
        ("browser", lambda: pytest("-m", "browser", *side_by_side, *sample)),
        ("pages run again", lambda: run_again(since(options.since))),
    ]


def since(commit: str | None) -> list[str]:
    return changed_pages(commit) if commit else all_pages()


def run_again(pages: list[str]) -> None:
    """Run pages and compare what their checks print with what is stored."""
    pages = [page for page in pages if facts(page)["code"]]  # a quiz may have none
    if not pages:
        say("No page has code to run.")
        return
    pytest(
        "-p",
        "nbval_rules",
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=120",
        "-n",
        min(len(pages), os.cpu_count() or 1),
        "--dist=loadscope",
        "--no-loadscope-reorder",
        *longest_first(pages),
        D2LUTIL_EXPLORE="check",
        PYTHONPATH=str(ROOT / "tests"),
        **ONE_THREAD,
    )


def pytest(*arguments: object, **environment: str) -> None:
    if run("-m", "pytest", *arguments, **environment):
        raise TaskError("the lines above say which test failed and what to do")


# ---------------------------------------------------------------- the site


def build(*arguments: str) -> None:
    start = time.monotonic()
    say("Building the site from the stored notebooks …")
    program("site", "book.site.build", *arguments)
    say(f"The site is in _build/html; building took {lasted(start)}.")


def book(options: argparse.Namespace) -> None:
    """Build the site and read it at a local address."""
    build()
    serve(options.port)


def site(options: argparse.Namespace) -> None:
    """Build the site into _build/html, do not serve it."""
    build(*(["--all"] if options.all else []))


def zip_site(options: argparse.Namespace) -> None:
    """Build the site and pack it into one file."""
    build("--zip")


def links(options: argparse.Namespace) -> None:
    """Follow every link that leads out of the book; needs a network."""
    program("site", "book.site.build", "--links")


def port(text: str) -> int:
    """A port from the command line."""
    if text.isdigit() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"PORT={text} is no port; ports are 0 to 65535")


def serve(first: int) -> None:
    """Serve the site until Ctrl-C, at the first free port from this one on."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def end_headers(self):
            self.send_header(
                "Cache-Control", "no-cache"
            )  # a rebuilt page shows at once
            super().end_headers()

    handler = functools.partial(Quiet, directory=str(ROOT / "_build" / "html"))
    last = min(first + 99, 65535)
    for candidate in range(first, last + 1):
        try:
            server = http.server.ThreadingHTTPServer(("127.0.0.1", candidate), handler)
        except OSError:
            continue
        if candidate != first:
            say(f"Port {first} is taken, so the book is at port {candidate}.")
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        say(f"Read the book at {address}  (Ctrl-C ends)")
        with server, contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
        return
    raise TaskError(
        f"No port from {first} to {last} is free. Choose another: make book PORT=9000"
    )


# ---------------------------------------------------------------- pages


def program(level: str, module: str, *arguments: str, **environment: str) -> None:
    """Run a program of the book in .venv. Raises TaskError where it fails."""
    set_up(level)
    if run("-m", module, *arguments, **environment):
        raise TaskError("That did not work; the lines above say why.")


def page(options: argparse.Namespace) -> None:
    """Start a page of book/plan.yml from a skeleton."""
    if not options.chapter or not options.slug:
        raise TaskError(
            "Say which page of book/plan.yml to start: make page CHAPTER=11-recurrent "
            "SLUG=bptt"
        )
    program("full", "book.new_page", options.chapter, options.slug)


def run_pages(options: argparse.Namespace) -> None:
    """Execute the pages whose code changed, the named ones, or all."""
    chosen = [page_path(name) for name in options.page]
    program("full", "book.run", *(["--all"] if options.all else []), *chosen)


def long_runs(options: argparse.Namespace) -> None:
    """Compute what is too long for a page."""
    chosen = [page_path(name) for name in options.page]
    more = ["--draw", options.draw] if options.draw else []
    program("full", "book.long", *more, *chosen, **ONE_THREAD)


def mutants(options: argparse.Namespace) -> None:
    """Plant errors in a page, and tell which ones its checks miss."""
    program("full", "book.mutants", *named(options, "mutants"), **ONE_THREAD)


def claims(options: argparse.Namespace) -> None:
    """List what a page says without showing it."""
    program("full", "book.claims", *named(options, "claims"))


def named(options: argparse.Namespace, task: str) -> list[str]:
    if not options.page:
        raise TaskError(
            f"Say which page: make {task} PAGE=chapters/11-recurrent/bptt.ipynb"
        )
    return [page_path(name) for name in options.page]


def colab(options: argparse.Namespace) -> None:
    """Write the address in _config.yml into the pages' set-up cells."""
    program("full", "book.run", "--colab")


def toc(options: argparse.Namespace) -> None:
    """Write _toc.yml from the plan and the pages that stand; every build does."""
    program("site", "book.toc")


def teacher(options: argparse.Namespace) -> None:
    """Write the pages without their solutions into _build/teacher."""
    program("site", "book.teacher", *options.chapters)


def lab(options: argparse.Namespace) -> None:
    """Open the pages in JupyterLab."""
    set_up("full")
    say("Opening JupyterLab on the pages (Ctrl-C ends) …")
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with contextlib.suppress(KeyboardInterrupt):
        run("-m", "jupyterlab", f"--notebook-dir={ROOT}", *root, "chapters")


# ---------------------------------------------------------------- the environment


def only_set_up(options: argparse.Namespace) -> None:
    """Make .venv ready for everything, and do nothing else."""
    set_up("full")


def pins(options: argparse.Namespace) -> None:
    """Write other versions into requirements.txt, to try the book on them."""
    file = ROOT / "requirements.txt"
    if options.releases == "newest":
        text = "# Nothing is pinned here: the newest releases that pyproject.toml allows.\n"
    else:
        bounds = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        oldest = re.search(r'"torch>=([0-9.]+)"', bounds)[1]
        pinned = file.read_text(encoding="utf-8")
        text = re.sub(r"(?m)^torch==.*$", f"torch=={oldest}.*", pinned)
    file.write_text(text, encoding="utf-8")


def clean(options: argparse.Namespace) -> None:
    """Remove what was built; with --all the .venv too."""
    targets = [ROOT / "_build", ROOT / ".pytest_cache", ROOT / ".ruff_cache"]
    targets += ROOT.glob("*.egg-info")
    for folder in ("book", "d2lutil", "tests"):
        targets += (ROOT / folder).rglob("__pycache__")
    if options.all:
        targets.append(VENV)
    with lock(ROOT / ".venv.lock", "make clean"):  # nobody's .venv in the making
        for target in targets:
            shutil.rmtree(target, ignore_errors=True)
    say("Removed what was built" + (" and .venv." if options.all else "; .venv stays."))


# ---------------------------------------------------------------- the command line

TASKS = {
    "book": book,
    "test": test,
    "check": check,
    "lab": lab,
    "page": page,
    "run": run_pages,
    "long": long_runs,
    "mutants": mutants,
    "claims": claims,
    "colab": colab,
    "site": site,
    "zip": zip_site,
    "teacher": teacher,
    "toc": toc,
    "links": links,
    "set-up": only_set_up,
    "pins": pins,
    "clean": clean,
}


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="python -m book",
        description="What there is to do with the book. `make help` lists what is used most.",
    )
    commands = whole.add_subparsers(dest="name", metavar="task", required=True)
    for name, task in TASKS.items():
        help_ = task.__doc__.split("\n\n")[0]
        command = commands.add_parser(name, help=help_, description=help_)
        if name == "book":
            command.add_argument("--port", type=port, default=8000, metavar="PORT")
        if name in ("run", "clean", "site"):
            command.add_argument(
                "--all", action="store_true", help="all, changed or not"
            )
        if name in ("run", "test", "check", "long", "mutants", "claims"):
            command.add_argument("page", nargs="*", help="chapters/…/….ipynb")
        if name == "test":
            command.add_argument(
                "--unit", action="store_true", help="no browser, no pages"
            )
            command.add_argument(
                "--since",
                metavar="COMMIT",
                help="run only pages that changed since then",
            )
            command.add_argument(
                "--whole",
                action="store_true",
                help="every page in the browser, no sample",
            )
            command.add_argument(
                "--keep-going",
                action="store_true",
                help="go on after a part that fails",
            )
        if name == "long":
            command.add_argument(
                "--draw", metavar="TEXT", help="one, drawn by this text"
            )
        if name == "pins":
            command.add_argument("releases", choices=("newest", "oldest"))
        if name == "teacher":
            command.add_argument("chapters", nargs="*", help="such as 17-reinforcement")
        if name == "page":
            command.add_argument("chapter")
            command.add_argument("slug")
    return whole


def stop_on_signals() -> None:
    """Make what ends this process an interruption, which ends what runs below it too."""

    def stop(number, frame):
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), stop)


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    start = time.monotonic()
    try:
        TASKS[options.name](options)
    except TaskError as error:
        say(f"{error}\nmake {options.name} failed after {lasted(start)}.")
        return 1
    except KeyboardInterrupt:
        say(f"\nmake {options.name} was stopped after {lasted(start)}.")
        return 130
    if options.name not in ("book", "lab"):
        say(f"make {options.name} took {lasted(start)}.")
    return 0
