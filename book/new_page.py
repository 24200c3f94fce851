"""Start a page: write a skeleton that runs and keeps the contract, and execute it.

    python -m book.new_page 11-recurrent bptt

The page must stand in book/plan.yml. What the author has to write is marked TODO. The
skeletons are files that one can read, `book/skeletons/*.py`, in jupytext's percent format.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import jupytext
import nbformat

from book import model, run, toc

SKELETONS = Path(__file__).with_name("skeletons")


def fill(name: str, title: str) -> str:
    """The text of a skeleton with the page's title in its places."""
    text = (SKELETONS / name).read_text(encoding="utf-8")
    # an equation's name: letters, digits, spaces, hyphens, a letter first
    plain = re.sub(r"[^A-Za-z0-9 -]+", "", title)
    plain = re.sub(r"^[^A-Za-z]+", "", plain).strip() or "Page"
    return text.replace("TITLE", title).replace("NAME", plain)


def skeleton(title: str, kind: str = "lesson") -> nbformat.NotebookNode:
    """A page of that kind that is all form, not yet executed."""
    notebook = jupytext.reads(fill(f"{kind}.py", title), "py:percent")
    notebook.metadata["d2l"] = {"kind": kind}
    run.prepare(notebook)
    run.normalise(notebook)
    return notebook


def start(folder: str, slug: str) -> Path:
    """Write the skeleton of a planned page, and the chapter's index where there is none."""
    page = model.planned_pages().get(f"{folder}/{slug}")
    if page is None:
        chapters = [chapter for chapter in model.plan() if chapter.folder == folder]
        known = [p.address for p in chapters[0].pages] if chapters else []
        known = known or [chapter.folder for chapter in model.plan()]
        raise model.PageError(
            f"book/plan.yml has no page {folder}/{slug}; it has {', '.join(known)}. "
            "Add the page there first"
        )
    if page.written:
        raise model.PageError(f"{page.docname} exists already, and stays as it is")
    path = model.ROOT / f"{page.docname}.ipynb"
    model.write(path, skeleton(page.title, page.kind))
    index = path.with_name("index.md")
    if not index.exists():
        title = next(c.title for c in model.plan() if c.folder == folder)
        model.write_text(index, fill("index.md", title))
        print(f"{model.name_of(index)} written: say in it what the chapter teaches")
    return path


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m book.new_page", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", help="the chapter's folder, such as 11-recurrent")
    parser.add_argument("slug", help="the page's name in book/plan.yml, such as bptt")
    options = parser.parse_args()
    try:
        path = start(options.folder, options.slug)
    except model.PageError as error:
        print(error, file=sys.stderr)
        return 1
    name = model.name_of(path)
    print(f"{name} written; replace every TODO in it, then: make run PAGE={name}")
    if model.page(path).code and run.run_pages([path], 300, 1):
        return 1
    sys.argv[1:] = []
    return toc.main()


if __name__ == "__main__":
    sys.exit(main())
