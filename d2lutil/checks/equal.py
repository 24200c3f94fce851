"""`verify`: quantities that were computed in different ways are equal."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from .line import (
    VerificationError,
    report,
    require_equation_name,
    require_tolerance,
)
from .sides import EXACT_IN_FLOAT, number, pairs, place, refuse_same_memory

# Words that someone would write for an option; as names of sides they would silently
# become things to compare.
NOT_SIDES = {
    "tol", "tolerance", "abs", "rel", "abs_tol", "rel_tol", "abstol", "reltol", "eps",
    "epsilon", "delta", "decimal", "decimals", "places", "msg", "message", "equal_nan",
    "check_dtype", "exact", "strict", "k", "se", "by", "tight", "at_least", "unlike",
}  # fmt: skip


def verify(
    name: str,
    /,
    *,
    atol: float = 1e-12,
    rtol: float = 0.0,
    same_dtype: bool = True,
    **sides,
) -> None:
    """Check that quantities computed in different ways are equal.

    Parameters
    ----------
    name : str
        The equation's name as in its ``\\tag{name}``: letters, digits, spaces, hyphens.
    atol, rtol : float
        Entry by entry, ``|side - first| <= atol + rtol * |first|``. `rtol` is below 1.
    same_dtype : bool
        Whether arrays and tensors must have one dtype. Python numbers match any.
    **sides
        Two or more sides, ``formula=…, torch=…``, each compared with the first. A side
        is a number, an array, a tensor (any device, detached), or a list, tuple or dict
        of these, compared part by part. A list meets an array of its shape. Shapes must
        be equal. Integers of any size and fractions are compared exactly. NaN and
        infinity count as equal where both sides have the same one at the same place.

    Prints
    ------
    ``✓ name | formula = torch | atol 1e-12``

    Raises
    ------
    VerificationError
        if the sides differ, with the worst entry, its index and the sizes.
    ValueError, TypeError
        if there is nothing to compare, a name or a keyword is wrong, or shapes, dtypes
        or structures do not match; and if the check could not fail: both sides are the
        same memory, all entries are NaN, or all lie within the tolerance of zero, so
        that a dropped factor would pass. Where zero is what the equation says, let the
        name or a side say so: ``gradient=…, zero=torch.zeros(3)``. One side of exact
        zeros against numbers that only come near it says so, too.

    Examples
    --------
    >>> verify("Square of a sum", formula=(1 + 2) ** 2, expanded=1 + 2 * 2 + 4, atol=0)
    ✓ Square of a sum | formula = expanded | atol 0
    """
    require_equation_name(name)
    require_tolerance(name, "atol", atol)
    require_tolerance(name, "rtol", rtol, below=1)
    for side in sides:
        if side in NOT_SIDES:
            raise TypeError(
                f"verify({name!r}): {side!r} is not an option, and no name for a side. "
                "The options are atol, rtol and same_dtype; every other keyword is a "
                "side."
            )
    if len(sides) < 2:
        raise ValueError(
            f"verify({name!r}) needs two or more sides to compare, got "
            f"{len(sides)}: {', '.join(sides) or 'none'}. "
            "Write verify(name, formula=..., torch=...)."
        )
    first, *others = sides
    shown = {side: [] for side in sides}  # their parts
    for other in others:
        for label_a, a, label_b, b in pairs(
            name, first, sides[first], other, sides[other]
        ):
            _compare(name, label_a, a, label_b, b, atol, rtol, same_dtype)
            shown[first].append(a.values)
            shown[other].append(b.values)
    _refuse_nothing_shown(name, shown, atol, rtol)
    tolerance = f"atol {atol:g}" + (f", rtol {rtol:g}" if rtol else "")
    report(name, " = ".join(_words(s) for s in sides), tolerance)


def _compare(name, label_a, a, label_b, b, atol, rtol, same_dtype) -> None:
    x, y = a.values, b.values
    if x.shape != y.shape:
        raise ValueError(
            f"{name}: {label_a} has shape {x.shape} and {label_b} has shape {y.shape}; "
            "shapes must be equal"
        )
    if same_dtype and a.dtype and b.dtype and a.dtype != b.dtype:
        raise TypeError(
            f"{name}: {label_a} is {a.dtype} and {label_b} is {b.dtype}; convert one, "
            "or pass same_dtype=False if the difference is meant"
        )
    refuse_same_memory(name, label_a, a, label_b, b)
    close, difference = _close(x, y, atol, rtol)
    if close.all():
        return
    badness = np.where(close, -1.0, np.nan_to_num(difference, nan=np.inf))
    worst, where = place(np.argmax(badness), x.shape)
    raise VerificationError(
        f"{name}: {label_a} and {label_b} differ in "
        f"{int((~close).sum())} of {x.size} entries\n"
        f"  worst at {where}: {label_a} = {number(x[worst])}, "
        f"{label_b} = {number(y[worst])}\n"
        f"  difference {difference[worst]:.3g}, allowed {atol:g}"
        + (f" + {rtol:g} * |{label_a}|" if rtol else "")
        + f"\n  largest |{label_a}| {_largest(x)}, largest |{label_b}| {_largest(y)}, "
        f"shape {x.shape}"
    )


def _close(x, y, atol, rtol) -> tuple[np.ndarray, np.ndarray]:
    """Where two arrays of one shape are close, and by how much they differ."""
    exact = x.dtype.kind in "biu" and y.dtype.kind in "biu"
    if "O" in (x.dtype.kind, y.dtype.kind) or (not exact and _large(x, y)):
        entries = zip(x.flat, y.flat, strict=True)
        both = np.array([_close_exactly(a, b, atol, rtol) for a, b in entries])
        close, difference = both.T.reshape(2, *x.shape)
        return close.astype(bool), difference
    with np.errstate(invalid="ignore", over="ignore"):
        same = (x == y) | ((x != x) & (y != y))
        apart = np.abs(x.astype(complex) - y.astype(complex))
        difference = np.where(same, 0.0, apart)
        if exact and atol < 1 and rtol == 0:
            return x == y, difference  # any integers, without a detour over float64
        close = same | (difference <= atol + rtol * np.abs(x))
    return close & (same | (np.isfinite(x) & np.isfinite(y))), difference


def _large(x, y) -> bool:
    """Whether one is of integers that float64 would round, and neither is complex."""
    return not {x.dtype.kind, y.dtype.kind} & {"c"} and any(
        z.dtype.kind in "iu" and np.abs(z.astype(float)).max() >= EXACT_IN_FLOAT
        for z in (x, y)
    )


def _close_exactly(x, y, atol, rtol) -> tuple[bool, float]:
    """The same for two real numbers, in fractions."""
    x, y = (z.item() if isinstance(z, np.generic) else z for z in (x, y))
    if isinstance(x, complex) or isinstance(y, complex):
        x, y = complex(x), complex(y)
        return abs(x - y) <= atol + rtol * abs(x), abs(x - y)
    if not all(not isinstance(z, float) or math.isfinite(z) for z in (x, y)):
        same = x == y or (x != x and y != y)
        return same, 0.0 if same else math.inf
    x, y = Fraction(x), Fraction(y)
    difference = abs(x - y)
    try:
        shown = float(difference)
    except OverflowError:
        shown = math.inf
    return difference <= Fraction(atol) + Fraction(rtol) * abs(x), shown


def _refuse_nothing_shown(name, shown, atol, rtol) -> None:
    """Raise ValueError if zeros, or NaN, in place of a side would have passed."""
    first = next(iter(shown.values()))
    if all((x != x).all() for x in first):
        raise ValueError(
            f"{name}: every entry of every side is NaN, which shows nothing. "
            "Compare a case with numbers."
        )
    if any("zero" in word.lower() for word in (name, *shown)):
        return
    if not all(_close(x, np.zeros(x.shape), atol, rtol)[0].all() for x in first):
        return
    exactly_zero = [all((x == 0).all() for x in parts) for parts in shown.values()]
    if all(exactly_zero) or not any(exactly_zero):
        raise ValueError(
            f"{name}: every entry lies within {atol:g} of zero, so that a dropped "
            "factor or a side of zeros would pass. Compare a case that is not zero, or "
            "take a smaller atol; where zero is what the equation says, name that side "
            "so: zero=torch.zeros(3)"
        )


def _largest(x) -> str:
    if x.dtype.kind == "O":
        return number(max(abs(entry) for entry in x.flat))
    finite = np.abs(x)[np.isfinite(x)]
    return f"{float(finite.max()):.3g}" if finite.size else "not finite"


def _words(side: str) -> str:
    return side.strip("_").replace("_", " ")
