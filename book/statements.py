"""What each statement of a page is for: it draws, checks, prints, makes up data, sets the
size of something, or it computes what the page teaches.

Told from the code, never from tags. The planted errors (`mutants`) leave alone what only
draws or checks; `folding` folds the cells that do nothing else.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field

from book.model import VERIFY_FUNCTIONS, tags, tree_of

# ---------------------------------------------------------------- words


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Functions that make a picture, and modules that hold nothing else.
DRAWS = words(
    "subplots figure curves heatmap image_grid contour_paths show explore overlay"
)
DRAWING_MODULES = words("plt matplotlib mpl diagrams patches")
#: Parameters that are a picture, whatever function they belong to.
PICTURES = words("fig figure ax axes axis_")

#: Calls that make random numbers; what stands in their arguments are sizes.
RANDOM = words(
    "rand randn randint randperm rand_like randn_like randint_like normal_ uniform_ "
    "random choice integers permutation shuffle standard_normal normal uniform "
    "default_rng Generator manual_seed seed"
)
#: Modules and functions that load data.
LOADS = words(
    "make load loads read_text open read_csv mnist digits bible reviews translations "
    "series batches load_digits load_iris fetch"
)
#: Functions of a page whose name begins so and that call RANDOM or LOADS make up data.
MAKERS = words("random make problem toy load dataset data")

#: A name with one of these words sets how long or how large; so does such a keyword.
SETTINGS = words(
    "lr lrs learning eta etas epochs steps seeds seed batch repeats updates episodes sweeps "
    "iterations"
)
#: Keywords of checks that are not what is compared.
CHECK_SETTINGS = words("se k by atol rtol at_least same_dtype")
CONSTRUCTORS = words(
    "tensor arange linspace logspace geomspace range array list tuple full zeros ones "
    "float32 float64 double long int64 log_range"
)
EFFECTS = words("backward step append extend update zero_grad add reset pop")

HEADERS = (ast.For, ast.While, ast.If, ast.With, ast.Try)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


# ---------------------------------------------------------------- names


class _Names(ast.NodeVisitor):
    """Names that code binds, and names that it reads and does not bind itself."""

    def __init__(self):
        self.binds: set[str] = set()
        self.reads: set[str] = set()

    def visit_Name(self, node):
        (self.reads if isinstance(node.ctx, ast.Load) else self.binds).add(node.id)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name):
            self.reads.add(node.target.id)
        self.generic_visit(node)

    def visit_alias(self, node):
        self.binds.add((node.asname or node.name).split(".")[0])

    def _inner(self, parts, bound=()):
        inner = _Names()
        for part in parts:
            inner.visit(part)
        self.reads |= inner.reads - inner.binds - set(bound)

    def _function(self, node, body):
        spec = node.args
        for default in [*spec.defaults, *(d for d in spec.kw_defaults if d)]:
            self.visit(default)
        every = [
            *spec.posonlyargs,
            *spec.args,
            *spec.kwonlyargs,
            spec.vararg,
            spec.kwarg,
        ]
        self._inner(body, [a.arg for a in every if a])

    def visit_FunctionDef(self, node):
        self.binds.add(node.name)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._function(node, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self._function(node, [node.body])

    def visit_ClassDef(self, node):
        self.binds.add(node.name)
        self._inner([*node.decorator_list, *node.bases, *node.body])

    def visit_ListComp(self, node):
        self._inner(ast.iter_child_nodes(node))

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp


def names(*nodes: ast.AST) -> tuple[set[str], set[str]]:
    """What code binds and what it reads from outside, scopes of functions respected."""
    found = _Names()
    for node in nodes:
        found.visit(node)
    return found.binds, found.reads


def root(node: ast.AST) -> str:
    """The name that an expression such as `fig.axes[0].set(…)` begins with, or ''."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return ""
    return node.id


def called(node: ast.AST) -> str:
    """`f` for the calls `f(…)` and `module.f(…)`, else ''."""
    if not isinstance(node, ast.Call):
        return ""
    func = node.func
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def calls_in(node: ast.AST) -> set[str]:
    """The functions that are called anywhere inside."""
    return {called(part) for part in ast.walk(node)} - {""}


def is_literal(node: ast.AST) -> bool:
    """Whether an expression is made of constants alone, `range(3)` and tensors of them too."""
    if isinstance(node, ast.Call):
        values = [k.value for k in node.keywords if k.arg not in ("dtype", "device")]
        return called(node) in CONSTRUCTORS and all(
            is_literal(part)
            for part in [
                *([] if isinstance(node.func, ast.Name) else [_receiver(node)]),
                *node.args,
                *values,
            ]
        )
    if isinstance(node, ast.Attribute):  # torch.float64, math.pi
        return is_literal(node.value)
    if isinstance(node, ast.Name):
        return node.id in ("torch", "np", "math", "numpy")
    if isinstance(node, ast.Constant):
        return True
    if isinstance(
        node,
        ast.Tuple
        | ast.List
        | ast.Set
        | ast.Dict
        | ast.UnaryOp
        | ast.BinOp
        | ast.Starred,
    ):
        return all(
            is_literal(part)
            for part in ast.iter_child_nodes(node)
            if isinstance(part, ast.expr)
        )
    return False


def _receiver(call: ast.Call) -> ast.AST:
    return call.func.value if isinstance(call.func, ast.Attribute) else call.func


# ---------------------------------------------------------------- statements


@dataclass(eq=False)
class Statement:
    """A simple statement, a definition, or the first line of a compound statement."""

    node: ast.stmt
    cell: int  # number of the cell from the top, 1 the first
    depth: int  # how many loops, conditions and blocks it stands in
    binds: set[str]
    reads: set[str]
    outer: ast.stmt | None = (
        None  # the compound statement of the cell that it stands in
    )
    certain: bool = True  # runs whenever the cell does: in no condition, no `while`
    role: str = ""  # '' where it computes what the page teaches
    inside: list[Statement] = field(default_factory=list)  # of a compound statement
    mistaken: set[str] = field(default_factory=set)  # read for `wrong=` of a trap
    settings: set[str] = field(default_factory=set)  # read for `se=`, `atol=`, …


def parts_of(node: ast.stmt) -> tuple[list[ast.AST], list[ast.stmt]]:
    """The first line of a compound statement as expressions, and the statements in it."""
    if isinstance(node, ast.For):
        return [node.target, node.iter], [*node.body, *node.orelse]
    if isinstance(node, ast.While | ast.If):
        return [node.test], [*node.body, *node.orelse]
    if isinstance(node, ast.With):
        items = [part for i in node.items for part in (i.context_expr, i.optional_vars)]
        return [part for part in items if part], node.body
    handlers = [statement for handler in node.handlers for statement in handler.body]
    return [], [*node.body, *handlers, *node.orelse, *node.finalbody]


def changed(node: ast.stmt) -> set[str]:
    """Names whose objects a statement may change without binding them."""
    if isinstance(node, ast.Assign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return {
            root(t) for t in targets if isinstance(t, ast.Subscript | ast.Attribute)
        }
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        given = [*call.args, *(k.value for k in call.keywords)]
        if isinstance(call.func, ast.Attribute):
            given.append(call.func.value)
        return {root(part) for part in given} - {""}
    return set()


def flatten(
    body: list[ast.stmt],
    cell: int,
    depth: int = 0,
    outer: ast.stmt | None = None,
    certain: bool = True,
) -> Iterator[Statement]:
    """Every statement in the order of the page; those in a definition stay inside it."""
    for node in body:
        if isinstance(node, HEADERS):
            head, inner = parts_of(node)
            around = outer or node
            statement = Statement(node, cell, depth, *names(*head), around, certain)
            runs = certain and isinstance(node, ast.For | ast.With)
            statement.inside = list(flatten(inner, cell, depth + 1, around, runs))
            yield statement
            yield from statement.inside
        else:
            binds, reads = names(node)
            binds |= changed(node)
            yield Statement(node, cell, depth, binds, reads, outer, certain)


class Code:
    """All code of a page, every statement with its role.

    Roles: import, check, print, draws, figure (computes what only a figure of the same cell
    shows), data, setting, mistake (serves only a trap's wrong side), or '' for the rest.
    """

    def __init__(self, notebook):
        self.cells: dict[int, list[Statement]] = {}
        self.skipped: dict[int, str] = {}  # cells that are no part of what is taught
        for number, cell in enumerate(notebook.cells, 1):
            if cell.cell_type != "code":
                continue
            tree = tree_of(cell.source)
            if "setup" in tags(cell) or tree is None:
                self.skipped[number] = "set-up" if tree else "no Python"
                self.cells[number] = []
                continue
            if "solution" in tags(cell):
                self.skipped[number] = "solution"
            self.cells[number] = list(flatten(tree.body, number))
        self.statements = [s for group in self.cells.values() for s in group]
        #: names that are no result of the page: imported ones and Python's own
        self.given = set(dir(builtins)).union(
            *(
                s.binds
                for s in self.statements
                if isinstance(s.node, ast.Import | ast.ImportFrom)
            )
        )
        self.drawing_functions = self._drawing_functions()
        self.sizes = self._sizes()
        self._give_roles()

    # ------------------------------------------------------------ what draws

    def _drawing_functions(self) -> set[str]:
        """Functions that only draw: given to `explore`, or drawing and returning no more
        than the picture."""
        given = set()
        for statement in self.statements:
            for part in ast.walk(statement.node):
                if called(part) == "explore" and part.args:
                    given.add(root(part.args[0]))
        found: set[str] = set()
        defs = [s.node for s in self.statements if isinstance(s.node, FUNCTIONS)]
        while True:
            more = {
                d.name for d in defs if d.name in given or self._only_draws(d, found)
            }
            if more <= found:
                return found
            found |= more

    def _only_draws(self, function, known: set[str]) -> bool:
        pictures = pictures_in(function, known)
        draws = any(
            _draws_now(s.node, pictures, known) for s in flatten(function.body, 0)
        )
        returned = [
            part.value
            for part in ast.walk(function)
            if isinstance(part, ast.Return) and part.value is not None
        ]
        return draws and all(
            root(part) in pictures
            for value in returned
            for part in (value.elts if isinstance(value, ast.Tuple) else [value])
        )

    # ------------------------------------------------------------ sizes

    def _sizes(self) -> set[str]:
        """Names that stand in the arguments of what makes random numbers or shapes."""
        makers = (
            RANDOM | CONSTRUCTORS | frozenset(("view", "reshape", "expand", "empty"))
        )
        return {
            name.id
            for statement in self.statements
            for part in ast.walk(statement.node)
            if called(part) in makers - {"tensor", "array", "list", "tuple"}
            for argument in part.args
            for name in ast.walk(argument)
            if isinstance(name, ast.Name)
        }

    # ------------------------------------------------------------ roles

    def _give_roles(self) -> None:
        for group in self.cells.values():
            pictures = set(PICTURES)
            made: set[str] = set()  # names of made-up data in this cell
            for statement in group:
                last = statement is group[-1] and not statement.depth
                statement.role = self.role_of(statement, pictures, made, last)
                if not statement.role and self._is_given(statement):
                    statement.role = "setting"
        for statement in self.statements:
            _note_harmless_reads(statement)
        self._close("figure", _same_cell, self._shown)
        self._close("mistake", lambda a, b: True, self._mistaken)
        self._close("setting", lambda a, b: True, self._set)
        for statement in reversed(self.statements):  # the innermost first
            if statement.inside and not statement.role:
                roles = {s.role for s in statement.inside}
                if "" not in roles:
                    first = ("check", "mistake", "figure", "draws", "data")
                    statement.role = next((r for r in first if r in roles), "print")

    def role_of(
        self,
        statement: Statement,
        pictures: set[str],
        made: set[str],
        last: bool = False,
    ) -> str:
        """The role of one statement by itself; adds to the names that are pictures or data.

        `pictures` and `made` are the names known so far in its cell or function.
        """
        node = statement.node
        if isinstance(node, ast.Import | ast.ImportFrom):
            return "import"
        if isinstance(node, HEADERS):
            if isinstance(node, ast.For) and names(node.iter)[1] & pictures:
                pictures |= statement.binds
            return ""
        if isinstance(node, ast.Assert):
            return "check"
        if isinstance(node, FUNCTIONS):
            if node.name in self.drawing_functions:
                return "draws"
            return "data" if _makes_data(node) else ""
        if isinstance(node, ast.ClassDef):
            return ""
        if _draws_now(node, pictures, self.drawing_functions):
            pictures |= names(node)[0]
            return "draws"
        if isinstance(node, ast.Expr):
            return self._role_of_expression(node.value, last)
        if self._is_data(node, made):
            made |= _made_by(node)
            return "data"
        return "setting" if self._is_setting(node) else ""

    def _role_of_expression(self, value: ast.expr, last: bool) -> str:
        name = called(value)
        if name in VERIFY_FUNCTIONS:
            return "check"
        if name in ("print", "display", "write") or not isinstance(value, ast.Call):
            return "print"
        if name in RANDOM:
            return "data"
        if name.startswith("set_") or root(value) in ("warnings", "logging"):
            return "setting"
        shows = last and name not in EFFECTS and not name.endswith("_")
        return "print" if shows else ""

    def _is_data(self, node: ast.stmt, made: set[str]) -> bool:
        """Whether a statement makes up data, of random numbers and sizes alone, or loads it."""
        value = getattr(node, "value", None)
        if (
            not isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
            or not value
        ):
            return False
        operands = _operands(value)
        calls = calls_in(value)
        if root(value) == "data" or calls & LOADS and not operands - self.sizes - made:
            return True
        known = self.sizes | made | {"torch", "np", "math", "nn", "data"}
        if calls & RANDOM:
            return not operands - known
        own = names(node)[0] | changed(node)
        return bool(made) and own <= made and not operands - known

    def _is_setting(self, node: ast.stmt) -> bool:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            return False
        targets = names(node)[0]
        words = [set(name.lower().split("_")) for name in targets]
        named = bool(words) and all(w & SETTINGS for w in words)
        return named or is_literal(node.value)

    def _is_given(self, statement: Statement) -> bool:
        """Whether a statement that runs once makes something of constants alone."""
        simple = isinstance(statement.node, ast.Assign) and not statement.depth
        computes = any(
            isinstance(part, ast.Lambda) for part in ast.walk(statement.node)
        )
        return simple and statement.reads <= self.given and not computes

    # ------------------------------------------------------------ what only serves

    def readers(self, at: int) -> Iterator[tuple[Statement, set[str]]]:
        """Statements that read what statement number `at` binds, with those names."""
        statement = self.statements[at]
        alive = set(statement.binds)
        for later in self.statements[at + 1 :]:
            if later.reads & alive:
                yield later, later.reads & alive
            binding = (ast.Assign, ast.For, ast.FunctionDef, ast.ClassDef)
            if later.certain and isinstance(later.node, binding):
                alive -= later.binds - changed(later.node) - later.reads
            if not alive:
                break
        for before in self.statements[:at]:
            read = before.reads & statement.binds
            again = statement.outer is not None and before.outer is statement.outer
            if read and (again or isinstance(before.node, FUNCTIONS)):
                yield before, read

    def _close(self, role: str, near, ends) -> None:
        """Give `role` to statements without one whose results serve `ends` alone, directly
        or through other such statements."""
        kinds = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.For)
        if role == "mistake":
            kinds += FUNCTIONS
        candidates = {
            i: [r for r in self.readers(i) if r[0] is not s]
            for i, s in enumerate(self.statements)
            if not s.role and isinstance(s.node, kinds) and s.binds
        }
        place = {id(s): i for i, s in enumerate(self.statements)}
        while True:
            wrong = [
                i
                for i, readers in candidates.items()
                if not readers
                or not all(
                    near(self.statements[i], reader)
                    and (place[id(reader)] in candidates or ends(reader, read))
                    for reader, read in readers
                )
            ]
            if not wrong:
                break
            for i in wrong:
                del candidates[i]
        reached = {  # at least one way must end where it should
            i
            for i, readers in candidates.items()
            if any(ends(r, read) and r.role != "print" for r, read in readers)
        }
        while True:
            more = {
                i
                for i, readers in candidates.items()
                if any(place[id(r)] in reached for r, _ in readers)
            }
            if more <= reached:
                break
            reached |= more
        for i in reached:
            self.statements[i].role = role

    @staticmethod
    def _shown(reader: Statement, read: set[str]) -> bool:
        return reader.role == "draws"

    @staticmethod
    def _mistaken(reader: Statement, read: set[str]) -> bool:
        return reader.role == "print" or bool(read) and read <= reader.mistaken

    @staticmethod
    def _set(reader: Statement, read: set[str]) -> bool:
        return bool(read) and read <= reader.settings


def _same_cell(a: Statement, b: Statement) -> bool:
    return a.cell == b.cell


def _note_harmless_reads(statement: Statement) -> None:
    """Split what a check reads into what it compares and what it does not."""
    if statement.role != "check" or not isinstance(statement.node, ast.Expr):
        return
    call = statement.node.value
    groups: dict[str, set[str]] = {"wrong": set(), "setting": set(), "": set()}
    for argument in call.args:
        groups[""] |= names(argument)[1]
    for keyword in call.keywords:
        wrong = called(call) == "verify_differs" and keyword.arg == "wrong"
        group = "wrong" if wrong else "setting" if keyword.arg in CHECK_SETTINGS else ""
        groups[group] |= names(keyword.value)[1]
    statement.mistaken = groups["wrong"] - groups[""]
    statement.settings = groups["setting"] - groups[""] - groups["wrong"]


def pictures_in(function, known: set[str] = frozenset()) -> set[str]:
    """The names in a function that are figures or axes."""
    arguments = {a.arg for a in function.args.args}
    pictures = set(arguments & PICTURES)
    for statement in flatten(function.body, 0):
        if isinstance(statement.node, ast.For) and (
            names(statement.node.iter)[1] & pictures
        ):
            pictures |= statement.binds
        elif _draws_now(statement.node, pictures, known):
            pictures |= names(statement.node)[0]
    return pictures


def _draws_now(node: ast.stmt, pictures: set[str], functions: set[str]) -> bool:
    """Whether a simple statement draws, or takes a part of a picture."""
    if not isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Return):
        return False
    value = node.value
    if isinstance(node, ast.Assign) and any(
        root(t) in pictures and isinstance(t, ast.Attribute | ast.Subscript)
        for t in node.targets
    ):
        return True
    if isinstance(value, ast.ListComp):
        value = value.elt
    begins = root(value)
    if begins in pictures or begins in DRAWING_MODULES:
        return True
    name = called(value)
    return isinstance(getattr(value, "func", None), ast.Name) and (
        name in DRAWS or name in functions
    )


def _made_by(node: ast.stmt) -> set[str]:
    """The names that hold made-up data after a statement; not `n` of `x, n = rand(9), 0`."""
    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
    pairs = [(target, node.value)]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        pairs = list(zip(target.elts, node.value.elts, strict=False))
    return {root(t) for t, value in pairs if not is_literal(value)} | (
        names(target)[0] if len(pairs) == 1 else set()
    )


def _makes_data(function) -> bool:
    first = function.name.lower().split("_")[0]
    return first in MAKERS and bool(calls_in(function) & (RANDOM | LOADS))


def _operands(node: ast.AST) -> set[str]:
    """Names that an expression computes with: not those in arguments of calls that make
    random numbers, nor what a comprehension goes through."""
    if isinstance(node, ast.Call):
        if called(node) in RANDOM | LOADS:
            return set()
        inside = [*node.args, *(k.value for k in node.keywords)]
        if isinstance(node.func, ast.Attribute):
            inside.append(node.func.value)
        else:
            inside.append(node.func)
        return set().union(*map(_operands, inside)) if inside else set()
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp):
        bound = names(*(g.target for g in node.generators))[0]
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return set().union(*map(_operands, parts)) - bound
    if isinstance(node, ast.Name):
        return {node.id}
    return set().union(*map(_operands, ast.iter_child_nodes(node)), set())
