"""Rules of named equations, the checks that verify them, and traps."""

from __future__ import annotations

import re

from book import model
from book.contract.problem import Found, listed

BY_HAND = "by hand"  # the side that carries the numbers of the section By hand


def equation_names(page: model.Page) -> Found:
    seen: dict[str, int] = {}
    for equation in page.equations:
        name, i = equation.name, equation.cell
        if not model.EQUATION_NAME.fullmatch(name) or name != name.strip():
            what = f"the equation's name {name!r} is not letters, digits, spaces and hyphens"
            yield i, what, "Rename it: some viewers stumble over anything else"
        if name in seen:
            what = f"the name {name!r} stands in cell {seen[name]} already"
            yield i, what, "Give every equation its own name"
        seen.setdefault(name, i)
    if page.kind == "lesson" and not seen:
        remedy = r"Give what the page derives a \tag{Name}, and verify it"
        yield None, "no equation has a name", remedy


def equations_verified(page: model.Page) -> Found:
    if not page.executed:
        return
    verified = {c.name for c in page.checks if not re.search("[≠<>]", c.sides)}
    near = {check.name for check in page.checks}
    for equation in page.equations:
        name = equation.name
        if name not in verified:
            kin = [
                other for other in near if other.lower().startswith(name.lower()[:6])
            ]
            hint = f" (the page verifies {listed(map(repr, kin))})" if kin else ""
            remedy = f"Add a cell with verify({name!r}, formula=…, …), and run the page"
            yield equation.cell, f"the equation {name!r} is not verified{hint}", remedy


def verifying_cells(page: model.Page) -> Found:
    if not page.executed:
        return
    for i, cell in page.code:
        compared = model.COMPARED in model.tags(cell)
        if not model.verifies(cell):
            if compared:
                what = f"the tag {model.COMPARED} on a cell that verifies nothing"
                yield i, what, "Run the page with make run"
            continue
        if not compared:
            what = f"the cell verifies and has no tag {model.COMPARED}"
            yield i, what, "Run the page with make run"
        if any(
            "image/png" in o.get("data", {}) or model.html_of(o) for o in cell.outputs
        ):
            what = "a figure in a cell whose output is compared"
            yield i, what, "Draw it in a cell of its own"
        said = any(map(model.check_of, model.printed(cell).splitlines()))
        if not said and model.CHECK_YOURS not in model.called_functions(cell.source):
            what = "a verify function is called and its line is not stored"
            remedy = "Call it in the cell itself, outside of functions, and run the page with "
            yield i, what, f"{remedy}make run"


def bounds_are_tight(page: model.Page) -> Found:
    shown = {c.name for c in page.checks if " = " in c.sides or "tight" in c.sides}
    loose = {
        c.name: c.cell for c in page.checks if "≤" in c.sides and c.name not in shown
    }
    for name, i in loose.items():
        what = f"the bound {name!r} would hold, too, if it were a million times larger"
        remedy = "Add tight=(lower_at, upper_at) from a case where both sides meet, or a verify "
        remedy += "of the same name; outcomes of seeds are compared by verify_effect"
        yield i, what, remedy


def by_hand_is_checked(page: model.Page) -> Found:
    if page.kind != "lesson" or not page.executed:
        return
    sides = {
        side for check in page.checks for side in re.split(" [=≠≤<>] ", check.sides)
    }
    if BY_HAND not in sides:
        what = "no check holds the numbers of By hand"
        remedy = "In They agree put its case through the page's function: "
        yield None, what, f"{remedy}verify('…', by_hand=…, formula=…)"


def trap_sections(page: model.Page) -> list[model.Section]:
    """What stands as a trap: all under Traps, and traps under Deeper."""
    deeper = [s for s in page.under("Deeper") if s.title.startswith("Trap")]
    return page.under("Traps") + deeper


def traps(page: model.Page) -> Found:
    if page.kind != "lesson":
        return
    found = trap_sections(page)
    if any(section.kind == "Traps" for section in page.sections) and not found:
        remedy = "Give each mistake '### Trap: <claim>' and a verify_differs cell"
        yield None, "the section Traps is empty", remedy
    for section in found:
        if not re.match(r"Trap: \S", section.title):
            what = f"the heading '### {section.title}' in Traps"
            yield section.cell, what, "Write '### Trap: ' and the claim that circulates"
        called = {
            f for _, cell in section.code() for f in model.called_functions(cell.source)
        }
        if not called & {"verify_differs", "verify_effect"}:
            what = f"nothing shows that {section.title!r} is wrong"
            remedy = "Run the mistake, and follow it by a cell with verify_differs"
            yield section.cell, what, remedy


def traps_say_what_is_right(page: model.Page) -> Found:
    for section in trap_sections(page):
        said = any(
            re.search(rf"(?m)^{model.RIGHT} \S", text)
            for _, cell, text in section.parts
            if cell.cell_type == "markdown"
        )
        if not said:
            what = f"{section.title!r} does not tell the reader what to do instead"
            remedy = f"Begin a paragraph with '{model.RIGHT}'; the site's page of traps shows it"
            yield section.cell, what, remedy


RULES = (
    equation_names,
    equations_verified,
    verifying_cells,
    traps,
    bounds_are_tight,
    by_hand_is_checked,
    traps_say_what_is_right,
)
