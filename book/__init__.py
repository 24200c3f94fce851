"""What makes the book: one model of a page, and the programs that stand on it.

    python -m book --help      what there is to do; needs Python alone, and sets up the rest

Imports run one way: `model` reads plan and pages and needs nothing else of the book;
`contract`, `run`, `mutants` and the other programs stand on it; `site` stands on them.
"""

OLDEST = (3, 11)  # the oldest Python that the book runs on
