"""Symbols of a page's table, found again in its formulas and its code."""

import re

import pytest
from synthetic import cell, text

from book import model
from book.site import symbols


def table(*rows):
    """Linked symbols of rows (TeX, name in code), meaning and shape left out."""
    return symbols.linked([model.Symbol(tex, code, "(n,)", "") for tex, code in rows])


def marked(tex, *rows):
    """{what is marked: number of its symbol} of a formula, in order."""
    found, shown = [], symbols.wrap(tex, table(*rows))
    while r"\class" in shown:
        head, _, rest = shown.partition(r"\class{d2l-symbol d2l-symbol-")
        number, rest = int(rest.split("}")[0].split()[0]), rest.split("{", 1)[1]
        depth, end = 1, 0
        while depth:
            depth += (rest[end] == "{") - (rest[end] == "}")
            end += 1
        found.append((rest[: end - 1], number))
        shown = head + rest[:end] + rest[end:]
    return found


def unwrap(tex):
    """The TeX as it stood before the marks, as book.js gives it to who copies it."""
    mark = re.compile(r"(\{?)\\class\{d2l-symbol d2l-symbol-\d+( d2l-bare)?\}\{")
    while found := mark.search(tex):
        start, end, depth = (
            found.start() + (0 if found[2] else len(found[1])),
            found.end(),
            1,
        )
        while depth:
            step = 2 if tex[end] == "\\" else 1
            depth += (tex[end] == "{") - (tex[end] == "}")
            end += step
        tex = tex[:start] + tex[found.end() : end - 1] + tex[end + bool(found[2]) :]
    return tex


STATES = [
    (r"\mathbf{h}_t", "hs[t]"),
    (r"\boldsymbol\delta^{h}_t", "d_h"),
    (r"\mathbf{W}_{hh}", 'p["W_hh"]'),
    (r"\mathbf{W}_{xh}", 'p["W_xh"]'),
]


@pytest.mark.parametrize(
    ("tex", "found"),
    [
        (r"\mathbf h_t", [(r"\mathbf h_t", 0)]),
        (r"\mathbf{h}_{t-1}\mathbf{W}_{hh}", [(r"\mathbf{h}_{t-1}", 0), (r"\mathbf{W}_{hh}", 2)]),
        (r"\boldsymbol\delta^h_t", [(r"\boldsymbol\delta^h_t", 1)]),
        (r"\boldsymbol{\delta}_{t+1}^{h}", [(r"\boldsymbol{\delta}_{t+1}^{h}", 1)]),
        (r"\boldsymbol\delta^{z}_t", []),
        (r"\boldsymbol\delta^{h\top}_t", [(r"\boldsymbol\delta^{h\top}_t", 1)]),
        (r"\tilde{\mathbf h}_t + \mathbf{c}_t + h_t", []),
        (r"\mathbf{W}_{xh}^\top", [(r"\mathbf{W}_{xh}^\top", 3)]),
        (r"\mathbf{W}_{hy}", []),
        (r"\frac{\partial L}{\partial \mathbf{h}_t}", [(r"\mathbf{h}_t", 0)]),
        (r"\text{of \mathbf{h}_t}\tag{State h}", []),
        (r"\sum_{t=1}^T \mathbf{h}_t^2", [(r"\mathbf{h}_t^2", 0)]),
        (r"f(\mathbf{h}_{\text{new}})", []),
    ],
)  # fmt: skip
def test_symbols_inside_others(tex, found):
    assert marked(tex, *STATES) == found


def test_a_row_may_hold_several_and_their_names_go_with_them():
    one_step = table(
        ("s, a, r, s'", "s, a, r, s_next"), (r"\alpha$, $\gamma", "alpha, gamma")
    )
    assert [(s.tex, s.names) for s in one_step] == [
        ("s", ("s",)), ("a", ("a",)), ("r", ("r",)), ("s'", ("s_next",)),
        (r"\alpha", ("alpha",)), (r"\gamma", ("gamma",)),
    ]  # fmt: skip
    rows = [
        ("s, s'", "s, s_next"),
        (r"V^\pi", "V"),
        ("V^*", "V_best"),
        ("c", "1 - done"),
    ]
    assert marked(r"V^\pi(s)=V^*(s')", *rows) == [
        (r"V^\pi", 2),
        ("s", 0),
        ("V^*", 3),
        ("s'", 1),
    ]
    assert table(("c", "1 - done"))[0].names == ("done",)
    assert table(("W", 'p["W_xh"][:, t]'))[0].names == ("W_xh", "p")
    assert table((r"\lVert x\rVert", "norm"), ("", "y")) == []


@pytest.mark.parametrize(
    "tex",
    [
        r"x^\gamma", r"\frac\gamma2", r"e^{-\gamma t}\sqrt \gamma_t", r"\hat\gamma_\gamma'",
        r"\begin{aligned}\gamma_1&=2\\[2pt]\gamma&=\{\gamma\}\end{aligned}", r"\gamma'_n",
        r"\begin{array}{c}\gamma\end{array}\color{red}{\gamma}", "\\mathcal\nL^{\\gamma}",
        r"p_\gamma(x)\bigl|\gamma\bigr|\left(\gamma\right)", r"\frac\pi x\gamma",
        r"\frac{\gamma}x\sqrt[3]\gamma",
    ],
)  # fmt: skip
def test_the_marks_come_off_without_a_trace(tex):
    known = table((r"\gamma", "gamma"), ("x", "x"), (r"\mathcal L", "loss"))
    shown = symbols.wrap(tex, known)
    assert unwrap(shown) == tex
    assert shown.count("{") - shown.count(r"\{") == shown.count("}") - shown.count(
        r"\}"
    )


@pytest.mark.parametrize(
    "tex", [r"\frac\pi x", r"\frac{a}x", r"\sqrt[3] x", r"\frac12x"]
)
def test_an_argument_without_braces_gets_some(tex):
    shown = symbols.wrap(tex, table(("x", "x")))
    braced = r"{\class{d2l-symbol d2l-symbol-0 d2l-bare}{x}}"
    assert shown == (
        tex[:-1]
        + (braced if tex != r"\frac12x" else r"\class{d2l-symbol d2l-symbol-0}{x}")
    )


@pytest.mark.parametrize("page", model.written_pages(), ids=lambda pair: pair[0].slug)
def test_formulas_of_the_book_come_back_as_they_were(page):
    known = symbols.linked(page[1].symbols)
    for markdown in page[1].markdown.values():
        for tex in map(str, [*markdown.formulas, *markdown.displays]):
            assert unwrap(symbols.wrap(tex, known)) == tex


def test_scripts_without_braces_get_some():
    known = table((r"\gamma", "gamma"))
    assert symbols.wrap(r"x^\gamma", known) == (
        r"x^{\class{d2l-symbol d2l-symbol-0 d2l-bare}{\gamma}}"
    )
    assert symbols.wrap("x", []) == "x"


def test_a_named_equation_knows_the_lines_that_its_check_compares(tmp_path):
    notebook = model.nbformat.v4.new_notebook(
        cells=[
            text("$$\na = b\n\\tag{Two sums}\n$$"),
            cell("import numpy as np\nx = np.ones(3)"),
            cell("def slow(x):\n    return sum(x)\n\n\nfast = x.sum()\nother = 1"),
            cell("verify('Other', a=1, b=1)\nverify(\n    'Two sums', slow=slow(x), fast=fast\n)"),
        ]
    )  # fmt: skip
    page = model.Page(tmp_path / "page.ipynb", notebook)
    assert symbols.compared(page) == {
        "Two sums": [(2, 2, 4), (1, 5, 5), (1, 1, 2), (0, 2, 2)]
    }
