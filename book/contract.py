"""What every page promises, checked on its stored notebook.

    python book/contract.py                     every page
    python book/contract.py chapters/a/b.ipynb  these

`problems(path)` gives a list of `Problem`s: which page, which cell, what is wrong and what to do. It
executes nothing. The promises are told in CONTRIBUTING.md.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pages

SECTIONS = ("Derivation", "From scratch", "With torch", "They agree", "Explore", "Experiment", "Traps",
            "Exercises", "Summary")
NEEDED_SECTIONS = ("Exercises", "Summary")  # every lesson has one of each
KINDS = ("lesson", "quiz", "guide")
EXERCISE_KINDS = ("check", "derive", "code", "predict", "research")
NEEDED_EXERCISES = ("derive", "code", "predict")
QUESTIONS = 10

MAX_PAGE = 500_000  # bytes of the notebook
MAX_FIGURE = 150_000  # bytes, gzipped, of one interactive figure
MAX_FIGURES = 300_000  # of all those of a page
MAX_LINES = 20  # of a code cell that defines no class

TAG = re.compile(r"\\tag\s*\{([^}]*)\}")
TAG_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 -]*")
CHECK = re.compile(r"✓ (?P<name>[^|]+) \| (?P<sides>[^|]+) \| (?P<tolerance>[^|]+)")
HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$")
SOLUTION = re.compile(r"<details>\s*<summary>Solution</summary>\s*\n[ \t]*\n(.*?)\n[ \t]*\n\s*</details>", re.DOTALL)
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL)


@dataclass(frozen=True)
class Problem:
    page: str
    cell: int | None  # from the top, 1 the first, Markdown counted; None for the whole page
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f", cell {self.cell}" if self.cell else ""
        return f"{self.page}{where}: {self.what}. {self.remedy}."


def problems(path: Path, notebook=None) -> list[Problem]:
    """Everything in which the page at `path` breaks the contract; empty if it keeps it."""
    path = Path(path).resolve()
    try:
        notebook = notebook or pages.read(path)
    except pages.PageError as error:
        return [Problem(pages.name_of(path), None, "cannot be read", str(error))]
    page = Page(path, notebook)
    return [Problem(page.name, cell, what, remedy)
            for rule in RULES for cell, what, remedy in rule(page)]


class Page:
    """A notebook, cut up for the rules."""

    def __init__(self, path: Path, notebook):
        self.path, self.name, self.notebook = path, pages.name_of(path), notebook
        self.d2l = notebook.metadata.get("d2l", {})
        self.kind = self.d2l.get("kind", "lesson")
        self.cells = list(enumerate(notebook.cells, 1))
        self.markdown = [(i, cell, without_code(cell.source)) for i, cell in self.cells
                         if cell.cell_type == "markdown"]
        self.code = [(i, cell) for i, cell in self.cells if cell.cell_type == "code"]
        #: whether every cell was run, so that what it printed can be judged
        self.executed = all(cell.execution_count for _, cell in self.code)
        #: (cell number, level, text) of every heading
        self.headings = [(i, len(m[1]), m[2]) for i, _, text in self.markdown
                         for line in text.splitlines() if (m := HEADING.match(line))]

    def under(self, heading: str, level: int) -> list[tuple[str, list]]:
        """The sections of `level` inside the level-2 section `heading`: (title, what follows), where
        what follows is a list of (cell number, cell, text of the part of the cell that belongs)."""
        found, inside = [], False
        for i, cell in self.cells:
            if cell.cell_type == "code":
                if inside and found:
                    found[-1][1].append((i, cell, cell.source))
                continue
            for part in re.split(r"(?m)^(?=#{1,6}[ \t])", hidden_code(cell.source)):
                m = HEADING.match(part.splitlines()[0]) if part.strip() else None
                if m and len(m[1]) <= 2:
                    inside = len(m[1]) == 2 and starts_with(m[2], heading)
                elif m and inside and len(m[1]) == level:
                    found.append((m[2], []))
                if inside and found and part.strip():
                    found[-1][1].append((i, cell, part))
        return found

    def checks(self) -> list[tuple[int, str, str]]:
        """(cell number, name, sides) of every line that a verify function printed."""
        return [(i, m["name"], m["sides"]) for i, cell in self.code if pages.verifies(cell)
                for line in printed(cell).splitlines() if (m := CHECK.fullmatch(line.strip()))]

    def equations(self) -> list[tuple[int, str]]:
        """(cell number, name) of every \\tag."""
        return [(i, name) for i, _, text in self.markdown for name in TAG.findall(text)]


def starts_with(heading: str, section: str) -> bool:
    """Whether a heading is that section's: 'Derivation', 'Derivation: two sums', …"""
    return re.match(re.escape(section) + r"\b", heading) is not None


def without_code(text: str) -> str:
    """Markdown without its code blocks and code spans, whose lines stay, empty."""
    text = hidden_code(text)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text)


def hidden_code(text: str) -> str:
    """Markdown whose fenced code blocks are empty lines: a # in them is no heading."""
    return re.sub(r"(?ms)^([ \t]*)(```+|~~~+).*?^\1\2[ \t]*$", lambda m: "\n" * m[0].count("\n"), text)


def without_math(text: str) -> str:
    return re.sub(r"(?s)\$\$.*?\$\$|(?<!\\)\$[^$\n]+?(?<!\\)\$", "", text)


def printed(cell) -> str:
    return "".join(o.text for o in cell.outputs if o.output_type == "stream" and o.name == "stdout")


def html_of(output) -> str:
    return output.get("data", {}).get("text/html", "")


Found = Iterator[tuple[int | None, str, str]]  # cell number, what is wrong, what to do


# ---------------------------------------------------------------- the rules: form


def metadata(page: Page) -> Found:
    if page.kind not in KINDS:
        yield None, f"the kind of page {page.kind!r} is unknown", f"Use one of {', '.join(KINDS)}"
    extras = page.d2l.get("extras", [])
    if not isinstance(extras, list) or not all(isinstance(extra, str) for extra in extras):
        yield None, f"d2l.extras is {extras!r}", "Make it a list of names, such as [\"rl\"]"
    unknown = sorted(set(page.d2l) - {"kind", "extras", "digest"})
    if unknown:
        yield None, f"the metadata d2l has unknown keys {', '.join(unknown)}", "It holds kind, extras and digest"


def title_and_lead(page: Page) -> Found:
    titles = [(i, text) for i, level, text in page.headings if level == 1]
    if len(titles) != 1 or titles[0][0] != 1:
        yield titles[1][0] if len(titles) > 1 else 1, f"the page has {len(titles)} titles", \
            "Begin the first cell with one '# Title', and use it nowhere else"
        return
    lead = re.sub(r"(?m)^#.*$", "", page.markdown[0][2]).strip()
    if len(lead.split()) < 25:
        yield 1, f"the lead has {len(lead.split())} words", \
            ("Under the title, say in a paragraph which question the page answers, why it matters, what the "
             "reader can do afterwards and what they need first")


def sections(page: Page) -> Found:
    if page.kind != "lesson":
        return
    for i, level, text in page.headings:
        if level == 2 and not any(starts_with(text, section) for section in SECTIONS):
            yield i, f"the heading '## {text}' is not one of the book's", \
                f"Begin it with one of {', '.join(SECTIONS)}; or make it a ### heading"
    texts = [text for _, level, text in page.headings if level == 2]
    for section in NEEDED_SECTIONS:
        count = sum(starts_with(text, section) for text in texts)
        if count != 1:
            yield None, f"there are {count} sections '## {section}'", "A lesson has one"
    if texts and not starts_with(texts[-1], "Summary"):
        yield None, f"the page ends with '## {texts[-1]}'", "End it with '## Summary'"


def heading_levels(page: Page) -> Found:
    before = 1
    for i, level, text in page.headings:
        if level > before + 1:
            yield i, f"the heading {text!r} is {level - before} levels deeper than the one above", \
                f"Make it {'#' * (before + 1)}"
        before = level


def summary(page: Page) -> Found:
    if page.kind != "lesson":
        return
    last = page.notebook.cells[-1]
    if last.cell_type != "markdown":
        yield len(page.cells), "the page ends with code", "End it with the summary, the papers and the next page"


# ---------------------------------------------------------------- the rules: plain Markdown


FENCED_DIRECTIVE = re.compile(r"(?m)^[ \t]*(```+|~~~+)[ \t]*\{[\w-]+\}")
MYST = re.compile(r"(?m)^[ \t]*(:::+|\(\S+\)=[ \t]*$|%[ \t]|\+\+\+)|(\{[a-z:-]+\}`)")
HTML = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)\b[^>]*>|<!--")


def plain_markdown(page: Page) -> Found:
    for i, cell in page.cells:
        if cell.cell_type != "markdown":
            continue
        text = cell.source
        if found := FENCED_DIRECTIVE.search(text) or MYST.search(without_math(hidden_code(text))):
            yield i, f"{found[0].strip()!r} is MyST, which Colab, JupyterLab and GitHub show as it stands", \
                "Write plain Markdown"
        bare = without_math(without_code(text))
        for found in HTML.finditer(bare):
            if found[0] == "<!--" or found[2].lower() not in ("details", "summary"):
                yield i, f"raw HTML {found[0]!r}", \
                    "Write Markdown; only <details><summary>Solution</summary> … </details> may stand"
        folds = len(re.findall(r"<details>", bare))
        if folds != len(SOLUTION.findall(text)) or folds != bare.count("</details>"):
            yield i, "a folded block is not of the form that folds everywhere", \
                "Write <details><summary>Solution</summary>, an empty line, the solution, an empty line, </details>"


def mathematics(page: Page) -> Found:
    for i, _, text in page.markdown:
        lines = text.splitlines()
        if any("$$" in line and line.strip() != "$$" for line in lines):
            yield i, "$$ shares its line with something", "Let each $$ stand alone on its line, unindented"
            continue
        if sum(line.strip() == "$$" for line in lines) % 2:
            yield i, "a $$ is never closed", "Close the display with $$ on a line of its own"
            continue
        for display in re.findall(r"(?ms)^[ \t]*\$\$[ \t]*$(.*?)^[ \t]*\$\$[ \t]*$", text):
            yield from in_display(i, display)
        inline = re.sub(r"(?ms)^[ \t]*\$\$[ \t]*$.*?^[ \t]*\$\$[ \t]*$", "", text)
        if "\\tag" in inline:
            yield i, "a \\tag stands outside a display", "Put the equation between $$ lines"
        for formula in re.findall(r"(?<!\\)\$([^$\n]+?)(?<!\\)\$", inline):
            if r"\\" in ENVIRONMENT.sub("", formula):
                yield i, f"a line break \\\\ inside ${formula}$", "Remove it, or use a display"


def in_display(i: int, display: str) -> Found:
    rest = display
    while (shorter := ENVIRONMENT.sub("", rest)) != rest:
        rest = shorter
    if r"\\" in rest:
        yield i, r"a line break \\ outside an environment, which collapses to one line", \
            r"Put the lines between \begin{aligned} and \end{aligned}"
    if re.search(r"\\begin\{(align|equation|gather|eqnarray|split)\*?\}", display):
        yield i, "an environment that stands only outside of $$", r"Use \begin{aligned} … \end{aligned}"
    if "\n\n" in display.strip("\n"):
        yield i, "an empty line inside a display, which ends it", "Remove the empty line"
    tags = TAG.findall(display)
    if len(tags) > 1:
        yield i, f"one display carries the names {', '.join(tags)}", "Give each named equation its own display"
    if tags and "\\tag" not in rest:
        yield i, f"the name {tags[0]!r} stands inside an environment", r"Put \tag{…} after \end{aligned}"


def links(page: Page) -> Found:
    for i, _, text in page.markdown:
        text = without_math(text)
        for bang, target in re.findall(r"(!?)\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)", text):
            if bang:
                yield i, f"the picture {target!r} comes from a file", "Draw it in a cell and show(fig, alt=…) it"
            elif re.match(r"https?://|mailto:", target):
                continue
            elif "#" in target:
                yield i, f"the link {target!r} leads to an anchor, which JupyterLab and Colab do not have", \
                    "Link to the page and name the section in words"
            elif not target.endswith((".ipynb", ".md")) or target.startswith("/"):
                yield i, f"the link {target!r} is not the relative path of a page", "Link to its .ipynb"
            elif not (page.path.parent / target).is_file():
                yield i, f"the link {target!r} leads to no file", "Name that page in plain words until it stands"
        if re.search(r"(?m)^\s*\[[^\]]+\]:\s", text):
            yield i, "a link defined away from its place", "Write it as [text](address)"


# ---------------------------------------------------------------- the rules: equations and checks


def equation_names(page: Page) -> Found:
    seen: dict[str, int] = {}
    for i, name in page.equations():
        if not TAG_NAME.fullmatch(name) or name != name.strip():
            yield i, f"the equation's name {name!r} is not letters, digits, spaces and hyphens", \
                "Rename it: some viewers stumble over anything else"
        if name in seen:
            yield i, f"the name {name!r} stands in cell {seen[name]} already", "Give every equation its own name"
        seen.setdefault(name, i)
    if page.kind == "lesson" and not seen:
        yield None, "no equation has a name", r"Give what the page derives a \tag{Name}, and verify it"


def equations_verified(page: Page) -> Found:
    if not page.executed:
        return
    verified = {name for _, name, sides in page.checks() if "≠" not in sides}
    near = {name for _, name, _ in page.checks()}
    for i, name in page.equations():
        if name not in verified:
            kin = [other for other in near if other.lower().startswith(name.lower()[:6])]
            hint = f" (the page verifies {', '.join(map(repr, sorted(kin)))})" if kin else ""
            yield i, f"the equation {name!r} is not verified{hint}", \
                f"Add a cell with verify({name!r}, formula=…, …), and run the page"


def traps(page: Page) -> Found:
    if page.kind != "lesson":
        return
    found = page.under("Traps", 3)
    if any(starts_with(text, "Traps") for _, level, text in page.headings if level == 2) and not found:
        yield None, "the section Traps is empty", "Give each mistake '### Trap: <claim>' and a verify_differs cell"
    for title, parts in found:
        i = parts[0][0]
        if not re.match(r"Trap: \S", title):
            yield i, f"the heading '### {title}' in Traps", "Write '### Trap: ' and the claim that circulates"
        checks = [cell for _, cell, _ in parts if cell.cell_type == "code"
                  and "verify_differs" in pages.called_functions(cell.source)]
        if not checks:
            yield i, f"nothing shows that {title!r} is wrong", "Follow it by a cell with verify_differs"


def verifying_cells(page: Page) -> Found:
    if not page.executed:
        return
    for i, cell in page.code:
        if not pages.verifies(cell):
            if pages.COMPARED in pages.tags(cell):
                yield i, f"the tag {pages.COMPARED} on a cell that verifies nothing", "Run the page with make run"
            continue
        if pages.COMPARED not in pages.tags(cell):
            yield i, f"the cell verifies and has no tag {pages.COMPARED}", "Run the page with make run"
        if any("image/png" in o.get("data", {}) or html_of(o) for o in cell.outputs):
            yield i, "a figure in a cell whose output is compared", "Draw it in a cell of its own"
        if not any(CHECK.fullmatch(line.strip()) for line in printed(cell).splitlines()):
            yield i, "a verify function is called and its line is not stored", \
                "Call it in the cell itself, outside of functions, and run the page with make run"


# ---------------------------------------------------------------- the rules: exercises and questions


def exercises(page: Page) -> Found:
    if page.kind != "lesson":
        return
    found = page.under("Exercises", 3)
    kinds = []
    for number, (title, parts) in enumerate(found, 1):
        i = parts[0][0]
        m = re.fullmatch(r"(\d+)\. (.+) \((\w+)\)", title)
        if not m or m[3] not in EXERCISE_KINDS:
            yield i, f"the exercise '### {title}'", \
                f"Write '### {number}. Title (kind)' with kind one of {', '.join(EXERCISE_KINDS)}"
            continue
        if int(m[1]) != number:
            yield i, f"exercise {m[1]} is the {number}. of the page", f"Number it {number}"
        kinds.append(m[3])
        yield from solution(i, title, parts)
    if len(found) < 4:
        yield None, f"the page has {len(found)} exercises", "Give it four or more"
    for kind in NEEDED_EXERCISES:
        if kind not in kinds:
            yield None, f"no exercise of kind {kind}", "A lesson has at least one"


def solution(i: int, title: str, parts: list) -> Found:
    written = [m for _, cell, text in parts if cell.cell_type == "markdown" for m in SOLUTION.findall(text)]
    cells = [(j, cell) for j, cell, _ in parts if cell.cell_type == "code"]
    solved = [(j, cell) for j, cell in cells if "solution" in pages.tags(cell)]
    if len(written) > 1:
        yield i, f"the exercise {title!r} has {len(written)} folded solutions", "Make one of them"
    if not written and not solved:
        yield i, f"the exercise {title!r} has no solution", \
            "Give it <details><summary>Solution</summary> … </details>, or code cells tagged solution and hide-cell"
    for j, cell in solved:
        hidden = cell.metadata.get("jupyter", {})
        if "hide-cell" not in pages.tags(cell) or not hidden.get("source_hidden") \
                or not hidden.get("outputs_hidden"):
            yield j, "the solution's code is not folded", \
                "Tag it hide-cell too, and give it the metadata jupyter: {source_hidden: true, outputs_hidden: true}"


def questions(page: Page) -> Found:
    if page.kind != "quiz":
        return
    found = [(i, text) for i, level, text in page.headings if level == 3]
    if len(found) != QUESTIONS:
        yield None, f"the quiz has {len(found)} questions", f"Give it {QUESTIONS}, each '### 1. …'"
    for number, (i, text) in enumerate(found, 1):
        if not re.match(rf"{number}\. \S", text):
            yield i, f"the question '### {text}'", f"Begin it with '### {number}. '"
    text = "\n".join(hidden_code(cell.source) for _, cell, _ in page.markdown)
    for part in re.split(r"(?m)^(?=###[ \t])", text)[1:]:
        title = part.splitlines()[0].lstrip("# ")
        if len(SOLUTION.findall(part)) != 1:
            where = next((i for i, heading in found if heading == title), None)
            yield where, f"the question {title!r} has {len(SOLUTION.findall(part))} folded solutions", \
                "Give it one <details><summary>Solution</summary> … </details>"


# ---------------------------------------------------------------- the rules: code and what it left


def setup_cell(page: Page) -> Found:
    if not page.code:
        return
    first = [cell for _, cell in page.code if "setup" in pages.tags(cell)]
    uses_package = any("d2lutil" in cell.source for _, cell in page.code)
    if page.kind != "lesson" and not first and not uses_package:
        return
    if first != [page.code[0][1]]:
        yield page.code[0][0], "the first code cell, and no other, is the set-up cell", "Tag it setup"
        return
    if first[0].source != pages.setup_source(page.d2l.get("extras", [])):
        yield page.code[0][0], "the set-up cell is not the one that the runner writes", "Run make colab"


def executed(page: Page) -> Found:
    count = 0
    for i, cell in page.code:
        if not cell.source.strip():
            yield i, "an empty cell", "Remove it"
            continue
        count += 1
        if cell.execution_count is None:
            yield i, "the cell was never executed", "Run the page with make run"
            return
        if cell.execution_count != count:
            yield i, f"the cell was executed as number {cell.execution_count}, not {count}", \
                "Run the page with make run, which goes from the top"
            return
    if pages.is_stale(page.notebook) and page.code:
        yield None, "the code changed since the outputs were stored", \
            f"Run make run PAGE={page.name}"


def outputs(page: Page) -> Found:
    for i, cell in page.code:
        for output in cell.outputs:
            if output.output_type == "error":
                yield i, f"the cell raised {output.ename}", "Mend it and run the page with make run"
            if output.output_type == "stream" and output.name == "stderr":
                yield i, f"the cell printed to stderr: {output.text.strip()[:80]!r}", "Mend what it warns of"
            text = output.get("text", "") + output.get("data", {}).get("text/plain", "")
            if "\r" in text or "\x1b" in text:
                yield i, "a progress bar or colours in the stored output", "Show them only to who watches"
            if found := re.search(r"<[\w.]+ (?:object )?at 0x[0-9a-f]+>|0x[0-9a-f]{8,}", text):
                yield i, f"{found[0]!r} differs from run to run", "End the line with ; or print what matters"
            data = output.get("data", {})
            if any("widget" in kind for kind in data):
                yield i, "a stored widget, which shows nothing without a kernel", "Use explore, and make run"
            if any(kind.startswith("image/") and kind != "image/png" for kind in data):
                yield i, "a picture that is not PNG", "Show figures with show(fig, alt=…)"
            if "image/png" in data and len(output.metadata.get("image/png", {}).get("alt", "").split()) < 4:
                yield i, "a figure without a text that stands for it", "Show it with show(fig, alt=…)"
            if html_of(output) and "<img" in html_of(output) and not re.search(r"\balt=\"[^\"]{8,}", html_of(output)):
                yield i, "an interactive figure without a text that stands for it", \
                    "Give its draw function a docstring that says what the figure shows"
    if "widgets" in page.notebook.metadata:
        yield None, "stored widget state", "Run the page with make run"


def sizes(page: Page) -> Found:
    size = page.path.stat().st_size if page.path.exists() else 0
    if size >= MAX_PAGE:
        yield None, f"the notebook has {size / 1000:.0f} KB", \
            f"Keep it under {MAX_PAGE / 1000:.0f} KB: fewer frames, smaller figures"
    total = 0
    for i, cell in page.code:
        for output in cell.outputs:
            packed = len(gzip.compress(html_of(output).encode(), 6)) if html_of(output) else 0
            total += packed
            if packed > MAX_FIGURE:
                yield i, f"the interactive figure has {packed / 1000:.0f} KB gzipped", \
                    f"Keep it under {MAX_FIGURE / 1000:.0f} KB: fewer stops, simpler lines"
    if total > MAX_FIGURES:
        yield None, f"the interactive figures have {total / 1000:.0f} KB gzipped together", \
            f"Keep them under {MAX_FIGURES / 1000:.0f} KB"


def cells(page: Page) -> Found:
    for i, cell in page.code:
        count = sum(bool(line.strip()) for line in cell.source.splitlines())
        if count > MAX_LINES and not re.search(r"(?m)^\s*class ", cell.source):
            yield i, f"the cell has {count} lines", f"Cut it into steps of at most {MAX_LINES} with text between"
        if re.search(r"(?m)^\s*(?:from|import)\s+(?:chapters|\.)|%run|import_ipynb", cell.source):
            yield i, "the cell takes code from another page", "Every page runs alone from the top"
        if re.search(r"\btime\.(time|perf_counter)\(|%%?timeit", cell.source):
            yield i, "the cell measures time by itself", "Use d2lutil's timer or best_time, which wait for the device"
        if re.search(r"(?m)^[^#\n]*\bplt\.show\(", cell.source):
            yield i, "plt.show() shows a figure without a text that stands for it", "Use show(fig, alt=…)"


RULES = (metadata, title_and_lead, sections, heading_levels, summary, plain_markdown, mathematics, links,
         equation_names, equations_verified, traps, verifying_cells, exercises, questions, setup_cell,
         executed, outputs, sizes, cells)


# ---------------------------------------------------------------- the whole book


def repeated_names(paths: list[Path]) -> list[Problem]:
    """Names of equations that two pages use."""
    found, first = [], {}
    for path in paths:
        try:
            page = Page(path, pages.read(path))
        except pages.PageError:
            continue  # `problems` tells
        for i, name in page.equations():
            other = first.setdefault(name, page.name)
            if other != page.name:
                found.append(Problem(page.name, i, f"the name {name!r} is used in {other} too",
                                     "Names are unique in the book: say in it what is special here"))
    return found


def main() -> int:
    chosen = [Path(name).resolve() for name in sys.argv[1:]] or pages.all_pages()
    found = [problem for path in chosen for problem in problems(path)]
    found += [problem for problem in repeated_names(pages.all_pages())
              if problem.page in map(pages.name_of, chosen)]
    for problem in found:
        print(problem)
    print(f"{len(chosen)} pages, {len(found)} problems")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
