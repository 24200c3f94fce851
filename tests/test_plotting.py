"""Figures: the text that stands for them, their size, and clear errors."""

import base64
import io

import IPython.display
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from d2lutil import contour_paths, curves, heatmap, image_grid, show, subplots
from d2lutil.plotting import COLORS


@pytest.fixture(autouse=True)
def no_figure_left():
    yield
    plt.close("all")


@pytest.fixture
def shown(monkeypatch):
    """What `show` hands to the notebook: a list of (data, metadata)."""
    found = []

    def display(data, metadata, raw):
        assert raw
        found.append((data, metadata))

    monkeypatch.setattr(IPython.display, "display", display)
    return found


def line(**options):
    fig, ax = subplots(**options)
    ax.plot([0, 1], [0, 1])
    return fig


ALT = "a line that rises from zero\nto one"


def test_show_stores_a_small_png_with_its_text(shown):
    fig = line()
    show(fig, alt=ALT)
    ((data, metadata),) = shown
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert image.format == "PNG"
    assert image.mode == "P"
    assert len(data["image/png"]) < 30_000
    alt = "a line that rises from zero to one"
    assert metadata == {"image/png": {"alt": alt, "width": 461, "height": 259}}
    assert data["text/plain"] == f"Figure: {alt}"
    assert not plt.fignum_exists(fig.number)


@pytest.mark.parametrize("dpi", [72, 100, 144, 300])
def test_the_width_is_that_of_the_figure_at_every_dpi(shown, dpi):
    show(line(dpi=dpi, figsize=(5, 3)), alt=ALT)
    ((data, metadata),) = shown
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert image.size == (5 * dpi, 3 * dpi)
    assert metadata["image/png"]["width"] == 360
    assert metadata["image/png"]["height"] == 216


def test_a_caption_stands_below_the_figure(shown):
    show(line(), alt=ALT, caption="The line $y=x$\nrises *evenly*.")
    (_, figure), (below, marked) = shown
    assert figure["image/png"]["caption"] == "The line $y=x$ rises *evenly*."
    assert below == {
        "text/markdown": "**Figure.** The line $y=x$ rises *evenly*.",
        "text/plain": "The line $y=x$ rises *evenly*.",
    }
    assert marked == {"text/markdown": {"caption": True}}


@pytest.mark.parametrize("caption", ["", "a line", 3])
def test_a_caption_is_a_sentence(shown, caption):
    with pytest.raises(ValueError, match="caption must say in a sentence"):
        show(line(), alt=ALT, caption=caption)
    assert shown == []


def test_the_same_figure_is_the_same_file(shown):
    for _ in range(2):
        show(line(), alt=ALT)
    assert shown[0] == shown[1]


def test_photographs_keep_their_colors(shown):
    show(
        image_grid(torch.rand(4, 5, 5, 3)),
        alt="four squares of random colors",
        photo=True,
    )
    ((data, metadata),) = shown
    assert metadata["image/png"]["photo"] is True
    assert Image.open(io.BytesIO(base64.b64decode(data["image/png"]))).mode == "RGB"


@pytest.mark.parametrize("alt", ["", "a line", "   ", None, 3])
def test_show_wants_a_text(shown, alt):
    with pytest.raises(ValueError, match="alt must say in words"):
        show(line(), alt=alt)
    assert shown == []


def test_show_wants_a_figure(shown):
    with pytest.raises(TypeError):
        show(line())
    with pytest.raises(TypeError, match="must be a matplotlib Figure, got Axes"):
        show(line().axes[0], alt=ALT)
    fig, _ = subplots()
    with pytest.raises(ValueError, match="nothing was drawn"):
        show(fig, alt=ALT)
    assert shown == []


def test_colors_have_contrast_with_white():
    for color in COLORS:
        channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in channels
        ]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= 3, color


def test_subplots():
    fig, axes = subplots(1, 2, figsize=(5, 2), sharey=True)
    assert axes.shape == (2,)
    assert tuple(fig.get_size_inches()) == (5, 2)


def test_curves_draw_what_they_are_given():
    runs = torch.tensor([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]], requires_grad=True)
    fig = curves(
        [0, 1, 2],
        {"one": [1, 2, 3], "runs": runs},
        xlabel="step",
        ylabel="loss",
        yscale="log",
    )
    (ax,) = fig.axes
    assert np.allclose(ax.lines[1].get_ydata(), [2, 3, 4])
    low, high = ax.collections[0].get_paths()[0].get_extents().intervaly
    assert np.allclose(
        [low, high], [1, 5]
    )  # mean 2 … 4, standard error sqrt(2)/sqrt(2) = 1
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == (
        "step",
        "loss",
        "log",
    )
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "runs"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_curves_count_from_zero_without_x():
    (ax,) = curves(None, {"one": [5, 6]}, xlabel="x", ylabel="y").axes
    assert list(ax.lines[0].get_xdata()) == [0, 1]
    assert ax.get_legend() is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: curves(None, {}, xlabel="x", ylabel="y"), "ys is empty"),
        (
            lambda: curves([1], {"one": [1, 2]}, xlabel="x", ylabel="y"),
            "'one' has 2 values for 1 places",
        ),
        (
            lambda: curves(None, {"one": 3.0}, xlabel="x", ylabel="y"),
            r"'one' has shape \(\)",
        ),
        (
            lambda: heatmap([1, 2], xlabel="x", ylabel="y"),
            r"two dimensions, got shape \(2,\)",
        ),
        (
            lambda: heatmap([[1, 2]], xlabel="x", ylabel="y", xticks=["a"]),
            "1 xticks for 2 places",
        ),
        (lambda: image_grid(torch.rand(3, 3)), r"images must be .*got \(3, 3\)"),
        (lambda: image_grid(torch.rand(0, 3, 3)), "images must be"),
        (
            lambda: image_grid(torch.rand(2, 3, 3), titles=["a"]),
            "1 titles for 2 images",
        ),
        (
            lambda: contour_paths(
                lambda x, y: x + y, {"a": [1, 2]}, xlim=(0, 1), ylim=(0, 1)
            ),
            r"shape \(steps, 2\)",
        ),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_heatmap():
    fig = heatmap(
        torch.tensor([[0.0, 1.0], [2.0, 3.0]]),
        xlabel="key",
        ylabel="query",
        xticks=["a", "b"],
        annotate=".1f",
        colorbar="weight",
    )
    assert [text.get_text() for text in fig.axes[0].texts] == [
        "0.0",
        "1.0",
        "2.0",
        "3.0",
    ]
    assert fig.axes[1].get_ylabel() == "weight"
    assert [label.get_text() for label in fig.axes[0].get_xticklabels()] == ["a", "b"]


def test_image_grid():
    fig = image_grid(torch.rand(5, 4, 4), columns=3, titles=range(5))
    assert len(fig.axes) == 6
    assert sum(bool(ax.images) for ax in fig.axes) == 5


def test_contour_paths():
    fig = contour_paths(
        lambda x, y: x**2 + y**2,
        {"descent": torch.tensor([[1.0, 1.0], [0.5, 0.5]])},
        xlim=(-1, 1),
        ylim=(-1, 1),
    )
    assert np.allclose(fig.axes[0].lines[0].get_xydata(), [[1, 1], [0.5, 0.5]])
