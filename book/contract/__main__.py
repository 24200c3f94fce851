"""Say where pages break the contract: python -m book.contract [pages]"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from book import contract, model


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m book.contract", description=__doc__
    )
    parser.add_argument(
        "page", nargs="*", type=Path, help="notebooks; every page if none"
    )
    chosen = [path.resolve() for path in parser.parse_args().page] or model.all_pages()
    names = {model.name_of(path) for path in chosen}
    found = [problem for path in chosen for problem in contract.problems(path)]
    book = sorted({*model.all_pages(), *chosen})
    found += [p for p in contract.repeated_names(book) if p.page in names]
    for problem in found:
        print(problem)
    print(f"{len(chosen)} pages, {len(found)} problems")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
