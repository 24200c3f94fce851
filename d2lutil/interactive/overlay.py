"""Curves of formulas, any of them over any others, each with all its parameters.

What `explore` stores as frames would be too many here: the browser draws the curves
itself, from the page's own functions (see `translate`).
"""

from __future__ import annotations

from collections.abc import Callable

from . import mode
from .controls import Control
from .curves import DASHES, WIDTH, Overlay


def overlay(
    functions: dict[str, tuple[Callable, dict]],
    /,
    *,
    x: tuple[float, float, float],
    shown: list[str],
    ylim: tuple[float, float],
    alt: str,
    caption: str,
    defaults: dict[str, dict] | None = None,
    labels: dict[str, str] | None = None,
    xlabel: str = "",
    ylabel: str = "",
    figsize: tuple[float, float] = (6.4, 3.4),
) -> None:
    """Show curves that the reader lays over each other, and moves by all parameters.

    Parameters
    ----------
    functions : dict
        What the reader sees as a curve's name, and ``(function, parameters)``. The
        function takes x, a float64 tensor, and the parameters, works entry by entry,
        and is written with ``def`` in arithmetic that the browser can do (see
        `d2lutil.interactive.translate`). Each parameter is a control as `explore` has
        them, a range ``(start, stop, step)`` or a list of numbers; or a number, which
        stands still.
    x : (start, stop, step)
        Where the curves are computed, `stop` included; points are joined by lines.
    shown : list
        The names of the curves that show at first.
    ylim : (low, high)
        The axis is fixed; what lies outside is cut off.
    alt, caption : str
        For who cannot see the figure; what to see in it.
    defaults : dict, optional
        Where parameters stand at first, ``{"cosine": {"T": 200}}``. Unless given, the
        function's own default, or the first value.
    labels : dict, optional
        What the reader sees of a parameter, ``{"T": "length"}``.
    xlabel, ylabel, figsize
        As matplotlib has them.

    In a live kernel the curves are drawn by matplotlib. A stored page holds one picture
    and the functions as JavaScript, and draws at each move; `D2LUTIL_EXPLORE` says
    which, as for `explore`.

    Raises
    ------
    ValueError, TypeError
        naming the curve: unknown in `shown`, a parameter that the function lacks or
        that is missing, values that are not finite, a formula that the browser cannot
        compute.
    """
    now = mode()
    figure = Overlay(functions, x, shown, ylim, alt, caption, defaults or {})
    figure.style(labels or {}, xlabel, ylabel, figsize)
    if now == "live":
        from .live import show_overlay

        show_overlay(figure)
    elif now == "stored":
        from .stored import show_html

        show_html(lambda: page_of(figure), figure.alt)
    else:
        figure.picture(figure.first())


def page_of(figure: Overlay) -> str:
    """The HTML that holds the first picture, the axes and the formulas."""
    from ..plotting import book_style
    from .stored import element
    from .svg import address, svg_of
    from .translate import javascript

    axes = figure.picture({})
    with book_style():
        base = svg_of(axes, photo=False)
        first = svg_of(figure.picture(figure.first()), photo=False)
    left, low, wide, high = (float(v) for v in axes.axes[0].get_position().bounds)
    width, height = (72 * side for side in figure.figsize)
    box = left * width, (1 - low - high) * height, wide * width, high * height
    masks = [1 << i for i, c in enumerate(figure.curves) if c.name in figure.shown]
    controls = [
        {
            "kind": "set",
            "label": "curves",
            "texts": [c.name for c in figure.curves],
            "colors": [c.color for c in figure.curves],
            "swatches": [c.look for c in figure.curves],
            "dashes": [
                " ".join(str(WIDTH * part) for part in DASHES[c.look])
                for c in figure.curves
            ],
            "start": sum(masks),
        }
    ]
    each = []
    for i, curve in enumerate(figure.curves):
        arguments = []
        for part in curve.parts.values():
            if isinstance(part, Control):
                arguments.append({"at": len(controls), "values": part.values})
                controls.append(
                    {
                        "kind": "slider",
                        "label": f"{curve.name}: {part.label}",
                        "texts": part.texts,
                        "start": part.start,
                        "of": i,
                    }
                )
            else:
                arguments.append(part)
        each.append(arguments)
    spec = {
        "alt": figure.alt,
        "controls": controls,
        "curves": {
            "base": base,
            "box": [round(v, 3) for v in box],
            "x": figure.x.tolist(),
            "y": list(figure.ylim),
            "each": each,
        },
    }
    formulas = javascript([curve.function for curve in figure.curves])
    first = (
        f'style="max-width:100%;height:auto" width="{width:.0f}" '
        f'height="{height:.0f}" src="{address(first)}"'
    )
    return element(spec, first, figure.caption, formulas=formulas)
