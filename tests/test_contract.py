"""Every page keeps the contract; and the contract notices when one does not."""

import tomllib

import nbformat
import pytest

from book import contract, model, new_page, run

BOOK = model.all_pages()

#: Pages of the first pattern, which keep the old rules until they are written anew. This list
#: may only shrink: a new page is of the second pattern.
FIRST_PATTERN = []


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames:
        given = metafunc.config.getoption("--page")
        chosen = [(model.ROOT / name).resolve() for name in given] or BOOK
        metafunc.parametrize("page", chosen, ids=model.name_of)


@pytest.fixture(scope="session")
def repeated():
    """Names that two pages use: looked up once, since it takes a look at every page."""
    found = {}
    for problem in contract.repeated_names(BOOK):
        found.setdefault(problem.page, []).append(problem)
    return found


def test_page(page, repeated):
    found = contract.problems(page) + repeated.get(model.name_of(page), [])
    assert not found, "\n" + "\n".join(map(str, found))


def test_pages_of_the_first_pattern_get_fewer():
    lessons = {page.address: page.pattern for _, page in model.written_pages()}
    lessons = {
        a: p for a, p in lessons.items() if model.planned_pages()[a].kind == "lesson"
    }
    assert len(FIRST_PATTERN) <= 20
    for address in FIRST_PATTERN:
        assert lessons.get(address) == 1, f"strike {address} from FIRST_PATTERN"
    new = [address for address in lessons if address not in FIRST_PATTERN]
    assert all(lessons[a] == 2 for a in new), (
        "a new page has d2l.pattern 2: see make page"
    )


def test_setup_extras_are_declared():
    project = tomllib.loads((model.ROOT / "pyproject.toml").read_text())["project"]
    for page in BOOK:
        extras = model.page(page).d2l.get("extras", [])
        assert set(extras) <= set(project["optional-dependencies"]), model.name_of(page)


# ---------------------------------------------------------------- pages that keep it


def printed(*lines):
    text = "".join(f"{line}\n" for line in lines)
    return [nbformat.v4.new_output("stream", name="stdout", text=text)]


def figure(**metadata):
    about = {"alt": "five means near one half", "caption": "Look here.", **metadata}
    data = {"image/png": "AAAA", "text/plain": "Figure: five means"}
    return [nbformat.v4.new_output("display_data", data, metadata={"image/png": about})]


def interactive(caption='<p class="d2l-caption">Look here.</p>'):
    html = f'<img alt="a bowl and its line" src="data:,">{caption}'
    return [nbformat.v4.new_output("display_data", {"text/html": html})]


#: What cells of the skeleton print and show, told from a piece of their source.
SHOWN = {
    "show(\n": figure(),
    "explore(draw": interactive(),
    "verify(\n": printed(
        "✓ Sums of squares TODO | by hand = formula = autograd | atol 1e-12"
    ),
    "verify_effect(": printed("✓ Small steps | more > less | 12 paired seeds"),
    "verify_differs(": printed("✓ claim | wrong ≠ right | by at least 0.5"),
    "check_yours(": printed("… not yet: step"),
    "check_step(step_s": printed("✓ One step | yours = by hand | atol 1e-12"),
}
SCORE = {"planted": 20, "crashed": 2, "ran": 18, "noticed": 18, "explained": []}


def stamped(notebook):
    """The notebook with outputs and stamps, as the runner and make mutants would leave it."""
    for cell in model.code_cells(notebook):
        for source, outputs in SHOWN.items():
            if (
                source in cell.source
                and "import" not in cell.source
                and not cell.outputs
            ):
                cell.outputs = [nbformat.from_dict(output) for output in outputs]
    run.prepare(notebook)
    run.normalise(notebook)
    stamp = model.digest(notebook, PATH.parent)
    notebook.metadata["d2l"]["digest"] = stamp
    if model.code_cells(notebook):
        notebook.metadata["d2l"]["seconds"] = 3.0
        notebook.metadata["d2l"].setdefault("mutants", {**SCORE, "digest": stamp})
        notebook.metadata["d2l"]["mutants"]["digest"] = stamp
    return notebook


PATH = model.ROOT / "chapters" / "11-recurrent" / "a-page-that-is-not-there.ipynb"


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


@pytest.mark.parametrize("kind", model.KINDS)
@pytest.mark.parametrize(
    "title", ["Sums of squares", "'L1, L2': a very long title, " * 2]
)
def test_skeletons_keep_the_contract(kind, title):
    notebook = new_page.skeleton(title, kind)
    for equation in model.Page(PATH, notebook).equations:
        line = f"✓ {equation.name} | by hand = formula = autograd | atol 1e-12"
        cell_with(notebook, CHECK).outputs = printed(line)
    assert said(stamped(notebook)) == []


def test_a_new_lesson_lacks_only_planted_errors(lesson):
    del lesson.metadata.d2l["mutants"]
    (only,) = said(lesson)
    assert "nobody planted errors" in only
    assert "Run make mutants PAGE=chapters/11-recurrent/" in only


# ---------------------------------------------------------------- breaches, and what is said


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


def prints(text, line):
    return output(text, output_type="stream", name="stdout", text=f"{line}\n")


def after(text, *sources, tags=()):
    """A breach: cells of code below the one that has this text."""

    def breach(notebook):
        at = notebook.cells.index(cell_with(notebook, text)) + 1
        for source in reversed(sources):
            cell = nbformat.v4.new_code_cell(source)
            cell.metadata["tags"] = list(tags)
            notebook.cells.insert(at, cell)
        stamped(notebook)

    return breach


def move(text, above):
    def breach(notebook):
        cell = cell_with(notebook, text)
        notebook.cells.remove(cell)
        notebook.cells.insert(notebook.cells.index(cell_with(notebook, above)), cell)
        stamped(notebook)

    return breach


def add(text):
    whole = (
        "TODO: the same with torch's own parts, on the accelerator where there is one."
    )
    return edit(whole, text)


def metadata(**change):
    return lambda notebook: notebook.metadata.d2l.update(change)


def tagged(text, *tags):
    return lambda notebook: cell_with(notebook, text).metadata.update(tags=list(tags))


LEAD = "TODO: the lead, 25 to 90 words."
ANY_SIZE = bytes((i * i * 7919 >> 5) % 94 + 32 for i in range(900_000)).decode()
HEAVY = ANY_SIZE.replace("<", "").replace("\\", "") + "".join(map(str, range(200_000)))
EFFECT = 'verify_effect("Small'
CHECK = "verify(\n"

EXPLAINED = {"change": "a - b for a + b", "why": "b is zero here"}

#: Rules of every page.
BREACHES = {
    "no title": (edit("# Sums of squares\n", "\n"), "0 titles"),
    "two titles": (edit("## With torch", "# With torch"), "2 titles"),
    "unknown section": (edit("## With torch", "## By foot"), "'## By foot' is not one"),
    "section that only looks right": (
        edit("## Derivation: TODO", "## Derivations: TODO"),
        "'## Derivations: TODO",
    ),
    "setext section": (
        edit("## With torch", "By foot\n---"),
        "'## By foot' is not one",
    ),
    "no summary": (edit("## Summary", "### Summary"), "0 sections '## Summary'"),
    "deep heading": (
        edit("## With torch", "## With torch\n\n#### Deep"),
        "2 levels deeper",
    ),
    "directive": (add("```{note}\nBeware.\n```"), "'```{note}' is MyST"),
    "colon fence": (add(":::{note}\nBeware.\n:::"), "is MyST"),
    "role": (add("see {ref}`there`"), "'{ref}`' is MyST"),
    "label": (add("x\n\n(there)=\n\nx"), "'(there)=' is MyST"),
    "label of a display": (add("x\n\n$$\na\n$$ (there)"), "'(there)' is MyST"),
    "raw html": (add("some <b>bold</b>"), "raw HTML '<b>'"),
    "html comment": (add("<!-- hidden -->"), "raw HTML '<!--'"),
    "details without blank lines": (
        edit(
            "<details><summary>Solution</summary>\n\n",
            "<details><summary>Solution</summary>\n",
        ),
        "folded block",
    ),
    "details that stay open": (
        edit("worked out.\n\n</details>", "worked out."),
        "folded block",
    ),
    "dollars on a text line": (add("$$ a = b $$"), "$$ shares its line"),
    "dollars behind words": (add("it is $$ a = b $$, then"), "$$ shares its line"),
    "dollars at the end": (add("x\n\n$$\na = b $$"), "$$ shares its line"),
    "open display": (add("$$\na = b"), "never closed"),
    "display in a paragraph": (
        add("It is\n$$\na\n$$\nthen"),
        "a display inside a paragraph",
    ),
    "display that is code": (
        add("x\n\n    $$\n    a\n    $$\n"),
        "which makes it code",
    ),
    "bare line break": (
        add("x\n\n$$\na \\\\ b\n$$"),
        "line break \\\\ outside an environment",
    ),
    "line break in a line": (add("a formula $a \\\\ b$"), "a line break \\\\ inside"),
    "empty line in a display": (
        add("x\n\n$$\na\n\nb\n$$"),
        "an empty line inside a display",
    ),
    "align": (
        add("x\n\n$$\n\\begin{align}a\\end{align}\n$$"),
        "stands only outside of $$",
    ),
    "tag inside aligned": (
        edit(
            "\n\\end{aligned}\n\\tag{Sums of squares TODO}",
            "\n\\tag{Sums of squares TODO}\n\\end{aligned}",
        ),
        "stands inside an environment",
    ),
    "two tags": (add("x\n\n$$\na \\tag{A} \\tag{B}\n$$"), "carries the names A, B"),
    "tag in a line": (add("so $a \\tag{A}$"), "\\tag stands outside a display"),
    "tag in words": (add("so \\tag{A}"), "\\tag stands outside a display"),
    "tag with underscore": (
        edit("\\tag{Sums of squares TODO}", "\\tag{a_b}"),
        "is not letters, digits",
    ),
    "tag twice": (add("x\n\n$$\na = b \\tag{Sums of squares TODO}\n$$"), "already"),
    "indented equation": (
        add("x\n\n  $$\n  a \\tag{New}\n  $$"),
        "'New' is not verified",
    ),
    "tag with a space": (add("x\n\n$$\na \\tag {New}\n$$"), "'New' is not verified"),
    "no equation": (edit("\\tag{Sums of squares TODO}", ""), "no equation has a name"),
    "equation not verified": (
        edit("\\tag{Sums of squares TODO}", "\\tag{Sums of squares}"),
        "'Sums of squares' is not verified (the page verifies 'Sums of squares TODO')",
    ),
    "inequality verifies nothing": (
        prints(CHECK, "✓ Sums of squares TODO | wrong ≠ right | by at least 1"),
        "'Sums of squares TODO' is not verified",
    ),
    "effect verifies no equation": (
        prints(CHECK, "✓ Sums of squares TODO | more > less | 12 paired seeds"),
        "'Sums of squares TODO' is not verified",
    ),
    "link to nothing": (add("[there](nowhere.ipynb)"), "leads to no file"),
    "link to an anchor": (add("[there](bptt.ipynb#traps)"), "leads to an anchor"),
    "link to a site page": (
        add("[there](bptt.html)"),
        "is not the relative path of a page",
    ),
    "link defined elsewhere": (
        add("[there]\n\n[there]: bptt.ipynb"),
        "away from its place",
    ),
    "picture from a file": (add("![a cat](cat.png)"), "comes from a file"),
    "trap without a name": (edit("### Trap: TODO", "### TODO"), "heading '### TODO"),
    "trap without a cell": (
        drop("verify_differs(\n"),
        "nothing shows that 'Trap: TODO",
    ),
    "no trap": (edit("### Trap: ", "Trap: "), "the section Traps is empty"),
    "exercise of no kind": (
        edit("### 1. TODO (check)", "### 1. TODO"),
        "'### 1. TODO'",
    ),
    "exercise misnumbered": (edit("### 2. TODO", "### 3. TODO"), "Number it 2"),
    "exercise without solution": (
        edit(
            "<details><summary>Solution</summary>\n\nTODO: the answer to what was asked, "
            "worked out.\n\n</details>",
            "",
        ),
        "'1. TODO (check)' has no solution",
    ),
    "no exercise to derive": (
        edit("(derive)", "(check)"),
        "no exercise of kind derive",
    ),
    "too few exercises": (edit("### 2. TODO (derive)", "More"), "has 3 exercises"),
    "solution not folded": (tagged("def step_solution", "solution"), "is not folded"),
    "verify not tagged": (tagged(CHECK), "has no tag"),
    "tag without verify": (tagged("leaf = case", model.COMPARED), "verifies nothing"),
    "verify in a function": (
        lambda nb: cell_with(nb, CHECK).update(
            source="def check():\n    verify()", outputs=[]
        ),
        "its line is not stored",
    ),
    "figure in a compared cell": (
        lambda nb: cell_with(nb, EFFECT).outputs.extend(figure()),
        "a figure in a cell whose output is compared",
    ),
    "set-up cell changed": (
        lambda nb: cell_with(nb, "This page needs").update(source="import d2lutil"),
        "is not the one that the runner writes",
    ),
    "set-up cell missing": (drop("This page needs"), "is the set-up cell"),
    "stale": (
        lambda nb: cell_with(nb, "return 2 * x").update(
            source="def gradient(x):\n    ..."
        ),
        "the code changed since",
    ),
    "marks of another run": (
        lambda nb: nb.metadata["d2l"].update(marks=[{"model": "net", "bits": 2.0}]),
        "the marks in its metadata are not those that the page printed",
    ),
    "never executed": (
        lambda nb: cell_with(nb, "leaf = case").update(execution_count=None),
        "never executed",
    ),
    "out of order": (
        lambda nb: cell_with(nb, "leaf = case").update(execution_count=9),
        "as number 9, not 5",
    ),
    "empty cell": (after("leaf = case", ""), "an empty cell"),
    "error": (
        output(
            "leaf = case",
            output_type="error",
            ename="ValueError",
            evalue="",
            traceback=[],
        ),
        "raised ValueError",
    ),
    "stderr": (
        output("leaf = case", output_type="stream", name="stderr", text="careful"),
        "printed to stderr: 'careful'",
    ),
    "progress bar": (prints("leaf = case", "1%\r2%"), "progress bar"),
    "address": (
        prints("leaf = case", "<object at 0x7f00aa>"),
        "differs from run to run",
    ),
    "widget": (
        output(
            "leaf = case",
            output_type="display_data",
            data={"application/vnd.jupyter.widget-view+json": {}},
        ),
        "a stored widget",
    ),
    "widget state": (lambda nb: nb.metadata.update(widgets={}), "stored widget state"),
    "figure without alt": (
        output("bowl =", output_type="display_data", data={"image/png": "AAAA"}),
        "without a text that stands for it",
    ),
    "svg": (
        output("bowl =", output_type="display_data", data={"image/svg+xml": "<svg/>"}),
        "is not PNG",
    ),
    "interactive figure without alt": (
        output(
            "def draw", output_type="display_data", data={"text/html": "<img src='x'>"}
        ),
        "interactive figure without",
    ),
    "heavy figure": (
        output("def draw", output_type="display_data", data={"text/html": HEAVY}),
        "KB gzipped. Keep it",
    ),
    "heavy figures": (
        output("def draw", output_type="display_data", data={"text/html": HEAVY}),
        "KB gzipped together",
    ),
    "long cell": (
        edit(
            "leaf = case", "\n".join(f"a{i} = {i}" for i in range(30)) + "\nleaf = case"
        ),
        "the cell has 33 lines",
    ),
    "code of another page": (
        edit("leaf = case", "%run bptt.ipynb\nleaf = case"),
        "another page",
    ),
    "own clock": (edit("leaf = case", "time.time()\nleaf = case"), "time by itself"),
    "plt.show": (edit("leaf = case", "plt.show()\nleaf = case"), "plt.show()"),
    "unknown kind": (metadata(kind="essay"), "'essay' is unknown"),
    "unknown pattern": (metadata(pattern=3), "the pattern 3 is unknown"),
    "unknown metadata": (metadata(author="me"), "unknown keys author"),
    "extras": (metadata(extras="rl"), "d2l.extras is 'rl'"),
}

#: Rules of the second pattern.
BREACHES_2 = {
    "long lead": (edit(LEAD, f"{LEAD} {'and more ' * 30}"), "at most 90 are read"),
    "short lead": (
        lambda nb: nb.cells[0].update(source="# Sums of squares\n\nSquares."),
        "the lead has 1 words",
    ),
    "no idea": (
        edit("## Derivation: TODO, the idea in a few words", "## Derivation"),
        "no idea",
    ),
    "heading of another form": (
        edit("## By hand", "## By hand, twice"),
        "not of the form",
    ),
    "no picture": (edit("## Picture", "### Picture"), "no section '## Picture'"),
    "picture later": (
        move("## By hand", "## Picture"),
        "the first section is '## By hand'",
    ),
    "no case": (edit("## By hand", "### By hand"), "no section '## By hand'"),
    "case later": (
        move("## By hand", "## With torch"),
        "comes before the case with numbers",
    ),
    "traps first": (move("## Traps", "## Summary"), "stands in the first reading"),
    "torch last": (
        edit("## Deeper: TODO, a side result", "## With torch"),
        "'## With torch' stands below the summary",
    ),
    "no figure": (
        lambda nb: cell_with(nb, "bowl =").update(outputs=[]),
        "the section Picture shows no picture",
    ),
    "figure above": (
        after("import torch", "show(\n1)"),
        "a figure stands above the section Picture",
    ),
    "code above": (
        after("import torch", "1 + 1"),
        "code stands above the first picture",
    ),
    "formula in the lead": (edit(LEAD, f"{LEAD} $x$"), "a formula in the lead"),
    "formula in the picture": (
        edit("TODO: the thing itself", "For $x$ TODO: the thing itself"),
        "a formula in the section Picture",
    ),
    "no computation": (
        lambda nb: cell_with(nb, "## By hand").update(
            source="## By hand\n\nOne and 2."
        ),
        "'## By hand' computes no number",
    ),
    "vectors by hand": (edit("For 1 and 2", "For $\\mathbf x$"), "letters for vectors"),
    "by hand is not checked": (
        prints(CHECK, "✓ Sums of squares TODO | formula = autograd | atol 1e-12"),
        "no check holds the numbers of By hand",
    ),
    "long first reading": (
        edit("TODO: what is compared", "and so on " * 2000 + "TODO: what is compared"),
        ", They agree 4",
    ),
    "long page": (
        edit("TODO: general cases", "and so on " * 4000 + "TODO: general cases"),
        "minutes, 75 at most",
    ),
    "no table of symbols": (
        edit("| Symbol |", "| Letter |"),
        "has no table of symbols",
    ),
    "table of other columns": (
        edit("| Symbol | Name in code |", "| Symbol | Name |"),
        "the table of symbols has the columns Symbol, Name, Shape, Meaning",
    ),
    "symbol without code": (
        edit("`total`", '`p["W_hh"]`'),
        "'W_hh', a name that no cell",
    ),
    "symbol that is no code": (
        edit("`total`", "the `sum of`"),
        "calls $f$ 'of', a name",
    ),
    "loose bound": (
        prints(EFFECT, "✓ Jensen gap | lower ≤ upper | atol 0"),
        "the bound 'Jensen gap' would hold, too",
    ),
    "trap without what is right": (edit("What is right:", "So"), "what to do instead"),
    "no stub": (tagged("def step(x", "hide-input"), "has 0 cells tagged your-code"),
    "no check of the stub": (
        edit("check_yours(step, check_step)", "1"),
        "nothing tests what",
    ),
    "check of another": (
        edit("check_yours(step, check_step)", "check_yours(gradient, check_step)"),
        "check_yours does not test what the cell",
    ),
    "filled stub": (
        prints("check_yours(step", "✓ yours is right: step"),
        "does not say that step is not yet written",
    ),
    "untested solution": (
        edit("check_step(step_solution)", "step_solution(case, 0.1)"),
        "no solution of '4. TODO (code)' is put through check_step",
    ),
    "solution that overwrites": (
        lambda nb: cell_with(nb, "def step_solution").update(
            source="def step(x, rate):\n    return x - rate * 2 * x\n\n\ncheck_step(step)"
        ),
        "names that are bound again: 'step' (in cell",
    ),
    "imports with more": (
        edit("import torch\n", "import torch\nn = 3\n"),
        "does more than import",
    ),
    "import below": (
        edit("leaf = case", "import math\nleaf = case"),
        "in the middle of",
    ),
    "long line": (
        edit("leaf = case", f"leaf = case  # {'x' * 80}\nleaf = case"),
        "88 at most",
    ),
    "long cells": (
        lambda nb: [
            cell.update(source=cell.source + "\nx\nx\nx\nx\nx\nx\nx\nx\nx")
            for cell in model.code_cells(nb)
        ],
        "lines, 8 at most",
    ),
    "no caption": (
        lambda nb: cell_with(nb, "bowl =").update(outputs=figure(caption="")),
        "a figure without a caption",
    ),
    "no caption of an interactive figure": (
        lambda nb: cell_with(nb, "def draw").update(outputs=interactive("")),
        "an interactive figure without a caption",
    ),
    "no run time": (lambda nb: nb.metadata.d2l.pop("seconds"), "how long it runs"),
    "slow": (metadata(seconds=61.0), "the page runs 61 s, 60 at most"),
    "mutants of another form": (
        metadata(mutants={"score": 1}),
        "not what make mutants writes",
    ),
    "mutants of other code": (
        lambda nb: nb.metadata.d2l.mutants.update(digest="old"),
        "the code changed since errors were planted",
    ),
    "unnoticed mutants": (
        lambda nb: nb.metadata.d2l.mutants.update(noticed=15),
        "the checks notice 15 of 18 planted errors that ran",
    ),
    "mutants that do not run": (
        lambda nb: nb.metadata.d2l.mutants.update(ran=0, noticed=0),
        "no planted error ran to the end",
    ),
    "mutants explained away": (
        lambda nb: nb.metadata.d2l.mutants.update(explained=3 * [EXPLAINED]),
        "3 of 20 planted errors are explained away",
    ),
    "mutants without a reason": (
        lambda nb: nb.metadata.d2l.mutants.update(explained=[{"change": "a - b"}]),
        "explained without the change or the reason",
    ),
    "bound again": (
        after("verify(\n", "case = 3"),
        "the check reads names that are bound again: 'case' (in cell",
    ),
    "bound again by a solution": (
        edit("def step_solution", "leaf = 0\n\n\ndef step_solution"),
        "names that are bound again: 'leaf' (in cell",
    ),
    "bound again by the check itself": (
        edit("verify(\n", "case = case + 1\nverify(\n"),
        "names that are bound again: 'case' (here)",
    ),
}


@pytest.mark.parametrize("name", [*BREACHES, *BREACHES_2])
def test_breach_is_noticed(lesson, name):
    breach, message = (BREACHES | BREACHES_2)[name]
    breach(lesson)
    found = said(lesson)
    assert any(message in text for text in found), found
    assert all(text.startswith(model.name_of(PATH)) for text in found)


@pytest.mark.parametrize("name", BREACHES_2)
def test_the_second_pattern_binds_no_page_of_the_first(lesson, name):
    breach, message = BREACHES_2[name]
    breach(lesson)
    lesson.metadata.d2l.update(pattern=1)
    if name not in ("short lead",):
        assert not any(message in text for text in said(lesson))


@pytest.mark.parametrize(
    ("breach", "message"),
    [
        (edit("### 4. TODO", "### TODO"), "the question '### TODO'"),
        (
            edit(
                "<details><summary>Solution</summary>\n\nTODO: the answer, its reason, and the "
                "page that teaches it.\n\n</details>",
                "No.",
            ),
            "has 0 folded solutions",
        ),
        (drop("### 10."), "has 9 questions"),
    ],
)
def test_breach_of_a_quiz_is_noticed(quiz, breach, message):
    breach(quiz)
    assert any(message in text for text in said(quiz)), said(quiz)


# ---------------------------------------------------------------- what is no breach


@pytest.mark.parametrize(
    "text",
    [
        (
            "Python's `# Title`, `$$ a $$`, `<b>` and\n\n```python\n# a comment\nx = '$$'\n```\n\n"
            "and 3 < 4, a <b, $f[a](b)$."
        ),
        "See <https://doi.org/10.1000/182>.",
        "An example:\n\n    <b>bold</b>\n",
        "- an item\n\n  $$\n  a\n  $$\n- another",
        "Prices of \\$5 and \\$\\$ too.",
        "```text\nrepeat:\n    x = x - rate * slope\n```",
    ],
)
def test_plain_markdown_is_not_mistaken(lesson, text):
    add(text)(lesson)
    assert said(lesson) == []


def test_picture_and_numbers_may_be_one_section(lesson):
    cell = cell_with(lesson, "## By hand")
    lesson.cells.remove(cell)
    cell.source = cell.source.replace("## By hand", "").replace("· 1", "$\\cdot$ 1")
    lesson.cells.insert(lesson.cells.index(cell_with(lesson, "bowl =")) + 1, cell)
    edit("## Picture", "## Picture and numbers")(lesson)
    assert said(lesson) == []


def test_arithmetic_in_code_is_a_case_by_hand(lesson):
    cell_with(lesson, "## By hand").source = "## By hand: One and two"
    after("## By hand", "print(1 * 1 + 2 * 2)")(lesson)
    cell_with(lesson, "print(1").outputs = printed("5")
    assert said(lesson) == []


def test_traps_and_exercises_may_stand_deeper(lesson):
    cell = cell_with(lesson, "## Deeper")
    cell.source += (
        "\n\n### 5. TODO (check)\n\n<details><summary>Solution</summary>\n\nx\n\n</details>"
        "\n\n### Trap: TODO"
    )
    found = said(stamped(lesson))
    assert len(found) == 2
    assert "nothing shows that 'Trap: TODO'" in found[0]
    assert "does not tell the reader what to do instead" in found[1]


def test_a_bound_may_be_tight_or_have_a_lemma(lesson):
    line = "✓ Gap | lower ≤ upper, tight | atol 0"
    prints(EFFECT, line)(lesson)
    assert said(lesson) == []
    prints(EFFECT, "✓ Gap | lower ≤ upper | atol 0\n✓ Gap | one = two | atol 0")(lesson)
    assert said(lesson) == []


# ---------------------------------------------------------------- names that are bound again

CHECKED = "verify('Names', a=f(x), b=2)"


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        (["x = 1", CHECKED, "x = 2"], "x"),
        (["x = 1", "x = 2", CHECKED], ""),
        (["x = 1", CHECKED, "y = x"], ""),
        (["def f(x): return x * w", CHECKED, "w = 2"], "w"),
        (["def f(x): return g(x)", "def g(x): return x * w", CHECKED, "w = 2"], "w"),
        (["def f(x):\n    w = 2\n    return x * w", CHECKED, "w = 2"], ""),
        (["def f(x, w=1): return x * w", CHECKED, "w = 2"], ""),
        (["f = lambda x: x * w", CHECKED, "w = 2"], "w"),
        (
            [
                "class F:\n    def __call__(self, x): return x * w",
                "f = F()",
                CHECKED,
                "w = 2",
            ],
            "w",
        ),
        (
            [
                "class F:\n    def __call__(self, x): return w",
                "f = F().eval()",
                CHECKED,
                "w = 2",
            ],
            "w",
        ),
        (["def h(x): return x * w", "f = partial(h, 1)", CHECKED, "w = 2"], "w"),
        (["def h(x): return x * w", "f = [h, h]", CHECKED, "h = 2"], ""),
        (
            [
                "def m():\n    def g(x): return x * w\n    return g",
                "f = m()",
                CHECKED,
                "w = 2",
            ],
            "w",
        ),
        (["def h(x): return x * w", "f = h(1)", CHECKED, "w = 2"], ""),
        (["x = 1", CHECKED, "for x in range(3): pass"], "x"),
        (["x = 1", CHECKED, "[x for x in range(3)]"], ""),
        (["x = 1", CHECKED, "[y := x for z in range(3)]"], ""),
        (["x = 1", CHECKED, "print(x := 2)"], "x"),
        (["x = 1", CHECKED, "with open('a') as x: pass"], "x"),
        (["x = 1", CHECKED, "x += 1"], "x"),
        (["x = 1", CHECKED, "a, (x, *b) = 1, (2, 3)"], "x"),
        (["x = 1", CHECKED, "def x(): pass"], "x"),
        (["x = 1", CHECKED, "class x: pass"], "x"),
        (["x = 1", CHECKED, "del x"], "x"),
        (["x = 1", CHECKED, "try: pass\nexcept E as x: pass"], "x"),
        (["x = 1", CHECKED, "match 1:\n    case x: pass"], "x"),
        (["x = 1", CHECKED, "x: int"], ""),
        (["x = 1", CHECKED, "def g():\n    x = 3"], ""),
        (["x = 1", CHECKED, "x[0] = 3"], ""),
        (["import x", CHECKED, "import x"], ""),
        (["import x", CHECKED, "import y as x"], "x"),
        (["from a import x", CHECKED, "from b import x"], "x"),
        (["x = 1", f"x = x + 1\n{CHECKED}"], "x"),
        ([f"x = 1\n{CHECKED}", "x = 2"], ""),
    ],
)
def test_names_that_are_bound_again(cells, names):
    notebook = nbformat.v4.new_notebook(metadata={"d2l": {"pattern": 2}})
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in cells]
    found = [text for text in said(notebook) if "bound again" in text]
    assert len(found) == bool(names)
    if names:
        assert (
            f"again: '{names}' ({'here' if len(cells) == 2 else 'in cell'}" in found[0]
        )


# ---------------------------------------------------------------- the whole book, and files


def test_names_are_unique_in_the_book(tmp_path, lesson):
    one, two = tmp_path / "one.ipynb", tmp_path / "two.ipynb"
    model.write(one, lesson)
    model.write(two, lesson)
    found = contract.repeated_names([one, two, tmp_path / "three.ipynb"])
    assert len(found) == 1
    assert "'Sums of squares TODO' is used in" in str(found[0])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not a notebook"),
        ('{"cells": 3}', "not a notebook"),
        (
            (
                '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '
                '[{"cell_type": "code"}]}'
            ),
            "not a notebook",
        ),
    ],
)
def test_unreadable_notebook_is_named(tmp_path, content, message):
    path = tmp_path / "page.ipynb"
    path.write_text(content)
    found = contract.problems(path)
    assert len(found) == 1
    assert message in str(found[0])
    assert "page.ipynb" in str(found[0])


def test_large_notebook(tmp_path, lesson):
    cell_with(lesson, "leaf = case").source += "\n# " + "x" * model.MAX_PAGE
    path = tmp_path / "page.ipynb"
    model.write(path, stamped(lesson))
    assert any(
        "the notebook has 5" in str(problem) for problem in contract.problems(path)
    )


def test_the_program_names_what_it_found(tmp_path, lesson, monkeypatch, capsys):
    from book.contract import __main__ as program

    path = tmp_path / "page.ipynb"
    lesson.metadata.d2l.update(kind="essay")
    model.write(path, lesson)
    monkeypatch.setattr("sys.argv", ["contract", str(path)])
    assert program.main() == 1
    *problems, last = capsys.readouterr().out.splitlines()
    assert "the kind of page 'essay' is unknown" in problems[0]
    assert last.startswith("1 pages, ")


# ---------------------------------------------------------------- a page is started


def test_new_page_refuses():
    with pytest.raises(
        model.PageError, match=r"no page 11-recurrent/nothing; it has 11"
    ):
        new_page.start("11-recurrent", "nothing")
    with pytest.raises(
        model.PageError, match=r"no page nowhere/nothing; it has 00-about"
    ):
        new_page.start("nowhere", "nothing")
    written = next(page for page in model.planned_pages().values() if page.written)
    with pytest.raises(model.PageError, match="exists already"):
        new_page.start(written.folder, written.slug)


def test_new_page_starts_the_chapter_too(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(model, "ROOT", tmp_path)
    path = new_page.start("12-seq2seq", "bleu")
    assert model.page(path).title == "BLEU"
    assert model.page(path).pattern == 2
    index = path.with_name("index.md").read_text()
    assert index.startswith("# Sequence to sequence\n")
    assert "```{chapter-pages}\n```" in index
    assert "index.md written" in capsys.readouterr().out


def test_an_equation_of_any_title_has_a_name():
    for title in ("L1, L2", "1x1 convolution", "Überall", "…"):
        notebook = new_page.skeleton(title)
        (equation,) = model.Page(PATH, notebook).equations
        assert model.EQUATION_NAME.fullmatch(equation.name)
