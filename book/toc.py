"""Write _toc.yml, the order of the site, from book/plan.yml and the pages that stand.

    python -m book.toc          write it
    python -m book.toc --check  say whether a page is missing in it, and write nothing

A page stands as soon as its notebook (or .md file) exists; a planned page without a file is
to come. A chapter with standing pages has an index.md, which says what it teaches.

The file has one line a page and is merged by union (.gitattributes), so that two authors who
add a page each never conflict; the next build puts the lines in order.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence

from book import model
from book.model import PageError

TOC = model.ROOT / "_toc.yml"
HEAD = ["format: jb-book", "root: index", "chapters:"]


def toc() -> str:
    """The text of _toc.yml. Raises PageError for a page that the plan does not know, and for
    a chapter without an index."""
    standing = {
        f"chapters/{path.parent.name}/{path.stem}"
        for ending in ("ipynb", "md")
        for path in model.CHAPTERS.glob(f"*/*.{ending}")
        if not path.name.startswith(".")
    }
    planned, lines = set(), []
    for chapter in model.plan():
        pages = [page.docname for page in chapter.pages if page.docname in standing]
        planned.update(pages, [chapter.docname])
        if pages and chapter.docname not in standing:
            raise PageError(
                f"{chapter.docname}.md is missing: say in it what the chapter teaches and "
                f"why in this order; {pages[0]} stands there already"
            )
        if chapter.docname in standing:
            lines.append(f"  - file: {chapter.docname}")
            if pages:
                lines.append("    sections:")
                lines.extend(f"      - file: {page}" for page in pages)
    unknown = sorted(standing - planned)
    if unknown:
        raise PageError("; ".join(map(not_planned, unknown)))
    return "\n".join([*HEAD, *lines]) + "\n"


def not_planned(docname: str) -> str:
    """What to do about a page that stands and is not in the plan: add it, or, where it was
    renamed, rename it there too."""
    folder, slug = docname.split("/")[1:]
    pages = [page for chapter in model.plan() for page in chapter.pages]
    to_come = [
        page.slug for page in pages if page.folder == folder and not page.written
    ]
    near = difflib.get_close_matches(slug, to_come, 1, 0.5)
    renamed = f", or, if it was {near[0]}, rename it there" if near else ""
    return (
        f"{docname} is not in book/plan.yml: add it there{renamed}, or remove the file"
    )


def is_up_to_date() -> bool:
    """Whether _toc.yml lists what stands and nothing else, in whatever order."""
    listed = TOC.read_text(encoding="utf-8").splitlines() if TOC.exists() else []
    return set(listed) == set(toc().splitlines())


def main(arguments: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m book.toc", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    try:
        text = toc()
        if options.check:
            if is_up_to_date():
                return 0
            print(
                "_toc.yml does not list the pages that stand: python -m book toc",
                file=sys.stderr,
            )
            return 1
        if not TOC.exists() or TOC.read_text(encoding="utf-8") != text:
            model.write_text(TOC, text)
            print("_toc.yml written")
    except PageError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
