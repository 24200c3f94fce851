"""The few kinds of figure that recur.

matplotlib is loaded by the functions, not by the module: `import d2lutil` stays fast.
"""

from __future__ import annotations

import numpy as np
import torch

from .figures import show as show
from .figures import subplots as subplots
from .style import COLOR as COLOR
from .style import COLORS as COLORS
from .style import book_style as book_style


def _numpy(values) -> np.ndarray:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu()
    return np.asarray(values)


def curves(
    x,
    ys: dict,
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    xscale: str = "linear",
    yscale: str = "linear",
    ax=None,
):
    """Lines with a legend; a line that was measured several times gets a band.

    Parameters
    ----------
    x : (n,) array, tensor or list; None for 0 … n-1
    ys : dict from label to values of shape (n,), or (repeats, n): then the line is the
        mean and the band is the mean ± one standard error over the repeats.
    ax : matplotlib Axes to draw on; a new figure unless given.

    Returns the figure.
    """
    if not ys:
        raise ValueError("curves: ys is empty, there is nothing to draw")
    if ax is None:
        _, ax = subplots()
    styles = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))
    for i, (label, values) in enumerate(ys.items()):
        y = _numpy(values)
        if y.ndim not in (1, 2):
            raise ValueError(
                f"curves: {label!r} has shape {y.shape}; give (n,) or (repeats, n)"
            )
        mean = y if y.ndim == 1 else y.mean(0)
        at = np.arange(len(mean)) if x is None else _numpy(x)
        if len(at) != len(mean):
            raise ValueError(
                f"curves: {label!r} has {len(mean)} values for {len(at)} places "
                "on the x axis"
            )
        (line,) = ax.plot(at, mean, linestyle=styles[i % len(styles)], label=label)
        if y.ndim == 2 and len(y) > 1:
            error = y.std(0, ddof=1) / len(y) ** 0.5
            ax.fill_between(
                at,
                mean - error,
                mean + error,
                color=line.get_color(),
                alpha=0.2,
                linewidth=0,
            )
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title, xscale=xscale, yscale=yscale)
    if len(ys) > 1:
        ax.legend()
    return ax.figure


def heatmap(
    matrix,
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    xticks=None,
    yticks=None,
    annotate: str | None = None,
    colorbar: str | None = None,
    ax=None,
    **options,
):
    """A matrix as colors, row 0 on top.

    `xticks`, `yticks` are labels, one a column and one a row; `annotate` is a format
    such as ``".2f"`` that writes each value into its cell; `colorbar` is the label of a
    color bar. Other options (``cmap``, ``vmin``, …) go to `Axes.imshow`. Returns the
    figure.
    """
    m = _numpy(matrix)
    if m.ndim != 2:
        raise ValueError(
            f"heatmap: the matrix must have two dimensions, got shape {m.shape}"
        )
    if ax is None:
        _, ax = subplots()
    image = ax.imshow(m, aspect=options.pop("aspect", "auto"), **options)
    ax.grid(False)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    for labels, set_ticks, name, size in (
        (xticks, ax.set_xticks, "xticks", m.shape[1]),
        (yticks, ax.set_yticks, "yticks", m.shape[0]),
    ):
        if labels is not None:
            if len(labels) != size:
                raise ValueError(f"heatmap: {len(labels)} {name} for {size} places")
            set_ticks(range(size), [str(label) for label in labels])
    if annotate:
        for i, j in np.ndindex(*m.shape):
            r, g, b, _ = image.cmap(image.norm(m[i, j]))
            dark = 0.299 * r + 0.587 * g + 0.114 * b < 0.55
            ax.text(
                j,
                i,
                format(m[i, j], annotate),
                ha="center",
                va="center",
                fontsize=9,
                color="white" if dark else "black",
            )
    if colorbar is not None:
        ax.figure.colorbar(image, ax=ax, label=colorbar)
    return ax.figure


def image_grid(images, *, columns: int = 8, titles=None, cell: float = 0.8):
    """Small images side by side. Show it with ``photo=True``.

    `images` is (n, height, width) gray or (n, height, width, 3) color, gray scaled over
    all images, color in [0, 1] or 0 … 255. `cell` is an image's side in inches. Returns
    the figure.
    """
    pictures = _numpy(images)
    if pictures.ndim not in (3, 4) or len(pictures) == 0:
        raise ValueError(
            "image_grid: images must be (n, height, width) or (n, height, width, 3), "
            f"got {pictures.shape}"
        )
    if titles is not None and len(titles) != len(pictures):
        raise ValueError(f"image_grid: {len(titles)} titles for {len(pictures)} images")
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    high = cell * (1.35 if titles is not None else 1.05)
    fig, axes = subplots(
        rows, columns, figsize=(cell * 1.05 * columns, high * rows), squeeze=False
    )
    low, top = (pictures.min(), pictures.max()) if pictures.ndim == 3 else (None, None)
    for i, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if i < len(pictures):
            ax.imshow(pictures[i], cmap="gray", vmin=low, vmax=top)
            if titles is not None:
                ax.set_title(str(titles[i]), fontsize=9)
    return fig


def contour_paths(
    function,
    paths: dict,
    *,
    xlim: tuple[float, float],
    ylim: tuple[float, float],
    xlabel: str = "$x_1$",
    ylabel: str = "$x_2$",
    levels=12,
    ax=None,
):
    """The contours of a function of the plane, and paths over it, of an optimizer, say.

    `function(x, y)` takes two (n, n) arrays and gives one; `paths` is a dict from label
    to points of shape (steps, 2). Returns the figure.
    """
    if ax is None:
        _, ax = subplots()
    x, y = np.meshgrid(np.linspace(*xlim, 80), np.linspace(*ylim, 80))
    z = _numpy(function(x, y))
    ax.contour(x, y, z, levels=levels, colors="#999999", linewidths=0.8)
    for label, points in paths.items():
        p = _numpy(points)
        if p.ndim != 2 or p.shape[1] != 2:
            raise ValueError(
                f"contour_paths: {label!r} must have shape (steps, 2), got {p.shape}"
            )
        (line,) = ax.plot(
            p[:, 0], p[:, 1], marker="o", markersize=3, linewidth=1.2, label=label
        )
        ax.plot(*p[-1], marker="*", markersize=11, color=line.get_color())
    ax.set(xlim=xlim, ylim=ylim, xlabel=xlabel, ylabel=ylabel)
    if len(paths) > 1:
        ax.legend()
    return ax.figure
