"""`verify_effect`: what an experiment with paired seeds shows."""

from __future__ import annotations

import math

import numpy as np

from .line import (
    VerificationError,
    report,
    require_claim,
    require_positive,
)
from .sides import number, one_array, refuse_same_memory

MIN_PAIRS = 10
MIN_K = 2.0


def verify_effect(claim: str, /, *, more, less, at_least: float, k: float = 3.0):
    """Check that one treatment gives more than another, paired by seed.

    Parameters
    ----------
    claim : str
        What the experiment shows, one line of text without '|'. It says which is more:
        the direction is part of the check.
    more, less : array, tensor or list, shape (n,)
        One value per seed, n ten or more, entry i of both from the same seed: the same
        data and the same initial weights. Values are finite numbers. Outcomes of yes
        and no are booleans.
    at_least : float
        The smallest difference that matters, positive: of the means, or, for yes and
        no, of the shares. Fix it before looking.
    k : float
        How many standard errors of the mean paired difference it must exceed, 2 or
        more.

    Numbers: with d = more - less, ``mean(d) > k * std(d) / sqrt(n)`` and
    ``mean(d) >= at_least``. Without any spread only the second can fail.

    Yes and no: an exact sign test. Of the m pairs that differ, w are won by `more`. The
    chance of w or more wins in m fair coin flips must be below that of a normal
    variable beyond k standard deviations, 0.00135 for k = 3, and the difference of the
    shares at least `at_least`. At k = 3, ten wins without a loss are just enough.

    Another platform draws other random numbers, and the ratio of mean to standard error
    moves by about 1 there. So leave room: as many seeds as bring it to 5 or more, and
    an `at_least` of about half the mean. An effect that just passes here fails
    elsewhere.

    Prints
    ------
    ``✓ Clipping saves training | more > less | 20 paired seeds, 3 standard errors,
    at least 0.1`` in one line; yes and no say ``sign test at 3 standard errors``.

    Raises
    ------
    VerificationError
        if the effect is not there, with the mean difference, its standard error and
        what is missing.
    ValueError, TypeError
        for fewer than ten pairs, unpaired lengths, entries that are not finite, numbers
        against booleans, one side given twice.

    Examples
    --------
    >>> with_it = [0.9, 0.8, 0.9, 0.7, 0.8, 0.9, 0.9, 0.8, 0.7, 0.9]
    >>> without = [0.5, 0.6, 0.4, 0.5, 0.3, 0.6, 0.5, 0.5, 0.4, 0.5]
    >>> verify_effect("It helps", more=with_it, less=without, at_least=0.2)
    ✓ It helps | more > less | 10 paired seeds, 3 standard errors, at least 0.2
    """
    require_claim("verify_effect", claim)
    require_positive(f"verify_effect({claim!r})", "at_least", at_least)
    require_positive(f"verify_effect({claim!r})", "k", k)
    if k < MIN_K:
        raise ValueError(
            f"{claim}: k must be {MIN_K:g} or more, got {k:g}; "
            "noise alone goes that far too often"
        )
    a, b = one_array(claim, "more", more), one_array(claim, "less", less)
    refuse_same_memory(claim, "more", a, "less", b)
    x, y = a.values, b.values
    _require_pairs(claim, x, y)
    n = len(x)
    if x.dtype.kind == "b":
        missing = _missing_in_outcomes(x, y, k, at_least)
        test = f"sign test at {k:g} standard errors"
    else:
        missing = _missing_in_values(x.astype(float), y.astype(float), k, at_least)
        test = f"{k:g} standard errors"
    if missing:
        raise VerificationError(f"{claim}: {missing}")
    report(claim, "more > less", f"{n} paired seeds, {test}, at least {at_least:g}")


def _require_pairs(claim, x, y) -> None:
    for label, side in (("more", x), ("less", y)):
        if side.ndim != 1:
            raise ValueError(
                f"{claim}: {label} has shape {side.shape}; give one value per seed, "
                "shape (n,). Average over everything else first"
            )
    if len(x) != len(y):
        raise ValueError(
            f"{claim}: more has {len(x)} values and less has {len(y)}; they are "
            "paired by seed, entry i of both from the same one"
        )
    if len(x) < MIN_PAIRS:
        raise ValueError(
            f"{claim}: {len(x)} pairs show no effect; run {MIN_PAIRS} seeds or more, "
            "20 where they are cheap"
        )
    if (x.dtype.kind == "b") != (y.dtype.kind == "b"):
        raise TypeError(
            f"{claim}: one side is booleans and the other numbers; "
            "give both as yes and no, or both as values"
        )
    for label, side in (("more", x), ("less", y)):
        finite = np.isfinite(side.astype(float))
        if not finite.all():
            raise ValueError(
                f"{claim}: {label} is {number(side[~finite][0])} for seed number "
                f"{int(np.argmin(finite))}. Say what a run that diverges counts for: "
                "cap its value, or compare outcomes of yes and no"
            )


def _missing_in_values(x, y, k, at_least) -> str:
    """What keeps numbers from showing the effect; '' if they do."""
    difference = x - y
    mean = difference.mean()
    error = difference.std(ddof=1) / math.sqrt(len(difference))
    found = (
        f"the mean paired difference more - less is {mean:.4g} "
        f"with standard error {error:.2g} ({len(difference)} seeds)"
    )
    missing = []
    if not mean > k * error:
        missing.append(f"it must exceed {k:g} standard errors, {k * error:.4g}")
    if not _reaches(mean, at_least):
        missing.append(f"it must be at least {at_least:g}")
    return _says(found, missing, mean)


def _missing_in_outcomes(x, y, k, at_least) -> str:
    """The same for outcomes of yes and no."""
    wins, losses = int((x & ~y).sum()), int((y & ~x).sum())
    mean = (wins - losses) / len(x)
    m = wins + losses
    chance = sum(math.comb(m, w) for w in range(wins, m + 1)) / 2**m
    allowed = 0.5 * math.erfc(k / math.sqrt(2))
    found = (
        f"the shares of yes are {x.mean():.4g} and {y.mean():.4g}, and of {m} seeds "
        f"that differ {wins} have yes on the side more"
    )
    missing = []
    if not chance < allowed:
        missing.append(
            f"chance gives as many with probability {chance:.2g}, which must be below "
            f"{allowed:.2g}, that of {k:g} standard errors"
        )
    if not _reaches(mean, at_least):
        missing.append(
            f"the difference of the shares, {mean:.4g}, must be at least {at_least:g}"
        )
    return _says(found, missing, mean)


def _reaches(mean, at_least) -> bool:
    return mean >= at_least * (1 - 1e-9)  # 0.3 - 0.2 is less than 0.1


def _says(found, missing, mean) -> str:
    if not missing:
        return ""
    turned = ". It points the other way: less is larger" if mean < 0 else ""
    return f"{found}; {', and '.join(missing)}{turned}"
