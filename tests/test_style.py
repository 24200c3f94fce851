"""Figures look the same whatever the process has set, and its settings come back."""

import contextlib
import os
import subprocess
import sys

import IPython.display
import matplotlib
import matplotlib.pyplot as plt
import pytest
from cycler import cycler
from matplotlib import rcParams, rcParamsDefault

from d2lutil import curves, show, subplots
from d2lutil.plotting import COLOR, COLORS, book_style


@pytest.fixture(autouse=True)
def own_settings():
    """Each test starts from matplotlib's settings and leaves none behind."""
    before = rcParams.copy()
    yield
    plt.close("all")
    rcParams.update({k: v for k, v in before.items() if rcParams[k] != v})


def picture() -> str:
    """The PNG of a figure as pages draw it, with texts made after `subplots`."""
    found = []
    fig = curves(
        [0, 1, 2], {"one": [1, 2, 3], "two": [3, 1, 2]}, xlabel="x", ylabel="$y_1$"
    )
    (ax,) = fig.axes
    ax.set_title("Two lines")
    ax.text(1, 2, r"they meet at $\frac{1}{2}$, 1000")
    ax.legend(title="lines")
    ax.twinx().scatter([0, 1], [-1000, 1])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            IPython.display,
            "display",
            lambda data, **_: found.append(data["image/png"]),
        )
        show(fig, alt="two lines that cross in the middle")
    return found[0]


def dark():
    plt.style.use("dark_background")


def personal():
    """What a matplotlibrc for papers says."""
    rcParams.update(
        {
            "savefig.dpi": 300,
            "savefig.bbox": "tight",
            "savefig.transparent": True,
            "savefig.facecolor": "red",
            "text.color": "white",
            "text.usetex": True,
            "axes.titlecolor": "white",
            "axes.formatter.use_locale": True,
            "axes.unicode_minus": False,
            "legend.labelcolor": "white",
            "font.family": "serif",
            "font.size": 20,
            "mathtext.fontset": "cm",
            "figure.autolayout": True,
        }
    )


def turned_over():
    """Every switch turned over, every number doubled and one added."""
    for key, value in rcParamsDefault.items():
        if key.startswith(("backend", "figure.max_open", "webagg", "date.epoch")):
            continue
        if isinstance(value, bool):
            new = not value
        elif isinstance(value, (int, float)):
            new = 2 * value + 1
        else:
            continue
        with contextlib.suppress(ValueError, RuntimeError):  # a number it does not take
            rcParams[key] = new


@pytest.mark.parametrize("setting", [dark, personal, turned_over, plt.xkcd])
def test_the_same_picture_whatever_is_set(setting):
    reference = picture()
    setting()
    before = rcParams.copy()
    assert picture() == reference
    assert rcParams.copy() == before


def test_the_same_picture_with_another_matplotlibrc(tmp_path):
    (tmp_path / "matplotlibrc").write_text("text.color: white\nsavefig.dpi: 300\n")
    code = "from test_style import picture; print(hash(picture()))"
    here = os.path.dirname(__file__)
    said = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=False,
            text=True,
            cwd=here,
            env={**os.environ, "PYTHONHASHSEED": "0", **extra},
        ).stdout
        for extra in ({}, {"MATPLOTLIBRC": str(tmp_path)})
    ]
    assert said[0] and said[0] == said[1]


def test_settings_come_back_with_the_last_figure_shown(shown):
    dark()
    before = rcParams.copy()
    one, left = subplots()
    two, right = subplots()
    left.plot([0, 1])
    right.plot([0, 1])
    show(one, alt="a line that rises from left")
    assert right.text(0, 0, "late").get_color() == "black"
    assert rcParams.copy() != before
    show(two, alt="a line that rises from left")
    assert rcParams.copy() == before


def test_a_figure_that_is_never_shown_holds_nothing_up(shown):
    dark()
    before = rcParams.copy()
    forgotten, _ = subplots()
    plt.close(forgotten)
    picture()
    assert rcParams.copy() == before


def test_a_failing_subplots_leaves_the_settings():
    before = rcParams.copy()
    with pytest.raises(AttributeError, match="nothing"):
        subplots(nothing=1)
    assert rcParams.copy() == before


def test_what_is_set_while_drawing_stays(shown):
    dark()
    fig, ax = subplots()
    rcParams["font.size"] = 17
    ax.plot([0, 1])
    show(fig, alt="a line that rises from left")
    assert rcParams["font.size"] == 17 and rcParams["text.color"] == "white"


def test_book_style_is_a_block(shown):
    dark()
    before = rcParams.copy()
    with book_style():
        fig, ax = subplots()
        ax.plot([0, 1])
        assert ax.text(0, 0, "inside").get_color() == "black"
        assert rcParams["axes.prop_cycle"] == cycler(color=COLORS)
        with book_style():
            show(fig, alt="a figure shown inside it")
        assert rcParams["axes.grid"] is True
    assert rcParams.copy() == before
    with pytest.raises(ZeroDivisionError), book_style():
        raise ZeroDivisionError
    assert rcParams.copy() == before


def test_a_block_while_a_page_draws(shown):
    """An interactive figure drawn anew between `subplots` and `show` of another."""
    dark()
    before = rcParams.copy()
    fig, ax = subplots()
    with book_style():
        other, _ = subplots()
        plt.close(other)
    ax.plot([0, 1])
    assert ax.text(0, 0, "after it").get_color() == "black"
    show(fig, alt="a text that was written late")
    assert rcParams.copy() == before


def test_backend_stays():
    with book_style():
        assert matplotlib.get_backend().lower() == "agg"


def test_colors_of_quantities_are_the_books():
    assert set(COLOR.values()) == set(COLORS)
    alone = {k: v for k, v in COLOR.items() if k != "target"}  # the loss measures to it
    assert len(set(alone.values())) == len(alone)


@pytest.fixture
def shown(monkeypatch):
    found = []
    monkeypatch.setattr(IPython.display, "display", lambda *a, **k: found.append(a))
    return found
