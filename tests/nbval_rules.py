"""What nbval does not check by itself, as a pytest plugin (-p nbval_rules) for runs with --nbval.

A cell that prints to stderr fails, and so does the cell with which a page passes its time
limit. Kernels start without what whoever runs the tests has set up for IPython and matplotlib.
"""

import os
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, NbCellError

from book import model, processes, run

#: CPU seconds that a page may take on one thread. Slow machines may be given more.
LIMIT = float(os.environ.get("D2LUTIL_PAGE_SECONDS", model.MAX_SECONDS))

#: Bits per character by which a mark may differ from the stored one: other machines train
#: to slightly other numbers.
MARKS_AGREE = 0.03

_spent = defaultdict(
    float
)  # seconds by notebook, in this process; a notebook stays in one


def pytest_configure(config):
    config._scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    run.list_fonts()
    os.environ.update(run.page_environment(Path(config._scratch.name)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if not isinstance(item, IPyNbCell):
        return (yield)
    pid = item.parent.kernel.km.provisioner.pid
    start = processes.cpu_seconds(pid)
    result = yield
    page = str(item.path)
    before = _spent[page]
    _spent[page] += processes.cpu_seconds(pid) - start
    for output in item.test_outputs or ():
        if output.output_type == "stream" and output.name == "stderr":
            trouble = f"printed to stderr; mend what it warns of:\n{output.text[:2000]}"
            raise NbCellError(item.cell_num, f"The cell {trouble}", item.cell.source)
    refuse_other_marks(item)
    if before <= LIMIT < _spent[page]:
        raise NbCellError(
            item.cell_num,
            f"The page takes more than {LIMIT:g} s on one thread: {_spent[page]:.0f} s of "
            "computing up to this cell. Make its experiments smaller. "
            "(D2LUTIL_PAGE_SECONDS=… relaxes the limit on a slow machine.)",
            item.cell.source,
        )
    return result


def refuse_other_marks(item):
    """The table of a chapter holds only what the page still reaches."""
    stored = model.marks_in(model.printed(item.cell))
    again = {
        made["model"]: made["bits"]
        for output in item.test_outputs or ()
        for made in model.marks_in(output.get("text", ""))
    }
    for made in stored:
        bits = again.get(made["model"])
        if bits is None or abs(bits - made["bits"]) > MARKS_AGREE:
            reached = "nothing" if bits is None else f"{bits} bits per character"
            raise NbCellError(
                item.cell_num,
                f"The mark of {made['model']!r} is {made['bits']} bits per character as "
                f"stored; now the cell reached {reached}. Run make run.",
                item.cell.source,
            )
