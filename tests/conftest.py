"""What all tests share: which pages to test, an environment that shows no windows, and
failures told when they happen.

A test that takes the argument `book_page` runs for each chosen page. Chosen are the pages of
--page; or those of --sample, a few of every kind drawn by a commit's hash, with those of
--since, which differ from a commit; or all.
"""

import os
from pathlib import Path

import sampling

from book import model

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # .venv's kernel, no other
os.environ.pop("D2LUTIL_EXPLORE", None)


def pytest_addoption(parser):
    parser.addoption(
        "--page",
        action="append",
        metavar="NOTEBOOK",
        default=[],
        help="test this page only; may be given several times",
    )
    parser.addoption(
        "--sample",
        metavar="COMMIT",
        help="test a few pages, drawn by the commit's hash",
    )
    parser.addoption(
        "--since", metavar="COMMIT", help="and those that differ from this commit"
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs a Chromium")


def pytest_generate_tests(metafunc):
    if "book_page" in metafunc.fixturenames:
        chosen = chosen_pages(metafunc.config)
        metafunc.parametrize("book_page", chosen, ids=model.name_of)


def chosen_pages(config) -> list[Path]:
    """The pages that this run of the tests is about."""
    return sampling.chosen(
        config.getoption("--page"),
        config.getoption("--sample"),
        config.getoption("--since"),
    )


def pytest_runtest_logreport(report):
    """Tell a failure at once; pytest shows the whole of it at the end."""
    if report.failed and not os.environ.get("PYTEST_XDIST_WORKER"):
        crash = getattr(report.longrepr, "reprcrash", None)
        words = (
            crash.message.splitlines()[0] if crash and crash.message else report.when
        )
        print(f"\n✗ {report.nodeid}: {words}", flush=True)
