"""Python functions of numbers, as JavaScript: what `overlay` draws in the browser.

The functions are those of the page, so that the curve that moves is the one that the
checks hold against torch. They work on tensors entry by entry; in JavaScript each is a
function of single numbers. Translated are arithmetic, comparisons, assignments to
names, `if`, calls of other such functions, and the functions of `KNOWN` and
`SPELLED_OUT`, as torch.cos(x), math.cos(x) or x.cos(). Anything else is refused by name.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
import types
from collections.abc import Callable

import torch

#: Functions that JavaScript has under Math.
KNOWN = {
    **{name: name for name in ("sin", "cos", "tan", "exp", "log", "log2", "log10")},
    **{name: name for name in ("sqrt", "abs", "floor", "ceil", "sign", "pow")},
    **{name: name for name in ("sinh", "cosh", "tanh", "atan", "log1p", "expm1")},
    "minimum": "min",
    "maximum": "max",
    "min": "min",
    "max": "max",
}
#: Functions that it lacks, of translated arguments.
SPELLED_OUT = {
    "where": lambda test, yes, no: f"({test} ? {yes} : {no})",
    "square": lambda x: f"Math.pow({x}, 2)",
    "relu": lambda x: f"Math.max(0, {x})",
    "sigmoid": lambda x: f"(1 / (1 + Math.exp(-{x})))",
    "double": lambda x: f"Number({x})",
    "float": lambda x: f"Number({x})",
}
_INFIX = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_INFIX |= {ast.BitAnd: "&&", ast.BitOr: "||"}
_COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_COMPARE |= {ast.Eq: "===", ast.NotEq: "!=="}
_MODULES = (torch, math, torch.nn.functional)


def javascript(functions: list[Callable]) -> str:
    """A JavaScript expression: the array of these functions, of numbers by position.

    Raises
    ------
    ValueError
        naming the function, the line and the part that has no translation.
    """
    wanted = _Functions()
    names = [wanted.name_of(function) for function in functions]
    lines = [f"const {name} = {text};" for name, text in wanted.texts.items()]
    return "(() => {\n" + "\n".join(lines) + f"\nreturn [{', '.join(names)}];\n}})()"


class _Functions:
    """The functions that were translated, those that they call before them."""

    def __init__(self):
        self.texts: dict[str, str] = {}
        self.names: dict[Callable, str] = {}

    def name_of(self, function: Callable) -> str:
        if function not in self.names:
            self.names[function] = name = f"f{len(self.names)}"
            self.texts[name] = _Translation(function, self).text
        return self.names[function]


class _Translation:
    """One function as the text of an arrow function."""

    def __init__(self, function: Callable, others: _Functions):
        self.function, self.others = function, others
        tree = self._tree()
        self.parameters = [a.arg for a in tree.args.args]
        stored = (n for n in ast.walk(tree) if isinstance(n, ast.Name))
        stored = {n.id for n in stored if isinstance(n.ctx, ast.Store)}
        self.local = stored | {*self.parameters}
        body = " ".join(self.statement(line) for line in tree.body)
        made = sorted(self.local - {*self.parameters})
        declared = f"let {', '.join('$' + name for name in made)}; " if made else ""
        given = ", ".join(f"${name}" for name in self.parameters)
        self.text = f"({given}) => {{ {declared}{body} }}"

    def _tree(self) -> ast.FunctionDef:
        name = getattr(self.function, "__name__", repr(self.function))
        if not isinstance(self.function, types.FunctionType) or name == "<lambda>":
            raise ValueError(
                f"overlay: {name} must be a function written with def, so that its "
                "formula can be read and drawn in the browser"
            )
        source = textwrap.dedent(inspect.getsource(self.function))
        tree = ast.parse(source).body[0]
        arguments = tree.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
            raise ValueError(
                f"overlay: {name} must have plain parameters, "
                "without *, *args or **kwargs"
            )
        return tree

    def refuse(self, node: ast.AST):
        name, line = self.function.__name__, getattr(node, "lineno", 1)
        raise ValueError(
            f"overlay: {name}, line {line}: {ast.unparse(node)!r} cannot be drawn in "
            "the browser; use arithmetic, comparisons, if, torch.where, clamp, and "
            f"{', '.join(sorted({*KNOWN} | {*SPELLED_OUT}))}"
        )

    # ---- statements

    def statement(self, node: ast.stmt) -> str:
        if isinstance(node, ast.Return) and node.value is not None:
            return f"return {self.of(node.value)};"
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return ""  # the docstring
        if isinstance(node, ast.If):
            yes, no = (
                " ".join(self.statement(line) for line in part)
                for part in (node.body, node.orelse)
            )
            return f"if ({self.of(node.test)}) {{ {yes} }} else {{ {no} }}"
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            return self.assign(node.targets[0], node.value)
        return self.refuse(node)

    def assign(self, target: ast.expr, value: ast.expr) -> str:
        if isinstance(target, ast.Name):
            return f"${target.id} = {self.of(value)};"
        pair = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
        if pair and all(isinstance(part, ast.Name) for part in target.elts):
            names = ", ".join(f"${part.id}" for part in target.elts)
            return f"[{names}] = [{', '.join(map(self.of, value.elts))}];"
        return self.refuse(target)

    # ---- expressions

    def of(self, node: ast.expr) -> str:
        visit = getattr(self, f"of_{type(node).__name__.lower()}", None)
        return visit(node) if visit else self.refuse(node)

    def of_constant(self, node) -> str:
        if isinstance(node.value, bool):
            return str(node.value).lower()
        if isinstance(node.value, (int, float)) and math.isfinite(node.value):
            return repr(node.value)
        return self.refuse(node)

    def of_name(self, node) -> str:
        if node.id in self.local:
            return f"${node.id}"
        value = self.function.__globals__.get(node.id)
        if isinstance(value, (int, float)) and math.isfinite(value):
            return repr(float(value))
        return self.refuse(node)

    def of_attribute(self, node) -> str:
        value = getattr(self._module(node.value), node.attr, None)
        return repr(value) if isinstance(value, float) else self.refuse(node)

    def of_binop(self, node) -> str:
        left, right, op = self.of(node.left), self.of(node.right), type(node.op)
        if op in _INFIX:
            return f"({left} {_INFIX[op]} {right})"
        if op is ast.Pow:
            return f"Math.pow({left}, {right})"
        if op is ast.FloorDiv:
            return f"Math.floor({left} / {right})"
        if op is ast.Mod:  # of Python: the sign of the divisor
            return f"((a, b) => ((a % b) + b) % b)({left}, {right})"
        return self.refuse(node)

    def of_unaryop(self, node) -> str:
        signs = {ast.USub: "-", ast.UAdd: "+", ast.Not: "!", ast.Invert: "!"}
        return f"({signs[type(node.op)]}{self.of(node.operand)})"

    def of_compare(self, node) -> str:
        if len(node.ops) > 1 or type(node.ops[0]) not in _COMPARE:
            return self.refuse(node)
        right = self.of(node.comparators[0])
        return f"({self.of(node.left)} {_COMPARE[type(node.ops[0])]} {right})"

    def of_boolop(self, node) -> str:
        sign = " && " if isinstance(node.op, ast.And) else " || "
        return f"({sign.join(map(self.of, node.values))})"

    def of_ifexp(self, node) -> str:
        return f"({self.of(node.test)} ? {self.of(node.body)} : {self.of(node.orelse)})"

    def of_call(self, node) -> str:
        if isinstance(node.func, ast.Name):
            own = self.function.__globals__.get(node.func.id)
            if isinstance(own, types.FunctionType) and node.func.id not in self.local:
                return self._call_own(own, node)
            return self._call_known(node.func.id, [], node)
        if not isinstance(node.func, ast.Attribute):
            return self.refuse(node)
        method = self._module(node.func.value) is None
        first = [self.of(node.func.value)] if method else []
        return self._call_known(node.func.attr, first, node)

    def _module(self, node):
        """The module that an expression names: torch, math, torch.nn.functional."""
        if isinstance(node, ast.Name) and node.id not in self.local:
            value = self.function.__globals__.get(node.id)
            return value if any(value is m for m in _MODULES) else None
        return None

    def _call_known(self, name, first, node) -> str:
        given = first + [self.of(a) for a in node.args]
        named = {k.arg: self.of(k.value) for k in node.keywords}
        if name == "clamp" and given and {*named} <= {"min", "max"}:
            bounds = dict(zip(("min", "max"), given[1:])) | named
            text = given[0]
            if "min" in bounds:
                text = f"Math.max({text}, {bounds['min']})"
            return f"Math.min({text}, {bounds['max']})" if "max" in bounds else text
        try:
            if not named and name in SPELLED_OUT:
                return SPELLED_OUT[name](*given)
        except TypeError:  # too many arguments, or too few
            return self.refuse(node)
        if named or name not in KNOWN or not given:
            return self.refuse(node)
        return f"Math.{KNOWN[name]}({', '.join(given)})"

    def _call_own(self, own, node) -> str:
        if any(isinstance(a, ast.Starred) for a in node.args) or any(
            k.arg is None for k in node.keywords
        ):
            return self.refuse(node)
        signature = inspect.signature(own)
        bound = signature.bind(
            *(self.of(a) for a in node.args),
            **{k.arg: self.of(k.value) for k in node.keywords},
        )
        given = [
            bound.arguments.get(name) or self.of_constant(ast.Constant(p.default))
            for name, p in signature.parameters.items()
        ]
        return f"{self.others.name_of(own)}({', '.join(given)})"
