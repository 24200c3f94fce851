"""What a page claims: numbers that no output shows, causes and totalities.

    python -m book.claims chapters/a/b.ipynb

A guide for author and referee to where to look, not a verdict. `unmeasured` is the strict
part, which the contract refuses.

Numbers in figures cannot be seen: what counts is the text of outputs.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from book.statements import is_literal, tree_of

#: Sections whose sentences are claims about what was seen.
CLAIMING = ("Experiment", "Explore", "Summary", "Traps", "In practice", "Deeper")
#: Of these, the ones whose numbers must stand in an output.
MEASURING = ("Experiment", "Explore", "Summary", "Deeper")
#: Sections whose numbers are those of a problem or a calculation on paper.
ON_PAPER = ("Picture", "By hand", "Derivation", "Exercises")

WORDS = re.compile(
    r"\b(because|therefore|hence|thus|which is why|that is why|the reason|thanks to|due to"
    r"|explains?|evidently|clearly|obviously|always|never|every|all|none|nothing|cannot"
    r"|needs?|fails?|no longer|nearly all|buys)\b"
    r"|(?:^|(?<=[,;:.]\s))so\b(?!\s+(?:far|called|that|do|does|did|is|are)\b)",
    re.IGNORECASE,
)
NUMBER = re.compile(
    r"(?<![\w.,/:^_])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\w/])"
    r"|(?<![\w.,/:^_])\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w/]|[.,]\d)"
)
PERCENT = re.compile(r"\s?(?:%|percent\b|per cent\b)")
RANGE = re.compile(r"\s*(?:to|and|or|–|-)\s*\d[\d.,]*(?:\s?%|\s+percent\b)")

_CODE = re.compile(r"```.*?```|~~~.*?~~~", re.DOTALL)
_HIDDEN = re.compile(r"<details>.*?</details>|<!--.*?-->", re.DOTALL)
_FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$\n]+(?:\n[^$\n]+)*\$", re.DOTALL)
_ATOM = re.compile(r"`[^`\n]*`|\[[^\]]*\]\([^)]*\)")
#: Numbers that name something: papers, versions, parts of the book, list items.
_NAMES = re.compile(
    r"\b(?:arXiv:|doi:?\s*)\S+|https?://\S+"
    r"|\b(?:torch|PyTorch|Python|NumPy|CUDA|matplotlib|gymnasium|version|release"
    r"|exercises?|sections?|chapters?|cells?|pages?|figures?|steps?|volume|vol\.|pp?\.)"
    r"\s+\d[\d.]*(?:\s*(?:,|and|to|–|-)\s*\d[\d.]*)*"
    r"|^\s*\d+[.)]\s",
    re.IGNORECASE | re.MULTILINE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")


@dataclass(frozen=True)
class Claim:
    """A sentence that someone should trace."""

    cell: int  # number from the top, 1 the first
    section: str  # the heading of level 2 above it
    kind: str  # 'number' that stands nowhere, 'setting' in code alone, 'words'
    what: tuple[str, ...]  # the numbers or words
    sentence: str

    def __str__(self) -> str:
        return f"cell {self.cell} [{self.section[:24]}] {', '.join(self.what)}: {self.sentence}"


@dataclass(frozen=True)
class Number:
    """A number as prose has it: 12.5, 12.5 % or 1,234."""

    text: str
    percent: bool

    @property
    def value(self) -> float:
        return float(self.text.replace(",", ""))

    @property
    def decimals(self) -> int:
        plain = self.text.split("e")[0]
        return len(plain.partition(".")[2])

    @property
    def digits(self) -> int:
        """Significant digits; zeros at the end of a whole number do not count."""
        plain = self.text.replace(",", "").split("e")[0]
        plain = plain if "." in plain else plain.rstrip("0")
        return len(plain.replace(".", "").lstrip("0"))

    def is_one_of(self, values: list[float]) -> bool:
        """Whether one of the values, rounded as the number is, gives the number; for a
        number in percent the value may be a fraction."""
        half = 0.5001 * 10.0**-self.decimals
        factors = (1.0, 100.0) if self.percent else (1.0,)
        return any(
            abs(abs(v) * f - self.value) <= half for v in values for f in factors
        )

    def __str__(self) -> str:
        return self.text + (" %" if self.percent else "")


# ---------------------------------------------------------------- numbers of a page


def numbers_in(text: str) -> list[Number]:
    """The numbers of a piece of prose that may be results."""
    plain = _NAMES.sub(" ", text)
    found = []
    for match in NUMBER.finditer(plain):
        number, rest = match[0], plain[match.end() :]
        percent = bool(PERCENT.match(rest) or RANGE.match(rest))
        small = re.fullmatch(r"\d", number) and not percent
        if not small and not _YEAR.fullmatch(number):
            found.append(Number(number, percent))
    return found


def shown_values(notebook) -> list[float]:
    """Every number in the text of the page's outputs, a percentage as it is printed."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            texts.append(output.get("text", ""))
            texts.append(output.get("data", {}).get("text/plain", ""))
    text = " ".join("".join(part) for part in texts)
    text = re.sub(r"(?<=\d)[,_](?=\d{3}\b)", "", text)
    found = re.findall(r"(?<![\w.])\d+(?:\.\d*)?(?:e[+-]?\d+)?|(?<![\w.])\.\d+", text)
    return [float(number) for number in found]


def code_values(notebook) -> list[float]:
    """Every number that stands in code, and every quotient or product of such."""
    found: list[float] = []
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(tree_of(cell.source) or ast.Module([], [])):
            if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
                found.append(float(node.value))
            elif isinstance(node, ast.BinOp) and is_literal(node):
                try:
                    value = eval(compile(ast.Expression(node), "", "eval"), {})
                    found.append(float(value))
                except (NameError, TypeError, ValueError, ArithmeticError):
                    continue
    return found


# ---------------------------------------------------------------- sentences


def sentences(notebook) -> Iterator[tuple[int, str, str, str]]:
    """(cell, section, sentence, the same without formulas and code) of all prose outside
    solutions."""
    section = ""
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "markdown":
            continue
        source = _HIDDEN.sub("\n\n", _CODE.sub("\n\n", cell.source))
        atoms: list[str] = []

        def keep(match, atoms=atoms) -> str:
            atoms.append(match[0])
            return f"\0{len(atoms) - 1}\0"

        def restore(text: str, atoms=atoms) -> str:
            whole = re.sub(r"\0(\d+)\0", lambda m: atoms[int(m[1])], text)
            return " ".join(whole.split())

        source = _ATOM.sub(keep, _FORMULA.sub(keep, source))
        for block in re.split(r"\n\s*\n|\n(?=\s*(?:[-*|]|\d+\.)\s)|\n(?=#)", source):
            heading = re.match(r"(#+)\s+(.*)", block.strip())
            if heading and len(heading[1]) <= 2:
                section = restore(heading[2]) if len(heading[1]) == 2 else ""
            if heading:
                block = block.strip().partition("\n")[2]
            for sentence in re.split(r"(?<=[.!?])\s+(?=[^a-z\s])", block.strip()):
                if sentence.strip():
                    plain = re.sub(r"\0\d+\0", " ", sentence)
                    yield number, section, restore(sentence), plain


def claims(notebook) -> list[Claim]:
    """Sentences to trace, in the order of the page.

    Numbers that stand in no output and no code ('number'), numbers that stand in code alone
    ('setting': fine for a setting, not for a result typed in), and words of cause and of
    totality in sections that speak of what was seen ('words').
    """
    shown, typed = shown_values(notebook), code_values(notebook)
    found = []
    for cell, section, sentence, plain in sentences(notebook):
        on_paper = section.startswith(ON_PAPER) or not section
        loose, settings = [], []
        for number in numbers_in(plain):
            if number.is_one_of(shown) or on_paper and not number.decimals:
                continue
            (settings if number.is_one_of(typed) else loose).append(str(number))
        if loose and not on_paper:
            found.append(Claim(cell, section, "number", tuple(loose), sentence))
        if settings and not on_paper:
            found.append(Claim(cell, section, "setting", tuple(settings), sentence))
        words = [match[0].lower() for match in WORDS.finditer(" ".join(plain.split()))]
        if words and section.startswith(CLAIMING):
            unique = tuple(dict.fromkeys(words))
            found.append(Claim(cell, section, "words", unique, sentence))
    return found


def unmeasured(notebook) -> list[Claim]:
    """Measured numbers that stand nowhere: decimal or in percent, of two significant digits
    or more, under Experiment, Explore, Summary or Deeper, in no output and no code."""
    shown, typed = shown_values(notebook), code_values(notebook)
    found = []
    for cell, section, sentence, plain in sentences(notebook):
        if not section.startswith(MEASURING):
            continue
        loose = tuple(
            str(number)
            for number in numbers_in(plain)
            if (number.decimals or number.percent)
            and number.digits >= 2
            and not number.is_one_of(shown)
            and not number.is_one_of(typed)
        )
        if loose:
            found.append(Claim(cell, section, "number", loose, sentence))
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m book.claims",
        description="Numbers that no output shows, causes and totalities, to be traced.",
    )
    parser.add_argument("page", nargs="+", type=Path)
    options = parser.parse_args(arguments)
    titles = {
        "number": "Numbers that stand in no output",
        "setting": "Numbers that stand in code alone: fine for a setting, not for a result",
        "words": "Causes and totalities",
    }
    for path in options.page:
        try:
            notebook = nbformat.read(path, as_version=4)
        except OSError as error:
            print(f"✗ {error}", file=sys.stderr)
            return 1
        found = claims(notebook)
        print(path)
        for kind, title in titles.items():
            of_kind = [claim for claim in found if claim.kind == kind]
            if of_kind:
                print(f"\n{title}:")
                print("\n".join(f"  {claim}" for claim in of_kind))
        strict = unmeasured(notebook)
        if strict:
            print("\nThe contract refuses these:")
            print("\n".join(f"  {claim}" for claim in strict))
    return 0


if __name__ == "__main__":
    sys.exit(main())
