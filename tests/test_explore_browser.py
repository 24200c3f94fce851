"""Stored interactive figures in a real browser, from a bare file and on the built site.

Budgets, the frames themselves, keyboard, pointer, touch, screen reader, play, squares,
questions, reset, dark mode, narrow screens, print, no JavaScript.
"""

import base64
import contextlib
import gzip
import io
import math
import re
import statistics
import urllib.parse
import xml.etree.ElementTree as ET
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pytest
from browser import HTML, ROOT, build_site, launch, watched
from figures import bare, call_of, frames_of, number, spec_of, stored, stored_figures
from PIL import Image

MAX_FIGURE, MAX_PAGE = 150_000, 300_000  # bytes, gzipped


NOTEBOOKS = [
    p for p in sorted((ROOT / "chapters").glob("*/*.ipynb")) if stored_figures(p)
]
pages = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=[f"{p.parent.name}/{p.stem}" for p in NOTEBOOKS]
)

pytestmark = pytest.mark.browser


def labels_of(svg: str) -> list[str]:
    """The texts of a frame, each seen to have glyphs that exist and have a size."""
    root = ET.fromstring(
        svg, parser=ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))
    )
    names = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}"
    glyphs = {e.get("id") for e in root.iter(f"{names[0]}path") if e.get("id")}
    labels = []
    for group in root.iter(f"{names[0]}g"):
        parts = list(group)
        if not parts or parts[0].tag is not ET.Comment:
            continue
        used = [e for part in parts[1:] for e in part.iter(f"{names[0]}use")]
        if not used:
            continue
        text = parts[0].text.strip()
        assert all(e.get(f"{names[1]}href").lstrip("#") in glyphs for e in used), (
            f"glyphs of {text!r} are missing"
        )
        scales = re.findall(
            r"scale\((-?[\d.]+)", " ".join(e.get("transform", "") for e in group.iter())
        )
        assert scales, f"{text!r} has no scale"
        assert all(float(s) for s in scales), f"{text!r} is scaled to nothing"
        labels.append(text)
    return labels


@pytest.fixture(scope="module")
def browser():
    with launch() as chromium:
        yield chromium


# ---------------------------------------------------------------- what is stored


@pages
def test_budgets(path):
    sizes = {
        spec_of(html)["alt"]: len(gzip.compress(html.encode(), 9))
        for html in stored_figures(path)
    }
    for alt, size in sizes.items():
        assert size <= MAX_FIGURE, (
            f"{path.name}: {alt!r} is {size // 1000} KB gzipped, "
            f"and {MAX_FIGURE // 1000} KB are "
            "the most: name fewer stops, or draw fewer points or pixels"
        )
    assert sum(sizes.values()) <= MAX_PAGE, (
        f"{path.name}: its interactive figures are {sum(sizes.values()) // 1000} KB "
        f"gzipped together, and {MAX_PAGE // 1000} KB are the most; cut stops of the "
        f"largest, {max(sizes, key=sizes.get)!r}"
    )


@pages
def test_labels_stand_in_every_frame(path):
    for html in stored_figures(path):
        spec = spec_of(html)
        if "data" not in spec:
            continue
        frames = frames_of(spec)
        counts = [len(c["texts"]) for c in spec["controls"]]
        assert len(frames) == math.prod(counts)
        first = frames[number(spec, [c["start"] for c in spec["controls"]])]
        axes = [label for label in labels_of(first) if not re.search(r"\d", label)]
        for frame in frames:
            labels = labels_of(frame)
            assert bool(labels) == bool(labels_of(first)), (
                f"{spec['alt']!r}: a frame has lost its labels"
            )
            # A diagram may show another part for another choice, and keeps a third.
            assert len([a for a in axes if a in labels]) >= len(axes) / 3, (
                f"{spec['alt']!r}: a frame has lost labels"
            )


# ---------------------------------------------------------------- every figure, moved


def frame_number(figure) -> int | None:
    text = figure.get_attribute("data-frame")
    return None if text is None else int(text)


def wait_for_frame(page, figure, k) -> None:
    page.wait_for_function(
        "([e, k]) => e.dataset.frame === String(k)",
        arg=[figure.element_handle(), k],
        timeout=5000,
    )


def picture(figure) -> str:
    """The SVG that stands there now, seen to be painted."""
    image = figure.locator("img.d2l-first:visible, img.d2l-now:visible")  # no pad's
    assert image.count() == 1
    assert image.evaluate("e => e.complete && e.naturalWidth > 0"), (
        "the picture is broken"
    )
    kind, _, data = image.get_attribute("src").partition(",")
    return (
        base64.b64decode(data).decode()
        if "base64" in kind
        else urllib.parse.unquote(data)
    )


def answer(figure) -> None:
    """Get past the question, if there is one."""
    button = figure.get_by_role("button", name="Show me")
    if button.count():
        button.click()


def check_every_control(page, figure, spec) -> None:
    """Move each control by keyboard and by pointer, and back with the button."""
    if "curves" in spec:
        return check_every_curve(page, figure, spec)
    frames = frames_of(spec) if "data" in spec else None
    start = [c["start"] for c in spec["controls"]]
    if frames:
        assert picture(figure) == frames[number(spec, start)]
    answer(figure)
    sliders = figure.locator('input[type="range"]')
    which = 0
    for i, control in enumerate(spec["controls"]):
        n, here = len(control["texts"]), control["start"]
        moved = [*start]
        if control["kind"] == "slider":
            slider = sliders.nth(which)
            which += 1
            assert slider.get_attribute("aria-label") == control["label"]
            assert slider.get_attribute("aria-valuetext") == control["texts"][here]
            slider.focus()
            moved[i] = here + 1 if here + 1 < n else here - 1
            up = i in spec.get("square", ())[1:]
            keys = ("ArrowUp", "ArrowDown") if up else ("ArrowRight", "ArrowLeft")
            page.keyboard.press(keys[here + 1 == n])
            assert slider.get_attribute("aria-valuetext") == control["texts"][moved[i]]
            settle(page, figure, spec, frames, moved)
            for key, place in (("Home", 0), ("End", n - 1)):
                moved[i] = place
                page.keyboard.press(key)
                settle(page, figure, spec, frames, moved)
            if i in spec.get("square", ()):
                figure.get_by_role("button", name="Reset").click()
                settle(page, figure, spec, frames, start)
                continue
            box = (
                slider.bounding_box()
            )  # the pointer takes it from the end to the start
            page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
            page.mouse.down()
            page.mouse.move(
                box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3
            )
            page.mouse.move(box["x"] - 5, box["y"] + box["height"] / 2, steps=3)
            page.mouse.up()
            moved[i] = 0
            settle(page, figure, spec, frames, moved)
            assert slider.get_attribute("aria-valuetext") == control["texts"][0]
        else:
            moved[i] = (here + 1) % n
            text = control["texts"][moved[i]]
            if control["kind"] == "menu":
                menu = figure.get_by_role("combobox", name=control["label"], exact=True)
                menu.select_option(label=text)
            elif control["kind"] == "choice":
                figure.get_by_role(
                    "radiogroup", name=control["label"], exact=True
                ).get_by_label(text, exact=True).check()
            else:
                figure.get_by_role(
                    "checkbox", name=control["label"], exact=True
                ).click()
            settle(page, figure, spec, frames, moved)
        assert control["texts"][moved[i]] in figure.locator(
            "img:visible"
        ).get_attribute("alt")
        figure.get_by_role("button", name="Reset").click()
        settle(page, figure, spec, frames, start)


def check_every_curve(page, figure, spec) -> None:
    """Check each name: a line comes, and its sliders, each of which moves it."""
    names, *sliders = spec["controls"]
    start = [c["start"] for c in spec["controls"]]
    settle(page, figure, spec, None, start)
    assert picture(figure).count("<polyline") == names["start"].bit_count()
    for k, name in enumerate(names["texts"]):
        figure.get_by_label(name, exact=True).set_checked(True)
        start[0] |= 1 << k
        settle(page, figure, spec, None, start)
        own = [(i, c) for i, c in enumerate(sliders, 1) if c["of"] == k]
        for i, control in own:
            slider = figure.get_by_role("slider", name=control["label"], exact=True)
            before, moved = picture(figure), [*start]
            slider.press("Home" if control["start"] else "End")
            moved[i] = 0 if control["start"] else len(control["texts"]) - 1
            settle(page, figure, spec, None, moved)
            assert picture(figure) != before
            assert picture(figure).count("<polyline") == start[0].bit_count()
            start = moved
    start = [c["start"] for c in spec["controls"]]
    figure.get_by_role("button", name="Reset").click()
    settle(page, figure, spec, None, start)


def settle(page, figure, spec, frames, at) -> None:
    k = number(spec, at)
    wait_for_frame(page, figure, k)
    if frames:
        assert picture(figure) == frames[k]


REPAINT = """async (figure) => {
  const slider = figure.querySelector('input[type="range"]');
  if (!slider) return [];
  const times = [], n = Number(slider.max) + 1, home = slider.value;
  for (let k = 0; k < 14; k++) {
    const now = figure.querySelector('.d2l-now');
    const painted = new Promise(done => now.addEventListener(
      'load', () => requestAnimationFrame(() => done()), {once: true}));
    const start = performance.now();
    slider.value = (Number(slider.value) + 1) % n;
    slider.dispatchEvent(new Event('input', {bubbles: true}));
    await painted;
    times.push(performance.now() - start);
  }
  slider.value = home;
  slider.dispatchEvent(new Event('input', {bubbles: true}));
  return times;
}"""


def move_all(page, path, capsys) -> None:
    specs = [spec_of(html) for html in stored_figures(path)]
    figures = page.locator(".d2l-explore")
    assert figures.count() == len(specs)
    times = []
    for i, spec in enumerate(specs):
        figure = figures.nth(i)
        figure.scroll_into_view_if_needed()
        assert f"d2l-explore-{spec['id']}" in figure.get_attribute("class")
        check_every_control(page, figure, spec)
        times += figure.evaluate(REPAINT)
    if times:
        with capsys.disabled():
            print(
                f"\n  {path.parent.name}/{path.stem}: a move is painted within "
                f"{statistics.median(times):.0f} ms "
                f"(median of {len(times)})",
                end=" ",
            )


@pages
def test_every_figure_moves_in_a_bare_file(path, browser, tmp_path, capsys):
    with watched(browser, viewport={"width": 800, "height": 900}) as page:
        page.goto(bare(tmp_path, *stored_figures(path)))
        move_all(page, path, capsys)


def is_current(built: Path, path: Path) -> bool:
    """Whether the site's page holds the figures of the stored page, captions aside: the
    site numbers them."""
    if not built.exists():
        return False
    text = built.read_text(encoding="utf-8")
    return all(call_of(html) in text for html in stored_figures(path))


@pages
def test_every_figure_moves_on_the_site(path, browser, capsys):
    built = HTML / path.relative_to(ROOT).with_suffix(".html")
    if not is_current(built, path):
        build_site()
        assert is_current(built, path), (
            f"{built.relative_to(ROOT)} does not hold the figures of the stored page "
            "after "
            "building the site; is the page in _toc.yml?"
        )
    with watched(browser, viewport={"width": 1200, "height": 900}) as page:
        page.goto(built.as_uri())
        move_all(page, path, capsys)
        page.set_viewport_size({"width": 360, "height": 700})
        for figure in page.locator(".d2l-explore").all():
            assert figure.evaluate("e => e.scrollWidth <= e.clientWidth"), (
                "a figure overflows at 360 px"
            )


# ---------------------------------------------------------------- small figures


def wave(beta=0.5, n=3, shape="sine"):
    """A wave whose height and number of crests are set by the controls."""
    _, ax = plt.subplots(figsize=(5, 2))
    x = np.linspace(0, 6, 40)
    ax.plot(x, beta * (np.sin if shape == "sine" else np.cos)(n * x))
    ax.set(ylim=(-1, 1), title=f"height {beta:g}")


def spot(z1=0.0, z2=0.0):
    """An image of a bright spot that follows the point."""
    at = np.linspace(-2, 2, 16)
    return np.exp(-4 * (at[None] - z1) ** 2 - 4 * (at[::-1, None] - z2) ** 2)


QUESTION = {
    "question": "Which wave has more crests?",
    "options": ["the first", "the second"],
    "answer": "the second",
    "because": "It has n of them.",
}


@pytest.fixture(scope="module")
def html():
    """The stored figures that the tests below take apart, by name."""
    waves = {"beta": (0, 1, 0.125), "n": [1, 2, 3], "shape": ["sine", "cosine"]}
    labels = {"beta": "β, height", "n": "crests"}
    plane = {"z1": (-2, 2, 0.5), "z2": (-2, 2, 0.5), "square": ("z1", "z2")}
    beats = {"beta": (0, 1, 0.01), "play": "beta", "stops": {"beta": [0, 0.2, 0.5, 1]}}
    many = ["one", "two", "three", "four", "five"]
    made = {
        "wave": stored(wave, **waves, labels=labels, caption="Height and crests."),
        "play": stored(wave, **beats, fps=50),
        "square": stored(spot, **plane, labels={"z1": "z₁", "z2": "z₂"}),
        "choice": stored(wave, n=[1, 2, 3], ask=QUESTION),
        "free": stored(wave, n=[1, 2, 3], ask="How many crests?"),
        "both": stored(spot, **plane, ask={**QUESTION}, play="z1"),
        "menu": stored(wave, shape=["sine", *many]),
    }
    return {name: data["text/html"] for name, data in made.items()}


@pytest.fixture
def show(browser, html, tmp_path):
    """Open a page that holds these figures: ``with show("wave") as (page, figure)``."""

    @contextlib.contextmanager
    def opened(*names, **options):
        with watched(browser, **options) as page:
            page.goto(bare(tmp_path, *(html.get(name, name) for name in names)))
            if options.get("java_script_enabled", True):
                page.wait_for_selector("[data-ready]", timeout=5000)
            yield page, page.locator(".d2l-explore").first

    return opened


def at(figure) -> list[int]:
    """Where the sliders of a figure stand."""
    return [int(e.input_value()) for e in figure.locator('input[type="range"]').all()]


def test_all_small_figures_move(show, html):
    with show(*html) as (page, _):
        for figure, text in zip(page.locator(".d2l-explore").all(), html.values()):
            figure.scroll_into_view_if_needed()
            check_every_control(page, figure, spec_of(text))


def test_controls_stand_in_columns_with_reset_beside_them(show):
    with show("wave", viewport={"width": 1000, "height": 800}) as (_page, figure):
        names = [e.bounding_box() for e in figure.locator(".d2l-name").all()]
        assert [e.inner_text() for e in figure.locator(".d2l-name").all()] == [
            "β, height",
            "crests",
            "shape",
        ]
        sliders = [
            e.bounding_box() for e in figure.locator('input[type="range"]').all()
        ]
        assert len({box["x"] for box in names}) == 1
        assert len({box["x"] for box in sliders}) == 1
        grid = figure.locator(".d2l-grid").bounding_box()
        reset = figure.locator(".d2l-reset").bounding_box()
        assert grid["y"] <= reset["y"] <= grid["y"] + grid["height"]
        assert reset["x"] >= grid["x"] + grid["width"]
        assert figure.get_by_role("slider", name="β, height").count() == 1
        style = "e => getComputedStyle(e).fontVariantNumeric"
        assert figure.locator("output").first.evaluate(style) == "tabular-nums"
        assert figure.locator(".d2l-caption").inner_text() == "Height and crests."


@pytest.mark.parametrize("width", [390, 360])
def test_nothing_overflows_on_a_phone(show, html, width):
    phone = {"width": width, "height": 700}
    with show(*html, viewport=phone, has_touch=True, is_mobile=True) as (page, figure):
        for other in page.locator(".d2l-explore").all():
            answer(other)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for control in page.locator(".d2l-controls, .d2l-square").all():
            if box := control.bounding_box():
                assert box["x"] >= 0
                assert box["x"] + box["width"] <= width
        slider = figure.locator('input[type="range"]').first
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box["height"] >= 24  # room for a finger
        x, y = box["x"] + box["width"] - 2, box["y"] + box["height"] / 2
        page.touchscreen.tap(x, y)
        wait_for_frame(page, figure, number(spec_of(html["wave"]), [8, 2, 0]))


def test_without_javascript_the_first_frame_shows_and_no_controls(show):
    with show("wave", "square", "choice", java_script_enabled=False) as (page, _):
        assert page.locator("input, button, select, form").count() == 0
        assert page.locator("img:visible").count() == 3
        assert page.locator(".d2l-caption").is_visible()
        note = page.locator("noscript").first.inner_text()
        assert note.startswith("This figure has controls")


def test_print_shows_the_first_frame_and_no_controls(show):
    with show("wave", "square", "choice") as (page, figure):
        first = picture(figure)
        figure.locator('input[type="range"]').first.focus()
        page.keyboard.press("Home")
        page.wait_for_function("e => e.dataset.frame", arg=figure.element_handle())
        assert picture(figure) != first
        page.emulate_media(media="print")
        assert picture(figure) == first
        for part in (".d2l-controls", ".d2l-square", ".d2l-ask"):
            for e in page.locator(part).all():
                assert not e.is_visible(), part
        assert page.locator("img:visible").count() == 3


@pytest.mark.parametrize(
    "dark",
    [
        "document.documentElement.dataset.theme = 'dark'",
        "document.body.dataset.jpThemeLight = 'false'",
    ],
)
def test_dark_mode_inverts_figures_and_not_images(show, dark):
    with show("wave", "square") as (page, _figure):
        filters = """() => ["img", ".d2l-images .d2l-first", ".d2l-pad img"].map(
            e => getComputedStyle(document.querySelector(e)).filter)"""
        assert page.evaluate(filters) == ["none", "none", "none"]
        page.evaluate(dark)
        drawn, image, pad = page.evaluate(filters)
        assert "invert" in drawn
        assert image == "none"
        assert "invert" in pad


# ---------------------------------------------------------------- play


def test_play_keeps_the_time_and_skips_frames(show):
    """100 steps at 50 a second are 2 seconds, although 4 of them are stored."""
    with show("play") as (page, figure):
        figure.get_by_role("slider", name="β").focus()
        page.keyboard.press("Home")
        page.evaluate("""() => { window.seen = [];
          const slider = document.querySelector('input'), start = performance.now();
          (function look() { const k = Number(slider.value);
            if (!seen.length || seen.at(-1)[0] !== k)
              seen.push([k, performance.now() - start]);
            requestAnimationFrame(look); })(); }""")
        figure.get_by_role("button", name="Play β").click()
        figure.get_by_role("button", name="Pause β").wait_for()
        figure.get_by_role("button", name="Play β").wait_for(timeout=6000)
        seen = page.evaluate("window.seen")
        assert [k for k, _ in seen] == [0, 1, 2, 3]
        (_, one), (_, two), (_, three) = seen[1:]
        assert two - one == pytest.approx(600, abs=250)
        assert three - two == pytest.approx(1000, abs=250)


def test_play_pauses_and_yields_to_the_reader(show):
    with show("play") as (page, figure):
        slider = figure.locator('input[type="range"]')
        handle = slider.element_handle()
        figure.get_by_label("Speed").select_option("0.5×")
        slider.focus()
        page.keyboard.press("Home")
        figure.get_by_role("button", name="Play β").press("Space")
        page.wait_for_function("e => Number(e.value) === 1", arg=handle)
        figure.get_by_role("button", name="Pause β").press("Space")
        page.wait_for_timeout(1500)
        assert at(figure) == [1]
        figure.get_by_role("button", name="Play β").click()
        slider.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(700)
        assert at(figure) == [0]
        assert figure.get_by_role("button", name="Play β").is_visible()


def test_play_has_speed_and_loop_and_starts_by_hand_alone(show):
    with show("play", reduced_motion="reduce") as (page, figure):
        before = at(figure)
        page.wait_for_timeout(500)
        assert at(figure) == before
        slider = figure.locator('input[type="range"]').element_handle()
        figure.get_by_label("Speed").select_option("4×")
        figure.get_by_label("Loop").check()
        figure.get_by_role("button", name="Play β").click()
        for _ in range(2):  # it comes round again
            page.wait_for_function(
                "e => Number(e.value) === 3", arg=slider, timeout=4000
            )
            page.wait_for_function(
                "e => Number(e.value) === 0", arg=slider, timeout=4000
            )
        figure.get_by_role("button", name="Reset").click()
        page.wait_for_timeout(300)
        assert at(figure) == before
        assert figure.get_by_role("button", name="Play β").is_visible()


# ---------------------------------------------------------------- a square


def brightest(figure) -> tuple[float, float]:
    """Where the spot is in the picture that shows now, from 0 to 1."""
    src = figure.locator(".d2l-now").get_attribute("src")
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(src.partition(",")[2]))))
    high, wide = np.unravel_index(image[..., 0].argmax(), image.shape[:2])
    return wide / 15, 1 - high / 15


def test_a_point_is_dragged_in_a_square(show, html):
    spec = spec_of(html["square"])
    with show("square") as (page, figure):
        box = figure.locator(".d2l-pad").bounding_box()
        image = figure.locator(".d2l-first").bounding_box()
        assert image["x"] >= box["x"] + box["width"]  # beside each other
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        for u, v in ((0.6, 0.6), (0.9, 0.7), (0.95, 0.96), (1.4, 1.3)):
            x, y = box["x"] + u * box["width"], box["y"] + (1 - v) * box["height"]
            page.mouse.move(x, y, steps=3)
        wait_for_frame(page, figure, 80)  # it stays in the corner
        assert brightest(figure) == (1, 1)
        x, y = box["x"] + 0.28 * box["width"], box["y"] + 0.5 * box["height"]
        page.mouse.move(x, y, steps=4)
        wait_for_frame(page, figure, number(spec, [2, 4]))
        dot = figure.locator(".d2l-dot")
        assert dot.evaluate("e => parseFloat(e.style.left)") == pytest.approx(28, abs=1)
        page.mouse.up()  # it snaps to what is shown
        want = 100 * spec["controls"][0]["places"][2]
        assert dot.evaluate("e => parseFloat(e.style.left)") == pytest.approx(want)
        assert figure.locator(".d2l-across").inner_text() == "z₁ = −1.0 →"
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.wait_for_timeout(100)
        assert at(figure) == [2, 4]
        figure.get_by_role("button", name="Reset").click()
        wait_for_frame(page, figure, 40)


def test_a_square_works_by_keys_and_says_where_it_stands(show):
    with show("square") as (page, figure):
        across = figure.get_by_role("slider", name="z₁")
        up = figure.get_by_role("slider", name="z₂")
        pad = figure.get_by_role("group", name="z₁ and z₂")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert pad.locator(":focus").count() == 1
        for key in ("ArrowRight", "ArrowUp", "ArrowUp", "ArrowLeft", "ArrowLeft"):
            page.keyboard.press(key)
        assert at(figure) == [3, 6]
        assert across.get_attribute("aria-valuetext") == "−0.5"
        assert up.get_attribute("aria-valuetext") == "1.0"
        wait_for_frame(page, figure, 33)
        assert "z₁: −0.5, z₂: 1.0" in figure.locator(".d2l-now").get_attribute("alt")
        up.focus()
        page.keyboard.press("End")
        page.keyboard.press("ArrowUp")  # no further
        assert at(figure) == [3, 8]


def test_a_finger_drags_without_scrolling_the_page(show):
    phone = {"viewport": {"width": 390, "height": 700}, "has_touch": True}
    with show("square", **phone, is_mobile=True) as (page, figure):
        pad = figure.locator(".d2l-pad")
        assert pad.evaluate("e => getComputedStyle(e).touchAction") == "none"
        box, image = pad.bounding_box(), figure.locator(".d2l-first").bounding_box()
        assert image["y"] < box["y"] + box["height"] / 2  # both are seen at once
        page.touchscreen.tap(box["x"] + box["width"] - 8, box["y"] + box["height"] - 8)
        wait_for_frame(page, figure, 72)


# ---------------------------------------------------------------- a question


@pytest.mark.parametrize(
    ("option", "verdict"),
    [
        ("the second", "Your guess: the second. Right. It has n of them."),
        (
            "the first",
            "Your guess: the first. Not quite: it is “the second”. It has n of them.",
        ),
        (None, "It is “the second”. It has n of them."),
    ],
)
def test_a_guess_is_asked_for_and_answered(show, option, verdict):
    with show("choice") as (page, figure):
        assert figure.locator("img:visible").count() == 1
        assert not figure.locator(".d2l-controls").is_visible()
        assert figure.get_by_role("group", name=QUESTION["question"]).count() == 1
        page.keyboard.press("Tab")
        if option:
            page.keyboard.press("Space")
            if option == "the second":
                page.keyboard.press("ArrowDown")
            assert figure.get_by_label(option).is_checked()
        page.keyboard.press("Enter")
        status = figure.locator(".d2l-ask [role=status]")
        assert status.inner_text() == verdict
        assert status.evaluate("e => e === document.activeElement")
        assert figure.locator(".d2l-controls").is_visible()
        assert figure.get_by_text(QUESTION["question"]).is_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Home")
        wait_for_frame(page, figure, 0)


def test_a_free_guess(show):
    with show("free") as (page, figure):
        figure.get_by_label("Your guess").fill("  three <b> ")
        page.keyboard.press("Enter")
        assert (
            figure.locator(".d2l-ask [role=status]").inner_text()
            == "Your guess: three <b>."
        )
        assert figure.locator(".d2l-controls").is_visible()
    with show("free") as (page, figure):
        figure.get_by_role("button", name="Show me").click()
        assert page.evaluate("document.activeElement.type") == "range"


def test_a_question_hides_the_square(show):
    with show("both") as (_page, figure):
        assert not figure.locator(".d2l-square").is_visible()
        answer(figure)
        assert figure.locator(".d2l-square").is_visible()
        assert figure.get_by_role("button", name="Play z1").is_visible()


# ---------------------------------------------------------------- what must not happen


def test_one_figure_twice_on_a_page_moves_apart(show):
    with show("wave", "wave") as (page, _):
        one, two = page.locator(".d2l-explore").all()
        two.locator('input[type="range"]').first.focus()
        page.keyboard.press("End")
        page.wait_for_function("e => e.dataset.frame", arg=two.element_handle())
        assert frame_number(one) is None
        one.get_by_label("cosine", exact=True).check()
        assert two.get_by_label("sine", exact=True).is_checked()


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("choice", '"data": "'),
        ("wave", '"data": "'),
        ("square", '"sheet": "data:image/webp;base64,'),
    ],
)
def test_spoilt_frames_leave_the_first_picture_and_no_dead_controls(
    show, html, name, pattern
):
    spoilt = html[name].replace(pattern, pattern + "AAAA")
    with show(spoilt) as (page, _):
        page.wait_for_function(
            "!document.querySelector('.d2l-controls, .d2l-square, form')"
        )
        assert page.locator("img:visible").count() == 1


def test_moves_in_quick_succession_end_at_the_last(show, html):
    with show("wave") as (page, figure):
        page.wait_for_timeout(200)
        figure.evaluate("""e => { const s = e.querySelector('input[type="range"]');
          for (const v of [3, 8, 1, 2, 5, 0, 7]) {
            s.value = v; s.dispatchEvent(new Event('input')); } }""")
        slider = figure.locator('input[type="range"]').first
        assert slider.get_attribute("aria-valuetext") == "0.875"
        wait_for_frame(page, figure, number(spec_of(html["wave"]), [7, 2, 0]))


def test_keys_do_not_reach_the_page_around_the_figure(show):
    with show("wave", "square", "choice") as (page, _):
        page.evaluate(
            "window.keys = 0; document.addEventListener('keydown', () => window.keys++)"
        )
        for part in (".d2l-controls input", ".d2l-pad input", ".d2l-ask input"):
            page.locator(part).first.focus()
            page.keyboard.press("ArrowLeft")
        assert page.evaluate("window.keys") == 0
        for part in (".d2l-controls", ".d2l-square", ".d2l-ask"):
            off = page.locator(part).first.get_attribute("data-lm-suppress-shortcuts")
            assert off == "true"


def test_axe_finds_nothing(show, html):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    with show(*html) as (page, _):
        for again in (False, True):
            found = axe.Axe().run(page).response["violations"]
            ours = [
                v
                for v in found
                if v["id"] not in ("page-has-heading-one", "landmark-one-main")
            ]
            assert not ours, [(v["id"], v["nodes"][0]["html"]) for v in ours]
            if not again:
                for figure in page.locator(".d2l-explore").all():
                    answer(figure)
