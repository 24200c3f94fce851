"""The pieces of a page, as HTML: checks, equations, figures, what stands on top and
below.

Every function takes objects of the model or plain strings, and returns a string of
HTML. What comes from a page is escaped here and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape, unescape
from urllib.parse import quote

import latex2mathml.converter
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from book import model

# ---------------------------------------------------------------- text


def _formula(tex: str, options: dict) -> str:
    left, right = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{left}{escape(tex, quote=False)}{right}"


_MARKDOWN = (
    MarkdownIt("commonmark", {"html": False})
    .disable(["image", "link"])
    .use(dollarmath_plugin, renderer=_formula)
)


def inline(markdown: str) -> str:
    """A line of Markdown with emphasis, code and formulas; a link is its text alone."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    made = _MARKDOWN.renderInline(text.strip())
    return made.replace('class="math inline"', 'class="math"')


def kind(name: str, *classes: str) -> str:
    """The kind of a heading as a Markdown span; its colon is for those who hear it."""
    names = " ".join(f".{c}" for c in ("kind", *classes))
    return f"[{name}[: ]{{.colon}}]{{{names}}}"


def heading(line: str) -> str:
    """A heading of a page in Markdown, its kind as a span of its own in front.

    `## Derivation: two sums` becomes the idea "Two sums" with the kind "Derivation", a
    trap gets a mark that it is wrong, an exercise its kind behind it. Others stay as
    they are.
    """
    found = re.fullmatch(r"(#{2,6})[ \t]+(.*?)[ \t#]*", line)
    if not found:
        return line
    level, text = found.groups()
    section = model.kind_of_heading(text)
    if text.startswith("Trap: "):
        return f"{level} {kind(TRAP, 'wrong')} {capital(text[6:])}"
    if section and text[len(section) :].startswith(": "):
        return f"{level} {kind(section)} {capital(text[len(section) + 2 :])}"
    exercise = re.fullmatch(rf"(\d+\. .*) \(({'|'.join(model.EXERCISE_KINDS)})\)", text)
    if exercise:
        return f"{level} {exercise[1]} [{exercise[2]}]{{.exercise-kind}}"
    return line


TRAP = "✗ circulates, and is wrong"


def capital(idea: str) -> str:
    """The idea with a capital, unless its first word is a name in code."""
    plain = re.match(r"[a-z]+(?=[ ,:;?!'’-]|$)", idea)
    return idea[0].upper() + idea[1:] if plain else idea


# ---------------------------------------------------------------- checks and equations


def check(found: model.Check, anchor: str = "", equation: str = "") -> str:
    """One check as an item of a list; `equation` is the address of what it checks."""
    name = f'<span class="check-name">{escape(found.name)}</span>'
    if equation:
        name = f'<a href="{equation}">{name}</a>'
    own = f' id="{anchor}"' if anchor else ""
    trap = ' class="trap"' if found.is_trap else ""
    return (
        f"<li{trap}{own}><p>{name} "
        f'<span class="check-sides">{escape(found.sides)}</span> '
        f'<span class="check-tolerance">{escape(found.tolerance)}</span></p></li>'
    )


CHECKS = '<ul class="checks">'


def check_list(items: Iterable[str]) -> str:
    return f"{CHECKS}{''.join(items)}</ul>"


def exercise(line: str) -> str:
    """What a check says of the reader's own code, or '' if the line is none of that."""
    found = model.EXERCISE_LINE.fullmatch(line.strip())
    if not found:
        return ""
    mark, state, name = (escape(part) for part in found.groups())
    kind = {"…": "waiting", "✓": "right", "✗": "wrong"}[mark]
    return f'<p class="yours yours-{kind}">{mark} {state}: <code>{name}</code></p>'


def formula(tex: str, closing: str = "") -> str:
    """A formula in the text, with the punctuation that must not begin the next line."""
    shown = escape(tex, quote=False)
    made = f'<span class="math notranslate nohighlight">\\({shown}\\)</span>'
    return f'<span class="kept">{made}{escape(closing)}</span>' if closing else made


def equation(tex: str, name: str = "", check: str = "") -> str:
    """A display; with a name it gets an anchor, and a link to its check."""
    shown = escape(tex.strip(), quote=False)
    display = f'<div class="math notranslate nohighlight">\\[{shown}\\]</div>'
    if not name:
        return display
    anchor = f"eq-{model.slug(name)}"
    link = f'<a href="#{anchor}" title="Link to this equation">{escape(name)}</a>'
    if check:
        title = "The cell that checks it"
        link += f' <a class="checked" href="#{check}" title="{title}">✓ checked</a>'
    return (
        f'<div class="equation" id="{anchor}"><p class="equation-name">{link}</p>'
        f"{display}</div>"
    )


def linked_symbols(symbols: list, places: dict[str, list]) -> str:
    """What symbols.js needs to know of a page: its symbols, its equations' lines of code.

    `symbols` are `symbols.Linked`, `places` the result of `symbols.compared`.
    """
    known = {
        "symbols": [[s.tex, s.names, s.shape, s.meaning] for s in symbols],
        "equations": {
            f"eq-{model.slug(name)}": where for name, where in places.items()
        },
    }
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"))
    text = text.replace("<", "\\u003c")
    return f'<script type="application/json" id="d2l-symbols">{text}</script>'


def mathml(tex: str) -> str:
    """One line of TeX for a page that shall not load MathJax: browsers set it themselves."""
    return latex2mathml.converter.convert(" ".join(tex.split()), display="block")


def worked_out(link: str, tex: str, code: str, checks: str) -> str:
    """An equation, its code and its check, one under the other."""
    lexer, form = PythonLexer(), HtmlFormatter(nowrap=True)
    return (
        '<div class="worked-out">'
        f'<p class="kind">The equation: {link}</p>{mathml(tex.strip().rstrip("."))}'
        f'<p class="kind">Its code</p><div class="highlight"><pre tabindex="0">'
        f"{highlight(code, lexer, form)}</pre></div>"
        f'<p class="kind">Its check</p>{checks}</div>'
    )


# ---------------------------------------------------------------- figures


def image(source: str, stored: dict) -> str:
    """A stored figure with its size, so that the page does not jump when it loads."""
    size = "".join(
        f' {side}="{stored[side]}"' for side in ("width", "height") if stored.get(side)
    )
    if stored.get("width"):  # the column's width, but no more than 1.6 times its own
        size += f' style="--width:{stored["width"]}px"'
    kind = "photo" if stored.get("photo") else "plot"
    alt = escape(stored.get("alt", ""))
    return (
        f'<img class="{kind}" src="{escape(source)}" alt="{alt}"{size} loading="lazy" '
        'decoding="async">'
    )


def figure(source: str, stored: dict) -> str:
    """The image; with a caption it is a figure with a number that one can link to.

    `stored` is the output's metadata: alt, width, height, photo, caption, and the
    number that `shown` gave it.
    """
    if not stored.get("caption"):
        return image(source, stored)
    return (
        f'<figure id="fig-{stored["number"]}">{image(source, stored)}'
        f"<figcaption>{figure_number(stored['number'])}{inline(stored['caption'])}"
        "</figcaption></figure>"
    )


def figure_number(number: int) -> str:
    return (
        f'<a class="figure-number" href="#fig-{number}" title="Link to this figure">'
        f"Figure {number}</a>: "
    )


def numbered(html: str, number: int) -> str:
    """An interactive figure; its caption (`d2l-caption`) gets number and anchor, and what
    stands in it between dollars becomes a formula."""
    caption = r'(<[a-z]+\b[^>]*\bclass="[^"]*\bd2l-caption\b[^"]*"[^>]*>)([^<]*)'

    def shown(found):
        text = re.sub(r"\$([^$]+)\$", lambda tex: formula(unescape(tex[1])), found[2])
        return found[1] + figure_number(number) + text

    made = re.sub(caption, shown, html, count=1)
    return f'<div class="figure" id="fig-{number}">{made}</div>'


# ---------------------------------------------------------------- top and foot


def facts(page: model.Page, needs: Iterable[str] = ()) -> str:
    """What stands under the title: minutes, run time, checks, and what it needs."""
    if page.kind != "lesson":
        return ""
    parts = [minutes(page)]
    if page.seconds is not None:
        time = f"runs in {seconds(page.seconds)}"
        parts.append(f'<span title="On one thread of a CPU">{time}</span>')
    noticed = score(page)
    if noticed:
        parts.append(f'<span class="score" title="{SCORE_HINT}">✓ {noticed}</span>')
    made = f"<p>{' · '.join(parts)}</p>"
    needs = list(needs)
    if needs:
        made += f"<p>Needs {', '.join(needs)}</p>"
    return f'<div class="page-facts">{made}</div>'


def minutes(page: model.Page) -> str:
    """How long a lesson takes: both readings where it has two."""
    first, whole = (round(minutes) for minutes in page.minutes)
    hint = f"{first} minutes to meet the idea, {whole - first} more to go deeper"
    return f'<span title="{hint}">{first} + {whole - first} minutes</span>'


SCORE_HINT = (
    "We change the page's code on purpose, one thing at a time, and count how many of "
    "the wrong results a check of the page notices"
)


def seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 1 else "under 1 s"


def score(page: model.Page) -> str:
    """How many planted errors the page's checks notice; '' where nobody has tried."""
    found = page.d2l.get("mutants") or {}
    if not found.get("ran"):
        return ""
    return f"checks notice {found['noticed']} of {found['ran']} planted errors"


def with_facts(body: str, made: str) -> str:
    """The body of a page with its facts under the title."""
    head, end, rest = body.partition("</h1>")
    return head + end + made + rest if end else body


def second_reading() -> str:
    """The line between a page's two readings."""
    return (
        '<div class="second-reading" id="second-reading" role="separator">'
        "<p>That was the idea. What follows goes deeper: traps, exercises, proofs.</p>"
        "</div>"
    )


_BIBTEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
} | {sign: f"\\{sign}" for sign in "&%$#_{}"}


def bibtex(key: str, **fields: str) -> str:
    """An entry for BibTeX; what means something to TeX is escaped but in the url."""
    lines = [
        f"  {name:9} = {{{value if name == 'url' else _bibtex(value)}}}"
        for name, value in fields.items()
        if value
    ]
    return "@incollection{" + ",\n".join([key, *lines]) + "\n}"


def _bibtex(text: str) -> str:
    return "".join(_BIBTEX.get(sign, sign) for sign in text)


def report_link(repository: str, title: str, path: str, version: str) -> str:
    """The address that opens a report about a page."""
    body = f"Page: {path}\nVersion: {version}\n\nWhat is wrong:\n\nWhat is right:\n"
    wanted = f"title={quote('Error on the page: ' + title)}&body={quote(body)}"
    return f"{repository}/issues/new?{wanted}"
