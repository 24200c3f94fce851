"""Notebooks for teachers: the pages without their solutions."""

import json

from book import model, teacher


def code(text, *printed, tags=()):
    outputs = [{"output_type": "stream", "name": "stdout", "text": list(printed)}]
    return {
        "cell_type": "code",
        "id": "a",
        "metadata": {"tags": list(tags)},
        "source": text,
        "execution_count": 1,
        "outputs": outputs if printed else [],
    }


def text(*lines):
    return {
        "cell_type": "markdown",
        "id": "b",
        "metadata": {},
        "source": "\n".join(lines),
    }


def test_teachers_notebooks_hold_no_solution():
    solution = (
        "<details><summary>Solution</summary>",
        "",
        "Because 42.",
        "",
        "</details>",
    )
    book = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            text(
                "### 1. Show it (derive)",
                "",
                "Why?",
                "",
                *solution,
                "",
                "### 2. Code it (code)",
            ),
            code("answer = 42", "42\n", tags=("solution", "hide-cell")),
            code("assert answer == 42", tags=("solution", "hide-cell")),
            text("## Summary"),
            code("kept = 1", "kept\n"),
        ],
    }
    made, gone = teacher.without_solutions(book)
    words = json.dumps(made)
    assert gone == 3 and "42" not in words and "Because" not in words
    assert "### 2. Code it" in words and "kept = 1" in words and "# Your code" in words
    kinds = [cell["cell_type"] for cell in made["cells"]]
    assert kinds == ["markdown", "code", "markdown", "code"]
    assert "answer = 42" in json.dumps(book), "the original was changed"


def test_teachers_notebooks_of_the_book(tmp_path):
    written = teacher.write_all(tmp_path / "out")
    assert len(written) == len(model.written_pages())
    for path, _ in written:
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            assert "<summary>Solution" not in "".join(cell["source"]), path
            assert "solution" not in cell["metadata"].get("tags", ()), path
