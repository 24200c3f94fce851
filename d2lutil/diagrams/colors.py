"""Colors of a diagram by role, and hints for names that are not known."""

from __future__ import annotations

import difflib

import numpy as np

from ..plotting import COLOR


def hint(name, known) -> str:
    """A close match, and what there is."""
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.5)
    guess = f"did you mean {near[0]!r}? " if near else ""
    listed = ", ".join(map(repr, list(known)[:12])) or "none"
    return f"{guess}There are {listed}{' and others' if len(known) > 12 else ''}"


def role(color, name) -> str:
    """The color of a role; `name` is of the part that wants it, for the error."""
    if color not in COLOR:
        raise ValueError(f"{name!r}: color {color!r} is no role; {hint(color, COLOR)}")
    return COLOR[color]


def mix(color, share, ground=1.0):
    """`share` of a color, the rest white (or another gray, black is 0)."""
    from matplotlib.colors import to_hex, to_rgb

    return to_hex(share * np.array(to_rgb(color)) + (1 - share) * ground)


def ink(color, name) -> str:
    """A role's color, dark enough for text on white and on the role's pale fill."""
    return mix(role(color, name), 0.7, ground=0.0)
