"""Grid worlds: the frozen lake, and others made of letters."""

from __future__ import annotations

import numpy as np
import torch

from ..plotting import COLOR, subplots

#: The tiles that are not plain ice: their words and colors.
TILES = {
    "S": ("start", None),
    "H": ("hole", "#444444"),
    "C": ("cliff", "#444444"),
    "G": ("goal", COLOR["state"]),
}
#: Moves in (columns, rows): left, down, right, up.
MOVES = {"l": (-1, 0), "d": (0, 1), "r": (1, 0), "u": (0, -1)}


def lake(
    rows,
    values=None,
    policy=None,
    path=None,
    *,
    ax=None,
    numbers: str | None = ".2f",
    actions: str = "ldru",
    **options,
):
    """A grid world: its tiles, values as colors and numbers, a policy as arrows, a path.

    Parameters
    ----------
    rows : list of texts, one letter a tile: S start, F ice, H hole, C cliff, G goal, as
        gymnasium has them. States are numbered from 0, row by row.
    values : (n,) or (rows, columns), optional. NaN is not drawn.
    policy : (n, m) probabilities, optional: an arrow for each action, the larger the
        likelier, none for 0. Holes, cliffs and goals have no arrows.
    path : list of states, optional
    ax : matplotlib Axes to draw on; a new figure unless given.
    numbers : format of the values; None for colors alone.
    actions : the directions of the m actions, "l", "d", "r", "u" for left, down, right, up:
        gymnasium's order for the lake. Its cliff has "urdl".
    **options : of `Axes.imshow`, such as ``cmap``, ``vmin``, ``vmax``.

    Returns the figure.

    Raises ValueError
        if the rows differ in length, a letter is unknown, an array does not fit the map, or
        a state of the path is outside it.
    """
    if len({len(row) for row in rows}) != 1:
        raise ValueError(f"lake: the rows have lengths {[len(row) for row in rows]}")
    tiles = np.array([list(row) for row in rows])
    unknown = sorted(set(tiles.flat) - {*TILES, "F"})
    if unknown:
        raise ValueError(
            f"lake: unknown tiles {', '.join(unknown)}; known are S F H C G"
        )
    n = tiles.size
    if values is not None:
        values = _array(values, "values", (n,), tiles.shape).reshape(tiles.shape)
    if policy is not None:
        policy = _array(policy, "policy", (n, len(actions)))
    if path is not None and not all(0 <= s < n for s in path):
        raise ValueError(f"lake: the path {list(path)} leaves the states 0 to {n - 1}")
    if ax is None:
        fig, ax = subplots()
        fig.set_size_inches(0.95 * tiles.shape[1], 0.95 * tiles.shape[0])
    ice = {} if values is not None else {"vmin": 0, "vmax": 12}
    shown = np.ones(tiles.shape) if values is None else values
    image = ax.imshow(shown, **{"cmap": "Blues", **ice, **options})
    colors = image.cmap(image.norm(shown))
    dark = (colors[..., :3] @ (0.299, 0.587, 0.114) < 0.46) & np.isfinite(shown)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)
    ax.grid(False)
    rows, columns = tiles.shape
    ax.hlines(np.arange(rows + 1) - 0.5, -0.5, columns - 0.5, "white", linewidth=2)
    ax.vlines(np.arange(columns + 1) - 0.5, -0.5, rows - 0.5, "white", linewidth=2)
    written = values is not None and bool(numbers)
    centered = {"ha": "center", "va": "center", "fontsize": 11}
    arrows = []
    for (i, j), tile in np.ndenumerate(tiles):
        word, ground = TILES.get(tile, ("", None))
        ink = "white" if dark[i, j] or ground else "#222222"
        if ground:
            corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * 0.5 + (j, i)
            ax.fill(*corners.T, color=ground, linewidth=0)
            ax.text(j, i, word, color=ink, **centered)
            continue
        if word:
            ax.text(j - 0.44, i - 0.42, word, color=ink, fontsize=9, va="top")
        if written and np.isfinite(values[i, j]):
            low = i + 0.3 if policy is not None else i
            ax.text(j, low, format(values[i, j], numbers), color=ink, **centered)
        if policy is not None:
            middle, reach = (i - 0.13, 0.24) if written else (i, 0.36)
            for action, p in zip(actions, policy[i * columns + j], strict=True):
                x, y = reach * p**0.25 * np.array(MOVES[action])
                back = 1 if p > 0.99 else 0  # an arrow alone stands in the middle
                tail = (j - back * x, middle - back * y)
                arrows += (
                    [(*tail, (1 + back) * x, (1 + back) * y, ink)] if p > 0 else []
                )
    if arrows:
        x, y, u, v, ink = zip(*arrows, strict=True)
        scale = {"angles": "xy", "scale_units": "xy", "scale": 1, "units": "inches"}
        head = {"headwidth": 4, "headlength": 4, "headaxislength": 3.8}
        ax.quiver(x, y, u, v, color=ink, width=0.026, zorder=3, **scale, **head)
    if path is not None:
        y, x = np.divmod(list(path), columns)
        ax.plot(x, y, color=COLOR["gradient"], linewidth=4, zorder=2)
    return ax.figure


def _array(given, name, *fits):
    array = np.asarray(
        given.detach().cpu() if isinstance(given, torch.Tensor) else given
    )
    if array.shape not in fits:
        raise ValueError(
            f"lake: {name} has shape {array.shape}; this map needs "
            + " or ".join(map(str, fits))
        )
    return array
