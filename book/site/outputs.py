"""Stored outputs on the site: figures with their text and size, checks that look like checks."""

import posixpath
import urllib.parse
from html import escape

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.transforms import SphinxTransform

from bookfiles import check_of, slug, tag_of

_render_image = NbElementRenderer.render_image



def render_image(self, data):
    """myst-nb's own, and what it leaves out of the output's metadata: alt text and `photo`."""
    images = _render_image(self, data)
    stored = data.output_metadata.get(data.mime_type, {})
    for image in images:
        image["classes"].append("photo" if stored.get("photo") else "plot")
        image["alt"] = stored.get("alt", "")
        image["stored_size"] = (image.attributes.pop("width", ""), image.attributes.pop("height", ""))
    return images


def visit_image(self, node):
    """A stored figure as a plain <img> with its size, so that the page does not jump when it loads."""
    if "stored_size" not in node:
        return type(self).visit_image(self, node)
    width, height = node["stored_size"]
    file = self.builder.images.get(node["uri"], node["uri"])
    source = posixpath.join(self.builder.imgpath, urllib.parse.quote(file))
    self.body.append(self.emptytag(node, "img", "\n", src=source, alt=node["alt"], width=width, height=height,
                                   loading="lazy", decoding="async"))
    return None


def depart_image(self, node):
    if "stored_size" not in node:
        type(self).depart_image(self, node)


class NameFoldedCells(SphinxTransform):
    """A folded cell says what is in it; the set-up cell is folded."""

    default_priority = 402

    def apply(self, **kwargs):
        for cell in self.document.findall(nodes.container):
            if "tag_setup" in cell["classes"]:
                cell["hide_mode"] = "all"
                cell["prompt_show"] = cell["prompt_hide"] = "Set-up"
            elif "tag_solution" in cell["classes"]:
                cell["prompt_show"] = cell["prompt_hide"] = "Solution in code"


def visit_folded(self, node):
    self.body.append(f'<details class="hide"><summary>{escape(node["prompt_show"])}</summary>\n')


def depart_folded(self, node):
    self.body.append("</details>\n")


class ShowChecks(SphinxTransform):
    """Lines '✓ name | sides | tolerance' of a cell's output become a list of checks."""

    default_priority = 401

    def apply(self, **kwargs):
        equations = {tag_of(node.astext()): node for node in self.document.findall(nodes.math_block)}
        seen = set()
        for block in list(self.document.findall(nodes.literal_block)):
            if "stream" not in block["classes"]:
                continue
            lines = block.astext().splitlines()
            if not any(check_of(line) for line in lines):
                continue
            parts, plain = [], []
            for line in lines:
                check = check_of(line)
                if check is None:
                    plain.append(line)
                    continue
                parts += self._plain(block, plain)
                plain = []
                if not (parts and isinstance(parts[-1], nodes.bullet_list)):
                    parts.append(nodes.bullet_list(classes=["checks"]))
                parts[-1] += self._item(check, equations, seen)
            parts += self._plain(block, plain)
            block.replace_self(parts)

    @staticmethod
    def _plain(block, lines):
        text = "\n".join(lines).strip("\n")
        if not text:
            return []
        copy = block.copy()
        copy["classes"] = list(block["classes"])
        copy += nodes.Text(text)
        copy.rawsource = text
        return [copy]

    @staticmethod
    def _item(check, equations, seen):
        anchor = f"check-{slug(check.name)}"
        name = nodes.inline(check.name, check.name, classes=["check-name"], support_smartquotes=False)
        if check.name in equations:
            name = nodes.reference("", "", name, internal=True, refid=f"eq-{slug(check.name)}")
        line = nodes.paragraph("", "", name)
        for part, kind in ((check.sides, "check-sides"), (check.tolerance, "check-tolerance")):
            line += nodes.Text(" ")
            line += nodes.inline(part, part, classes=[kind])
        item = nodes.list_item("", line, classes=["trap"] if check.is_trap else [])
        if check.name in equations:
            equations[check.name]["checked"] = anchor
        if anchor not in seen:  # the first check of an equation is the one linked to
            seen.add(anchor)
            item["ids"].append(anchor)
        return item


def setup(app):
    NbElementRenderer.render_image = render_image
    app.add_node(nodes.image, override=True, html=(visit_image, depart_image))
    app.add_transform(ShowChecks)
    app.add_node(HideCodeCellNode, override=True, html=(visit_folded, depart_folded))
    app.add_transform(NameFoldedCells)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
