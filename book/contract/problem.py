"""What a rule finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: What a rule yields: the cell's number (None for the whole page), what is wrong, what to do.
Found = Iterator[tuple[int | None, str, str]]


@dataclass(frozen=True)
class Problem:
    """One breach of the contract."""

    page: str
    cell: (
        int | None
    )  # from the top, 1 the first, Markdown counted; None: the whole page
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f", cell {self.cell}" if self.cell else ""
        return f"{self.page}{where}: {self.what}. {self.remedy}."


def listed(names) -> str:
    return ", ".join(sorted(names))
