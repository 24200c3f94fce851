"""Names in code: which a cell takes from above, which it binds, what functions read.

They are followed in the syntax tree, cell by cell; nothing is executed.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSION = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: Functions whose result calls the functions that they are given.
WRAPPERS = {
    "ModuleDict", "ModuleList", "Sequential", "cache", "compile", "grad", "grad_and_value",
    "hessian", "jacfwd", "jacrev", "jit", "lru_cache", "partial", "vmap",
}  # fmt: skip
#: Methods that return the module itself.
ITSELF = {
    "cpu", "cuda", "double", "eval", "float", "half", "requires_grad_", "to", "train",
}  # fmt: skip


@dataclass
class Book:
    """What the names of a page stand for, at some cell."""

    #: names that the body of a function reads each time it is called
    functions: dict[str, frozenset[str]] = field(default_factory=dict)
    #: functions and classes whose result reads them, too
    makers: set[str] = field(default_factory=set)
    #: what a name was imported from; None for one that was bound otherwise
    origins: dict[str, str | None] = field(default_factory=dict)

    def behind(self, names) -> set[str]:
        """These names, and all that the functions among them read."""
        found, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.functions.get(name, ()))
        return found


class Cell(ast.NodeVisitor):
    """Reads a cell's statements in order: the names that it takes and those that it binds."""

    def __init__(self, tree: ast.Module, book: Book):
        self.book = book
        self.loads: set[str] = set()
        self.reads: set[str] = set()  # those that cells above have bound
        self.bound: dict[str, str | None] = {}  # name: what it was imported from
        self.again: set[str] = set()  # names that the cell reads and then binds
        self.visit(tree)

    def read(self, names) -> None:
        self.loads.update(names)
        self.reads.update(set(names) - set(self.bound))

    def bind(self, name: str, origin: str | None = None) -> None:
        same = origin is not None and origin == self.book.origins.get(name)
        if name in self.reads and not same:
            self.again.add(name)
        self.bound[name] = self.book.origins[name] = origin
        self.book.functions.pop(name, None)
        self.book.makers.discard(name)

    # ------------------------------------------------------------ statements, in their order

    def visit_Name(self, node: ast.Name) -> None:
        self.read([node.id]) if isinstance(node.ctx, ast.Load) else self.bind(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)
            for name, value in pairs(target, node.value):
                self.hold(name, value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self.visit(node.value)
            self.visit(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.visit(node.value)
        if isinstance(node.target, ast.Name):
            self.read([node.target.id])
        self.visit(node.target)

    def visit_For(self, node: ast.For) -> None:
        for part in (node.iter, node.target, *node.body, *node.orelse):
            self.visit(part)

    visit_AsyncFor = visit_For

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        self.bind(node.target.id)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d]
        for part in (*node.decorator_list, *defaults):
            self.visit(part)
        self.bind(node.name)
        self.book.functions[node.name] = frozenset(free_names(node))
        if self.makes(node):
            self.book.makers.add(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (
            *node.decorator_list,
            *node.bases,
            *(k.value for k in node.keywords),
        ):
            self.visit(part)
        self.bind(node.name)
        inherited = [self.held(base) for base in node.bases]
        self.book.functions[node.name] = frozenset(free_names(node).union(*inherited))
        self.book.makers.add(node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.read(free_names(node))

    def visit_comprehension_of(self, node) -> None:
        self.read(free_names(node))
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                self.bind(inner.target.id)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = (
        visit_comprehension_of
    )

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self.bind(name, alias.name if alias.asname else name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name, f"{node.module}:{alias.name}")

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type:
            self.visit(node.type)
        if node.name:
            self.bind(node.name)
        for part in node.body:
            self.visit(part)

    def visit_MatchAs(self, node) -> None:
        self.generic_visit(node)
        if node.name:
            self.bind(node.name)

    visit_MatchStar = visit_MatchAs

    # ------------------------------------------------------------ functions that names hold

    def hold(self, name: str, value: ast.expr) -> None:
        if found := self.held(value):
            self.book.functions[name] = frozenset(found)

    def held(self, value: ast.expr) -> set[str]:
        """What the functions that this value may be, or may hold, read when called."""
        if isinstance(value, ast.Name):
            return set(self.book.functions.get(value.id, ()))
        if isinstance(value, ast.Lambda):
            return free_names(value)
        if isinstance(value, ast.Dict):
            return self.held_in(value.values)
        if isinstance(value, ast.List | ast.Tuple | ast.Set):
            return self.held_in(value.elts)
        if isinstance(value, ast.IfExp):
            return self.held_in([value.body, value.orelse])
        if isinstance(value, ast.BoolOp):
            return self.held_in(value.values)
        if isinstance(value, ast.Starred):
            return self.held(value.value)
        if isinstance(value, ast.DictComp):
            return self.held(value.value)
        if isinstance(value, COMPREHENSION):
            return self.held(value.elt)
        if isinstance(value, ast.Call):
            given = [*value.args, *(k.value for k in value.keywords)]
            if isinstance(
                value.func, ast.Call
            ):  # such as partial(f)(…) or lru_cache()(f)
                return self.held(value.func) | self.held_in(given)
            name = getattr(value.func, "id", getattr(value.func, "attr", ""))
            if name in WRAPPERS:
                return self.held_in(given)
            if name in self.book.makers:
                return set(self.book.functions.get(name, ()))
            if name in ITSELF:
                return (
                    self.held(value.func.value)
                    if hasattr(value.func, "value")
                    else set()
                )
        return set()

    def held_in(self, values) -> set[str]:
        return set().union(*(self.held(value) for value in values))

    def makes(self, node: ast.FunctionDef) -> bool:
        """Whether a function returns a function, or an object of the page's."""
        inner = {
            n.name
            for n in ast.walk(node)
            if isinstance(n, ast.FunctionDef | ast.ClassDef)
        }
        for part in ast.walk(node):
            if isinstance(part, ast.Return) and part.value:
                for value in ast.walk(part.value):
                    if isinstance(value, ast.Lambda):
                        return True
                    if (
                        isinstance(value, ast.Name)
                        and value.id in inner | self.book.makers
                    ):
                        return True
        return False


def pairs(target: ast.expr, value: ast.expr):
    """(name, value) of an assignment, `a, b = f, g` taken apart."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple | ast.List) and isinstance(
        value, ast.Tuple | ast.List
    ):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from pairs(one, other)


# ---------------------------------------------------------------- what a function takes


class _Scope(ast.NodeVisitor):
    """Names of one scope: loaded, stored, declared global, and free in scopes inside."""

    def __init__(self):
        self.loads, self.stores, self.outer, self.inner = set(), set(), set(), set()

    def visit_Name(self, node):
        (self.loads if isinstance(node.ctx, ast.Load) else self.stores).add(node.id)

    def visit_Global(self, node):
        self.outer.update(node.names)

    visit_Nonlocal = visit_Global

    def nested(self, node):
        self.inner |= free_names(node)

    visit_Lambda = visit_ListComp = visit_SetComp = visit_DictComp = nested
    visit_GeneratorExp = nested

    def visit_FunctionDef(self, node):
        self.stores.add(node.name)
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part:
                self.visit(part)
        self.nested(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node):
        self.stores.add(node.name)
        for part in (*node.decorator_list, *node.bases):
            self.visit(part)
        self.nested(node)

    def visit_Import(self, node):
        self.stores.update(a.asname or a.name.split(".")[0] for a in node.names)

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node):
        self.stores.update({node.name} - {None})
        self.generic_visit(node)


def free_names(node) -> set[str]:
    """Names that a function, class or comprehension takes from outside when it runs."""
    scope = _Scope()
    if isinstance(node, FUNCTION):
        scope.stores.update(
            a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)
        )
        body = node.body if isinstance(node.body, list) else [node.body]
    elif isinstance(node, COMPREHENSION):
        body = ast.iter_child_nodes(node)
    else:
        body = node.body
    for part in body:
        scope.visit(part)
    local = scope.stores - scope.outer
    if isinstance(node, ast.ClassDef):  # its methods do not see the names of its body
        return (scope.loads - local) | scope.inner
    return (scope.loads | scope.inner) - local
