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


def cut(points, length):
    """The polyline without its first `length` inches."""
    for i in range(len(points) - 1):
        step = np.hypot(*(points[i + 1] - points[i]))
        if length < step:
            start = points[i] + length / step * (points[i + 1] - points[i])
            return np.vstack([start, points[i + 1 :]])
        length -= step
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
