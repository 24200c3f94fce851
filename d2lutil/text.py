"""From a string to whole numbers and back: tokenizers, vocabularies, windows of text."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections import Counter

import torch

from .device import device


def normalize(s: str, *, lower: bool = False) -> str:
    """One spelling for equal text: Unicode form NFC, and lower case if wanted.

    "é" can be one code point or two (e and an accent); after NFC it is one. `lower` folds
    case as Unicode defines it for comparison (`str.casefold`: "Straße" becomes "strasse").
    """
    if not isinstance(s, str):
        raise TypeError(f"text: expected a string, got {type(s).__name__}")
    s = unicodedata.normalize("NFC", s)
    return unicodedata.normalize("NFC", s.casefold()) if lower else s


def characters(s: str, *, lower: bool = False) -> list[str]:
    """The characters (code points after `normalize`) of a string, spaces and line ends included.

    >>> characters("Où?")
    ['O', 'ù', '?']
    """
    return list(normalize(s, lower=lower))


def words(s: str, *, lower: bool = True, punctuation: bool = False) -> list[str]:
    """The words of a string in order; numbers are words, apostrophes inside a word stay.

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
    return found if punctuation else [w for w in found if w[0] == "_" or w[0].isalnum() or len(w) > 1]


@functools.lru_cache
def _pattern(ascii_only: bool) -> re.Pattern:
    """A word is letters, digits and combining marks, which Python's \\w leaves out."""
    marks = "" if ascii_only else "".join(
        chr(c) for c in range(0x300, sys.maxunicode + 1) if unicodedata.category(chr(c))[0] == "M")
    word = rf"[\w{marks}]+"
    return re.compile(rf"{word}(?:['’]{word})*|[^\w\s]")


class Vocab:
    """Tokens numbered: first the specials, then by falling count, ties in the order of their code points.

    Parameters
    ----------
    tokens : iterable of strings, or of lists of them (sentences). A string is its characters.
    min_count : rarer tokens are left out.
    max_size : at most this many entries, specials included.
    specials : tokens that must be there, first. The one named `unknown`, if it is among
        them, stands for every token that is not in the vocabulary.

    >>> v = Vocab(["to", "be", "or", "not", "to", "be"])
    >>> v.tokens
    ['<unk>', 'be', 'to', 'not', 'or']
    >>> v.encode(["to", "see"]).tolist(), v.decode([2, 0])
    ([2, 0], ['to', '<unk>'])

    Attributes: `tokens` (list), `counts` (Counter of all tokens seen, left-out ones too).
    """

    def __init__(self, tokens, min_count: int = 1, *, specials=("<unk>",), unknown: str = "<unk>",
                 max_size: int | None = None):
        tokens = list(tokens)
        if tokens and isinstance(tokens[0], (list, tuple)):
            tokens = [t for sentence in tokens for t in sentence]
        wrong = next((t for t in tokens if not isinstance(t, str)), None)
        if wrong is not None:
            raise TypeError(f"Vocab: tokens must be strings, got {type(wrong).__name__}")
        self.counts = Counter(tokens)
        specials = list(specials)
        if len(set(specials)) != len(specials):
            raise ValueError(f"Vocab: a special occurs twice in {specials}")
        kept = [t for t, c in self.counts.items() if c >= min_count and t not in specials]
        kept.sort(key=lambda t: (-self.counts[t], t))
        self.tokens: list[str] = (specials + kept)[:max_size]
        if len(self.tokens) < max(1, len(specials)):
            raise ValueError("Vocab: it would be empty" if not specials else
                             f"Vocab: max_size {max_size} has no room for {len(specials)} specials")
        self._ids = {t: i for i, t in enumerate(self.tokens)}
        self.unknown = unknown if unknown in specials else None

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token) -> bool:
        return token in self._ids

    def __getitem__(self, token: str) -> int:
        """The number of a token; of `unknown` if it is not there. KeyError if there is no such special."""
        i = self._ids.get(token)
        if i is not None:
            return i
        if self.unknown is None:
            raise KeyError(f"Vocab: {token!r} is not in the vocabulary, which has no token for unknown ones")
        return self._ids[self.unknown]

    def encode(self, tokens) -> torch.Tensor:
        """The numbers of tokens (a list of them, or a string for its characters): (n,) int64, on the CPU."""
        return torch.tensor([self[t] for t in tokens], dtype=torch.int64)

    def decode(self, ids) -> list[str]:
        """The tokens of numbers (a list or a (n,) tensor). IndexError if one is out of range."""
        ids = ids.tolist() if hasattr(ids, "tolist") else list(ids)
        for i in ids:
            if not 0 <= i < len(self.tokens):
                raise IndexError(f"Vocab: there is no token {i}; the vocabulary has {len(self.tokens)}")
        return [self.tokens[i] for i in ids]

    def __repr__(self) -> str:
        return f"Vocab({len(self)} tokens, first {self.tokens[:5]})"


class Windows:
    """What `windows` returns: iterate it once an epoch; `len` is the number of batches."""

    def __init__(self, ids, steps, size, consecutive, seed):
        self.ids, self.steps, self.size, self.consecutive, self.seed = ids, steps, size, consecutive, seed
        self.epoch = 0

    def __len__(self) -> int:
        if self.consecutive:
            return ((len(self.ids) - 1) // self.size) // self.steps
        return max(0, (len(self.ids) - self.steps) // self.steps) // self.size

    def __iter__(self):
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
        self.epoch += 1
        if self.consecutive:
            row = (len(self.ids) - 1) // self.size
            starts = [torch.arange(self.size) * row + i * self.steps for i in range(len(self))]
        else:
            offset = int(torch.randint(self.steps, (1,), generator=generator))
            n = max(0, (len(self.ids) - self.steps) // self.steps)
            order = torch.randperm(n, generator=generator) * self.steps + offset
            starts = [order[i * self.size:(i + 1) * self.size] for i in range(len(self))]
        step = torch.arange(self.steps, device=self.ids.device)
        for start in starts:
            at = start.to(self.ids.device)[:, None] + step  # (size, steps)
            yield self.ids[at], self.ids[at + 1]


def windows(ids, steps: int, size: int = 32, *, consecutive: bool = False, seed: int = 0) -> Windows:
    """Batches for a language model: X (size, steps) and Y, the same shifted by one token, on `device()`.

    Parameters
    ----------
    ids : (n,) int64, the numbers of the text's tokens
    steps, size : tokens of a window, windows of a batch
    consecutive : False: windows that do not overlap, from a random first position, in random
        order, another one at each iteration. True: row i of a batch goes on where row i of
        the batch before ended, so that a state may be carried from batch to batch.

    Raises
    ------
    ValueError
        if the text is too short for one batch.
    """
    ids = torch.as_tensor(ids, dtype=torch.int64).to(device())
    if ids.ndim != 1:
        raise ValueError(f"windows: ids must have shape (n,), got {tuple(ids.shape)}")
    if steps < 1 or size < 1:
        raise ValueError(f"windows: steps and size must be positive, got {steps} and {size}")
    result = Windows(ids, steps, size, consecutive, seed)
    if len(result) == 0:
        raise ValueError(f"windows: {len(ids)} tokens are too few for a batch of {size} windows of {steps}")
    return result
