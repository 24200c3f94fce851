"""Stored outputs on the site: figures with their text and size, checks that look like checks."""

from docutils import nodes
from myst_nb.core.render import NbElementRenderer
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
        image["loading"] = "lazy"
    return images


class ShowChecks(SphinxTransform):
    """Lines '✓ name | sides | tolerance' of a cell's output become a list of checks."""

    default_priority = 401

    def apply(self, **kwargs):
        equations = {tag_of(node.astext()) for node in self.document.findall(nodes.math_block)}
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
        name = nodes.inline(check.name, check.name, classes=["check-name"])
        if check.name in equations:
            name = nodes.reference("", "", name, internal=True, refid=f"eq-{slug(check.name)}")
        line = nodes.paragraph("", "", name)
        for part, kind in ((check.sides, "check-sides"), (check.tolerance, "check-tolerance")):
            line += nodes.Text(" ")
            line += nodes.inline(part, part, classes=[kind])
        item = nodes.list_item("", line, classes=["trap"] if check.is_trap else [])
        if anchor not in seen:  # the first check of an equation is the one linked to
            seen.add(anchor)
            item["ids"].append(anchor)
        return item


def setup(app):
    NbElementRenderer.render_image = render_image
    app.add_transform(ShowChecks)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
