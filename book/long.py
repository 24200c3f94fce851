"""Compute what is too long for a page, and store it beside the page.

    python -m book.long                    every page that has a long run
    python -m book.long chapters/a/b.ipynb these pages
    python -m book.long --draw TEXT        one page, drawn by the text

A script in book/long_runs names its page, and what it takes of the page's own code:

    PAGE = "17-reinforcement/policy-gradient"
    TAKES = ("reinforce",)

    def run(page) -> dict:
        return {"lengths": page.reinforce(baseline=[1.0], seeds=20, rounds=300)[1].tolist()}

What `run` returns is stored as <slug>_long.json, with the digest of the script and of the
code it took: prose and figures of the page may change, and the results stay.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import multiprocessing
import os
import runpy
import symtable
import sys
import time
import types
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from book import environment, model, processes
from book.model import PageError

SCRIPTS = model.ROOT / "book" / "long_runs"
MAX_MINUTES = 15
PROCESSES = 2


# ---------------------------------------------------------------- scripts and their pages


@dataclass(frozen=True)
class Script:
    """A file of book/long_runs: the page it is for, and the names it takes from it."""

    path: Path
    page: Path
    takes: tuple[str, ...]

    @property
    def stored(self) -> Path:
        return self.page.with_name(f"{self.page.stem}_long.json")

    def source(self) -> str:
        """The page's code that the script takes."""
        return definitions(self.page, self.takes)

    def digest(self) -> str:
        """What the results depend on; neither comments nor line breaks change it."""
        script = ast.unparse(ast.parse(self.path.read_text(encoding="utf-8")))
        return hashlib.sha256(json.dumps([script, self.source()]).encode()).hexdigest()[
            :16
        ]


def read_script(path: Path) -> Script:
    """Raises PageError for a script that does not say what it is for."""
    name = model.name_of(path)
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in ("PAGE", "TAKES")
        }
    except (SyntaxError, ValueError) as error:
        raise PageError(f"{name}: {error}") from None
    if not isinstance(lines.get("PAGE"), str) or not isinstance(
        lines.get("TAKES"), tuple
    ):
        raise PageError(
            f'{name}: it needs the lines PAGE = "folder/slug" and TAKES = ("name", …), the '
            "functions and classes of the page that it runs"
        )
    page = model.CHAPTERS / f"{lines['PAGE']}.ipynb"
    if not page.exists():
        raise PageError(
            f"{name}: PAGE is {lines['PAGE']}, which is no notebook of chapters/"
        )
    return Script(path, page, lines["TAKES"])


def scripts() -> list[Script]:
    return [read_script(path) for path in sorted(SCRIPTS.glob("*.py"))]


def stale(path: Path) -> str | None:
    """Why the stored results of a page (or of the file that holds them) are not those that
    would be computed now; None where they are, and where there are none to be."""
    path = Path(path).resolve()
    page = path.with_name(f"{path.stem.removesuffix('_long')}.ipynb")
    stored = page.with_name(f"{page.stem}_long.json")
    try:
        script = next((s for s in scripts() if s.page == page), None)
        if script is None:
            if not stored.exists():
                return None
            return f"{stored.name} has no script in book/long_runs that makes it"
        if not stored.exists():
            return f"{stored.name} is missing"
        if (
            json.loads(stored.read_text(encoding="utf-8")).get("digest")
            == script.digest()
        ):
            return None
    except (PageError, ValueError, AttributeError) as error:
        return f"{stored.name}: {error}"
    return (
        f"{stored.name} was made by other code than its script and the page's functions are "
        "now"
    )


# ---------------------------------------------------------------- what a script takes


def definitions(page: Path, names: Iterable[str]) -> str:
    """The imports, functions, classes and constants of a page that these names need, as
    source in the page's order. Nothing else of the page is in it: no training, no figure.

    Raises PageError for a name that the page does not define, and for one that it binds or
    changes in more than one place, so that its value depends on how far the page has run.
    """
    cells = [
        cell
        for cell in model.code_cells(model.page(page).notebook)
        if not {"setup", "solution", model.YOUR_CODE} & set(model.tags(cell))
    ]
    trees = [tree for cell in cells if (tree := model.tree_of(cell.source))]
    statements = [
        part for tree in trees for node in tree.body for part in parts_of(node)
    ]
    bound: dict[str, list[ast.stmt]] = {}
    for node in statements:
        for name in names_bound(node):
            bound.setdefault(name, []).append(node)
    needed, wanted = [node for node in statements if sets_default(node)], list(names)
    wanted += [name for node in needed for name in names_read(node)]
    seen = set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        where = bound.get(name, [])
        if not where:
            if name in names:
                raise PageError(f"{model.name_of(page)} defines no {name}")
            continue  # a builtin
        imported = all(isinstance(node, ast.Import | ast.ImportFrom) for node in where)
        if not imported and (len(where) > 1 or not isinstance(where[0], DEFINING)):
            raise PageError(
                f"{model.name_of(page)} binds or changes {name} in more than one place; a "
                "long run takes only names bound once. Give it to the function as argument"
            )
        needed.append(where[0])
        wanted += names_read(where[0])
    return "\n".join(ast.unparse(node) for node in statements if node in needed)


DEFINING = (ast.FunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign)


def parts_of(node: ast.stmt) -> list[ast.stmt]:
    """An import of several names as several imports; anything else as it is."""
    if isinstance(node, ast.Import):
        return [ast.Import([alias]) for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [ast.ImportFrom(node.module, [a], node.level) for a in node.names]
    return [node]


def sets_default(node: ast.stmt) -> bool:
    """Whether it is a line like torch.set_default_dtype(torch.float64)."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "attr", "").startswith("set_default_")
    )


def names_read(node: ast.stmt) -> set[str]:
    """The page's names that a statement reads, in the bodies of its functions as well."""

    def read(table: symtable.SymbolTable, top: bool) -> Iterator[str]:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                yield symbol.get_name()
        for inner in table.get_children():
            yield from read(inner, False)

    return set(read(symtable.symtable(ast.unparse(node), "page", "exec"), True))


def names_bound(node: ast.AST) -> set[str]:
    """The page's names that a statement binds, or whose parts it changes."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(
        node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ):
        return set()
    names = set()
    if isinstance(getattr(node, "ctx", None), ast.Store):
        base = node
        while isinstance(base, ast.Subscript | ast.Attribute | ast.Starred):
            base = base.value
        if isinstance(base, ast.Name):
            names.add(base.id)
    for child in ast.iter_child_nodes(node):
        names |= names_bound(child)
    return names


def load(script: Script) -> types.ModuleType:
    """The page's definitions as a module."""
    module = types.ModuleType(script.page.stem.replace("-", "_"))
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(script.source(), str(script.page), "exec"), vars(module))  # noqa: S102
    return module


# ---------------------------------------------------------------- running


def side_by_side(function: Callable, arguments: list) -> list:
    """[function(page, argument) for each argument], two at a time, each on one thread.

    For use in a script's `run`; `function` is one of the script. Says when each is done.
    """
    script, start = read_script(Path(function.__code__.co_filename)), time.monotonic()
    context = multiprocessing.get_context("spawn")
    workers = min(PROCESSES, len(arguments))
    with ProcessPoolExecutor(workers, context, processes.end_with_parent) as pool:
        futures = [pool.submit(_call, script, function.__name__, a) for a in arguments]
        try:
            for done, future in enumerate(as_completed(futures), 1):
                future.result()
                lasted = environment.lasted(start)
                print(f"  {done} of {len(futures)} done after {lasted}", flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.end_workers()
            raise
    return [future.result() for future in futures]


def _call(script: Script, name: str, argument):
    return runpy.run_path(str(script.path))[name](load(script), argument)


def compute(script: Script) -> dict:
    """Run a script; what is stored. Raises PageError where it returns nothing to store."""
    name, start = model.name_of(script.path), time.monotonic()
    run = runpy.run_path(str(script.path)).get("run")
    if run is None:
        raise PageError(f"{name}: it defines no run(page)")
    results = run(load(script))
    seconds = time.monotonic() - start
    if seconds > MAX_MINUTES * 60:
        print(
            f"  {seconds / 60:.0f} minutes; at most {MAX_MINUTES} are wanted: make it smaller"
        )
    made = {
        "digest": script.digest(),
        "seconds": round(seconds),
        "made_by": name,
        "results": results,
    }
    try:
        json.dumps(results, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise PageError(
            f"{name}: what run returns cannot be stored ({error})"
        ) from None
    return made


def chosen_scripts(pages: list[Path], draw: str | None) -> list[Script]:
    """Those of the pages; of all pages where none is named; one of them, drawn by a text."""
    found = scripts()
    if draw is not None and found:
        number = int(hashlib.sha256(draw.encode()).hexdigest(), 16)
        return [found[number % len(found)]]
    for page in pages:
        if page.resolve() not in [script.page for script in found]:
            raise PageError(
                f"{model.name_of(page)} has no long run: write a script in book/long_runs "
                "that names it (python -m pydoc book.long tells how)"
            )
    wanted = [page.resolve() for page in pages]
    return [script for script in found if not pages or script.page in wanted]


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m book.long", description=__doc__.splitlines()[0]
    )
    parser.add_argument("page", nargs="*", type=Path, help="notebooks with a long run")
    parser.add_argument("--draw", metavar="TEXT", help="one page, drawn by this text")
    options = parser.parse_args()
    processes.stop_on_signals()
    os.environ.update(environment.ONE_THREAD)  # before anything imports torch
    try:
        for script in chosen_scripts(options.page, options.draw):
            print(
                f"{model.name_of(script.path)}, up to {MAX_MINUTES} minutes …",
                flush=True,
            )
            made = compute(script)
            model.write_text(script.stored, json.dumps(made, indent=1) + "\n")
            print(
                f"✓ {model.name_of(script.stored)}  {made['seconds']} s; now run its page"
            )
    except PageError as error:
        print(f"✗ {error}")
        return 1
    except KeyboardInterrupt:
        print("Stopped; what is stored is as it was.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
