"""What the site's extensions read from plan and notebooks, without building the site."""

import importlib.util
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "book" / "extensions"))
import bookfiles  # noqa: E402


def load(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "book" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code(text, *printed, tags=()):
    outputs = [{"output_type": "stream", "name": "stdout", "text": list(printed)}] if printed else []
    return {"cell_type": "code", "id": "a", "metadata": {"tags": list(tags)}, "source": text,
            "execution_count": 1, "outputs": outputs}


def text(*lines):
    return {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "\n".join(lines)}


# ---------------------------------------------------------------- the plan


def test_plan_holds_every_lesson_once():
    pages = bookfiles.pages()
    assert len([p for p in pages.values() if p.kind == "lesson"]) == 158
    assert len(pages) == sum(len(chapter.pages) for chapter in bookfiles.plan())
    assert {p.kind for p in pages.values()} == {"lesson", "guide", "quiz"}
    titles = [(p.folder, p.title) for p in pages.values()]
    assert len(set(titles)) == len(titles)


def test_needs_are_earlier_pages_or_the_mathematics():
    pages = bookfiles.pages()
    order = {address: i for i, address in enumerate(pages)}
    for address, page in pages.items():
        for need in page.needs:
            assert need in pages, f"{address} needs {need}, which the plan does not have"
            assert order[need] < order[address] or need.startswith("21-mathematics/"), \
                f"{address} needs {need}, which comes later"


def test_needs_have_no_circle():
    for address in bookfiles.pages():
        path = [page.address for page in bookfiles.reading_path(address)]
        assert address not in path and len(set(path)) == len(path)
        for i, before in enumerate(path):
            assert set(bookfiles.pages()[before].needs) <= set(path[:i]), f"{before} comes before what it needs"


def test_reading_path_of_bptt():
    path = [page.address for page in bookfiles.reading_path("11-recurrent/bptt")]
    assert path[-1] == "11-recurrent/rnn" and "01-foundations/tensors" in path
    assert bookfiles.reading_path("01-foundations/tensors") == []


# ---------------------------------------------------------------- equations and checks


@pytest.mark.parametrize("line, expected", [
    ("✓ Gaussian KL | formula = torch | atol 1e-12", ("Gaussian KL", "formula = torch", "atol 1e-12")),
    ("✓ A bound | lower ≤ upper | atol 0", ("A bound", "lower ≤ upper", "atol 0")),
    ("✓ The last term is all | wrong ≠ right | by at least 0.5", ("The last term is all", "wrong ≠ right", "by at least 0.5")),
    ("Gaussian KL | formula = torch | atol 1e-12", None),
    ("✓ done", None),
    ("  ✓ Gaussian KL | formula = torch | atol 1e-12", None),
    ("✓ a | b | c | d", None),
])
def test_check_lines(line, expected):
    check = bookfiles.check_of(line)
    assert (check and (check.name, check.sides, check.tolerance)) == expected
    assert check is None or check.is_trap == ("≠" in line)


def test_equations_are_matched_by_their_whole_name():
    book = {"cells": [
        text("Some text", "", "$$", r"a = b \tag{Gaussian KL}", "$$", "", "$$", r"c", "$$"),
        text("$$", r"\begin{aligned}", r"a &= b \\", "c &= d", r"\end{aligned}", r"\tag{Gaussian KL of two}", "$$"),
        code("verify()", "✓ Gaussian KL of two | formula = torch | atol 1e-12\n", "a number 3\n"),
        code("verify()", "✓ Gaussian KL | formula = torch | atol 1e-09\n✓ Gaussian KL | a = b | atol 1e-06\n"),
    ]}
    first, second = bookfiles.equations_of(book, "chapters/x/y")
    assert (first.name, first.tex) == ("Gaussian KL", "a = b")
    assert [c.tolerance for c in first.checks] == ["atol 1e-09", "atol 1e-06"]
    assert second.name == "Gaussian KL of two" and len(second.checks) == 1 and "\\tag" not in second.tex


def test_anchor_of_a_name():
    assert bookfiles.slug("Gaussian KL") == "gaussian-kl"
    assert bookfiles.slug("d2l-style  Bound 2") == "d2l-style-bound-2"


def test_names_are_one_in_the_whole_book():
    seen = {}
    for page, book in bookfiles.written_notebooks():
        for equation in bookfiles.equations_of(book, page.docname):
            other = seen.setdefault(bookfiles.slug(equation.name), page.address)
            assert other == page.address, f"{equation.name} is named on {other} and on {page.address}"


def test_version_is_read_without_torch():
    d2lutil = pytest.importorskip("d2lutil")
    assert bookfiles.version() == d2lutil.__version__


# ---------------------------------------------------------------- notebooks for teachers


def test_teachers_notebooks_hold_no_solution(tmp_path):
    teacher = load("teacher")
    book = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [
        text("### 1. Show it (derive)", "", "Why?", "", "<details><summary>Solution</summary>", "", "Because 42.", "",
             "</details>", "", "### 2. Code it (code)"),
        code("answer = 42", "42\n", tags=("solution", "hide-cell")),
        code("assert answer == 42", tags=("solution", "hide-cell")),
        text("## Summary"),
        code("kept = 1", "kept\n"),
    ]}
    made, gone = teacher.without_solutions(book)
    words = json.dumps(made)
    assert gone == 3 and "42" not in words and "Because" not in words
    assert "### 2. Code it" in words and "kept = 1" in words and "# Your code" in words
    assert [cell["cell_type"] for cell in made["cells"]] == ["markdown", "code", "markdown", "code"]
    assert "answer = 42" in json.dumps(book), "the original was changed"


def test_teachers_notebooks_of_the_book(tmp_path):
    teacher = load("teacher")
    written = teacher.write_all(tmp_path / "out")
    assert len(written) == len(bookfiles.written_notebooks())
    for path, _ in written:
        made = json.loads(path.read_text(encoding="utf-8"))
        assert not any("<summary>Solution" in bookfiles.source(cell) or "solution" in cell["metadata"].get("tags", ())
                       for cell in made["cells"]), path


# ---------------------------------------------------------------- releases


def test_changes_come_from_tags_and_need_no_git(tmp_path, monkeypatch):
    pytest.importorskip("sphinx")
    import subprocess

    import bookpages

    monkeypatch.setattr(bookfiles, "ROOT", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert bookpages.tagged_releases() == []
    git = ["git", "-c", "user.name=Someone", "-c", "user.email=someone@example.org", "-C", str(tmp_path)]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "First"],
                    ["tag", "-a", "v0.1.0", "-m", "- Three chapters\n- A site"]):
        subprocess.run(git + command, check=True)
    (name, date, lines), = bookpages.tagged_releases()
    assert name == "v0.1.0" and lines == ["Three chapters", "A site"] and len(date) == 10
    monkeypatch.setenv("PATH", "")
    assert bookpages.tagged_releases() == []
