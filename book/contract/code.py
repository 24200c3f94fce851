"""Rules of code cells: set-up, imports, size, what they must not do."""

from __future__ import annotations

import ast
import re
from statistics import median

from book import model
from book.contract.problem import Found


def setup_cell(page: model.Page) -> Found:
    if not page.code:
        return
    first = [cell for _, cell in page.code if "setup" in model.tags(cell)]
    uses_package = any("d2lutil" in cell.source for _, cell in page.code)
    if page.kind != "lesson" and not first and not uses_package:
        return
    i, cell = page.code[0]
    if first != [cell]:
        yield i, "the first code cell, and no other, is the set-up cell", "Tag it setup"
    elif cell.source != model.setup_source(page.d2l.get("extras", [])):
        yield (
            i,
            "the set-up cell is not the one that the runner writes",
            "Run make colab",
        )


def imports(page: model.Page) -> Found:
    """Imports stand in one cell of their own after the set-up."""
    rest = [(i, cell) for i, cell in page.code if "setup" not in model.tags(cell)]
    if not rest:
        return
    i, first = rest[0]
    if not model.is_imports(first.source):
        what = "the first cell after the set-up does more than import"
        yield (
            i,
            what,
            "Put the page's imports, and nothing else, into a cell of their own",
        )
    for i, cell in rest[1:]:
        tree = model.tree_of(cell.source)
        nodes = ast.walk(tree) if tree else ()
        if "solution" not in model.tags(cell) and any(
            isinstance(node, ast.Import | ast.ImportFrom) for node in nodes
        ):
            what = "an import in the middle of the page"
            yield i, what, "Move it to the cell of imports after the set-up"


def columns(page: model.Page) -> Found:
    for i, cell in page.code:
        if "setup" in model.tags(cell):
            continue
        longest = max(map(len, cell.source.splitlines()), default=0)
        if longest > model.MAX_COLUMNS:
            what = (
                f"a line of code has {longest} characters, {model.MAX_COLUMNS} at most"
            )
            remedy = "Format the page with ruff format; where that hides a formula, name its "
            yield i, what, f"{remedy}parts"


def length(cell) -> int:
    return sum(bool(line.strip()) for line in cell.source.splitlines())


def small_steps(page: model.Page) -> Found:
    if page.kind != "lesson":
        return
    drawn = set(page.pictures())
    shown = [
        length(cell)
        for i, cell in page.code
        if not model.FOLDED.intersection(model.tags(cell))
        and not model.is_imports(cell.source)
        and i not in drawn
    ]
    if shown and median(shown) > model.MEDIAN_LINES:
        what = f"the median open cell of code has {median(shown):.0f} lines, "
        what += f"{model.MEDIAN_LINES} at most"
        yield (
            None,
            what,
            "Cut the longer ones into steps, one idea each, with text between",
        )


def cells(page: model.Page) -> Found:
    for i, cell in page.code:
        count = length(cell)
        folded = model.FOLDED & set(model.tags(cell))
        most = model.MAX_FOLDED_LINES if folded else model.MAX_LINES
        if count > most and not re.search(r"(?m)^\s*class ", cell.source):
            remedy = f"Cut it into steps of at most {most} with text between"
            yield i, f"the cell has {count} lines", remedy
        if re.search(
            r"(?m)^\s*(?:from|import)\s+(?:chapters|\.)|%run|import_ipynb", cell.source
        ):
            what = "the cell takes code from another page"
            yield i, what, "Every page runs alone from the top"
        if re.search(r"\btime\.(time|perf_counter)\(|%%?timeit", cell.source):
            what = "the cell measures time by itself"
            yield i, what, "Use d2lutil's timer or best_time, which wait for the device"
        if re.search(r"(?m)^[^#\n]*\bplt\.show\(", cell.source):
            what = "plt.show() shows a figure without a text that stands for it"
            yield i, what, "Use show(fig, alt=…)"


RULES = (setup_cell, cells, imports, columns, small_steps)
