"""Batches that live on the device: of rows (`batches`) and of a text (`windows`)."""

from __future__ import annotations

import numpy as np
import torch

from .devices import device


class Batches:
    """What `batches` returns: iterate it once an epoch; `len` counts the batches."""

    def __init__(self, arrays, size, shuffle, seed, drop_last):
        self.arrays, self.size, self.drop_last = arrays, size, drop_last
        self.shuffle, self.seed = shuffle, seed
        self.epoch = 0

    def __len__(self) -> int:
        n = len(self.arrays[0])
        return n // self.size if self.drop_last else -(-n // self.size)

    def __iter__(self):
        n, where = len(self.arrays[0]), self.arrays[0].device
        order = None
        if self.shuffle:
            generator = _generator(self.seed, self.epoch)
            order = torch.randperm(n, generator=generator).to(where)
        self.epoch += 1
        for i in range(len(self)):
            rows = slice(i * self.size, (i + 1) * self.size)
            if order is not None:
                rows = order[rows]
            yield tuple(a[rows] for a in self.arrays)

    def __repr__(self) -> str:
        shapes = ", ".join(str(tuple(a.shape)) for a in self.arrays)
        where = self.arrays[0].device
        return f"Batches({shapes}; {len(self)} of {self.size}, on {where})"


def batches(
    *arrays,
    size: int = 64,
    shuffle: bool = True,
    seed: int = 0,
    drop_last: bool = False,
) -> Batches:
    """Batches of rows that live on `device()`: ``for X, y in batches(X, y): …``.

    Parameters
    ----------
    *arrays : tensors or NumPy arrays of equal length, moved to the device once, dtypes
        kept.
    size : int
        Rows of a batch; the last one has what is left, or is left out with `drop_last`.
    shuffle, seed : bool, int
        A new order at each iteration, the same ones for the same seed.

    Raises
    ------
    ValueError
        if the lengths differ, there is no row, or `size` is not positive.
    TypeError
        if an argument is no tensor or array with rows.
    """
    if not arrays:
        raise ValueError("batches: give at least one array, as in batches(X, y)")
    for i, a in enumerate(arrays, 1):
        if not isinstance(a, (torch.Tensor, np.ndarray)) or a.ndim == 0:
            raise TypeError(
                f"batches: argument {i} must be a tensor or an array with rows, "
                f"got {type(a).__name__}"
            )
    lengths = [len(a) for a in arrays]
    if len(set(lengths)) > 1:
        raise ValueError(
            f"batches: the arrays have {', '.join(map(str, lengths))} rows; they must "
            "have as many each"
        )
    if lengths[0] == 0:
        raise ValueError("batches: the arrays have no rows")
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ValueError(f"batches: size must be a positive whole number, got {size!r}")
    if drop_last and size > lengths[0]:
        raise ValueError(
            f"batches: size {size} with drop_last leaves no batch of {lengths[0]} rows"
        )
    where = device()
    arrays = [torch.as_tensor(a).to(where) for a in arrays]
    return Batches(arrays, size, shuffle, seed, drop_last)


class Windows:
    """What `windows` returns: iterate it once an epoch; `len` counts the batches."""

    def __init__(self, ids, steps, size, consecutive, seed):
        self.ids, self.steps, self.size = ids, steps, size
        self.consecutive, self.seed = consecutive, seed
        self.epoch = 0

    def __len__(self) -> int:
        if self.consecutive:
            return ((len(self.ids) - 1) // self.size) // self.steps
        return max(0, (len(self.ids) - self.steps) // self.steps) // self.size

    def __iter__(self):
        generator = _generator(self.seed, self.epoch)
        self.epoch += 1
        if self.consecutive:
            row = (len(self.ids) - 1) // self.size
            first = torch.arange(self.size) * row
            starts = [first + i * self.steps for i in range(len(self))]
        else:
            offset = int(torch.randint(self.steps, (1,), generator=generator))
            n = max(0, (len(self.ids) - self.steps) // self.steps)
            order = torch.randperm(n, generator=generator) * self.steps + offset
            starts = order.split(self.size)[: len(self)]
        step = torch.arange(self.steps, device=self.ids.device)
        for start in starts:
            at = start.to(self.ids.device)[:, None] + step  # (size, steps)
            yield self.ids[at], self.ids[at + 1]


def windows(
    ids, steps: int, size: int = 32, *, consecutive: bool = False, seed: int = 0
) -> Windows:
    """Batches for a language model, on `device()`.

    Each is X (size, steps), and Y, the same shifted by one token.

    Parameters
    ----------
    ids : (n,) int64, the numbers of the text's tokens
    steps, size : tokens of a window, windows of a batch
    consecutive : False: windows that do not overlap, from a random first position, in
        random order, another one at each iteration. True: row i of a batch goes on
        where row i of the batch before ended, so that a state may be carried over.

    Raises
    ------
    ValueError
        if the text is too short for one batch.
    """
    ids = torch.as_tensor(ids, dtype=torch.int64).to(device())
    if ids.ndim != 1:
        raise ValueError(f"windows: ids must have shape (n,), got {tuple(ids.shape)}")
    if steps < 1 or size < 1:
        raise ValueError(
            f"windows: steps and size must be positive, got {steps} and {size}"
        )
    result = Windows(ids, steps, size, consecutive, seed)
    if len(result) == 0:
        raise ValueError(
            f"windows: {len(ids)} tokens are too few for a batch of {size} windows of "
            f"{steps}"
        )
    return result


def _generator(seed: int, epoch: int) -> torch.Generator:
    return torch.Generator().manual_seed(1_000_003 * seed + epoch)
