"""Write the pages without their solutions into _build/teacher, for handing out.

    python book/teacher.py

Folded text solutions and cells tagged `solution` go; in the place of code stands an empty cell. The
outputs that remain are the stored ones. Nothing under chapters/ is touched.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))
import bookfiles  # noqa: E402

OUT = bookfiles.ROOT / "_build" / "teacher"
SOLUTION = re.compile(r"<details>\s*<summary>\s*Solution.*?</summary>.*?</details>\s*", re.DOTALL | re.IGNORECASE)


def without_solutions(notebook: dict) -> tuple[dict, int]:
    """The notebook less its solutions, and how many went."""
    made, gone = copy.deepcopy(notebook), 0
    cells = []
    for cell in made["cells"]:
        if cell["cell_type"] == "markdown":
            text, count = SOLUTION.subn("", bookfiles.source(cell))
            gone += count
            if count:
                cell["source"] = text.rstrip()
                if not cell["source"]:
                    continue
        elif "solution" in cell["metadata"].get("tags", ()):
            gone += 1
            if cells and cells[-1].get("metadata", {}).get("tags") == ["your-code"]:
                continue  # one empty cell for a solution that took several
            cell = {"cell_type": "code", "id": cell["id"], "metadata": {"tags": ["your-code"]},
                    "execution_count": None, "outputs": [], "source": "# Your code\n"}
        cells.append(cell)
    made["cells"] = cells
    return made, gone


def write_all(out: Path = OUT) -> list[tuple[Path, int]]:
    """Every written page, and the number of solutions taken out of it."""
    shutil.rmtree(out, ignore_errors=True)
    written = []
    for page, notebook in bookfiles.written_notebooks():
        made, gone = without_solutions(notebook)
        path = out / page.folder / f"{page.slug}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        written.append((path, gone))
    return written


def main() -> int:
    written = write_all()
    print(f"{len(written)} notebooks without their {sum(gone for _, gone in written)} solutions: {OUT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
