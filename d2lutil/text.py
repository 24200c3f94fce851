"""From a string to whole numbers and back: words, vocabularies, windows of text."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections import Counter

import torch

from .batching import windows as windows

#: Invisible characters that say how a line is set, not what it says: the soft hyphen,
#: the word joiner, the byte order mark, the marks and brackets of writing direction.
LAYOUT = "\u00ad\u2060\ufeff\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
LAYOUT += "\u2066\u2067\u2068\u2069"

#: Marks that belong to a word when they stand between two of its letters: apostrophes,
#: the middle dot of Catalan, the hyphenation point, marks of Armenian and of Hebrew.
INNER = "'\u2019\u2018\uff07\u00b7\u2027\u055a\u055f\u05f3\u05f4"


def normalize(s: str, *, lower: bool = False) -> str:
    """One spelling for equal text: Unicode form NFC, and lower case if wanted.

    "é" can be one code point or two (e and an accent); after NFC it is one. Soft
    hyphens and the other characters of `LAYOUT` are left out. `lower` folds case as
    Unicode defines it for comparison (`str.casefold`: "Straße" becomes "strasse").
    """
    if not isinstance(s, str):
        raise TypeError(f"text: expected a string, got {type(s).__name__}")
    if not s.isascii():
        s = unicodedata.normalize("NFC", s.translate(_NO_LAYOUT))
    return unicodedata.normalize("NFC", s.casefold()) if lower else s


_NO_LAYOUT = str.maketrans("", "", LAYOUT)


def characters(s: str, *, lower: bool = False) -> list[str]:
    """The characters of a string, spaces and line ends included.

    They are the code points that `normalize` leaves.

    >>> characters("Où?")
    ['O', 'ù', '?']
    """
    return list(normalize(s, lower=lower))


def words(s: str, *, lower: bool = True, punctuation: bool = False) -> list[str]:
    """The words of a string in order; numbers are words, inner apostrophes stay.

    A word is a run of letters and digits with the combining marks and the invisible
    joiners that its script puts between them (after Unicode's rule for words, UAX 29).
    Scripts that write no spaces (Chinese, Japanese, Thai) come out in longer runs.

    Parameters
    ----------
    lower : fold the case, so that "The" and "the" are one word.
    punctuation : keep every other mark that is not a space, as a token of its own.

    >>> words("Don't stop, Zoë!")
    ["don't", 'stop', 'zoë']
    >>> words("Don't stop, Zoë!", lower=False, punctuation=True)
    ["Don't", 'stop', ',', 'Zoë', '!']
    """
    s = normalize(s, lower=lower)
    found = _pattern(s.isascii()).findall(s)
    if punctuation:
        return found
    return [token for token in found if token[0] == "_" or token[0].isalnum()]


@functools.lru_cache
def _pattern(ascii_only: bool) -> re.Pattern:
    r"""Words and other marks. Python's \w is letters, digits and "_" alone."""
    if ascii_only:
        return re.compile(r"\w+(?:'\w+)*|[^\w\s]")
    kinds = {"M": "", "Cf": ""}  # combining marks, format characters
    for code in range(0x80, sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        kind = category if category == "Cf" else category[0]
        if kind in kinds and code != 0x200B:  # the zero-width space ends a word
            kinds[kind] += chr(code)
    extend = f"[{kinds['M']}{kinds['Cf']}]"
    word = rf"\w[\w{kinds['M']}{kinds['Cf']}]*"
    mark = rf"[^\w\s\u200b{kinds['Cf']}]{extend}*"
    joined = rf"{mark}(?:(?<=\u200d){mark})*"  # a family of emoji is one mark
    return re.compile(rf"{word}(?:[{INNER}]{word})*|{joined}")


class Vocab:
    """Tokens numbered: first the specials, then by falling count, ties by code points.

    Parameters
    ----------
    tokens : iterable of strings, or of lists of them (sentences). A string is its
        characters.
    min_count : rarer tokens are left out.
    max_size : at most this many entries, specials included.
    specials : tokens that must be there, first. The one named `unknown`, if it is among
        them, stands for every token that is not in the vocabulary.

    >>> v = Vocab(["to", "be", "or", "not", "to", "be"])
    >>> v.tokens
    ['<unk>', 'be', 'to', 'not', 'or']
    >>> v.encode(["to", "see"]).tolist(), v.decode([2, 0])
    ([2, 0], ['to', '<unk>'])

    Attributes: `tokens` (list), `counts` (Counter of all tokens seen, also of those
    that were left out).
    """

    def __init__(
        self,
        tokens,
        min_count: int = 1,
        *,
        specials=("<unk>",),
        unknown: str = "<unk>",
        max_size: int | None = None,
    ):
        tokens = list(tokens)
        if tokens and isinstance(tokens[0], (list, tuple)):
            tokens = [t for sentence in tokens for t in sentence]
        wrong = next((t for t in tokens if not isinstance(t, str)), None)
        if wrong is not None:
            kind = type(wrong).__name__
            raise TypeError(f"Vocab: tokens must be strings, got {kind}")
        self.counts = Counter(tokens)
        specials = list(specials)
        if len(set(specials)) != len(specials):
            raise ValueError(f"Vocab: a special occurs twice in {specials}")
        kept = [
            t for t, c in self.counts.items() if c >= min_count and t not in specials
        ]
        kept.sort(key=lambda t: (-self.counts[t], t))
        self.tokens: list[str] = (specials + kept)[:max_size]
        if len(self.tokens) < max(1, len(specials)):
            room = f"max_size {max_size} has no room for {len(specials)} specials"
            raise ValueError("Vocab: " + (room if specials else "it would be empty"))
        self._ids = {t: i for i, t in enumerate(self.tokens)}
        self.unknown = unknown if unknown in specials else None

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token) -> bool:
        return token in self._ids

    def __getitem__(self, token: str) -> int:
        """The number of a token; of `unknown` if it is not there.

        KeyError if there is no such special.
        """
        i = self._ids.get(token)
        if i is not None:
            return i
        if self.unknown is None:
            raise KeyError(
                f"Vocab: {token!r} is not in the vocabulary, which has no token for "
                "unknown ones"
            )
        return self._ids[self.unknown]

    def encode(self, tokens) -> torch.Tensor:
        """The numbers of tokens, (n,) int64 on the CPU.

        `tokens` is a list of them, or a string for its characters.
        """
        return torch.tensor([self[t] for t in tokens], dtype=torch.int64)

    def decode(self, ids) -> list[str]:
        """The tokens of numbers, a list or a (n,) tensor.

        IndexError if one is out of range.
        """
        ids = ids.tolist() if hasattr(ids, "tolist") else list(ids)
        for i in ids:
            if not 0 <= i < len(self.tokens):
                raise IndexError(
                    f"Vocab: there is no token {i}; the vocabulary has {len(self)}"
                )
        return [self.tokens[i] for i in ids]

    def __repr__(self) -> str:
        return f"Vocab({len(self)} tokens, first {self.tokens[:5]})"
