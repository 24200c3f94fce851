"""What nbval does not check by itself, as a pytest plugin (-p nbval_rules) for runs with --nbval.

A cell that prints to stderr fails, and so does the cell with which a page passes its time limit.
Kernels start without the start-up files and history of whoever runs the tests.
"""

import os
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, NbCellError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "book"))
from pages import cpu_seconds

#: CPU seconds that a page may take on one thread. Slow machines may be given more.
LIMIT = float(os.environ.get("D2LUTIL_PAGE_SECONDS", "60"))

_spent = defaultdict(float)  # seconds by notebook, in this process; a notebook stays in one


def pytest_configure(config):
    if "IPYTHONDIR" not in os.environ:
        config._ipython_folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        os.environ["IPYTHONDIR"] = config._ipython_folder.name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if not isinstance(item, IPyNbCell):
        return (yield)
    pid = item.parent.kernel.km.provisioner.pid
    start = cpu_seconds(pid)
    result = yield
    page = str(item.path)
    before = _spent[page]
    _spent[page] += cpu_seconds(pid) - start
    for output in item.test_outputs or ():
        if output.output_type == "stream" and output.name == "stderr":
            raise NbCellError(item.cell_num, "The cell printed to stderr; mend what it warns of:\n"
                              + output.text[:2000], item.cell.source)
    if before <= LIMIT < _spent[page]:
        raise NbCellError(
            item.cell_num, f"The page takes more than {LIMIT:g} s on one thread: {_spent[page]:.0f} s of computing "
            "up to this cell. Make its experiments smaller. (D2LUTIL_PAGE_SECONDS=… relaxes the limit on a slow machine.)",
            item.cell.source)
    return result
