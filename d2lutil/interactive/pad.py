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


def place(control: Control, value: float) -> float:
    """Where a value stands on its side of the square, from 0 to 1."""
    low, high = limits(control)
    return round((value - low) / (high - low), 4)


def _write_ticks(ax) -> None:
    """A few numbers along the left and the lower side, away from the corners."""
    from matplotlib.ticker import MaxNLocator

    for axis, view in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
        low, high = min(view), max(view)
        ticks = MaxNLocator(5).tick_values(low, high)
        inner = [t for t in ticks if 0.14 < (t - low) / (high - low) < 0.93]
        axis.set_ticks(inner)
    ax.spines[:].set_visible(False)
    ax.tick_params(direction="in", length=0, labelsize=9, labelcolor="#555555")
    ax.tick_params(axis="x", pad=-12)
    ax.tick_params(axis="y", pad=-4)
    for label in ax.get_yticklabels():
        label.set_horizontalalignment("left")


def draw_pad(figure) -> str:
    """The picture behind the point, axes that fill the square, as a data URL."""
    if figure.pad_url is None:
        figure.pad_url = _draw_pad(figure)
    return figure.pad_url


def _draw_pad(figure) -> str:
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
        _write_ticks(ax)
        raw = io.BytesIO()
        fig.savefig(raw, format="png", dpi=144)
    image = Image.open(raw).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    small = io.BytesIO()
    image.save(small, format="PNG", optimize=True)
    return data_url("png", small.getvalue())
