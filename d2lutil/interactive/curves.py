"""The curves that `overlay` shows, as their author describes them, checked at the call."""

from __future__ import annotations

import inspect

import numpy as np
import torch

from ..style import COLORS
from .controls import Control, is_number, make_control, place_of, readable

MOST = 24
WIDTH = 2  # of a line, in points
#: How curves are dashed, in widths of the line, and what comes next to that in CSS.
DASHES = {"solid": (), "dashed": (4, 1.5), "dotted": (1, 1.5)}


class Curve:
    """A function, the controls of its parameters and the numbers that stand still."""

    def __init__(self, name: str, given, defaults: dict):
        self.name = name
        if not (isinstance(given, tuple) and len(given) == 2 and callable(given[0])):
            raise TypeError(
                f"overlay: {name!r} must be (function, parameters), got {given!r}"
            )
        self.function, parameters = given
        takes = list(inspect.signature(self.function).parameters.values())[1:]
        names = [p.name for p in takes]
        required = {p.name for p in takes if p.default is p.empty}
        for where, what in ((parameters, "parameters"), (defaults, "defaults")):
            for unknown in [n for n in where if n not in names]:
                raise ValueError(
                    f"overlay: {what} of {name!r} name {unknown!r}, which its function "
                    f"does not take; it takes {', '.join(names) or 'x alone'}"
                )
        for missing in sorted(required - {*parameters}):
            raise ValueError(
                f"overlay: {name!r} needs a range or a number for {missing!r}"
            )
        self.parts: dict[str, Control | float] = {}
        for p in takes:
            value, start = parameters.get(p.name, p.default), defaults.get(p.name)
            if is_number(value):
                self.parts[p.name] = value
            else:
                start = p.default if start is None else start
                self.parts[p.name] = self._control(p.name, value, start)

    def _control(self, name: str, given, start) -> Control:
        control = make_control(name, given)
        if control.kind != "slider":
            raise TypeError(
                f"overlay: parameter {name!r} of {self.name!r} is {given!r}; give a "
                "range (start, stop, step), a list of numbers or a number"
            )
        if start is not inspect.Parameter.empty:
            control.start = place_of(control, start)
        return control

    @property
    def controls(self) -> list[Control]:
        return [part for part in self.parts.values() if isinstance(part, Control)]

    def first(self) -> dict[str, float]:
        """The parameters with which the page opens."""
        return {
            name: part.values[part.start] if isinstance(part, Control) else part
            for name, part in self.parts.items()
        }


class Overlay:
    """The curves, checked at the call: what all modes share."""

    def __init__(self, functions, x, shown, ylim, alt, caption, defaults):
        if not 1 <= len(functions) <= MOST:
            raise ValueError(
                f"overlay: {len(functions)} curves; give 1 to {MOST}, by name"
            )
        for what, names in (("shown", shown), ("defaults", defaults)):
            for unknown in [n for n in names if n not in functions]:
                raise ValueError(
                    f"overlay: {what} names {unknown!r}, which is no curve; "
                    f"the curves are {', '.join(functions)}"
                )
        for what, text in (("alt", alt), ("caption", caption)):
            if not isinstance(text, str) or len(text.split()) < 4:
                raise ValueError(f"overlay: {what} must be a sentence, got {text!r}")
        self.curves = [
            Curve(name, given, defaults.get(name, {}))
            for name, given in functions.items()
        ]
        self.shown, self.ylim, self.alt = list(shown), ylim, " ".join(alt.split())
        self.caption = " ".join(caption.split())
        self.x = torch.tensor(make_control("x", x).values, dtype=torch.float64)
        for curve in self.curves:
            self.values(curve, curve.first())

    def style(self, labels, xlabel, ylabel, figsize):
        """What readers see beside controls and axes, and each curve's line."""
        self.xlabel, self.ylabel, self.figsize = xlabel, ylabel, figsize
        for i, curve in enumerate(self.curves):
            curve.color = COLORS[i % len(COLORS)]
            curve.look = list(DASHES)[i // len(COLORS) % len(DASHES)]
            for control in curve.controls:
                control.label = labels.get(control.name) or readable(control.name)

    def first(self) -> dict[str, dict]:
        """The curves that show at first, with their parameters."""
        return {c.name: c.first() for c in self.curves if c.name in self.shown}

    def values(self, curve: Curve, parameters: dict) -> np.ndarray:
        """The curve's heights (n,) at x."""
        values = torch.as_tensor(curve.function(self.x, **parameters)).detach()
        finite = int(torch.isfinite(values).sum())
        if values.shape != self.x.shape or finite < len(values):
            raise ValueError(
                f"overlay: {curve.name!r} at {parameters} gives shape "
                f"{tuple(values.shape)} with {finite} finite numbers; it must give one "
                f"for each of the {len(self.x)} x"
            )
        return values.numpy()

    def picture(self, setting: dict[str, dict], legend: bool = True):
        """These curves with their parameters, as a matplotlib figure (closed)."""
        import matplotlib.pyplot as plt

        from ..plotting import book_style

        with book_style():
            fig, ax = plt.subplots(figsize=self.figsize)
            for curve in [c for c in self.curves if c.name in setting]:
                y = self.values(curve, setting[curve.name])
                style = (0, DASHES[curve.look]) if DASHES[curve.look] else "-"
                look = {"linestyle": style, "color": curve.color, "linewidth": WIDTH}
                ax.plot(self.x.numpy(), y, label=curve.name, **look)
            ax.set(xlim=(float(self.x[0]), float(self.x[-1])), ylim=self.ylim)
            ax.set(xlabel=self.xlabel, ylabel=self.ylabel)
            if setting and legend:
                ax.legend()
            fig.draw_without_rendering()
            plt.close(fig)
        return fig
