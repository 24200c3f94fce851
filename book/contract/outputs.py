"""Rules of what is stored: outputs of these very cells, figures with words, sizes."""

from __future__ import annotations

import gzip
import re

from book import model
from book.contract.problem import Found

RUN = "Run the page with make run"
ADDRESS = re.compile(r"<[\w.]+ (?:object )?at 0x[0-9a-f]+>|0x[0-9a-f]{8,}")
ALT = re.compile(r"\balt=\"[^\"]{8,}")
CAPTION = re.compile(r"\bclass=\"[^\"]*\bd2l-caption\b")


def executed(page: model.Page) -> Found:
    count = 0
    for i, cell in page.code:
        if not cell.source.strip():
            yield i, "an empty cell", "Remove it"
            continue
        count += 1
        if cell.execution_count is None:
            yield i, "the cell was never executed", RUN
            return
        if cell.execution_count != count:
            what = (
                f"the cell was executed as number {cell.execution_count}, not {count}"
            )
            yield i, what, f"{RUN}, which goes from the top"
            return
    if page.code and page.is_stale:
        what = "the code changed since the outputs were stored"
        yield None, what, f"Run make run PAGE={page.name}"


def outputs(page: model.Page) -> Found:
    for i, cell in page.code:
        for output in cell.outputs:
            for what, remedy in in_output(output):
                yield i, what, remedy
    if "widgets" in page.notebook.metadata:
        yield None, "stored widget state", RUN


def in_output(output):
    if output.output_type == "error":
        yield (
            f"the cell raised {output.ename}",
            "Mend it and run the page with make run",
        )
    if output.output_type == "stream" and output.name == "stderr":
        yield (
            f"the cell printed to stderr: {output.text.strip()[:80]!r}",
            "Mend what it warns of",
        )
    data = output.get("data", {})
    text = output.get("text", "") + data.get("text/plain", "")
    if "\r" in text or "\x1b" in text:
        yield (
            "a progress bar or colours in the stored output",
            "Show them only to who watches",
        )
    if found := ADDRESS.search(text):
        remedy = "End the line with ; or print what matters"
        yield f"{found[0]!r} differs from run to run", remedy
    if any("widget" in kind for kind in data):
        what = "a stored widget, which shows nothing without a kernel"
        yield what, "Use explore, and make run"
    if any(kind.startswith("image/") and kind != "image/png" for kind in data):
        yield "a picture that is not PNG", "Show figures with show(fig, alt=…)"
    alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
    if "image/png" in data and len(alt.split()) < 4:
        yield (
            "a figure without a text that stands for it",
            "Show it with show(fig, alt=…)",
        )
    html = model.html_of(output)
    if "<img" in html and not ALT.search(html):
        what = "an interactive figure without a text that stands for it"
        yield what, "Give its draw function a docstring that says what the figure shows"


def captions(page: model.Page) -> Found:
    """Figures say what to see in them, but for those of exercises."""
    exercises = {
        i
        for section in page.sections
        if section.kind == "Exercises"
        for i, _ in section.code()
    }
    for i, cell in page.code:
        if i in exercises or "solution" in model.tags(cell):
            continue
        for output in cell.outputs:
            html = model.html_of(output)
            meta = output.get("metadata", {}).get("image/png", {})
            if "image/png" in output.get("data", {}) and not meta.get("caption"):
                what = "a figure without a caption"
                remedy = "Say what to see in it: show(fig, alt=…, caption=…)"
                yield i, what, remedy
            elif "<img" in html and not CAPTION.search(html):
                what = "an interactive figure without a caption"
                remedy = "Say what to see in it: explore(draw, …, caption=…)"
                yield i, what, remedy


def sizes(page: model.Page) -> Found:
    size = page.path.stat().st_size if page.path.exists() else 0
    if size >= model.MAX_PAGE:
        remedy = f"Keep it under {model.MAX_PAGE / 1000:.0f} KB: fewer frames, smaller figures"
        yield None, f"the notebook has {size / 1000:.0f} KB", remedy
    total = 0
    for i, cell in page.code:
        for output in cell.outputs:
            html = model.html_of(output).encode()
            packed = len(gzip.compress(html, 6)) if html else 0
            total += packed
            if packed > model.MAX_FIGURE:
                remedy = f"Keep it under {model.MAX_FIGURE / 1000:.0f} KB: "
                what = f"an interactive figure has {packed / 1000:.0f} KB gzipped"
                yield i, what, f"{remedy}fewer stops, simpler lines"
    if total > model.MAX_FIGURES:
        what = f"the interactive figures have {total / 1000:.0f} KB gzipped together"
        yield None, what, f"Keep them under {model.MAX_FIGURES / 1000:.0f} KB"


def marks(page: model.Page) -> Found:
    if page.executed and page.marks != page.printed_marks:
        what = "the marks in its metadata are not those that the page printed"
        yield None, what, f"Run make run PAGE={page.name}"


RULES = (executed, outputs, sizes, marks, captions)
