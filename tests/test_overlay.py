"""Curves of formulas: what is refused, translated, drawn; the browser's part follows
Python's at every x, and on the book's own page torch's."""

import gzip
import inspect
import math
import os
import random
import re
from unittest import mock

import numpy as np
import pytest
import torch
from browser import ROOT, launch
from figures import bare, formulas_of, spec_of, stored, stored_figures

from d2lutil import overlay
from d2lutil.interactive.curves import Overlay
from d2lutil.interactive.live import overlay_panel
from d2lutil.interactive.translate import KNOWN, SPELLED_OUT, javascript

X = torch.linspace(-3.01, 3, 61, dtype=torch.float64)
SCALE = 2.5


def line(x, slope, start=0.5):
    """A line."""
    return start + slope * x


def bump(x, width):
    inside = torch.where((x > -width) & (x <= width), 1 - (x / width) ** 2, 0 * x)
    return SCALE * inside.clamp(min=0.1)


def saw(x, period, k):
    n, rest = x // period, x % period
    if k > 2:
        n = -n
    else:
        rest = rest + line(x, slope=0.1)
    return n + rest.clamp(0, max=2.0) * (math.pi if k == 3 else 1.0)


def many(x, a):
    y = torch.exp(-x.abs()) + torch.tanh(a * x) - torch.sigmoid(x) + x.square()
    y = y + torch.relu(x) * (x >= a).double() + torch.minimum(x, 0 * x)
    return torch.floor(y) + torch.sqrt(1 + y.abs()) + torch.log(2 + torch.sign(x))


CASES = {
    line: [(2,), (2, -1.0)],
    bump: [(1.0,), (2.5,)],
    saw: [(0.7, 2), (1.3, 3), (0.9, 4)],
    many: [(0.5,), (-1.0,)],
}
GIVEN = {
    "line": (line, {"slope": (-1, 1, 0.1)}),
    "bump": (bump, {"width": [1, 2, 3]}),
    "saw": (saw, {"period": (0.5, 2, 0.1), "k": 2}),
}
OPTIONS = {
    "x": (-3, 3, 0.1),
    "shown": ["bump"],
    "ylim": (-2, 3),
    "alt": "A bump, a line and a saw.",
    "caption": "Check the curves to compare.",
}


# ---------------------------------------------------------------- refusals


def varied(**changes):
    return {**OPTIONS, **changes}


def loops(x):
    for _ in range(3):
        x = x + 1
    return x


def sorts(x):
    return torch.sort(x)[0]


def explodes(x):
    return 1 / (x - x)


@pytest.mark.parametrize(
    "functions, options, message",
    [
        ({}, OPTIONS, "0 curves; give 1 to 24"),
        ({"line": line}, varied(shown=[]), r"'line' must be \(function, parameters\)"),
        (GIVEN, varied(shown=["hill"]), "shown names 'hill', which is no curve"),
        (GIVEN, varied(defaults={"hill": {}}), "defaults names 'hill'"),
        (
            GIVEN,
            varied(defaults={"bump": {"w": 1}}),
            "'w', which its function does not",
        ),
        (GIVEN, varied(defaults={"bump": {"width": 9}}), "'width' is 9"),
        (
            {"line": (line, {"slop": 1})},
            varied(shown=[]),
            "'slop', which its function does not",
        ),
        (
            {"line": (line, {})},
            varied(shown=[]),
            "needs a range or a number for 'slope'",
        ),
        ({"line": (line, {"slope": ["a", "b"]})}, varied(shown=[]), "give a range"),
        (GIVEN, varied(alt=""), "alt must be a sentence"),
        (GIVEN, varied(caption="short"), "caption must be a sentence"),
        ({"bump": (explodes, {})}, OPTIONS, "with 0 finite numbers"),
    ],
)
def test_refusals(functions, options, message):
    with (
        mock.patch.dict(os.environ, D2LUTIL_EXPLORE="check"),
        pytest.raises((ValueError, TypeError), match=message),
    ):
        overlay(functions, **options)


@pytest.mark.parametrize(
    "function, message",
    [
        (loops, r"loops, line 2: .* cannot be drawn in the browser; use arithmetic"),
        (sorts, r"sorts, line 2: 'torch.sort\(x\)\[0\]' cannot be drawn"),
        (lambda x: x, "must be a function written with def"),
        (torch.exp, "must be a function written with def"),
    ],
)
def test_what_has_no_translation_is_named(function, message):
    with pytest.raises(ValueError, match=message):
        javascript([function])


# ---------------------------------------------------------------- what is shown


def test_the_checked_mode_draws_and_shows_nothing():
    with (
        mock.patch.dict(os.environ, D2LUTIL_EXPLORE="check"),
        mock.patch("IPython.display.display") as display,
    ):
        assert overlay(GIVEN, **OPTIONS) is None
    display.assert_not_called()


def test_the_stored_page_holds_one_picture_and_the_formulas():
    data = stored(GIVEN, by=overlay, **OPTIONS)
    html, spec = data["text/html"], spec_of(data["text/html"])
    assert data["text/plain"] == "Interactive figure: A bump, a line and a saw."
    assert len(gzip.compress(html.encode())) < 30_000
    assert [c["label"] for c in spec["controls"]][1:] == [
        *("line: slope", "bump: width", "saw: period"),
    ]
    assert spec["controls"][0]["start"] == 0b010
    assert spec["curves"]["each"][0][1] == 0.5  # the default that stands still
    assert stored(GIVEN, by=overlay, **OPTIONS) == data


def test_live_widgets_redraw():
    figure = Overlay(GIVEN, (-3, 3, 0.1), ["bump"], (-2, 3), *["Words " * 4] * 2, {})
    figure.style({"slope": "slope, per step"}, "x", "y", (5, 3))
    boxes, rows, picture = overlay_panel(figure).children
    assert [r.description for r in rows.children] == ["bump: width"]
    before = picture.value
    boxes.children[0].value = True
    assert rows.children[0].description == "line: slope, per step"
    assert picture.value != before
    before = picture.value
    rows.children[0].value = 0.5
    assert picture.value != before and "(line, bump)" in picture.value


# ---------------------------------------------------------------- in the browser


@pytest.fixture(scope="module")
def browser():
    with launch() as chromium:
        yield chromium


def computed(page, formulas: str, place: int, xs, arguments) -> np.ndarray:
    code = "([i, xs, given]) => xs.map(x => FORMULAS[i](x, ...given))"
    values = page.evaluate(
        code.replace("FORMULAS", f"({formulas})"), [place, xs, arguments]
    )
    return np.array(values, dtype=float)


@pytest.mark.browser
def test_javascript_computes_what_python_does(browser):
    formulas, page = javascript(list(CASES)), browser.new_page()
    for place, (function, cases) in enumerate(CASES.items()):
        takes = list(inspect.signature(function).parameters.values())[1:]
        for given in cases:
            rest = [p.default for p in takes[len(given) :]]
            ours = computed(page, formulas, place, X.tolist(), [*given, *rest])
            np.testing.assert_allclose(
                ours, function(X, *given).numpy(), rtol=1e-13, atol=1e-13
            )
    page.close()


@pytest.mark.browser
def test_each_known_function_is_that_of_torch(browser):
    x = torch.linspace(0.1, 0.9, 9, dtype=torch.float64)
    page = browser.new_page()
    for name in sorted({*KNOWN} | {*SPELLED_OUT} - {"where"}):
        two = name in ("pow", "minimum", "maximum", "min", "max")
        call = f"Math.{KNOWN[name]}" if name in KNOWN else None
        text = f"{call}(x{', 0.4' if two else ''})" if call else SPELLED_OUT[name]("x")
        torch_name = {"min": "minimum", "max": "maximum"}.get(name, name)
        if two:
            right = getattr(torch, torch_name)(
                x, torch.tensor(0.4, dtype=torch.float64)
            )
        else:
            right = (
                getattr(torch, name)(x) if not hasattr(x, name) else getattr(x, name)()
            )
        ours = page.evaluate(f"xs => xs.map(x => +({text}))", x.tolist())
        np.testing.assert_allclose(ours, right, rtol=1e-6 if name == "float" else 1e-13)
    page.close()


@pytest.mark.browser
def test_curves_are_drawn_where_they_belong(browser, tmp_path):
    html = stored(GIVEN, by=overlay, **OPTIONS)["text/html"]
    page = browser.new_page()
    page.goto(bare(tmp_path, html))
    figure = page.locator(".d2l-explore")
    page.get_by_label("line", exact=True).check()
    page.get_by_label("bump", exact=True).uncheck()
    slider = page.get_by_label("line: slope")
    slider.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.d2l-now').alt.includes('−0.5')")
    assert (
        figure.locator(".d2l-now")
        .get_attribute("alt")
        .endswith("(curves: line, line: slope: −0.5)")
    )
    assert not page.get_by_label("bump: width").is_visible()
    source = page.evaluate("decodeURIComponent(document.querySelector('.d2l-now').src)")
    points = re.search(r'<polyline points="([^"]*)"', source)[1]
    got = np.array([[float(v) for v in p.split(",")] for p in points.split()])
    left, top, wide, high = spec_of(html)["curves"]["box"]
    x = np.linspace(-3, 3, 61)
    np.testing.assert_allclose(got[:, 0], left + wide * (x + 3) / 6, atol=0.006)
    heights = top + high * (3 - (0.5 - 0.5 * x)) / 5
    np.testing.assert_allclose(got[:, 1], heights, atol=0.006)
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("!document.querySelector('.d2l-now').alt.includes('line:')")
    assert page.get_by_label("bump: width").is_visible()
    page.close()


PAGE = ROOT / "chapters" / "09-optimization" / "schedules.ipynb"
BY_TORCH = ("by_torch", "warm_by_torch", "no_end_by_torch", "from_torch", "movable")


@pytest.mark.browser
def test_schedules_in_the_browser_are_torch_s_at_every_step(browser):
    from book.long import definitions

    names = {"__name__": "schedules"}
    exec(definitions(PAGE, BY_TORCH), names)
    html = next(h for h in stored_figures(PAGE) if "document.currentScript,\n" in h)
    spec, formulas = spec_of(html), formulas_of(html)
    curves, page = spec["controls"][0]["texts"], browser.new_page()
    draw = random.Random(0)
    for place, name in enumerate(curves):
        function = names["movable"]()[name][0]
        for _ in range(4):
            given = [
                draw.choice(part["values"]) if isinstance(part, dict) else part
                for part in spec["curves"]["each"][place]
            ]
            takes = list(inspect.signature(function).parameters)[1:]
            by_name = dict(zip(takes, given))
            right = from_torch(names, name, by_name)
            ours = computed(page, formulas, place, spec["curves"]["x"], given)
            np.testing.assert_allclose(ours, right, atol=1e-9, err_msg=f"{by_name}")
    page.close()


def from_torch(names: dict, name: str, given: dict) -> np.ndarray:
    """The rates that torch's scheduler sets, by what the page compares."""
    if name in names["no_end_by_torch"]:
        rates = names["from_torch"](names["no_end_by_torch"][name](**given), 201)
        return (rates / (given["w"] if name == "Noam" else 1)).numpy()
    make = {**names["by_torch"], **names["warm_by_torch"]}[name]
    return make(**given).numpy()
