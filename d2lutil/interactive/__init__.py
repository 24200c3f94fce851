"""Interactive figures that live on without a kernel.

`explore` takes one ordinary function that draws. In a live kernel its figure is drawn
anew at each move of a slider. In a stored page it was drawn once for each setting; the
page then holds all frames and a small script (explore.js, explore.css), and needs
neither a kernel nor a library nor the network.

`overlay` shows curves of formulas over each other; the browser computes them.

The jobs: `controls` and `stops` (values, and which are stored), `figure` and `ask`
(what the author describes, checked), `frames` and `film` (drawing one, keeping all),
`svg`, `sheet` and `pad` (making them small), `stored` and `live` (showing them);
`overlay` and `translate` for curves.

matplotlib, IPython and ipywidgets are loaded by the functions, not by the modules.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from .controls import log_range

__all__ = ["explore", "log_range", "mode"]

MODES = ("live", "stored", "check")


def mode() -> str:
    """What the environment variable D2LUTIL_EXPLORE asks for: live, stored or check."""
    given = os.environ.get("D2LUTIL_EXPLORE", "")
    asked = given.strip().lower() or "live"
    if asked not in MODES:
        raise ValueError(
            "explore: the environment variable D2LUTIL_EXPLORE must be one of "
            f"{', '.join(MODES)}, or unset; got {given!r}"
        )
    return asked


def explore(
    draw: Callable,
    /,
    *,
    defaults: dict | None = None,
    labels: dict | None = None,
    stops: dict | None = None,
    square: tuple[str, str] | None = None,
    pad: Callable | None = None,
    play: str | None = None,
    fps: float | None = None,
    ask: str | dict | None = None,
    caption: str | None = None,
    photo: bool = False,
    smooth: bool = False,
    figsize: tuple[float, float] | None = None,
    **controls,
) -> None:
    """Show a figure that the reader moves: a function that draws, and its arguments.

    Parameters
    ----------
    draw : function
        Draws one matplotlib figure from plain arguments, in under 150 ms. It makes the
        figure itself with `subplots()`, or has a parameter `ax` or `fig` and is given
        one. It neither shows the figure nor prints. Or it returns an image: an array or
        tensor (height, width) or (height, width, 3), in [0, 1] or whole numbers 0 to
        255. The first paragraph of its docstring is the alt text: a sentence that says
        what the figure shows. Draw the same things for the same arguments; fix the
        axes' limits, or the picture jumps.
    **controls : one to three
        Arguments of `draw` that the reader moves. Each is

        - ``(start, stop, step)``: a slider over a range, `stop` included;
        - ``[0.01, 0.1, 1]``: a slider over these numbers; see `log_range`;
        - ``["relu", "tanh"]``: a choice of words;
        - ``True`` or ``False``: a box to check.
    defaults : dict, optional
        Where the controls stand at first, ``{"beta": 0.9}``. Unless given, the default
        values of `draw`'s own parameters; unless there are any, the first value.
    labels : dict, optional
        What the reader sees beside a control, ``{"beta": "β, momentum"}``. Unless
        given, the parameter's name, Greek letters as such.
    stops : dict, optional
        The values that the stored page holds, ``{"beta": [0, 0.5, 0.9, 0.99]}``. Unless
        given, all, if they fit into 150 KB gzipped; otherwise every second, third, …
        value of ranges. The first control keeps twenty or more, lists keep all.
    square : two names, optional
        Controls that are a plane, across and up: the stored page shows a square in
        which the reader drags a point; a live kernel has two sliders.
    pad : function, optional
        ``pad(ax)`` draws what stands behind the point, such as the data in this plane,
        on axes that fill the square.
    play : str, optional
        The control that is like time (steps, epochs): it plays, at a speed that the
        reader chooses, once or in a loop.
    fps : float, optional
        How many steps of the playing range pass in a second, whatever stops are stored:
        50 for CartPole, which is its real time. (Of a list: how many units.)
    ask : str or dict, optional
        A question that the reader answers before the controls show. A dict has
        ``question``; ``options``, two or more words, and which of them is the
        ``answer``; ``because``, what is said afterwards. The first frame is seen
        meanwhile: it must not give the answer away.
    caption : str, optional
        A sentence under the picture that says what to see.
    photo : bool
        True where colors must not be inverted in dark mode (photographs, digits).
        Images always keep theirs.
    smooth : bool
        True where images are enlarged smoothly instead of showing their pixels.
    figsize : (width, height), optional
        In inches, of the figure that is made for a parameter `ax` or `fig`; of an image
        the width on the page.

    The environment variable ``D2LUTIL_EXPLORE`` says what happens: unset or ``live``,
    widgets that draw at each move; ``stored``, HTML that holds all frames; ``check``,
    the first and the corner frames are drawn and nothing is shown.

    Raises
    ------
    ValueError, TypeError
        at the call, naming the control and what to change: no values, a step of zero, a
        default outside its range, a figure over its weight; `draw` without a docstring,
        drawing nothing, or failing at some setting.

    Examples
    --------
    >>> def draw(beta=0.9, noisy=True):
    ...     "A running mean of a noisy signal, smoother as beta grows."
    ...     fig, ax = subplots()
    ...     ...
    >>> explore(draw, beta=(0, 0.99, 0.01), noisy=True,
    ...         labels={"beta": "β, momentum"})  # doctest: +SKIP
    """
    now = mode()
    from .figure import Figure

    figure = Figure(
        draw,
        controls,
        defaults=defaults,
        labels=labels,
        stops=stops,
        square=square,
        pad=pad,
        play=play,
        fps=fps,
        ask=ask,
        caption=caption,
        photo=photo,
        smooth=smooth,
        figsize=figsize,
    )
    if now == "live":
        from .live import show_live

        show_live(figure)
    elif now == "stored":
        from .stored import show_stored

        show_stored(figure)
    else:
        from .frames import check

        check(figure)
