"""Write _toc.yml, the order of the site, from book/plan.yml and the pages that stand.

    python -m book.toc          write it
    python -m book.toc --check  say whether it is up to date, and write nothing

A page stands as soon as its notebook (or .md file) exists. A chapter with standing pages has an
index.md, which says what it teaches.
"""

from __future__ import annotations

import sys
from pathlib import Path

from book import model as bookfiles

TOC = bookfiles.ROOT / "_toc.yml"


class TocError(Exception):
    """Pages and plan do not fit together. The message says what to do."""


def toc(root: Path = bookfiles.ROOT) -> str:
    """The text of _toc.yml. Raises TocError for a page that the plan does not know, and for a
    chapter without an index."""
    chapters = root / "chapters"
    standing = {path.relative_to(root).with_suffix("").as_posix() for end in ("ipynb", "md")
                for path in chapters.glob(f"*/*.{end}") if not path.name.startswith(".")}
    planned, lines = set(), []
    for chapter in bookfiles.plan():
        pages = [page.docname for page in chapter.pages if page.docname in standing]
        planned.update(pages, [chapter.docname])
        if pages and chapter.docname not in standing:
            raise TocError(f"{chapter.docname}.md is missing: say in it what the chapter teaches and why in "
                           f"this order; {pages[0]} stands there already")
        if chapter.docname in standing:
            lines.append(f"  - file: {chapter.docname}")
            if pages:
                lines.append("    sections:")
                lines.extend(f"      - file: {page}" for page in pages)
    unknown = sorted(standing - planned)
    if unknown:
        raise TocError(f"{', '.join(unknown)}: not in book/plan.yml; add it there, or remove the file")
    return "\n".join(["format: jb-book", "root: index", "chapters:", *lines]) + "\n"


def is_up_to_date() -> bool:
    return TOC.exists() and TOC.read_text(encoding="utf-8") == toc()


def main() -> int:
    try:
        if is_up_to_date():
            return 0
        if "--check" in sys.argv[1:]:
            print("_toc.yml is not what book/plan.yml and the standing pages make: run python -m book.toc",
                  file=sys.stderr)
            return 1
        TOC.write_text(toc(), encoding="utf-8", newline="\n")
    except TocError as error:
        print(error, file=sys.stderr)
        return 1
    print("_toc.yml written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
