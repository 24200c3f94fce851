"""What all tests share: the option --page, and an environment that shows no windows."""

import os

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # .venv's kernel, whatever the user installed
os.environ.pop("D2LUTIL_EXPLORE", None)


def pytest_addoption(parser):
    parser.addoption("--page", action="append", metavar="NOTEBOOK", default=[],
                     help="test the contract of this page only; may be given several times")
    parser.addoption("--sample", metavar="COMMIT",
                     help="visit a sample of pages in the browser, drawn by this hash")
    parser.addoption("--since", metavar="COMMIT",
                     help="with --sample, also the pages that differ from this commit")


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs a Chromium")
