"""A figure in the book's look, from `subplots` to `show`.

matplotlib is loaded by the functions, not by the module: `import d2lutil` stays fast.
"""

from __future__ import annotations

import base64
import io

from .style import book_style, keep_style, release_style


def subplots(
    rows: int = 1,
    columns: int = 1,
    *,
    figsize: tuple[float, float] | None = None,
    **options,
):
    """A figure and its axes in the book's style: ``fig, ax = subplots()``.

    `figsize` is (width, height) in inches, (6.4, 3.6) unless told; wider than 8 becomes
    too small to read on a phone. Other options go to `matplotlib.pyplot.subplots`.

    The book's style holds for what is drawn until the figure is shown; then the process
    has its own settings back. See `book_style`.
    """
    import matplotlib.pyplot as plt

    with book_style():
        fig, axes = plt.subplots(rows, columns, figsize=figsize, **options)
    keep_style(fig)
    return fig, axes


def show(fig, *, alt: str, caption: str | None = None, photo: bool = False) -> None:
    """Show a figure, with the words that stand for it where it cannot be seen.

    Parameters
    ----------
    fig : matplotlib.figure.Figure
        It is closed afterwards.
    alt : str
        One or two sentences: what the figure shows and what to see in it. Stored as
        ``alt`` in the metadata of the ``image/png`` output.
    caption : str, optional
        What to see, for every reader: one or two sentences of Markdown, formulas
        included. It stands below the figure as an output of its own, which every
        viewer of notebooks shows. The site reads it from ``caption`` in the metadata of
        the figure, and numbers it.
    photo : bool
        True where colors must not be inverted in dark mode (photographs, digits).

    Width and height in the metadata are CSS pixels, 72 an inch whatever the dpi.

    Raises
    ------
    TypeError
        if `fig` is not a figure.
    ValueError
        if `alt` or `caption` is too short to describe anything, or nothing was drawn.
    """
    import matplotlib.pyplot as plt
    from IPython.display import display
    from matplotlib.figure import Figure

    if not isinstance(fig, Figure):
        raise TypeError(
            "show: the first argument must be a matplotlib Figure, "
            f"got {type(fig).__name__}"
        )
    if not _sentence(alt):
        raise ValueError(
            "show: alt must say in words what the figure shows, for readers who cannot "
            f"see it; got {alt!r}"
        )
    if caption is not None and not _sentence(caption):
        raise ValueError(
            "show: caption must say in a sentence what to see in the figure, or be "
            f"left out; got {caption!r}"
        )
    if not any(ax.has_data() for ax in fig.axes) and not fig.texts and not fig.images:
        raise ValueError("show: nothing was drawn on the figure")
    with book_style():
        png = _png(fig, photo)
    plt.close(fig)
    release_style(fig)
    alt = " ".join(alt.split())
    width, height = (round(72 * float(side)) for side in fig.get_size_inches())
    metadata = {"alt": alt, "width": width, "height": height}
    if caption is not None:
        metadata["caption"] = caption = " ".join(caption.split())
    if photo:
        metadata["photo"] = True
    display(
        {
            "image/png": base64.b64encode(png).decode(),
            "text/plain": f"Figure: {alt}",
        },
        metadata={"image/png": metadata},
        raw=True,
    )
    if caption is not None:
        display(
            {"text/markdown": f"**Figure.** {caption}", "text/plain": caption},
            metadata={"text/markdown": {"caption": True}},
            raw=True,
        )


def _sentence(words) -> bool:
    return isinstance(words, str) and len(words.split()) >= 4


def _png(fig, photo: bool) -> bytes:
    """The figure as a small PNG: 256 colors at most, which only photographs exceed."""
    from PIL import Image

    raw = io.BytesIO()
    fig.savefig(raw, format="png", metadata={"Software": None})
    image = Image.open(raw).convert("RGB")
    if not photo:
        image = image.quantize(256, dither=Image.Dither.NONE)
    small = io.BytesIO()
    image.save(small, format="png", optimize=True)
    return small.getvalue()
