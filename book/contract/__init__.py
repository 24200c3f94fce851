"""What every page promises, checked on its stored notebook.

    python -m book.contract                     every page
    python -m book.contract chapters/a/b.ipynb  these

`problems(path)` gives a list of `Problem`s: which page, which cell, what is wrong and what to
do. It executes nothing. The promises are told in CONTRIBUTING.md. Each module holds the rules
of one subject, `RULES`.
"""

from __future__ import annotations

from pathlib import Path

from book import model
from book.contract import (
    code,
    equations,
    evidence,
    exercises,
    form,
    markdown,
    names,
    outputs,
    reading,
    symbols,
)
from book.contract.problem import Problem

SUBJECTS = (
    form,
    markdown,
    reading,
    equations,
    symbols,
    exercises,
    code,
    names,
    outputs,
    evidence,
)
RULES = tuple(rule for subject in SUBJECTS for rule in subject.RULES)


def problems(path: Path, notebook=None) -> list[Problem]:
    """Everything in which the page at `path` breaks the contract; empty if it keeps it."""
    path = Path(path).resolve()
    try:
        page = (
            model.Page(path, notebook) if notebook else model.page(path, validate=True)
        )
    except model.PageError as error:
        return [Problem(model.name_of(path), None, "cannot be read", str(error))]
    return [Problem(page.name, *found) for rule in RULES for found in rule(page)]


def repeated_names(paths: list[Path]) -> list[Problem]:
    """Names of equations that two pages use. Made once a run: it looks at every page."""
    found, first = [], {}
    for path in paths:
        try:
            page = model.page(path)
        except model.PageError:
            continue  # `problems` tells
        for equation in page.equations:
            other = first.setdefault(equation.name, page.name)
            if other != page.name:
                what = f"the name {equation.name!r} is used in {other} too"
                remedy = "Names are unique in the book: say in it what is special here"
                found.append(Problem(page.name, equation.cell, what, remedy))
    return found
