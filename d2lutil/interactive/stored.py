"""An interactive figure as HTML that moves by itself: frames, one script, one style."""

from __future__ import annotations

import gzip
import hashlib
import html
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

from . import pad, sheet, stops, svg
from .controls import Control
from .figure import Figure
from .film import Film

MAX_BYTES = 150_000  # of a figure, gzipped
PUT_IN = "// put in: "


def show_stored(figure: Figure) -> None:
    show_html(
        lambda: stored_html(figure), figure.alt, lambda: stops.count(figure.controls)
    )


def show_html(make: Callable[[], str], alt: str, count=lambda: 1) -> None:
    """Show what `make` gives, as a stored page holds it; `count` is its frames."""
    from IPython.display import display

    began = time.process_time()
    text = make()
    note = {
        "seconds": round(time.process_time() - began, 3),
        "frames": count(),
        "bytes_gz": gzipped(text),
    }
    # Whoever runs the page learns what drawing took, apart from the page's own work.
    path = os.environ.get("D2LUTIL_EXPLORE_TIMES")
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(json.dumps(note) + "\n")
    display({"text/html": text, "text/plain": f"Interactive figure: {alt}"}, raw=True)


def gzipped(text: str) -> int:
    return len(gzip.compress(text.encode(), 9, mtime=0))


def stored_html(figure: Figure) -> str:
    """The figure with all its values; ranges are thinned until it is light enough."""
    film = Film(figure)
    film.draw_again()
    controls = figure.controls
    likely = estimate(film)
    room = max(likely, min(stops.count(controls), 2 * likely))  # whole, if it may fit
    while True:  # frames that are drawn already are kept
        thinned = stops.thin(controls, figure.keep, room)
        n = stops.count(controls)
        if n > 3 * likely:  # far too heavy: say so before all of it is drawn
            raise ValueError(_too_heavy(figure, n, likely, MAX_BYTES * n // likely))
        text = page_of(film, stops.settings(controls))
        size = gzipped(text)
        if size <= MAX_BYTES:
            return text
        if not thinned:
            raise ValueError(_too_heavy(figure, n, n * MAX_BYTES // size, size))
        room = int(0.95 * n * MAX_BYTES / size)


def estimate(film: Film, sample: int = 12) -> int:
    """About how many frames have room, from the weight of a few; rather too low."""
    controls = film.figure.controls
    one = [film.figure.first()]
    some = stops.sample(controls, min(sample, stops.count(controls)))
    base = gzipped(page_of(film, one))
    more = gzipped(page_of(film, some))
    each = max(1, (more - base) / max(1, len(some) - 1))
    return max(1, int(1 + (MAX_BYTES - base) / each))


def _too_heavy(figure: Figure, n: int, fit: int, size: int) -> str:
    widest = max(figure.controls, key=lambda c: len(c.stops))
    others = n // len(widest.stops)
    if fit // others >= 2:
        remedy = (
            f"give control {widest.name!r} at most {fit // others} stops, a coarser "
            f"range or stops={{{widest.name!r}: [...]}}"
        )
    else:
        remedy = "give each control fewer stops, or leave one out"
    return (
        f"explore: the stored figure of {figure.name} is {size // 1000} KB gzipped, "
        f"and {MAX_BYTES // 1000} KB are the most. It has {n} frames, "
        f"{stops.counts(figure.controls)}, and about {max(1, fit)} would fit: "
        f"{remedy}. "
        "Or draw fewer points or pixels in each, and imshow instead of meshes, "
        "surfaces and filled contours."
    )


def page_of(film: Film, settings: list[dict]) -> str:
    """The HTML that holds these settings."""
    figure, frames = film.figure, film.all(settings)
    if film.is_images:
        data = sheet.pack(frames, figure.smooth)
    else:
        data = {"data": svg.pack(frames)}
    spec = {
        "alt": figure.alt,
        "controls": [_control_spec(figure, c) for c in figure.controls],
        **data,
    }
    if figure.square:
        spec["square"] = [figure.controls.index(c) for c in figure.square]
        spec["pad"] = pad.draw_pad(figure)
    if figure.ask:
        spec["ask"] = figure.ask
    classes = ""
    if film.is_images:
        width, height = sheet.shown_size(figure, film.first)
        source, limit = sheet.image_url(film.first), f"min(100%,{width}px)"
        classes = sheet.classes(figure)
    else:
        width, height = (round(72 * side) for side in film.shape[1:])
        source, limit = svg.address(film.first), "100%"
        classes = "d2l-photo" if figure.photo else ""
    first = f'style="max-width:{limit};height:auto" width="{width}" height="{height}"'
    return element(spec, f'{first} src="{source}"', figure.caption, classes)


def element(spec: dict, first: str, caption: str, classes="", formulas="") -> str:
    """A figure's element: its first picture (attributes of an img) and its script.

    The script is explore.js, called with `spec` and with `formulas`, a JavaScript
    expression.
    """
    code = json.dumps(spec, ensure_ascii=False, sort_keys=True) + formulas
    name = hashlib.sha256(code.encode()).hexdigest()[:10]
    code = json.dumps({**spec, "id": name}, ensure_ascii=False, sort_keys=True)
    code = code.replace("<", "\\u003c")
    more = f",\n{formulas}" if formulas else ""
    classes = f"d2l-explore d2l-explore-{name} {classes}".rstrip()
    return (
        f'<div class="{classes} tex2jax_ignore mathjax_ignore">\n'
        f"<style>\n{asset('explore.css')}</style>\n"
        f'<img class="d2l-first" alt="{html.escape(spec["alt"])}" {first}>\n'
        f"{caption_html(caption)}"
        "<noscript>This figure has controls where scripts may run: on the book's site, "
        "or in a trusted notebook.</noscript>\n"
        f"<script>\n{asset('explore.js').rstrip()}({code}, document.currentScript"
        f"{more});\n</script>\n</div>"
    )


def _control_spec(figure: Figure, c: Control) -> dict:
    kind = "menu" if c.kind == "choice" and not c.is_short else c.kind
    spec = {
        "kind": kind,
        "label": c.label,
        "texts": [c.texts[i] for i in c.stops],
        "start": c.stops.index(c.start),
    }
    if c in figure.square:
        spec["places"] = [pad.place(c, c.values[i]) for i in c.stops]
    if c is figure.play:
        spec["times"] = figure.times(c.stops)
    return spec


def caption_html(caption: str) -> str:
    return f'<p class="d2l-caption">{html.escape(caption)}</p>\n' if caption else ""


def asset(name: str) -> str:
    """explore.js or explore.css, without comment lines and indentation.

    A line "// put in: file" stands for that file, so that a long script has short files.
    """
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "".join(
        asset(line.removeprefix(PUT_IN)) if line.startswith(PUT_IN) else line + "\n"
        for line in lines
        if line and (line.startswith(PUT_IN) or not line.startswith("//"))
    )
