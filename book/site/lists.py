"""The book's own pages: lists made from the plan and from all notebooks, as HTML.

Each function takes the `Book` that a page sees and an argument, and returns HTML. Those
of `LISTS` are directives of the same name:

    {book-map}            the chapters with their pages, and what each needs first
    {chapter-pages}       the pages of the chapter whose index.md holds it, as a list beside
                          a picture of which needs which
    {book-facts}          how much is written, checked and shown wrong
    {page-output} A#tag   the stored output of the cell of notebook A with that tag
    {ledger}              marks of the chapter's models on the same held-out text
    {worked-out} A#name   a named equation of notebook A, its lines of code and its check
    {equation-index}      every named equation with the checks that name it
    {trap-index}          every mistake that circulates, and what is right
    {changes}             what each tagged release changed

and those of `WORDS` are roles: {page}`folder/slug` is the page's title, a link once it
is written; {repository}`text` links to the repository.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from book import model
from book.model import Chapter, PageError, PlannedPage
from book.site import html, symbols
from book.site.tracks import tracks


@dataclass(frozen=True)
class Book:
    """The book as one of its pages sees it."""

    docname: str  # of the page that shows the list
    found: frozenset[str] | set[str]  # docnames of the pages that the site has
    address: Callable[[str], str]  # from that page to a docname

    def link(self, docname: str, text: str, anchor: str = "") -> str:
        where = self.address(docname) + (f"#{anchor}" if anchor else "")
        return f'<a class="reference internal" href="{where}">{escape(text)}</a>'

    def title(self, page: PlannedPage, state: str = "") -> str:
        """A page's title: a link if the page is written."""
        if page.docname in self.found:
            return self.link(page.docname, page.title)
        return f'<span class="to-come">{escape(page.title)}</span>{state}'

    def pages(self) -> list[tuple[PlannedPage, model.Page]]:
        """The notebooks that stand and that the site has."""
        return [
            (planned, page)
            for planned, page in model.written_pages()
            if planned.docname in self.found
        ]


TO_COME = ' <span class="state">to come</span>'


def page_title(book: Book, address: str) -> str:
    page = model.planned_pages().get(address)
    if page is None:
        raise PageError(f"{address}: no such page in book/plan.yml")
    return book.title(page)


def repository_link(book: Book, text: str) -> str:
    """A link to the repository; plain text while its address is a placeholder."""
    if not model.is_published():
        return escape(text)
    address = escape(model.repository())
    return f'<a class="reference external" href="{address}">{escape(text)}</a>'


# ---------------------------------------------------------------- the plan


def chapter_pages(book: Book, _: str = "") -> str:
    chapter = next((c for c in model.plan() if c.docname == book.docname), None)
    if chapter is None:
        raise PageError(
            f"{book.docname}: chapter-pages stands in the index.md of a chapter"
        )
    notebooks = {planned.address: page for planned, page in book.pages()}
    lines = ""
    for page in chapter.pages:
        lines += f"<li><p>{book.title(page, TO_COME)}"
        if page.kind == "lesson" and page.address in notebooks:
            time = html.minutes(notebooks[page.address])
            lines += f'<span class="length">{time}</span>'
        lines += "</p></li>"
    picture = tracks(chapter.pages, book.found)
    return f'<div class="chapter-pages">{picture}<ul>{lines}</ul></div>'


def ledger(book: Book, _: str = "") -> str:
    """The marks of all pages, best first, each with the page that computes it."""
    marks = [(made, planned) for planned, page in book.pages() for made in page.marks]
    marks.sort(key=lambda entry: entry[0]["bits"])
    rows = ""
    for made, planned in marks:
        spread = f" ± {made['se']:g}" if "se" in made else ""
        rows += (
            f"<tr><td>{escape(made['model'])}</td>"
            f"<td>{made['bits']:.2f}{spread}</td>"
            f"<td>{book.title(planned)}</td></tr>"
        )
    head = "<tr><th>Model</th><th>Bits per character</th><th>Page</th></tr>"
    table = f'<table class="table ledger"><thead>{head}</thead><tbody>{rows}</tbody></table>'
    return f'<div class="pst-scrollable-table-container">{table}</div>'


def book_map(book: Book, _: str = "") -> str:
    chapters = [chapter for chapter in model.plan() if chapter.lessons]
    made = "".join(_chapter(book, chapter) for chapter in chapters)
    return f'{_chooser(chapters)}<div class="book-map">{made}</div>'


def _chapter(book: Book, chapter: Chapter) -> str:
    written = sum(page.docname in book.found for page in chapter.lessons)
    dots = "".join(
        f"<i{' class=written' if page.docname in book.found else ''} "
        f'data-page="{page.address}"></i>'
        for page in chapter.lessons
    )
    made = (
        '<details class="chapter"><summary>'
        f'<span class="number">{int(chapter.folder[:2])}</span> '
        f"<span>{escape(chapter.title)}</span> "
        f'<span class="dots" aria-hidden="true">{dots}</span>'
        f'<span class="count">{written} of {len(chapter.lessons)} written</span>'
        "</summary>"
    )
    if chapter.docname in book.found:
        text = "What the chapter teaches, and why in this order"
        made += f'<p class="page">{book.link(chapter.docname, text)}</p>'
    for page in chapter.pages:
        if page.docname in book.found or page.kind == "lesson":
            made += f'<p class="page">{book.title(page, TO_COME)}</p>'
        path = [
            other
            for other in model.reading_path(page.address)
            if other.docname in book.found
        ]
        if path:
            before = " ".join(other.address for other in path)
            steps = "".join(f"<li>{book.title(other)}</li>" for other in path)
            pages = f"{len(path)} page{'s' * (len(path) > 1)}"
            made += (
                f'<details class="path" id="path-{page.address}" '
                f'data-before="{before}"><summary>{pages} to read first</summary>'
                f"<ol>{steps}</ol></details>"
            )
    return made + "</details>"


def _chooser(chapters: Iterable[Chapter]) -> str:
    groups = "".join(
        f'<optgroup label="{escape(chapter.title)}">'
        + "".join(
            f'<option value="{page.address}">{escape(page.title)}</option>'
            for page in chapter.lessons
        )
        + "</optgroup>"
        for chapter in chapters
    )
    return (
        '<form class="chooser" hidden><label>The way to '
        '<select name="page" autocomplete="off"><option value="">choose a page</option>'
        f"{groups}</select></label>"
        '<div class="chosen-path" aria-live="polite"></div></form>'
    )


def book_facts(book: Book, _: str = "") -> str:
    lessons = [p for p in model.planned_pages().values() if p.kind == "lesson"]
    written = sum(page.docname in book.found for page in lessons)
    pages = [page for _, page in book.pages()]
    traps = {check.name for page in pages for check in page.checks if check.is_trap}
    facts = [
        (f"{written} of {len(lessons)}", "pages written"),
        (str(sum(len(page.equations) for page in pages)), "equations checked"),
        (str(len(traps)), "mistakes shown wrong"),
    ]
    if pages and all(page.seconds for page in pages):
        total = sum(page.seconds for page in pages)
        time = f"{total:.0f} s" if total < 120 else f"{total / 60:.0f} min"
        facts.append((time, "to run it all on one thread"))
    lines = (f"<li><strong>{n}</strong> {text}</li>" for n, text in facts)
    return f'<ul class="facts">{"".join(lines)}</ul>'


def page_output(book: Book, argument: str) -> str:
    """A stored figure of a page, the whole of it in the HTML."""
    path, _, tag = argument.partition("#")
    page = model.page(model.ROOT / path)
    for _, cell in page.code:
        if tag in model.tags(cell) or cell.id == tag:
            for output in cell.outputs:
                stored, data = output.get("metadata", {}), output.get("data", {})
                made = data.get("text/html", "")
                if not made and "image/png" in data:
                    source = "data:image/png;base64," + "".join(
                        data["image/png"].split()
                    )
                    made = html.image(source, stored.get("image/png", {}))
                if made:
                    return f'<div class="cell_output page-output output">{made}</div>'
    raise PageError(
        f"page-output: {path} has no cell tagged {tag!r} with a stored figure. If the "
        "page was saved after a run in JupyterLab, store its outputs: "
        f"make run PAGE={path}"
    )


def worked_out(book: Book, argument: str) -> str:
    """An equation of a page, the code that its check compares, and what the check says."""
    path, _, name = argument.partition("#")
    page = model.page(model.ROOT / path)
    equation = next((e for e in page.equations if e.name == name), None)
    checks = [check for check in page.checks if check.name == name]
    if equation is None or not checks:
        raise PageError(f"worked-out: {path} has no checked equation named {name!r}")
    docname = path.removesuffix(".ipynb")
    code = dict(enumerate((cell for _, cell in page.code)))
    tested, *others = symbols.compared(page)[name]
    place = next((other for other in others if other[0] != tested[0]), tested)
    lines = code[place[0]].source.splitlines()[place[1] - 1 : place[2]]
    link = book.link(docname, name, f"eq-{model.slug(name)}")
    check = html.check(
        checks[0], equation=f"{book.address(docname)}#check-{model.slug(name)}"
    )
    return html.worked_out(
        link, equation.tex, "\n".join(lines), html.check_list([check])
    )


# ---------------------------------------------------------------- equations and traps


def _by_chapter(
    pages: list[tuple[PlannedPage, model.Page]],
    entries: Callable[[PlannedPage, model.Page], list[str]],
    label: str,
    open_when: int = 0,
) -> str:
    """The entries of all pages under their chapters, with a form to narrow them."""
    made, total = "", 0
    for chapter in model.plan():
        found = [
            e
            for p, page in pages
            if p.folder == chapter.folder
            for e in entries(p, page)
        ]
        if found:
            total += len(found)
            made += (
                f'<details class="list"><summary>{escape(chapter.title)} '
                f'<span class="count">{len(found)}</span></summary>{"".join(found)}'
                "</details>"
            )
    if total <= open_when:
        made = made.replace('<details class="list">', '<details class="list" open>')
    return (
        f'<form class="filter" hidden role="search" aria-label="{label}">'
        '<label>Text <input type="search" name="text" autocomplete="off"></label> '
        f'<output aria-live="polite"></output></form>{made}'
    )


def _where(page: PlannedPage) -> str:
    return f'<span class="where">{escape(page.title)}</span>'


def equation_index(book: Book, _: str = "") -> str:
    """Every named equation under its chapter; TeX is set when a chapter is opened."""

    def entries(planned: PlannedPage, page: model.Page) -> list[str]:
        made = []
        for equation in page.equations:
            link = book.link(
                planned.docname, equation.name, f"eq-{model.slug(equation.name)}"
            )
            where = f"{book.address(planned.docname)}#check-{model.slug(equation.name)}"
            checks = [
                f'<li><p><a href="{where}">{escape(check.sides)}</a> <span '
                f'class="check-tolerance">{escape(check.tolerance)}</span></p></li>'
                for check in page.checks
                if check.name == equation.name
            ]
            tex = escape(equation.tex, quote=False)
            made.append(
                f'<div class="entry"><p><strong>{link}</strong> {_where(planned)}</p>'
                f'<div class="tex">\\[{tex}\\]</div>'
                + (html.check_list(checks) if checks else UNCHECKED)
                + "</div>"
            )
        return made

    pages = book.pages()
    if not any(page.equations for _, page in pages):
        return "<p>No page with a named equation is written yet.</p>"
    return _by_chapter(pages, entries, "Filter the equations")


UNCHECKED = '<p class="unchecked">Not checked.</p>'


def trap_index(book: Book, _: str = "") -> str:
    """Every claim that a page shows wrong, marked as wrong, and what is right where the
    page says it in a paragraph that begins so."""

    def entries(planned: PlannedPage, page: model.Page) -> list[str]:
        made, listed = [], set()
        for section in page.sections_of(3):
            if not section.title.startswith("Trap: "):
                continue
            cells = {i for i, _, _ in section.parts}
            checks = [c for c in page.checks if c.is_trap and c.cell in cells]
            if checks:
                listed.update(check.name for check in checks)
                claim, right = section.title.removeprefix("Trap: "), section.right
                made.append(_trap(book, planned, claim, checks, right))
        for check in page.checks:
            if check.is_trap and check.name not in listed:
                listed.add(check.name)
                made.append(_trap(book, planned, check.name, [check], ""))
        return made

    pages = book.pages()
    made = _by_chapter(pages, entries, "Filter the traps", open_when=200)
    return made if "entry" in made else "<p>No page with a trap is written yet.</p>"


def _trap(book: Book, planned: PlannedPage, claim: str, checks, right: str) -> str:
    anchor = f"check-{model.slug(checks[0].name)}"
    where = f"{book.address(planned.docname)}#{anchor}"
    shown = "; ".join(
        ("" if same_claim(check.name, claim) else f"{escape(check.name)}: ")
        + f"off {escape(check.tolerance)}"
        for check in {check.name: check for check in checks}.values()
    )
    made = (
        f'<div class="entry trap"><p class="kind wrong">{html.TRAP}</p><p><a '
        f'class="claim" href="{where}">{html.inline(html.capital(claim))}</a> '
        f"{_where(planned)}</p>"
    )
    if right:
        made += f'<div class="right"><p>{html.inline(right)}</p></div>'
    return f'{made}<p class="check-tolerance">{shown}</p></div>'


def same_claim(check: str, claim: str) -> bool:
    return model.slug(check) == model.slug(claim)


def names(book: Book) -> str:
    """A script with the names that a search finds first: name, kind, page, address."""
    found = []
    for planned in model.planned_pages().values():
        if planned.docname in book.found:
            found.append([planned.title, "page", "", book.address(planned.docname)])
    for planned, page in book.pages():
        where = book.address(planned.docname)
        for equation in page.equations:
            anchor = f"#eq-{model.slug(equation.name)}"
            found.append([equation.name, "equation", planned.title, where + anchor])
        for name in dict.fromkeys(check.name for check in page.checks if check.is_trap):
            anchor = f"#check-{model.slug(name)}"
            found.append([name, "trap", planned.title, where + anchor])
    lines = ",\n".join(json.dumps(name, ensure_ascii=False) for name in found)
    return f"window.bookNames = [\n{lines}\n];\n"


# ---------------------------------------------------------------- releases


def changes(book: Book, _: str = "") -> str:
    releases = tagged_releases(model.ROOT)
    if not releases:
        now = f"this is version {model.version()}, in the making"
        return f"<p>No release is tagged yet; {now}.</p>"
    return "".join(
        f'<p class="rubric">{escape(name)}, {date}</p><ul>'
        + "".join(f"<li><p>{escape(line)}</p></li>" for line in lines)
        + "</ul>"
        for name, date, lines in releases
    )


def tagged_releases(root: Path) -> list[tuple[str, str, list[str]]]:
    """(tag, date, lines of its message) of every tag like v1.2.3, newest first."""
    command = [
        "git",
        "for-each-ref",
        "refs/tags/v*",
        "--sort=-creatordate",
        "--format=%(refname:short)%00%(creatordate:short)%00%(contents)%01",
    ]
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []  # no git, or a copy of the files without history
    releases = []
    for entry in done.stdout.split("\x01"):
        if entry.count("\x00") == 2:
            name, date, message = entry.strip().split("\x00")
            lines = [re.sub(r"^[-*] ", "", line) for line in message.splitlines()]
            releases.append((name, date, [line for line in lines if line.strip()]))
    return releases


LISTS: dict[str, Callable[[Book, str], str]] = {
    "book-map": book_map,
    "chapter-pages": chapter_pages,
    "book-facts": book_facts,
    "page-output": page_output,
    "ledger": ledger,
    "worked-out": worked_out,
    "equation-index": equation_index,
    "trap-index": trap_index,
    "changes": changes,
}
WORDS: dict[str, Callable[[Book, str], str]] = {
    "page": page_title,
    "repository": repository_link,
}
