"""Rules of the table of symbols: what a letter is called in code."""

from __future__ import annotations

import ast
import re

from book import model
from book.contract.problem import Found

HEADER = "| Symbol | Name in code | Shape | Meaning |"
NO_NAME = ("", "-", "–", "—")


def table_of_symbols(page: model.Page) -> Found:
    if page.kind != "lesson":
        return
    for i, markdown in page.markdown.items():
        for header, *rows in markdown.tables:
            titles = tuple(text.lower() for text in header)
            if titles[0] == "symbol" and titles != model.SYMBOL_COLUMNS:
                what = f"the table of symbols has the columns {', '.join(header)}"
                yield i, what, f"Write {HEADER}"
    derives = any(section.kind == "Derivation" for section in page.sections)
    if derives and not page.symbols:
        remedy = f"Add one where the symbols first stand: {HEADER}"
        yield None, "the page derives something and has no table of symbols", remedy
    known = names_in_code(page)
    for symbol in page.symbols:
        if symbol.code not in NO_NAME:
            for name in sorted(names_in(symbol.code) - known):
                what = f"the table of symbols calls ${symbol.tex}$ {name!r}, a name that no "
                remedy = "Use the name that the code has, or a dash if it has none"
                yield cell_of(page, symbol), f"{what}cell of code has", remedy


def cell_of(page: model.Page, symbol: model.Symbol) -> int | None:
    """The cell whose table has that name in code."""
    for i, markdown in page.markdown.items():
        for _, *rows in markdown.tables:
            if any(len(r) > 1 and r[1].replace("`", "") == symbol.code for r in rows):
                return i
    return None


def names_in(source: str) -> set[str]:
    """Names that code mentions: of variables, attributes, arguments, keys, functions."""
    tree = model.tree_of(source)
    if tree is None:
        return set(re.findall(r"[^\W\d]\w*", source))
    found = set()
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname"):
            if isinstance(name := getattr(node, field, None), str):
                found.add(name)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def names_in_code(page: model.Page) -> set[str]:
    return {name for _, cell in page.code for name in names_in(cell.source)}


RULES = (table_of_symbols,)
