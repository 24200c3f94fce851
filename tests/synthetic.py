"""Books made up for tests: one page that holds everything, or many copies of pages.

    python tests/synthetic.py FOLDER N       write a book of N notebooks into FOLDER

The folder gets a copy of `book`, the chapters and the files beside them, so that
`python -m book.site.build` runs in it. Copies of the standing lessons fill the planned
pages, and chapters beyond the plan, with titles, names and figures of their own.
"""

from __future__ import annotations

import base64
import io
import re
import shutil
import sys
from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).resolve().parent.parent
PAGE = "09-optimization/momentum"  # of the plan; where the made-up page stands


def copy_tree(folder: Path) -> Path:
    """What a build needs."""
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("book", "chapters", "d2lutil"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("_config.yml", "_toc.yml", "index.md"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def png(width: int, height: int, seed: int = 0) -> str:
    """A small picture as base64."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (2 * width, 2 * height), "white")
    draw = ImageDraw.Draw(image)
    for i in range(9):
        x = (37 * (seed + 1) * (i + 1)) % (2 * width - 60)
        draw.rectangle((x, 20 * i + 10, x + 50, 20 * i + 24), fill=(0, 103, 20 * i))
    draw.line((10, 2 * height - 10, 2 * width - 10, 10), fill=(194, 84, 0), width=5)
    file = io.BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def picture(caption: str = "", width: int = 460, height: int = 200, **stored):
    """The outputs of `show(fig, …)`: the figure, its caption for plain viewers."""
    size = {"width": width, "height": height, "alt": "A line that rises over bars"}
    made = [
        new_output(
            "display_data",
            {
                "image/png": png(width, height),
                "text/plain": "Figure: A line that rises",
            },
            metadata={
                "image/png": size | ({"caption": caption} if caption else {}) | stored
            },
        )
    ]
    if caption:
        text = {"text/markdown": f"**Figure.** {caption}", "text/plain": caption}
        made.append(new_output("display_data", text, metadata={}))
    return made


def printed(*lines: str) -> list:
    return [new_output("stream", name="stdout", text="\n".join(lines) + "\n")]


def cell(source: str, outputs=(), *tags: str):
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(
        source, outputs=list(outputs), execution_count=1, metadata=metadata
    )


def text(source: str):
    return new_markdown_cell(source)


INTERACTIVE = (
    '<div class="d2l-explore d2l-explore-abc tex2jax_ignore mathjax_ignore">\n'
    '<img class="d2l-first" width="460" height="200" alt="A line that moves with beta" '
    'src="data:image/png;base64,{png}">\n'
    '<p class="d2l-caption">Drag beta: the path gets longer.</p></div>'
)
LONG = "total = " + "x" * 80  # the longest line that a page may have


def made_up() -> nbformat.NotebookNode:
    """A page that holds each thing that a page may hold."""
    cells = [
        text(
            "# Momentum\n\nWhy does a heavy ball roll faster down a long valley than a "
            "light one? After this page you can write momentum by hand and say what "
            "its coefficient buys."
        ),
        cell("import d2lutil", (), "setup"),
        cell("import torch\nfrom d2lutil import verify", (), "hide-input"),
        text("## Picture: A ball remembers\n\nA ball that rolls keeps its speed."),
        cell(
            "fig = draw()\nshow(fig)",
            picture(r"The heavy ball keeps $\beta$ of its speed and *overshoots*."),
            "hide-input",
        ),
        text(
            "## By hand: Three steps on paper\n\nWith speed 0 and slope 2: 0.2.\n\n"
            "| symbol | name in code | shape | meaning |\n|---|---|---|---|\n"
            "| $\\mathbf v_t$ | `v` | (n,) | speed |\n"
            "| $\\beta$ | `beta` | () | memory |"
        ),
        text(
            "## Derivation: The sum of all past gradients\n\nUnrolling gives\n\n$$\n"
            "\\mathbf v_t = \\sum_{k=0}^{t} \\beta^{k}\\, \\mathbf g_{t-k}"
            "\\tag{Momentum sum}\n$$\n\nand each term is older than the next, since "
            "$\\beta < 1$.\n\n```text\nALGORITHM momentum\nv = 0\nfor each batch\n"
            "    v = beta v + gradient\n    w = w - rate v\n```"
        ),
        text("## From scratch: Two lines"),
        cell(f"{LONG}\nv = beta * v + g"),
        text("## They agree: By hand, by sum, by torch"),
        cell(
            'verify("Momentum sum", by_hand=a, torch=b)\nverify("Speed", one=a, two=b)',
            printed(
                "✓ Momentum sum | by hand = torch | atol 1e-12",
                "✓ Speed | one = two | atol 1e-12",
            ),
            "hide-input",
        ),
        text("## Explore: How far a push carries"),
        cell(
            "explore(draw, beta=(0, 0.99, 0.01))",
            [
                new_output(
                    "display_data",
                    {"text/html": INTERACTIVE.replace("{png}", png(460, 200, 3))},
                )
            ],
        ),
        text("## Experiment: Digits in half the steps"),
        cell("show(photo)", picture("Nine digits, as the net sees them.", photo=True)),
        text("## In practice: 0.9 is the default\n\nMost people use 0.9."),
        text("## Summary\n\nMomentum is a sum of past gradients."),
        text(
            "## Traps\n\n### Trap: momentum never changes the best rate\n\nNotes say "
            "so. We run it with $\\beta = 0.9$:"
        ),
        cell(
            'verify_differs("momentum never changes the best rate", wrong=a, right=b)',
            printed(
                "✓ momentum never changes the best rate | wrong ≠ right | by at least 2"
            ),
        ),
        text("What is right: divide the rate by $1/(1-\\beta)$, *ten* for 0.9."),
        text(
            "## Exercises\n\n### 1. The half-life of a push (derive)\n\nHow long?\n\n"
            "<details><summary>Solution</summary>\n\n$\\log 2/\\log(1/\\beta)$ steps."
            "\n\n</details>\n\n### 2. Nesterov (code)\n\nFill the stub."
        ),
        cell("def nesterov(v):\n    raise NotImplementedError", (), "your-code"),
        cell(
            "check_yours(nesterov)",
            printed("… not yet: nesterov"),
            "nbval-ignore-output",
        ),
        cell(
            "def nesterov_solution(v):\n    return v",
            printed("✓ yours is right: nesterov_solution"),
            "solution",
            "hide-cell",
        ),
        text(
            "### 3. A guess (predict)\n\nWhat happens at 1?\n\n"
            "<details><summary>Solution</summary>\n\nIt never stops.\n\n</details>"
        ),
        text("## Deeper: Why it helps on a quadratic\n\nFrom Momentum sum."),
    ]
    page = new_notebook(cells=cells)
    page.metadata["language_info"] = {"name": "python"}
    mutants = {"planted": 60, "crashed": 17, "ran": 43, "noticed": 41, "explained": []}
    page.metadata["d2l"] = {
        "kind": "lesson",
        "seconds": 7.2,
        "mutants": mutants,
        "digest": "made-up",
    }
    return page


def write(path: Path, notebook) -> None:
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")


def with_made_up(folder: Path, alone: bool = False) -> Path:
    """A tree with one made-up page, among the standing ones or alone."""
    if alone:
        shutil.copytree(
            ROOT / "book", folder / "book", ignore=shutil.ignore_patterns("__pycache__")
        )
        (folder / "d2lutil").mkdir()
        shutil.copy(ROOT / "d2lutil" / "__init__.py", folder / "d2lutil")
        shutil.copy(ROOT / "_config.yml", folder)
        pages = {
            "index": "# Made up\n\n```{book-map}\n```",
            "chapters/00-about/index": "# About\n\n```{chapter-pages}\n```",
            "chapters/00-about/equations": "# Equations\n\n```{equation-index}\n```",
            "chapters/00-about/traps": "# Traps\n\n```{trap-index}\n```",
            "chapters/09-optimization/index": "# Walks\n\n```{chapter-pages}\n```",
        }
        for name, source in pages.items():
            path = folder / f"{name}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source + "\n", encoding="utf-8")
    else:
        copy_tree(folder)
    write(folder / "chapters" / f"{PAGE}.ipynb", made_up())
    return folder


# ---------------------------------------------------------------- many pages


def many(folder: Path, pages: int) -> Path:
    """A book of so many notebooks."""
    copy_tree(folder)
    models = [
        path
        for path in sorted((ROOT / "chapters").glob("*/*.ipynb"))
        if not path.parent.name.startswith("00")
    ]
    plan = yaml.safe_load((ROOT / "book" / "plan.yml").read_text(encoding="utf-8"))
    free = []
    standing = len(list((folder / "chapters").glob("*/*.ipynb")))
    for n in range(10):  # chapters beyond the plan, should it be too short
        chapter = {"folder": f"{90 + n}-more", "title": f"More of it, {n}", "pages": []}
        chapter["pages"] = [
            {"slug": f"more-{n}-{i}", "title": f"More {n} {i}", "needs": []}
            for i in range(20)
        ]
        plan.append(chapter)
    for chapter in plan:
        for page in chapter["pages"]:
            path = folder / "chapters" / chapter["folder"] / f"{page['slug']}.ipynb"
            if page.get("kind", "lesson") == "lesson" and not path.exists():
                free.append((chapter, page, path))
    free = free[: max(0, pages - standing)]
    used = {id(chapter) for chapter, _, _ in free}
    plan = [c for c in plan if not c["folder"].startswith("9") or id(c) in used]
    for number, (chapter, page, path) in enumerate(free):
        path.parent.mkdir(exist_ok=True)
        index = path.parent / "index.md"
        if not index.exists():
            title = chapter["title"]
            index.write_text(
                f"# {title}\n\n```{{chapter-pages}}\n```\n", encoding="utf-8"
            )
        write(
            path, _renamed(nbformat.read(models[number % len(models)], 4), page, number)
        )
    (folder / "book" / "plan.yml").write_text(
        yaml.safe_dump(plan, sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    return folder


def _renamed(notebook, page: dict, number: int):
    """A copy whose title, named equations and figures are its own."""
    names = {
        name
        for c in notebook.cells
        for name in re.findall(r"\\tag\s*\{([^}]*)\}", c.source)
    }
    for c in notebook.cells:
        for name in names:
            c.source = c.source.replace(f"{{{name}}}", f"{{{name} {number}}}")
        if c.cell_type == "markdown":
            c.source = re.sub(r"\]\([\w./-]+\.(ipynb|md)\)", "](index.md)", c.source)
            c.source = re.sub(r"\A# .*", f"# {page['title']}", c.source)
        for output in c.get("outputs", ()):
            if "text" in output:
                for name in names:
                    output.text = output.text.replace(
                        f"✓ {name} |", f"✓ {name} {number} |"
                    )
            data = output.get("data", {})
            if "image/png" in data:  # bytes behind the end of a PNG are ignored
                raw = base64.b64decode(data["image/png"]) + str(number).encode()
                data["image/png"] = base64.b64encode(raw).decode()
    return notebook


if __name__ == "__main__":
    print(many(Path(sys.argv[1]), int(sys.argv[2])))
