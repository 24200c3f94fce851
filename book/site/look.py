"""The look of the site: own style sheet and scripts, what each page says of itself, and a diet.

The theme's icon script (541 KB gzipped) and fonts are not shipped; the few icons in use are
drawn in book.css. The search index is loaded by the search page alone.
"""

import re
import zlib
from pathlib import Path

import bookfiles

STATIC = bookfiles.ROOT / "book" / "static"
THIRD_PARTY = bookfiles.ROOT / "_build" / "third-party"


THEME = {
    "navbar_start": [], "navbar_center": [], "navbar_end": [], "navbar_persistent": [],
    "article_header_start": ["toggle-primary-sidebar.html", "brand.html"],
    "article_header_end": ["page-links.html", "theme-switcher.html", "search-button.html",
                           "toggle-secondary-sidebar.html"],
    "article_footer_items": ["page-tools.html"],
    "footer_content_items": ["book-footer.html"],
    "primary_sidebar_end": [],
    "search_as_you_type": False,
    "search_bar_text": "Search the book",
    "toc_title": "On this page",
    "back_to_top_button": False,
}


def add_static(app, config):
    config.html_theme_options.update(THEME)
    config.html_context["default_mode"] = "light"  # what is shown before, or without, a script
    config.html_sidebars = {"**": ["brand.html", "search-button-field.html", "book-nav.html"]}
    config.html_static_path += [str(STATIC), str(THIRD_PARTY)]
    config.version = config.release = bookfiles.version()


def describe_page(app, pagename, templatename, context, doctree):
    """What the page's own templates need: where it lies, how long it runs, how to cite it."""
    address = pagename.removeprefix("chapters/")
    options = app.config.html_theme_options
    repository, branch = options["repository_url"].rstrip("/"), options.get("repository_branch") or "main"
    path = app.env.doc2path(pagename, base=False) if pagename in app.env.found_docs else ""
    context["book"] = {
        "title": app.config.html_title,
        "author": app.config.author,
        "year": app.config.copyright,
        "version": bookfiles.version(),
        "repository": repository,
        "path": path,
        "seconds": bookfiles.run_times().get(address),
        "colab": f"https://colab.research.google.com/github/{repository.removeprefix('https://github.com/')}"
                 f"/blob/{branch}/{path}" if path.endswith(".ipynb") else "",
        "source": f"{repository}/blob/{branch}/{path}" if path else "",
        "chapters": [
            {"title": chapter.title, "docname": chapter.docname, "current": address.startswith(chapter.folder + "/"),
             "pages": [page for page in chapter.pages if page.docname in app.env.found_docs]}
            for chapter in bookfiles.plan() if chapter.docname in app.env.found_docs],
        "key": "worked-out-" + address.replace("/", "-"),
    }
    context["favicon_url"] = ""  # the layout names it


def slim(app, error):
    """Remove from the built site what no page loads."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for pattern in ("scripts/fontawesome.js*", "vendor/fontawesome/webfonts/*", "scripts/*.map", "styles/*.map",
                    "**/*.LICENSE.txt.map", "locales/**/*", "images/logo_*", "webpack-macros.html",
                    "sbt-webpack-macros.html"):
        for file in static.glob(pattern):
            if file.is_file() and file.name != "logo_colab.png":
                file.unlink()
    for css in static.glob("styles/*.css"):
        text = css.read_text(encoding="utf-8")
        lean = re.sub(r"@font-face\{[^}]*fontawesome[^}]*\}", "", text)
        lean = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", lean)
        if lean != text:
            css.write_text(lean, encoding="utf-8")


def setup(app):
    app.add_config_value("comments_config", {}, "")  # Jupyter Book sets it even where no comments are loaded
    app.connect("config-inited", add_static)
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", slim)
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", loading_method="defer")
    code = b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))
    return {"version": "1", "env_version": zlib.crc32(code),  # a changed extension reads every page anew
            "parallel_read_safe": True, "parallel_write_safe": True}
