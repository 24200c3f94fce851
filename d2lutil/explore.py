"""Interactive figures that live on without a kernel.

`explore` takes one ordinary matplotlib function. In a live kernel its figure is drawn anew
at each move of a slider. In a stored page it is drawn once for each of a few dozen
settings; the page then holds all frames and a small script (explore.js, explore.css), and
needs neither a kernel nor a library nor the network.

How the frames are stored: matplotlib's SVG text is reduced (rounded coordinates, relative
paths, no unused ids), cut into elements, and each distinct element is kept once; a frame is
a list of their numbers. The whole is deflated and written in base64.

matplotlib, IPython and ipywidgets are loaded by the functions, not by the module.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import gzip
import hashlib
import html
import inspect
import io
import itertools
import json
import math
import numbers
import os
import random
import re
import sys
import time
import warnings
import zlib
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from unittest import mock

import numpy as np
import torch

#: Budgets of a stored figure.
MAX_FRAMES = 64  # of lines
MAX_IMAGE_FRAMES = 40  # of figures that hold images or heat maps
MAX_BYTES = 150_000  # gzipped

MODES = ("live", "stored", "check")


def log_range(start: float, stop: float, per_decade: int = 3) -> list[float]:
    """Numbers from `start` to `stop` in equal ratios, `per_decade` for each factor of 10.

    They are rounded to three digits. Use it as a control of `explore`.

    >>> log_range(0.01, 1, per_decade=2)
    [0.01, 0.0316, 0.1, 0.316, 1.0]

    Raises
    ------
    ValueError
        if `start` and `stop` are not positive, or equal, or `per_decade` is less than 1.
    """
    if not (start > 0 and stop > 0 and start != stop and math.isfinite(start) and math.isfinite(stop)):
        raise ValueError(f"log_range: start and stop must be positive and differ, got {start} and {stop}")
    if int(per_decade) != per_decade or per_decade < 1:
        raise ValueError(f"log_range: per_decade must be a whole number of at least 1, got {per_decade}")
    decades = math.log10(stop / start)
    n = round(abs(decades) * per_decade)
    if not math.isclose(n, abs(decades) * per_decade, abs_tol=1e-9):
        n = math.ceil(abs(decades) * per_decade)
    return [float(f"{start * 10 ** (decades * i / n):.3g}") for i in range(n + 1)]


def explore(draw, /, *, stops: dict | None = None, play: str | None = None,
            defaults: dict | None = None, labels: dict | None = None, photo: bool = False,
            size: tuple[float, float] | None = None, **controls) -> None:
    """Show a figure that the reader moves: `draw` is a matplotlib function, controls its arguments.

    Parameters
    ----------
    draw : function
        Draws one figure from plain arguments, in under 150 ms. It makes the figure itself
        with `subplots()`, or has a parameter `ax` or `fig` and is given one. It neither
        shows the figure nor prints. The first paragraph of its docstring is the alt text:
        a sentence that says what the figure shows. Draw the same things for the same
        arguments; fix the axes' limits, or the picture jumps.
    **controls : one to three
        Arguments of `draw` that the reader moves. Each is

        - ``(start, stop, step)``: a slider over a range, `stop` included;
        - ``[0.01, 0.1, 1]``: a slider over these numbers (`log_range` makes such a list);
        - ``["relu", "tanh"]``: a choice of words;
        - ``True`` or ``False``: a box to check;
        - a slider, choice or box of ipywidgets.
    defaults : dict, optional
        Where the controls stand at first, ``{"beta": 0.9}``. Unless given, the default
        values of `draw`'s own parameters; unless there are any, the first value.
    stops : dict, optional
        The values that the stored page holds, ``{"beta": [0, 0.5, 0.9, 0.99]}``. Unless
        given, ranges are thinned evenly to fit, lists are kept whole. The product of the
        numbers of stops is at most 64, and 40 for figures with images or heat maps.
    play : str, optional
        The control that is like time (steps, epochs): it gets a play button.
    labels : dict, optional
        What the reader sees beside a control instead of its name, ``{"eta": "learning rate"}``.
    photo : bool
        True where colours must not be inverted in dark mode (photographs, digits).
    size : (width, height), optional
        In inches, of the figure that is made for a parameter `ax` or `fig`.

    The environment variable ``D2LUTIL_EXPLORE`` says what happens: unset or ``live``,
    widgets that draw at each move; ``stored``, HTML that holds all frames, at most 150 KB
    gzipped; ``check``, the first and the corner frames are drawn and nothing is shown.

    Raises
    ------
    ValueError, TypeError
        at the call, naming the control and what to change: no values, a step of zero, a
        default outside its range, too many frames; `draw` without a docstring, drawing
        nothing, or failing at some setting.

    Examples
    --------
    >>> def draw(beta=0.9, noisy=True):
    ...     "A running mean of a noisy signal, smoother as beta grows."
    ...     fig, ax = subplots()
    ...     ...
    >>> explore(draw, beta=(0, 0.99, 0.01), noisy=True,
    ...         stops={"beta": [0, 0.5, 0.9, 0.99]})  # doctest: +SKIP
    """
    mode = os.environ.get("D2LUTIL_EXPLORE", "").strip() or "live"
    if mode not in MODES:
        raise ValueError(f"explore: the environment variable D2LUTIL_EXPLORE must be one of "
                         f"{', '.join(MODES)}, or unset; got {mode!r}")
    figure = _Figure(draw, controls, defaults or {}, labels or {}, photo, size)
    figure.set_stops(stops or {})
    if play is not None and play not in controls:
        raise ValueError(f"explore: play={play!r} names no control; the controls are {', '.join(controls)}")
    if play is not None and figure.control(play).kind != "slider":
        raise ValueError(f"explore: play={play!r} must name a control with a slider, a range or a list of numbers")
    if play is not None:
        figure.control(play).play = True
    {"live": _live, "stored": _stored, "check": _check}[mode](figure)


# ---------------------------------------------------------------- controls


@dataclass
class _Control:
    """One control: its values, how they read, where it stands, and which of them are stored."""

    name: str
    kind: str  # slider, choice (of words) or check
    values: list
    texts: list[str]
    start: int = 0
    label: str = ""
    play: bool = False
    thins: bool = False  # a range, whose stored values may be fewer
    widget: object = None  # the author's own ipywidgets widget
    stops: list[int] = field(default_factory=list)  # places in `values`


def _control(name: str, given) -> _Control:
    if _is_widget(given):
        return _control_of_widget(name, given)
    if isinstance(given, (bool, np.bool_)):
        return _Control(name, "check", [False, True], ["no", "yes"], start=int(given))
    if isinstance(given, (torch.Tensor, np.ndarray)):
        if given.ndim != 1:
            raise ValueError(f"explore: control {name!r} has shape {tuple(given.shape)}; give a list of numbers")
        given = given.tolist()
    if isinstance(given, range):
        given = list(given)
    if isinstance(given, tuple) and any(_is_number(v) for v in given):
        return _control_of_range(name, given)
    if isinstance(given, (list, tuple)):
        return _control_of_list(name, list(given))
    raise TypeError(f"explore: control {name!r} is {given!r}; give a range (start, stop, step), a list "
                    "of numbers or words, True or False, or an ipywidgets widget")


def _is_number(value) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))


def _plain(value):
    """A NumPy number as Python's own, so that `draw` gets plain arguments."""
    return value.item() if isinstance(value, np.generic) else value


def _control_of_range(name, given) -> _Control:
    shown = f"explore: control {name!r} is {given!r}"
    if len(given) != 3 or not all(_is_number(v) for v in given):
        raise ValueError(f"{shown}; a range is (start, stop, step), three numbers. For separate values "
                         "give a list: " + repr(list(given)))
    start, stop, step = (_plain(v) for v in given)
    if not all(math.isfinite(v) for v in (start, stop, step)):
        raise ValueError(f"{shown}; start, stop and step must be finite")
    if step == 0:
        raise ValueError(f"{shown}, and its step is zero; give a positive step, such as {abs(stop - start) / 10:g}")
    if start == stop:
        raise ValueError(f"{shown}, which is one value; give a stop that differs from start, or leave the control out")
    if (stop - start) * step < 0:
        raise ValueError(f"{shown}, and its step leads away from stop; use {(start, stop, -step)!r}")
    count = int((stop - start) / step + 1e-9) + 1
    if count > 10_000:
        raise ValueError(f"{shown}, which is {count} values; take a larger step")
    if count < 2:
        raise ValueError(f"{shown}, and its step is larger than the range, which leaves one value; take a smaller step")
    whole = all(isinstance(v, numbers.Integral) for v in (start, stop, step))
    values = [start + i * step if whole else float(f"{start + i * step:.12g}") + 0.0 for i in range(count)]
    places = 0 if whole else max(0, *(-Decimal(repr(float(v))).normalize().as_tuple().exponent
                                      for v in (start, step)))
    texts = [f"{v:.{places}f}" if places <= 8 else f"{v:g}" for v in values]
    return _Control(name, "slider", values, texts, thins=True)


def _control_of_list(name, given) -> _Control:
    shown = f"explore: control {name!r} is {given!r}"
    values = [_plain(v.item() if isinstance(v, torch.Tensor) and v.ndim == 0 else v) for v in given]
    if not values:
        raise ValueError(f"{shown}, without values; give two or more")
    if len(values) == 1:
        raise ValueError(f"{shown}, which is one value; give two or more, or leave the control out")
    if all(isinstance(v, str) for v in values):
        kind, texts = "choice", values
    elif all(_is_number(v) for v in values):
        if not all(math.isfinite(v) for v in values):
            raise ValueError(f"{shown}; its values must be finite")
        kind, texts = "slider", [_short(v) for v in values]
    elif all(isinstance(v, bool) for v in values):
        return _Control(name, "check", [False, True], ["no", "yes"], start=int(values[0]))
    else:
        raise TypeError(f"{shown}; its values must be all numbers or all words")
    if len(set(values)) < len(values) or len(set(texts)) < len(texts):
        raise ValueError(f"{shown}; a value stands in it twice")
    return _Control(name, kind, values, list(texts))


def _short(value) -> str:
    return str(value) if isinstance(value, numbers.Integral) else f"{value:.6g}"


def _is_widget(given) -> bool:
    module = sys.modules.get("ipywidgets")  # a widget can only come from the loaded package
    return module is not None and isinstance(given, module.Widget)


def _control_of_widget(name, given) -> _Control:
    import ipywidgets as w

    if isinstance(given, w.FloatLogSlider):
        n = round((given.max - given.min) / given.step)
        control = _control_of_list(name, [float(f"{given.base ** (given.min + i * given.step):.4g}")
                                          for i in range(n + 1)])
        control.thins = True
    elif all(hasattr(given, part) for part in ("min", "max", "step", "value")) and _is_number(given.value):
        control = _control_of_range(name, (given.min, given.max, given.step))
    elif hasattr(given, "options") and hasattr(given, "index") and hasattr(given, "_options_full"):
        texts = [str(text) for text, _ in given._options_full]
        values = [value for _, value in given._options_full]
        if len(values) < 2:
            raise ValueError(f"explore: control {name!r} is a {type(given).__name__} without options to choose from; "
                             "give it two or more")
        slider = isinstance(given, w.SelectionSlider)
        control = _Control(name, "slider" if slider else "choice", values, texts)
    elif isinstance(given, (w.Checkbox, w.ToggleButton)):
        control = _control(name, given.value)
    else:
        raise TypeError(f"explore: control {name!r} is a {type(given).__name__}, which has no list of values to "
                        "store; use a slider, a choice or a check box, or give a range or a list")
    control.start = _place_of(control, given.value)
    control.widget = given
    control.label = given.description
    return control


def _same(a, b) -> bool:
    if _is_number(a) and _is_number(b):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return type(a) is type(b) and a == b or a is b


def _find(control: _Control, value) -> int | None:
    value = _plain(value)
    for i, v in enumerate(control.values):
        if _same(v, value):
            return i
    return None


def _place_of(control: _Control, value) -> int:
    """Where a default stands among the values. A range takes one in between its steps too."""
    value = _plain(value)
    place = _find(control, value)
    if place is not None:
        return place
    where = f"explore: the default of control {control.name!r} is {value!r}"
    if control.thins and _is_number(value):
        low, high = min(control.values), max(control.values)
        if not low <= value <= high:
            raise ValueError(f"{where}, outside its range {_short(low)} to {_short(high)}; "
                             "change the default in draw's signature, or the range")
        order = control.values[0] < control.values[-1]
        place = sum((v < value) if order else (v > value) for v in control.values)
        control.values.insert(place, value)
        control.texts.insert(place, _short(value))
        return place
    raise ValueError(f"{where}, which is not one of its values {', '.join(control.texts)}; "
                     "change the default in draw's signature, or the values")


# ---------------------------------------------------------------- the figure


class _Figure:
    """`draw` with its controls: what all three modes share."""

    def __init__(self, draw, controls, defaults, labels, photo, size):
        if not callable(draw):
            raise TypeError(f"explore: the first argument must be a function that draws, got {type(draw).__name__}")
        self.draw, self.photo, self.size = draw, bool(photo), size
        own = draw
        while isinstance(own, functools.partial):  # whose docstring is not the author's
            own = own.func
        self.name = getattr(own, "__name__", "draw")
        doc = inspect.cleandoc(getattr(own, "__doc__", None) or "")
        self.alt = " ".join(re.split(r"\n\s*\n", doc)[0].split())
        if len(self.alt.split()) < 4:
            raise ValueError(f"explore: {self.name} needs a docstring that says what the figure shows, "
                             f"in four words or more, for readers who cannot see it; got {self.alt!r}"
                             + (". Write it with def instead of lambda." if self.name == "<lambda>" else ""))
        parameters = self._parameters()
        if not controls:
            raise ValueError(f"explore: no control given; name one to three of {self.name}'s parameters "
                             f"({', '.join(parameters)}), for example {next(iter(parameters), 'beta')}=(0, 1, 0.1)")
        if len(controls) > 3:
            raise ValueError(f"explore: {len(controls)} controls ({', '.join(controls)}); three are the most that "
                             "a reader can follow. Fix one as a default of the function, or make two figures.")
        for name in controls:
            if name not in parameters:
                raise TypeError(f"explore: control {name!r} is not a parameter of {self.name}, which has "
                                f"{', '.join(parameters) or 'none'}; rename one of the two")
        for what, given in (("defaults", defaults), ("labels", labels)):
            for name in given:
                if name not in controls:
                    raise ValueError(f"explore: {what} names {name!r}, which is no control; "
                                     f"the controls are {', '.join(controls)}")
        for name, parameter in parameters.items():
            if name not in controls and parameter.default is parameter.empty:
                raise TypeError(f"explore: {self.name}'s parameter {name!r} has neither a control nor a default "
                                f"value; give explore {name}=(start, stop, step), or write {name}=... in the signature")
        self.controls = [_control(name, given) for name, given in controls.items()]
        for c in self.controls:
            own = parameters[c.name].default
            if c.name in defaults:
                c.start = _place_of(c, defaults[c.name])
            elif own is not inspect.Parameter.empty and c.widget is None:
                if c.kind == "check" and bool(own) != bool(c.start):
                    raise ValueError(f"explore: control {c.name!r} is {bool(c.start)} and {self.name}'s default is "
                                     f"{own!r}; make the two agree")
                c.start = _place_of(c, own)
            c.label = labels.get(c.name) or c.label or c.name.replace("_", " ")

    def _parameters(self) -> dict:
        """draw's own parameters, without the figure or axes that it is given."""
        self.takes = None
        parameters = {}
        for name, p in inspect.signature(self.draw).parameters.items():
            if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
                continue
            if name in ("ax", "fig") and p.default in (p.empty, None):
                self.takes = name
            elif p.kind is p.POSITIONAL_ONLY:
                raise TypeError(f"explore: {self.name}'s parameter {name!r} is positional only; leave the '/' out")
            else:
                parameters[name] = p
        return parameters

    def control(self, name: str) -> _Control:
        return next(c for c in self.controls if c.name == name)

    # -------- which frames are stored

    def set_stops(self, stops: dict, limit: int = MAX_FRAMES, what: str = "") -> None:
        """Choose what the stored page holds; every control keeps its default."""
        self.named_stops = stops
        for name, given in stops.items():
            if name not in [c.name for c in self.controls]:
                raise ValueError(f"explore: stops names {name!r}, which is no control; the controls are "
                                 + ", ".join(c.name for c in self.controls))
            self._set_named_stops(self.control(name), given)
        free = [c for c in self.controls if c.name not in stops and c.thins]
        for c in self.controls:
            if c.name not in stops:
                c.stops = list(range(len(c.values)))
        room = limit
        for c in self.controls:
            if c not in free:
                room //= max(1, len(c.stops))
        for done, c in enumerate(sorted(free, key=lambda c: len(c.values))):
            share = max(3, int(max(1, room) ** (1 / (len(free) - done)) + 1e-9))
            c.stops = _thin(len(c.values), share, c.start)
            room //= len(c.stops)
        frames = math.prod(len(c.stops) for c in self.controls)
        if frames > limit:
            largest = max(self.controls, key=lambda c: len(c.stops))
            others = frames // len(largest.stops)
            remedy = (f"give control {largest.name!r} at most {limit // others} stops instead of {len(largest.stops)}: "
                      f"stops={{{largest.name!r}: [...]}}" if limit // others >= 2
                      else "leave out a control, or give each fewer stops")
            raise ValueError(f"explore: {' x '.join(f'{len(c.stops)} ({c.name})' for c in self.controls)} = {frames} "
                             f"frames to store, and {limit} are the most{what}; {remedy}")

    def _set_named_stops(self, c: _Control, given) -> None:
        given = given.tolist() if isinstance(given, (np.ndarray, torch.Tensor)) else list(given)
        if not given:
            raise ValueError(f"explore: the stops of control {c.name!r} are empty; name two or more of its values")
        default = c.values[c.start]
        for value in given:
            if _find(c, value) is None:
                try:  # a value between a range's steps becomes one of its values
                    place = _place_of(c, value)
                except ValueError:
                    raise ValueError(f"explore: the stop {value!r} of control {c.name!r} is not among its values, "
                                     f"{c.texts[0]} to {c.texts[-1]}") from None
                c.start += place <= c.start
        places = sorted({_find(c, value) for value in given})
        if c.start not in places:
            raise ValueError(f"explore: the stops of control {c.name!r} leave out its default {default!r}, with which "
                             "the page opens; add it to the stops, or change the default")
        if len(places) < 2:
            raise ValueError(f"explore: the stops of control {c.name!r} are one value; name two or more")
        c.stops = places

    def settings(self) -> list[dict]:
        """The arguments of all stored frames, the last control fastest."""
        return self._product([[c.values[i] for i in c.stops] for c in self.controls])

    def corners(self) -> list[dict]:
        """The ends of all controls: where `draw` most likely fails, and a live reader gets to."""
        return self._product([[c.values[0], c.values[-1]] for c in self.controls])

    def _product(self, choices: list[list]) -> list[dict]:
        return [dict(zip([c.name for c in self.controls], chosen)) for chosen in itertools.product(*choices)]

    def first(self) -> dict:
        return {c.name: c.values[c.start] for c in self.controls}

    # -------- drawing

    def paint(self, setting: dict):
        """Call draw and give its figure. The caller closes it: see `_guarded`."""
        import matplotlib.pyplot as plt
        from matplotlib.figure import Figure

        from .plotting import subplots, use_style

        use_style()
        before = set(plt.get_fignums())
        arguments = dict(setting)
        if self.takes:
            fig, ax = subplots(size=self.size)
            if self.takes == "fig":
                ax.remove()
            arguments[self.takes] = ax if self.takes == "ax" else fig
        with mock.patch.object(plt, "show", lambda *_, **__: None):  # a habit that does no harm here
            result = self.draw(**arguments)
        made = [n for n in plt.get_fignums() if n not in before]
        if len(made) > 1:
            raise ValueError(f"{self.name} made {len(made)} figures; draw one, with several axes if need be"
                             + (f" (it is given one as {self.takes!r})" if self.takes else ""))
        fig = plt.figure(made[0]) if made else result if isinstance(result, Figure) else None
        if fig is None:
            raise ValueError(f"{self.name} left no figure: make one with subplots(), and call neither show() nor "
                             "plt.close(); explore shows it")
        if not _has_content(fig):
            raise ValueError(f"{self.name} drew nothing on its figure")
        return fig

    def at(self, setting: dict) -> str:
        return ", ".join(f"{name} = {value!r}" for name, value in setting.items())


def _thin(count: int, share: int, start: int) -> list[int]:
    """About `share` of `count` places, evenly, with both ends and `start` among them."""
    if count <= share:
        return list(range(count))
    places = {round(i * (count - 1) / (share - 1)) for i in range(share)}
    if start not in places:
        inner = [p for p in places if 0 < p < count - 1]
        if inner:
            places.remove(min(inner, key=lambda p: abs(p - start)))
        places.add(start)
    return sorted(places)


def _has_content(fig) -> bool:
    if fig.texts or fig.images or fig.lines or fig.patches:
        return True
    return any(ax.has_data() or ax.texts or ax.tables or ax.artists for ax in fig.axes) \
        or any(_has_content(part) for part in fig.subfigs)


@contextlib.contextmanager
def _undisturbed():
    """Drawing must not move the page's random streams: pages run the same in every mode."""
    state = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(state[0])
        np.random.set_state(state[1])
        torch.set_rng_state(state[2])


@contextlib.contextmanager
def _guarded(figure: _Figure, setting: dict, strict: bool = True):
    """Errors while a frame is drawn name the setting; where `strict`, so do warnings and prints.

    Leaves no figure open and the random streams where they were.
    """
    import matplotlib.pyplot as plt

    printed = io.StringIO()
    before = set(plt.get_fignums())
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(_undisturbed())
            if strict:
                stack.enter_context(contextlib.redirect_stdout(printed))
                stack.enter_context(warnings.catch_warnings())
                for category in (RuntimeWarning, UserWarning):
                    warnings.simplefilter("error", category)
            yield
    except Exception as error:
        raise ValueError(f"explore: {figure.name} failed at {figure.at(setting)}: "
                         f"{type(error).__name__}: {error}") from error
    finally:
        for n in set(plt.get_fignums()) - before:
            plt.close(n)
    if printed.getvalue().strip():
        raise ValueError(f"explore: {figure.name} printed {printed.getvalue().strip()[:60]!r} at "
                         f"{figure.at(setting)}; a stored figure cannot show it. Put it into the title.")


# ---------------------------------------------------------------- check


def _check(figure: _Figure) -> None:
    for setting in [figure.first(), *figure.corners()]:
        with _guarded(figure, setting):
            figure.paint(setting).draw_without_rendering()


# ---------------------------------------------------------------- stored


def _stored(figure: _Figure) -> None:
    began = time.process_time()
    text, frames = _stored_html(figure)
    size = _gzipped(text)
    _note_time(time.process_time() - began, frames, size)
    if size > MAX_BYTES:
        raise ValueError(f"explore: the stored figure of {figure.name} is {size // 1000} KB gzipped, and "
                         f"{MAX_BYTES // 1000} KB are the most. It has {frames} frames: "
                         f"name at most {max(2, frames * MAX_BYTES // size)} with stops=, or draw fewer points "
                         "or pixels in each, and imshow instead of meshes, surfaces and filled contours.")
    from IPython.display import display

    display({"text/html": text, "text/plain": f"Interactive figure: {figure.alt}"}, raw=True)


def _gzipped(text: str) -> int:
    return len(gzip.compress(text.encode(), 9, mtime=0))


def _note_time(seconds: float, frames: int, size: int) -> None:
    """Tell who runs the page how many CPU seconds drawing took, apart from the page's own."""
    path = os.environ.get("D2LUTIL_EXPLORE_TIMES")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps({"seconds": round(seconds, 3), "frames": frames, "bytes_gz": size}) + "\n")


def _stored_html(figure: _Figure) -> tuple[str, int]:
    """The figure as HTML that moves by itself, and the number of its frames."""
    first, shape = _svg(figure, figure.first())
    if "<image" in first:
        figure.set_stops(figure.named_stops, MAX_IMAGE_FRAMES, " for figures with images")
    settings = figure.settings()
    frames = []
    for setting in _progress(settings, figure.name):
        frame, its_shape = _svg(figure, setting)
        if its_shape != shape:
            raise ValueError(f"explore: {figure.name} makes a figure of {its_shape} inches at {figure.at(setting)} and "
                             f"of {shape} inches at first; give all frames one size")
        frames.append(frame)
    start = settings.index(figure.first())
    if frames[start] != first:
        raise ValueError(f"explore: {figure.name} drew two different figures at {figure.at(figure.first())}; "
                         "seed its random numbers inside, and let it keep nothing from one call to the next")
    data = _pack(frames)
    alt = html.escape(figure.alt)
    width, height = (round(72 * side) for side in shape)
    spec = {
        "id": hashlib.sha256((data + figure.alt).encode()).hexdigest()[:10],
        "alt": figure.alt,
        "controls": [{"kind": _widget_kind(c), "label": c.label, "texts": [c.texts[i] for i in c.stops],
                      "start": c.stops.index(c.start), "play": c.play} for c in figure.controls],
        "data": data,
    }
    code = json.dumps(spec, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")
    return (
        f'<div class="d2l-explore d2l-explore-{spec["id"]}{" d2l-photo" if figure.photo else ""} '
        'tex2jax_ignore mathjax_ignore">\n'
        f"<style>\n{_asset('explore.css')}</style>\n"
        f'<img class="d2l-first" style="max-width:100%;height:auto" width="{width}" height="{height}" alt="{alt}" '
        f'src="data:image/svg+xml;base64,{base64.b64encode(first.encode()).decode()}">\n'
        "<noscript>This figure has sliders where scripts may run: on the book's site, or in a trusted notebook."
        "</noscript>\n"
        f"<script>\n{_asset('explore.js').rstrip()}({code}, document.currentScript);\n</script>\n</div>"
    ), len(frames)


def _widget_kind(c: _Control) -> str:
    if c.kind != "choice":
        return c.kind
    return "choice" if len(c.stops) <= 4 and sum(len(c.texts[i]) for i in c.stops) <= 40 else "menu"


def _asset(name: str) -> str:
    """explore.js or explore.css, without comment lines and indentation."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "".join(line + "\n" for line in lines if line and not line.startswith("//"))


def _progress(settings, name):
    from tqdm import tqdm

    return tqdm(settings, desc=f"frames of {name}", leave=False, disable=None)  # only on a terminal


def _svg(figure: _Figure, setting: dict) -> tuple[str, tuple[float, float]]:
    """One frame as reduced SVG, and its size in inches."""
    import matplotlib

    options = {"svg.hashsalt": "d2lutil", "svg.fonttype": "path"}
    with _guarded(figure, setting):
        fig = figure.paint(setting)
        raw = io.StringIO()
        with matplotlib.rc_context(options):
            fig.savefig(raw, format="svg", metadata={"Date": None, "Creator": None})
        shape = tuple(round(float(side), 3) for side in fig.get_size_inches())
    return _reduce(raw.getvalue(), figure.photo), shape


_PATH = re.compile(r'(?<=\sd=")[^"]*(?=")')
_TRANSLATE = re.compile(r"translate\((-?[\d.]+) (-?[\d.]+)\)")
_ATTRIBUTE = re.compile(r'(?<=\s)(x|y)="(-?[\d.]+(?:e-?\d+)?)"')
_ID = re.compile(r'\sid="([^"]*)"')


def _reduce(svg: str, photo: bool) -> str:
    """matplotlib's SVG, smaller and one element a line; it looks the same."""
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = _PATH.sub(lambda m: _short_path(m[0]), svg)
    svg = _ATTRIBUTE.sub(lambda m: f'{m[1]}="{_digits(float(m[2]))}"', svg)
    # Never the numbers of scale(): rounded to 0 they would make all text vanish.
    svg = _TRANSLATE.sub(lambda m: f"translate({_digits(float(m[1]))} {_digits(float(m[2]))})", svg)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    svg = _ID.sub(lambda m: m[0] if m[1] in used else "", svg)
    svg = _small_images(svg, photo)
    return "\n".join(line for line in (line.strip() for line in svg.splitlines()) if line)


def _digits(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


_COMMANDS = {"M": 2, "L": 2, "Q": 4, "C": 6, "z": 0}


def _short_path(d: str) -> str:
    """The same path in hundredths of a point, with relative steps: less than half as long.

    Each step is the difference of rounded places, so that errors do not add up.
    """
    out, tokens = [], d.split()
    here = start = (0, 0)
    last, i = "", 0
    while i < len(tokens):
        command = tokens[i]
        count = _COMMANDS[command]
        places = [round(100 * float(t)) for t in tokens[i + 1:i + 1 + count]]
        i += 1 + count
        if command == "z":
            out.append("z")
            here, last = start, command
            continue
        same = command != "M" and command == last
        base = (0, 0) if command == "M" else here
        if not same:
            out.append(command if command == "M" else command.lower())
        for k, value in enumerate(places):
            text = _hundredths(value - base[k % 2])
            out.append(text if text[0] == "-" or out[-1][-1].isalpha() else " " + text)
        here, last = tuple(places[-2:]), command
        start = here if command == "M" else start
    return "".join(out)


def _hundredths(value: int) -> str:
    text = f"{value / 100:.2f}".rstrip("0").rstrip(".")
    return re.sub(r"^(-?)0\.", r"\1.", text) if text not in ("-0", "") else "0"


_IMAGE = re.compile(r'data:image/png;base64,([A-Za-z0-9+/=\s]+)')


def _small_images(svg: str, photo: bool) -> str:
    """Images inside a frame with a palette where 256 colours hold them, photographs as WebP."""
    return _IMAGE.sub(lambda m: _small_image(m[1], photo), svg)


def _small_image(text: str, photo: bool) -> str:
    from PIL import Image

    image = Image.open(io.BytesIO(base64.b64decode(text))).convert("RGBA")
    if image.width * image.height > 600 * 600:
        raise ValueError(f"an image of {image.width} x {image.height} pixels; show at most about 300 x 300")
    opaque = image.getextrema()[3][0] == 255
    plain = image.convert("RGB") if opaque else image
    colors = plain.getcolors(256)
    best = io.BytesIO()
    if colors is not None and opaque:
        palette = sorted(color for _, color in colors)
        place = {color: i for i, color in enumerate(palette)}
        small = Image.frombytes("P", image.size, bytes(place[p] for p in _pixels(plain)))
        small.putpalette([part for color in palette for part in color])
        small.save(best, format="PNG", optimize=True)
    elif opaque and not photo:
        plain.quantize(256, dither=Image.Dither.NONE).save(best, format="PNG", optimize=True)
    else:
        image.save(best, format="PNG", optimize=True)
    kind, data = "png", best.getvalue()
    if photo and opaque:
        lossy = io.BytesIO()
        plain.save(lossy, format="WEBP", quality=80, method=6)
        if len(lossy.getvalue()) < len(data):
            kind, data = "webp", lossy.getvalue()
    return f"data:image/{kind};base64," + base64.b64encode(data).decode()


def _pixels(image):
    data = image.tobytes()
    return zip(data[0::3], data[1::3], data[2::3])


def _pack(frames: list[str]) -> str:
    """All frames in one text: their distinct lines, then each frame as the numbers of its lines."""
    numbers_of: dict[str, int] = {}
    orders = []
    for frame in frames:
        orders.append(" ".join(str(numbers_of.setdefault(line, len(numbers_of))) for line in frame.split("\n")))
    text = "\n".join(numbers_of) + "\n\n" + "\n".join(orders)
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


# ---------------------------------------------------------------- live


def _live(figure: _Figure) -> None:
    with _guarded(figure, figure.first(), strict=False):  # an error of the first frame is the call's
        first = _live_image(figure, figure.first())
    from IPython import get_ipython
    from IPython.display import display

    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return  # a plain script: nobody could move anything
    try:
        import ipywidgets as widgets
    except ImportError as error:
        raise ImportError("explore: sliders in a live notebook need ipywidgets; install it with "
                          "`pip install ipywidgets` and restart the kernel") from error
    display(_panel(figure, widgets, first))


def _panel(figure: _Figure, widgets, first: str):
    """The controls above the picture, connected."""
    picture = widgets.HTML(value=first)
    inputs, bar = [], []
    for c in figure.controls:
        widget = c.widget or _live_control(c, widgets)
        inputs.append(widget)
        bar.append(widget)
        if c.play and hasattr(widget, "index"):
            n = len(c.values)
            button = widgets.Play(value=c.start, min=0, max=n - 1, step=max(1, n // 60),
                                  interval=int(max(120, min(700, 6000 / n))), show_repeat=False)
            widgets.jslink((button, "value"), (widget, "index"))
            bar.append(button)
    reset = widgets.Button(description="Reset", layout=widgets.Layout(width="auto"))
    bar.append(reset)
    drawn = [figure.first()]

    def redraw(_=None):
        setting = {c.name: widget.value for c, widget in zip(figure.controls, inputs)}
        if setting == drawn[0]:
            return
        drawn[0] = setting
        picture.value = _live_picture(figure, setting)

    def back(_):
        for c, widget in zip(figure.controls, inputs):
            widget.value = c.values[c.start]

    for widget in inputs:
        widget.observe(redraw, "value")
    reset.on_click(back)
    flow = widgets.Layout(display="flex", flex_flow="row wrap", align_items="center")
    return widgets.VBox([widgets.Box(bar, layout=flow), picture])


def _live_control(c: _Control, widgets):
    style = {"description_width": "initial"}
    if c.kind == "check":
        return widgets.Checkbox(value=bool(c.start), description=c.label, indent=False,
                                layout=widgets.Layout(width="auto"))
    options = list(zip(c.texts, c.values))
    value = c.values[c.start]
    if c.kind == "slider":
        return widgets.SelectionSlider(options=options, value=value, description=c.label, style=style,
                                       layout=widgets.Layout(width="24em", max_width="100%"))
    few = len(options) <= 4 and sum(map(len, c.texts)) <= 40
    kind = widgets.ToggleButtons if few else widgets.Dropdown
    return kind(options=options, value=value, description=c.label, style=style)


def _live_picture(figure: _Figure, setting: dict) -> str:
    """The picture at a setting; if draw fails, what failed, until the next move."""
    try:
        with _guarded(figure, setting, strict=False):
            return _live_image(figure, setting)
    except ValueError as error:
        return f'<pre role="alert" style="color:#c0392b;white-space:pre-wrap">{html.escape(str(error))}</pre>'


def _live_image(figure: _Figure, setting: dict) -> str:
    fig = figure.paint(setting)
    raw = io.BytesIO()
    fig.savefig(raw, format="png", dpi=144, pil_kwargs={"compress_level": 1})
    alt = f"{figure.alt} ({', '.join(f'{figure.control(n).label}: {_short_text(v)}' for n, v in setting.items())})"
    return (f'<div class="d2l-explore{" d2l-photo" if figure.photo else ""}"><style>{_asset("explore.css")}</style>'
            f'<img alt="{html.escape(alt)}" width="{_width(fig)}" '
            f'src="data:image/png;base64,{base64.b64encode(raw.getvalue()).decode()}"></div>')


def _short_text(value) -> str:
    return _short(value) if _is_number(value) else str(value)


def _width(fig) -> int:
    """Pixels of the page: 72 an inch, as `show` has it."""
    return round(72 * float(fig.get_size_inches()[0]))
