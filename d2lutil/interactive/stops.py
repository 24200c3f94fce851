"""Which settings of the controls a stored page holds."""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch

from .controls import Control, find, place_of

#: Thinning leaves a range this many stops: the first control, one of a square, others.
KEEP_MAIN, KEEP_SQUARE, KEEP = 20, 15, 3


def name_stops(control: Control, given) -> None:
    """Store these values of a control, which an author has named."""
    what = f"the stops of control {control.name!r}"
    if isinstance(given, (np.ndarray, torch.Tensor)):
        given = given.tolist()
    given = list(given)
    if not given:
        raise ValueError(f"explore: {what} are empty; name two or more of its values")
    default = control.values[control.start]
    for value in given:
        if find(control, value) is None:
            try:  # a value between a range's steps becomes one of its values
                place = place_of(control, value)
            except ValueError:
                raise ValueError(
                    f"explore: the stop {value!r} of control {control.name!r} is not "
                    f"among its values, {control.texts[0]} to {control.texts[-1]}"
                ) from None
            control.start += place <= control.start
    places = sorted({find(control, value) for value in given})
    if control.start not in places:
        raise ValueError(
            f"explore: {what} leave out its default {default!r}, with which the page "
            "opens; add it to the stops, or change the default"
        )
    if len(places) < 2:
        raise ValueError(f"explore: {what} are one value; name two or more")
    control.stops = places


def count(controls: list[Control]) -> int:
    return math.prod(len(c.stops) for c in controls)


def counts(controls: list[Control]) -> str:
    return " x ".join(f"{len(c.stops)} ({c.name})" for c in controls)


def every(control: Control, stride: int) -> list[int]:
    """Every stride-th place, with both ends and the default among them."""
    n = len(control.values)
    return sorted({*range(0, n, stride), n - 1, control.start})


def thin(controls: list[Control], keep: dict[str, int], most: int) -> bool:
    """Thin ranges evenly until there are at most `most` frames, if that is possible.

    `keep` names the ranges that may be thinned and the fewest stops of each. The one
    with the most stops is thinned first. Gives whether it was possible.
    """
    free = [c for c in controls if c.name in keep]
    strides = dict.fromkeys(keep, 1)
    for c in free:
        c.stops = every(c, 1)
    while count(controls) > most:
        for c in sorted(free, key=lambda c: -len(c.stops)):
            fewer = every(c, strides[c.name] + 1)
            if min(keep[c.name], len(c.values)) <= len(fewer) < len(c.values):
                strides[c.name] += 1
                c.stops = fewer
                break
        else:
            return False
    return True


def settings(controls: list[Control]) -> list[dict]:
    """The arguments of all stored frames, the last control fastest."""
    return _product(controls, [[c.values[i] for i in c.stops] for c in controls])


def corners(controls: list[Control]) -> list[dict]:
    """The ends of all controls: where `draw` most likely fails."""
    return _product(controls, [[c.values[0], c.values[-1]] for c in controls])


def first(controls: list[Control]) -> dict:
    """The setting with which the page opens."""
    return {c.name: c.values[c.start] for c in controls}


def sample(controls: list[Control], n: int) -> list[dict]:
    """About `n` of the stored settings, spread over all of them."""
    total = count(controls)
    chosen = []
    for at in sorted({round(i * (total - 1) / (n - 1)) for i in range(n)}):
        setting = {}
        for c in reversed(controls):
            at, k = divmod(at, len(c.stops))
            setting[c.name] = c.values[c.stops[k]]
        chosen.append({c.name: setting[c.name] for c in controls})
    return chosen


def _product(controls, choices: list[list]) -> list[dict]:
    names = [c.name for c in controls]
    return [dict(zip(names, chosen)) for chosen in itertools.product(*choices)]
