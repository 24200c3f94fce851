"""The look of the site: own style sheet and scripts, what each page says of itself, and a diet.

The theme's icon script (541 KB gzipped) and fonts are not shipped; the few icons in use are
drawn in book.css. The search index is loaded by the search page alone.
"""

import re
from pathlib import Path

import bookfiles

STATIC = bookfiles.ROOT / "book" / "static"
THIRD_PARTY = bookfiles.ROOT / "_build" / "third-party"


def add_static(app, config):
    config.html_static_path += [str(STATIC), str(THIRD_PARTY)]
    config.version = config.release = bookfiles.version()


def describe_page(app, pagename, templatename, context, doctree):
    """What the page's own templates need: address for reports, run time, version."""
    page = bookfiles.pages().get(pagename.removeprefix("chapters/"))
    seconds = bookfiles.run_times().get(pagename.removeprefix("chapters/"))
    context["book_version"] = bookfiles.version()
    context["book_repository"] = app.config.html_theme_options.get("repository_url", "")
    context["page_planned"] = page
    context["page_seconds"] = f"{seconds:.0f}" if seconds and seconds >= 1 else None if seconds is None else "under 1"


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
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
