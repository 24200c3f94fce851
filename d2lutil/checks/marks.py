"""Marks by which models on the same held-out text are compared."""

from __future__ import annotations

from .line import is_real


def mark(model: str, bits: float, se: float | None = None) -> None:
    """Print a model's mark on ``data.genesis("test")`` for the table of its chapter.

    Only what compares is marked: trained on ``data.genesis("train")``, every setting chosen
    on ``"validation"``, the test text read once, characters as they stand.

    Parameters
    ----------
    model : a few words that tell it from the others in the table, without "|".
    bits : mean of -log2 of the probability of each held-out character, in bits.
    se : standard error of `bits` over seeds, in bits, where training is random.

    Raises
    ------
    ValueError
        if `model` is no such text, `bits` is not a positive number or `se` a negative one.

    >>> mark("every character alike", 5.93)
    Mark | every character alike | 5.93 bits per character
    >>> mark("one-layer network", 2.2049, se=0.011)
    Mark | one-layer network | 2.20 ± 0.01 bits per character
    """
    if not isinstance(model, str) or not model.strip() or "|" in model:
        raise ValueError(f"mark: the model must be a text without '|', got {model!r}")
    bits, se = (x.item() if hasattr(x, "item") else x for x in (bits, se))
    if not is_real(bits) or bits <= 0:
        raise ValueError(
            f"mark of {model}: bits must be a positive number, got {bits!r}"
        )
    if se is not None and (not is_real(se) or se < 0):
        raise ValueError(f"mark of {model}: se must not be negative, got {se!r}")
    spread = "" if se is None else f" ± {se:.{2 if se >= 0.01 else 3}f}"
    print(f"Mark | {model.strip()} | {bits:.2f}{spread} bits per character")
