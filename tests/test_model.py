"""The model of a page: the plan, notebooks as they come, what a page says; and that the
book's modules import one way."""

import ast
import json

import nbformat
import pytest

from book import model

CHAPTER = "- folder: 01-first\n  title: First\n  pages:\n"


def plan(tmp_path, *pages, head=CHAPTER):
    path = tmp_path / "plan.yml"
    path.write_text(head + "".join(f"    - {page}\n" for page in pages))
    return path


# ---------------------------------------------------------------- the plan


def test_the_plan_is_read(tmp_path):
    path = plan(
        tmp_path,
        "{slug: a, title: A, needs: []}",
        "{slug: b, title: 'B: more', kind: quiz, needs: [01-first/a]}",
    )
    (chapter,) = model.read_plan(path)
    first, second = chapter.pages
    assert (chapter.folder, chapter.title, chapter.lessons) == (
        "01-first",
        "First",
        [first],
    )
    assert (first.address, first.kind, first.needs) == ("01-first/a", "lesson", ())
    assert (second.title, second.kind, second.needs) == (
        "B: more",
        "quiz",
        ("01-first/a",),
    )
    assert second.docname == "chapters/01-first/b"


A = "{slug: a, title: A, needs: []}"


@pytest.mark.parametrize(
    ("pages", "message"),
    [
        (["{slug: a, title: A}"], "line 4: the page 01-first/a has no 'needs'"),
        (["{title: A, needs: []}"], "line 4: the page 01-first/None has no 'slug'"),
        (["{slug: a, needs: []}"], "line 4: the page 01-first/a has no 'title'"),
        (
            [A, "{slug: b, titel: B, needs: []}"],
            "line 5: the page 01-first/b has no 'title'",
        ),
        (
            [A, "{slug: b, title: B, needs: [], knid: quiz}"],
            "line 5: the page 01-first/b has 'knid'; known are slug, title, needs, kind",
        ),
        (
            [A, "{slug: b, title: B, kind: lessn, needs: []}"],
            "line 5: 01-first/b: the kind 'lessn' is none of lesson, quiz, guide",
        ),
        ([A, A], "line 5: 01-first/a stands in line 4 already"),
        (["{slug: a, slug: b, title: A, needs: []}"], "line 4: 'slug' stands twice"),
        (
            [A, "{slug: b, title: B, needs: 01-first/a}"],
            "line 5: 01-first/b: needs must be a list of folder/slug, got '01-first/a'",
        ),
        (
            [A, "{slug: b, title: B, needs: [01-first/c]}"],
            "line 5: 01-first/b needs 01-first/c, which is no page of the plan",
        ),
        (
            [
                "{slug: a, title: A, needs: [01-first/b]}",
                "{slug: b, title: B, needs: [01-first/a]}",
            ],
            "line 4: pages need each other: 01-first/a needs 01-first/b needs 01-first/a",
        ),
        (
            ["{slug: a, title: A, needs: [01-first/a]}"],
            "line 4: pages need each other: 01-first/a needs 01-first/a",
        ),
        (["a page"], "'a page' must be a mapping with slug, title, needs"),
        (["{slug: a, title: [A, needs: []}"], "line 4: not YAML"),
    ],
)
def test_a_mistake_in_the_plan_is_named(tmp_path, pages, message):
    with pytest.raises(model.PageError) as error:
        model.read_plan(plan(tmp_path, *pages))
    assert str(error.value).startswith("plan.yml")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("first: 1", "plan.yml: it must be a list of chapters"),
        (
            "- folder: 01-first\n  pages: []",
            "line 1: the chapter 01-first has no 'title'",
        ),
        (
            "- folder: a\n  title: A\n  pages: b",
            "line 1: the chapter a: pages must be a list",
        ),
        (
            2 * "- folder: a\n  title: A\n  pages: []\n",
            "line 4: the chapter a stands twice",
        ),
        ("- a", "the chapter a: 'a' must be a mapping with folder, title, pages"),
    ],
)
def test_a_mistake_in_a_chapter_is_named(tmp_path, text, message):
    path = tmp_path / "plan.yml"
    path.write_text(text)
    with pytest.raises(model.PageError) as error:
        model.read_plan(path)
    assert message in str(error.value)


def test_the_books_own_plan_is_sound():
    pages = model.planned_pages()
    assert list(pages) == list(dict.fromkeys(pages))
    assert all(page.kind in model.KINDS for page in pages.values())


def test_the_reading_path_goes_from_the_first_page_needed():
    path = [page.address for page in model.reading_path("11-recurrent/rnn")]
    for page in model.planned_pages().values():
        if page.address in path:
            assert all(path.index(n) < path.index(page.address) for n in page.needs)
    assert path.index("11-recurrent/text") < path.index("11-recurrent/language-models")
    assert "11-recurrent/rnn" not in path
    assert model.reading_path("00-about/notation") == []


# ---------------------------------------------------------------- notebooks as they come


def notebook(*sources, **d2l):
    """A notebook: texts that begin with '#' or '|' are Markdown, others code."""
    found = nbformat.v4.new_notebook(metadata={"d2l": d2l})
    for source in sources:
        markdown = source.startswith(("#", "|"))
        new = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
        found.cells.append(new(source))
    return found


@pytest.fixture
def stored(tmp_path):
    """A function that stores a text or a notebook as a page, and returns its path."""

    def store(content, **options):
        path = tmp_path / "01-first" / "page.ipynb"
        path.parent.mkdir(exist_ok=True)
        text = content if isinstance(content, str) else model.text_of(content)
        path.write_bytes(text.encode(**options))
        return path

    return store


@pytest.mark.parametrize("validate", [True, False])
def test_cells_of_older_notebooks_get_ids(stored, validate):
    old = json.loads(model.text_of(notebook("# Title", "x = 1")))
    old["nbformat_minor"] = 4
    for cell in old["cells"]:
        del cell["id"]
    found = model.read(stored(json.dumps(old)), validate=validate)
    assert [cell.id for cell in found.cells] == ["cell-1", "cell-2"]
    assert found.nbformat_minor == 5


@pytest.mark.parametrize("validate", [True, False])
def test_windows_line_ends_and_a_byte_order_mark_are_read(stored, validate):
    text = model.text_of(notebook("# Title\n\nLead.", "x = 1\r\ny = 2"))
    path = stored(text.replace("\n", "\r\n"), encoding="utf-8-sig")
    found = model.read(path, validate=validate)
    assert [cell.source for cell in found.cells] == ["# Title\n\nLead.", "x = 1\ny = 2"]


def test_a_notebook_without_d2l_is_a_lesson(stored):
    plain = notebook("# Title")
    del plain.metadata["d2l"]
    page = model.page(stored(plain))
    assert (page.kind, page.seconds) == ("lesson", None)
    assert page.is_stale


@pytest.mark.parametrize("validate", [True, False])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not a notebook (the file is not JSON)"),
        ("# Title", "not a notebook (the file is not JSON)"),
        ("[]", "JSON, but not a notebook"),
        ("{}", "JSON, but not a notebook"),
        ('{"cells": 3}', "JSON, but not a notebook"),
    ],
)
def test_what_is_no_notebook_is_named(stored, content, message, validate):
    with pytest.raises(model.PageError, match="page.ipynb: ") as error:
        model.read(stored(content), validate=validate)
    assert message in str(error.value)


def test_what_cannot_be_read_is_named(stored, tmp_path):
    with pytest.raises(model.PageError, match=r"nothing\.ipynb: there is no such file"):
        model.read(tmp_path / "nothing.ipynb")
    with pytest.raises(model.PageError, match=r"nothing\.ipynb: there is no such file"):
        model.page(tmp_path / "nothing.ipynb")
    with pytest.raises(model.PageError, match="not UTF-8 text"):
        model.read(stored("é", encoding="latin-1"))
    path = stored('{"cells": [{"cell_type": "code"}], "metadata": {}, "nbformat": 4}')
    with pytest.raises(model.PageError, match="JSON, but not a notebook"):
        model.page(path, validate=True)


def test_a_page_is_read_again_when_its_file_changes(stored):
    path = stored(notebook("# One"))
    page = model.page(path)
    assert model.page(path) is page
    assert model.page(path, validate=True) is page
    stored(notebook("# Another"))
    assert model.page(path).title == "Another"


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    model.write_text(tmp_path / "new" / "a.txt", "x\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == b"x\n"
    (tmp_path / "file").touch()
    with pytest.raises(model.PageError, match=r"a\.txt cannot be written: "):
        model.write_text(tmp_path / "file" / "a.txt", "x")
    (tmp_path / "folder" / "x").mkdir(parents=True)
    with pytest.raises(model.PageError, match="folder cannot be written: "):
        model.write_text(tmp_path / "folder", "x")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder", "new"]


def test_a_digest_counts_the_files_that_a_page_reads(tmp_path):
    page = notebook("open('long.json')", "x = 1")
    before = model.digest(page, tmp_path)
    (tmp_path / "other.json").write_text("1")
    assert model.digest(page, tmp_path) == before
    (tmp_path / "long.json").write_text("1")
    read = model.digest(page, tmp_path)
    (tmp_path / "long.json").write_text("2")
    assert len({before, read, model.digest(page, tmp_path)}) == 3


def test_a_digest_is_of_the_code_and_not_of_what_the_runner_sets(tmp_path):
    page = notebook("# Title", "x = 1", "y = 2")
    before = model.digest(page, tmp_path)
    page.cells[0].source = "# Another title"
    page.cells[1].metadata["tags"] = [model.COMPARED, "hide-input"]
    page.cells[2].metadata["tags"] = ["hide-cell"]
    assert model.digest(page, tmp_path) == before
    page.cells[2].metadata["tags"] = ["solution"]
    assert model.digest(page, tmp_path) != before


# ---------------------------------------------------------------- what a page says


def page_of(*sources, **d2l):
    return model.Page("01-first/page.ipynb", notebook(*sources, **d2l))


def test_sections_end_where_the_next_of_their_level_begins():
    page = page_of(
        "# Title\n\nThe lead.\n\n## Picture: A bowl\n\nWords.",
        "show()",
        "## Traps\n\n### Trap: one\n\nx",
        "one()",
        "### Trap: two\n\ny\n\n## Deeper: More\n\nz",
    )
    assert [(s.kind, s.title, s.idea, s.reading) for s in page.sections] == [
        ("Picture", "Picture: A bowl", "A bowl", 1),
        ("Traps", "Traps", "Traps", 2),
        ("Deeper", "Deeper: More", "More", 2),
    ]
    picture, *_, deeper = page.sections
    assert [text for _, _, text in picture.parts] == [
        "## Picture: A bowl\n\nWords.",
        "show()",
    ]
    assert [text for _, _, text in deeper.parts] == ["## Deeper: More\n\nz"]
    one, two = page.under("Traps")
    assert (one.title, two.title) == ("Trap: one", "Trap: two")
    assert [cell.source for _, cell in one.code()] == ["one()"]
    assert [text.strip() for _, _, text in two.parts] == ["### Trap: two\n\ny"]
    assert page.title == "Title"
    assert page.lead == "The lead."


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Picture and numbers: A lake", "Picture and numbers"),
        ("Picture", "Picture"),
        ("By hand: Two steps", "By hand"),
        ("Derivations", ""),
        ("Why", ""),
        ("Deeper: Proof", "Deeper"),
    ],
)
def test_a_heading_announces_its_kind(heading, kind):
    assert model.kind_of_heading(heading) == kind


def test_headings_are_those_that_markdown_has():
    page = page_of(
        "# Title\n\nPicture\n-------\n\n```\n# none\n```\n\n    # none\n\n`# none`"
    )
    assert [(h.level, h.text) for h in page.headings] == [(1, "Title"), (2, "Picture")]


def test_minutes_are_counted_by_reading():
    words = "word " * 125
    page = page_of(
        f"# Title\n\n{words}",
        f"## Picture\n\n{words}$x$ and\n\n$$\ny\n$$",
        "\n".join(["x = 1"] * 7 + ["", ""]),
        "# folded",
        f"## Summary\n\n{words}",
        f"## Traps\n\n{words}",
        "## Exercises\n\n<details><summary>Solution</summary>\n\n"
        + words
        + "$$\ny\n$$\n\n</details>",
    )
    first, whole = page.minutes
    assert first == pytest.approx(5 + 1 / 30, abs=0.1)
    assert whole == pytest.approx(6 + 1 / 30, abs=0.1)
    folded = nbformat.v4.new_code_cell(
        "x = 1\n" * 70, metadata={"tags": ["hide-input"]}
    )
    assert model.minutes_of_code(folded) == 0


def test_symbols_are_read_from_their_table():
    page = page_of(
        "| Symbol | Name in code | Shape | Meaning |\n|---|---|---|---|\n"
        "| $\\mathbf h_t$ | `h` | (n, h) | the state |\n| $n$ | | | samples |"
    )
    assert page.symbols == [
        model.Symbol("\\mathbf h_t", "h", "(n, h)", "the state"),
        model.Symbol("n", "", "", "samples"),
    ]


@pytest.mark.parametrize(
    "display",
    ["$$\na \\tag{One}\n$$", "  $$\n  a \\tag{One}\n  $$", "$$\na\n\\tag {One}\n$$"],
)
def test_equations_are_found_however_they_are_indented(display):
    (equation,) = page_of(f"# Title\n\n{display}\n").equations
    assert (equation.name, equation.tex, equation.cell) == ("One", "a", 1)


def test_checks_are_what_cells_that_verify_print():
    page = page_of(
        "verify('A', a=1, b=1)",
        "print('✓ B | a = b | atol 0')",
        "d2lutil.verify_bound()",
    )
    for _, cell in page.code:
        text = "✓ A b-c | formula = by hand | atol 1e-12\nand more\n"
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
    assert [(c.name, c.sides, c.tolerance, c.cell, c.is_trap) for c in page.checks] == [
        ("A b-c", "formula = by hand", "atol 1e-12", 1, False),
        ("A b-c", "formula = by hand", "atol 1e-12", 3, False),
    ]
    assert model.check_of("✓ It is so | wrong ≠ right | by at least 1").is_trap
    assert model.check_of("✓ yours is right: f") is None


def test_solutions_are_those_that_fold_everywhere():
    fold = "<details><summary>Solution</summary>"
    markdown = model.Markdown(
        f"{fold}\n\nA $x$.\n\n</details>\n\n{fold}\nB\n</details>"
    )
    assert markdown.solutions == ["A $x$."]
    assert "A" not in markdown.prose


def test_cells_that_only_import_are_told():
    assert model.is_imports("import torch\n\nfrom d2lutil import show  # too")
    assert not model.is_imports("import torch\nx = 1")
    assert not model.is_imports("# nothing")
    assert not model.is_imports("import torch from")


# ---------------------------------------------------------------- the book's own modules


def modules():
    """{module: those of the book that it imports anywhere}."""
    folder = model.ROOT / "book"
    paths = {
        path: ".".join(path.relative_to(model.ROOT).with_suffix("").parts)
        for path in folder.rglob("*.py")
        if not {"skeletons", "long_runs"} & set(path.parts)
    }
    names = {name.removesuffix(".__init__") for name in paths.values()}
    found = {}
    for path, name in paths.items():
        imported = set()
        package = name if path.stem == "__init__" else name.rpartition(".")[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                parts = package.removesuffix(".__init__").split(".")
                base = (
                    ".".join(parts[: len(parts) + 1 - node.level]) if node.level else ""
                )
                base = ".".join(filter(None, [base, node.module or ""]))
                imported.add(base)
                imported.update(f"{base}.{alias.name}" for alias in node.names)
        name = name.removesuffix(".__init__")
        # a package is there for those inside it; it does not count as imported by them
        found[name] = {
            other
            for other in imported & names
            if other != name and not name.startswith(f"{other}.")
        }
    return found


def test_imports_run_one_way():
    book = modules()
    assert "book.contract.form" in book
    assert book["book.contract.form"] == {"book.model", "book.contract.problem"}
    assert not book["book.model"], "the model stands on nothing else of the book"

    def visit(name, way):
        assert name not in way, "imports in a circle: " + " -> ".join([*way, name])
        for other in book[name]:
            visit(other, [*way, name])

    for name in book:
        visit(name, [])


def test_nothing_stands_on_the_site_but_the_site():
    for name, imported in modules().items():
        if not name.startswith("book.site"):
            assert not any(other.startswith("book.site") for other in imported), name


def test_no_module_changes_where_python_looks_for_modules():
    for path in (model.ROOT / "book").rglob("*.py"):
        assert "sys.path" not in path.read_text(encoding="utf-8"), path
