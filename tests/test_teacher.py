"""Notebooks for handing out: no solution is left, and each exercise has a cell to write in."""

import nbformat
import pytest

from book import model, teacher

SOLUTION = "<details>\n<summary>Solution</summary>\n\nIt is 4.\n\n</details>"


def notebook(*cells):
    made = nbformat.v4.new_notebook(metadata={"d2l": {"kind": "lesson"}})
    for source, *tags in cells:
        new = nbformat.v4.new_code_cell if tags else nbformat.v4.new_markdown_cell
        cell = new(source)
        cell.metadata["tags"] = [tag for tag in tags if tag != "code"]
        made.cells.append(cell)
    return made


def left(*cells):
    made, gone = teacher.without_solutions(notebook(*cells))
    nbformat.validate(made)
    return [(cell.source, *model.tags(cell)) for cell in made.cells], gone


def test_folded_solutions_go():
    kept, gone = left(
        (f"### 1. Add (derive)\n\nWhat is 2 + 2?\n\n{SOLUTION}",), (SOLUTION,)
    )
    assert kept == [("### 1. Add (derive)\n\nWhat is 2 + 2?",), (teacher.ANSWER,)]
    assert gone == 2


@pytest.mark.parametrize("case", ["Solution (short)", "SOLUTION", "Solution "])
def test_a_solution_folded_in_another_way_goes_too(case):
    kept, gone = left((SOLUTION.replace("Solution", case),))
    assert (kept, gone) == ([(teacher.ANSWER,)], 1)


def test_code_without_a_stub_leaves_an_empty_cell():
    kept, gone = left(
        ("### 1. Add (code)",),
        ("x = 2 + 2", "solution"),
        ("print(x)", "solution"),
        ("### 2. Multiply (code)",),
        ("y = 2 * 2", "solution"),
    )
    assert [source for source, *_ in kept] == [
        "### 1. Add (code)",
        "# Your code\n",
        "### 2. Multiply (code)",
        "# Your code\n",
    ]
    assert kept[1][1:] == ("your-code",)
    assert gone == 3


def test_a_stub_and_its_check_stay():
    kept, gone = left(
        ("### 1. Add (code)",),
        ("def add(a, b):\n    ...", "your-code"),
        ("check(add)", "code"),
        ("def add(a, b):\n    return a + b", "solution"),
        ("Some words between.",),
        ("check(add)", "solution"),
    )
    assert [source for source, *_ in kept] == [
        "### 1. Add (code)",
        "def add(a, b):\n    ...",
        "check(add)",
        "Some words between.",
    ]
    assert gone == 2


def test_of_the_whole_book(tmp_path):
    (tmp_path / "out" / "gone").mkdir(parents=True)
    written = teacher.write_all(tmp_path / "out")
    assert len(written) == len(model.written_pages())
    assert not (tmp_path / "out" / "gone").exists()
    for path, _ in written:
        made = model.read(path)
        assert not any("solution" in model.tags(cell) for cell in made.cells)
        assert "<summary>Solution" not in path.read_text(encoding="utf-8")
    for _, page in model.written_pages():
        for file in model.files_read(page.notebook, page.path.parent):
            assert (tmp_path / "out" / page.path.parent.name / file.name).exists()


def test_of_one_chapter(tmp_path):
    written = teacher.write_all(tmp_path / "out", ["16-generative"])
    folders = {path.parent.name for path, _ in written}
    assert folders == {"16-generative"}
    assert len(written) == sum(
        page.folder == "16-generative" for page, _ in model.written_pages()
    )


def test_an_unknown_chapter_is_named_and_nothing_is_lost(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(
        model.PageError, match="17: no such chapter; there are 00-about"
    ):
        teacher.write_all(tmp_path / "out", ["17"])
    assert (tmp_path / "out").exists()
