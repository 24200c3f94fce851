"""The model of a page: what a notebook and its line of the plan hold, and every pattern,
word and limit that two parts of the book share.

Nothing here executes a page, and nothing here imports another module of the book. Markdown
is read with markdown-it-py and its dollarmath plugin, the parser that the site uses.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import nbformat
import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
PLAN = ROOT / "book" / "plan.yml"

# ---------------------------------------------------------------- words that parts share

KINDS = ("lesson", "quiz", "guide")
EXERCISE_KINDS = ("check", "derive", "code", "predict", "research")

#: Kinds of section of a lesson: those of the first reading, which ends with the summary, and
#: those of the second.
FIRST_READING = (
    "Picture and numbers",
    "Picture",
    "By hand",
    "Derivation",
    "From scratch",
    "With torch",
    "They agree",
    "Explore",
    "Experiment",
    "In practice",
    "Summary",
)
SECOND_READING = ("Traps", "Exercises", "Deeper")
SECTIONS = FIRST_READING + SECOND_READING

#: The tag that has nbval compare a cell's output. The runner sets it on cells that verify.
COMPARED = "nbval-check-output"
#: A cell with one of these tags does not interrupt reading.
FOLDED = frozenset({"setup", "hide-input", "hide-cell", "solution", "remove-cell"})
VERIFY_FUNCTIONS = frozenset(
    {"verify", "verify_bound", "verify_estimate", "verify_differs", "verify_effect"}
)
#: The tag of a cell that the reader fills in, and the function that judges what they wrote.
YOUR_CODE = "your-code"
CHECK_YOURS = "check_yours"
#: What `d2l` in a notebook's metadata may hold.
METADATA = frozenset(
    {"kind", "extras", "digest", "seconds", "mutants", "marks", "long"}
)

# ---------------------------------------------------------------- limits

MAX_COLUMNS = 88  # characters of a line of code
MAX_PAGE = 550_000  # bytes of the notebook, 15,000 of them the script of each figure
MAX_FIGURE = 150_000  # bytes, gzipped, of one interactive figure
MAX_FIGURES = 300_000  # of all those of a page
MAX_LINES = 20  # of a code cell that defines no class
MAX_FOLDED_LINES = 60  # of one that only draws, which the reader opens by a click
MAX_SECONDS = 60  # that a page runs on one thread
MIN_LEAD = 25  # words
MAX_LEAD = 90
MEDIAN_LINES = 8  # of the cells of code that are open
MAX_FIRST_READING = 30  # minutes
MAX_MINUTES = 75
MIN_SCORE = 0.9  # planted errors noticed, of those that ran

# ---------------------------------------------------------------- patterns

EQUATION_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 -]*")
_TAG = re.compile(r"\\tag\s*\{([^}]*)\}")
_CHECK = re.compile(r"✓ (?P<name>[^|]+?) \| (?P<sides>[^|]+?) \| (?P<tolerance>[^|]+)")
_SOLUTION = re.compile(r"<details>\s*<summary>\s*Solution\s*</summary>\s*")
#: A model's mark on the book's held-out text, as `d2lutil.mark` prints it.
_MARK = re.compile(
    r"^Mark \| (?P<model>[^|\n]+) \| (?P<bits>[\d.]+)(?: ± (?P<se>[\d.]+))?"
    r" bits per character$",
    re.MULTILINE,
)
#: How the paragraph under a trap begins that says what is right.
RIGHT = "What is right:"
#: What the repository's address holds until somebody publishes the book.
PLACEHOLDER = "OWNER"

MARKDOWN = MarkdownIt("commonmark").enable("table").use(dollarmath_plugin)


class PageError(Exception):
    """A page or plan that cannot be used. The message names it, the trouble, the remedy."""


# ---------------------------------------------------------------- the plan


@dataclass(frozen=True)
class PlannedPage:
    """One page of the plan."""

    folder: str
    slug: str
    title: str
    kind: str
    needs: tuple[str, ...]

    @property
    def address(self) -> str:
        """folder/slug, as the plan's `needs` have it."""
        return f"{self.folder}/{self.slug}"

    @property
    def docname(self) -> str:
        return f"chapters/{self.address}"

    @property
    def written(self) -> bool:
        return any(
            (ROOT / f"{self.docname}{end}").exists() for end in (".ipynb", ".md")
        )


@dataclass(frozen=True)
class Chapter:
    folder: str
    title: str
    pages: tuple[PlannedPage, ...]

    @property
    def docname(self) -> str:
        return f"chapters/{self.folder}/index"

    @property
    def written(self) -> bool:
        return (ROOT / f"{self.docname}.md").exists()

    @property
    def lessons(self) -> list[PlannedPage]:
        return [page for page in self.pages if page.kind == "lesson"]


class _WithLines(yaml.SafeLoader):
    """YAML whose mappings know their line, under the key `__line__`."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise PageError(f"{PLAN.name}, line {line}: {key!r} stands twice")
        return super().construct_mapping(node, deep) | {
            "__line__": node.start_mark.line + 1
        }


def read_plan(path: Path = PLAN) -> tuple[Chapter, ...]:
    """The chapters with their pages in reading order.

    Raises PageError at the first mistake, with the page and the line: a key that is missing
    or unknown, an unknown kind, an address that stands twice, a need that is no page, pages
    that need each other in a circle.
    """
    path = Path(path)
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), _WithLines)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        reason = getattr(error, "problem", None) or error
        raise PageError(f"{path.name}{line}: not YAML ({reason})") from None
    if not isinstance(entries, list):
        raise PageError(f"{path.name}: it must be a list of chapters")

    def fail(entry, what):
        line = f", line {entry['__line__']}" if isinstance(entry, dict) else ""
        raise PageError(f"{path.name}{line}: {what}")

    def field(entry, where, needed, optional=()):
        if not isinstance(entry, dict):
            fail(
                entry, f"{where}: {entry!r} must be a mapping with {', '.join(needed)}"
            )
        keys = set(entry) - {"__line__"}
        for key in needed:
            if key not in keys:
                fail(entry, f"{where} has no {key!r}; write {key}: …")
        for key in keys - {*needed, *optional}:
            fail(
                entry,
                f"{where} has {key!r}; known are {', '.join((*needed, *optional))}",
            )

    chapters, lines = [], {}
    for entry in entries:
        name = entry.get("folder") if isinstance(entry, dict) else None
        where = f"the chapter {name or entry}"
        field(entry, where, ("folder", "title", "pages"))
        if any(chapter.folder == name for chapter in chapters):
            fail(entry, f"the chapter {name} stands twice")
        if not isinstance(entry["pages"], list):
            fail(entry, f"{where}: pages must be a list")
        pages = []
        for page in entry["pages"]:
            slug = page.get("slug") if isinstance(page, dict) else None
            address = f"{name}/{slug}"
            field(page, f"the page {address}", ("slug", "title", "needs"), ("kind",))
            kind = page.get("kind", "lesson")
            if kind not in KINDS:
                fail(
                    page, f"{address}: the kind {kind!r} is none of {', '.join(KINDS)}"
                )
            if address in lines:
                fail(
                    page,
                    f"{address} stands in line {lines[address]['__line__']} already",
                )
            needs = page["needs"]
            if not isinstance(needs, list) or not all(
                isinstance(n, str) for n in needs
            ):
                fail(
                    page,
                    f"{address}: needs must be a list of folder/slug, got {needs!r}",
                )
            lines[address] = page
            pages.append(
                PlannedPage(name, slug, str(page["title"]), kind, tuple(needs))
            )
        chapters.append(Chapter(name, str(entry["title"]), tuple(pages)))
    needs = {page.address: page.needs for chapter in chapters for page in chapter.pages}
    for address, needed in needs.items():
        for need in needed:
            if need not in needs:
                fail(
                    lines[address],
                    f"{address} needs {need}, which is no page of the plan",
                )
    for address in needs:
        circle = _circle(address, needs)
        if circle:
            fail(lines[address], f"pages need each other: {' needs '.join(circle)}")
    return tuple(chapters)


def _circle(start: str, needs: dict[str, tuple[str, ...]]) -> list[str]:
    """A way from a page along its needs back to itself; empty if there is none."""
    stack, seen = [(start, [start])], set()
    while stack:
        address, way = stack.pop()
        for need in needs[address]:
            if need == start:
                return [*way, start]
            if need not in seen:
                seen.add(need)
                stack.append((need, [*way, need]))
    return []


@lru_cache(4)
def _plan_at(path: Path, stamp: int) -> tuple[Chapter, ...]:
    return read_plan(path)


def plan() -> tuple[Chapter, ...]:
    """The book's plan, read again when its file changes."""
    return _plan_at(PLAN, PLAN.stat().st_mtime_ns)


def planned_pages() -> dict[str, PlannedPage]:
    """Every page of the plan by its address, in reading order."""
    return {page.address: page for chapter in plan() for page in chapter.pages}


def reading_path(address: str) -> list[PlannedPage]:
    """The pages to read before this one, earliest first: its needs, and theirs, and so on."""
    book = planned_pages()
    path, seen = [], {address}

    def visit(other: str) -> None:  # needs first, in the book's order
        for need in sorted(book[other].needs, key=list(book).index):
            if need not in seen:
                seen.add(need)
                visit(need)
                path.append(book[need])

    visit(address)
    return path


# ---------------------------------------------------------------- files


def all_pages() -> list[Path]:
    """Every notebook under chapters/, in the order of their paths."""
    return sorted(p for p in CHAPTERS.glob("*/*.ipynb") if not p.name.startswith("."))


def name_of(path: Path) -> str:
    """The path as messages show it: from the book's root, with slashes."""
    path = Path(path).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def read(path: Path, *, validate: bool = True) -> nbformat.NotebookNode:
    """The notebook at `path`, in today's format; raises PageError where there is none.

    Without `validate` (ten times as fast) a file that is JSON but no notebook is noticed
    only as far as cells are missing.
    """
    name = name_of(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PageError(f"{name}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise PageError(
            f"{name}: not UTF-8 text ({error}); restore it with git"
        ) from None
    try:
        if validate:
            notebook = nbformat.reads(text, as_version=4)
        else:
            notebook = nbformat.v4.reads(text)
        # Notebooks from before cell ids (nbformat 4.5) are read as today's.
        notebook.nbformat_minor = 5
        for number, cell in enumerate(notebook.cells, 1):
            cell.setdefault("id", f"cell-{number}")
        if validate:
            nbformat.validate(notebook)
    except (json.JSONDecodeError, nbformat.reader.NotJSONError):
        raise PageError(
            f"{name}: not a notebook (the file is not JSON); restore it with git, or write "
            "it anew with jupytext"
        ) from None
    except (nbformat.ValidationError, AttributeError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PageError(
            f"{name}: JSON, but not a notebook ({reason}); restore it with git"
        ) from None
    for cell in notebook.cells:
        cell.source = cell.source.replace("\r\n", "\n")
    return notebook


def text_of(notebook) -> str:
    """The notebook as the text of its file."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def write(path: Path, notebook) -> None:
    """Write the notebook whole or not at all."""
    write_text(path, text_of(notebook))


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all, whoever else writes it at the same time."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise PageError(
            f"{name_of(path)} cannot be written: {error.strerror or error}"
        ) from None


# ---------------------------------------------------------------- cells


def tags(cell) -> list[str]:
    return list(cell.metadata.get("tags", []))


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(cell) -> str:
    """All that a code cell printed to stdout."""
    return "".join(
        output.text
        for output in cell.get("outputs", ())
        if output.output_type == "stream" and output.name == "stdout"
    )


def marks_in(printed: str) -> list[dict]:
    """The marks in what cells printed: model, bits and, where it was given, se."""
    found = []
    for made in _MARK.finditer(printed):
        numbers = {k: float(made[k]) for k in ("bits", "se") if made[k] is not None}
        found.append({"model": made["model"], **numbers})
    return found


def html_of(output) -> str:
    return output.get("data", {}).get("text/html", "")


def tree_of(source: str) -> ast.Module | None:
    """A cell's code as a syntax tree, lines for the notebook alone (%pip) left out; None
    where it is no Python."""
    plain = re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)
    try:
        return ast.parse(plain)
    except SyntaxError:
        return None


@lru_cache(8192)
def called_functions(source: str) -> frozenset[str]:
    """Names of the functions that a cell calls, `f` for `f(…)` and for `module.f(…)`."""
    tree = tree_of(source)
    if tree is None:
        return frozenset(re.findall(r"(?m)(\w+)\(", source))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = (
        f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls
    )
    return frozenset(names)


def verifies(cell) -> bool:
    """Whether the cell calls one of the verify functions."""
    return bool(called_functions(cell.source) & VERIFY_FUNCTIONS)


def is_imports(source: str) -> bool:
    """Whether a cell imports and does nothing else."""
    tree = tree_of(source)
    kinds = (ast.Import, ast.ImportFrom)
    return bool(tree and tree.body) and all(
        isinstance(node, kinds) for node in tree.body
    )


def files_read(notebook, folder: Path) -> list[Path]:
    """The files beside a page that its code names in a string, such as `bptt_long.json`."""
    found = set()
    for cell in code_cells(notebook):
        for node in ast.walk(tree_of(cell.source) or ast.Module([], [])):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = node.value
                if re.fullmatch(r"[\w.-]+\.\w+", name) and (folder / name).is_file():
                    found.add(folder / name)
    return sorted(found)


def digest(notebook, folder: Path) -> str:
    """What a page's outputs depend on: its code cells' sources and tags, and the files in
    its `folder` that they read.

    Left out are the set-up cell, which holds the repository's address, and the tags that
    the runner itself sets.
    """
    own = {COMPARED, "hide-input", "hide-cell"}
    parts = [
        [cell.source, sorted(set(tags(cell)) - own)]
        for cell in code_cells(notebook)
        if "setup" not in tags(cell)
    ]
    parts += [
        [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]
        for path in files_read(notebook, folder)
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


# ---------------------------------------------------------------- what a page says


@dataclass(frozen=True)
class Check:
    """One line that a verify function printed. `cell` counts from 1, Markdown included."""

    name: str
    sides: str
    tolerance: str
    cell: int = 0

    @property
    def is_trap(self) -> bool:
        return "≠" in self.sides


def check_of(line: str, cell: int = 0) -> Check | None:
    """A line of output as a check: '✓ name | sides | tolerance'."""
    found = _CHECK.fullmatch(line.strip())
    return Check(*(part.strip() for part in found.groups()), cell) if found else None


#: What a check of the reader's own code prints: '… not yet: running_mean'.
EXERCISE_LINE = re.compile(
    r"(?P<mark>[…✓✗]) (?P<state>not yet|yours is right|not right yet): (?P<name>\S+)"
)


@dataclass(frozen=True)
class Equation:
    """A named equation: TeX without its tag."""

    name: str
    tex: str
    cell: int


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    cell: int


@dataclass(frozen=True)
class Symbol:
    """One row of a page's table of symbols."""

    tex: str  # without dollars
    code: str
    shape: str
    meaning: str


@dataclass
class Section:
    """A heading with what follows until the next one of its level or above.

    `parts` are (cell number, cell, text): for Markdown the text of the part of the cell that
    belongs, for code its source.
    """

    kind: (
        str  # 'Derivation', 'Picture', … or '' where the heading is none of the book's
    )
    title: str  # the heading as it stands
    cell: int
    parts: list[tuple[int, object, str]]

    @property
    def idea(self) -> str:
        """The heading without its kind: 'Derivation: Two sums' becomes 'Two sums'."""
        rest = self.title[len(self.kind) :].lstrip(" :")
        return rest or self.title

    @property
    def reading(self) -> int:
        return 2 if self.kind in SECOND_READING else 1

    @property
    def right(self) -> str:
        """What is right, of a trap that says so: the paragraph's Markdown, or ''."""
        for _, cell, text in self.parts:
            if cell.cell_type == "markdown":
                for first, end in Markdown(text).right:
                    return " ".join(text.split("\n")[first:end])
        return ""

    def code(self) -> list[tuple[int, object]]:
        return [(i, cell) for i, cell, _ in self.parts if cell.cell_type == "code"]


def slug(name: str) -> str:
    """'Gaussian KL' becomes 'gaussian-kl': the part of an anchor that names something."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def kind_of_heading(text: str) -> str:
    """The kind of section that a heading announces, or ''."""
    for kind in SECTIONS:
        if re.match(re.escape(kind) + r"\b", text):
            return kind
    return ""


def tag_of(tex: str) -> str | None:
    """The name that a display carries in its \\tag, if it carries one."""
    found = _TAG.search(tex)
    return found[1] if found else None


def tags_in(tex: str) -> list[str]:
    return _TAG.findall(tex)


def without_tag(tex: str) -> str:
    return _TAG.sub("", tex).strip()


def minutes_of_code(cell) -> float:
    """Minutes of reading a cell of code: 7 lines a minute, none where it is folded."""
    if FOLDED.intersection(tags(cell)):
        return 0.0
    return sum(bool(line.strip()) for line in cell.source.splitlines()) / 7


class Markdown:
    """A Markdown cell, parsed once."""

    def __init__(self, source: str):
        self.source = source
        #: addresses that are defined away from their links, by label; known with `tokens`
        self.references = {}

    @cached_property
    def tokens(self) -> list:
        found = {}
        tokens = MARKDOWN.parse(self.source, found)
        self.references = found.get("references", {})
        return tokens

    @cached_property
    def inline(self) -> list:
        return [c for t in self.tokens if t.type == "inline" for c in t.children]

    @cached_property
    def headings(self) -> list[tuple[int, int, str]]:
        """(line, level, text) of every heading, lines counted from 0."""
        return [
            (token.map[0], int(token.tag[1]), self.tokens[i + 1].content.strip())
            for i, token in enumerate(self.tokens)
            if token.type == "heading_open"
        ]

    @cached_property
    def displays(self) -> list[str]:
        """The TeX of every display."""
        blocks = [t.content for t in self.tokens if t.type.startswith("math_block")]
        return blocks + [
            t.content for t in self.inline if t.type == "math_inline_double"
        ]

    @cached_property
    def formulas(self) -> list[str]:
        """The TeX of every formula in a line of text."""
        return [t.content for t in self.inline if t.type == "math_inline"]

    @cached_property
    def links(self) -> list[str]:
        found = [t.attrGet("href") for t in self.inline if t.type == "link_open"]
        return [str(href) for href in found]

    @cached_property
    def images(self) -> list[str]:
        return [str(t.attrGet("src")) for t in self.inline if t.type == "image"]

    @cached_property
    def html(self) -> list[str]:
        """Every piece of raw HTML."""
        blocks = [t.content for t in self.tokens if t.type == "html_block"]
        return blocks + [t.content for t in self.inline if t.type == "html_inline"]

    @cached_property
    def solutions(self) -> list[str]:
        """The Markdown of every folded solution that is folded as it should be."""
        found, begin = [], None
        lines = self.source.split("\n")
        for token in self.tokens:
            if token.type != "html_block":
                continue
            if _SOLUTION.fullmatch(token.content):
                begin = token.map[1]
            elif token.content.strip() == "</details>" and begin is not None:
                found.append("\n".join(lines[begin : token.map[0]]).strip())
                begin = None
        return found

    @cached_property
    def prose(self) -> str:
        """What is read as words: without code blocks, formulas, HTML and solutions."""
        words, hidden = [], False
        for token in self.tokens:
            if token.type == "html_block":
                hidden = "<details" in token.content or (
                    hidden and "</details" not in token.content
                )
            if token.type == "inline" and not hidden:
                words.append(
                    "".join(
                        " " if child.type.endswith("break") else child.content
                        for child in token.children
                        if child.type
                        in ("text", "code_inline", "softbreak", "hardbreak")
                    )
                )
        return "\n".join(words)

    @cached_property
    def minutes(self) -> float:
        """Minutes of reading it: words at 125 a minute, formulas at 30, displays at 1."""
        hidden = [Markdown(solution) for solution in self.solutions]
        displays = len(self.displays) - sum(len(m.displays) for m in hidden)
        formulas = len(self.formulas) - sum(len(m.formulas) for m in hidden)
        return (
            len(re.findall(r"[A-Za-z']+", self.prose)) / 125 + formulas / 30 + displays
        )

    @cached_property
    def right(self) -> list[tuple[int, int]]:
        """(first line, line behind the last) of every paragraph that says what is right."""
        return [
            tuple(token.map)
            for i, token in enumerate(self.tokens)
            if token.type == "paragraph_open"
            and token.level == 0
            and self.tokens[i + 1].content.startswith(RIGHT)
        ]

    @cached_property
    def tables(self) -> list[list[list[str]]]:
        """Every table as rows of cells, the header first, each cell as its Markdown."""
        found = []
        for i, token in enumerate(self.tokens):
            if token.type == "table_open":
                found.append([])
            elif token.type == "tr_open":
                found[-1].append([])
            elif token.type in ("th_open", "td_open"):
                found[-1][-1].append(self.tokens[i + 1].content.strip())
        return found


SYMBOL_COLUMNS = ("symbol", "name in code", "shape", "meaning")


class Page:
    """A notebook, cut up: sections, equations, checks, traps, exercises, symbols, minutes."""

    def __init__(self, path: Path, notebook):
        self.path, self.name, self.notebook = Path(path), name_of(path), notebook
        self.d2l = notebook.metadata.get("d2l", {})
        self.kind = self.d2l.get("kind", "lesson")
        self.cells = list(enumerate(notebook.cells, 1))
        self.markdown = {
            i: Markdown(c.source) for i, c in self.cells if c.cell_type == "markdown"
        }
        self.code = [(i, cell) for i, cell in self.cells if cell.cell_type == "code"]
        #: whether every cell was run, so that what it printed can be judged
        self.executed = all(cell.execution_count for _, cell in self.code)

    @property
    def address(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def docname(self) -> str:
        return f"chapters/{self.address}"

    @property
    def seconds(self) -> float | None:
        """CPU seconds of one thread that the page took when its outputs were stored."""
        return self.d2l.get("seconds")

    @property
    def marks(self) -> list[dict]:
        """What its models reached on the book's held-out text: model, bits, se (or none)."""
        return self.d2l.get("marks", [])

    @property
    def printed_marks(self) -> list[dict]:
        return marks_in("\n".join(printed(cell) for _, cell in self.code))

    @cached_property
    def digest(self) -> str:
        return digest(self.notebook, self.path.parent)

    @property
    def is_stale(self) -> bool:
        """Whether the stored outputs are those of other code, or of none."""
        return self.d2l.get("digest") != self.digest

    @cached_property
    def headings(self) -> list[Heading]:
        return [
            Heading(level, text, i)
            for i, markdown in self.markdown.items()
            for _, level, text in markdown.headings
        ]

    @property
    def title(self) -> str:
        return next((h.text for h in self.headings if h.level == 1), self.path.stem)

    @cached_property
    def opening(self) -> Markdown:
        """What stands between the title and the first heading below it, in the first cell."""
        first = self.markdown.get(1)
        if first is None or not first.headings:
            return Markdown("")
        lines = first.source.split("\n")
        ends = [line for line, level, _ in first.headings if level > 1] or [len(lines)]
        heading = next(t for t in first.tokens if t.type == "heading_open")
        return Markdown("\n".join(lines[heading.map[1] : ends[0]]))

    @property
    def lead(self) -> str:
        """The words of the opening."""
        return self.opening.prose.strip()

    def sections_of(self, level: int) -> Iterator[Section]:
        """The sections whose headings have this level, in order, with all that is in them."""
        section = None
        for i, cell in self.cells:
            if cell.cell_type == "code":
                if section:
                    section.parts.append((i, cell, cell.source))
                continue
            lines = cell.source.split("\n")
            cuts = [
                (n, h, text) for n, h, text in self.markdown[i].headings if h <= level
            ]
            before = "\n".join(lines[: cuts[0][0]] if cuts else lines)
            if section and before.strip():
                section.parts.append((i, cell, before))
            for k, (line, depth, text) in enumerate(cuts):
                if section:
                    yield section
                end = cuts[k + 1][0] if k + 1 < len(cuts) else len(lines)
                section = None
                if depth == level:
                    part = (i, cell, "\n".join(lines[line:end]))
                    section = Section(kind_of_heading(text), text, i, [part])
        if section:
            yield section

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of level 2."""
        return list(self.sections_of(2))

    def under(self, kind: str) -> list[Section]:
        """The sections of level 3 inside the sections of that kind."""
        found, inside = [], ""
        thirds = list(self.sections_of(3))
        for heading in self.headings:
            if heading.level <= 2:
                inside = kind_of_heading(heading.text) if heading.level == 2 else ""
            elif heading.level == 3:
                section = thirds.pop(0)
                if inside == kind:
                    found.append(section)
        return found

    @cached_property
    def equations(self) -> list[Equation]:
        """Every named equation, in the order of the page."""
        return [
            Equation(name, without_tag(tex), i)
            for i, markdown in self.markdown.items()
            if "\\tag" in markdown.source
            for tex in markdown.displays
            for name in tags_in(tex)
        ]

    @cached_property
    def checks(self) -> list[Check]:
        """Every line that a verify function of the page printed."""
        found = (
            check_of(line, i)
            for i, cell in self.code
            if verifies(cell)
            for line in printed(cell).splitlines()
        )
        return [check for check in found if check]

    @cached_property
    def symbols(self) -> list[Symbol]:
        """The rows of the page's tables of symbols."""
        return [
            Symbol(row[0].strip("$ "), row[1].replace("`", ""), row[2], row[3])
            for markdown in self.markdown.values()
            for header, *rows in markdown.tables
            if tuple(text.lower() for text in header) == SYMBOL_COLUMNS
            for row in rows
            if len(row) == len(SYMBOL_COLUMNS)
        ]

    def pictures(self) -> list[int]:
        """The numbers of the cells that show a figure."""
        return [
            i
            for i, cell in self.code
            if any("image/png" in o.get("data", {}) or html_of(o) for o in cell.outputs)
        ]

    @cached_property
    def second_reading(self) -> tuple[int, int]:
        """(cell, line) of the heading at which the second reading begins; (0, 0) where there
        is none."""
        seen = False
        for i, markdown in self.markdown.items():
            for line, level, text in markdown.headings:
                if level == 2 and seen:
                    return i, line
                seen = seen or (level == 2 and kind_of_heading(text) == "Summary")
        return 0, 0

    def _minutes(self, cells) -> float:
        total = 0.0
        for i, cell in cells:
            if cell.cell_type == "markdown":
                total += self.markdown[i].minutes
            else:
                total += minutes_of_code(cell)
        return total

    @cached_property
    def minutes(self) -> tuple[float, float]:
        """Minutes of study, estimated: of the first reading (up to and with the summary),
        and of the whole page. Code counts 7 open lines a minute."""
        last, seen = len(self.cells), False
        for heading in self.headings:
            if heading.level == 2 and seen:
                last = heading.cell - 1
                break
            seen = seen or (
                heading.level == 2 and kind_of_heading(heading.text) == "Summary"
            )
        return self._minutes(self.cells[:last]), self._minutes(self.cells)


@lru_cache(512)
def _page_at(path: Path, stamp: tuple[int, int]) -> Page:
    return Page(path, read(path, validate=False))


@lru_cache(512)
def _validated(path: Path, stamp: tuple[int, int]) -> None:
    read(path)


def page(path: Path, *, validate: bool = False) -> Page:
    """The page at `path`, read and validated again only when its file changes. Raises
    PageError."""
    path = Path(path).resolve()
    try:
        found = path.stat()
    except OSError:
        raise PageError(f"{name_of(path)}: there is no such file") from None
    stamp = (found.st_mtime_ns, found.st_size)
    if validate:
        _validated(path, stamp)
    return _page_at(path, stamp)


def written_pages() -> list[tuple[PlannedPage, Page]]:
    """The plan's pages that are notebooks and stand, with what they hold."""
    found = ((p, ROOT / f"{p.docname}.ipynb") for p in planned_pages().values())
    return [(planned, page(path)) for planned, path in found if path.exists()]


# ---------------------------------------------------------------- the repository


@lru_cache(1)
def repository() -> str:
    """The repository's address, from `_config.yml`: repository.url."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return config["repository"]["url"].rstrip("/").removesuffix(".git")


def is_published() -> bool:
    """Whether the repository's address is one that a link may lead to."""
    return PLACEHOLDER not in repository().split("/")


def version() -> str:
    """The version of d2lutil, read as text: importing it would need torch."""
    text = (ROOT / "d2lutil" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE)[1]


def setup_source(extras: list[str]) -> str:
    """The set-up cell: it sees that the package and the page's extras are there.

    Where they are not, on Colab, it installs the release that wrote the page. While the
    repository's address is a placeholder nothing is installed from it.
    """
    package = f"d2lutil[{','.join(extras)}]" if extras else "d2lutil"
    wanted = ", ".join(f'"{extra}"' for extra in extras)
    look = "import d2lutil\n" + (f"\nd2lutil.needs({wanted})\n" if extras else "")
    if not is_published():
        return f"# This page needs {package}.\n{look}".rstrip()
    inside = "".join(
        f"    {line}" if line.strip() else line for line in look.splitlines(True)
    )
    return (
        f"# This page needs {package}. On Colab this cell installs it, once; elsewhere it "
        "only looks.\n"
        f"try:\n{inside}"
        "except ImportError:\n"
        f'    %pip install -q "{package} @ git+{repository()}@v{version()}"\n'
        f"{inside}"
    ).rstrip()
