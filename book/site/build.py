"""Build the site into _build/html, from the stored notebooks; nothing is executed.

    python -m book.site.build            build what changed
    python -m book.site.build --all      build every page
    python -m book.site.build --zip      and pack the site into one file
    python -m book.site.build --links    follow every link that leads out of the book

Warnings are errors. Neither torch nor a network is needed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import zipfile
from pathlib import Path

from book import toc
from book.environment import TaskError, lock
from book.model import ROOT
from book.site.theme import THIRD_PARTY

BUILD = ROOT / "_build"
HTML = BUILD / "html"
ZIP = BUILD / "deep-learning-worked-out.zip"

# MathJax is served by the site itself. These of its components, in this order, make one
# file of 165 KB gzipped; the ready-made file with its menu would be 262 KB.
MATHJAX = (
    "startup.js",
    "core.js",
    "input/tex.js",
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "a11y/assistive-mml.js",
    "input/tex/extensions/boldsymbol.js",
    "input/tex/extensions/html.js",
)


def assemble_mathjax() -> Path:
    """Put MathJax from its installed package where the site copies it from."""
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if found is None:
        raise SystemExit(
            "The package sphinx-mathjax-offline is missing. Install what builds the "
            "site: run make site, or pip install --group site -c requirements.txt"
        )
    source = Path(found.origin).parent / "static" / "mathjax"
    target = THIRD_PARTY / "mathjax"
    bundle = "\n;".join((source / part).read_text(encoding="utf-8") for part in MATHJAX)
    names = [part.removesuffix(".js") for part in MATHJAX[1:]]
    names = [name.replace("input/tex/extensions", "[tex]") for name in names]
    # so that nothing asks for them again
    bundle += f"\n;MathJax.loader.preLoad({str(names)[1:-1]});\n"
    files = {target / "book.js": bundle.encode()}
    for pattern in ("input/tex/extensions/*.js", "output/chtml/fonts/woff-v2/*.woff"):
        for file in source.glob(pattern):
            files[target / file.relative_to(source)] = file.read_bytes()
    for path, content in files.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return target


def build(everything: bool = False, builder: str = "html") -> int:
    """Bring _toc.yml up to date and build; 0 if all went well, without a warning."""
    from jupyter_book.sphinx import build_sphinx

    if toc.main():
        return 1
    result = build_sphinx(
        ROOT,
        BUILD / builder,
        builder=builder,
        noconfig=True,
        path_config=ROOT / "_config.yml",
        confoverrides={
            "external_toc_path": str(ROOT / "_toc.yml"),
            "latex_individualpages": False,
        },
        freshenv=everything,
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    if isinstance(result, Exception):
        print(result, file=sys.stderr)
    return int(result != 0) if isinstance(result, int) else 1


def pack(target: Path = ZIP) -> Path:
    """The whole site as one file, to read from a folder without a server."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(HTML.rglob("*")):
            if file.is_file() and file.name not in (".buildinfo", "objects.inv"):
                archive.write(file, Path(target.stem) / file.relative_to(HTML))
    return target


def main() -> int:
    parser = argparse.ArgumentParser(
        description="Build the site from the stored notebooks."
    )
    parser.add_argument("--all", action="store_true", help="build every page anew")
    parser.add_argument(
        "--zip", action="store_true", help="pack the site into one zip as well"
    )
    parser.add_argument(
        "--links", action="store_true", help="follow links, build nothing"
    )
    options = parser.parse_args()
    start = time.perf_counter()
    with lock(BUILD / ".lock", "a build of the site"):
        if options.links:
            return build(builder="linkcheck")
        assemble_mathjax()
        code = build(options.all)
        if code:
            print(
                "The site was not built: each warning above names a page and what to "
                "mend.",
                file=sys.stderr,
            )
            return code
        took = time.perf_counter() - start
        print(f"Site built in {took:.0f} s: {HTML / 'index.html'}")
        if options.zip:
            print(f"Packed: {pack()} ({ZIP.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except TaskError as error:
        sys.exit(str(error))
