"""An interactive figure as its author describes it, checked at the call."""

from __future__ import annotations

import functools
import inspect
import math
import re

from . import stops
from .ask import read_ask
from .controls import Control, is_number, make_control, place_of, readable

MAX_CONTROLS = 3

#: What `explore` takes beside controls; no parameter of a control has such a name.
OPTIONS = {
    **dict.fromkeys(("defaults", "labels", "stops", "square", "pad", "play", "fps")),
    **dict.fromkeys(("ask", "caption", "figsize")),
    "photo": False,
    "smooth": False,
}


class Figure:
    """`draw` with its controls and options: what all modes share. See `explore`."""

    def __init__(self, draw, controls: dict, **options):
        options = {**OPTIONS, **options}
        if not callable(draw):
            raise TypeError(
                "explore: the first argument must be a function that draws, "
                f"got {type(draw).__name__}"
            )
        self.draw = draw
        own = draw
        while isinstance(own, functools.partial):  # its docstring is not the author's
            own = own.func
        self.name = getattr(own, "__name__", "draw")
        self.alt = self._read_alt(own)
        self.takes = None  # ax or fig, where draw is given one
        parameters = self._read_parameters()
        self._look_at_names(controls, options, parameters)
        self.controls = [make_control(name, given) for name, given in controls.items()]
        self.photo, self.smooth = bool(options["photo"]), bool(options["smooth"])
        self.figsize = options["figsize"]
        self.ask = read_ask(options["ask"])
        self.caption = self._read_caption(options["caption"])
        self._set_starts(parameters, options["defaults"] or {})
        self._set_labels(options["labels"] or {})
        self._set_square(options["square"], options["pad"])
        self._set_stops(options["stops"] or {})
        self._set_play(options["play"], options["fps"])

    def control(self, name: str) -> Control:
        return next(c for c in self.controls if c.name == name)

    def first(self) -> dict:
        """The setting with which the page opens."""
        return stops.first(self.controls)

    def at(self, setting: dict) -> str:
        return ", ".join(f"{name} = {value!r}" for name, value in setting.items())

    def _read_alt(self, own) -> str:
        doc = inspect.cleandoc(getattr(own, "__doc__", None) or "")
        alt = " ".join(re.split(r"\n\s*\n", doc)[0].split())
        if len(alt.split()) < 4:
            hint = " Write it with def instead of lambda."
            raise ValueError(
                f"explore: {self.name} needs a docstring that says what the figure "
                "shows, in four words or more, for readers who cannot see it; "
                f"got {alt!r}.{hint if self.name == '<lambda>' else ''}"
            )
        return alt

    def _read_parameters(self) -> dict[str, inspect.Parameter]:
        """draw's own parameters, without the figure or axes that it is given."""
        parameters = {}
        for name, p in inspect.signature(self.draw).parameters.items():
            if p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL):
                continue
            if name in ("ax", "fig") and p.default in (p.empty, None):
                self.takes = name
            elif p.kind is p.POSITIONAL_ONLY:
                raise TypeError(
                    f"explore: {self.name}'s parameter {name!r} is positional only; "
                    "leave the '/' out"
                )
            else:
                parameters[name] = p
        return parameters

    def _look_at_names(self, controls, options, parameters) -> None:
        for name, value in options.items():
            if name in parameters and value is not None and value is not False:
                raise ValueError(
                    f"explore: {name!r} is an option of explore, so that {self.name}'s "
                    f"parameter of this name cannot be a control; rename the parameter"
                )
        if not controls:
            free = [name for name in parameters if name not in options]
            raise ValueError(
                f"explore: no control given; name one to three of {self.name}'s "
                f"parameters ({', '.join(free)}), for example "
                f"{next(iter(free), 'beta')}=(0, 1, 0.1)"
            )
        if len(controls) > MAX_CONTROLS:
            raise ValueError(
                f"explore: {len(controls)} controls ({', '.join(controls)}); three are "
                "the most that a reader can follow. Fix one as a default of the "
                "function, or make two figures."
            )
        for name in controls:
            if name not in parameters:
                raise TypeError(
                    f"explore: control {name!r} is not a parameter of {self.name}, "
                    f"which has {', '.join(parameters) or 'none'}; "
                    "rename one of the two"
                )
        for name, parameter in parameters.items():
            if name not in controls and parameter.default is parameter.empty:
                raise TypeError(
                    f"explore: {self.name}'s parameter {name!r} has neither a control "
                    f"nor a default value; give explore {name}=(start, stop, step), "
                    f"or write {name}=... in the signature"
                )

    def _read_caption(self, caption) -> str:
        if caption is None:
            return ""
        if not isinstance(caption, str) or not caption.strip():
            raise ValueError(
                "explore: caption must be a sentence that says what to see, "
                f"got {caption!r}"
            )
        return " ".join(caption.split())

    def _known(self, what: str, names) -> None:
        controls = [c.name for c in self.controls]
        for name in names:
            if name not in controls:
                raise ValueError(
                    f"explore: {what} names {name!r}, which is no control; "
                    f"the controls are {', '.join(controls)}"
                )

    def _set_starts(self, parameters, defaults: dict) -> None:
        self._known("defaults", defaults)
        for c in self.controls:
            own = parameters[c.name].default
            if c.name in defaults:
                c.start = place_of(c, defaults[c.name])
            elif own is not inspect.Parameter.empty:
                if c.kind == "check" and bool(own) != bool(c.start):
                    raise ValueError(
                        f"explore: control {c.name!r} is {bool(c.start)} and "
                        f"{self.name}'s default is {own!r}; make the two agree"
                    )
                c.start = place_of(c, own)

    def _set_labels(self, labels: dict) -> None:
        self._known("labels", labels)
        for c in self.controls:
            c.label = str(labels.get(c.name, "")).strip() or readable(c.name)

    def _set_square(self, square, pad) -> None:
        self.square, self.pad, self.pad_url = (), pad, None
        if square is None:
            if pad is not None:
                raise ValueError("explore: pad is what a square shows; give square=")
            return
        names = tuple(square) if isinstance(square, (tuple, list)) else ()
        if len(names) != 2 or names[0] == names[1]:
            raise ValueError(
                f"explore: square is {square!r}; name two controls, across and up: "
                "square=('z1', 'z2')"
            )
        self._known("square", names)
        self.square = tuple(self.control(name) for name in names)
        for c in self.square:
            self._needs_slider(f"square={names!r}", c)
        if pad is not None and not callable(pad):
            raise TypeError(
                "explore: pad must be a function of axes that draws what the square "
                f"shows behind its point, got {type(pad).__name__}"
            )

    def _needs_slider(self, what: str, control: Control) -> None:
        if control.kind != "slider":
            raise ValueError(
                f"explore: {what} must name controls with numbers, and "
                f"{control.name!r} has none; give it a range or a list of numbers"
            )

    def _set_stops(self, named: dict) -> None:
        self._known("stops", named)
        self.keep = {}  # the ranges that may be thinned, and the fewest stops of each
        for i, c in enumerate(self.controls):
            c.stops = list(range(len(c.values)))
            if c.name in named:
                stops.name_stops(c, named[c.name])
            elif c.is_range:
                least = stops.KEEP_MAIN if i == 0 else stops.KEEP
                self.keep[c.name] = stops.KEEP_SQUARE if c in self.square else least

    def _set_play(self, play, fps) -> None:
        self.play, self.fps = None, fps
        if play is not None:
            self._known("play", [play])
            self._needs_slider(f"play={play!r}", self.control(play))
            self.play = self.control(play)
        if fps is None:
            return
        if self.play is None:
            raise ValueError("explore: fps is how fast a figure plays; give play=")
        if not (is_number(fps) and math.isfinite(fps) and fps > 0):
            raise ValueError(f"explore: fps must be a positive number, got {fps!r}")

    def times(self, places: list[int]) -> list[float]:
        """When the play control's values at these places are shown, in seconds."""
        if self.fps is None:
            interval = min(0.7, max(0.05, 6 / len(places)))
            return [round(i * interval, 4) for i in range(len(places))]
        values, a_second = self.play.values, (self.play.unit or 1) * self.fps
        start = values[places[0]]
        return [round(abs(values[i] - start) / a_second, 4) for i in places]
