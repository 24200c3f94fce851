"""Rules of exercises and of a quiz's questions."""

from __future__ import annotations

import ast
import re

from book import model
from book.contract.problem import Found

NEEDED_KINDS = ("derive", "code", "predict")
EXERCISES = 4  # at least
QUESTIONS = 10
FOLD = "<details><summary>Solution</summary> … </details>"
TITLE = re.compile(r"(\d+)\. (.+) \((\w+)\)")


def exercise_sections(page: model.Page) -> list[model.Section]:
    """The page's exercises: all under Exercises, and numbered ones under Deeper."""
    deeper = [s for s in page.under("Deeper") if re.match(r"\d+\. ", s.title)]
    return sorted(page.under("Exercises") + deeper, key=lambda section: section.cell)


def exercises(page: model.Page) -> Found:
    if page.kind != "lesson":
        return
    found, kinds = exercise_sections(page), []
    for number, section in enumerate(found, 1):
        i, m = section.cell, TITLE.fullmatch(section.title)
        if not m or m[3] not in model.EXERCISE_KINDS:
            remedy = f"Write '### {number}. Title (kind)' with kind one of "
            remedy += ", ".join(model.EXERCISE_KINDS)
            yield i, f"the exercise '### {section.title}'", remedy
            continue
        if int(m[1]) != number:
            what = f"exercise {m[1]} is the {number}. of the page"
            yield i, what, f"Number it {number}"
        kinds.append(m[3])
        yield from solution(section)
    if len(found) < EXERCISES:
        yield (
            None,
            f"the page has {len(found)} exercises",
            f"Give it {EXERCISES} or more",
        )
    for kind in NEEDED_KINDS:
        if kind not in kinds:
            yield None, f"no exercise of kind {kind}", "A lesson has at least one"


def folded_solutions(section: model.Section) -> int:
    """How many solutions in Markdown are folded in that section."""
    texts = [text for _, cell, text in section.parts if cell.cell_type == "markdown"]
    return sum(len(model.Markdown(text).solutions) for text in texts)


def solution(section: model.Section) -> Found:
    written, i = folded_solutions(section), section.cell
    solved = [(j, cell) for j, cell in section.code() if "solution" in model.tags(cell)]
    if written > 1:
        what = f"the exercise {section.title!r} has {written} folded solutions"
        yield i, what, "Make one of them"
    if not written and not solved:
        what = f"the exercise {section.title!r} has no solution"
        yield i, what, f"Give it {FOLD}, or code cells tagged solution"
    for j, cell in solved:
        hidden = cell.metadata.get("jupyter", {})
        folded = hidden.get("source_hidden") and hidden.get("outputs_hidden")
        if "hide-cell" not in model.tags(cell) or not folded:
            what = "the solution's code is not folded"
            yield (
                j,
                what,
                "Run the page with make run, which folds cells tagged solution",
            )


def code_exercises(page: model.Page) -> Found:
    """An exercise in code tests what the reader wrote: stub, check, solution."""
    if page.kind != "lesson":
        return
    for section in exercise_sections(page):
        m = TITLE.fullmatch(section.title)
        if m and m[3] == "code":
            yield from tests_the_reader(page, section)


def tests_the_reader(page: model.Page, section: model.Section) -> Found:
    cells, title = section.code(), section.title
    stubs = [(i, cell) for i, cell in cells if model.YOUR_CODE in model.tags(cell)]
    if len(stubs) != 1:
        what = f"the exercise {title!r} has {len(stubs)} cells tagged {model.YOUR_CODE}"
        remedy = (
            "Give the reader one stub: a function with a docstring and ... in its body"
        )
        yield section.cell, what, remedy
        return
    called = [
        (i, cell, node) for i, cell in cells if (node := call_of_check(cell.source))
    ]
    if not called:
        what = f"nothing tests what the reader writes in {title!r}"
        remedy = f"Below the stub, call {model.CHECK_YOURS}(their_function, check)"
        yield section.cell, what, remedy
        return
    (stub, stub_cell), (i, cell, call) = stubs[0], called[0]
    yours, check = (getattr(argument, "id", "") for argument in call.args[:2])
    defined = {
        getattr(node, "name", "") for node in ast.walk(model.tree_of(stub_cell.source))
    }
    if i < stub or yours not in defined:
        what = f"{model.CHECK_YOURS} does not test what the cell {stub} defines"
        yield i, what, "Put the stub above it, and give it the stub's function first"
    if page.executed and f"not yet: {yours}" not in model.printed(cell):
        what = f"the stored line does not say that {yours} is not yet written"
        yield i, what, "Empty the stub, and run the page with make run"
    solved = {
        name
        for _, other in cells
        if "solution" in model.tags(other)
        for name in model.called_functions(other.source)
    }
    if check not in solved:
        what = f"no solution of {title!r} is put through {check}"
        remedy = (
            f"In the cell tagged solution call {check}(its_function), a name of its own"
        )
        yield section.cell, what, remedy


def call_of_check(source: str) -> ast.Call | None:
    """The call of check_yours in a cell, if it has one with both of its arguments."""
    for node in ast.walk(model.tree_of(source) or ast.Module([], [])):
        if isinstance(node, ast.Call) and len(node.args) == 2:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name == model.CHECK_YOURS:
                return node
    return None


def questions(page: model.Page) -> Found:
    if page.kind != "quiz":
        return
    found = list(page.sections_of(3))
    if len(found) != QUESTIONS:
        what = f"the quiz has {len(found)} questions"
        yield None, what, f"Give it {QUESTIONS}, each '### 1. …'"
    for number, section in enumerate(found, 1):
        if not re.match(rf"{number}\. \S", section.title):
            what = f"the question '### {section.title}'"
            yield section.cell, what, f"Begin it with '### {number}. '"
        folded = folded_solutions(section)
        if folded != 1:
            what = f"the question {section.title!r} has {folded} folded solutions"
            yield section.cell, what, f"Give it one {FOLD}"


RULES = (exercises, questions, code_exercises)
