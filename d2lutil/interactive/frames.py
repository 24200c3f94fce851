"""Draw one frame of an interactive figure, so that it disturbs nothing around it."""

from __future__ import annotations

import contextlib
import io
import random
import warnings
from unittest import mock

import numpy as np
import torch

from ..plotting import book_style
from . import stops
from .figure import Figure


def paint(figure: Figure, setting: dict):
    """Call draw: its matplotlib figure, or an image as (height, width[, 3]) uint8.

    Call it within `guarded`, which closes the figure.
    """
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure as Drawn

    before = set(plt.get_fignums())
    arguments = dict(setting)
    if figure.takes:
        fig = plt.figure(figsize=figure.figsize)
        arguments[figure.takes] = fig if figure.takes == "fig" else fig.subplots()
    with mock.patch.object(plt, "show", lambda *_, **__: None):  # a harmless habit
        result = figure.draw(**arguments)
    if isinstance(result, (np.ndarray, torch.Tensor)):
        return as_pixels(result)
    made = [n for n in plt.get_fignums() if n not in before]
    if len(made) > 1:
        given = f" (it is given one as {figure.takes!r})" if figure.takes else ""
        raise ValueError(
            f"{figure.name} made {len(made)} figures; draw one, with several axes if "
            f"need be{given}"
        )
    fig = plt.figure(made[0]) if made else result if isinstance(result, Drawn) else None
    if fig is None:
        raise ValueError(
            f"{figure.name} left no figure: make one with subplots(), and call neither "
            "show() nor plt.close(); explore shows it. Or return an image, an array "
            "of shape (height, width) or (height, width, 3)"
        )
    if not _has_content(fig):
        raise ValueError(f"{figure.name} drew nothing on its figure")
    return fig


def _has_content(fig) -> bool:
    if fig.texts or fig.images or fig.lines or fig.patches:
        return True
    return any(
        ax.has_data() or ax.texts or ax.tables or ax.artists for ax in fig.axes
    ) or any(_has_content(part) for part in fig.subfigs)


def as_pixels(image) -> np.ndarray:
    """An image in [0, 1], or of whole numbers 0 to 255, as uint8."""
    if isinstance(image, torch.Tensor):
        image = image.detach().cpu().numpy()
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)) or not image.size:
        raise ValueError(
            f"the image has shape {image.shape}; return (height, width) for gray or "
            "(height, width, 3) for color"
        )
    if image.dtype == np.uint8:
        return image
    low, high = float(image.min()), float(image.max())
    if np.issubdtype(image.dtype, np.integer) and 0 <= low and high <= 255:
        return image.astype(np.uint8)
    if not (-1e-6 <= low and high <= 1 + 1e-6):
        raise ValueError(
            f"the image goes from {low:g} to {high:g}; bring it to [0, 1], "
            "with .clip(0, 1) for example"
        )
    return (image.clip(0, 1) * 255).round().astype(np.uint8)


@contextlib.contextmanager
def undisturbed():
    """Leave the page's random streams alone: it runs the same in every mode."""
    states = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])


@contextlib.contextmanager
def guarded(figure: Figure, setting: dict, strict: bool = True):
    """Draw and save a frame in here.

    It has the book's look, whatever style is set. Errors name the setting; where
    `strict`, so do warnings and prints. No figure is left open.
    """
    import matplotlib.pyplot as plt

    printed = io.StringIO()
    before = set(plt.get_fignums())
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(undisturbed())
            stack.enter_context(book_style())
            if strict:
                stack.enter_context(contextlib.redirect_stdout(printed))
                stack.enter_context(warnings.catch_warnings())
                for category in (RuntimeWarning, UserWarning):
                    warnings.simplefilter("error", category)
            yield
    except Exception as error:
        raise ValueError(
            f"explore: {figure.name} failed at {figure.at(setting)}: "
            f"{type(error).__name__}: {error}"
        ) from error
    finally:
        for n in set(plt.get_fignums()) - before:
            plt.close(n)
    if printed.getvalue().strip():
        raise ValueError(
            f"explore: {figure.name} printed {printed.getvalue().strip()[:60]!r} at "
            f"{figure.at(setting)}; a stored figure cannot show it. "
            "Put it into the title."
        )


def check(figure: Figure) -> None:
    """Draw the first frame and those at the corners, and show nothing."""
    for setting in [figure.first(), *stops.corners(figure.controls)]:
        with guarded(figure, setting):
            drawn = paint(figure, setting)
            if not isinstance(drawn, np.ndarray):
                drawn.draw_without_rendering()
    if figure.square:
        from .pad import draw_pad

        draw_pad(figure)
