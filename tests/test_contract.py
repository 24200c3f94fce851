"""Every page keeps the contract; and the contract notices when one does not."""

import contract
import nbformat
import new_page
import pages
import pytest
import run
import toc
from extensions import bookfiles

BOOK = pages.all_pages()


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames:
        chosen = [(pages.ROOT / name).resolve() for name in metafunc.config.getoption("--page")] or BOOK
        metafunc.parametrize("page", chosen, ids=pages.name_of)


def test_page(page):
    found = contract.problems(page) + [p for p in contract.repeated_names(BOOK) if p.page == pages.name_of(page)]
    assert not found, "\n" + "\n".join(map(str, found))


def test_table_of_contents_is_up_to_date():
    assert toc.is_up_to_date(), "run: .venv/bin/python book/toc.py"


def test_every_notebook_is_in_the_table_of_contents():
    listed = toc.TOC.read_text(encoding="utf-8").split()
    for page in BOOK:
        assert pages.name_of(page).removesuffix(".ipynb") in listed


def test_setup_extras_are_declared():
    import tomllib

    declared = tomllib.loads((pages.ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for page in BOOK:
        assert set(pages.read(page).metadata.d2l.get("extras", [])) <= set(declared), pages.name_of(page)


# ---------------------------------------------------------------- a page that keeps it, and breaches


def outputs_of(source):
    """What the cells of the skeleton print and show, without running them."""
    if source.startswith("verify("):
        return [nbformat.v4.new_output("stream", name="stdout",
                                       text="✓ Sums of squares TODO | formula = autograd | atol 1e-12\n")]
    if source.startswith("verify_differs("):
        return [nbformat.v4.new_output("stream", name="stdout", text="✓ claim | wrong ≠ right | by at least 0.1\n")]
    if "show(fig" in source:
        return [nbformat.v4.new_output("display_data", {"image/png": "AAAA", "text/plain": "Figure: five means"},
                                       metadata={"image/png": {"alt": "five means near one half"}})]
    return []


def stamped(notebook):
    """The notebook with outputs and stamp, as the runner would leave it."""
    for cell in pages.code_cells(notebook):
        if not cell.outputs:
            cell.outputs = outputs_of(cell.source)
    run.prepare(notebook)
    run.normalise(notebook)
    notebook.metadata["d2l"]["digest"] = pages.digest(notebook)
    return notebook


PATH = pages.ROOT / "chapters" / "11-recurrent" / "a-page-that-is-not-there.ipynb"


@pytest.fixture
def lesson():
    return stamped(new_page.skeleton("Sums of squares"))


@pytest.fixture
def quiz():
    return stamped(new_page.skeleton("Quiz", "quiz"))


def said(notebook):
    return [str(problem) for problem in contract.problems(PATH, notebook)]


def cell_with(notebook, text):
    return next(cell for cell in notebook.cells if text in cell.source)


def test_skeletons_keep_the_contract(lesson, quiz):
    assert said(lesson) == []
    assert said(quiz) == []
    assert said(stamped(new_page.skeleton("Guide", "guide"))) == []


def edit(old, new):
    """A breach: this text replaced by that one, in the one cell that has it."""

    def breach(notebook):
        cell = cell_with(notebook, old)
        cell.source = cell.source.replace(old, new)
        stamped(notebook)

    return breach


def drop(text):
    def breach(notebook):
        notebook.cells.remove(cell_with(notebook, text))
        stamped(notebook)

    return breach


def output(text, /, **change):
    """A breach: other outputs of the cell that has this text."""

    def breach(notebook):
        cell_with(notebook, text).outputs = [nbformat.v4.new_output(**change)]

    return breach


def add(text):
    return edit("TODO: what is compared with what.", text)


FIGURE = "show(fig"
BREACHES = {
    "no title": (edit("# Sums of squares\n", "\n"), "0 titles"),
    "two titles": (edit("## From scratch", "# From scratch"), "2 titles"),
    "no lead": (edit("TODO: the lead, one paragraph. The question that this page answers and why it matters; what "
                     "the reader can\ndo afterwards; what they need first, with links to the pages that teach it.",
                     "Squares."), "the lead has 1 words"),
    "unknown section": (edit("## From scratch", "## By hand"), "'## By hand' is not one of the book's"),
    "section that only looks right": (edit("## Derivation", "## Derivations"), "'## Derivations' is not"),
    "no summary": (edit("## Summary", "### Summary"), "0 sections '## Summary'"),
    "deep heading": (edit("## From scratch", "## From scratch\n\n#### Deep"), "2 levels deeper"),
    "directive": (add("```{note}\nBeware.\n```"), "'```{note}' is MyST"),
    "colon fence": (add(":::{note}\nBeware.\n:::"), "is MyST"),
    "role": (add("see {ref}`there`"), "'{ref}`' is MyST"),
    "raw html": (add("some <b>bold</b>"), "raw HTML '<b>'"),
    "html comment": (add("<!-- hidden -->"), "raw HTML '<!--'"),
    "details without blank lines": (edit("<details><summary>Solution</summary>\n\n",
                                         "<details><summary>Solution</summary>\n"), "folded block"),
    "dollars on a text line": (add("$$ a = b $$"), "$$ shares its line"),
    "open display": (add("$$\na = b"), "never closed"),
    "bare line break": (add("$$\na \\\\ b\n$$"), "line break \\\\ outside an environment"),
    "align": (add("$$\n\\begin{align}a\\end{align}\n$$"), "stands only outside of $$"),
    "tag inside aligned": (edit("\n\\end{aligned}\n\\tag{Sums of squares TODO}",
                                "\n\\tag{Sums of squares TODO}\n\\end{aligned}"), "stands inside an environment"),
    "tag with underscore": (edit("\\tag{Sums of squares TODO}", "\\tag{a_b}"), "is not letters, digits"),
    "tag twice": (add("$$\na = b \\tag{Sums of squares TODO}\n$$"), "stands in cell 4 already"),
    "no equation": (edit("\\tag{Sums of squares TODO}", ""), "no equation has a name"),
    "equation not verified": (edit("\\tag{Sums of squares TODO}", "\\tag{Sums of squares}"),
                              "'Sums of squares' is not verified (the page verifies 'Sums of squares TODO')"),
    "longer name not verified": (edit("\\tag{Sums of squares TODO}", "\\tag{Sums of squares TODO twice}"),
                                 "'Sums of squares TODO twice' is not verified"),
    "inequality verifies nothing": (
        output("verify(\"", output_type="stream", name="stdout",
               text="✓ Sums of squares TODO | wrong ≠ right | by at least 1\n"), "is not verified"),
    "link to nothing": (add("[there](nowhere.ipynb)"), "leads to no file"),
    "link to an anchor": (add("[there](bptt.ipynb#traps)"), "leads to an anchor"),
    "link to a site page": (add("[there](bptt.html)"), "is not the relative path of a page"),
    "picture from a file": (add("![a cat](cat.png)"), "comes from a file"),
    "trap without a name": (edit("### Trap: TODO, the claim", "### TODO, the claim"), "heading '### TODO"),
    "trap without a cell": (drop("verify_differs(\""), "nothing shows that 'Trap: TODO"),
    "exercise of no kind": (edit("### 1. TODO (check)", "### 1. TODO"), "the exercise '### 1. TODO'"),
    "exercise misnumbered": (edit("### 2. TODO", "### 3. TODO"), "Number it 2"),
    "exercise without solution": (drop("assert torch.equal"), "'4. TODO (code)' has no solution"),
    "no exercise to derive": (edit("(derive)", "(check)"), "no exercise of kind derive"),
    "too few exercises": (edit("### 2. TODO (derive)", "More"), "has 3 exercises"),
    "solution not folded": (
        lambda nb: cell_with(nb, "assert torch.equal").metadata.update(tags=["solution"]), "is not folded"),
    "verify not tagged": (lambda nb: cell_with(nb, "verify(\"").metadata.pop("tags"), "has no tag"),
    "verify in a function": (
        lambda nb: cell_with(nb, "verify(\"").update(source="def check():\n    verify()", outputs=[]),
        "its line is not stored"),
    "set-up cell changed": (lambda nb: cell_with(nb, "%pip install").update(source="import d2lutil"),
                            "is not the one that the runner writes"),
    "set-up cell missing": (drop("%pip install"), "is the set-up cell"),
    "stale": (lambda nb: cell_with(nb, "gradient = 2").update(source="gradient = 3 * x"), "the code changed since"),
    "never executed": (lambda nb: cell_with(nb, "gradient = 2").update(execution_count=None), "never executed"),
    "out of order": (lambda nb: cell_with(nb, "gradient = 2").update(execution_count=9), "as number 9, not 3"),
    "error": (output("leaf = x", output_type="error", ename="ValueError", evalue="", traceback=[]),
              "raised ValueError"),
    "stderr": (output("leaf = x", output_type="stream", name="stderr", text="careful"), "printed to stderr: 'careful'"),
    "progress bar": (output("leaf = x", output_type="stream", name="stdout", text="1%\r2%"), "progress bar"),
    "address": (output("leaf = x", output_type="execute_result", data={"text/plain": "<object at 0x7f00aa>"}),
                "differs from run to run"),
    "widget": (output("leaf = x", output_type="display_data",
                      data={"application/vnd.jupyter.widget-view+json": {}}), "a stored widget"),
    "figure without alt": (output(FIGURE, output_type="display_data", data={"image/png": "AAAA"}),
                           "without a text that stands for it"),
    "svg": (output(FIGURE, output_type="display_data", data={"image/svg+xml": "<svg/>"}), "is not PNG"),
    "interactive figure without alt": (
        output("def draw", output_type="display_data", data={"text/html": "<img src='x'>"}), "interactive figure without"),
    "heavy figure": (
        output("def draw", output_type="display_data", data={"text/html": bytes(
            (i * i * 7919 >> 5) % 94 + 32 for i in range(900_000)).decode().replace("<", "").replace("\\", "")
            + "".join(map(str, range(200_000)))}), "KB gzipped"),
    "long cell": (edit("gradient = 2 * x", "\n".join(f"a{i} = {i}" for i in range(30)) + "\ngradient = 2 * x"),
                  "the cell has 32 lines"),
    "own clock": (edit("gradient = 2 * x", "import time; time.time()\ngradient = 2 * x"), "measures time by itself"),
    "plt.show": (edit("gradient = 2 * x", "plt.show()\ngradient = 2 * x"), "plt.show()"),
    "unknown kind": (lambda nb: nb.metadata.d2l.update(kind="essay"), "'essay' is unknown"),
    "unknown metadata": (lambda nb: nb.metadata.d2l.update(author="me"), "unknown keys author"),
}


@pytest.mark.parametrize("name", BREACHES)
def test_breach_is_noticed(lesson, name):
    breach, message = BREACHES[name]
    breach(lesson)
    found = said(lesson)
    assert any(message in text for text in found), found
    assert all(text.startswith("chapters/11-recurrent/a-page-that-is-not-there.ipynb") for text in found)


@pytest.mark.parametrize(("breach", "message"), [
    (edit("### 4. TODO", "### TODO"), "the question '### TODO'"),
    (edit("<details><summary>Solution</summary>\n\nTODO: the answer and its reason.\n\n</details>", "No."),
     "has 0 folded solutions"),
    (drop("### 10."), "has 9 questions"),
])
def test_breach_of_a_quiz_is_noticed(quiz, breach, message):
    breach(quiz)
    assert any(message in text for text in said(quiz)), said(quiz)


def test_code_in_markdown_is_not_mistaken():
    notebook = stamped(new_page.skeleton("Sums of squares"))
    add("Python's `# Title`, `$$ a $$`, `<b>` and\n\n```python\n# a comment\nx = '$$'\n```\n\nand 3 < 4, a <b, "
        "$f[a](b)$.")(notebook)
    assert said(notebook) == []


def test_names_are_unique_in_the_book(tmp_path, lesson):
    one, two = tmp_path / "one.ipynb", tmp_path / "two.ipynb"
    pages.write(one, lesson)
    pages.write(two, lesson)
    found = contract.repeated_names([one, two])
    assert len(found) == 1
    assert "'Sums of squares TODO' is used in" in str(found[0])


@pytest.mark.parametrize(("content", "message"), [
    ("", "not JSON"), ("{", "not JSON"), ("[]", "not a notebook"), ('{"cells": 3}', "not a notebook"),
    ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}', "not a notebook"),
])
def test_unreadable_notebook_is_named(tmp_path, content, message):
    path = tmp_path / "page.ipynb"
    path.write_text(content)
    found = contract.problems(path)
    assert len(found) == 1
    assert message in str(found[0])
    assert "page.ipynb" in str(found[0])


def test_large_notebook(tmp_path, lesson):
    lesson.cells[2].source += "\n# " + "x" * contract.MAX_PAGE
    path = tmp_path / "page.ipynb"
    pages.write(path, stamped(lesson))
    assert any("KB" in str(problem) for problem in contract.problems(path))


def test_toc_lists_standing_pages_in_the_plans_order(tmp_path):
    for name in ("11-recurrent/index.md", "11-recurrent/gru.ipynb", "11-recurrent/bptt.ipynb"):
        path = tmp_path / "chapters" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert toc.toc(tmp_path).splitlines()[2:] == [
        "chapters:", "  - file: chapters/11-recurrent/index", "    sections:",
        "      - file: chapters/11-recurrent/bptt", "      - file: chapters/11-recurrent/gru"]
    (tmp_path / "chapters/11-recurrent/unplanned.ipynb").touch()
    with pytest.raises(toc.TocError, match=r"unplanned: not in book/plan.yml"):
        toc.toc(tmp_path)
    (tmp_path / "chapters/11-recurrent/unplanned.ipynb").unlink()
    (tmp_path / "chapters/11-recurrent/index.md").unlink()
    with pytest.raises(toc.TocError, match="index.md is missing"):
        toc.toc(tmp_path)


def test_new_page_refuses(tmp_path, monkeypatch):
    with pytest.raises(pages.PageError, match="no page 11-recurrent/nothing"):
        new_page.start("11-recurrent", "nothing")
    written = next(page for page in bookfiles.pages().values() if page.written)
    with pytest.raises(pages.PageError, match="exists already"):
        new_page.start(written.folder, written.slug)
