"""What the site's extensions read from the repository: the plan and the stored notebooks.

Nothing here needs Sphinx, torch or a kernel.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ROOT / "chapters"

_TAG = re.compile(r"\\tag\{([A-Za-z][A-Za-z0-9 -]*)\}")
_DISPLAY = re.compile(r"^\$\$[ \t]*\n(.*?)\n\$\$[ \t]*$", re.DOTALL | re.MULTILINE)
_CHECK = re.compile(r"^✓ (?P<name>[^|]+?) \| (?P<sides>[^|]+?) \| (?P<tolerance>[^|]+?)\s*$")


@dataclass
class Page:
    """One line of the plan."""

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
        return any((CHAPTERS / f"{self.address}{end}").exists() for end in (".ipynb", ".md"))


@dataclass
class Chapter:
    folder: str
    title: str
    pages: list[Page] = field(default_factory=list)

    @property
    def docname(self) -> str:
        return f"chapters/{self.folder}/index"

    @property
    def written(self) -> bool:
        return (CHAPTERS / self.folder / "index.md").exists()

    @property
    def lessons(self) -> list[Page]:
        return [page for page in self.pages if page.kind == "lesson"]


@dataclass
class Check:
    """One line that a verify function printed."""

    name: str
    sides: str
    tolerance: str

    @property
    def is_trap(self) -> bool:
        return "≠" in self.sides


@dataclass
class Equation:
    """A named equation, the page that derives it, and the checks that name it."""

    name: str
    tex: str
    docname: str
    checks: list[Check]


@lru_cache(1)
def plan() -> list[Chapter]:
    """The chapters of plan.yml with their pages, in reading order."""
    chapters = []
    for entry in yaml.safe_load((ROOT / "book" / "plan.yml").read_text(encoding="utf-8")):
        chapter = Chapter(entry["folder"], entry["title"])
        for page in entry["pages"]:
            chapter.pages.append(Page(entry["folder"], page["slug"], page["title"],
                                      page.get("kind", "lesson"), tuple(page["needs"])))
        chapters.append(chapter)
    return chapters


def pages() -> dict[str, Page]:
    """Every page of the plan by its address, in reading order."""
    return {page.address: page for chapter in plan() for page in chapter.pages}


def reading_path(address: str) -> list[Page]:
    """The pages to read before this one, earliest first: its needs, and theirs, and so on."""
    book, needed, stack = pages(), set(), list(pages()[address].needs)
    while stack:
        other = stack.pop()
        if other not in needed:
            needed.add(other)
            stack.extend(book[other].needs)
    path, seen = [], set()

    def visit(other: str) -> None:  # needs first, else in the book's order
        if other not in seen:
            seen.add(other)
            for need in book[other].needs:
                visit(need)
            path.append(book[other])

    for other in book:
        if other in needed:
            visit(other)
    return path


def slug(name: str) -> str:
    """'Gaussian KL' becomes 'gaussian-kl': the part of an anchor that names an equation."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def tag_of(tex: str) -> str | None:
    """The name that a display carries in its \\tag, if it carries one."""
    found = _TAG.search(tex)
    return found.group(1) if found else None


def without_tag(tex: str) -> str:
    return _TAG.sub("", tex).strip()


def check_of(line: str) -> Check | None:
    """A line of output as a check: '✓ name | sides | tolerance'."""
    found = _CHECK.match(line)
    return Check(**{key: value.strip() for key, value in found.groupdict().items()}) if found else None


def notebook(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell: dict) -> str:
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def printed(cell: dict) -> str:
    """All that a code cell printed to stdout."""
    texts = (output["text"] for output in cell.get("outputs", ())
             if output["output_type"] == "stream" and output["name"] == "stdout")
    return "".join(text if isinstance(text, str) else "".join(text) for text in texts)


def written_notebooks() -> list[tuple[Page, dict]]:
    """The plan's pages that are notebooks and exist, with what they hold."""
    found = ((page, CHAPTERS / f"{page.address}.ipynb") for page in pages().values())
    return [(page, notebook(path)) for page, path in found if path.exists()]


def checks_of(book: dict) -> list[Check]:
    lines = (line for cell in book["cells"] if cell["cell_type"] == "code"
             for line in printed(cell).splitlines())
    return [check for check in map(check_of, lines) if check]


def equations_of(book: dict, docname: str) -> list[Equation]:
    """The named equations of one notebook, each with the checks that name it."""
    by_name: dict[str, list[Check]] = {}
    for check in checks_of(book):
        by_name.setdefault(check.name, []).append(check)
    found = []
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            for display in _DISPLAY.finditer(source(cell)):
                name = tag_of(display.group(1))
                if name:
                    found.append(Equation(name, without_tag(display.group(1)), docname,
                                          by_name.get(name, [])))
    return found


def run_times() -> dict[str, float]:
    """Seconds that each page takes to run, by address; empty where nothing was measured."""
    path = CHAPTERS / "run_times.json"
    if not path.exists():
        return {}
    times = {}
    for key, value in json.loads(path.read_text(encoding="utf-8")).items():
        seconds = value.get("seconds") if isinstance(value, dict) else value
        if isinstance(seconds, (int, float)):
            times[re.sub(r"^chapters/|\.ipynb$", "", key)] = float(seconds)
    return times


def version() -> str:
    """The version of d2lutil, read as text: importing it would need torch."""
    text = (ROOT / "d2lutil" / "__init__.py").read_text(encoding="utf-8")
    return re.search(r'^__version__ = "([^"]+)"', text, re.MULTILINE).group(1)
