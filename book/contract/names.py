"""A check says what it said at first when a reader runs it again.

So no name that a check reads, directly or through a function of the page, is bound again
below it. Changes in place and things that are used up, such as generators, are not seen
here: the test that runs each check again sees them.
"""

from __future__ import annotations

from book import model
from book.contract.problem import Found
from book.contract.scopes import Book, Cell


def says_it_again(page: model.Page) -> Found:
    """The rule: no name that a check reads is bound again below it."""
    book, checks, broken = Book(), {}, {}
    for i, cell in page.code:
        tree = model.tree_of(cell.source)
        if tree is None or "setup" in model.tags(cell):
            continue
        found = Cell(tree, book)
        for check, names in checks.items():  # those above
            for name, origin in found.bound.items():
                if name in names and (origin is None or names[name] != origin):
                    broken.setdefault(check, {}).setdefault(name, i)
        judges = model.CHECK_YOURS in model.called_functions(cell.source)
        if judges or model.verifies(cell):
            taken = (found.reads | book.behind(found.loads)) - (
                set(found.bound) - found.reads
            )
            checks[i] = {name: book.origins.get(name) for name in taken}
            for name in found.again:
                broken.setdefault(i, {})[name] = i
    for i, names in sorted(broken.items()):
        where = ", ".join(
            f"{name!r} ({'here' if j == i else f'in cell {j}'})"
            for name, j in sorted(names.items(), key=lambda item: (item[1], item[0]))
        )
        what = f"the check reads names that are bound again: {where}"
        remedy = "Name the later ones otherwise, or keep them in a function, so that the check "
        yield i, what, f"{remedy}says the same when a reader goes back to it"


RULES = (says_it_again,)
