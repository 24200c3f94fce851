"""The controls of an interactive figure: their values, and how a reader reads them."""

from __future__ import annotations

import math
import numbers
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import torch


def log_range(start: float, stop: float, per_decade: int = 3) -> list[float]:
    """Numbers from `start` to `stop` in equal ratios, `per_decade` a factor of 10.

    They are rounded to three digits. Use it as a control of `explore`.

    >>> log_range(0.01, 1, per_decade=2)
    [0.01, 0.0316, 0.1, 0.316, 1.0]

    Raises
    ------
    ValueError
        if `start` and `stop` are not positive, or equal, or `per_decade` is below 1.
    """
    finite = math.isfinite(start) and math.isfinite(stop)
    if not (start > 0 and stop > 0 and start != stop and finite):
        raise ValueError(
            f"log_range: start and stop must be positive and differ, "
            f"got {start} and {stop}"
        )
    if int(per_decade) != per_decade or per_decade < 1:
        raise ValueError(
            "log_range: per_decade must be a whole number of at least 1, "
            f"got {per_decade}"
        )
    decades = math.log10(stop / start)
    n = round(abs(decades) * per_decade)
    if not math.isclose(n, abs(decades) * per_decade, abs_tol=1e-9):
        n = math.ceil(abs(decades) * per_decade)
    return [float(f"{start * 10 ** (decades * i / n):.3g}") for i in range(n + 1)]


@dataclass
class Control:
    """One control: its values, how they read, where it stands, which are stored."""

    name: str
    kind: str  # slider, choice (of words) or check
    values: list
    texts: list[str]
    start: int = 0  # its place in `values` at first
    label: str = ""
    unit: float | None = None  # the step of a range, whose stops may be thinned
    stops: list[int] = field(default_factory=list)  # places in `values`

    @property
    def is_range(self) -> bool:
        return self.unit is not None

    @property
    def is_short(self) -> bool:
        """Whether its words have room beside each other."""
        return len(self.texts) <= 4 and sum(map(len, self.texts)) <= 40


def make_control(name: str, given) -> Control:
    """The control that an author means by a range, a list, True or False."""
    if isinstance(given, (bool, np.bool_)):
        return Control(name, "check", [False, True], ["no", "yes"], start=int(given))
    if isinstance(given, (torch.Tensor, np.ndarray)):
        if given.ndim != 1:
            raise ValueError(
                f"explore: control {name!r} has shape {tuple(given.shape)}; "
                "give a list of numbers"
            )
        given = given.tolist()
    if isinstance(given, range):
        given = list(given)
    if isinstance(given, tuple) and any(is_number(v) for v in given):
        return _of_range(name, given)
    if isinstance(given, (list, tuple)):
        return _of_list(name, list(given))
    raise TypeError(
        f"explore: control {name!r} is {given!r}; give a range (start, stop, step), "
        "a list of numbers or words, True or False"
    )


def is_number(value) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))


def _plain(value):
    """A number of NumPy or torch as Python's own: `draw` gets plain arguments."""
    if isinstance(value, np.generic) or (
        isinstance(value, torch.Tensor) and value.ndim == 0
    ):
        return value.item()
    return value


def _of_range(name, given) -> Control:
    shown = f"explore: control {name!r} is {given!r}"
    if len(given) != 3 or not all(is_number(v) for v in given):
        raise ValueError(
            f"{shown}; a range is (start, stop, step), three numbers. "
            f"For separate values give a list: {list(given)!r}"
        )
    start, stop, step = (_plain(v) for v in given)
    if not all(math.isfinite(v) for v in (start, stop, step)):
        raise ValueError(f"{shown}; start, stop and step must be finite")
    if step == 0:
        raise ValueError(
            f"{shown}, and its step is zero; "
            f"give a positive step, such as {abs(stop - start) / 10:g}"
        )
    if start == stop:
        raise ValueError(
            f"{shown}, which is one value; give a stop that differs from start, "
            "or leave the control out"
        )
    if (stop - start) * step < 0:
        raise ValueError(
            f"{shown}, and its step leads away from stop; use {(start, stop, -step)!r}"
        )
    count = int((stop - start) / step + 1e-9) + 1
    if count > 10_000:
        raise ValueError(f"{shown}, which is {count} values; take a larger step")
    if count < 2:
        raise ValueError(
            f"{shown}, and its step is larger than the range, "
            "which leaves one value; take a smaller step"
        )
    if all(isinstance(v, numbers.Integral) for v in (start, stop, step)):
        values = [start + i * step for i in range(count)]
        texts = [str(v) for v in values]
    else:
        values = [float(f"{start + i * step:.12g}") + 0.0 for i in range(count)]
        places = max(0, _decimals(start), _decimals(step))
        texts = [f"{v:.{places}f}" if places <= 8 else f"{v:g}" for v in values]
    return Control(name, "slider", values, _with_minus(texts), unit=abs(step))


def _decimals(value) -> int:
    return -Decimal(repr(float(value))).normalize().as_tuple().exponent


def _of_list(name, given) -> Control:
    shown = f"explore: control {name!r} is {given!r}"
    values = [_plain(v) for v in given]
    if not values:
        raise ValueError(f"{shown}, without values; give two or more")
    if len(values) == 1:
        raise ValueError(
            f"{shown}, which is one value; give two or more, or leave the control out"
        )
    if all(isinstance(v, str) for v in values):
        kind, texts = "choice", list(values)
    elif all(is_number(v) for v in values):
        if not all(math.isfinite(v) for v in values):
            raise ValueError(f"{shown}; its values must be finite")
        kind, texts = "slider", [short(v) for v in values]
    elif all(isinstance(v, bool) for v in values):
        return make_control(name, values[0])
    else:
        raise TypeError(f"{shown}; its values must be all numbers or all words")
    if len(set(values)) < len(values) or len(set(texts)) < len(texts):
        raise ValueError(f"{shown}; a value stands in it twice")
    return Control(name, kind, values, texts)


def short(value) -> str:
    """A value as readers see it."""
    if not is_number(value):
        return str(value)
    text = str(value) if isinstance(value, numbers.Integral) else f"{value:.6g}"
    return _with_minus([text])[0]


def _with_minus(texts: list[str]) -> list[str]:
    return ["−" + text[1:] if text.startswith("-") else text for text in texts]


def readable(name: str) -> str:
    """A parameter's name as a label: ``show_gate`` is "show gate", ``beta`` is "β"."""
    return " ".join(_greek(word) for word in name.strip("_").split("_")) or name


def _greek(word: str) -> str:
    if not word.islower():
        return word
    try:  # Unicode spells it lamda
        return unicodedata.lookup(
            "GREEK SMALL LETTER " + ("LAMDA" if word == "lambda" else word)
        )
    except KeyError:
        return word


def find(control: Control, value) -> int | None:
    """The place of a value among a control's values, if it is one."""
    value = _plain(value)
    return next((i for i, v in enumerate(control.values) if _same(v, value)), None)


def _same(a, b) -> bool:
    if is_number(a) and is_number(b):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    return a is b or (type(a) is type(b) and a == b)


def place_of(control: Control, value) -> int:
    """Where a default stands. A range takes one in between its steps too."""
    value = _plain(value)
    place = find(control, value)
    if place is not None:
        return place
    where = f"explore: the default of control {control.name!r} is {value!r}"
    if not (control.is_range and is_number(value)):
        raise ValueError(
            f"{where}, which is not one of its values {', '.join(control.texts)}; "
            "change the default in draw's signature, or the values"
        )
    low, high = min(control.values), max(control.values)
    if not low <= value <= high:
        raise ValueError(
            f"{where}, outside its range {short(low)} to {short(high)}; "
            "change the default in draw's signature, or the range"
        )
    rises = control.values[0] < control.values[-1]
    place = sum((v < value) if rises else (v > value) for v in control.values)
    control.values.insert(place, value)
    control.texts.insert(place, short(value))
    return place
