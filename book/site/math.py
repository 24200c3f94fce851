r"""Displayed mathematics as the author wrote it, and a name and an anchor for every named equation.

Sphinx wraps a display that has `\\` in a `split` environment, in which `\tag` is an error; here
the display is written as it stands. `\tag{Gaussian KL}` becomes a line above the display, which a
phone has room for, with the anchor `eq-gaussian-kl` and a link to the check. The anchor is set when
the page is read, so that links to it resolve and a wrong one is a warning.
"""

from docutils import nodes
from sphinx.transforms import SphinxTransform

from bookfiles import slug, tag_of, without_tag


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
    tex, name, anchor = node.astext(), tag_of(node.astext()), next(iter(node["ids"]), "")
    display = rf'<div class="math notranslate nohighlight">\[{self.encode(without_tag(tex))}\]</div>'
    if name and anchor:
        checked = (f' <a class="checked" href="#{node["checked"]}" title="The cell that checks it">✓ checked</a>'
                   if node.get("checked") else "")
        display = (f'<div class="equation" id="{anchor}"><p class="equation-name">'
                   f'<a href="#{anchor}" title="Link to this equation">{name}</a>{checked}</p>{display}</div>')
    self.body.append(display + "\n")
    raise nodes.SkipNode


def setup(app):
    app.add_transform(NameEquations)
    app.add_node(nodes.math_block, override=True, html=(visit_math_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
