"""One notation: symbols that pages share stand on the notation page."""

import re

from book import model

NOTATION = model.CHAPTERS / "00-about" / "notation.ipynb"
TEX = re.compile(r"\$([^$]+)\$")


def plain(tex: str) -> str:
    """TeX without spaces, and without braces around the one letter of a font."""
    tex = re.sub(r"(\\(?:math\w+|boldsymbol))\s*\{(\w)\}", r"\1 \2", tex)
    return re.sub(r"\s|\\,", "", tex)


def letters() -> set[str]:
    """The symbols in the first columns of the notation page's tables."""
    found = set()
    for markdown in model.page(NOTATION).markdown.values():
        for line in markdown.source.splitlines():
            if line.startswith("|"):
                first = line.strip("| ").split(" | ")[0]
                found |= set(map(plain, TEX.findall(first)))
    return found


def shared() -> dict[str, set[str]]:
    """{symbol: pages} of what stands in the tables of two lessons or more."""
    found: dict[str, set[str]] = {}
    for planned, page in model.written_pages():
        for row in page.symbols:
            for tex in re.split(r"\$\s*,\s*\$|,\s*(?![^({]*[)}])", row.tex):
                found.setdefault(plain(tex), set()).add(planned.address)
    return {tex: pages for tex, pages in found.items() if len(pages) > 1}


def test_symbols_that_pages_share_stand_on_the_notation_page():
    known = letters()
    missing = {tex: pages for tex, pages in shared().items() if tex not in known}
    assert not missing, "add rows to chapters/00-about/notation.ipynb"
