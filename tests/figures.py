"""Stored interactive figures for tests: made, read from a page, taken apart."""

import base64
import json
import os
import re
import zlib
from pathlib import Path
from unittest import mock

from d2lutil import explore


def stored(draw, *, by=explore, **options) -> dict:
    """The data of the output with which explore answers in a page that is stored."""
    shown = []
    with (
        mock.patch.dict(os.environ, D2LUTIL_EXPLORE="stored"),
        mock.patch("IPython.display.display", lambda data, **_: shown.append(data)),
    ):
        assert by(draw, **options) is None
    assert len(shown) == 1
    return shown[0]


def stored_figures(path: Path) -> list[str]:
    """The HTML outputs of a page that hold interactive figures."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    outputs = (o for cell in notebook["cells"] for o in cell.get("outputs", []))
    pages = ("".join(o.get("data", {}).get("text/html", "")) for o in outputs)
    return [page for page in pages if 'class="d2l-explore ' in page]


def call_of(html: str) -> str:
    """What explore.js is given, as it stands in the page."""
    found = re.search(
        r"^\}\)\((\{.*\}), document\.currentScript(?:\);|,)$", html, re.MULTILINE
    )
    return found[1]


def spec_of(html: str) -> dict:
    """What explore.js is given."""
    return json.loads(call_of(html))


def formulas_of(html: str) -> str:
    """The JavaScript of an overlay's curves, an array of functions."""
    return html.partition("document.currentScript,\n")[2].partition(");\n</script>")[0]


def frames_of(spec: dict) -> list[str]:
    """The frames as explore.js puts them together."""
    text = zlib.decompress(base64.b64decode(spec["data"])).decode()
    table, _, orders = text.partition("\n\n")
    lines = table.split("\n")
    return [
        "\n".join(lines[int(n)] for n in order.split(" "))
        for order in orders.split("\n")
    ]


def first_frame_of(html: str) -> str:
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', html)
    return base64.b64decode(found[1]).decode()


def number(spec: dict, at: list[int]) -> int | str:
    """The number of the frame with the controls at these places; of curves, the places."""
    if "curves" in spec:
        return " ".join(map(str, at))
    n = 0
    for control, place in zip(spec["controls"], at):
        n = n * len(control["texts"]) + place
    return n


def bare(folder: Path, *figures: str) -> str:
    """A page that holds only these figures; gives its file: address."""
    path = folder / "bare.html"
    path.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>bare</title>'
        f"<main>{'<hr>'.join(figures)}</main>",
        encoding="utf-8",
    )
    return path.as_uri()
