"""Directives of the site's own pages, filled from the plan and the stored notebooks when the site is read.

    {book-map}            the chapters with their pages: written or to come, and what each needs first
    {chapter-pages}       the pages of the chapter whose index.md holds it
    {book-facts}          how much is written, checked and shown wrong, and how long it all runs
    {page-output} A#tag   the stored output of the cell of notebook A that carries the tag
    {equation-index}      every named equation with the checks that name it
    {trap-index}          every claim that the book shows wrong
    {changes}             what each tagged release changed

And two roles: {page}`folder/slug` is the page's title, a link once it is written;
{repository}`text` links to the repository's address in _config.yml.
"""

from __future__ import annotations

import base64
import re
import subprocess
from html import escape

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

import bookfiles

logger = logging.getLogger(__name__)


class BookDirective(SphinxDirective):
    """A directive whose page is read again in every build, since notebooks and plan may have changed."""

    def run(self):
        self.env.note_reread()
        return self.fill()

    def link(self, docname: str, text: str, anchor: str = "") -> nodes.Element:
        """A link to a page of the book, from the page being read."""
        uri = self.env.app.builder.get_relative_uri(self.env.docname, docname)
        uri += f"#{anchor}" if anchor else ""
        return nodes.reference("", text, internal=True, refuri=uri, support_smartquotes=False)

    def page(self, page: bookfiles.Page) -> list[nodes.Node]:
        """A page's title: a link if it is written, else plain text that says so."""
        if page.docname in self.env.found_docs:
            return [self.link(page.docname, page.title)]
        return [nodes.inline(page.title, page.title, classes=["to-come"]), nodes.Text(" "),
                nodes.inline("", "to come", classes=["state"])]


class PageRole(SphinxRole):
    def run(self):
        page = bookfiles.pages().get(self.text)
        if page is None:
            message = self.inliner.reporter.error(f"{self.text}: no such page in book/plan.yml", line=self.lineno)
            return [], [message]
        if page.docname not in self.env.found_docs:
            return [nodes.inline(page.title, page.title, classes=["to-come"])], []
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page.docname)
        return [nodes.reference("", page.title, internal=True, refuri=uri)], []


class RepositoryRole(SphinxRole):
    def run(self):
        address = self.config.html_theme_options["repository_url"]
        return [nodes.reference("", self.text, refuri=address)], []


def raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def items(children, **attributes) -> nodes.bullet_list:
    """A list whose items are paragraphs made of the given nodes."""
    return nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", "", *c)) for c in children),
                             **attributes)


class ChapterPages(BookDirective):
    def fill(self):
        chapter = next((c for c in bookfiles.plan() if c.docname == self.env.docname), None)
        if chapter is None:
            raise self.error("chapter-pages stands in the index.md of a chapter of book/plan.yml")
        return [items((self.page(page) for page in chapter.pages), classes=["chapter-pages"])]


class BookMap(BookDirective):
    """One raw block: its 158 titles should not turn up in every search."""

    def fill(self):
        return [raw(self.chooser() + '<div class="book-map">' + "".join(
            self.chapter(chapter) for chapter in bookfiles.plan() if chapter.lessons) + "</div>")]

    def title(self, page: bookfiles.Page) -> str:
        if page.docname not in self.env.found_docs:
            return f'<span class="to-come">{escape(page.title)}</span>'
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page.docname)
        return f'<a href="{uri}">{escape(page.title)}</a>'

    def chapter(self, chapter: bookfiles.Chapter) -> str:
        found = self.env.found_docs
        written = sum(page.docname in found for page in chapter.lessons)
        dots = "".join(f'<i{" class=written" if page.docname in found else ""} data-page="{page.address}"></i>'
                       for page in chapter.lessons)
        html = ('<details class="chapter"><summary>'
                f'<span class="number">{int(chapter.folder[:2])}</span> <span>{escape(chapter.title)}</span> '
                f'<span class="dots" aria-hidden="true">{dots}</span>'
                f'<span class="count">{written} of {len(chapter.lessons)} written</span></summary>')
        if chapter.docname in found:
            uri = self.env.app.builder.get_relative_uri(self.env.docname, chapter.docname)
            html += f'<p class="page"><a href="{uri}">What the chapter teaches, and why in this order</a></p>'
        for page in chapter.pages:
            if page.docname in found or page.kind == "lesson":
                state = "" if page.docname in found else ' <span class="state">to come</span>'
                html += f'<p class="page">{self.title(page)}{state}</p>'
            path = bookfiles.reading_path(page.address)
            if path:
                before = " ".join(other.address for other in path)
                html += (f'<details class="path" id="path-{page.address}" data-before="{before}"><summary>'
                         f'{len(path)} page{"s" * (len(path) > 1)} to read first</summary><ol>'
                         + "".join(f"<li>{self.title(other)}</li>" for other in path) + "</ol></details>")
        return html + "</details>"

    @staticmethod
    def chooser() -> str:
        groups = "".join(
            f'<optgroup label="{escape(chapter.title)}">' + "".join(
                f'<option value="{page.address}">{escape(page.title)}</option>' for page in chapter.lessons)
            + "</optgroup>" for chapter in bookfiles.plan() if chapter.lessons)
        return ('<form class="chooser" hidden><label>The way to '
                f'<select name="page" autocomplete="off"><option value="">choose a page</option>{groups}</select>'
                '</label><div class="chosen-path" aria-live="polite"></div></form>')


class BookFacts(BookDirective):
    def fill(self):
        lessons = [p for p in bookfiles.pages().values() if p.kind == "lesson"]
        written = [p for p in lessons if p.docname in self.env.found_docs]
        notebooks = bookfiles.written_notebooks()
        equations = sum(len(bookfiles.equations_of(book, page.docname)) for page, book in notebooks)
        traps = len({c.name for _, book in notebooks for c in bookfiles.checks_of(book) if c.is_trap})
        seconds = sum(bookfiles.run_times().values())
        facts = [(f"{len(written)} of {len(lessons)}", "pages written"), (str(equations), "equations checked"),
                 (str(traps), "mistakes shown wrong")]
        if seconds:
            facts.append((f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min",
                          "to run it all on one thread"))
        return [raw('<ul class="facts">' + "".join(
            f"<li><strong>{escape(n)}</strong> {escape(text)}</li>" for n, text in facts) + "</ul>")]


class PageOutput(BookDirective):
    """`{page-output} chapters/11-recurrent/bptt.ipynb#cover`"""

    required_arguments = 1

    def fill(self):
        path, _, tag = self.arguments[0].partition("#")
        file = bookfiles.ROOT / path
        if not file.exists():
            raise self.error(f"page-output: there is no {path}")
        self.env.note_dependency(str(file))
        for cell in bookfiles.notebook(file)["cells"]:
            if tag in cell["metadata"].get("tags", ()) or cell.get("id") == tag:
                for output in cell.get("outputs", ()):
                    made = self.show(output)
                    if made:
                        return [nodes.container("", *made, classes=["cell_output", "docutils", "page-output"])]
        raise self.error(f"page-output: {path} has no cell tagged {tag!r} with a stored figure")

    @staticmethod
    def show(output):
        data = output.get("data", {})
        if "text/html" in data:
            html = data["text/html"]
            return [nodes.raw("", html if isinstance(html, str) else "".join(html), format="html",
                              classes=["output", "text_html"])]
        if "image/png" in data:
            png = data["image/png"] if isinstance(data["image/png"], str) else "".join(data["image/png"])
            base64.b64decode(png)  # a broken file should fail here, not in the reader's browser
            stored = output["metadata"].get("image/png", {})
            kind = "photo" if stored.get("photo") else "plot"
            return [raw(f'<img class="{kind}" src="data:image/png;base64,{"".join(png.split())}" '
                        f'alt="{escape(stored.get("alt", ""))}" width="{stored.get("width", "")}" '
                        f'height="{stored.get("height", "")}">')]
        return []


def filter_form(label: str, chapters) -> nodes.raw:
    """The controls that narrow a list; filter.js makes them work, and without it they stay hidden."""
    options = "".join(f'<option value="{escape(c.folder)}">{escape(c.title)}</option>' for c in chapters)
    return raw(f'<form class="filter" hidden role="search" aria-label="{label}">'
               '<label>Text <input type="search" name="text" autocomplete="off"></label> '
               f'<label>Chapter <select name="chapter"><option value="">all</option>{options}</select></label> '
               '<output aria-live="polite"></output></form>')


class EquationIndex(BookDirective):
    def fill(self):
        entries = [(page, equation) for page, book in bookfiles.written_notebooks()
                   if page.docname in self.env.found_docs
                   for equation in bookfiles.equations_of(book, page.docname)]
        if not entries:
            return [nodes.paragraph("", "No page with a named equation is written yet.")]
        folders = {page.folder for page, _ in entries}
        made = [filter_form("Filter the equations", [c for c in bookfiles.plan() if c.folder in folders])]
        for page, equation in entries:
            anchor = f"eq-{bookfiles.slug(equation.name)}"
            made.append(raw(f'<div class="entry" data-chapter="{page.folder}">'))
            made.append(nodes.paragraph("", "", nodes.strong("", "", self.link(page.docname, equation.name, anchor)),
                                        nodes.Text(" "), nodes.inline("", page.title, classes=["where"])))
            made.append(nodes.math_block(equation.tex, equation.tex, nowrap=False, number=None))
            lines = []
            for check in equation.checks:
                lines.append([self.link(page.docname, check.sides, f"check-{bookfiles.slug(check.name)}"),
                              nodes.Text(" "), nodes.inline("", check.tolerance, classes=["check-tolerance"])])
            made.append(items(lines, classes=["checks"]) if lines
                        else nodes.paragraph("", "Not checked.", classes=["unchecked"]))
            made.append(raw("</div>"))
        return made


class TrapIndex(BookDirective):
    def fill(self):
        entries = []
        for page, book in bookfiles.written_notebooks():
            if page.docname in self.env.found_docs:
                seen = dict.fromkeys((c.name, c.tolerance) for c in bookfiles.checks_of(book) if c.is_trap)
                entries += [(page, *claim) for claim in seen]
        if not entries:
            return [nodes.paragraph("", "No page with a trap is written yet.")]
        folders = {page.folder for page, *_ in entries}
        made = [filter_form("Filter the traps", [c for c in bookfiles.plan() if c.folder in folders])]
        for page, claim, tolerance in entries:
            made.append(raw(f'<div class="entry trap" data-chapter="{page.folder}">'))
            made.append(nodes.paragraph("", "", self.link(page.docname, claim, f"check-{bookfiles.slug(claim)}"),
                                        nodes.Text(" "), nodes.inline("", page.title, classes=["where"]),
                                        nodes.Text(" "), nodes.inline("", f"off {tolerance}", classes=["check-tolerance"])))
            made.append(raw("</div>"))
        return made


class Changes(BookDirective):
    def fill(self):
        releases = tagged_releases()
        if not releases:
            return [nodes.paragraph("", f"No release is tagged yet; this is version {bookfiles.version()}, in the making.")]
        made = []
        for name, date, lines in releases:
            made += [nodes.rubric("", f"{name}, {date}"), items(([nodes.Text(line)] for line in lines))]
        return made


def tagged_releases() -> list[tuple[str, str, list[str]]]:
    """(tag, date, lines of its message) of every tag that looks like v1.2.3, newest first."""
    command = ["git", "for-each-ref", "refs/tags/v*", "--sort=-creatordate",
               "--format=%(refname:short)%00%(creatordate:short)%00%(contents)%01"]
    try:
        done = subprocess.run(command, cwd=bookfiles.ROOT, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return []  # no git, or a copy of the files without history
    releases = []
    for entry in done.stdout.split("\x01"):
        if entry.count("\x00") == 2:
            name, date, message = entry.strip().split("\x00")
            lines = [re.sub(r"^[-*] ", "", line) for line in message.strip().splitlines() if line.strip()]
            releases.append((name, date, lines))
    return releases


def setup(app):
    bookfiles.plan.cache_clear()
    for name, directive in {
        "book-map": BookMap, "chapter-pages": ChapterPages, "book-facts": BookFacts,
        "page-output": PageOutput, "equation-index": EquationIndex, "trap-index": TrapIndex,
        "changes": Changes,
    }.items():
        app.add_directive(name, directive)
    app.add_role("page", PageRole())
    app.add_role("repository", RepositoryRole())
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
