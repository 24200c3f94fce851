"""The look of the site: the theme's options, what each page says of itself, and a diet.

The theme's icon script (541 KB gzipped) and fonts are not shipped; the few icons in use
are drawn in book.css. The search index is loaded by the search page alone.
"""

from __future__ import annotations

import re
from pathlib import Path

from book import model
from book.site import html

STATIC = model.ROOT / "book" / "static"
THIRD_PARTY = model.ROOT / "_build" / "third-party"

OPTIONS = {
    "navbar_start": [],
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],
    "article_header_start": ["toggle-primary-sidebar.html", "brand.html"],
    "article_header_end": [
        "page-links.html",
        "theme-switcher.html",
        "search-button.html",
        "toggle-secondary-sidebar.html",
    ],
    "article_footer_items": ["page-tools.html"],
    "footer_content_items": ["book-footer.html"],
    "primary_sidebar_end": [],
    "search_as_you_type": False,
    "search_bar_text": "Search the book",
    "toc_title": "On this page",
    "back_to_top_button": False,
}

#: What no page loads, under the site's _static.
UNUSED = (
    "scripts/fontawesome.js*",
    "vendor/fontawesome/webfonts/*",
    "scripts/*.map",
    "styles/*.map",
    "**/*.LICENSE.txt.map",
    "locales/**/*",
    "images/logo_*",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
)


def configure(config) -> None:
    config.html_theme_options.update(OPTIONS)
    config.html_context["default_mode"] = (
        "light"  # what is shown before, or without, a script
    )
    config.html_sidebars = {
        "**": ["brand.html", "search-button-field.html", "book-nav.html"]
    }
    config.html_static_path += [str(STATIC), str(THIRD_PARTY)]
    config.version = config.release = model.version()


def context(config, docname: str, path: str, title: str, found) -> dict:
    """What the templates need to know of a page: where it lies, how to cite it.

    Addresses are empty while the repository's is a placeholder.
    """
    address = docname.removeprefix("chapters/")
    repository = model.repository() if model.is_published() else ""
    branch = config.html_theme_options.get("repository_branch") or "main"
    source = f"{repository}/blob/{branch}/{path}" if repository and path else ""
    colab = source.removeprefix("https://github.com/")
    cite = html.bibtex(
        "worked-out-" + address.replace("/", "-"),
        title=title,
        author=config.author,
        booktitle=config.html_title,
        year=config.copyright,
        note=f"Version {model.version()}",
        url=source,
    )
    report = html.report_link(repository, title, path, model.version())
    return {
        "title": config.html_title,
        "author": config.author,
        "year": config.copyright,
        "version": model.version(),
        "path": path,
        "colab": f"https://colab.research.google.com/github/{colab}"
        if source.endswith(".ipynb")
        else "",
        "source": source,
        "report": report if repository else "",
        "cite": cite,
        "chapters": [
            {
                "title": chapter.title,
                "docname": chapter.docname,
                "current": address.startswith(chapter.folder + "/"),
                "pages": [page for page in chapter.pages if page.docname in found],
            }
            for chapter in model.plan()
            if chapter.docname in found
        ],
    }


def slim(app, error) -> None:
    """Remove from the built site what no page loads."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for pattern in UNUSED:
        for file in static.glob(pattern):
            if file.is_file() and file.name != "logo_colab.png":
                file.unlink()
    for css in static.glob("styles/*.css"):
        text = css.read_text(encoding="utf-8")
        lean = re.sub(r"@font-face\{[^}]*fontawesome[^}]*\}", "", text)
        lean = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", lean)
        if lean != text:
            css.write_text(lean, encoding="utf-8")
