"""What the runner, the contract and the tests all need to know about a page's notebook."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from functools import cache
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
RUN_TIMES = ROOT / "chapters" / "run_times.json"

#: The tag that has nbval compare a cell's output. The runner sets it on every cell that verifies.
COMPARED = "nbval-check-output"
VERIFY_FUNCTIONS = {"verify", "verify_bound", "verify_estimate", "verify_differs"}


class PageError(Exception):
    """A page that cannot be used. The message names it, the trouble and the remedy."""


def all_pages() -> list[Path]:
    """Every notebook under chapters/, in the order of their paths."""
    return sorted(p for p in (ROOT / "chapters").glob("*/*.ipynb") if not p.name.startswith("."))


def name_of(path: Path) -> str:
    """The path as messages show it: from the book's root, with slashes."""
    path = Path(path).resolve()
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook at `path`; raises PageError where there is none."""
    name = name_of(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise PageError(f"{name}: there is no such file") from None
    except UnicodeDecodeError as error:
        raise PageError(f"{name}: not UTF-8 text ({error}); restore it with git") from None
    try:
        notebook = nbformat.reads(text, as_version=4)
        # Notebooks from before cell ids (nbformat 4.5) are read as today's.
        notebook.nbformat_minor = 5
        for number, cell in enumerate(notebook.cells, 1):
            cell.setdefault("id", f"cell-{number}")
        nbformat.validate(notebook)
    except (json.JSONDecodeError, nbformat.reader.NotJSONError):
        raise PageError(f"{name}: not a notebook (the file is not JSON); restore it with git, or "
                        "write it anew with jupytext") from None
    except (nbformat.ValidationError, AttributeError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise PageError(f"{name}: JSON, but not a notebook ({reason}); restore it with git") from None
    return notebook


def write(path: Path, notebook: nbformat.NotebookNode) -> None:
    """Write the notebook whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(nbformat.writes(notebook).rstrip("\n") + "\n", encoding="utf-8", newline="\n")
    partial.replace(path)


def tags(cell) -> list[str]:
    return list(cell.metadata.get("tags", []))


def code_cells(notebook) -> list:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def digest(notebook) -> str:
    """What a page's outputs depend on: its code cells' sources and tags.

    Left out are the set-up cell, which holds the repository's address, and the tag that the
    runner itself sets.
    """
    parts = [[cell.source, sorted(set(tags(cell)) - {COMPARED})]
             for cell in code_cells(notebook) if "setup" not in tags(cell)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def is_stale(notebook) -> bool:
    """Whether the stored outputs are those of other code, or of none."""
    return notebook.metadata.get("d2l", {}).get("digest") != digest(notebook)


def called_functions(source: str) -> set[str]:
    """Names of the functions that a cell calls, `f` for `f(…)` and for `module.f(…)`."""
    plain = re.sub(r"(?m)^(\s*)[%!].*$", r"\1pass", source)
    try:
        tree = ast.parse(plain)
    except SyntaxError:
        return set(re.findall(r"(?m)(\w+)\(", plain))
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in calls}


def verifies(cell) -> bool:
    """Whether the cell calls one of the verify functions."""
    return bool(called_functions(cell.source) & VERIFY_FUNCTIONS)


@cache
def repository() -> str:
    """The repository's address, from `_config.yml`: repository.url."""
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    return config["repository"]["url"].rstrip("/").removesuffix(".git")


def setup_source(extras: list[str]) -> str:
    """The set-up cell: on Colab it installs the book's package, elsewhere it only imports it."""
    package = f"d2lutil[{','.join(extras)}]" if extras else "d2lutil"
    return (
        f"# This page needs: {package}. Runs as it is; on Colab it installs the package once.\n"
        "try:\n"
        "    import d2lutil\n"
        "except ImportError:\n"
        f'    %pip install -q "{package} @ git+{repository()}"\n'
        "    import d2lutil  # fails where pip did: is there a network?"
    )


def cpu_seconds(pid: int) -> float:
    """Seconds of computing that a process and its finished children took so far.

    On one thread this is what a page takes on a machine with nothing else to do, and it stays so
    when other pages run beside it.
    """
    import psutil

    times = psutil.Process(pid).cpu_times()
    return times.user + times.system + getattr(times, "children_user", 0) + getattr(times, "children_system", 0)


def run_times() -> dict[str, float]:
    """Seconds by page, as the runner last measured them."""
    return json.loads(RUN_TIMES.read_text(encoding="utf-8")) if RUN_TIMES.exists() else {}
