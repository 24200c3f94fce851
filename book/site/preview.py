"""Draw book/static/preview.png, the picture that a link to the book shows elsewhere.

python -m book.site.preview
"""

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

matplotlib.use("Agg")
import matplotlib.pyplot as plt

BLUE, ORANGE, GREEN, INK, QUIET = "#0067a5", "#c25400", "#00795a", "#1d2126", "#565d66"


def draw(path: Path) -> None:
    fig = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    fig.text(
        0.06,
        0.78,
        "Deep Learning,\nWorked Out",
        fontsize=50,
        fontweight="bold",
        color=INK,
        va="center",
        linespacing=1.15,
    )
    fig.text(
        0.06,
        0.44,
        "Every result derived, built by hand\nand with torch, and checked by a cell\n"
        "that you can run.",
        fontsize=21,
        color=QUIET,
        va="center",
        linespacing=1.4,
    )
    fig.text(
        0.072,
        0.15,
        "✓ BPTT recurrent weights | by hand = autograd | atol 1e-12",
        fontsize=17,
        color=GREEN,
        family="monospace",
        va="center",
        bbox={"facecolor": "#eef7f3", "edgecolor": "none", "boxstyle": "round,pad=0.7"},
    )
    ax = fig.add_axes((0.64, 0.40, 0.31, 0.44))
    steps = np.arange(0, 41)
    for radius, color in ((0.8, BLUE), (1.0, QUIET), (1.15, ORANGE)):
        ax.semilogy(steps, radius**steps, color=color, linewidth=4)
    ax.set(ylim=(1e-4, 1e3), xticks=[], yticks=[])
    ax.minorticks_off()
    ax.set_xlabel("steps back in time", fontsize=15, color=QUIET)
    ax.set_ylabel("gradient", fontsize=15, color=QUIET)
    ax.spines[["top", "right"]].set_visible(False)
    fig.savefig(path)
    plt.close(fig)
    Image.open(path).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(
        path, optimize=True
    )


if __name__ == "__main__":
    target = Path(__file__).parents[1] / "static" / "preview.png"
    draw(target)
    print(f"Drawn: {target}")
