"""Which cells a reader need not see: those that only draw, checks, imports, set-up and
solutions. Decided from the code, not from the author's tags.

What is taught stays open: everything under `With torch`, `Traps` and `Exercises` but
solutions, and every cell that makes a module, an optimizer, a gradient, a class, or a name
that is used later for anything but drawing.
"""

from __future__ import annotations

import ast
import re

from book.model import YOUR_CODE
from book.statements import (
    FUNCTIONS,
    HEADERS,
    Code,
    Statement,
    called,
    calls_in,
    root,
    tags,
)

FIGURE, IMPORTS, SETUP, SOLUTION = (
    "Code of this figure",
    "Imports",
    "Set-up",
    "Solution in code",
)
#: Sections in which nothing but imports, set-up and solutions is folded.
OPEN = ("With torch", "Traps", "Exercises")
#: Calls that make a gradient.
GRADIENTS = frozenset(
    (
        "backward",
        "grad",
        "requires_grad_",
        "jacobian",
        "hessian",
        "vjp",
        "jvp",
        "jacrev",
    )
)
HIDDEN = "hide-input"  # the tag by which the site folds a cell
_CHECKED = re.compile(r"^✓ ([^|]+?) \|", re.MULTILINE)


def fold(notebook) -> dict[int, str | None]:
    """{index in notebook.cells: the words on the closed cell, or None where it is open},
    for every code cell."""
    code = Code(notebook)
    drawing = _for_drawing(code)
    found: dict[int, str | None] = {}
    section = ""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^##\s+(.*)$", cell.source, re.MULTILINE):
                section = heading
        elif cell.cell_type == "code":
            group = code.cells[index + 1]
            found[index] = _label(code, cell, group, drawing, section.startswith(OPEN))
    return found


def apply(notebook) -> bool:
    """Write what folds cells into their metadata, and take it away from open ones; returns
    whether anything changed. Other tags and metadata stay.

    The site reads the tag `hide-input` (solutions: `hide-cell`), JupyterLab
    `jupyter.source_hidden`, Colab `cellView`.
    """
    changed = False
    for index, label in fold(notebook).items():
        cell = notebook.cells[index]
        before = repr(cell.metadata)
        hidden = {"source_hidden"} if label else set()
        wanted = [tag for tag in tags(cell) if tag != HIDDEN]
        if label == SOLUTION:
            hidden.add("outputs_hidden")
            wanted += ["hide-cell"] if "hide-cell" not in wanted else []
        elif label:
            at = tags(cell).index(HIDDEN) if HIDDEN in tags(cell) else len(wanted)
            wanted.insert(at, HIDDEN)
        other = {
            key: value
            for key, value in cell.metadata.get("jupyter", {}).items()
            if key not in ("source_hidden", "outputs_hidden")
        }
        _set(cell.metadata, "tags", wanted)
        _set(cell.metadata, "jupyter", other | dict.fromkeys(sorted(hidden), True))
        _set(cell.metadata, "cellView", "form" if label else "")
        changed = changed or repr(cell.metadata) != before
    return changed


def _set(metadata, key: str, value) -> None:
    if not value:
        metadata.pop(key, None)
    elif metadata.get(key) != value:
        metadata[key] = value


# ---------------------------------------------------------------- one cell


def _label(
    code: Code, cell, group: list[Statement], drawing, is_open: bool
) -> str | None:
    if "setup" in tags(cell):
        return SETUP
    if "solution" in tags(cell):
        return SOLUTION
    if not group or YOUR_CODE in tags(cell):
        return None
    if all(s.role == "import" or _sets_something(s) for s in group):
        return IMPORTS if any(s.role == "import" for s in group) else None
    if is_open or any(_teaches(s.node) for s in group):
        return None
    if _only_draws(code, group, drawing):
        return FIGURE
    if _only_checks(code, group):
        count = len(set(_CHECKED.findall(_printed(cell)))) or _written_checks(group)
        if not count:
            return "✓ checked"  # by `assert`
        return f"✓ {count} equation{'s' if count > 1 else ''} checked"
    return None


def _sets_something(statement: Statement) -> bool:
    """`torch.set_default_dtype(…)`: belongs to the imports."""
    return statement.role == "setting" and isinstance(statement.node, ast.Expr)


def _teaches(node: ast.stmt) -> bool:
    """Whether a statement makes a class, a module, an optimizer or a gradient."""
    if isinstance(node, HEADERS):
        return False  # what stands in it is asked by itself
    for part in ast.walk(node):
        if isinstance(part, ast.ClassDef):
            return True
        if isinstance(part, ast.Call):
            func = part.func
            layer = root(func) == "nn" and called(part)[:1].isupper()
            optimizer = "optim" in ast.unparse(func).split(".")
            gradient = isinstance(func, ast.Attribute) and func.attr in GRADIENTS
            if layer or optimizer or gradient:
                return True
        if isinstance(part, ast.keyword) and part.arg == "requires_grad":
            return True
    return False


def _for_drawing(code: Code) -> set[Statement]:
    """Statements that draw, and those whose results only such statements read, in whatever
    cell. A result of one of the page's own functions is more than a drawing."""
    own = {
        s.node.name
        for s in code.statements
        if isinstance(s.node, (*FUNCTIONS, ast.ClassDef)) and s.role != "draws"
    }
    place = {statement: i for i, statement in enumerate(code.statements)}
    kinds = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.For)
    found = {
        s
        for s in code.statements
        if s.role == "draws"
        or isinstance(s.node, kinds)
        and s.binds
        and s.role in ("", "figure", "setting", "data")
        and not (calls_in(s.node) & own and not isinstance(s.node, ast.For))
    }
    while True:
        wrong = {
            s
            for s in found
            if not (s.role == "draws" and isinstance(s.node, ast.Expr))
            and any(
                reader not in found
                for reader, _ in code.readers(place[s])
                if reader is not s
            )
        }
        if not wrong:
            return found
        found -= wrong


def _only_draws(code: Code, group: list[Statement], drawing: set[Statement]) -> bool:
    helpers = _helpers(code, group)
    nodes = {helper.node for helper in helpers}
    silent = {"import", "print"}
    rest = [
        s
        for s in group
        if s.role not in silent
        and not _is_seed(s)
        and s not in helpers
        and s.outer not in nodes
    ]
    if not rest or not all(s in drawing or _holds(s, drawing) for s in rest):
        return False
    return any(s.role == "draws" for s in rest) or all(
        s.role == "setting" for s in rest
    )


def _helpers(code: Code, group: list[Statement]) -> set[Statement]:
    """Functions of a cell that draws, which no other cell reads but in a check: they work
    for the figure. Who wants them read gives them a cell of their own."""
    place = {statement: i for i, statement in enumerate(code.statements)}
    return {
        s
        for s in group
        if isinstance(s.node, FUNCTIONS)
        and s.role != "draws"
        and s.outer is None
        and all(
            r.cell == s.cell or r.role == "check" for r, _ in code.readers(place[s])
        )
    }


def _holds(statement: Statement, drawing: set[Statement]) -> bool:
    """Whether all that a compound statement holds is for drawing."""
    inside = statement.inside
    return bool(inside) and all(s in drawing or s.role == "print" for s in inside)


def _is_seed(statement: Statement) -> bool:
    return statement.role == "data" and isinstance(statement.node, ast.Expr)


def _only_checks(code: Code, group: list[Statement]) -> bool:
    """Whether a cell holds checks, prints, and at most two simple names a check that no
    other cell reads."""
    checks = [s for s in group if s.role == "check" and not s.inside]
    names = []
    for statement in group:
        if statement.role in ("check", "print", "import") or _is_seed(statement):
            continue
        if isinstance(statement.node, ast.For | ast.With):
            continue  # what stands in it is asked by itself
        if not isinstance(statement.node, ast.Assign):
            return False  # definitions, loops that add up, calls with an effect
        names.append(statement)
    if not checks or len(names) > 2 * len(checks):
        return False
    place = {statement: i for i, statement in enumerate(code.statements)}
    return all(
        reader.cell == s.cell
        for s in group
        if s.binds and s.role not in ("check", "print", "import")
        for reader, _ in code.readers(place[s])
    )


def _written_checks(group: list[Statement]) -> int:
    """How many equations the checks of a cell that has not run name."""
    return len(
        {
            ast.unparse(s.node.value.args[0])
            for s in group
            if s.role == "check" and isinstance(s.node, ast.Expr)
        }
    )


def _printed(cell) -> str:
    return "".join(
        output.text
        for output in cell.get("outputs", [])
        if output.output_type == "stream"
    )
