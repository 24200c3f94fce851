"""Does anything in a diagram lie on something else?"""

from __future__ import annotations


def overlaps(diagram) -> list[str]:
    """What lies on something else: boxes, texts, arrows. Empty in a good diagram."""
    from matplotlib.path import Path
    from matplotlib.transforms import Bbox

    inches = diagram.fig.dpi_scale_trans.inverted()
    areas = {f"box {n!r}": Path(o).get_extents() for n, o in diagram.outlines.items()}
    found, figure = [], Bbox([(0, 0), diagram.fig.get_size_inches()])
    for name, text in diagram.texts:
        area = text.get_window_extent().transformed(inches)
        own = areas.get(f"box {name!r}")
        if not text.get_text():
            continue
        label = f"text {text.get_text()!r}"
        if not figure.contains(*area.min) or not figure.contains(*area.max):
            found.append(f"{label} leaves the figure")
        if own is not None and own.contains(*(area.min + area.max) / 2):
            if not own.contains(*area.min) or not own.contains(*area.max):
                found.append(f"{label} is larger than its box {name!r}")
        else:
            areas[f"{label} of {name!r}"] = area
    areas = {what: area.padded(-0.02) for what, area in areas.items()}
    for i, (what, area) in enumerate(areas.items()):
        before = list(areas.items())[:i]
        found += [f"{what} lies on {w}" for w, a in before if a.overlaps(area)]
        for name, (points, boxes) in diagram.lines.items():
            own = what in [f"box {b!r}" for b in boxes] or (
                what.startswith("box")
                and any(area.contains(*p) for p in points[[0, -1]])
            )
            if not own and Path(points).intersects_bbox(area, filled=False):
                found.append(f"arrow {name!r} crosses {what}")
    return found
