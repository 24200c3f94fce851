"""Changes of one thing in a page's code: what a planted error is.

`plant` returns every change of the code that computes what a page teaches. Statements that
draw, check, print, make up data, set sizes, seeds and rates, or run a trap's mistake are
left alone, and so are set-up, imports and solutions (`statements` tells which is which).
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from book import statements
from book.statements import FUNCTIONS, HEADERS, Code, called, names, root, words


@dataclass(frozen=True)
class Mutant:
    """One change of one cell."""

    cell: int  # number from the top, 1 the first
    line: int  # in the cell, 1 the first
    kind: str
    before: str  # the smallest readable piece of code around the change, on one line
    after: str
    source: str  # the whole cell with the change in it

    @property
    def change(self) -> str:
        """How metadata and messages name it."""
        return f"{self.before} → {self.after}"


NEIGHBOURS = {
    a: b
    for pair in (
        "sum mean", "max min", "amax amin", "argmax argmin", "maximum minimum", "sin cos",
        "tanh sigmoid", "Tanh Sigmoid", "softmax log_softmax", "cumsum cumprod",
        "std var", "any all", "tril triu", "floor ceil", "repeat_interleave repeat",
    )
    for a, b in (pair.split(), pair.split()[::-1])
} | {
    "log2": "log", "log1p": "log", "expm1": "exp", "relu": "tanh", "ReLU": "Tanh",
    "softplus": "relu", "prod": "sum", "logsumexp": "sum", "median": "mean",
}  # fmt: skip
#: Functions whose neighbour exists as a builtin of the same kind.
BUILTIN_NEIGHBOURS = {"max": "min", "min": "max", "any": "all", "all": "any"}
#: Calls that one may forget: what they are called on, or their first argument, remains.
FORGOTTEN = words(
    "exp log log2 sqrt square abs relu flip clamp clamp_min masked_fill detach t "
    "transpose reversed conj"
)
#: Functions that take an axis, and its place among the arguments after the array.
AXIS = words(
    "sum mean std var softmax log_softmax max min amax amin argmax argmin cumsum cumprod "
    "prod logsumexp all any stack cat concatenate median norm sort argsort unbind"
)
AXIS_WORDS = frozenset(("dim", "axis"))
FLAGS = words("reverse descending is_causal unbiased")
#: Calls whose arguments are sizes, settings or text.
CLOSED = statements.RANDOM | words(
    "zeros ones empty full eye zeros_like ones_like full_like empty_like new_zeros "
    "new_ones view reshape expand Linear Embedding RNN LSTM GRU Conv2d "
    "Dropout RNNCell LSTMCell GRUCell MultiheadAttention LayerNorm Adam SGD AdamW RMSprop "
    "LBFGS batches format join index replace isinstance getattr to tqdm timer make World "
    "clip_grad_norm_ one_hot round manual_seed"
)
TINY = 1e-5  # smaller constants guard against rounding
SIZE = 10  # larger whole numbers are sizes

OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.Pow: ast.Mult, ast.BitAnd: ast.BitOr,
}  # fmt: skip
DIRECTIONS = {
    ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
BOUNDARIES = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}


def plant(notebook) -> list[Mutant]:
    """Every change of one thing in the code that computes what the page teaches."""
    code = Code(notebook)
    found: list[Mutant] = []
    for number, group in code.cells.items():
        if number not in code.skipped:
            tree = ast.Module([s.node for s in group if not s.depth], [])
            found += _Cell(code, number, tree).mutants()
    return found + _traps(code)


def fresh_sample(mutants: list[Mutant], n: int, salt: str) -> list[Mutant]:
    """`n` of the changes, or all, in an order that `salt` fixes.

    A change keeps its place in the order when other cells of the page are edited.
    """

    def place(mutant: Mutant) -> str:
        text = f"{salt}\n{mutant.kind}\n{mutant.change}\n{mutant.source}"
        return hashlib.sha256(text.encode()).hexdigest()

    return sorted(mutants, key=place)[:n]


# ---------------------------------------------------------------- one cell


class _Cell:
    """The changes of one cell. Each is made in the tree, written down, and taken back."""

    def __init__(self, code: Code, number: int, tree: ast.Module):
        self.code, self.number, self.tree = code, number, tree
        self.parents: dict[int, ast.AST] = {}
        for parent in ast.walk(tree):
            for child in ast.iter_child_nodes(parent):
                self.parents[id(child)] = parent
        self.original = ast.unparse(tree)
        self.counters: set[str] = set()  # names that count in the statement at hand

    def mutants(self) -> list[Mutant]:
        found: list[Mutant] = []
        seen = {self.original}
        for kind, node, new in self._edits():
            place, index = self._place(node)
            parent = self.parents[id(node)]
            shown = self._shown(node)
            before = _one_line(shown)
            if index is None:
                setattr(parent, place, new)
            else:
                getattr(parent, place)[index] = new
            source = ast.unparse(ast.fix_missing_locations(self.tree))
            after = _one_line(new if shown is node else shown)
            if index is None:
                setattr(parent, place, node)
            else:
                getattr(parent, place)[index] = node
            if source not in seen and _compiles(source):
                seen.add(source)
                line = getattr(node, "lineno", 1)
                found.append(Mutant(self.number, line, kind, before, after, source))
        return found

    def _place(self, node: ast.AST) -> tuple[str, int | None]:
        for name, value in ast.iter_fields(self.parents[id(node)]):
            if value is node:
                return name, None
            if isinstance(value, list):
                for index, part in enumerate(value):
                    if part is node:
                        return name, index
        raise AssertionError("a node has lost its parent")

    def _shown(self, node: ast.AST) -> ast.AST:
        """The largest piece of one statement around a node that still reads at a glance."""
        shown = node
        while not isinstance(shown, ast.stmt):
            parent = self.parents[id(shown)]
            whole = isinstance(parent, (*HEADERS, *FUNCTIONS, ast.ClassDef, ast.Module))
            function = isinstance(parent, ast.Call) and parent.func is shown
            short = function or len(_one_line(shown)) < 15
            long = not whole and len(_one_line(parent)) > (120 if short else 60)
            if whole or long and isinstance(shown, ast.expr):
                break
            shown = parent
        return shown

    # ------------------------------------------------------------ statements

    def _edits(self) -> Iterator[tuple[str, ast.AST, ast.AST]]:
        """(kind, node, what stands in its place)."""
        for statement in self.code.cells[self.number]:
            if not statement.role:
                yield from self._statement(statement)

    def _statement(self, statement) -> Iterator[tuple[str, ast.AST, ast.AST]]:
        node = statement.node
        if isinstance(node, FUNCTIONS):
            yield from self._function(node)
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, FUNCTIONS):
                    yield from self._function(part)
        elif isinstance(node, HEADERS):
            yield from self._header(node, statement)
        else:
            yield from self._simple(node, bool(statement.depth))

    def _function(self, function) -> Iterator[tuple[str, ast.AST, ast.AST]]:
        code = self.code
        pictures = statements.pictures_in(function, code.drawing_functions)
        made: set[str] = set()
        inside = list(statements.flatten(function.body, self.number))
        for statement in inside:
            statement.role = code.role_of(statement, pictures, made)
            if statement.role == "setting" and _is_start(statement.node):
                statement.role = (
                    ""  # where a sum begins is no setting inside a function
                )
        for statement in inside:
            if not statement.role:
                yield from self._statement(statement)

    def _header(self, node, statement) -> Iterator[tuple[str, ast.AST, ast.AST]]:
        if not any(not s.role for s in statement.inside):
            return
        if isinstance(node, ast.For):
            yield from self._iteration(node.iter)
        elif isinstance(node, ast.While | ast.If):
            yield from self._expression(node.test)
        elif isinstance(node, ast.With) and self._guards(node):
            free = ast.If(ast.Constant(True), node.body, [])
            yield "missing no_grad", node, ast.copy_location(free, node)

    def _guards(self, node: ast.With) -> bool:
        """Whether a no_grad block makes something whose gradient is asked for below."""
        if not any("no_grad" in ast.unparse(item) for item in node.items):
            return False
        siblings = getattr(self.parents[id(node)], "body", [])
        later = siblings[siblings.index(node) + 1 :] if node in siblings else []
        graded = {"backward", "grad"} & set().union(
            *map(statements.calls_in, later), set()
        )
        return bool(graded) and bool(names(*node.body)[0] & names(*later)[1])

    def _iteration(self, node: ast.expr) -> Iterator[tuple[str, ast.AST, ast.AST]]:
        """What a loop goes through. How often it turns is a setting, where it begins and
        ends is not."""
        if statements.is_literal(node):
            return
        if called(node) == "range" and len(node.args) > 1:
            start = node.args[0]
            if _number(start) is not None and abs(start.value) < 3:
                yield "index", start, ast.Constant(start.value + 1)
            stop = node.args[1]
            if _number(stop) == 0:
                yield "index", stop, ast.Constant(1)
        yield from self._expression(node)

    def _simple(
        self, node: ast.stmt, again: bool
    ) -> Iterator[tuple[str, ast.AST, ast.AST]]:
        """`again`: the statement stands in a loop or a condition."""
        if isinstance(node, ast.AugAssign):
            if type(node.op) in OPERATORS and not _is_collection(node.value):
                new = copy.copy(node)
                new.op = OPERATORS[type(node.op)]()
                yield "operator", node, new
                if again:
                    new = ast.Assign([_stored(node.target)], node.value)
                    yield "missing sum", node, ast.copy_location(new, node)
            if _number(node.value) != 1:  # counting by twos changes no share
                yield from self._constant(node.value)
        elif isinstance(node, ast.Assign) and _is_start(node):
            values = (
                node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            )
            for value in values:
                yield from self._constant(value)
        elif isinstance(node, ast.Expr):
            if called(node.value) == "zero_grad":
                yield "missing step", node, ast.copy_location(ast.Pass(), node)
                return
            if isinstance(node.value, ast.Constant):
                return  # a docstring
        for target in getattr(node, "targets", [getattr(node, "target", None)]):
            for part in ast.walk(target) if target is not None else ():
                if isinstance(part, ast.Subscript):
                    yield from self._subscript(part)
                    yield from self._expression(part.slice)
        value = getattr(node, "value", None)
        if value is not None:
            yield from self._expression(value)

    # ------------------------------------------------------------ expressions

    def _expression(self, node: ast.AST) -> Iterator[tuple[str, ast.AST, ast.AST]]:
        """Changes of an expression and of what it is made of."""
        if isinstance(node, ast.JoinedStr | ast.Constant):
            return
        handler = {
            ast.BinOp: self._binary, ast.UnaryOp: self._unary, ast.BoolOp: self._words,
            ast.Compare: self._comparison, ast.Subscript: self._subscript,
            ast.Call: self._call, ast.Attribute: self._attribute,
        }.get(type(node))  # fmt: skip
        if isinstance(node, ast.BinOp):
            whole = isinstance(node.op, ast.FloorDiv | ast.Mod)  # arithmetic of sizes
            if whole or _is_text(node.left) or _is_text(node.right):
                return
        if handler:
            yield from handler(node)
        if isinstance(node, ast.Call):
            for child in self._open_arguments(node):
                yield from self._expression(child)
        elif isinstance(node, ast.comprehension):
            yield from self._iteration(node.iter)
            for condition in node.ifs:
                yield from self._expression(condition)
        elif isinstance(node, ast.Lambda):
            yield from self._expression(node.body)
        elif isinstance(node, ast.Dict):
            for value in node.values:
                yield from self._expression(value)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr | ast.comprehension | ast.slice):
                    yield from self._expression(child)

    def _open_arguments(self, node: ast.Call) -> list[ast.AST]:
        """The parts of a call that hold more than sizes and settings."""
        parts = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        name = called(node)
        if (
            name in CLOSED
            or name in statements.VERIFY_FUNCTIONS
            or name in statements.DRAWS
        ):
            shapeless = name in statements.RANDOM or name.endswith("_like")
            return [] if shapeless else parts
        named = [
            k.value
            for k in node.keywords
            if k.arg is None
            or k.arg not in statements.SETTINGS | {"generator", "dtype"}
        ]
        return parts + list(node.args) + named

    def _binary(self, node: ast.BinOp):
        op = type(node.op)
        left, right = node.left, node.right
        if _is_tiny(left) or _is_tiny(right) or _is_guard(right):
            return
        noise = [called(side) in statements.RANDOM for side in (left, right)]
        if any(noise) and _number(right if noise[0] else left) is not None:
            return  # 0.3 * torch.randn(…): how large made-up data are
        if isinstance(node.op, ast.MatMult):
            if not isinstance(left, ast.BinOp) and not isinstance(right, ast.BinOp):
                yield "order", node, ast.BinOp(right, ast.MatMult(), left)
            for side in (left, right):
                if _is_matrix(side):
                    new = ast.Attribute(side, "mT", ast.Load())
                    yield "transpose", side, ast.copy_location(new, side)
            return
        if op in OPERATORS and not (_is_collection(left) or _is_collection(right)):
            yield "operator", node, ast.BinOp(left, OPERATORS[op](), right)
        if op in (ast.Add, ast.Sub):
            yield "dropped term", node, left
            yield (
                "dropped term",
                node,
                (ast.UnaryOp(ast.USub(), right) if op is ast.Sub else right),
            )
            if op is ast.Sub and _number(left) is not None:
                yield "dropped term", node, right  # 1 - x becomes x
        elif op is ast.Mult and not _is_collection(left):
            if not isinstance(getattr(self.parents[id(node)], "op", None), ast.MatMult):
                yield (
                    "dropped factor",
                    node,
                    left,
                )  # else a number is left for the matmul
            yield "dropped factor", node, right
        elif op in (ast.Div, ast.Pow):
            yield "dropped factor", node, left
        for side in (left, right):
            yield from self._constant(side)

    def _unary(self, node: ast.UnaryOp):
        if isinstance(node.op, ast.UAdd) or isinstance(node.operand, ast.Constant):
            return  # negative numbers are constants or indices
        kind = {ast.USub: "sign", ast.Not: "comparison", ast.Invert: "mask"}
        yield kind[type(node.op)], node, node.operand

    def _words(self, node: ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield "comparison", node, ast.BoolOp(other, node.values)

    def _comparison(self, node: ast.Compare):
        if len(node.ops) > 1:
            return
        op, left, right = type(node.ops[0]), node.left, node.comparators[0]
        if op in DIRECTIONS:
            yield "comparison", node, ast.Compare(left, [DIRECTIONS[op]()], [right])
        if op in BOUNDARIES and self._is_whole(left) and self._is_whole(right):
            yield "comparison", node, ast.Compare(left, [BOUNDARIES[op]()], [right])
        for side in (left, right):
            if not isinstance(node.ops[0], ast.In | ast.NotIn):
                yield from self._constant(side)

    def _is_whole(self, node: ast.expr) -> bool:
        """Whether an expression is surely a whole number: a count, a size, an index."""
        if isinstance(node, ast.Constant):
            return isinstance(node.value, int)
        if isinstance(node, ast.BinOp):
            return self._is_whole(node.left) and self._is_whole(node.right)
        if isinstance(node, ast.Name):
            return node.id in self._counting(node) or node.id in self.code.sizes
        return called(node) == "len"

    def _subscript(self, node: ast.Subscript):
        if isinstance(node.value, ast.Call) and isinstance(node.slice, ast.Constant):
            return  # one of several results
        entries = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        for entry in entries:
            if isinstance(entry, ast.Slice):
                yield from self._slice(entry)
                continue
            value = _number(entry)
            if isinstance(value, int) and abs(value) < SIZE:
                yield "index", entry, ast.Constant(value - 1 if value else 1)
            elif isinstance(entry, ast.Name) and entry.id in self._counting(entry):
                yield "index", entry, ast.BinOp(entry, ast.Sub(), ast.Constant(1))
            elif isinstance(entry, ast.BinOp):
                for side in (entry.left, entry.right):
                    yield from self._constant(side)

    def _slice(self, node: ast.Slice):
        for bound in ("lower", "upper"):
            value = getattr(node, bound)
            size = _number(value)
            if value is None or size is not None and abs(size) >= SIZE:
                continue
            if isinstance(value, ast.Name) and value.id in statements.SETTINGS:
                continue
            new = copy.copy(node)
            setattr(new, bound, None)
            yield "slice", node, new

    def _counting(self, node: ast.AST) -> set[str]:
        """Loop variables around a node that count, so that 1 can be taken away."""
        found: set[str] = set()
        while id(node) in self.parents:
            node = self.parents[id(node)]
            loops = (
                [node] if isinstance(node, ast.For) else getattr(node, "generators", [])
            )
            for loop in loops:
                if called(loop.iter) == "range" and not statements.is_literal(
                    loop.iter
                ):
                    found |= names(loop.target)[0]
                elif called(loop.iter) == "enumerate" and isinstance(
                    loop.target, ast.Tuple
                ):
                    found |= names(loop.target.elts[0])[0]
        return found

    def _attribute(self, node: ast.Attribute):
        if node.attr in ("T", "mT"):
            yield "transpose", node, node.value
        elif node.attr in NEIGHBOURS and isinstance(node.ctx, ast.Load):
            # torch.relu handed on as a value; a call is seen to below
            parent = self.parents[id(node)]
            if not (isinstance(parent, ast.Call) and parent.func is node):
                new = ast.Attribute(node.value, NEIGHBOURS[node.attr], ast.Load())
                if root(node) in ("torch", "F", "nn", "np"):
                    yield "function", node, new

    def _call(self, node: ast.Call):
        name, func = called(node), node.func
        if isinstance(func, ast.Attribute) and name in NEIGHBOURS:
            new = copy.copy(node)
            new.func = ast.Attribute(func.value, NEIGHBOURS[name], ast.Load())
            yield "function", node, new
        elif isinstance(func, ast.Name) and name in BUILTIN_NEIGHBOURS:
            new = copy.copy(node)
            new.func = ast.Name(BUILTIN_NEIGHBOURS[name], ast.Load())
            yield "function", node, new
        if name in FORGOTTEN and not self._is_export(node):
            module = isinstance(func, ast.Name) or root(func.value) in (
                "torch", "F", "np", "math",
            )  # fmt: skip
            inner = (node.args or [None])[0] if module else func.value
            kind = {"detach": "missing detach", "masked_fill": "missing mask"}
            kind |= {"t": "transpose", "transpose": "transpose"}
            if inner is not None and not _is_guard_call(node):
                yield kind.get(name, "function"), node, inner
        if name == "enumerate" and len(node.args) == 2:
            new = copy.copy(node)
            new.args = node.args[:1]
            yield "index", node, new
        yield from self._axis(node, name)
        for keyword in node.keywords:
            value = keyword.value
            if keyword.arg in ("attn_mask", "mask") and not _is_none(value):
                new = copy.copy(node)
                new.keywords = [k for k in node.keywords if k is not keyword]
                yield "missing mask", node, new
            elif keyword.arg == "reduction" and isinstance(value, ast.Constant):
                other = {"sum": "mean", "mean": "sum"}.get(value.value)
                if other:
                    yield "function", value, ast.Constant(other)
            elif keyword.arg in FLAGS and isinstance(value, ast.Constant):
                yield "comparison", value, ast.Constant(not value.value)
            elif keyword.arg in ("correction", "diagonal", "start"):
                yield from self._constant(value)

    def _axis(self, node: ast.Call, name: str):
        if name not in AXIS:
            return
        module = isinstance(node.func, ast.Attribute) and root(node.func.value) in (
            "torch", "F", "np", "linalg",
        )  # fmt: skip
        given = [k.value for k in node.keywords if k.arg in AXIS_WORDS]
        if isinstance(node.func, ast.Attribute):
            given += node.args[1:2] if module else node.args[:1]
        for value in given:
            axis = _number(value)
            if isinstance(axis, int) and not isinstance(axis, bool):
                other = {0: 1, 1: 0, -1: 0}.get(axis, axis - 1)
                yield "axis", value, ast.copy_location(ast.Constant(other), value)

    def _is_export(self, node: ast.Call) -> bool:
        """`.detach()` of a stored weight, or on the way to numbers: no gradient to lose."""
        if called(node) != "detach" or not isinstance(node.func, ast.Attribute):
            return False
        parent = self.parents[id(node)]
        onward = isinstance(parent, ast.Attribute) and parent.attr in (
            "clone", "numpy", "item", "cpu", "tolist", "T", "double", "sort",
        )  # fmt: skip
        inner = node.func.value
        stored = isinstance(inner, ast.Attribute) and inner.attr in (
            "weight",
            "bias",
            "grad",
        )
        return onward or stored

    def _constant(self, node: ast.expr | None):
        """The next whole number, or twice a number that is not whole."""
        value = _number(node)
        if value is None or isinstance(value, bool):
            return
        if isinstance(value, int) and abs(value) >= SIZE or 0 < abs(value) < TINY:
            return
        new = value + 1 if isinstance(value, int) else 2 * value or 1.0
        yield "constant", node, ast.copy_location(ast.Constant(new), node)


# ---------------------------------------------------------------- the page's traps


def _traps(code: Code) -> list[Mutant]:
    """The mistakes that the page itself runs, planted where the right way is defined.

    For `verify_differs(…, wrong=f(…, flag=a), right=f(…, flag=b))` the default of the flag
    becomes a; for `wrong=f(…), right=g(…)` with as many arguments g becomes f.
    """
    defs = {s.node.name: s for s in code.statements if isinstance(s.node, FUNCTIONS)}
    found: list[Mutant] = []
    for statement in code.statements:
        value = getattr(statement.node, "value", None)
        if called(value) != "verify_differs":
            continue
        sides = {k.arg: _page_call(k.value, defs) for k in value.keywords}
        wrong, right = sides.get("wrong"), sides.get("right")
        if wrong is None or right is None:
            continue
        bad, good = defs[called(wrong)], defs[called(right)]
        if good.cell in code.skipped:
            continue
        if bad is good:
            found += _flag_traps(code, good, wrong, right)
        elif len(wrong.args) == len(right.args) and not wrong.keywords:
            node = copy.deepcopy(bad.node)
            node.name = good.node.name
            source = _cell_with(code, good, [good.node, node])
            before, after = ast.unparse(right.func), ast.unparse(wrong.func)
            line = good.node.lineno
            found.append(Mutant(good.cell, line, "trap", before, after, source))
    return found


def _flag_traps(code: Code, good, wrong: ast.Call, right: ast.Call) -> list[Mutant]:
    given = {k.arg: ast.unparse(k.value) for k in right.keywords}
    mutants = []
    for keyword in wrong.keywords:
        if keyword.arg and ast.unparse(keyword.value) != given.get(keyword.arg):
            node = copy.deepcopy(good.node)
            spec, flag = node.args, keyword.arg
            arguments = [*spec.posonlyargs, *spec.args]
            for defaults, named in (
                (spec.defaults, arguments[len(arguments) - len(spec.defaults) :]),
                (spec.kw_defaults, spec.kwonlyargs),
            ):
                for i, argument in enumerate(named):
                    if argument.arg == flag and defaults[i] is not None:
                        before = f"{flag}={ast.unparse(defaults[i])}"
                        defaults[i] = keyword.value
                        after = f"{flag}={ast.unparse(keyword.value)}"
                        source = _cell_with(code, good, [node])
                        mutants.append(
                            Mutant(
                                good.cell, node.lineno, "trap", before, after, source
                            )
                        )
    return mutants


def _page_call(node: ast.AST, defs: dict) -> ast.Call | None:
    """The call of one of the page's functions that an expression begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                return node if node.func.id in defs else None
            node = node.func
        else:
            node = node.value
    return None


def _cell_with(code: Code, statement, instead: list[ast.stmt]) -> str:
    body: list[ast.stmt] = []
    for other in code.cells[statement.cell]:
        if not other.depth:
            body += instead if other is statement else [other.node]
    return ast.unparse(ast.fix_missing_locations(ast.Module(body, [])))


# ---------------------------------------------------------------- what a node is


def _number(node: ast.AST | None):
    """The number that an expression is, or None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return None if isinstance(node.value, bool) else node.value
    return None


def _is_start(node: ast.stmt) -> bool:
    """`total = 0.0` or `total, discount = 0.0, 1.0`: where a sum or product begins."""
    value = getattr(node, "value", None)
    values = value.elts if isinstance(value, ast.Tuple) else [value]
    return isinstance(node, ast.Assign) and any(_number(v) in (0, 1) for v in values)


def _is_tiny(node: ast.AST) -> bool:
    value = _number(node)
    return value is not None and 0 < abs(value) < TINY


def _is_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("tol", "tiny", "tolerance")


def _is_guard_call(node: ast.Call) -> bool:
    """`.clamp(min=1e-12)`: there for rounding alone."""
    values = [*node.args, *(k.value for k in node.keywords)]
    return called(node).startswith("clamp") and any(map(_is_tiny, values))


def _is_text(node: ast.AST) -> bool:
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return constant or isinstance(node, ast.JoinedStr)


def _is_collection(node: ast.AST) -> bool:
    return isinstance(
        node, ast.List | ast.ListComp | ast.Tuple | ast.Dict | ast.Set
    ) or _is_text(node)


def _is_matrix(node: ast.AST) -> bool:
    """Whether a name is that of a matrix: `W`, `p["W_hh"]`, `X[:, t]`."""
    if isinstance(node, ast.Subscript):
        key = node.slice
        text = isinstance(key, ast.Constant) and isinstance(key.value, str)
        return key.value[:1].isupper() if text else _is_matrix(node.value)
    return isinstance(node, ast.Name) and node.id[0].isupper()


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _stored(target: ast.expr) -> ast.expr:
    new = copy.copy(target)
    new.ctx = ast.Store()
    return new


def _one_line(node: ast.AST) -> str:
    if isinstance(node, ast.Pass):
        return "(left out)"
    if isinstance(node, ast.With | ast.If):  # a block is named by its first line
        return ast.unparse(node).splitlines()[0]
    return " ".join(ast.unparse(ast.fix_missing_locations(node)).split())


def _compiles(source: str) -> bool:
    try:
        compile(source, "cell", "exec")
    except SyntaxError:
        return False
    return True
