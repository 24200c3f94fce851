"""Rules of the first encounter: a picture, then numbers, then symbols, in half an hour."""

from __future__ import annotations

import ast
import re

from book import model
from book.contract.form import CASES, PICTURES
from book.contract.problem import Found

#: Arithmetic with its result: 3 · 0.5 + 1 = 2.5
ARITHMETIC = re.compile(r"\d[^=\n]*([-+*/×·−÷^]|\\(cdot|times|frac))[^=\n]*=[^\n]*\d")
#: Letters that stand for vectors and matrices.
BOLD = re.compile(r"\\(mathbf|boldsymbol|bm|pmb)\b")


def picture_first(page: model.Page) -> Found:
    kinds = {section.kind for section in page.sections}
    if page.kind != "lesson" or not page.executed or not kinds.intersection(PICTURES):
        return  # `form.order` tells
    places = {
        i
        for section in page.sections
        if section.kind in PICTURES
        for i, _ in section.code()
    }
    pictures = page.pictures()
    if not places.intersection(pictures):
        what = "the section Picture shows no picture"
        remedy = (
            "Show the thing there, with show(fig, …), explore(…) or overlay(…), "
            "before any formula"
        )
        yield (min(places) if places else None), what, remedy
        return
    if pictures[0] not in places:
        what = "a figure stands above the section Picture"
        yield pictures[0], what, "Move it there, or further down"
    first = min(places.intersection(pictures))
    for i, cell in page.code:
        tags = model.FOLDED.intersection(model.tags(cell))
        if i < first and not tags and not model.is_imports(cell.source):
            what = "code stands above the first picture"
            remedy = (
                "Move it below: only the set-up and the imports come before the picture"
            )
            yield i, what, remedy


def words_first(page: model.Page) -> Found:
    """No formula before the picture has been seen and said in words."""
    if page.kind != "lesson" or not page.sections:
        return
    first = page.sections[0]
    if page.opening.formulas or page.opening.displays:
        remedy = (
            "Say it in words: symbols come after the picture and the case with numbers"
        )
        yield 1, "a formula in the lead", remedy
    for i, markdown in page.markdown.items():
        if 1 < i < first.cell and (markdown.formulas or markdown.displays):
            yield i, "a formula above the picture", "Move it below '## By hand'"
    shown = min(page.pictures(), default=0)
    for section in page.sections:
        if section.kind not in PICTURES:
            continue
        for i, cell, text in section.parts:
            if section.kind == "Picture and numbers" and i > shown:
                continue  # the numbers
            markdown = model.Markdown(text)
            if cell.cell_type == "markdown" and (
                markdown.formulas or markdown.displays
            ):
                remedy = (
                    "Tell the idea with an everyday example or a small world, in words"
                )
                yield i, "a formula in the section Picture", remedy


def by_hand(page: model.Page) -> Found:
    if page.kind != "lesson":
        return
    for section in page.sections:
        if section.kind not in CASES:
            continue
        texts = [
            text for _, cell, text in section.parts if cell.cell_type == "markdown"
        ]
        computed = any(map(ARITHMETIC.search, texts)) or any(
            isinstance(node, ast.BinOp) and re.search(r"\d", model.printed(cell))
            for _, cell in section.code()
            for node in ast.walk(model.tree_of(cell.source) or ast.Module([], []))
        )
        if not computed:
            what = f"'## {section.title}' computes no number"
            yield (
                section.cell,
                what,
                "Show a step with its result, such as 0.5 · 2 + 1 = 2",
            )
        if any(map(BOLD.search, texts)):
            what = f"'## {section.title}' has letters for vectors or matrices"
            remedy = "Take a case of single numbers; vectors come with the derivation"
            yield section.cell, what, remedy


def minutes(page: model.Page) -> Found:
    if page.kind != "lesson":
        return
    first, whole = page.minutes
    for name, found, limit in (
        ("first reading", first, model.MAX_FIRST_READING),
        ("whole page", whole, model.MAX_MINUTES),
    ):
        if found > limit:
            reading = {1} if name == "first reading" else {1, 2}
            where = ", ".join(
                f"{section.kind or section.title} {spent:.0f} in cell {section.cell}"
                for section in page.sections
                if section.reading in reading and (spent := minutes_of(section)) >= 0.5
            )
            what = f"the {name} takes {found:.0f} minutes, {limit} at most ({where})"
            remedy = (
                "Move side results to '## Deeper: …', below the summary"
                if name == "first reading"
                else "Cut what is told twice, or make a page of its own of a part"
            )
            yield None, what, remedy


def minutes_of(section: model.Section) -> float:
    """Minutes of study of one section, as the model counts those of a page."""
    total = 0.0
    for _, cell, text in section.parts:
        if cell.cell_type == "markdown":
            total += model.Markdown(text).minutes
        else:
            total += model.minutes_of_code(cell)
    return total


RULES = (picture_first, words_first, by_hand, minutes)
