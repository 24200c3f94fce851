"""Rules of plain Markdown: what the site, JupyterLab, Colab and GitHub show alike."""

from __future__ import annotations

import re
from urllib.parse import unquote

from book import model
from book.contract.problem import Found

DIRECTIVE = re.compile(r"\{[\w:-]+\}")
MYST_LINE = re.compile(r":::+|\(\S+\)=\s*$|%\s|\+\+\+")
ROLE = re.compile(r"\{[a-z:-]+\}$")
HTML = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)\b[^>]*>|<!--")
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL)
OUTER = re.compile(r"\\begin\{(align|equation|gather|eqnarray|split)\*?\}")


def plain(page: model.Page) -> Found:
    for i, markdown in page.markdown.items():
        for text in myst(markdown):
            what = f"{text!r} is MyST, which Colab, JupyterLab and GitHub show as it stands"
            yield i, what, "Write plain Markdown"
        for html in markdown.html:
            for tag in HTML.finditer(html):
                if tag[0] == "<!--" or tag[2].lower() not in ("details", "summary"):
                    yield (
                        i,
                        f"raw HTML {tag[0]!r}",
                        (
                            "Write Markdown; only <details><summary>Solution</summary> … "
                            "</details> may stand"
                        ),
                    )
        begun = sum(html.count("<details") for html in markdown.html)
        ended = sum(html.count("</details") for html in markdown.html)
        if not begun == ended == len(markdown.solutions):
            yield (
                i,
                "a folded block is not of the form that folds everywhere",
                (
                    "Write <details><summary>Solution</summary>, an empty line, the solution, an "
                    "empty line, </details>"
                ),
            )
        if markdown.references:
            what = "a link defined away from its place"
            yield i, what, "Write it as [text](address)"


def myst(markdown: model.Markdown):
    """What only MyST understands: directives, colon fences, labels, comments, roles."""
    for token in markdown.tokens:
        if token.type == "fence" and (found := DIRECTIVE.match(token.info.strip())):
            yield f"{token.markup}{found[0]}"
        elif token.type == "math_block_label":
            yield f"({token.info})"
        elif token.type == "inline":
            for before, child in zip(
                [None, *token.children], token.children, strict=False
            ):
                begins = before is None or before.type.endswith("break")
                if begins and child.type == "text" and MYST_LINE.match(child.content):
                    yield child.content.strip()
                role = ROLE.search(before.content) if before else None
                if role and before.type == "text" and child.type == "code_inline":
                    yield f"{role[0]}{child.markup}"


def mathematics(page: model.Page) -> Found:
    for i, markdown in page.markdown.items():
        trouble = False
        for what, remedy in displays_out_of_place(markdown):
            trouble = True
            yield i, what, remedy
        if trouble:
            continue
        for display in markdown.displays:
            yield from in_display(i, display)
        words = [child.content for child in markdown.inline if child.type == "text"]
        if any("\\tag" in text for text in (*markdown.formulas, *words)):
            yield (
                i,
                "a \\tag stands outside a display",
                "Put the equation between $$ lines",
            )
        for formula in markdown.formulas:
            if r"\\" in ENVIRONMENT.sub("", formula):
                yield (
                    i,
                    f"a line break \\\\ inside ${formula}$",
                    "Remove it, or use a display",
                )


def displays_out_of_place(markdown: model.Markdown):
    """(what, remedy) for each $$ that is not alone on its line, with lines around it."""
    if "$$" not in markdown.source:
        return
    alone = "$$ shares its line with something", "Let each $$ stand alone on its line"
    lines = [line.strip("> \t") for line in markdown.source.split("\n")]
    for token in markdown.tokens:
        if token.type.startswith("math_block"):
            first, end = token.map
            if end - first < 2 or not lines[first] == lines[end - 1] == "$$":
                yield alone
        elif token.type == "code_block" and "$$" in token.content:
            what = "a $$ is indented by four spaces, which makes it code"
            yield what, "Begin its lines further left"
        elif token.type == "inline":
            bare = re.sub(r"(`+)[^`].*?\1", "", token.content, flags=re.DOTALL)
            found = [
                li.strip() for li in bare.split("\n") if re.search(r"(?<!\\)\$\$", li)
            ]
            if any(line != "$$" for line in found):
                yield alone
            elif len(found) % 2:
                what, remedy = (
                    "a $$ is never closed",
                    "Close the display with $$ on a line",
                )
                yield what, f"{remedy} of its own"
            elif found:
                what = "a display inside a paragraph, which the site shows as it stands"
                yield what, "Leave an empty line above its first $$"


def in_display(i: int, display: str) -> Found:
    rest = display
    while (shorter := ENVIRONMENT.sub("", rest)) != rest:
        rest = shorter
    if r"\\" in rest:
        what = r"a line break \\ outside an environment, which collapses to one line"
        yield i, what, r"Put the lines between \begin{aligned} and \end{aligned}"
    if OUTER.search(display):
        what = "an environment that stands only outside of $$"
        yield i, what, r"Use \begin{aligned} … \end{aligned}"
    if "\n\n" in display.strip("\n"):
        what = "an empty line inside a display, which ends it"
        yield i, what, "Remove the empty line"
    tags = model.tags_in(display)
    if len(tags) > 1:
        what = f"one display carries the names {', '.join(tags)}"
        yield i, what, "Give each named equation its own display"
    if tags and "\\tag" not in rest:
        what = f"the name {tags[0]!r} stands inside an environment"
        yield i, what, r"Put \tag{…} after \end{aligned}"


def links(page: model.Page) -> Found:
    for i, markdown in page.markdown.items():
        for target in markdown.images:
            what = f"the picture {target!r} comes from a file"
            yield i, what, "Draw it in a cell and show(fig, alt=…) it"
        for target in markdown.links:
            if re.match(r"https?://|mailto:", target):
                continue
            if "#" in target:
                what = f"the link {target!r} leads to an anchor, which JupyterLab and Colab "
                yield (
                    i,
                    f"{what}do not have",
                    "Link to the page and name the section in words",
                )
            elif not target.endswith((".ipynb", ".md")) or target.startswith("/"):
                what = f"the link {target!r} is not the relative path of a page"
                yield i, what, "Link to its .ipynb"
            elif not (page.path.parent / unquote(target)).is_file():
                what = f"the link {target!r} leads to no file"
                yield i, what, "Name that page in plain words until it stands"


RULES = (plain, mathematics, links)
