"""Build the site into _build/html, from the stored notebooks; nothing is executed.

    python book/build_site.py            build what changed
    python book/build_site.py --all      build every page
    python book/build_site.py --zip      and pack the site into _build/deep-learning-worked-out.zip

Warnings are errors. Neither torch nor a network is needed.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
THIRD_PARTY = ROOT / "_build" / "third-party"
ZIP = ROOT / "_build" / "deep-learning-worked-out.zip"

# MathJax is served by the site itself. These of its components, in this order, make one file
# of 165 KB gzipped; the ready-made file with its menu would be 262 KB.
MATHJAX = ("startup.js", "core.js", "input/tex.js", "output/chtml.js", "output/chtml/fonts/tex.js",
           "a11y/assistive-mml.js")


def assemble_mathjax() -> Path:
    """Put MathJax from its installed package where the site copies it from."""
    found = importlib.util.find_spec("sphinx-mathjax-offline")
    if found is None:
        raise SystemExit("The package sphinx-mathjax-offline is missing. Install what builds the site: "
                         "pip install -e '.[site]', or run make site.")
    source = Path(found.origin).parent / "static" / "mathjax"
    target = THIRD_PARTY / "mathjax"
    bundle = "\n;".join((source / part).read_text(encoding="utf-8") for part in MATHJAX)
    names = [part.removesuffix(".js") for part in MATHJAX[1:]]
    bundle += f"\n;MathJax.loader.preLoad({str(names)[1:-1]});\n"  # so that nothing asks for them again
    files = {target / "book.js": bundle.encode()}
    for pattern in ("input/tex/extensions/*.js", "output/chtml/fonts/woff-v2/*.woff"):
        for file in source.glob(pattern):
            files[target / file.relative_to(source)] = file.read_bytes()
    for path, content in files.items():
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return target


def build(everything: bool = False) -> int:
    """Bring _toc.yml up to date and build; 0 if all went well, without a warning."""
    import toc
    from jupyter_book.sphinx import build_sphinx

    if toc.main():
        return 1
    sys.path.insert(0, str(ROOT / "book" / "extensions"))
    result = build_sphinx(ROOT, HTML, noconfig=True, path_config=ROOT / "_config.yml",
                          confoverrides={"external_toc_path": str(ROOT / "_toc.yml"),
                                         "latex_individualpages": False}, freshenv=everything,
                          warningiserror=True, keep_going=True, quiet=True)
    if isinstance(result, Exception):
        print(result, file=sys.stderr)
    return int(result != 0) if isinstance(result, int) else 1


def pack() -> Path:
    """The whole site as one file, to read from a folder without a server."""
    with zipfile.ZipFile(ZIP, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(HTML.rglob("*")):
            if file.is_file() and file.name not in (".buildinfo", "objects.inv"):
                archive.write(file, Path(ZIP.stem) / file.relative_to(HTML))
    return ZIP


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the site from the stored notebooks.")
    parser.add_argument("--all", action="store_true", help="build every page anew")
    parser.add_argument("--zip", action="store_true", help="pack the site into one zip as well")
    options = parser.parse_args()
    start = time.perf_counter()
    assemble_mathjax()
    code = build(options.all)
    if code:
        print("The site was not built: each warning above names a page and what to mend.", file=sys.stderr)
        return code
    print(f"Site built in {time.perf_counter() - start:.0f} s: {HTML / 'index.html'}")
    if options.zip:
        print(f"Packed: {pack()} ({ZIP.stat().st_size / 1e6:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
