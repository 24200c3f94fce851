r"""Symbols that light: a page's table of symbols, found again in its formulas.

`wrap` puts each place of a symbol of the table into ``\class{d2l-symbol d2l-symbol-3}``,
in the site's copy of the TeX alone; book.js does the rest. In code a symbol is found by
its name, and a named equation lights the statements that its check compares
(`compared`).

What is one symbol? A letter with its font or accent (the nucleus) and its scripts. An
index may be another one (h_t lights h_{t-1}), a label may not (W_{hh} is not W_{xh}),
and a power may be added. Letters inside a symbol that lights are left alone, so that the
h of \delta^h_t does not light with h_t; so are labels of several letters. Texts, and
letters with a sub- or superscript that the table does not know, stay as they are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from book import model
from book.contract.symbols import names_in

TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|\s+|.", re.DOTALL)


def _commands(names: str) -> frozenset[str]:
    return frozenset("\\" + name for name in names.split())


#: Commands that belong to the letter behind them.
FONTS = _commands(
    "mathbf boldsymbol bm mathcal mathbb mathfrak mathsf mathit hat widehat tilde "
    "widetilde bar overline vec dot ddot check breve"
)
#: Commands whose first argument is no formula.
OPAQUE = _commands(
    "text textbf textit mathrm operatorname operatorname* mathtt tag label begin end color "
    "class hspace phantom mbox ref eqref href"
)
GREEK = _commands(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda "
    "mu nu xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega "
    "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell"
)
#: What takes the next tokens or groups as its arguments, braces or not, and how many.
TAKES = dict.fromkeys(_commands("frac dfrac tfrac binom overset underset stackrel"), 2)
TAKES |= dict.fromkeys(("^", "_", "\\sqrt", *FONTS), 1)
#: Letters that count, alone or two of them; other letters are labels.
INDEX = re.compile(r"(?:[ijklmnst]|\\ell)(?:,?(?:[ijklmnst]|\\ell))?")
POWER = re.compile(r"\d+|-1|-\d+|\\top|\\intercal|-\\top|\\dagger")


@dataclass(frozen=True)
class Atom:
    """A letter with its scripts, spaces and needless braces left out."""

    nucleus: str
    sub: str = ""
    sup: str = ""


def _bare(tex: str) -> str:
    """TeX without spaces that change nothing, and without braces around the whole."""
    tex = re.sub(r"(\\[A-Za-z]+)\s+(?=[A-Za-z])", r"\1{}", tex)
    tex = re.sub(r"\s+", "", tex)
    while tex.startswith("{") and tex.endswith("}") and _end(tex, 0) == len(tex):
        tex = tex[1:-1]
    return tex.replace("{}", " ")


def _end(tex: str, start: int) -> int:
    """Where the argument that begins at `start` ends: a group or one token."""
    if start >= len(tex):
        return start
    if tex[start] != "{":
        return TOKEN.match(tex, start).end()
    depth, at = 0, start
    while at < len(tex):
        token = TOKEN.match(tex, at).group()
        depth += (token == "{") - (token == "}")
        at += len(token)
        if depth == 0:
            return at
    return at


def _skip(tex: str, at: int) -> int:
    return TOKEN.match(tex, at).end() if at < len(tex) and tex[at].isspace() else at


@dataclass
class _Found:
    """An atom where it stands: its nucleus, then its scripts as (start, end) of each."""

    atom: Atom
    start: int
    end: int
    nucleus_end: int
    scripts: list[tuple[int, int]]


def _atom_at(tex: str, at: int) -> _Found | None:
    token = TOKEN.match(tex, at).group()
    if token in FONTS:
        end = _end(tex, _skip(tex, at + len(token)))
        inner = _bare(tex[at + len(token) : end].strip())
        nested = _atom_at(inner, 0) if inner else None
        if nested is None or nested.end != len(inner):
            return None  # the accent of a whole expression
        nucleus = f"{token}{{{nested.atom.nucleus}}}"
        if nested.scripts:
            return None
    elif token in GREEK or re.fullmatch(r"[A-Za-z]", token):
        end, nucleus = at + len(token), token
    else:
        return None
    nucleus_end, scripts, sub, sup = end, [], "", ""
    while True:
        next_ = _skip(tex, end)
        mark = tex[next_ : next_ + 1]
        if mark == "'":
            sup, end = sup + "'", next_ + 1
            continue
        if mark not in ("_", "^"):
            break
        begin = _skip(tex, next_ + 1)
        end = _end(tex, begin)
        script = _bare(tex[begin:end])
        scripts.append((begin, end))
        if mark == "_":
            sub += script
        else:
            sup += "'" if script == "\\prime" else script
    return _Found(Atom(nucleus, sub, sup), at, end, nucleus_end, scripts)


def atom_of(tex: str) -> Atom | None:
    """The symbol that a piece of TeX is, or that its first letter is before a bracket."""
    tex = tex.strip().strip("$").strip()
    found = _atom_at(tex, 0) if tex else None
    if found is None or tex[found.end :].lstrip()[:1] not in ("", "("):
        return None
    return found.atom


@dataclass(frozen=True)
class Linked:
    """A symbol of the table, ready to be found."""

    tex: str
    atom: Atom
    names: tuple[str, ...]
    shape: str
    meaning: str


def _pieces(text: str) -> list[str]:
    """A cell of the table at its commas: those outside dollars' formulas and brackets."""
    parts, depth = [""], 0
    for token in TOKEN.findall(text):
        depth += (token in "([{") - (token in ")]}")
        if token == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += token
    return [part.strip().strip("$").strip() for part in parts]


def linked(symbols: Sequence[model.Symbol]) -> list[Linked]:
    """What of a table can be found again: a row may hold several, parted by commas.

    Names of code and shapes belong to the symbols in their order, or, where there is one
    for all, to each.
    """
    found, seen = [], set()
    for symbol in symbols:
        texs = _pieces(symbol.tex)
        codes, shapes = _pieces(symbol.code), _pieces(symbol.shape)
        for number, tex in enumerate(texs):
            atom = atom_of(tex)
            if atom is None or atom in seen:
                continue
            seen.add(atom)
            code = codes[number] if len(codes) == len(texs) else symbol.code
            shape = shapes[number] if len(shapes) == len(texs) else symbol.shape
            names = tuple(sorted(filter(str.isidentifier, names_of(code))))
            found.append(Linked(tex, atom, names, shape.strip("$"), symbol.meaning))
    return found


def names_of(code: str) -> set[str]:
    """What a name in code is found by: of ``p["W"][:, t]`` W and p, and not the index."""
    tree = model.tree_of(code)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Constant):
            node.slice = ast.Constant(0)
    return names_in(ast.unparse(tree)) if tree else names_in(code)


def which(atom: Atom, symbols: Sequence[Linked]) -> int | None:
    """The number of the symbol that an atom is, or None."""
    rivals = [
        (number, symbol.atom)
        for number, symbol in enumerate(symbols)
        if symbol.atom.nucleus == atom.nucleus
    ]
    fits = []
    for number, known in rivals:
        sub, sup = _sub(atom, known, rivals), _sup(atom, known, rivals)
        if sub is not None and sup is not None:
            fits.append((sub + sup, -number))
    return -max(fits)[1] if fits else None


def _sub(atom: Atom, known: Atom, rivals) -> int | None:
    """How well a subscript fits: 2 the same, 1 another index, 0 one more or less."""
    if atom.sub == known.sub:
        return 2
    if INDEX.fullmatch(known.sub):
        if not atom.sub:  # the quantity at large, unless it has a row of its own
            return None if any(not other.sub for _, other in rivals) else 0
        return (
            None
            if any(other.sub == atom.sub for _, other in rivals)
            else _index(atom.sub)
        )
    if not known.sub and (_index(atom.sub) is not None):
        return 0
    return None


def _index(sub: str) -> int | None:
    """1 if a subscript is an index or counts from one: t, t-1, ij, 0, t+k; not a label."""
    letters = re.sub(r"\\ell|\\tau", "t", sub)
    return 1 if re.fullmatch(r"[ijklmnstTLN\d,+\-]*", letters) else None


def _sup(atom: Atom, known: Atom, rivals) -> int | None:
    if atom.sup == known.sup:
        return 2
    if known.sup:  # h^2_t for h_t, but not another label
        rest = atom.sup.removeprefix(known.sup)
        return 0 if atom.sup.startswith(known.sup) and POWER.fullmatch(rest) else None
    labels = any(other.sup for _, other in rivals)
    prime = "'" in atom.sup
    return 0 if POWER.fullmatch(atom.sup) or not (labels or prime) else None


def wrap(tex: str, symbols: Sequence[Linked]) -> str:
    r"""TeX with each place of a symbol in ``\class{d2l-symbol d2l-symbol-N}{…}``.

    Where the place is the argument of something and has no braces of its own, it gets
    some, and a third class, ``d2l-bare``, says so: book.js takes both away again when a
    formula is copied.
    """
    if not symbols:
        return tex
    return "".join(_walk(tex, symbols))


def _walk(tex: str, symbols, bare_first: bool = False) -> Iterator[str]:
    at, bare = 0, int(bare_first)  # how many arguments are still to come
    while at < len(tex):
        token = TOKEN.match(tex, at).group()
        if token in OPAQUE:
            end = _end(tex, _skip(tex, at + len(token)))
            if tex[at:end].startswith(
                (r"\begin{array", r"\begin{alignedat", r"\color")
            ):
                end = _end(tex, _skip(tex, end))
            yield tex[at:end]
            at, bare = end, max(0, bare - 1)
            continue
        if bare and token == "{":
            end = _end(tex, at)
            yield from ("{", *_walk(tex[at + 1 : end - 1], symbols), "}")
            at, bare = end, bare - 1
            continue
        if bare and token == "[":  # the index of a root
            end = tex.find("]", at) + 1 or len(tex)
            yield tex[at:end]
            at = end
            continue
        found = _atom_at(tex, at)
        if found is None:
            yield token
            at += len(token)
            if token in TAKES:
                bare = TAKES[token]
            elif not token.isspace():
                bare = max(0, bare - 1)
            continue
        number = which(found.atom, symbols)
        if bare:  # one token is the argument, and no script
            alone = Atom(found.atom.nucleus)
            number, end = which(alone, symbols), found.nucleus_end
            yield _marked(tex[at:end], number, True)
            at, bare = end, bare - 1
            continue
        if number is not None:
            yield _marked(tex[at : found.end], number, False)
        else:
            yield tex[at : found.nucleus_end]
            yield from _scripts(tex, found, symbols)
        at = found.end


def _scripts(tex: str, found: _Found, symbols) -> Iterator[str]:
    """The scripts of a letter that is no symbol of the table: labels stay as they are."""
    at = found.nucleus_end
    for start, end in found.scripts:
        yield tex[at:start]
        script = tex[start:end]
        label = re.fullmatch(r"\{\s*[A-Za-z]{2,}\s*\}", script)
        if label:
            yield script
        else:
            yield from _walk(script, symbols, bare_first=not script.startswith("{"))
        at = end
    yield tex[at : found.end]


def _marked(tex: str, number: int | None, bare: bool) -> str:
    if number is None:
        return tex
    classes = f"d2l-symbol d2l-symbol-{number}" + " d2l-bare" * bare
    made = f"\\class{{{classes}}}{{{tex}}}"
    return f"{{{made}}}" if bare else made


# ---------------------------------------------------------------- code


@cache
def _tree(source: str) -> ast.Module | None:
    return model.tree_of(source)


def compared(page: model.Page) -> dict[str, list[tuple[int, int, int]]]:
    """The lines that each named equation's check compares.

    {name of the equation: [(code cell counted from 0, first line, last line), …]}, lines
    counted from 1: the check itself, and the last statement above it that makes each
    function or result that it names.
    """
    names = {equation.name for equation in page.equations}
    made: dict[str, tuple[int, int, int]] = {}
    found: dict[str, list[tuple[int, int, int]]] = {}
    for cell, (_, code) in enumerate(page.code):
        tree = _tree(code.source)
        for statement in tree.body if tree else ():
            place = (cell, statement.lineno, statement.end_lineno)
            for call in ast.walk(statement):
                name = _checked(call)
                if name not in names:
                    continue
                here = (cell, call.lineno, call.end_lineno)
                used = {n.id for n in ast.walk(call) if isinstance(n, ast.Name)}
                places = [here, *(made[name] for name in sorted(used & set(made)))]
                known = found.setdefault(name, [])
                known += [place for place in places if place not in known]
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                for name in _bound(statement):
                    made[name] = place
    return found


def _checked(node: ast.AST) -> str | None:
    """The name that a call of a check gives, if the node is one."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id.startswith("verify")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ):
        return node.args[0].value
    return None


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.For | ast.While | ast.If | ast.With):
        return set()
    return {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
