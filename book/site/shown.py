"""A notebook as the site shows it: a copy in which checks, figures, headings and folds
are written out, so that any builder of notebooks can show it.

Cells keep their number and order. Nothing here knows Sphinx.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nbformat import NotebookNode

from book import folding, model
from book.site import html

#: The one form of an output that is kept, the first that there is.
FORMS = ("text/html", "image/png", "image/jpeg", "text/markdown", "text/plain")
WIDGET = "application/vnd.jupyter.widget-view+json"
#: A figure's caption, which plain viewers show as an output of its own behind it.
_FIGURE_TEXT = re.compile(r"\W*Figure[.:]\W")


def labels(page: model.Page) -> dict[int, str]:
    """What stands on each folded cell, by the number of the cell, counted from 1."""
    words = folding.fold(page.notebook)
    return {
        i: words[i - 1] or "Code"
        for i, cell in page.code
        if model.FOLDED & set(model.tags(cell))
    }


@dataclass
class _State:
    """What is counted from the top of a page to its end."""

    equations: set[str]
    figures: int = 0
    checks: set[str] = field(default_factory=set)


def shown(page: model.Page) -> NotebookNode:
    """The notebook of a page as the site shows it.

    Raises PageError where the page was run and saved in JupyterLab, so that figures are
    live widgets instead of stored pictures, or where a cell was never run.
    """
    refuse_unpublishable(page)
    state = _State({equation.name for equation in page.equations})
    folded = labels(page)
    border = page.second_reading
    cells = []
    for i, cell in page.cells:
        if cell.cell_type == "markdown":
            source = markdown(page.markdown[i], border[1] if i == border[0] else None)
            cells.append(NotebookNode(cell | {"source": source}))
        elif cell.cell_type == "code":
            outputs = [
                made for o in _joined(cell.outputs) for made in _output(o, state)
            ]
            outputs = _without_figure_text(outputs)
            cells.append(_folded(cell | {"outputs": outputs}, folded.get(i)))
        else:
            cells.append(cell)
    return NotebookNode(page.notebook | {"cells": cells})


def refuse_unpublishable(page: model.Page) -> None:
    for i, cell in page.code:
        if any(WIDGET in output.get("data", {}) for output in cell.outputs):
            raise model.PageError(
                f"{page.name}: cell {i} holds a live figure instead of a stored one, "
                "since the page was saved after a run in JupyterLab. Store its "
                f"outputs: make run PAGE={page.name}"
            )
    if not page.executed and page.code:
        raise model.PageError(
            f"{page.name}: a cell was never run, so that its output is missing. Store "
            f"its outputs: make run PAGE={page.name}"
        )


# ---------------------------------------------------------------- text


def markdown(cell: model.Markdown, border: int | None = None) -> str:
    """A cell's Markdown with the kinds of its headings marked, and what is right boxed.

    Before line `border` comes the line between the two readings.
    """
    lines = cell.source.split("\n")
    for number, _, _ in cell.headings:
        lines[number] = html.heading(lines[number])
    for first, end in reversed(cell.right):
        lines[first:end] = [
            '<div class="right">',
            "",
            *lines[first:end],
            "",
            "</div>",
            "",
        ]
        if border is not None and border >= end:
            border += 5
    if border is not None:
        lines[border:border] = ["", html.second_reading(), ""]
    return "\n".join(lines)


# ---------------------------------------------------------------- code cells


def _folded(cell: NotebookNode, label: str | None) -> NotebookNode:
    """The cell with the tags and the label that fold it; only checks fold with it."""
    made = NotebookNode(cell)
    if label is None:
        return made
    tags = set(cell["metadata"].get("tags", ())) - {"hide-input", "hide-cell"}
    whole = tags & {"setup", "solution"} or all(map(_is_checks, cell["outputs"]))
    tags.add("hide-cell" if whole else "hide-input")
    prompts = {"code_prompt_show": label, "code_prompt_hide": label}
    made["metadata"] = cell["metadata"] | {"tags": sorted(tags), "mystnb": prompts}
    return made


def _is_checks(output) -> bool:
    return output.get("data", {}).get("text/html", "").startswith(html.CHECKS)


def _joined(outputs: list) -> list:
    """The outputs, with what was printed piece by piece in one piece."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if (
            output.output_type == "stream"
            and last.get("output_type") == "stream"
            and last["name"] == output.name
        ):
            joined[-1] = last | {"text": last["text"] + output.text}
        else:
            joined.append(output)
    return joined


def _output(output, state: _State) -> list:
    """What the site shows of one output."""
    if output["output_type"] == "stream" and output["name"] == "stdout":
        return _printed(output, state)
    if "data" not in output:
        return [output]
    form = next((f for f in FORMS if f in output["data"]), None)
    if form is None:
        return [output]
    data, metadata = {form: output["data"][form]}, dict(output["metadata"])
    if form == "text/html" and "d2l-caption" in data[form]:
        state.figures += 1
        data[form] = html.numbered(data[form], state.figures)
    elif form.startswith("image/") and metadata.get(form, {}).get("caption"):
        state.figures += 1
        metadata[form] = metadata[form] | {"number": state.figures}
    return [output | {"data": data, "metadata": metadata}]


def _without_figure_text(outputs: list) -> list:
    """The outputs without a caption as text that follows the figure it stands under."""
    kept = []
    for output in outputs:
        data = output.get("data", {})
        text = data.get("text/markdown", data.get("text/plain", ""))
        before = kept[-1].get("data", {}) if kept else {}
        picture = any(form.startswith(("image/", "text/html")) for form in before)
        if not (picture and _FIGURE_TEXT.match(text)):
            kept.append(output)
    return kept


def _printed(output, state: _State) -> list:
    """What a cell printed: lines '✓ name | sides | tolerance' as a list of checks."""
    made, plain, items = [], [], []

    def close() -> None:
        text = "\n".join(plain).strip("\n")
        if text:
            made.append(output | {"text": text + "\n"})
        if items:
            made.append(_html(html.check_list(items)))
        plain.clear()
        items.clear()

    for line in output["text"].splitlines():
        check = model.check_of(line)
        if check:
            if plain:
                close()
            items.append(_check(check, state))
        elif html.exercise(line):
            close()
            made.append(_html(html.exercise(line)))
        else:
            if items:
                close()
            plain.append(line)
    close()
    return made


def _check(check: model.Check, state: _State) -> str:
    anchor = f"check-{model.slug(check.name)}"
    first = anchor not in state.checks  # an equation links to its first check
    state.checks.add(anchor)
    known = check.name in state.equations
    return html.check(
        check,
        anchor if first else "",
        f"#eq-{model.slug(check.name)}" if known else "",
    )


def _html(made: str) -> NotebookNode:
    data = {"text/html": made}
    return NotebookNode(output_type="display_data", data=data, metadata={})
