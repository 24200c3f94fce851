"""Polylines, arrays of points (n, 2): rounded, cut, and clipped at an outline."""

from __future__ import annotations

import numpy as np


def middle(outline):
    """The middle of an outline's bounding box."""
    return (outline.min(0) + outline.max(0)) / 2


def rounded(points, *, closed=False, radius=0.12):
    """A polyline with its corners rounded, (n, 2) -> (m, 2)."""
    before, after = np.roll(points, 1, 0), np.roll(points, -1, 0)
    t, out = np.linspace(0, 1, 7)[:, None], []
    for i, (a, b, c) in enumerate(zip(before, points, after)):
        if not closed and i in (0, len(points) - 1):
            out.append(b[None])
            continue
        near = [min(radius / (np.hypot(*(p - b)) or 1), 0.5) * (p - b) for p in (a, c)]
        out.append(b + (1 - t) ** 2 * near[0] + t**2 * near[1])
    return np.vstack(out)


def route(start, stop, via=(), bend=0.0, shift=0.0):
    """From start to stop: by corners `via`, or in an arc; `shift` moves it to its left."""
    points = np.array([start, *via, stop], dtype=float)
    way = points[-1] - points[0]
    left = np.array([-way[1], way[0]]) / (np.hypot(*way) or 1)
    if bend:
        t = np.linspace(0, 1, 25)[:, None]
        points = points[0] + t * way + 4 * t * (1 - t) * bend * left
    return (rounded(points) if via else points) + shift * left


def length(points):
    """The length of a polyline."""
    return np.hypot(*np.diff(points, axis=0).T).sum()


def beside(points, at, side, gap):
    """A place for words beside a polyline, and their alignment: (place, ha, va).

    `at` is a share of the length. `side` 1 is above a level line and right of an upright
    one, -1 the other side.
    """
    here, after = cut(points, at * length(points))[:2]
    x, y = (after - here) / np.hypot(*(after - here))
    up = x if abs(x) >= abs(y) else -y  # positive: its left is above it, or right of it
    x, y = normal = np.array([-y, x]) * (side if up > 0 else -side)
    ha = "center" if abs(x) < 0.4 else "left" if x > 0 else "right"
    va = "center_baseline" if abs(y) < 0.4 else "bottom" if y > 0 else "top"
    return here + gap * normal, ha, va


def cut(points, part):
    """The polyline without its first `part` inches."""
    for i in range(len(points) - 1):
        step = np.hypot(*(points[i + 1] - points[i]))
        if part < step:
            start = points[i] + part / step * (points[i + 1] - points[i])
            return np.vstack([start, points[i + 1 :]])
        part -= step
    return points[-2:]


def outside(points, outline):
    """The polyline from where it leaves the outline that it starts in."""
    from matplotlib.path import Path

    inside = Path(outline).contains_points(points)
    if inside.all():  # nothing is left
        return points[-1:].repeat(2, 0)
    first = int(np.argmin(inside))  # the first point outside
    if first == 0:
        return points
    low, high = points[first - 1], points[first]
    for _ in range(30):
        half = (low + high) / 2
        low, high = (half, high) if Path(outline).contains_point(half) else (low, half)
    return np.vstack([high, points[first:]])
