"""Stored interactive figures in a real browser: all of them from a bare file and on the built site.

Budgets, the frames themselves, keyboard, pointer, screen reader, play, reset, dark mode, narrow screens,
print, no JavaScript.
"""

import base64
import gzip
import json
import math
import re
import statistics
import urllib.parse
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path

import pytest
from browser import HTML, ROOT, build_site, launch, watched

MAX_FIGURE, MAX_PAGE = 150_000, 300_000  # bytes, gzipped


def stored_figures(path: Path) -> list[str]:
    """The HTML outputs of a page that hold interactive figures."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = (o for cell in notebook["cells"] for o in cell.get("outputs", []))
    pages = ("".join(o.get("data", {}).get("text/html", "")) for o in outputs)
    return [page for page in pages if 'class="d2l-explore ' in page]


NOTEBOOKS = [p for p in sorted((ROOT / "chapters").glob("*/*.ipynb")) if stored_figures(p)]
pages = pytest.mark.parametrize("path", NOTEBOOKS, ids=[f"{p.parent.name}/{p.stem}" for p in NOTEBOOKS])
GUIDE = ROOT / "chapters" / "00-about" / "figures.ipynb"


def spec_of(html: str) -> dict:
    text = re.search(r"^\}\)\((\{.*\}), document\.currentScript\);$", html, re.MULTILINE)[1]
    return json.loads(text.replace("<\\/", "</"))


def frames_of(spec: dict) -> list[str]:
    table, _, orders = zlib.decompress(base64.b64decode(spec["data"])).decode().partition("\n\n")
    lines = table.split("\n")
    return ["\n".join(lines[int(n)] for n in order.split(" ")) for order in orders.split("\n")]


def labels_of(svg: str) -> list[str]:
    """The texts of a frame, each seen to be drawn with glyphs that exist and have a size."""
    root = ET.fromstring(svg, parser=ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
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
        assert all(e.get(f"{names[1]}href").lstrip("#") in glyphs for e in used), f"glyphs of {text!r} are missing"
        scales = re.findall(r"scale\((-?[\d.]+)", " ".join(e.get("transform", "") for e in group.iter()))
        assert scales, f"{text!r} has no scale"
        assert all(float(s) for s in scales), f"{text!r} is scaled to nothing"
        labels.append(text)
    return labels


def bare(folder: Path, *figures: str) -> str:
    """A page that holds only these figures; gives its file: address."""
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    path = folder / "bare.html"
    path.write_text(f"{head}<title>bare</title>{'<hr>'.join(figures)}", encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def browser():
    with launch() as chromium:
        yield chromium


# ---------------------------------------------------------------- what is stored


@pages
def test_budgets(path):
    sizes = {spec_of(html)["alt"]: len(gzip.compress(html.encode(), 9)) for html in stored_figures(path)}
    for alt, size in sizes.items():
        assert size <= MAX_FIGURE, (f"{path.name}: {alt!r} is {size // 1000} KB gzipped, and {MAX_FIGURE // 1000} KB are "
                                    "the most: name fewer stops, or draw fewer points or pixels")
    assert sum(sizes.values()) <= MAX_PAGE, (
        f"{path.name}: its interactive figures are {sum(sizes.values()) // 1000} KB gzipped together, and "
        f"{MAX_PAGE // 1000} KB are the most; cut stops of the largest, {max(sizes, key=sizes.get)!r}")


@pages
def test_labels_stand_in_every_frame(path):
    for html in stored_figures(path):
        spec = spec_of(html)
        frames = frames_of(spec)
        counts = [len(c["texts"]) for c in spec["controls"]]
        assert len(frames) == math.prod(counts)
        first = frames[number(spec, [c["start"] for c in spec["controls"]])]
        axes = [label for label in labels_of(first) if not re.search(r"\d", label)]
        for frame in frames:
            labels = labels_of(frame)
            assert bool(labels) == bool(labels_of(first)), f"{spec['alt']!r}: a frame has lost its labels"
            assert len([a for a in axes if a in labels]) >= len(axes) / 2, f"{spec['alt']!r}: a frame has lost labels"


def number(spec, at) -> int:
    n = 0
    for control, place in zip(spec["controls"], at):
        n = n * len(control["texts"]) + place
    return n


# ---------------------------------------------------------------- every figure, moved


def frame_number(figure) -> int | None:
    text = figure.get_attribute("data-frame")
    return None if text is None else int(text)


def wait_for_frame(page, figure, k) -> None:
    page.wait_for_function("([e, k]) => e.dataset.frame === String(k)", arg=[figure.element_handle(), k], timeout=5000)


def picture(figure) -> str:
    """The SVG that stands there now, seen to be painted."""
    image = figure.locator("img:visible")
    assert image.count() == 1
    assert image.evaluate("e => e.complete && e.naturalWidth > 0"), "the picture is broken"
    kind, _, data = image.get_attribute("src").partition(",")
    return base64.b64decode(data).decode() if "base64" in kind else urllib.parse.unquote(data)


def check_every_control(page, figure, spec) -> None:
    """Move each control by keyboard and by pointer, and back with the button."""
    frames = frames_of(spec)
    start = [c["start"] for c in spec["controls"]]
    first = picture(figure)
    assert first == frames[number(spec, start)]
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
            page.keyboard.press("ArrowRight" if here + 1 < n else "ArrowLeft")
            assert slider.get_attribute("aria-valuetext") == control["texts"][moved[i]]
            settle(page, figure, spec, frames, moved)
            for key, place in (("Home", 0), ("End", n - 1)):
                moved[i] = place
                page.keyboard.press(key)
                settle(page, figure, spec, frames, moved)
            box = slider.bounding_box()  # the pointer takes it from the end to the start
            page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
            page.mouse.move(box["x"] - 5, box["y"] + box["height"] / 2, steps=3)
            page.mouse.up()
            moved[i] = 0
            settle(page, figure, spec, frames, moved)
            assert slider.get_attribute("aria-valuetext") == control["texts"][0]
        else:
            moved[i] = (here + 1) % n
            text = control["texts"][moved[i]]
            if control["kind"] == "menu":
                menu = figure.locator("label").filter(has_text=control["label"]).locator("select").first
                menu.select_option(label=text)
            elif control["kind"] == "choice":
                figure.get_by_role("radiogroup", name=control["label"], exact=True) \
                    .get_by_label(text, exact=True).check()
            else:
                figure.get_by_role("checkbox", name=control["label"], exact=True).click()
            settle(page, figure, spec, frames, moved)
        assert control["texts"][moved[i]] in figure.locator("img:visible").get_attribute("alt")
        figure.get_by_role("button", name="Reset").click()
        settle(page, figure, spec, frames, start)


def settle(page, figure, spec, frames, at) -> None:
    k = number(spec, at)
    wait_for_frame(page, figure, k)
    assert picture(figure) == frames[k]


REPAINT = """async (figure) => {
  const slider = figure.querySelector('input[type="range"]');
  if (!slider) return [];
  const times = [], n = Number(slider.max) + 1, home = slider.value;
  for (let k = 0; k < 14; k++) {
    const now = figure.querySelector('.d2l-now');
    const painted = new Promise(done => now.addEventListener('load', () => requestAnimationFrame(() => done()), {once: true}));
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
            print(f"\n  {path.parent.name}/{path.stem}: a move is painted within {statistics.median(times):.0f} ms "
                  f"(median of {len(times)})", end=" ")


@pages
def test_every_figure_moves_in_a_bare_file(path, browser, tmp_path, capsys):
    with watched(browser, viewport={"width": 800, "height": 900}) as page:
        page.goto(bare(tmp_path, *stored_figures(path)))
        move_all(page, path, capsys)


def is_current(built: Path, path: Path) -> bool:
    """Whether the site's page holds the figures of the stored page."""
    if not built.exists():
        return False
    text = built.read_text(encoding="utf-8")
    return all(html in text for html in stored_figures(path))


@pages
def test_every_figure_moves_on_the_site(path, browser, capsys):
    built = HTML / path.relative_to(ROOT).with_suffix(".html")
    if not is_current(built, path):
        build_site()
        assert is_current(built, path), (f"{built.relative_to(ROOT)} does not hold the figures of the stored page after "
                                         "building the site; is the page in _toc.yml?")
    with watched(browser, viewport={"width": 1200, "height": 900}) as page:
        page.goto(built.as_uri())
        move_all(page, path, capsys)
        page.set_viewport_size({"width": 360, "height": 700})
        for figure in page.locator(".d2l-explore").all():
            assert figure.evaluate("e => e.scrollWidth <= e.clientWidth"), "a figure overflows at 360 px"


# ---------------------------------------------------------------- one page, all circumstances


@pytest.fixture
def guide(tmp_path):
    return bare(tmp_path, *stored_figures(GUIDE))


def place_in_first_figure(warmup: int) -> int:
    """The number of its frame with the warm-up's slider at this place and all else as at first."""
    spec = spec_of(stored_figures(GUIDE)[0])
    at = [warmup if c["label"] == "warmup" else c["start"] for c in spec["controls"]]
    return number(spec, at)


def test_nothing_overflows_at_360_px(browser, guide):
    with watched(browser, viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True) as page:
        page.goto(guide)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        for control in page.locator(".d2l-controls").all():
            box = control.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
        slider = page.locator('input[type="range"]').first
        box = slider.bounding_box()
        assert box["height"] >= 24  # room for a finger
        page.touchscreen.tap(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
        wait_for_frame(page, page.locator(".d2l-explore").first, place_in_first_figure(warmup=4))


def test_without_javascript_the_first_frame_shows_and_no_controls(browser, guide):
    with watched(browser, java_script_enabled=False) as page:
        page.goto(guide)
        assert page.locator("input, button, select").count() == 0
        assert page.locator("img:visible").count() == 4
        assert page.locator("noscript").first.inner_text().startswith("This figure has sliders")


def test_print_shows_the_first_frame_and_no_controls(browser, guide):
    with watched(browser) as page:
        page.goto(guide)
        figure = page.locator(".d2l-explore").first
        first = picture(figure)
        page.locator('input[type="range"]').first.focus()
        page.keyboard.press("Home")
        wait_for_frame(page, figure, place_in_first_figure(warmup=0))
        assert picture(figure) != first
        page.emulate_media(media="print")
        assert picture(figure) == first
        assert not page.locator(".d2l-controls").first.is_visible()


@pytest.mark.parametrize("dark", ["document.documentElement.dataset.theme = 'dark'",
                                  "document.body.dataset.jpThemeLight = 'false'"])
def test_dark_mode_inverts_figures_and_not_photographs(browser, guide, dark):
    with watched(browser) as page:
        page.goto(guide)
        style = "e => getComputedStyle(e.querySelector('img')).filter"
        drawn, photo = page.locator(".d2l-explore").first, page.locator(".d2l-photo").first
        assert drawn.evaluate(style) == "none"
        page.evaluate(dark)
        assert "invert" in drawn.evaluate(style)
        assert photo.evaluate(style) == "none"


def test_play_runs_to_the_end_pauses_and_yields_to_the_reader(browser, guide):
    with watched(browser) as page:
        page.goto(guide)
        figure = page.locator(".d2l-explore").nth(1)
        slider = figure.locator('input[type="range"]').first
        last = int(slider.get_attribute("max"))
        assert int(slider.input_value()) == last
        figure.get_by_role("button", name="Play step").click()
        page.wait_for_function("e => Number(e.value) > 1 && Number(e.value) < 8", arg=slider.element_handle())
        figure.get_by_role("button", name="Pause step").click()
        paused = int(slider.input_value())
        page.wait_for_timeout(800)
        assert int(slider.input_value()) == paused
        figure.get_by_role("button", name="Play step").click()
        page.wait_for_function("([e, v]) => Number(e.value) > v", arg=[slider.element_handle(), paused])
        slider.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(800)
        assert slider.input_value() == "0"
        page.keyboard.press("End")
        page.keyboard.press("ArrowLeft")
        figure.get_by_role("button", name="Play step").click()
        page.wait_for_function("([e, v]) => Number(e.value) === v", arg=[slider.element_handle(), last])
        figure.get_by_role("button", name="Play step").wait_for()


def test_reduced_motion_has_no_play_button(browser, guide):
    with watched(browser, reduced_motion="reduce") as page:
        page.goto(guide)
        assert page.locator(".d2l-play").count() == 1
        assert not page.locator(".d2l-play").is_visible()


def test_one_figure_twice_on_a_page_moves_apart(browser, tmp_path):
    html = stored_figures(GUIDE)[0]
    with watched(browser) as page:
        page.goto(bare(tmp_path, html, html))
        one, two = page.locator(".d2l-explore").all()
        two.locator('input[type="range"]').first.focus()
        page.keyboard.press("End")
        page.wait_for_function("e => e.dataset.frame", arg=two.element_handle())
        assert frame_number(one) is None
        one.get_by_label("linear", exact=True).check()
        assert two.get_by_label("cosine", exact=True).is_checked()


def test_spoilt_frames_leave_the_first_picture_and_no_dead_controls(browser, tmp_path):
    html = re.sub(r'("data": ")', r"\1AAAA", stored_figures(GUIDE)[0])
    with watched(browser) as page:
        page.goto(bare(tmp_path, html))
        page.wait_for_function("!document.querySelector('.d2l-controls')")
        assert page.locator("img:visible").count() == 1


def test_moves_in_quick_succession_end_at_the_last(browser, guide):
    with watched(browser) as page:
        page.goto(guide)
        figure = page.locator(".d2l-explore").nth(1)
        slider = figure.locator('input[type="range"]').first
        page.wait_for_timeout(200)
        figure.evaluate("""e => { const s = e.querySelector('input[type="range"]');
          for (const v of [3, 9, 1, 12, 5, 0, 7]) { s.value = v; s.dispatchEvent(new Event('input')); } }""")
        assert slider.get_attribute("aria-valuetext") == "14"
        wait_for_frame(page, figure, 7 * 4 + 3)


def test_keys_of_a_slider_do_not_reach_the_page_around_it(browser, guide):
    with watched(browser) as page:
        page.goto(guide)
        page.evaluate("window.keys = 0; document.addEventListener('keydown', () => window.keys++)")
        page.locator('input[type="range"]').first.focus()
        page.keyboard.press("ArrowLeft")
        assert page.evaluate("window.keys") == 0
        assert page.locator(".d2l-controls").first.get_attribute("data-lm-suppress-shortcuts") == "true"
