"""Checks that a cell makes in front of the reader.

Each function compares numbers that were computed in different ways. It prints one line
that is the same on every machine, `✓ name | sides | tolerance`, or raises
`VerificationError` with a report. It never prints the difference itself, which is noise.

A check prints and returns nothing; its line is what tests and the site's
index of equations read.
"""

from __future__ import annotations

import math
import numbers
import re
from dataclasses import dataclass

import numpy as np
import torch

#: What the name of an equation looks like: also what stands in its `\\tag{...}`.
EQUATION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 -]*")

# Words that someone would write for a tolerance; as names of sides they would
# silently become things to compare.
_NOT_SIDES = {
    "tol", "tolerance", "abs", "rel", "abs_tol", "rel_tol", "abstol", "reltol", "eps",
    "epsilon", "delta", "decimal", "decimals", "places", "msg", "message", "equal_nan",
    "check_dtype", "exact", "strict", "k", "se", "by",
}  # fmt: skip


class VerificationError(AssertionError):
    """Two sides of a check differ. The message names the check, the sides and the worst entry."""


@dataclass
class _Array:
    """A side, or one part of a side: values on the CPU and the dtype it came with."""

    values: np.ndarray  # bool, int64, float64 or complex128
    dtype: str | None  # 'float32', ...; None for Python numbers, which match any
    pointer: tuple | None  # where its memory lies, to notice a side compared with itself


def verify(name: str, /, *, atol: float = 1e-12, rtol: float = 0.0, same_dtype: bool = True,
           **sides) -> None:
    """Check that quantities computed in different ways are equal.

    Parameters
    ----------
    name : str
        The equation's name as in its ``\\tag{name}``: letters, digits, spaces, hyphens.
    atol, rtol : float
        Entry by entry, ``|side - first| <= atol + rtol * |first|``.
    same_dtype : bool
        Whether arrays and tensors must have one dtype. Python numbers match any.
    **sides
        Two or more sides, ``formula=…, torch=…``, each compared with the first. A side is a
        number, an array, a tensor (any device, detached), or a list, tuple or dict of
        these, compared part by part. Shapes must be equal. NaN and infinity count as equal
        where both sides have the same one at the same place.

    Prints
    ------
    ``✓ name | formula = torch | atol 1e-12``

    Raises
    ------
    VerificationError
        if the sides differ, with the worst entry, its index and the sizes.
    ValueError, TypeError
        if there is nothing to compare, a name or a keyword is wrong, or shapes, dtypes or
        structures do not match.

    Examples
    --------
    >>> verify("Square of a sum", formula=(1 + 2) ** 2, expanded=1 + 2 * 2 + 4, atol=1e-15)
    ✓ Square of a sum | formula = expanded | atol 1e-15
    """
    _check_name(name)
    for label, value in (("atol", atol), ("rtol", rtol)):
        _check_tolerance(name, label, value)
    for side in sides:
        if side in _NOT_SIDES:
            raise TypeError(
                f"verify({name!r}): {side!r} is not an option, and no name for a side. "
                "The options are atol, rtol and same_dtype; every other keyword is a side."
            )
    if len(sides) < 2:
        raise ValueError(
            f"verify({name!r}) needs two or more sides to compare, got "
            f"{len(sides)}: {', '.join(sides) or 'none'}. "
            "Write verify(name, formula=..., torch=...)."
        )
    parts = {side: _flatten(name, side, value) for side, value in sides.items()}
    first, *others = parts
    for other in others:
        _compare(name, first, parts[first], other, parts[other], atol, rtol, same_dtype)
    tolerance = f"atol {atol:g}" + (f", rtol {rtol:g}" if rtol else "")
    _report(name, " = ".join(_words(s) for s in sides), tolerance)


def verify_bound(name: str, /, *, lower, upper, atol: float = 0.0) -> None:
    """Check that ``lower <= upper + atol`` in every entry.

    `lower` and `upper` are numbers, arrays or tensors of equal shape, or one of them a
    single number for all entries. NaN fails. Prints ``✓ name | lower ≤ upper | atol 0``.
    Raises as `verify` does.
    """
    _check_name(name)
    _check_tolerance(name, "atol", atol)
    low, high = _single(name, "lower", lower), _single(name, "upper", upper)
    _check_not_itself(name, "lower", low, "upper", high)
    a, b = _broadcast(name, "lower", low.values, "upper", high.values)
    with np.errstate(invalid="ignore"):
        holds = a <= b + atol  # False where either is NaN
    if not holds.all():
        excess = np.where(np.isnan(a) | np.isnan(b), np.inf, a - b)
        worst = _index(np.argmax(np.where(holds, -np.inf, excess)), a.shape)
        raise VerificationError(
            f"{name}: lower > upper in {int((~holds).sum())} of {a.size} entries; "
            f"worst at {_place(worst)}: lower {_number(a[worst])}, upper {_number(b[worst])}, "
            f"allowed excess {atol:g}"
        )
    _report(name, "lower ≤ upper", f"atol {atol:g}")


def verify_estimate(name: str, /, *, value, se, reference, k: float = 4.0) -> None:
    """Check that a Monte Carlo estimate lies within `k` standard errors of its reference.

    Parameters
    ----------
    value, se, reference : number, array or tensor
        The estimate, its standard error (positive), and what it should be, of equal shape
        or single numbers.
    k : float
        How many standard errors are allowed. For one normal estimate 4 is exceeded by
        chance 6 times in 100,000; the page's seed makes the outcome one and the same.

    Prints ``✓ name | estimate = reference | within 4 standard errors``. Raises as `verify`
    does.
    """
    _check_name(name)
    _check_tolerance(name, "k", k)
    est, err, ref = (_single(name, label, x) for label, x in
                     (("value", value), ("se", se), ("reference", reference)))
    _check_not_itself(name, "value", est, "reference", ref)
    v, r = _broadcast(name, "value", est.values, "reference", ref.values)
    v, s = _broadcast(name, "value", v, "se", err.values)
    v, r = _broadcast(name, "value", v, "reference", r)
    if not (np.isfinite(s).all() and (s > 0).all()):
        raise ValueError(f"verify_estimate({name!r}): se must be positive and finite in every "
                         f"entry, got {_number(s.flat[0])} and kin")
    with np.errstate(invalid="ignore"):
        distance = np.abs(v - r) / s
    if not (distance <= k).all():
        worst = _index(np.argmax(np.nan_to_num(distance, nan=np.inf)), v.shape)
        raise VerificationError(
            f"{name}: the estimate is {distance[worst]:.3g} standard errors from its reference "
            f"at {_place(worst)}: estimate {_number(v[worst])}, reference {_number(r[worst])}, "
            f"standard error {_number(s[worst])}; {k:g} are allowed"
        )
    _report(name, "estimate = reference", f"within {k:g} standard errors")


def verify_differs(claim: str, /, *, wrong, right, by: float) -> None:
    """Show that a circulating claim is wrong: its result differs from the right one.

    `wrong` and `right` are numbers, arrays or tensors of equal shape. The largest absolute
    difference must be at least `by`, which is positive. NaN or infinity on one side only is
    a difference. Prints ``✓ claim | wrong ≠ right | by at least 0.1``. Raises
    `VerificationError` if they are closer than that.
    """
    if not isinstance(claim, str) or not claim.strip() or "|" in claim or "\n" in claim:
        raise ValueError(f"verify_differs: the claim must be one line of text without '|', got {claim!r}")
    if not (isinstance(by, numbers.Real) and math.isfinite(by) and by > 0):
        raise ValueError(f"verify_differs({claim!r}): by must be a positive number, got {by!r}")
    a, b = _single(claim, "wrong", wrong), _single(claim, "right", right)
    x, y = _broadcast(claim, "wrong", a.values, "right", b.values)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    with np.errstate(invalid="ignore"):
        difference = np.where(same, 0.0, np.abs(x - y))
    largest = float(np.nan_to_num(difference, nan=np.inf).max())
    if largest < by:
        raise VerificationError(
            f"{claim}: wrong and right differ by at most {largest:.3g}, and {by:g} was promised"
        )
    _report(claim, "wrong ≠ right", f"by at least {by:g}")


# ---------------------------------------------------------------- the parts


def _check_name(name) -> None:
    if not isinstance(name, str) or not EQUATION_NAME.fullmatch(name) or name != name.strip():
        raise ValueError(
            f"the first argument must be the equation's name, letters, digits, spaces and "
            f"hyphens beginning with a letter, as in its \\tag; got {name!r}"
        )


def _check_tolerance(name, label, value) -> None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) \
            or not (value >= 0 and math.isfinite(value)):
        raise ValueError(f"{name}: {label} must be a number that is not negative, got {value!r}")


def _flatten(name, side, value, path="") -> dict[str, _Array]:
    """A side as {path: array}; a plain array has the path ''."""
    if isinstance(value, dict):
        items = [(f"{path}[{key!r}]", part) for key, part in value.items()]
    elif isinstance(value, (list, tuple)):
        if value and all(isinstance(v, numbers.Number) for v in value):
            return {path: _Array(_widen(name, side, np.asarray(value)), None, None)}
        items = [(f"{path}[{i}]", part) for i, part in enumerate(value)]
    else:
        return {path: _as_array(name, side + path, value)}
    if not items:
        raise ValueError(f"{name}: side {side + path!r} is empty, there is nothing to compare")
    flat = {}
    for key, part in items:
        flat.update(_flatten(name, side, part, key))
    return flat


def _as_array(name, side, value) -> _Array:
    if isinstance(value, torch.Tensor):
        dtype = str(value.dtype).removeprefix("torch.")
        pointer = None if value.is_sparse else (
            value.data_ptr(), tuple(value.shape),
            tuple(step * value.element_size() for step in value.stride()))
        plain = value.detach().cpu().resolve_conj().resolve_neg()
        if plain.is_sparse:
            plain = plain.to_dense()
        if plain.is_floating_point():
            plain = plain.double()  # exact from every smaller format, bfloat16 too
        array = plain.numpy()
    elif isinstance(value, (bool, int, float, complex)):
        array, dtype, pointer = np.asarray(value), None, None
    elif isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        dtype = array.dtype.name
        pointer = (array.__array_interface__["data"][0], array.shape, array.strides) \
            if isinstance(value, np.ndarray) else None
    else:
        raise TypeError(f"{name}: side {side!r} is a {type(value).__name__}; a side is a number, "
                        "an array, a tensor, or a list, tuple or dict of these")
    if array.size == 0:
        raise ValueError(f"{name}: side {side!r} has shape {array.shape}, there is nothing to compare")
    return _Array(_widen(name, side, array), dtype, pointer)


def _widen(name, side, array) -> np.ndarray:
    kind = array.dtype.kind
    if kind in "biu":
        return array
    if kind == "f":
        return array.astype(np.float64)
    if kind == "c":
        return array.astype(np.complex128)
    raise TypeError(f"{name}: side {side!r} holds {array.dtype}, not numbers")


def _single(name, label, value) -> _Array:
    flat = _flatten(name, label, value)
    if list(flat) != [""]:
        raise TypeError(f"{name}: {label} must be one number, array or tensor, not a collection")
    if flat[""].values.dtype.kind == "c":
        raise TypeError(f"{name}: {label} is complex, which has no order")
    flat[""].values = flat[""].values.astype(np.float64)
    return flat[""]


def _broadcast(name, label_a, a, label_b, b):
    if a.shape != b.shape and a.size != 1 and b.size != 1:
        raise ValueError(f"{name}: {label_a} has shape {a.shape} and {label_b} has shape {b.shape}")
    shape = a.shape if a.size >= b.size else b.shape
    return np.broadcast_to(a.reshape(() if a.size == 1 else a.shape), shape), \
        np.broadcast_to(b.reshape(() if b.size == 1 else b.shape), shape)


def _check_not_itself(name, label_a, a: _Array, label_b, b: _Array) -> None:
    if a.pointer is not None and a.pointer == b.pointer:
        raise ValueError(f"{name}: {label_a} and {label_b} are the same array in memory: "
                         "a check that cannot fail. Compute the two sides apart.")


def _compare(name, first, a_parts, other, b_parts, atol, rtol, same_dtype) -> None:
    if a_parts.keys() != b_parts.keys():
        only = sorted(a_parts.keys() ^ b_parts.keys())
        raise ValueError(f"{name}: {first} and {other} do not have the same parts; "
                         f"only one of them has {', '.join(p or 'a plain array' for p in only)}")
    for path, a in a_parts.items():
        b = b_parts[path]
        la, lb = first + path, other + path
        if a.values.shape != b.values.shape:
            raise ValueError(f"{name}: {la} has shape {a.values.shape} and {lb} has shape "
                             f"{b.values.shape}; shapes must be equal")
        if same_dtype and a.dtype and b.dtype and a.dtype != b.dtype:
            raise TypeError(f"{name}: {la} is {a.dtype} and {lb} is {b.dtype}; convert one, or "
                            "pass same_dtype=False if the difference is meant")
        _check_not_itself(name, la, a, lb, b)
        _compare_values(name, la, a.values, lb, b.values, atol, rtol)


def _compare_values(name, la, x, lb, y, atol, rtol) -> None:
    exact = x.dtype.kind in "biu" and y.dtype.kind in "biu"
    if exact and atol < 1 and rtol == 0:
        close = x == y  # integers of any size, without a detour over float64
    with np.errstate(invalid="ignore", over="ignore"):
        same = (x == y) | ((x != x) & (y != y))
        difference = np.where(same, 0.0, np.abs(x.astype(complex) - y.astype(complex)))
        if not (exact and atol < 1 and rtol == 0):
            close = same | (difference <= atol + rtol * np.abs(x))
        close &= same | (np.isfinite(x) & np.isfinite(y))
    if close.all():
        return
    badness = np.where(close, -1.0, np.nan_to_num(difference, nan=np.inf))
    worst = _index(np.argmax(badness), x.shape)
    raise VerificationError(
        f"{name}: {la} and {lb} differ in {int((~close).sum())} of {x.size} entries\n"
        f"  worst at {_place(worst)}: {la} = {_number(x[worst])}, {lb} = {_number(y[worst])}\n"
        f"  difference {difference[worst]:.3g}, allowed {atol:g}"
        + (f" + {rtol:g} * |{la}|" if rtol else "")
        + f"\n  largest |{la}| {_largest(x)}, largest |{lb}| {_largest(y)}, shape {x.shape}"
    )


def _largest(x) -> str:
    finite = np.abs(x)[np.isfinite(x)]
    return f"{float(finite.max()):.3g}" if finite.size else "not finite"


def _index(flat, shape) -> tuple:
    return tuple(int(i) for i in np.unravel_index(int(flat), shape))


def _place(index: tuple) -> str:
    return "the one entry" if index == () else f"index {index}"


def _number(x) -> str:
    return f"{x.item():.17g}" if isinstance(x.item(), float) else str(x.item())


def _words(side: str) -> str:
    return side.strip("_").replace("_", " ")


def _report(name, sides, tolerance) -> None:
    print(f"✓ {name} | {sides} | {tolerance}")
