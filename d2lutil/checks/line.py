"""The line that a check prints, and what may stand in it."""

from __future__ import annotations

import contextlib
import contextvars
import math
import numbers
import re

#: What the name of an equation looks like: also what stands in its `\\tag{...}`.
EQUATION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 -]*")


_silent = contextvars.ContextVar("silent", default=False)


class VerificationError(AssertionError):
    """A check failed. The message names the check, the sides and the worst entry."""


def report(name: str, sides: str, tolerance: str) -> None:
    """Print the line of a check that holds."""
    if not _silent.get():
        print(f"✓ {name} | {sides} | {tolerance}")


@contextlib.contextmanager
def silence():
    """Inside, checks that hold print nothing."""
    token = _silent.set(True)
    try:
        yield
    finally:
        _silent.reset(token)


def require_equation_name(name) -> None:
    """Raise ValueError unless `name` could stand in a `\\tag`."""
    if (
        not isinstance(name, str)
        or not EQUATION_NAME.fullmatch(name)
        or name != name.strip()
    ):
        raise ValueError(
            "the first argument must be the equation's name, letters, digits, spaces "
            "and hyphens beginning with a letter, as in its \\tag; "
            f"got {name!r}"
        )


def require_claim(function: str, claim) -> None:
    """Raise ValueError unless `claim` is one line of text without '|'."""
    if (
        not isinstance(claim, str)
        or not claim.strip()
        or "|" in claim
        or len(claim.splitlines()) > 1
    ):
        raise ValueError(
            f"{function}: the claim must be one line of text without '|', got {claim!r}"
        )


def require_tolerance(name: str, label: str, value, below: float = math.inf) -> None:
    """Raise ValueError unless `value` is a number with 0 <= value < below."""
    if not is_real(value) or value < 0:
        raise ValueError(
            f"{name}: {label} must be a number that is not negative, got {value!r}"
        )
    if value >= below:
        raise ValueError(
            f"{name}: {label} must be below {below:g}, got {value!r}; "
            "with more than that the check could not fail"
        )


def require_positive(name: str, label: str, value) -> None:
    """Raise ValueError unless `value` is a finite number above 0."""
    if not is_real(value) or value <= 0:
        raise ValueError(f"{name}: {label} must be a positive number, got {value!r}")


def is_real(value) -> bool:
    """Whether it is one finite real number of Python or NumPy, and not a bool."""
    return (
        isinstance(value, numbers.Real)
        and not isinstance(value, bool)
        and math.isfinite(value)
    )
