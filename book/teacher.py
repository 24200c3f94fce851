"""Write the pages without their solutions into _build/teacher, for handing out.

    python -m book.teacher                     every chapter
    python -m book.teacher 17-reinforcement    one, or several

Folded text solutions and cells tagged `solution` go. An exercise that is answered in words
gets a cell for the answer. The stub that an exercise has for the reader's code stays; an
exercise with code and no stub gets an empty cell. The outputs that remain are the stored
ones. Files that a page reads come along. Nothing under chapters/ is touched.
"""

from __future__ import annotations

import argparse
import copy
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import nbformat

from book import model

OUT = model.ROOT / "_build" / "teacher"
#: Wider than what the contract asks of a solution, so that none is handed out by mistake.
SOLUTION = re.compile(
    r"<details>\s*<summary>\s*Solution.*?</summary>.*?</details>\s*",
    re.DOTALL | re.IGNORECASE,
)

ANSWER = "**Your answer:**"


def without_solutions(notebook) -> tuple[nbformat.NotebookNode, int]:
    """The notebook less its solutions, and how many went."""
    made, gone, cells = copy.deepcopy(notebook), 0, []
    has_stub = False  # whether this exercise has a cell for the reader's code
    has_answer = False  # and whether it has one for words
    for cell in made.cells:
        if cell.cell_type == "markdown":
            if model.Markdown(cell.source).headings:
                has_stub = has_answer = False
            text, count = SOLUTION.subn("", cell.source)
            gone += count
            if count:
                cell.source = text.rstrip()
                if cell.source:
                    cells.append(cell)
                if not (has_stub or has_answer):
                    name = f"answer-{cell.id}"[:64]
                    cells.append(nbformat.v4.new_markdown_cell(ANSWER, id=name))
                    has_answer = True
                continue
        elif "solution" in model.tags(cell):
            gone += 1
            if has_stub:
                continue
            cell = nbformat.v4.new_code_cell("# Your code\n", id=cell.id)
            cell.metadata["tags"] = [model.YOUR_CODE]
        has_stub = has_stub or model.YOUR_CODE in model.tags(cell)
        cells.append(cell)
    made.cells = cells
    return made, gone


def write_all(out: Path = OUT, folders: Iterable[str] = ()) -> list[tuple[Path, int]]:
    """Every written page of these chapters, or of all, and how many solutions it lost.

    What `out` held before goes. Raises PageError for a chapter that the plan lacks.
    """
    known = {chapter.folder for chapter in model.plan()}
    for folder in folders:
        if folder not in known:
            raise model.PageError(
                f"{folder}: no such chapter; there are {', '.join(sorted(known))}"
            )
    shutil.rmtree(out, ignore_errors=True)
    written = []
    for planned, page in model.written_pages():
        if folders and planned.folder not in folders:
            continue
        made, gone = without_solutions(page.notebook)
        path = out / planned.folder / f"{planned.slug}.ipynb"
        model.write(path, made)
        for file in model.files_read(page.notebook, page.path.parent):
            shutil.copy2(file, path.parent / file.name)
        written.append((path, gone))
    return written


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the pages without solutions.")
    parser.add_argument("chapter", nargs="*", help="such as 17-reinforcement")
    chosen = [Path(name).name for name in parser.parse_args().chapter]
    try:
        written = write_all(OUT, chosen)
    except model.PageError as error:
        print(error, file=sys.stderr)
        return 1
    count = sum(gone for _, gone in written)
    print(f"{len(written)} notebooks without their {count} solutions: {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
