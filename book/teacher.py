"""Write the pages without their solutions into _build/teacher, for handing out.

    python -m book.teacher

Folded text solutions and cells tagged `solution` go. The stub that an exercise has for the
reader's code stays; an exercise with code and no stub gets an empty cell. The outputs that
remain are the stored ones. Files that a page reads come along. Nothing under chapters/ is
touched.
"""

from __future__ import annotations

import copy
import re
import shutil
import sys
from pathlib import Path

import nbformat

from book import model

OUT = model.ROOT / "_build" / "teacher"
#: Wider than what the contract asks of a solution, so that none is handed out by mistake.
SOLUTION = re.compile(
    r"<details>\s*<summary>\s*Solution.*?</summary>.*?</details>\s*",
    re.DOTALL | re.IGNORECASE,
)


def without_solutions(notebook) -> tuple[nbformat.NotebookNode, int]:
    """The notebook less its solutions, and how many went."""
    made, gone, cells = copy.deepcopy(notebook), 0, []
    has_stub = False  # whether this exercise has a cell for the reader's code
    for cell in made.cells:
        if cell.cell_type == "markdown":
            if model.Markdown(cell.source).headings:
                has_stub = False
            text, count = SOLUTION.subn("", cell.source)
            gone += count
            if count:
                cell.source = text.rstrip()
                if not cell.source:
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


def write_all(out: Path = OUT) -> list[tuple[Path, int]]:
    """Every written page, and the number of solutions taken out of it."""
    shutil.rmtree(out, ignore_errors=True)
    written = []
    for planned, page in model.written_pages():
        made, gone = without_solutions(page.notebook)
        path = out / planned.folder / f"{planned.slug}.ipynb"
        model.write(path, made)
        for file in model.files_read(page.notebook, page.path.parent):
            shutil.copy2(file, path.parent / file.name)
        written.append((path, gone))
    return written


def main() -> int:
    try:
        written = write_all()
    except model.PageError as error:
        print(error, file=sys.stderr)
        return 1
    count = sum(gone for _, gone in written)
    print(f"{len(written)} notebooks without their {count} solutions: {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
