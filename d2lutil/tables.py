"""Tables of numbers, split once for all pages. Pages reach them as `data.diabetes`."""

from __future__ import annotations

import numpy as np
import torch

from .extras import require

#: The columns of `diabetes`, in order: years, 1 or 2, kg/m^2, mm of mercury, and six
#: measurements of the blood.
DIABETES_COLUMNS = ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


def diabetes(split: str = "train") -> tuple[torch.Tensor, torch.Tensor]:
    """442 patients and how far their diabetes had gone a year later.

    Returns X (n, 10), columns `DIABETES_COLUMNS` in their own units, and y (n,), a
    score from 25 to 346, both float64. `split` is "train" (266 patients), "validation"
    (88) or "test" (88): always the same, shuffled. Source: Efron, Hastie, Johnstone and
    Tibshirani (2004), as packed by scikit-learn; extra ``tabular``.

    Raises
    ------
    ValueError
        if `split` is none of the three.
    """
    parts = {"train": (0, 266), "validation": (266, 354), "test": (354, 442)}
    if split not in parts:
        known = '"train", "validation" or "test"'
        raise ValueError(f"diabetes: split must be {known}, got {split!r}")
    table = require("sklearn.datasets").load_diabetes(scaled=False)
    # RandomState's stream is frozen for all versions of NumPy.
    rows = np.random.RandomState(0).permutation(len(table.target))[slice(*parts[split])]
    return torch.from_numpy(table.data[rows]), torch.from_numpy(table.target[rows])
