"""Start a page: write a skeleton that runs and keeps the contract's form, and execute it.

    python book/new_page.py 11-recurrent bptt

The page must stand in book/plan.yml. What the author has to write is marked TODO.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import nbformat
import pages
import run
import toc
from extensions import bookfiles

LEAD = """\
# {title}

TODO: the lead, one paragraph. The question that this page answers and why it matters; what the reader can
do afterwards; what they need first, with links to the pages that teach it."""

LESSON = [
    LEAD,
    ("setup", ""),
    ("", """\
import torch
from d2lutil import explore, seed, show, subplots, verify, verify_differs"""),
    r"""## Derivation

TODO: from what the reader knows to the result, each step with its reason and each symbol with its shape.
For $x \in \mathbb{{R}}^n$ let $f(x) = \sum_i x_i^2$. Each $x_i$ stands in one term alone, so

$$
\begin{{aligned}}
\frac{{\partial f}}{{\partial x_i}} &= \frac{{\partial}}{{\partial x_i}} x_i^2 \\
&= 2 x_i .
\end{{aligned}}
\tag{{{name} TODO}}
$$""",
    "## From scratch\n\nTODO: tensors and arithmetic only, with the names of the equations.",
    ("", """\
x = torch.linspace(-1, 1, 5, dtype=torch.float64)  # (n,)
gradient = 2 * x  # (n,)"""),
    "## With torch\n\nTODO: the same with torch's own parts.",
    ("", """\
leaf = x.clone().requires_grad_()
(leaf**2).sum().backward()"""),
    "## They agree\n\nTODO: what is compared with what.",
    ("", 'verify("{name} TODO", formula=gradient, autograd=leaf.grad)'),
    "## Explore\n\nTODO: two or three things to try, and what they show.",
    ("", '''\
def draw(power=2.0):
    """TODO: what the figure shows: x to the chosen power, from zero to one."""
    fig, ax = subplots()
    t = torch.linspace(0, 1, 50)
    ax.plot(t, t**power)
    ax.set(xlabel="x", ylabel="x to the power", ylim=(0, 1))

explore(draw, power=[0.5, 1.0, 2.0, 4.0])'''),
    "## Experiment\n\nTODO: real data, a question, several seeds, a result with its uncertainty.",
    ("", """\
seed(0)
samples = torch.rand(5, 1000)  # (seeds, draws)
means = samples.mean(1)  # (seeds,)"""),
    ("", """\
fig, ax = subplots()
ax.plot(means, "o")
ax.set(xlabel="seed", ylabel="mean of 1000 draws")
show(fig, alt="TODO: what the figure shows and what to see in it: five means near one half")"""),
    """\
## Traps

### Trap: TODO, the claim that circulates

TODO: what is right, and why the claim looks right.""",
    ("", 'verify_differs("TODO, the claim that circulates", wrong=x, right=gradient, by=0.1)'),
    """\
## Exercises

### 1. TODO (check)

TODO: the question.

<details><summary>Solution</summary>

TODO: the solution, worked out.

</details>

### 2. TODO (derive)

TODO: the question.

<details><summary>Solution</summary>

TODO: the solution, worked out.

</details>

### 3. TODO (predict)

TODO: the question.

<details><summary>Solution</summary>

TODO: the solution, worked out.

</details>

### 4. TODO (code)

TODO: the question; its solution runs and checks itself.""",
    ("solution", "assert torch.equal(gradient, x + x)"),
    "## Summary\n\n- TODO: five lines at most, then papers by authors, year and DOI or arXiv link, then the next page.",
]

GUIDE = [LEAD]
QUIZ = [
    """\
# {title}

TODO: the lead. Ten questions on what this chapter teaches; each has its solution folded below it, with
the reason. Answer first, then look; a page of the chapter is named where to read on.""",
    "## Questions",
    *(f"### {number}. TODO\n\nTODO: the question.\n\n<details><summary>Solution</summary>\n\nTODO: the answer and "
      "its reason.\n\n</details>" for number in range(1, 11)),
]
SKELETONS = {"lesson": LESSON, "guide": GUIDE, "quiz": QUIZ}

INDEX = """\
# {title}

TODO: what the chapter teaches, and why in this order.

```{{chapter-pages}}
```
"""


def skeleton(title: str, kind: str = "lesson") -> nbformat.NotebookNode:
    """A page that is all form, not yet executed."""
    name = re.sub(r"[^A-Za-z0-9 -]+", "", title).strip() or "Page"
    notebook = nbformat.v4.new_notebook(metadata={"d2l": {"kind": kind}})
    for part in SKELETONS[kind]:
        if isinstance(part, str):
            notebook.cells.append(nbformat.v4.new_markdown_cell(part.format(title=title, name=name)))
        else:
            tag, source = part
            cell = nbformat.v4.new_code_cell(source.replace("{name}", name))
            cell.metadata["tags"] = [tag] if tag else []
            notebook.cells.append(cell)
    run.prepare(notebook)
    run.normalise(notebook)
    return notebook


def start(folder: str, slug: str) -> Path:
    """Write the skeleton of a planned page, and the chapter's index where there is none."""
    page = bookfiles.pages().get(f"{folder}/{slug}")
    if page is None:
        chapters = [chapter for chapter in bookfiles.plan() if chapter.folder == folder]
        known = [f"{folder}/{p.slug}" for p in chapters[0].pages] if chapters else \
            [chapter.folder for chapter in bookfiles.plan()]
        raise pages.PageError(f"book/plan.yml has no page {folder}/{slug}; it has {', '.join(known)}. "
                              "Add the page there first")
    if page.written:
        raise pages.PageError(f"{page.docname} exists already, and stays as it is")
    path = pages.ROOT / f"{page.docname}.ipynb"
    pages.write(path, skeleton(page.title, page.kind))
    index = path.with_name("index.md")
    if not index.exists():
        title = next(chapter.title for chapter in bookfiles.plan() if chapter.folder == folder)
        index.write_text(INDEX.format(title=title), encoding="utf-8", newline="\n")
        print(f"{pages.name_of(index)} written: say in it what the chapter teaches")
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="the chapter's folder, such as 11-recurrent")
    parser.add_argument("slug", help="the page's name in book/plan.yml, such as bptt")
    options = parser.parse_args()
    try:
        path = start(options.folder, options.slug)
    except pages.PageError as error:
        print(error, file=sys.stderr)
        return 1
    name = pages.name_of(path)
    print(f"{name} written; replace every TODO in it, then: make run PAGE={name}")
    if any(cell.cell_type == "code" for cell in pages.read(path).cells) and run.run_pages([path], 300, 1):
        return 1
    return toc.main()


if __name__ == "__main__":
    sys.exit(main())
