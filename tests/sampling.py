"""Which pages a run of the tests is about, where it cannot visit all of them."""

import hashlib
import subprocess
from pathlib import Path

from book import model

SIZE = 6  # pages of a sample, or one of every kind where that is more


def chosen(pages: list[str], sample: str | None, since: str | None) -> list[Path]:
    """The named pages; or a sample and the pages that differ from `since`; or all."""
    book = model.all_pages()
    if pages:
        return [(model.ROOT / page).resolve() for page in pages]
    if not sample:
        return book
    wanted = {*draw(book, sample), *(differing(since) if since else ())}
    return [path for path in book if path in wanted]


def draw(book: list[Path], commit: str, size: int = SIZE) -> list[Path]:
    """`size` pages drawn by a commit's hash: one of every kind, then others."""

    def lot(path: Path) -> str:
        return hashlib.sha256(
            f"{commit} {path.parent.name}/{path.name}".encode()
        ).hexdigest()

    order = sorted(book, key=lot)
    first = {}
    for path in order:
        first.setdefault(kind(path), path)
    drawn = list(first.values())
    return (
        drawn
        + [path for path in order if path not in drawn][: max(0, size - len(drawn))]
    )


def kind(path: Path):
    """What pages differ in for a browser. A broken page is a kind of its own."""
    try:
        page = model.page(path)
    except model.PageError:
        return ("broken", path)
    return page.kind


def differing(since: str) -> list[Path]:
    """The pages that differ from those at a commit; none where git does not know it."""
    found = subprocess.run(
        ["git", "diff", "--name-only", f"{since}...HEAD", "--", "chapters"],
        cwd=model.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return [model.ROOT / name for name in found.stdout.splitlines()]
