"""The book's look: its colors, and matplotlib's settings while a figure is made.

A figure looks the same whatever style the process has set, because it is drawn and
saved under matplotlib's defaults plus ``book.mplstyle``, not under what was there.
"""

from __future__ import annotations

import contextlib
import weakref
from pathlib import Path
from typing import ClassVar

#: Colors that stay apart for color-blind readers (after Okabe and Ito, 2008), darkened
#: to a contrast of at least 3 with white. Lines take them in this order.
COLORS = (
    "#0067a5",
    "#c25400",
    "#00795a",
    "#a8337a",
    "#8a6a00",
    "#3a8fb7",
    "#555555",
)

#: One quantity, one color, in plots and diagrams: ``ax.plot(x, color=COLOR["loss"])``.
COLOR = {
    "data": COLORS[0],
    "gradient": COLORS[1],
    "state": COLORS[2],
    "loss": COLORS[3],
    "target": COLORS[3],
    "weight": COLORS[4],
    "noise": COLORS[5],
    "muted": COLORS[6],
}


@contextlib.contextmanager
def book_style():
    """A block in the book's style: matplotlib's defaults plus ``book.mplstyle``.

    What was set before comes back afterwards. Texts, legends and axes read the settings
    when they are made, and saving reads them too: draw and save inside.

    >>> with book_style():  # doctest: +SKIP
    ...     draw(ax)
    ...     fig.savefig("figure.svg")
    """
    from matplotlib import style

    with style.context(_book()):
        _lasting.blocks += 1
        try:
            yield
        finally:
            _lasting.blocks -= 1


def keep_style(fig) -> None:
    """Go on in the book's style until `release_style(fig)`: the page has still to draw.

    Inside a block of `book_style` there is nothing to do.
    """
    import matplotlib
    from matplotlib import style

    if _lasting.blocks:
        return
    if _lasting.own is None:
        _lasting.own = matplotlib.rcParams.copy()
        style.use(_book())
        _lasting.book = matplotlib.rcParams.copy()
    _lasting.figures.add(fig)


def release_style(fig) -> None:
    """The figure is done. With the last one, the reader's own settings come back.

    What the reader has set in the meantime stays.
    """
    import matplotlib
    import matplotlib.pyplot as plt

    _lasting.figures.discard(fig)
    if _lasting.own is None or _lasting.blocks:
        return
    if any(plt.fignum_exists(other.number) for other in _lasting.figures):
        return
    now = matplotlib.rcParams.copy()
    book, own = _lasting.book, _lasting.own
    back = {k: own[k] for k in own if now[k] == book[k] and own[k] != book[k]}
    matplotlib.rcParams.update(back)
    _lasting.own = None


class _Lasting:
    """The style between `keep_style` and `release_style`."""

    blocks = 0  # of `book_style` that are open
    own = None  # the reader's settings while the book's are in force
    book = None
    figures: ClassVar = weakref.WeakSet()


_lasting = _Lasting()


def _book() -> list:
    from cycler import cycler

    colors = {"axes.prop_cycle": cycler(color=COLORS)}
    return ["default", Path(__file__).with_name("book.mplstyle"), colors]
