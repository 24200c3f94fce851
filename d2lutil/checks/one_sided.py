"""Checks that are no equality: bounds, Monte Carlo estimates, claims that are wrong."""

from __future__ import annotations

import numpy as np

from .line import (
    VerificationError,
    report,
    require_claim,
    require_equation_name,
    require_positive,
    require_tolerance,
)
from .sides import number, place, real_array, refuse_same_memory, same_shape

MAX_K = 6.0  # standard errors; a reference farther away than that is another one


def verify_bound(
    name: str,
    /,
    *,
    lower,
    upper,
    atol: float = 0.0,
    tight: tuple | None = None,
    tight_rtol: float = 1e-6,
    tight_atol: float = 1e-12,
) -> None:
    """Check that ``lower <= upper + atol`` in every entry.

    Parameters
    ----------
    lower, upper : number, array or tensor
        Of equal shape, or one of them a single number for all entries. NaN fails.
    tight : (lower_at, upper_at), optional
        Both sides once more, by the same functions, in a case where they meet. A bound
        that is a million times too large passes anything else. Entry by entry,
        ``|lower_at - upper_at| <= tight_atol + tight_rtol * largest``, where largest is
        that of the two absolute values; `tight_rtol` is below 0.5, so that a factor of
        two is noticed. Where both are zero a wrong factor would pass: take a case near
        it. A bound without such a case stands on the lemma behind it, with a `verify`.

    Prints ``✓ name | lower ≤ upper | atol 0``, and ``lower ≤ upper, tight`` with
    `tight`. Raises as `verify` does.
    """
    require_equation_name(name)
    for label, value, below in (
        ("atol", atol, np.inf),
        ("tight_rtol", tight_rtol, 0.5),
        ("tight_atol", tight_atol, np.inf),
    ):
        require_tolerance(name, label, value, below)
    low, high = real_array(name, "lower", lower), real_array(name, "upper", upper)
    refuse_same_memory(name, "lower", low, "upper", high)
    a, b = same_shape(name, "lower", low.values, "upper", high.values)
    with np.errstate(invalid="ignore"):
        holds = a <= b + atol  # False where either is NaN
    if not holds.all():
        excess = np.where(np.isnan(a) | np.isnan(b), np.inf, a - b)
        worst, where = place(np.argmax(np.where(holds, -np.inf, excess)), a.shape)
        raise VerificationError(
            f"{name}: lower > upper in {int((~holds).sum())} of {a.size} entries; "
            f"worst at {where}: lower {number(a[worst])}, "
            f"upper {number(b[worst])}, allowed excess {atol:g}"
        )
    tolerance = f"atol {atol:g}"
    if tight is None:
        report(name, "lower ≤ upper", tolerance)
        return
    _require_tight(name, tight, tight_rtol, tight_atol)
    if (tight_rtol, tight_atol) != (1e-6, 1e-12):
        tolerance += f", tight rtol {tight_rtol:g} atol {tight_atol:g}"
    report(name, "lower ≤ upper, tight", tolerance)


def verify_estimate(
    name: str, /, *, value, se, reference, k: float = 4.0, unlike=None
) -> None:
    """Check that a Monte Carlo estimate is within `k` standard errors of its reference.

    Parameters
    ----------
    value, se, reference : number, array or tensor
        The estimate, its standard error (positive, computed from the draws), and what
        it should be, of equal shape or single numbers.
    k : float
        How many standard errors are allowed, at most 6. For one normal estimate 4 is
        exceeded by chance 6 times in 100,000; the page's seed makes the outcome one and
        the same.
    unlike : number, array or tensor, optional
        The nearest mistake in the reference's place: a factor dropped, an index off by
        one. It must lie more than `k` standard errors from the estimate in at least one
        entry, so that the check would notice it.

    Prints ``✓ name | estimate = reference | within 4 standard errors``. Raises as
    `verify` does.
    """
    require_equation_name(name)
    require_tolerance(name, "k", k)
    if k > MAX_K:
        raise ValueError(
            f"{name}: k must be at most {MAX_K:g}, got {k:g}; an estimate farther away "
            "is not one of this reference. Look for the mistake"
        )
    estimate = real_array(name, "value", value)
    error = real_array(name, "se", se)
    target = real_array(name, "reference", reference)
    refuse_same_memory(name, "value", estimate, "reference", target)
    v, r = same_shape(name, "value", estimate.values, "reference", target.values)
    v, s = same_shape(name, "value", v, "se", error.values)
    v, r = same_shape(name, "value", v, "reference", r)
    if not (np.isfinite(s).all() and (s > 0).all()):
        raise ValueError(
            f"verify_estimate({name!r}): se must be positive and finite in every "
            f"entry, got {number(s.flat[0])} and kin"
        )
    with np.errstate(invalid="ignore"):
        distance = np.abs(v - r) / s
    if not (distance <= k).all():
        worst, where = place(np.argmax(np.nan_to_num(distance, nan=np.inf)), v.shape)
        raise VerificationError(
            f"{name}: the estimate is {distance[worst]:.3g} standard errors from its "
            f"reference at {where}: estimate {number(v[worst])}, "
            f"reference {number(r[worst])}, standard error {number(s[worst])}; "
            f"{k:g} are allowed"
        )
    if unlike is not None:
        _require_power(name, v, s, r, unlike, k)
    report(name, "estimate = reference", f"within {k:g} standard errors")


def verify_differs(
    claim: str, /, *, wrong, right, by: float, wrong_is: str | None = None
) -> None:
    """Show that a circulating claim is wrong: its result differs from the right one.

    Parameters
    ----------
    claim : str
        The claim, one line of text without '|'.
    wrong, right : number, array or tensor
        What the mistake gives, by running it, and what is right, of equal shape or
        single numbers. NaN or infinity on one side only is a difference.
    by : float
        Positive. The largest absolute difference of an entry must be at least this.
    wrong_is : 'larger' or 'smaller', optional
        The direction, where the claim has one. Then every entry of `wrong` must be
        larger, or smaller, by at least `by`, and NaN fails.

    Prints ``✓ claim | wrong ≠ right | by at least 0.1``, or ``wrong ≠ right, larger``.
    Raises `VerificationError` if they are closer than that, or lie the other way round.
    """
    require_claim("verify_differs", claim)
    require_positive(f"verify_differs({claim!r})", "by", by)
    a, b = real_array(claim, "wrong", wrong), real_array(claim, "right", right)
    x, y = same_shape(claim, "wrong", a.values, "right", b.values)
    with np.errstate(invalid="ignore"):
        if wrong_is is None:
            same = (x == y) | (np.isnan(x) & np.isnan(y))
            difference = np.where(same, 0.0, np.abs(x - y))
        elif wrong_is in ("larger", "smaller"):
            difference = x - y if wrong_is == "larger" else y - x
        else:
            raise ValueError(
                f"verify_differs({claim!r}): wrong_is must be 'larger', 'smaller' or "
                f"left out, got {wrong_is!r}"
            )
    if wrong_is is None:
        largest = float(np.nan_to_num(difference, nan=np.inf).max())
        if largest < by:
            raise VerificationError(
                f"{claim}: wrong and right differ by at most {largest:.3g}, "
                f"and {by:g} was promised"
            )
        report(claim, "wrong ≠ right", f"by at least {by:g}")
        return
    if not (difference >= by).all():
        worst, where = place(np.argmin(np.nan_to_num(difference, nan=-np.inf)), x.shape)
        raise VerificationError(
            f"{claim}: wrong must be {wrong_is} than right by {by:g} in every entry, "
            f"and at {where} wrong is {number(x[worst])} and right {number(y[worst])}"
        )
    report(claim, f"wrong ≠ right, {wrong_is}", f"by at least {by:g}")


# ------------------------------------------------------------------- the parts


def _require_tight(name, tight, rtol, atol) -> None:
    if not isinstance(tight, tuple) or len(tight) != 2:
        raise TypeError(
            f"{name}: tight must be a pair (lower_at, upper_at): both sides in a case "
            "where they meet"
        )
    low, high = (
        real_array(name, label, side)
        for label, side in zip(("tight lower", "tight upper"), tight, strict=True)
    )
    refuse_same_memory(name, "tight lower", low, "tight upper", high)
    a, b = same_shape(name, "tight lower", low.values, "tight upper", high.values)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(f"{name}: the tight case has entries that are not finite")
    largest = np.maximum(np.abs(a), np.abs(b))
    if (largest <= atol).all():
        raise ValueError(
            f"{name}: both sides of the tight case are zero, so that a wrong factor "
            "would pass. Take a case near it, where they are not, with a tight_rtol"
        )
    excess = np.abs(a - b) - (atol + rtol * largest)
    if (excess > 0).any():
        worst, where = place(np.argmax(excess), a.shape)
        raise VerificationError(
            f"{name}: the two sides do not meet in the tight case; worst at {where}: "
            f"lower {number(a[worst])}, upper {number(b[worst])}, "
            f"allowed {atol:g} + {rtol:g} * {largest[worst]:.3g}"
        )


def _require_power(name, v, s, r, unlike, k) -> None:
    mistake = real_array(name, "unlike", unlike)
    if mistake.values.size > v.size:
        raise ValueError(
            f"{name}: unlike has shape {mistake.values.shape} and value {v.shape}"
        )
    v, u = same_shape(name, "value", v, "unlike", mistake.values)
    if not np.isfinite(u).all():
        raise ValueError(f"{name}: unlike must be finite in every entry")
    distance = np.abs(v - u) / s
    if not (distance > k).any():
        worst, where = place(np.argmax(distance), v.shape)
        raise VerificationError(
            f"{name}: this estimate cannot tell its reference {number(r[worst])} from "
            f"the mistaken {number(u[worst])}, which lies {distance[worst]:.3g} "
            f"standard errors away at {where} and must lie more than {k:g}. Draw more "
            "samples"
        )
