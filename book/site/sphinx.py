"""The glue to Sphinx and Jupyter Book: what `shown`, `html` and `lists` make, put in
its place.

Another builder would need another file like this one, and nothing else.
"""

from __future__ import annotations

import json
import posixpath
import re
import zlib
from html import escape
from pathlib import Path
from urllib.parse import quote

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from book import model
from book.site import html, lists, symbols, theme
from book.site.shown import shown

logger = logging.getLogger(__name__)

# ---------------------------------------------------------------- pages


def read_notebook(app, docname, source):
    """Give the parser what the site shows in place of what the file holds."""
    path = Path(app.env.doc2path(docname))
    if path.suffix == ".ipynb":
        try:
            source[0] = json.dumps(shown(model.page(path)))
        except model.PageError as error:
            logger.warning(str(error))


class NameEquations(SphinxTransform):
    """Named displays get their anchors when the page is read, so that links resolve."""

    default_priority = 400

    def apply(self, **kwargs):
        path = Path(self.env.doc2path(self.env.docname))
        checks = model.page(path).checks if path.suffix == ".ipynb" else []
        checked = {check.name for check in checks}
        slugs = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        for node in self.document.findall(nodes.math_block):
            name = model.tag_of(node.astext())
            if name:
                anchor = f"eq-{model.slug(name)}"
                node["ids"].append(anchor)
                node["check"] = f"check-{model.slug(name)}" if name in checked else ""
                slugs[anchor] = (node.line or 0, anchor, name)


class LinkSymbols(SphinxTransform):
    """Each formula of a notebook gets, beside its TeX, that with its symbols marked."""

    default_priority = 400

    def apply(self, **kwargs):
        path = Path(self.env.doc2path(self.env.docname))
        known = (
            symbols.linked(model.page(path).symbols) if path.suffix == ".ipynb" else []
        )
        for kind in (nodes.math, nodes.math_block) if known else ():
            for node in self.document.findall(kind):
                node["shown"] = symbols.wrap(node.astext(), known)


class KeepPunctuation(SphinxTransform):
    """What closes a formula in the text, such as a comma, stays on the formula's line:
    browsers would break the line between the two."""

    default_priority = 410

    def apply(self, **kwargs):
        for node in list(self.document.findall(nodes.math)):
            after = node.next_node(descend=False, siblings=True)
            if isinstance(after, nodes.Text) and (found := CLOSING.match(after)):
                node["closing"] = found[0]
                after.parent.replace(after, nodes.Text(after[found.end() :]))


CLOSING = re.compile(r"[.,;:!?)\]’”]+")


def visit_math(self, node):
    tex = node.get("shown") or node.astext()
    self.body.append(html.formula(tex, node.get("closing", "")))
    raise nodes.SkipNode


def visit_math_block(self, node):
    """The display as it stands: in the `split` that Sphinx adds, \\tag is an error."""
    tex = node.get("shown") or node.astext()
    name = model.tag_of(tex) or ""
    self.body.append(html.equation(model.without_tag(tex), name, node.get("check", "")))
    raise nodes.SkipNode


_render_image = NbElementRenderer.render_image


def render_image(self, data):
    """myst-nb's own, and what it leaves out: the metadata of the stored output."""
    images = _render_image(self, data)
    for image in images:
        for side in ("width", "height"):  # Sphinx would link the image to itself
            image.attributes.pop(side, None)
        image["stored"] = dict(data.output_metadata.get(data.mime_type, {}))
    return images


def visit_image(self, node):
    if "stored" not in node:
        return type(self).visit_image(self, node)
    file = self.builder.images.get(node["uri"], node["uri"])
    source = posixpath.join(self.builder.imgpath, quote(file))
    self.body.append(html.figure(source, node["stored"]) + "\n")
    return None


def depart_image(self, node):
    if "stored" not in node:
        type(self).depart_image(self, node)


def visit_fold(self, node):
    label = node["prompt_show"]
    kind = (
        "checks" if label[0] == "✓" else "solution" if "Solution" in label else "code"
    )
    self.body.append(
        f'<details class="hide fold-{kind}"><summary>{escape(label)}</summary>\n'
    )


def depart_fold(self, node):
    self.body.append("</details>\n")


# ---------------------------------------------------------------- lists


def made(app, docname: str, name: str, argument: str) -> str:
    """The HTML of a directive or role of `lists` on the page `docname`."""

    def address(other):
        return app.builder.get_relative_uri(docname, other)

    book = lists.Book(docname, app.env.found_docs, address)
    return (lists.LISTS | lists.WORDS)[name](book, argument)


def noted(app, docname: str, name: str, argument: str) -> nodes.raw:
    """The same as a node; what it said is remembered, to tell when that changes."""
    text = made(app, docname, name, argument)
    known = _known(app.env).setdefault(docname, {})
    known[name, argument] = zlib.crc32(text.encode())
    return nodes.raw("", text, format="html")


def _known(env) -> dict[str, dict]:
    if not hasattr(env, "book_lists"):
        env.book_lists = {}
    return env.book_lists


def outdated(app, env, added, changed, removed):
    """Pages whose lists would say something else now, and whose needs came or went."""
    came = {docname.removeprefix("chapters/") for docname in added | removed}
    stale = [
        page.docname
        for page in model.planned_pages().values()
        if came & set(page.needs)
    ]
    for docname, known in _known(env).items():
        try:
            now = {key: zlib.crc32(made(app, docname, *key).encode()) for key in known}
        except model.PageError:  # told when the page is read
            now = None
        if now != known:
            stale.append(docname)
    return [docname for docname in stale if docname in env.found_docs]


def purge(app, env, docname):
    _known(env).pop(docname, None)


def merge(app, env, docnames, other):
    _known(env).update(
        {name: found for name, found in _known(other).items() if name in docnames}
    )


class List(SphinxDirective):
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        argument = self.arguments[0] if self.arguments else ""
        try:
            return [noted(self.env.app, self.env.docname, self.name, argument)]
        except model.PageError as error:
            raise self.error(str(error)) from None


class Word(SphinxRole):
    def run(self):
        try:
            return [noted(self.env.app, self.env.docname, self.name, self.text)], []
        except model.PageError as error:
            return [], [self.inliner.reporter.error(str(error), line=self.lineno)]


def add_names(app, error):
    if not error and app.builder.format == "html":
        book = lists.Book("search", app.env.found_docs, app.builder.get_target_uri)
        target = Path(app.outdir) / "_static" / "names.js"
        target.write_text(lists.names(book), encoding="utf-8")


# ---------------------------------------------------------------- around the page


def describe_page(app, pagename, templatename, context, doctree):
    """What the templates need, and the facts under the title."""
    found = app.env.found_docs
    path = app.env.doc2path(pagename, base=False) if pagename in found else ""
    title = app.env.titles[pagename].astext() if pagename in found else ""
    context["book"] = theme.context(app.config, pagename, path, title, found)
    context["favicon_url"] = ""  # the layout names it
    if path.endswith(".ipynb"):
        address = pagename.removeprefix("chapters/")
        planned = model.planned_pages().get(address)
        book = lists.Book(
            pagename, found, lambda o: app.builder.get_relative_uri(pagename, o)
        )
        needs = [book.title(model.planned_pages()[need]) for need in planned.needs]
        page = model.page(model.ROOT / path)
        facts = html.facts(page, needs)
        context["body"] = html.with_facts(context["body"], facts)
        known, places = symbols.linked(page.symbols), symbols.compared(page)
        if known or places:
            context["body"] += html.linked_symbols(known, places)
            app.add_js_file("symbols.js", loading_method="defer")


def needs_mathjax(app, pagename, templatename, context, doctree):
    """The formulas in lists are none that Sphinx knows of."""
    names = {name for name, _ in _known(app.env).get(pagename, ())}
    if names & {"equation-index", "trap-index"}:
        app.env.get_domain("math").data["has_equations"][pagename] = True


def without_mathjax(app, pagename, templatename, context, doctree):
    """Sphinx loads it where a page below in the contents has a formula, too."""
    if not app.env.get_domain("math").data["has_equations"].get(pagename):
        context["script_files"] = [
            file
            for file in context["script_files"]
            if "MathJax" not in file.attributes.get("body", "")
            and "mathjax" not in str(file.filename)
        ]


def setup(app):
    NbElementRenderer.render_image = render_image
    app.add_node(nodes.math, override=True, html=(visit_math, None))
    app.add_node(nodes.math_block, override=True, html=(visit_math_block, None))
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    app.add_node(HideCodeCellNode, override=True, html=(visit_fold, depart_fold))
    app.add_transform(NameEquations)
    app.add_transform(LinkSymbols)
    app.add_transform(KeepPunctuation)
    for name in lists.LISTS:
        app.add_directive(name, List)
    for name in lists.WORDS:
        app.add_role(name, Word())
    # Jupyter Book sets it even where no comments are loaded.
    app.add_config_value("comments_config", {}, "")
    app.connect("config-inited", lambda app, config: theme.configure(config))
    app.connect("source-read", read_notebook)
    app.connect("env-get-outdated", outdated)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("html-page-context", describe_page)
    app.connect("html-page-context", needs_mathjax, priority=100)
    app.connect("html-page-context", without_mathjax, priority=900)
    app.connect("build-finished", add_names)
    app.connect("build-finished", theme.slim)
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", loading_method="defer")
    own = [*Path(__file__).parent.glob("*.py"), Path(model.__file__)]
    code = b"".join(file.read_bytes() for file in sorted(own))
    return {
        "version": "2",
        "env_version": zlib.crc32(code),  # changed code reads every page anew
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
