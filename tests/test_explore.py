"""explore: its controls, its errors, what it stores, and what it does in a live kernel."""

import base64
import functools
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import time
import warnings
import zlib
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

import d2lutil
from d2lutil import explore, log_range, subplots

module = sys.modules["d2lutil.explore"]


def wave(a=1.0, b=2, kind="sine", grid=True):
    """A wave whose height and frequency are set by the controls."""
    _, ax = subplots(size=(4, 3))
    x = np.linspace(0, 6, 50)
    ax.plot(x, a * (np.sin if kind == "sine" else np.cos)(b * x), label=f"b = {b}")
    ax.set(xlabel="time", ylabel="height", ylim=(-2, 2), title=f"a = {a:g}")
    ax.grid(grid)
    ax.legend()


@pytest.fixture(autouse=True)
def no_figure_is_left_open():
    plt.close("all")
    yield
    assert plt.get_fignums() == []


@pytest.fixture
def stored(monkeypatch):
    """Call explore as a page that is stored does; gives the output's data."""
    monkeypatch.setenv("D2LUTIL_EXPLORE", "stored")
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **options: shown.append(data))

    def call(draw, **options):
        shown.clear()
        assert explore(draw, **options) is None
        assert len(shown) == 1
        return shown[0]

    return call


def spec_of(page: str) -> dict:
    text = re.search(r"^\}\)\((\{.*\}), document\.currentScript\);$", page, re.MULTILINE)[1]
    return json.loads(text.replace("<\\/", "</"))


def frames_of(page: str) -> list[str]:
    """The frames as explore.js puts them together."""
    table, _, orders = zlib.decompress(base64.b64decode(spec_of(page)["data"])).decode().partition("\n\n")
    lines = table.split("\n")
    return ["\n".join(lines[int(n)] for n in order.split(" ")) for order in orders.split("\n")]


def first_frame_of(page: str) -> str:
    return base64.b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', page)[1]).decode()


def figure(draw=wave, **controls):
    made = module._Figure(draw, controls, {}, {}, False, None)
    made.set_stops({})
    return made


# ---------------------------------------------------------------- imports


def test_import_loads_neither_matplotlib_nor_widgets():
    code = ("import sys, d2lutil; "
            "print([m for m in ('matplotlib', 'IPython', 'ipywidgets', 'tqdm.auto') if m in sys.modules])")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_help_tells_all_options():
    for option in ("stops", "play", "defaults", "labels", "photo", "size", "log_range", "docstring"):
        assert option in explore.__doc__


# ---------------------------------------------------------------- controls


def test_range_includes_its_stop_and_is_free_of_rounding_errors():
    c = module._control("a", (0, 0.3, 0.1))
    assert c.values == [0, 0.1, 0.2, 0.3]
    assert c.texts == ["0.0", "0.1", "0.2", "0.3"]


def test_range_of_whole_numbers_gives_ints():
    c = module._control("n", (1, 9, 2))
    assert c.values == [1, 3, 5, 7, 9]
    assert all(type(v) is int for v in c.values)


def test_range_may_go_down():
    assert module._control("a", (1, 0, -0.25)).values == [1, 0.75, 0.5, 0.25, 0]


@pytest.mark.parametrize("given", [[1, 2, 4], range(1, 4), np.array([0.1, 1.0]), torch.tensor([1.0, 2.0])])
def test_numbers_become_plain_values(given):
    c = module._control("a", given)
    assert c.kind == "slider"
    assert all(type(v) in (int, float) for v in c.values)


def test_words_and_booleans():
    assert module._control("kind", ["a", "b"]).kind == "choice"
    assert module._control("kind", ("a", "b")).kind == "choice"
    c = module._control("flag", True)
    assert (c.kind, c.values, c.start) == ("check", [False, True], 1)


def test_log_range():
    assert log_range(1e-3, 1, per_decade=2) == [0.001, 0.00316, 0.01, 0.0316, 0.1, 0.316, 1.0]
    assert log_range(10, 0.1, per_decade=1) == [10, 1, 0.1]
    assert d2lutil.log_range is log_range
    for bad in ((0, 1, 2), (1, 1, 2), (-1, 1, 2), (1, 10, 0), (1, 10, 1.5)):
        with pytest.raises(ValueError, match="log_range"):
            log_range(*bad)


def test_defaults_come_from_the_signature_or_by_keyword():
    assert figure(a=(0, 2, 0.5)).first() == {"a": 1.0}
    made = module._Figure(wave, {"a": (0, 2, 0.5)}, {"a": 1.5}, {}, False, None)
    assert made.first() == {"a": 1.5}


def test_a_default_between_the_steps_of_a_range_becomes_one_of_its_values():
    c = figure(a=(0, 2, 0.8)).controls[0]
    assert c.values == [0, 0.8, 1.0, 1.6]
    assert c.values[c.start] == 1.0


def test_widgets_are_controls():
    w = pytest.importorskip("ipywidgets")
    for widget, values, start in (
        (w.IntSlider(value=2, min=1, max=3), [1, 2, 3], 1),
        (w.FloatSlider(value=0.5, min=0, max=1, step=0.5), [0, 0.5, 1], 1),
        (w.FloatLogSlider(value=1, min=-1, max=1, step=1), [0.1, 1, 10], 1),
        (w.SelectionSlider(options=[("one", 1), ("two", 2)], value=2), [1, 2], 1),
        (w.Dropdown(options=["sine", "cosine"]), ["sine", "cosine"], 0),
        (w.Checkbox(value=True), [False, True], 1),
    ):
        c = module._control("a", widget)
        assert (c.values, c.start) == (values, start), widget


# ---------------------------------------------------------------- bad input


def empty(a=1):
    """A figure on which nothing is drawn."""
    subplots()


def none(a=1):
    """A figure that is not even made."""


def shown(a=1):
    """A figure that the author has shown and closed."""
    subplots()
    plt.close("all")


def two(a=1):
    """Two figures where there should be one."""
    for _ in range(2):
        subplots()[1].plot([1, 2])


def fails(a=1.0, b=2):
    """A figure that fails in a corner."""
    subplots()[1].plot([1 / (2 - a), b])


def warns(a=1.0):
    """A figure that takes the logarithm of zero."""
    subplots()[1].plot(np.log([a, 1.0]))


def prints(a=1):
    """A figure that prints something too."""
    print("loss", a)
    subplots()[1].plot([1, 2])


def undocumented(a=1):
    subplots()[1].plot([1, a])


def needs(a, b):
    """A figure with a parameter that has no value."""
    subplots()[1].plot([a, b])


def grows(a=1):
    """A figure whose size depends on the control."""
    subplots(size=(3 + a, 3))[1].plot([1, 2])


def changes(a=1, kept=[]):  # noqa: B006
    """A figure that remembers earlier calls."""
    kept.append(a)
    subplots()[1].plot([1, len(kept)])


BAD = [
    (wave, {}, "no control given.*a, b, kind, grid"),
    (wave, {"a": (0, 1, 0.1), "b": [1, 2], "kind": ["sine", "cos"], "grid": True}, "4 controls.*three are the most"),
    (wave, {"c": (0, 1, 0.1)}, "'c' is not a parameter of wave.*a, b"),
    (wave, {"a": []}, "'a'.*without values.*two or more"),
    (wave, {"a": [1.0]}, "'a'.*one value"),
    (wave, {"a": (0, 1, 0)}, "'a'.*step is zero.*positive step"),
    (wave, {"a": (0, 2, -0.1)}, r"'a'.*away from stop; use \(0, 2, 0.1\)"),
    (wave, {"a": (0, 0.5, 0.7)}, "'a'.*larger than the range"),
    (wave, {"a": (1, 1, 0.1)}, "'a'.*one value"),
    (wave, {"a": (0, 1)}, r"'a'.*\(start, stop, step\)"),
    (wave, {"a": (0, 1, 2, 3)}, r"'a'.*give a list: \[0, 1, 2, 3\]"),
    (wave, {"a": (0, float("inf"), 1)}, "'a'.*finite"),
    (wave, {"a": [1, float("nan")]}, "'a'.*finite"),
    (wave, {"a": (0, 100, 0.001)}, "'a'.*larger step"),
    (wave, {"a": [1, "x"]}, "'a'.*all numbers or all words"),
    (wave, {"a": [1, 1.0]}, "'a'.*twice"),
    (wave, {"a": 3}, "'a' is 3; give a range"),
    (wave, {"a": "sine"}, "'a' is 'sine'; give a range"),
    (wave, {"a": {"x": 1}}, "'a'.*give a range"),
    (wave, {"a": np.zeros((2, 2))}, r"'a' has shape \(2, 2\)"),
    (wave, {"a": (2, 5, 1)}, "default of control 'a' is 1.0, outside its range 2 to 5"),
    (wave, {"a": [0.1, 0.5]}, "default of control 'a' is 1.0.*not one of its values 0.1, 0.5"),
    (wave, {"kind": ["cos", "tan"]}, "default of control 'kind' is 'sine'"),
    (wave, {"grid": False}, "control 'grid' is False and wave's default is True"),
    (wave, {"a": [1.0, 2.0], "defaults": {"b": 3}}, "defaults names 'b'.*no control"),
    (wave, {"a": [1.0, 2.0], "labels": {"b": "x"}}, "labels names 'b'.*no control"),
    (wave, {"a": [1.0, 2.0], "play": "b"}, "play='b' names no control"),
    (wave, {"kind": ["sine", "cos"], "play": "kind"}, "play='kind'.*slider"),
    (wave, {"a": (0, 1, 0.1), "stops": {"b": [1]}}, "stops names 'b'"),
    (wave, {"a": (0, 2, 0.1), "stops": {"a": [0, 2]}}, "stops of control 'a' leave out its default 1.0"),
    (wave, {"a": (0, 2, 0.1), "stops": {"a": [1.0]}}, "stops of control 'a' are one value"),
    (wave, {"a": (0, 2, 0.1), "stops": {"a": []}}, "stops of control 'a' are empty"),
    (wave, {"a": (0, 2, 0.1), "stops": {"a": [1.0, 7]}}, "stop 7 of control 'a'"),
    (wave, {"a": [i / 8 for i in range(12)], "b": list(range(12))},
     r"12 \(a\) x 12 \(b\) = 144 frames.*64 are the most; give control 'a' at most 5 stops instead of 12"),
    (undocumented, {"a": [1, 2]}, "undocumented needs a docstring"),
    (needs, {"a": [1, 2]}, "parameter 'b' has neither a control nor a default"),
    (empty, {"a": [1, 2]}, "empty failed at a = 1: .*drew nothing"),
    (none, {"a": [1, 2]}, "none left no figure.*subplots"),
    (shown, {"a": [1, 2]}, "shown left no figure.*neither show"),
    (two, {"a": [1, 2]}, "two made 2 figures"),
    (fails, {"a": (0, 2, 0.5), "b": [1, 2]}, "fails failed at a = 2.0, b = 1: ZeroDivisionError"),
    (warns, {"a": (0, 1, 0.25)}, "warns failed at a = 0.0: RuntimeWarning: divide by zero"),
    (prints, {"a": [1, 2]}, "prints printed 'loss 1'.*title"),
    (None, {"a": [1, 2]}, "must be a function"),
]


@pytest.mark.parametrize(("draw", "options", "message"), BAD,
                         ids=[f"{getattr(d, '__name__', d)}-{i}" for i, (d, *_) in enumerate(BAD)])
def test_bad_input_is_an_error_that_names_the_control_and_the_remedy(draw, options, message, monkeypatch):
    monkeypatch.setenv("D2LUTIL_EXPLORE", "check")
    with pytest.raises((ValueError, TypeError), match=f"(?s)explore: .*{message}"):
        explore(draw, **options)


def test_frames_must_be_alike(stored):
    with pytest.raises(ValueError, match="grows makes a figure of .* at a = 2 .*one size"):
        stored(grows, a=[1, 2])
    with pytest.raises(ValueError, match="changes drew two different figures at a = 1"):
        stored(changes, a=[1, 2])


def test_a_heavy_figure_is_refused_with_what_to_cut(stored):
    def noise(a=1):
        """Noise that does not compress and has too many points."""
        _, ax = subplots()
        ax.plot(np.random.default_rng(a).normal(size=6000), linewidth=0.2)

    with pytest.raises(ValueError, match=r"noise is \d+ KB gzipped, and 150 KB are the most. It has 12 frames: "
                                         r"name at most \d+ with stops=, or draw fewer points"):
        stored(noise, a=list(range(1, 13)))


def test_images_have_a_smaller_budget_of_frames(stored):
    def picture(a=1, b=1):
        """A small heat map of one number."""
        subplots()[1].imshow(np.full((2, 2), a + b))

    with pytest.raises(ValueError, match="49 frames to store, and 40 are the most for figures with images"):
        stored(picture, a=list(range(1, 8)), b=list(range(1, 8)))


def test_an_unknown_mode_is_an_error(monkeypatch):
    monkeypatch.setenv("D2LUTIL_EXPLORE", "static")
    with pytest.raises(ValueError, match="live, stored, check"):
        explore(wave, a=[1.0, 2.0])


# ---------------------------------------------------------------- check


def test_check_draws_the_first_and_the_corner_frames_and_shows_nothing(monkeypatch, capsys):
    monkeypatch.setenv("D2LUTIL_EXPLORE", "check")
    drawn = []

    def draw(a=0.5, kind="y"):
        """A line that notes how it was called."""
        drawn.append((a, kind))
        subplots()[1].plot([0, a])

    monkeypatch.setattr("IPython.display.display", lambda *a, **k: pytest.fail("something was shown"))
    explore(draw, a=(0, 1, 0.1), kind=["x", "y", "z"])
    assert drawn == [(0.5, "y"), (0.0, "x"), (0.0, "z"), (1.0, "x"), (1.0, "z")]
    assert capsys.readouterr().out == ""


def test_drawing_leaves_the_random_streams_alone(monkeypatch):
    monkeypatch.setenv("D2LUTIL_EXPLORE", "check")

    def draw(a=1):
        """A line through random places."""
        subplots()[1].plot(np.random.rand(3) + torch.rand(3).numpy())

    d2lutil.seed(3)
    want = np.random.rand(), torch.rand(1)
    d2lutil.seed(3)
    explore(draw, a=[1, 2])
    assert (np.random.rand(), torch.rand(1)) == want


# ---------------------------------------------------------------- stored


def test_stored_output_is_html_and_text_alone(stored):
    data = stored(wave, a=(0, 2, 0.5))
    assert sorted(data) == ["text/html", "text/plain"]
    assert data["text/plain"] == "Interactive figure: A wave whose height and frequency are set by the controls."
    page = data["text/html"]
    assert 'type="range"' in page
    assert 'alt="A wave whose height' in page
    assert "http" not in re.sub(r"http://www\.w3\.org/[\w/]+", "", page)  # names of SVG, never fetched
    outside = re.sub(r"<script>.*</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<(input|select|button|output)", outside), "controls must not show where no script runs"


def test_stored_frames_are_all_there_and_hold_their_labels(stored):
    page = stored(wave, a=(0, 2, 0.5), kind=["sine", "cosine"], labels={"a": "height"}, play="a")["text/html"]
    spec, frames = spec_of(page), frames_of(page)
    assert [c["label"] for c in spec["controls"]] == ["height", "kind"]
    assert [c["texts"] for c in spec["controls"]] == [["0.0", "0.5", "1.0", "1.5", "2.0"], ["sine", "cosine"]]
    assert [c["start"] for c in spec["controls"]] == [2, 0]
    assert [c["play"] for c in spec["controls"]] == [True, False]
    assert len(frames) == 10
    assert len(set(frames)) == 9  # a wave of height 0 is a wave of height 0
    assert frames[4] == first_frame_of(page)
    for frame, a in zip(frames, np.repeat([0, 0.5, 1, 1.5, 2], 2)):
        for label in ("time", "height", f"a = {a:g}", "b = 2"):
            assert f"<!-- {label} -->" in frame
        glyphs = set(re.findall(r'<path id="(DejaVuSans-[^"]+)"', frame))
        used = set(re.findall(r'<use xlink:href="#(DejaVuSans-[^"]+)"', frame))
        assert used
        assert used <= glyphs
        scales = re.findall(r"scale\(([-\d.]+)", frame)
        assert scales
        assert all(float(s) != 0 for s in scales), "glyphs scaled to nothing"


def test_stored_bytes_are_stable(stored):
    once = stored(wave, a=(0, 2, 0.5), b=[1, 2])["text/html"]
    assert stored(wave, a=(0, 2, 0.5), b=[1, 2])["text/html"] == once
    code = ("import os; os.environ['D2LUTIL_EXPLORE'] = 'stored'; import sys; sys.path.insert(0, 'tests')\n"
            "import IPython.display, test_explore as t, hashlib\n"
            "IPython.display.display = lambda d, **k: print(hashlib.sha256(d['text/html'].encode()).hexdigest())\n"
            "t.explore(t.wave, a=(0, 2, 0.5), b=[1, 2])")
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                           cwd=Path(__file__).parent.parent)
    assert again.stdout.strip() == hashlib.sha256(once.encode()).hexdigest(), again.stderr


def test_ranges_are_thinned_with_the_default_and_the_ends_kept():
    a, b = figure(a=(0, 2, 0.01), b=[1, 2, 3]).controls
    assert len(b.stops) == 3
    assert len(a.stops) == 21
    assert {0, 1, 2} <= {a.values[i] for i in a.stops}
    a, b = figure(a=(0, 2, 0.01), b=(1, 100, 1)).controls
    assert len(a.stops) == len(b.stops) == 8
    assert b.values[b.start] == 2
    assert b.start in b.stops
    assert module._thin(100, 3, 90) == [0, 90, 99]
    assert module._thin(100, 3, 0) == [0, 50, 99]


def test_named_stops(stored):
    page = stored(wave, a=(0, 2, 0.1), stops={"a": [0, 0.25, 1, 2]})["text/html"]
    assert spec_of(page)["controls"][0]["texts"] == ["0.0", "0.25", "1.0", "2.0"]
    assert spec_of(page)["controls"][0]["start"] == 2


@pytest.mark.parametrize("parameter", ["ax", "fig"])
def test_draw_may_be_given_its_axes_or_figure(stored, parameter):
    if parameter == "ax":
        def draw(ax, a=1):
            """A line on axes that explore has made."""
            ax.plot([0, a])
    else:
        def draw(a=1, fig=None):
            """A line on a figure that explore has made."""
            fig.subplots().plot([0, a])

    page = stored(draw, a=[1, 2], size=(3, 2))["text/html"]
    assert 'width="216" height="144"' in page


def test_awkward_words_are_escaped(stored):
    def draw(kind="</script><b>"):
        """A figure with "quotes" & <tags> in its alt text."""
        subplots()[1].plot([1, 2])
        plt.title(kind)

    page = stored(draw, kind=["</script><b>", "é"])["text/html"]
    assert page.count("</script>") == 1
    assert spec_of(page)["controls"][0]["texts"] == ["</script><b>", "é"]
    assert 'alt="A figure with &quot;quotes&quot; &amp; &lt;tags&gt; in its alt text."' in page


def test_partial_functions_keep_their_docstring_and_plt_show_does_no_harm(stored):
    def draw(a=1, scale=1.0):
        """A line that is scaled by a factor."""
        plt.plot([0, a * scale])
        plt.show()

    page = stored(functools.partial(draw, scale=2.0), a=[1, 2])["text/html"]
    assert 'alt="A line that is scaled by a factor."' in page


def test_a_description_may_run_over_lines_up_to_an_empty_one(stored):
    def draw(a=1):
        """A line that goes up
        and then down again.

        What authors should know.
        """
        plt.plot([0, a, 0])

    assert 'alt="A line that goes up and then down again."' in stored(draw, a=[1, 2])["text/html"]


def test_unseeded_random_numbers_are_an_error(stored):
    def draw(a=1):
        """A figure of unseeded random numbers."""
        plt.plot(np.random.default_rng().normal(size=3))

    with pytest.raises(ValueError, match="drew two different figures at a = 1; seed its random numbers"):
        stored(draw, a=[1, 2])


def test_times_are_noted_for_the_runner(stored, tmp_path, monkeypatch):
    monkeypatch.setenv("D2LUTIL_EXPLORE_TIMES", str(tmp_path / "times"))
    page = stored(wave, a=[1.0, 2.0])["text/html"]
    stored(wave, a=[1.0, 2.0])
    notes = [json.loads(line) for line in (tmp_path / "times").read_text().splitlines()]
    assert len(notes) == 2
    assert notes[0]["frames"] == 2
    assert notes[0]["seconds"] > 0
    assert notes[0]["bytes_gz"] == len(gzip.compress(page.encode(), 9, mtime=0))


# ---------------------------------------------------------------- the reduced SVG


def test_short_paths_draw_the_same():
    d = "M 57.6 307.584 \nL 60.123 300.5 \nQ 1 2 3 4 \nC 1 2 3 4 -5.5 6.25 \nz \nM 0.004 0 \nL 0.5 -0.5 \nL 0.5 -0.5"
    assert module._short_path(d) == "M57.6 307.58l2.52-7.08q-59.12-298.5-57.12-296.5c-2-2 0 0-8.5 2.25zM0 0l.5-.5 0 0"


def test_errors_of_rounding_do_not_add_up():
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 400, size=(500, 2))
    d = "M " + " L ".join(f"{x:.6f} {y:.6f}" for x, y in points)
    steps = re.findall(r"-?\d*\.?\d+", module._short_path(d))
    back = np.cumsum(np.array([float(s) for s in steps]).reshape(-1, 2), axis=0)
    assert np.abs(back - points).max() < 0.0051


@pytest.mark.parametrize("photo", [False, True])
def test_images_shrink_and_stay_right(photo):
    rng = np.random.default_rng(0)
    pixels = np.repeat(np.repeat(rng.integers(0, 255, (8, 8, 1), dtype=np.uint8), 4, 0), 4, 1).repeat(3, 2)
    raw = io.BytesIO()
    Image.fromarray(pixels).convert("RGBA").save(raw, "PNG", compress_level=0)
    small = module._small_image(base64.b64encode(raw.getvalue()).decode(), photo)
    data = base64.b64decode(small.partition(",")[2])
    assert len(data) < len(raw.getvalue()) / 4
    back = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert np.abs(back - pixels).mean() < (6 if photo else 1e-9)


# ---------------------------------------------------------------- live


@pytest.fixture
def live(monkeypatch):
    """The widgets that a live kernel would show, by name, the picture and the reset button."""
    w = pytest.importorskip("ipywidgets")

    def call(draw, **options):
        made = module._Figure(draw, {k: v for k, v in options.items() if k != "play"}, {}, {}, False, None)
        if "play" in options:
            made.control(options["play"]).play = True
        box = module._panel(made, w, module._live_picture(made, made.first()))
        bar, picture = box.children
        return {c.description or type(c).__name__: c for c in bar.children}, picture

    return call


def test_live_moves_and_resets(live):
    widgets, picture = live(wave, a=(0, 2, 0.5), kind=["sine", "cosine"], grid=True)
    first = picture.value
    assert "A wave whose height" in first
    widgets["a"].value = 2.0
    second = picture.value
    assert second != first
    assert "a: 2" in second
    widgets["kind"].value = "cosine"
    widgets["grid"].value = False
    assert picture.value not in (first, second)
    widgets["Reset"].click()
    assert picture.value == first
    assert widgets["a"].value == 1.0


def test_live_errors_show_in_place_and_the_next_move_recovers(live):
    widgets, picture = live(fails, a=(0, 2, 0.5))
    widgets["a"].value = 2.0
    assert "ZeroDivisionError" in picture.value
    assert "fails failed at a = 2.0" in picture.value
    widgets["a"].value = 1.5
    assert "<img" in picture.value


def test_live_allows_warnings_and_prints(live, capsys):
    widgets, picture = live(prints, a=[1, 2])
    assert "<img" in picture.value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        widgets, picture = live(warns, a=(0, 1, 0.5))
        widgets["a"].value = 0.0
    assert "<img" in picture.value


def test_live_draws_once_for_what_did_not_change(live):
    calls = []

    def draw(a=1, b=1):
        """A line that counts how often it is drawn."""
        calls.append((a, b))
        subplots()[1].plot([a, b])

    widgets, _ = live(draw, a=[1, 2], b=[1, 2], play="a")
    assert "Play" in widgets
    widgets["Reset"].click()
    assert calls == [(1, 1)]
    widgets["b"].value = 2
    assert calls == [(1, 1), (1, 2)]


def test_live_takes_the_authors_own_widget(live):
    w = pytest.importorskip("ipywidgets")
    slider = w.FloatSlider(value=1.0, min=0, max=2, step=0.5, description="height")
    widgets, picture = live(wave, a=slider)
    assert widgets["height"] is slider
    before = picture.value
    slider.value = 2.0
    assert picture.value != before


def test_a_live_move_is_quick(live):
    widgets, _ = live(wave, a=(0, 2, 0.1))
    seconds = []
    for a in (0.5, 1.5, 0.2):
        start = time.perf_counter()
        widgets["a"].value = a
        seconds.append(time.perf_counter() - start)
    print(f"a live move of a line figure takes {min(seconds) * 1000:.0f} ms")
    assert min(seconds) < 0.5  # 0.15 is the aim; a busy machine must not fail the tests


def test_without_a_notebook_the_first_frame_is_drawn_and_nothing_shown(monkeypatch, capsys):
    monkeypatch.delenv("D2LUTIL_EXPLORE", raising=False)
    explore(wave, a=(0, 2, 0.5))
    assert capsys.readouterr().out == ""
    with pytest.raises(ValueError, match="fails failed at a = 2:"):
        explore(fails, a=(0, 2, 1), defaults={"a": 2})
