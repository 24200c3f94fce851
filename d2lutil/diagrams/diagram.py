"""Diagrams drawn by code: boxes, circles, tables, and arrows between them.

A place is (x, y) in inches from the figure's lower left corner. Arrows go from box to box
by name and end at their borders. Outlines and arrows are arrays of points, (n, 2).
"""

from __future__ import annotations

import numpy as np

from ..plotting import subplots
from .colors import hint, ink, mix, role
from .overlaps import overlaps
from .polylines import beside, cut, length, middle, outside, rounded, route

TEXT, LABEL, SMALL = 16, 13, 12  # points: in boxes; at arrows and in notes; shapes
LINE = 1.6  # points
GAP, HEAD = 0.04, 0.12  # inches: from a box to its arrow, and an arrowhead's length
FAINT = 0.15  # opacity of what is not lit


class Diagram:
    """A figure of boxes and arrows: ``d = Diagram((6.4, 3))``, then ``show(d.fig, …)``.

    ``d.fig`` is the matplotlib figure, ``d.ax`` its only axes, in inches. Its texts can
    be read on a phone where it is at most 6.4 inches wide: build higher, not wider.

    Colors are roles, the keys of ``d2lutil.plotting.COLOR``: data, state, weight, loss,
    gradient, noise, target, muted. Every part has a name of its own: an arrow's is
    ``"tail->tip"``, a note's its text, unless given.

    Raises ValueError, with what was wrong: a name twice, a color that is no role, an arrow
    to an unknown box or between boxes that overlap, a box that leaves the figure.
    """

    def __init__(self, figsize: tuple[float, float] = (6.4, 3.2)):
        self.fig, self.ax = subplots()
        self.fig.set_layout_engine("none")
        self.fig.set_size_inches(figsize)
        self.ax.set_position((0, 0, 1, 1))
        self.ax.set(xlim=(0, figsize[0]), ylim=(0, figsize[1]))
        self.ax.set_axis_off()
        self.parts = {}  # everything that is drawn, by name: lists of artists
        self.outlines = {}  # of boxes, circles and cells, by name
        self.lines = {}  # of arrows, by name: their points and the boxes at their ends
        self.texts = []  # (name of its part, artist)

    def box(
        self,
        name,
        at,
        text="",
        *,
        color="muted",
        size=None,
        shape=None,
        taper=0,
        font=TEXT,
    ):
        """A rounded box around `at`.

        `size` is (width, height) in inches; unless given, what the text needs. `shape`, a
        tensor or a tuple, is written below. `taper` shortens the right side by this share
        of the height (an encoder), a negative one the left side (a decoder).
        """
        self._new(name)
        label = self._text(name, at, text, color, font)
        if size is None:
            extent = label.get_window_extent()
            size = np.array([extent.width, extent.height]) / self.fig.dpi + (0.3, 0.22)
            size = np.maximum(size, (0.62, 0.48))
        w, h = np.asarray(size) / 2
        left, right = h * (1 + min(taper, 0)), h * (1 - max(taper, 0))
        corners = np.array([(-w, -left), (w, -right), (w, right), (-w, left)]) + at
        self._outline(name, rounded(corners, closed=True), color)
        if shape is not None:
            words = str(tuple(getattr(shape, "shape", shape)))
            self._text(name, (at[0], at[1] - h - 0.06), words, "muted", SMALL, va="top")

    def circle(self, name, at, text="", *, color="muted", radius=0.2):
        """A circle around `at`: an operation, or a unit of a network."""
        self._new(name)
        angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
        circle = radius * np.column_stack([np.cos(angle), np.sin(angle)])
        self._outline(name, at + circle, color)
        self._text(name, at, text, color, va="center")

    def cells(self, name, at, table, *, color="muted", size=(0.62, 0.42)):
        """A table of texts or numbers, (rows, columns), whose upper left corner is `at`.

        `color` is one role, or a table of them. Cells are boxes, ``name[row,column]``.
        """
        table, size = np.array(table, dtype=object), np.asarray(size)
        if table.ndim != 2:
            raise ValueError(
                f"cells {name!r}: give rows of equal length, got shape {table.shape}"
            )
        color = np.broadcast_to(np.array(color, dtype=object), table.shape)
        for i, j in np.ndindex(*table.shape):
            cell, center = f"{name}[{i},{j}]", at + size * (j + 0.5, -i - 0.5)
            corners = size / 2 * [(-1, -1), (1, -1), (1, 1), (-1, 1)]
            self._new(cell)
            self._outline(cell, center + corners, color[i, j], LINE / 2)
            value = table[i, j]
            text = f"${value:.2f}$" if isinstance(value, float) else str(value)
            self._text(cell, center, text, color[i, j], LABEL)

    def arrow(
        self,
        tail,
        tip,
        text="",
        *,
        color="muted",
        width=LINE,
        via=(),
        bend=0,
        shift=0,
        dashed=False,
        head=True,
        at=0.5,
        side=1,
        name=None,
    ):
        """An arrow from `tail` to `tip`, names of boxes or places, with a label beside it.

        Parameters
        ----------
        width : points; thicker where a number is larger.
        via : places it passes, with rounded corners.
        bend, shift : inches to its left by which its middle, or all of it, is moved: with
            one `shift` the arrows there and back run side by side.
        at, side : where along the arrow (0 to 1) the label stands, and on which side: 1 is
            above a level arrow and right of an upright one, -1 the other side.
        """
        name = name or f"{tail}->{tip}"
        boxes = [self._box(end, name) for end in (tail, tip) if isinstance(end, str)]
        middles = [
            middle(self.outlines[e]) if isinstance(e, str) else e for e in (tail, tip)
        ]
        points = route(*middles, via, bend, shift)
        for end in (tip, tail):  # turn round, cut: first the one end, then the other
            points = points[::-1]
            if isinstance(end, str):
                points = cut(outside(points, self.outlines[end]), GAP)
        if length(points) < HEAD:
            raise ValueError(f"arrow {name!r}: no room, its ends overlap or touch")
        self._new(name)
        self.lines[name] = points, boxes
        paint, dashes = role(color, name), (0, (3, 1.5)) if dashed else "-"
        size = HEAD + width / 72 if head else 0
        shaft, base = cut(points[::-1], 0.9 * size), cut(points[::-1], size)[0]
        style = {"color": paint, "linewidth": width, "solid_capstyle": "butt"}
        self.parts[name] += self.ax.plot(*shaft.T, linestyle=dashes, **style)
        if head:
            half = 0.38 * (points[-1] - base) @ [(0, 1), (-1, 0)]
            corners = np.array([points[-1], base + half, base - half])
            style = {"color": paint, "linewidth": 0, "zorder": 2}
            self.parts[name] += self.ax.fill(*corners.T, **style)
        if text:
            place, ha, va = beside(points, at, side, 0.06 + width / 144)
            self._text(name, place, text, color, LABEL, ha, va)

    def note(self, at, text, *, color="muted", size=LABEL, align="center", name=None):
        """Words whose middle, or the side that `align` names, stands at a place."""
        self._new(name or text)
        self._text(name or text, at, text, color, size, align)

    def frame(self, names, text="", *, color="muted", pad=0.2):
        """A pale ground behind boxes that belong together, with a title on top."""
        points = np.vstack([self.outlines[self._box(name, "frame")] for name in names])
        low, high = points.min(0) - pad, points.max(0) + pad
        (x0, y0), (x1, y1) = low, high + (0, 0.22 if text else 0)
        corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
        self.ax.fill(
            *rounded(corners, closed=True).T,
            color=mix(role(color, "frame"), 0.06),
            zorder=0,
        )
        self._text(None, (x0 + 0.12, y1 - 0.08), text, color, LABEL, "left", "top")

    def light(self, names) -> None:
        """These parts in full color, and the boxes of these arrows; the rest faint.

        The name of a table lights all its cells. Call it last. To play a diagram, give `explore` a function that ends with
        ``d.light(ORDER[:step])``.
        """
        lit = set()
        for name in names:
            cells = {c for c in self.outlines if c.startswith(f"{name}[")}
            if name not in self.parts and not cells:
                hints = hint(name, self.parts)
                raise ValueError(f"light: {name!r} is not drawn; {hints}")
            lit |= {name, *cells, *self.lines.get(name, ((), ()))[1]}
        for name, artists in self.parts.items():
            for artist in artists:
                artist.set_alpha(1 if name in lit else FAINT)

    def overlaps(self) -> list[str]:
        """What lies on something else: boxes, texts, arrows. Empty in a good diagram."""
        return overlaps(self)

    def _new(self, name):
        if name in self.parts:
            raise ValueError(f"diagram: two parts are named {name!r}; rename one")
        self.parts[name] = []

    def _outline(self, name, outline, color, width=LINE):
        low, high = outline.min(0), outline.max(0)
        if (low < 0).any() or (high > self.fig.get_size_inches()).any():
            raise ValueError(
                f"box {name!r} leaves the figure: it reaches from "
                f"{low.round(2).tolist()} to {high.round(2).tolist()} inches, the "
                f"figure from [0, 0] to {self.fig.get_size_inches().tolist()}"
            )
        self.outlines[name] = outline
        edge = role(color, name)
        style = {"facecolor": mix(edge, 0.1), "edgecolor": edge, "linewidth": width}
        style["zorder"] = 1 + 0.1 * (color != "muted")  # over gray neighbors in a table
        self.parts[name] += self.ax.fill(*outline.T, **style)

    def _text(
        self, name, at, text, color, size=TEXT, ha="center", va="center_baseline"
    ):
        style = {"fontsize": size, "ha": ha, "va": va, "math_fontfamily": "cm"}
        artist = self.ax.text(
            *at, text, color=ink(color, name), linespacing=1.3, **style
        )
        self.texts.append((name, artist))
        if name is not None:
            self.parts[name].append(artist)
        return artist

    def _box(self, name, wanted_by):
        if name not in self.outlines:
            what = f"{wanted_by!r}: there is no box {name!r}"
            raise ValueError(f"{what}; {hint(name, self.outlines)}")
        return name
