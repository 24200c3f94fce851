"""Rules of a page's form: metadata, title, lead, sections, headings."""

from __future__ import annotations

import re

from book import model
from book.contract.problem import Found, listed

#: Sections that a lesson has exactly once, besides a picture and a case by hand.
NEEDED = ("Summary", "Traps", "Exercises")
PICTURES = ("Picture and numbers", "Picture")
CASES = ("Picture and numbers", "By hand")
#: Kinds whose heading says the idea; the others may stand alone.
IDEA_NEEDED = ("Derivation", "From scratch", "Explore", "Experiment", "Deeper")
#: What a case by hand comes before.
AFTER_NUMBERS = ("Derivation", "From scratch", "With torch")


def metadata(page: model.Page) -> Found:
    if page.kind not in model.KINDS:
        what = f"the kind of page {page.kind!r} is unknown"
        yield None, what, f"Use one of {', '.join(model.KINDS)}"
    extras = page.d2l.get("extras", [])
    if not isinstance(extras, list) or not all(
        isinstance(extra, str) for extra in extras
    ):
        yield (
            None,
            f"d2l.extras is {extras!r}",
            'Make it a list of names, such as ["rl"]',
        )
    unknown = set(page.d2l) - model.METADATA
    if unknown:
        what = f"the metadata d2l has unknown keys {listed(unknown)}"
        yield None, what, f"Known are {listed(model.METADATA)}"


def title_and_lead(page: model.Page) -> Found:
    titles = [h for h in page.headings if h.level == 1]
    if len(titles) != 1 or titles[0].cell != 1:
        cell = titles[1].cell if len(titles) > 1 else 1
        remedy = "Begin the first cell with one '# Title', and use it nowhere else"
        yield cell, f"the page has {len(titles)} titles", remedy
        return
    words = len(page.lead.split())
    if words < model.MIN_LEAD:
        yield (
            1,
            f"the lead has {words} words",
            (
                "Under the title, say in a paragraph which question the page answers, why it "
                "matters, what the reader can do afterwards and what they need first"
            ),
        )
    elif page.kind == "lesson" and words > model.MAX_LEAD:
        yield (
            1,
            f"the lead has {words} words, at most {model.MAX_LEAD} are read",
            (
                "Keep the question, what the reader can do afterwards and what they need; the "
                "rest belongs in Picture or In practice"
            ),
        )


def heading_levels(page: model.Page) -> Found:
    before = 1
    for h in page.headings:
        if h.level > before + 1:
            what = f"the heading {h.text!r} is {h.level - before} levels deeper than "
            yield h.cell, f"{what}the one above", f"Make it {'#' * (before + 1)}"
        before = h.level


def sections(page: model.Page) -> Found:
    if page.kind != "lesson":
        return
    for section in page.sections:
        if section.kind not in model.SECTIONS:
            yield (
                section.cell,
                f"the heading '## {section.title}' is not one of the book's",
                f"Begin it with one of {', '.join(model.SECTIONS)}; or make it a ### heading",
            )
    kinds = [section.kind for section in page.sections]
    for kind in NEEDED:
        if kinds.count(kind) != 1:
            yield (
                None,
                f"there are {kinds.count(kind)} sections '## {kind}'",
                "A lesson has one",
            )


def headings(page: model.Page) -> Found:
    """A heading is '## Kind: The idea'."""
    if page.kind != "lesson":
        return
    for section in page.sections:
        rest = section.title[len(section.kind) :]
        form = f"Write '## {section.kind}: ' and the idea in a few words"
        if not section.kind:
            continue  # `sections` tells
        if not rest.strip(" :") and section.kind in IDEA_NEEDED:
            yield section.cell, f"the heading '## {section.title}' says no idea", form
        elif rest and not re.match(r": \S", rest):
            yield (
                section.cell,
                f"the heading '## {section.title}' is not of the form",
                form,
            )


def order(page: model.Page) -> Found:
    """The first reading goes from the picture over numbers to the summary."""
    if page.kind != "lesson" or not page.sections:
        return
    kinds = [section.kind for section in page.sections]
    first = page.sections[0]
    if not any(kind in kinds for kind in PICTURES):
        remedy = (
            "Begin with a picture of the thing and the idea in words, without a formula"
        )
        yield None, "there is no section '## Picture'", remedy
    elif first.kind not in PICTURES:
        remedy = "Begin with '## Picture', or with '## Picture and numbers'"
        yield first.cell, f"the first section is '## {first.title}'", remedy
    cases = [i for i, kind in enumerate(kinds) if kind in CASES]
    after = [i for i, kind in enumerate(kinds) if kind in AFTER_NUMBERS]
    if not cases:
        remedy = "Work the smallest case in numbers that a reader can do on paper"
        yield None, "there is no section '## By hand'", remedy
    elif after and after[0] < cases[0]:
        section = page.sections[after[0]]
        what = f"'## {section.title}' comes before the case with numbers"
        yield (
            section.cell,
            what,
            "Move '## By hand' above it: numbers first, then symbols",
        )
    if "Summary" not in kinds:
        return  # `sections` tells
    end = kinds.index("Summary")
    for i, section in enumerate(page.sections):
        if section.reading == 2 and i < end:
            what = f"'## {section.title}' stands in the first reading"
            yield section.cell, what, "Move it below '## Summary'"
        elif section.kind in model.FIRST_READING and i > end:
            what = f"'## {section.title}' stands below the summary"
            remedy = "Move it above '## Summary', or make it '## Deeper: …'"
            yield section.cell, what, remedy


RULES = (metadata, title_and_lead, sections, heading_levels, headings, order)
