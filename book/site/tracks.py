"""The picture beside a chapter's list of pages: which page stands on which."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from book.model import PlannedPage

ROW, RIGHT, STEP = (
    52,
    12,
    11,
)  # px: height of a page's row, room for the dots, of a lane


def tracks(pages: Sequence[PlannedPage], written: set[str] | frozenset[str]) -> str:
    """One dot a page, in reading order, and a line from each page to those it needs.

    Parameters
    ----------
    pages : the chapter's pages
    written : docnames of the pages that the site has; their dots are filled

    Returns an SVG `ROW` px high for each page, nothing where no page needs another. What is drawn is also its label, in words.
    Lines to a page that is not the one before bulge to the left, each in the nearest lane
    that no other line uses at that height.
    """
    row = {page.address: number for number, page in enumerate(pages)}
    links = sorted(
        (
            (row[need], row[page.address])
            for page in pages
            for need in page.needs
            if need in row
        ),
        key=lambda link: (link[1] - link[0], link),
    )
    if not links:
        return ""
    lanes: dict[tuple[int, int], int] = {}
    for first, last in links:
        taken = {
            lane
            for (above, below), lane in lanes.items()
            if above < last and first < below
        }
        lane = 0 if last == first + 1 else 1
        while lane in taken and lane:
            lane += 1
        lanes[first, last] = lane
    x = RIGHT + STEP * max(lanes.values(), default=0)
    lines, dots = "", ""
    for (first, last), lane in lanes.items():
        y, end, left = ROW * (first + 0.5), ROW * (last + 0.5), x - STEP * lane * 4 / 3
        lines += f'<path d="M{x} {y}C{left:g} {y + ROW / 2} {left:g} {end - ROW / 2} {x} {end}"/>'
    for number, page in enumerate(pages):
        filled = " class=written" if page.docname in written else ""
        dots += f'<circle{filled} cx="{x}" cy="{ROW * (number + 0.5)}" r="6"/>'
    said = "; ".join(
        f"{page.title} needs "
        + " and ".join(pages[row[need]].title for need in page.needs if need in row)
        for page in pages
        if any(need in row for need in page.needs)
    )
    width, height = x + RIGHT, ROW * len(pages)
    return (
        f'<svg class="tracks" role="img" aria-label="{escape(said)}" width="{width}" '
        f'height="{height}" viewBox="0 0 {width} {height}">{lines}{dots}</svg>'
    )
