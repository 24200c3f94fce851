"""Exercises that test the reader: not yet, right, not right, whatever was written."""

import linecache
import random
import re

import numpy as np
import pytest
import torch
from torch import nn

from book import model
from d2lutil import VerificationError, check_yours, verify

NOT_YET = "… not yet: running_mean\n"
RIGHT = "✓ yours is right: running_mean\n"


def written(source, name="running_mean", keep_source=True):
    """What a cell with this source defines; the source is kept as IPython does."""
    file = f"<cell {keep_source} {hash(source)}>"
    if keep_source:
        linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace = {"torch": torch, "nn": nn, "verify": verify}
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]


check_running_mean = written(  # pytest would rewrite an assertion of this file
    """
def check_running_mean(f):
    x = torch.tensor([1.0, 3.0, 8.0])
    verify("Running mean", yours=f(x), by_hand=[1.0, 2.0, 4.0], atol=1e-6)
    assert len(f(x[:1])) == 1
""",
    "check_running_mean",
)


@pytest.mark.parametrize("keep_source", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        "...",
        "...  # your code here",
        "pass",
        "return",
        "return ...",
        "return None",
        '"""x has shape (n,)."""',
        '"""x has shape (n,)."""\n    ...',
        '"""x has shape (n,)."""\n    pass\n    ...',
        "raise NotImplementedError",
        "raise NotImplementedError('your code here')",
        '"""Doc."""\n    n = len(x)\n    raise NotImplementedError',
        "def inner():\n        raise NotImplementedError\n    return inner()",
    ],
)
def test_not_yet(capsys, body, keep_source):
    stub = written(f"def running_mean(x):\n    {body}", keep_source=keep_source)
    check_yours(stub, check_running_mean)
    assert capsys.readouterr().out == NOT_YET


@pytest.mark.parametrize(
    "body",
    [
        "total = 0.0\n    ...\n    return total",
        "total = ...\n    return total",
        "total: float = ...\n    return x",
        "for i in range(len(x)):\n        ...  # add it up\n    return x",
        "return ...",
    ],
)
def test_a_gap_in_the_stub_is_not_yet(capsys, body):
    check_yours(written(f"def running_mean(x):\n    {body}"), check_running_mean)
    assert capsys.readouterr().out == NOT_YET


@pytest.mark.parametrize("keep_source", [True, False])
@pytest.mark.parametrize(
    "body",
    [
        "return x.cumsum(0) / torch.arange(1, len(x) + 1)",
        "...\n    return x.cumsum(0) / torch.arange(1, len(x) + 1)",  # left in place
        "print('look')\n    return x.cumsum(..., 0) / torch.arange(1, len(x) + 1)"
        ".view(...)".replace("(...)", "(-1)").replace("(..., 0)", "(0)"),
        "return [sum(x[: i + 1]) / (i + 1) for i in range(len(x))]",
    ],
)
def test_right(capsys, body, keep_source):
    yours = written(f"def running_mean(x):\n    {body}", keep_source=keep_source)
    check_yours(yours, check_running_mean)
    printed = capsys.readouterr().out
    assert printed.replace("look\n", "") == RIGHT
    assert printed.count("look") == 2 * ("look" in body), (
        "what a reader prints is shown"
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return x.cumsum(0)", "Running mean: yours and by_hand differ in 2 of 3"),
        ("return x[..., :3] * 1", "yours and by_hand differ in 2 of 3"),
        ("return x.mean()", "do not have the same parts|has shape"),
        ("return undefined", "NameError in line 2 of running_mean: return undefined"),
        ("y = x + 1\n    return y.nothing()", "AttributeError in line 3 of running"),
        ("return (lambda z: z / 'a')(x)", "TypeError in line 1 of <lambda>: return"),
        ("return torch.zeros(3) if len(x) > 1 else 5", "yours and by_hand differ"),
        ("return 'text'", "TypeError: Running mean: side 'yours' is a str"),
        ("return torch.stack([x, x[:2]])", "RuntimeError in line 2 of running_mean"),
        ("return running_mean(x)", "RecursionError in line 2 of running_mean"),
        ("return torch.empty(3, device='meta').cpu()", "NotImplementedError in line 2"),
        (
            "m = x.cumsum(0) / torch.arange(1, len(x) + 1)\n"
            "    return m if len(x) > 1 else [1, 2]",
            r"this does not hold: assert len\(f\(x\[:1\]\)\) == 1",
        ),
    ],
)
def test_not_right(capsys, body, message):
    check_yours(written(f"def running_mean(x):\n    {body}"), check_running_mean)
    first, *reason = capsys.readouterr().out.splitlines()
    assert first == "✗ not right yet: running_mean"
    assert all(line.startswith("    ") for line in reason)
    assert re.search(message, "\n".join(reason)), reason


def test_errors_without_the_source(capsys):
    yours = written("def running_mean(x):\n    return undefined", keep_source=False)
    check_yours(yours, check_running_mean)
    assert "NameError in line 2 of running_mean\n" in capsys.readouterr().out


def test_an_assertion_says_what_it_was_given(capsys):
    source = "def check(f):\n    assert f(2) == 4, 'the square of 2 is 4'"
    check = written(source, "check")
    check_yours(written("def square(x):\n    return x", "square"), check)
    printed = capsys.readouterr().out
    assert printed == "✗ not right yet: square\n    the square of 2 is 4\n"


STUB_CLASS = """
class Cell(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        {}
"""


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (STUB_CLASS.format("..."), "… not yet: Cell"),
        (STUB_CLASS.format("raise NotImplementedError"), "… not yet: Cell"),
        (STUB_CLASS.format("y = ...\n        return y"), "… not yet: Cell"),
        ("class Cell(nn.Module): ...", "… not yet: Cell"),
        (STUB_CLASS.format("return self.w * x"), "✓ yours is right: Cell"),
        (STUB_CLASS.format("return self.w + x"), "✗ not right yet: Cell"),
    ],
)
def test_classes(capsys, source, line):
    def check(cls):
        verify("Cell", yours=cls()(torch.tensor(3.0)), by_hand=6.0)

    check_yours(written(source, "Cell"), check)
    assert capsys.readouterr().out.splitlines()[0] == line


@pytest.mark.parametrize(
    ("decorated", "line"),
    [
        ("    ...", NOT_YET),
        ("    return x.cumsum(0) / torch.arange(1, len(x) + 1)", RIGHT),
    ],
)
def test_decorators(capsys, decorated, line):
    source = f"@torch.no_grad()\ndef running_mean(x):\n{decorated}"
    for keep_source in (True, False):
        yours = written(source, keep_source=keep_source)
        check_yours(yours, check_running_mean)
        assert capsys.readouterr().out == line


@pytest.mark.parametrize("yours", [3, None, ..., "text", torch.tensor(1.0)])
def test_what_is_no_function_is_not_right(capsys, yours):
    check_yours(yours, check_running_mean)
    printed = capsys.readouterr().out
    assert printed.startswith(f"✗ not right yet: {type(yours).__name__}\n")
    assert "a function or class is needed" in printed


def test_first_lines_are_found_by_the_pattern(capsys):
    for body in ("...", "return x", "return x.cumsum(0) / torch.arange(1, len(x) + 1)"):
        check_yours(written(f"def running_mean(x):\n    {body}"), check_running_mean)
    lines = capsys.readouterr().out.splitlines()
    found = [m for line in lines if (m := model.EXERCISE_LINE.fullmatch(line))]
    states = ["… not yet", "✗ not right yet", "✓ yours is right"]
    assert [f"{m['mark']} {m['state']}" for m in found] == states
    assert {m["name"] for m in found} == {"running_mean"}


def test_the_solution_passes_the_same_check(capsys):
    check_running_mean(lambda x: x.cumsum(0) / torch.arange(1, len(x) + 1))
    printed = capsys.readouterr().out
    assert printed == "✓ Running mean | yours = by hand | atol 1e-06\n"


def test_checks_print_again_afterwards(capsys):
    check_yours(written("def running_mean(x):\n    ..."), check_running_mean)
    verify("One", a=1, b=1)
    assert capsys.readouterr().out == NOT_YET + "✓ One | a = b | atol 1e-12\n"


def test_nothing_below_depends_on_what_the_reader_wrote():
    def draws():
        return random.random(), np.random.rand(), torch.rand(()).item()

    def check(f):
        draws()
        f()

    def seed_all():
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)

    seed_all()
    expected = draws()
    for source in (
        "def f():\n    torch.manual_seed(5)",
        "def f():\n    return torch.x",
    ):
        seed_all()
        check_yours(written(source, "f"), check)
        assert draws() == expected


@pytest.mark.parametrize("body", ["...", "pass", "raise_ = 1; del raise_"])
def test_a_check_that_tests_nothing_is_refused(body):
    yours = written(f"def running_mean(x):\n    {body}")
    if body.startswith("raise_"):
        return check_yours(yours, lambda f: None)
    with pytest.raises(VerificationError, match="passes running_mean, whose body is"):
        check_yours(yours, lambda f: None)


@pytest.mark.parametrize("check", [None, 3, lambda: None, lambda a, b: None])
def test_a_check_takes_the_function(check):
    with pytest.raises(TypeError, match="check must be a function of one argument"):
        check_yours(check_running_mean, check)


def test_interrupting_is_possible():
    def check(f):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_yours(check_running_mean, check)


def test_the_three_states_in_a_notebook():
    """Stub, filled and wrong, in a kernel; the solution overwrites nothing."""
    nbclient, v4 = pytest.importorskip("nbclient"), pytest.importorskip("nbformat.v4")
    sources = [
        "from d2lutil import check_yours, verify",
        "def double(x):\n    y = ...  # your code here\n    return y",
        "def check_double(f):\n    verify('Double', yours=f(3), sum=3 + 3)\n\n"
        "check_yours(double, check_double)",
        "def double_solution(x):\n    return 2 * x\n\ncheck_double(double_solution)",
        "check_yours(double, check_double)",
        "def double(x):\n    y = 2 * x\n    return y",
        "check_yours(double, check_double)",
        "def double(x):\n    y = 3 * x\n    return y / 0",
        "check_yours(double, check_double)",
    ]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    nbclient.NotebookClient(notebook, kernel_name="python3", timeout=60).execute()
    said = ["".join(o["text"] for o in cell.outputs) for cell in notebook.cells]
    assert said[2] == said[4] == "… not yet: double\n"
    assert said[3] == "✓ Double | yours = sum | atol 1e-12\n"
    assert said[6] == "✓ yours is right: double\n"
    assert said[8] == (
        "✗ not right yet: double\n"
        "    ZeroDivisionError in line 3 of double: return y / 0\n"
        "    division by zero\n"
    )
