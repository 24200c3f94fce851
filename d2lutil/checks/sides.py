"""What is compared, as NumPy arrays: numbers, arrays, tensors, collections of them."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch

EXACT_IN_FLOAT = 2**53  # integers up to here are exact as float64


@dataclass
class Array:
    """A side, or one part of a side: values on the CPU and the dtype it came with."""

    values: np.ndarray  # bool, integer, float64, complex128; object: exact numbers
    dtype: str | None = None  # 'float32', ...; None for Python numbers: match any
    memory: tuple | None = None  # where and how it is read, to notice one side twice


def to_array(name: str, label: str, value) -> Array:
    """A number, an array, a tensor, or a nested list of numbers, as an `Array`.

    Integers of any size and fractions stay exact. Raises TypeError for anything else
    and ValueError where there is no entry.
    """
    if isinstance(value, torch.Tensor):
        array, dtype, memory = _from_tensor(value)
    elif isinstance(value, (int, float, complex, Fraction)) or _shape(value):
        array, dtype = _from_numbers(value), None  # np.float64 too
        memory = (id(value),) if isinstance(value, list) else None
    elif isinstance(value, np.ndarray):
        array, dtype = value, value.dtype.name
        address = value.__array_interface__["data"][0]
        memory = (address, array.shape, array.strides, dtype, False, False)
    elif isinstance(value, np.generic):
        array, dtype, memory = np.asarray(value), value.dtype.name, None
    else:
        raise TypeError(
            f"{name}: side {label!r} is a {type(value).__name__}; a side is a number, "
            "an array, a tensor, or a list, tuple or dict of these"
        )
    if array.size == 0:
        raise ValueError(
            f"{name}: side {label!r} has shape {array.shape}, "
            "there is nothing to compare"
        )
    return Array(_widen(name, label, array), dtype, memory)


def pairs(name: str, label_a: str, a, label_b: str, b) -> Iterator[tuple]:
    """The parts of two sides, one against the other: (label, Array, label, Array).

    A dict meets a dict with the same keys. A list meets a list of its length, or an
    array whose first axis has its length.
    """
    if isinstance(a, dict) or isinstance(b, dict) or _is_parted(a) or _is_parted(b):
        a, b = _items(name, label_a, a), _items(name, label_b, b)
    else:
        first, other = to_array(name, label_a, a), to_array(name, label_b, b)
        yield label_a, first, label_b, other
        return
    if a.keys() != b.keys():
        only = sorted(str(key) for key in a.keys() ^ b.keys())
        raise ValueError(
            f"{name}: {label_a} and {label_b} do not have the same parts; "
            f"only one of them has {', '.join(only)}"
        )
    for key in a:
        yield from pairs(
            name, f"{label_a}[{key!r}]", a[key], f"{label_b}[{key!r}]", b[key]
        )


def one_array(name: str, label: str, value) -> Array:
    """A real number, array, tensor or list of numbers; booleans stay booleans."""
    if isinstance(value, (list, tuple)) and value and not _shape(value):
        parts = [one_array(name, label, part) for part in value]
        if any(part.values.size != 1 for part in parts):
            raise _no_collection(name, label)
        values = np.array([part.values.reshape(()).item() for part in parts])
        return Array(_widen(name, label, values))
    if isinstance(value, (dict, list, tuple)) and not _shape(value):
        raise _no_collection(name, label)
    array = to_array(name, label, value)
    if array.values.dtype.kind == "c":
        raise TypeError(f"{name}: {label} is complex, which has no order")
    return array


def real_array(name: str, label: str, value) -> Array:
    """As `one_array`, in float64."""
    array = one_array(name, label, value)
    try:
        return Array(array.values.astype(np.float64), array.dtype, array.memory)
    except OverflowError as error:
        raise ValueError(f"{name}: {label} is too large for float64") from error


def same_shape(name: str, label_a: str, a, label_b: str, b) -> tuple:
    """Two arrays of one shape; a single number takes the shape of the other."""
    if a.shape != b.shape and a.size != 1 and b.size != 1:
        raise ValueError(
            f"{name}: {label_a} has shape {a.shape} and {label_b} has shape {b.shape}"
        )
    shape = a.shape if a.size >= b.size else b.shape
    a, b = (x.reshape(()) if x.size == 1 else x for x in (a, b))
    return np.broadcast_to(a, shape), np.broadcast_to(b, shape)


def refuse_same_memory(name: str, label_a: str, a: Array, label_b: str, b: Array):
    """Raise ValueError if both read the same entries of one array."""
    if a.memory is not None and a.memory == b.memory:
        raise ValueError(
            f"{name}: {label_a} and {label_b} are the same array in memory: "
            "a check that cannot fail. Compute the two sides apart."
        )


def place(flat_index, shape: tuple) -> tuple[tuple, str]:
    """An index into the flat array as (index, words)."""
    index = tuple(int(i) for i in np.unravel_index(int(flat_index), shape))
    return index, f"index {index}" if index else "the one entry"


def number(x) -> str:
    """One entry in full: 17 digits tell any two floats apart."""
    x = x.item() if isinstance(x, (np.generic, np.ndarray)) else x
    if isinstance(x, float):
        return f"{x:.17g}"
    if isinstance(x, int) and abs(x) > 10**40:
        return f"{'-' if x < 0 else ''}10^{math.log10(abs(x)):.1f}"
    return str(x)


# ------------------------------------------------------------------- one side


def _from_tensor(value: torch.Tensor) -> tuple:
    dtype = str(value.dtype).removeprefix("torch.")
    if value.layout == torch.strided:
        size = value.element_size()
        strides = tuple(step * size for step in value.stride())
        lazy = (value.is_conj(), value.is_neg())  # z.conj() reads z's memory otherwise
        memory = (value.data_ptr(), tuple(value.shape), strides, dtype, *lazy)
    else:
        memory, value = None, value.to_dense()
    plain = value.detach().cpu().resolve_conj().resolve_neg()
    if plain.is_floating_point():
        plain = plain.double()  # exact from every smaller format, bfloat16 too
    return plain.numpy(), dtype, memory


def _from_numbers(value) -> np.ndarray:
    exact = np.array(value, dtype=object)
    if any(
        isinstance(x, Fraction)
        or (isinstance(x, numbers.Integral) and abs(int(x)) > EXACT_IN_FLOAT)
        for x in exact.flat
    ):
        return exact
    return np.asarray(value)


def _shape(value) -> tuple | None:
    """The shape of a nested list of numbers; None if it is something else."""
    if isinstance(value, (int, float, complex, Fraction, np.generic)):
        return ()
    if not isinstance(value, (list, tuple)):
        return None
    shapes = {_shape(part) for part in value}
    if len(shapes) != 1 or None in shapes:
        return None
    return (len(value), *shapes.pop())


def _is_parted(value) -> bool:
    return isinstance(value, (list, tuple)) and not _shape(value)


def _items(name, label, value) -> dict:
    """The parts of a side, by key or by position."""
    if isinstance(value, dict):
        items = value
    elif isinstance(value, (list, tuple)):
        items = dict(enumerate(value))
    else:
        array = to_array(name, label, value)
        if array.values.ndim == 0:
            return {"a single number": value}
        if isinstance(value, torch.Tensor) and value.layout != torch.strided:
            value = value.to_dense()
        items = dict(enumerate(value))
    if not items:
        raise ValueError(
            f"{name}: side {label!r} is empty, there is nothing to compare"
        )
    return items


def _no_collection(name, label) -> TypeError:
    return TypeError(
        f"{name}: {label} must be one number, array or tensor, not a collection"
    )


def _widen(name, label, array) -> np.ndarray:
    kind = array.dtype.kind
    if kind in "biu":
        return array
    if kind == "f":
        return array.astype(np.float64)
    if kind == "c":
        return array.astype(np.complex128)
    if kind == "O" and all(
        isinstance(x, (numbers.Rational, float)) for x in array.flat
    ):
        return array
    raise TypeError(f"{name}: side {label!r} holds {array.dtype}, not numbers")
