"""The square in which a reader drags a point: what stands behind the point."""

from __future__ import annotations

import io

from .controls import Control
from .svg import data_url

SIDE = 3.2  # inches, 72 pixels of the page each
MARGIN = 0.05  # of the range at each end, so that the point stays inside


def limits(control: Control) -> tuple[float, float]:
    low, high = min(control.values), max(control.values)
    margin = MARGIN * (high - low)
    return low - margin, high + margin


def places(control: Control) -> list[float]:
    """Where the stops stand on their side of the square, from 0 to 1."""
    low, high = limits(control)
    values = (control.values[i] for i in control.stops)
    return [round((v - low) / (high - low), 4) for v in values]


def draw_pad(figure) -> str:
    """The picture behind the point, axes that fill the square, as a data URL."""
    import matplotlib.pyplot as plt
    from PIL import Image

    from .frames import guarded

    across, up = figure.square
    with guarded(figure, {"square": (across.name, up.name)}):
        fig = plt.figure(figsize=(SIDE, SIDE), layout="none")
        ax = fig.add_axes((0, 0, 1, 1))
        if figure.pad is not None:
            figure.pad(ax)
        ax.set(xlim=limits(across), ylim=limits(up), xlabel="", ylabel="", title="")
        ax.spines[:].set_visible(False)
        ax.tick_params(direction="in", length=0, labelsize=8, labelcolor="#666666")
        ax.tick_params(axis="x", pad=-10)
        ax.tick_params(axis="y", pad=-4)
        for label in ax.get_yticklabels():
            label.set_horizontalalignment("left")
        raw = io.BytesIO()
        fig.savefig(raw, format="png", dpi=144)
    image = Image.open(raw).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small = io.BytesIO()
    image.save(small, format="PNG", optimize=True)
    return data_url("png", small.getvalue())
