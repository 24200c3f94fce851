"""Checks that a cell makes in front of the reader.

Each function compares numbers that were computed in different ways. It prints one
line that is the same on every machine, `✓ name | sides | tolerance`, or raises
`VerificationError` with a report. It never prints the difference itself, which is
noise.

A check prints and returns nothing; its line is what tests and the site's index of
equations read. A check that could not fail is refused, with a way to mend it.

The first argument is an equation's name, as in its `\\tag`, for what is derived
(`verify`, `verify_bound`, `verify_estimate`), and a line of text for what is claimed
(`verify_differs`, `verify_effect`).
"""

from .effects import verify_effect
from .equal import verify
from .exercise import check_yours
from .line import EQUATION_NAME, VerificationError
from .marks import mark
from .one_sided import verify_bound, verify_differs, verify_estimate

__all__ = [
    "EQUATION_NAME",
    "VerificationError",
    "check_yours",
    "mark",
    "verify",
    "verify_bound",
    "verify_differs",
    "verify_effect",
    "verify_estimate",
]
