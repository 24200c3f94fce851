"""Planted errors: which changes are made, which code is left alone, what becomes of them."""

import json
import time

import nbformat
import pytest

from book import mutants
from book.mutants import PageError

v4 = nbformat.v4


def page(*sources, tags=None):
    """A notebook of code cells; `tags` are those of the last."""
    cells = [v4.new_code_cell(source) for source in sources]
    if tags:
        cells[-1].metadata["tags"] = tags
    return v4.new_notebook(cells=cells)


def changes(*sources, **options):
    """{change: kind} of a page of these cells."""
    return {m.change: m.kind for m in mutants.plant(page(*sources, **options))}


def function(body, arguments="x, W, t, n, mask, done, h"):
    """Code that is surely what a page teaches: the body of a function."""
    return f"def f({arguments}):\n    " + "\n    ".join(body.splitlines())


@pytest.mark.parametrize(
    ("body", "kind", "change"),
    [
        ("return x + h", "operator", "return x + h → return x - h"),
        ("return x * h", "operator", "return x * h → return x / h"),
        ("return x / h", "dropped factor", "return x / h → return x"),
        ("return -x", "sign", "return -x → return x"),
        ("return x + h", "dropped term", "return x + h → return h"),
        ("return 1 - x", "dropped term", "return 1 - x → return x"),
        ("return x ** 2", "constant", "return x ** 2 → return x ** 3"),
        ("return 0.5 * x", "constant", "return 0.5 * x → return 1.0 * x"),
        ("total = 0.0\nreturn total", "constant", "total = 0.0 → total = 1.0"),
        ("return x < h", "comparison", "return x < h → return x > h"),
        ("return len(x) < 3", "comparison", "return len(x) < 3 → return len(x) <= 3"),
        ("return x[:-1]", "slice", "return x[:-1] → return x[:]"),
        ("return x[-1]", "index", "return x[-1] → return x[-2]"),
        ("return x[t + 1]", "operator", "return x[t + 1] → return x[t - 1]"),
        ("return x.sum(0)", "axis", "return x.sum(0) → return x.sum(1)"),
        ("return F.softmax(x, dim=-1)", "axis",
         "return F.softmax(x, dim=-1) → return F.softmax(x, dim=0)"),
        ("return x @ W.T", "transpose", "return x @ W.T → return x @ W"),
        ("return x @ W", "transpose", "return x @ W → return x @ W.mT"),
        ("return x @ W", "order", "return x @ W → return W @ x"),
        ("return x.sum()", "function", "return x.sum() → return x.mean()"),
        ("return max(x, h)", "function", "return max(x, h) → return min(x, h)"),
        ("return torch.tanh(x)", "function", "return torch.tanh(x) → return torch.sigmoid(x)"),
        ("return x.argmax(1)", "function", "return x.argmax(1) → return x.argmin(1)"),
        ("return x.detach()", "missing detach", "return x.detach() → return x"),
        ("return x.masked_fill(mask, 0.0)", "missing mask",
         "return x.masked_fill(mask, 0.0) → return x"),
        ("return (1 - done) * x", "dropped factor", "return (1 - done) * x → return x"),
        ("return ~mask", "mask", "return ~mask → return mask"),
        ("g.zero_grad()\nreturn g", "missing step", "g.zero_grad() → (left out)"),
        ("for i in x:\n    h += i\nreturn h", "missing sum", "h += i → h = i"),
    ],
)  # fmt: skip
def test_each_kind_of_change(body, kind, change):
    found = changes(function(body))
    assert found.get(change) == kind, found


def test_a_change_of_no_grad_needs_a_gradient_below():
    block = "with torch.no_grad():\n    y = 2 * x\n"
    with_gradient = changes(function(block + "(x * y).sum().backward()\nreturn x"))
    without = changes(function(block + "return y"))
    assert "missing no_grad" in with_gradient.values()
    assert "missing no_grad" not in without.values()


def test_a_trap_is_planted_where_the_right_way_is_defined():
    flag = "def f(x, *, wrongly=False):\n    return x\n"
    call = 'verify_differs("a claim", wrong=f(x, wrongly=True), right=f(x), by=1)'
    assert changes(flag, call)["wrongly=False → wrongly=True"] == "trap"
    two = "def good(x):\n    return x\n\ndef bad(x):\n    return 2 * x\n"
    call = 'verify_differs("a claim", wrong=bad(x), right=good(x), by=1)'
    assert changes(two, call)["good → bad"] == "trap"


@pytest.mark.parametrize(
    "source",
    [
        "import math\nfrom math import pi",
        "fig, ax = subplots()\nax.plot(x, 2 * x + 1)\nshow(fig, alt='A line.')",
        "fig, ax = subplots()\ntwice = 2 * x\nax.plot(x, twice)",
        "fig, axes = subplots(1, 2)\nfor ax, k in zip(axes, (1, 2)):\n    y = x**k\n    ax.plot(y)",
        "def draw(k=1):\n    y = k * x + 1\n    fig, ax = subplots()\n    ax.plot(y)\n\nexplore(draw)",
        "def paint(ax, x):\n    ax.plot(x + 1)",
        "fig = curves(x, {'a': 2 * x}, xlabel='x', ylabel='y')",
        "seed(3)\nX = 0.3 * torch.randn(4, 5) + 1\ny = torch.randint(3, (4,))",
        "def problem(n, d):\n    X = torch.randn(n, d)\n    return X, X.T @ X + 0.1 * torch.eye(d)",
        "images, labels = data.mnist('train')",
        "lr, epochs, n, gamma = 0.1, 20, 400, 1 - 0.9\nradii = [0.5, 2 / 3]",
        "learning_rate = 0.1 / n",
        "verify('A name', formula=2 * x + 1, torch=x[1:].sum(0))",
        "assert abs(x - 2 * y) < 0.1 and x[0] == 1",
        "print(2 * x + 1, f'{x[1:].mean():.2f}')",
        "x[1:] + 1",
        "error = 3 * x.std(0) / n**0.5\nverify_estimate('Mean', value=y, se=error, reference=1.0)",
        "mistaken = 2 * x + 1\nverify_differs('A claim', wrong=mistaken, right=y, by=1)",
        "model = nn.Linear(3, 4)\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)",
        "W = p['W'].clone().clamp(min=1e-12)",
    ],
)  # fmt: skip
def test_left_alone(source):
    assert changes(source) == {}


def test_left_alone_are_setup_and_solutions():
    code = "y = 2 * x + 1"
    assert changes("x = f(3)", code)
    assert not changes("x = f(3)", code, tags=["solution"])
    assert not changes("x = f(3)", code, tags=["setup"])


def test_functions_that_checks_call_are_changed_and_their_checks_are_not():
    source = "def agree(x):\n    y = 2 * x\n    verify('Twice', a=y, b=x + x)"
    assert all(change.startswith("y = 2 * x") for change in changes(source))


def test_a_result_that_is_printed_or_used_later_is_no_drawing():
    drawn = "fig, ax = subplots()\ntwice = 2 * x\nax.plot(twice)"
    assert not changes(drawn)
    assert changes(drawn + "\nprint(twice)")
    assert changes(drawn, "verify('Twice', a=twice, b=x + x)")


def test_a_mutant_names_its_place_and_holds_the_whole_cell():
    notebook = page("a = f(1)\n\nb = a + 1  # a comment")
    [mutant] = [m for m in mutants.plant(notebook) if m.kind == "operator"]
    assert (mutant.cell, mutant.line) == (1, 3)
    assert mutant.change == "b = a + 1 → b = a - 1"
    assert mutant.source == "a = f(1)\nb = a - 1"


def test_the_sample_is_fixed_by_its_salt_and_stays_when_another_cell_changes():
    first = mutants.plant(page(function("return x + h * t - 1"), "y = f(2) + 1"))
    again = mutants.plant(page(function("return x + h * t - 1"), "y = f(2) - 1"))
    chosen = mutants.fresh_sample(first, 5, "a page")
    assert chosen == mutants.fresh_sample(first[::-1], 5, "a page")
    assert chosen != mutants.fresh_sample(first, 5, "another")
    kept = [m.change for m in mutants.fresh_sample(first, 99, "s") if m.cell == 1]
    assert kept == [
        m.change for m in mutants.fresh_sample(again, 99, "s") if m.cell == 1
    ]
    assert len(mutants.fresh_sample(first, 99, "s")) == len(first)


# ---------------------------------------------------------------- running


CHECKED = """
def double(x):
    return x + x

def unseen(x):
    return 3 * x
"""
CHECKS = "assert double(2) == 4 and double(3) == 6\ny = unseen(1)"


def outcomes(notebook, tmp_path, **options):
    score = mutants.run(notebook, tmp_path / "page.ipynb", **options)
    return score, {r.mutant.change: r.outcome for r in score.results}


def test_noticed_and_unnoticed(tmp_path):
    score, found = outcomes(page(CHECKED, CHECKS), tmp_path)
    assert found["return x + x → return x"] == "noticed"
    assert found["return 3 * x → return 4 * x"] == "unnoticed"
    assert score.noticed + len(score.unnoticed) == score.ran
    assert 0 < score.score < 0.9
    assert "at least 0.9 are needed" in score.problems[0]
    text = mutants.report(score, "page.ipynb")
    assert "cell 1, line 6: constant" in text
    assert "→ return 4 * x" in text


def test_a_check_of_the_package_notices(tmp_path):
    notebook = page(
        "from d2lutil import verify\nimport torch\nx = torch.tensor([1.0, 3.0, 4.0])",
        "def twice(x):\n    return 2 * x[1:]",
        "verify('Twice', ours=twice(x), theirs=x[1:] + x[1:])",
    )
    score, found = outcomes(notebook, tmp_path)
    assert found["return 2 * x[1:] → return 3 * x[1:]"] == "noticed"
    assert found["return 2 * x[1:] → return 2 * x[:]"] == "noticed", "another shape"
    assert score.score == 1.0
    assert not score.problems


def test_a_change_that_hangs_or_eats_memory_is_stopped_and_counted_with_the_crashed(
    tmp_path,
):
    notebook = page(
        "def count(n):\n    i = 0\n    while i < n:\n        i += 1\n    return i",
        "def grow(n):\n    return bytearray(n ** 1)",
        "assert count(3) == 3 and len(grow(10**6)) == 10**6\nm = grow(10**6)",
    )
    begun = time.monotonic()
    score, found = outcomes(notebook, tmp_path, patience=1)
    assert found["i += 1 → i -= 1"] == "crashed"
    assert found["return bytearray(n ** 1) → return bytearray(n ** 2)"] == "crashed"
    assert time.monotonic() - begun < 60
    assert score.crashed >= 2


def test_an_error_outside_checks_is_a_crash(tmp_path):
    notebook = page("def first(x):\n    return x[0]", "assert first([1]) == 1")
    _, found = outcomes(notebook, tmp_path)
    assert found == {"return x[0] → return x[1]": "crashed"}


def test_when_the_time_is_over_the_rest_is_left_out_and_said(tmp_path):
    notebook = page("import time\n" + CHECKED, CHECKS, "time.sleep(2)")
    score, _ = outcomes(notebook, tmp_path, budget=5, jobs=1, patience=20)
    assert score.left_out > 0
    assert f"{score.left_out} left out for time" in str(score)
    assert score.planted + score.left_out == len(score.results)


def test_a_page_that_needs_a_kernel_says_so_and_what_was_left_out(tmp_path):
    notebook = page(CHECKED, "%timeit double(2)", CHECKS)
    score, found = outcomes(notebook, tmp_path)
    assert score.notes == ["cell 2 needs a kernel and was left out"]
    assert "noticed" in found.values()


def test_a_page_that_starts_processes_says_so(tmp_path):
    starts = (
        "import subprocess\ndef twice(x):\n    return 2 * x\nsubprocess.run(['true'])"
    )
    score, found = outcomes(page(CHECKED, starts, CHECKS), tmp_path)
    assert score.notes == ["cell 2 starts other processes; nothing is planted in it"]
    assert not any("2 * x" in change for change in found)


def test_a_page_that_fails_says_where_and_tries_what_stands_above(tmp_path):
    notebook = page(CHECKED, CHECKS, "never_defined + 1", function("return x + 1"))
    score, found = outcomes(notebook, tmp_path)
    assert "the page stops in cell 3 (NameError" in score.notes[0]
    assert found["return x + x → return x"] == "noticed"
    assert found["return x + 1 → return x"] == "left out"


def test_figures_are_neither_shown_nor_explored(tmp_path):
    notebook = page(
        "from d2lutil import explore, show\ndef draw(k=1):\n    raise SystemExit",
        CHECKED,
        "explore(draw, k=[1, 2])\nshow(None)",
        CHECKS,
    )
    score, _ = outcomes(notebook, tmp_path)
    assert not score.notes
    assert score.noticed


def test_a_process_that_dies_is_one_clear_error(tmp_path):
    source = page(function("return x + h"), "import os\nos._exit(3)")
    with pytest.raises(PageError, match="the process that runs the page died"):
        mutants.run(source, tmp_path / "page.ipynb")


def test_a_system_that_cannot_fork_is_told(tmp_path, monkeypatch):
    monkeypatch.delattr("os.fork")
    with pytest.raises(PageError, match="need fork, which this system does not have"):
        mutants.run(page(function("return x + h")), tmp_path / "page.ipynb")


def test_nothing_to_change_is_one_clear_error(tmp_path):
    with pytest.raises(PageError, match="nothing to change"):
        mutants.run(page("import math"), tmp_path / "page.ipynb")


# ---------------------------------------------------------------- explained, stored


def test_what_is_explained_counts_neither_way(tmp_path):
    notebook = page(CHECKED, CHECKS)
    change = "return 3 * x → return 4 * x"
    stale = "return 9 * x → return 8 * x"
    entries = [
        {"change": change.replace("→", "->"), "why": "it is the same"},
        {"change": stale, "why": "old"},
    ]
    notebook.metadata["d2l"] = {"mutants": {"explained": entries}}
    score, _ = outcomes(notebook, tmp_path)
    assert score.excused == 1
    assert change not in [r.mutant.change for r in score.unnoticed]
    assert score.planted == score.ran + score.crashed + score.excused
    assert score.metadata["explained"] == entries
    assert score.notes == [
        f"the metadata explains a change that the page does not have: {stale}"
    ]


def result(change, outcome):
    before, after = change.split(" → ")
    return mutants.Result(mutants.Mutant(1, 1, "sign", before, after, ""), outcome, "")


def test_too_much_explained_and_explained_without_a_reason_are_problems():
    entries = [{"change": "a → b", "why": "same"}, {"change": "c → d"}]
    results = [result("a → b", "unnoticed")] * 2 + [result("e → f", "noticed")] * 8
    found = mutants.Score(results, entries, "").problems
    assert any("at most one in ten may be" in problem for problem in found)
    assert any("needs 'change' and 'why'" in problem for problem in found)


def test_storing_changes_nothing_else_in_the_file(tmp_path):
    notebook = page("x = 'é'")
    notebook.metadata["d2l"] = {"kind": "lesson", "seconds": 3.0}
    path = tmp_path / "page.ipynb"
    text = nbformat.writes(notebook).rstrip("\n") + "\n"
    path.write_text(text, encoding="utf-8")
    score = mutants.Score([result("a → b", "noticed")], [], "0123")
    mutants.store(path, score)
    stored = path.read_text(encoding="utf-8")
    metadata = json.loads(stored)["metadata"]["d2l"]
    assert metadata.pop("mutants") == {
        "planted": 1, "crashed": 0, "ran": 1, "noticed": 1, "explained": [], "digest": "0123",
    }  # fmt: skip
    assert metadata == {"kind": "lesson", "seconds": 3.0}
    read = nbformat.read(path, 4)
    assert stored == nbformat.writes(read).rstrip("\n") + "\n"
    del read.metadata.d2l["mutants"]
    assert nbformat.writes(read).rstrip("\n") + "\n" == text


def test_the_command_lists_and_reports(tmp_path, capsys):
    path = tmp_path / "page.ipynb"
    nbformat.write(page(CHECKED, CHECKS), path)
    assert mutants.main([str(path), "--list"]) == 0
    assert (
        "cell 1, line 3: dropped term: return x + x → return x"
        in capsys.readouterr().out
    )
    assert mutants.main([str(path), "--sample", "4", "--all"]) in (0, 1)
    assert "score" in capsys.readouterr().out
    assert mutants.main([str(tmp_path / "none.ipynb")]) == 1
    assert "none.ipynb" in capsys.readouterr().err
