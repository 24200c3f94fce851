"""A headless Chromium for tests, and what they all watch: the console and the requests.

`launch` takes Debian's chromium, or Google's, or the one that playwright has fetched.
Where there is none the test is skipped with a line that says what to install; with
CI=true in the environment it fails.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HTML = ROOT / "_build" / "html"

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def missing(reason: str):
    """Skip the test, or fail it where everything must be there."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(reason)
    pytest.skip(reason)


@functools.cache
def build_site() -> None:
    """Bring the site in _build/html up to date, once a session."""
    built = subprocess.run(
        [sys.executable, "-m", "book.site.build"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        pytest.fail(
            f"the site cannot be built:\n{(built.stdout + built.stderr)[-3000:]}"
        )


@contextlib.contextmanager
def launch():
    """A playwright browser: ``with launch() as browser: page = browser.new_page()``."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        missing("playwright is not installed: pip install playwright")
    with sync_playwright() as playwright:
        browser = None
        for name in ("chromium", "chromium-browser", "google-chrome", None):
            path = shutil.which(name) if name else None
            if name and not path:
                continue
            try:
                browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
                break
            except Error as error:
                reason = str(error).splitlines()[0]
        if browser is None:
            missing(
                "no Chromium was found for the tests in a browser. Install one: "
                f"apt-get install chromium, or: playwright install chromium ({reason})"
            )
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def watched(browser, **options):
    """A page where errors of scripts and requests to other hosts fail the test."""
    context = browser.new_context(**options)
    trouble = []

    def on_request(request):
        if not request.url.startswith(
            (
                "file:",
                "data:",
                "blob:",
                "http://127.0.0.1:",
                "http://localhost:",
                "ws://127.0.0.1:",
                "ws://localhost:",
            )
        ):
            trouble.append(f"a request to {request.url}")

    context.on("request", on_request)
    page = context.new_page()
    page.on(
        "console",
        lambda m: (
            trouble.append(f"console {m.type}: {m.text}") if m.type == "error" else None
        ),
    )
    page.on("pageerror", lambda error: trouble.append(f"an error in a script: {error}"))
    try:
        yield page
        assert not trouble, "\n".join(trouble)
    finally:
        context.close()
