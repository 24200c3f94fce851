r"""Displayed mathematics as the author wrote it, and an anchor for every named equation.

Sphinx wraps a display that has `\\` in a `split` environment, in which `\tag` is an error; here
the display is written as it stands. `\tag{Gaussian KL}` gives it the anchor `eq-gaussian-kl`, set
when the page is read, so that links to it resolve and a wrong one is a warning.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform

from bookfiles import slug, tag_of


class NameEquations(SphinxTransform):
    default_priority = 400

    def apply(self, **kwargs):
        slugs = self.env.metadata[self.env.docname].setdefault("myst_slugs", {})
        for node in self.document.findall(nodes.math_block):
            name = tag_of(node.astext())
            if name:
                anchor = f"eq-{slug(name)}"
                node["ids"].append(anchor)
                slugs[anchor] = (node.line or 0, anchor, name)


def visit_math_block(self, node):
    name = tag_of(node.astext())
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    self.body.append(rf"\[{self.encode(node.astext().strip())}\]")
    if name and node["ids"]:
        self.body.append(f'<a class="headerlink" href="#{node["ids"][0]}" '
                         f'title="Link to this equation" aria-label="Link to {name}">#</a>')
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app):
    app.add_transform(NameEquations)
    app.add_node(nodes.math_block, override=True, html=(visit_math_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
