"""The verify functions: what they print, what they refuse, and that they can fail."""

import doctest
import math
from fractions import Fraction

import contract
import numpy as np
import pytest
import torch

from d2lutil import (
    VerificationError,
    checks,
    verify,
    verify_bound,
    verify_differs,
    verify_effect,
    verify_estimate,
)
from d2lutil.checks import effects, equal, exercise, line, one_sided, sides

A = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("module", [effects, equal, exercise, line, one_sided, sides])
def test_examples_in_docstrings(module):
    assert doctest.testmod(module).failed == 0
    assert len(open(module.__file__, encoding="utf-8").readlines()) <= 250


def test_patterns_are_those_of_the_contract():
    assert checks.EQUATION_NAME.pattern == contract.TAG_NAME.pattern
    assert checks.CHECK_LINE.pattern == contract.CHECK.pattern


# ---------------------------------------------------------------- the line they print


@pytest.mark.parametrize(("call", "line"), [
    (lambda: verify("Sum", formula=4, torch=4), "✓ Sum | formula = torch | atol 1e-12"),
    (lambda: verify("Sum of a-b 2", a=4, b=4.0, c_d=4, atol=1e-9, rtol=1e-3),
     "✓ Sum of a-b 2 | a = b = c d | atol 1e-09, rtol 0.001"),
    (lambda: verify_bound("Sum", lower=1, upper=2), "✓ Sum | lower ≤ upper | atol 0"),
    (lambda: verify_estimate("Sum", value=1.1, se=0.1, reference=1.0),
     "✓ Sum | estimate = reference | within 4 standard errors"),
    (lambda: verify_differs("Sums are wrong", wrong=1, right=2, by=0.5), "✓ Sums are wrong | wrong ≠ right | by at least 0.5"),
])
def test_line(capsys, call, line):
    call()
    printed = capsys.readouterr().out
    assert printed == line + "\n"
    found = contract.CHECK.fullmatch(line)
    assert found, "the contract reads this line"
    assert (found["name"], found["sides"], found["tolerance"]) == tuple(line.removeprefix("✓ ").split(" | "))


# ---------------------------------------------------------------- verify: equal


@pytest.mark.parametrize(("one", "two"), [
    (A, A.clone()), (A, A.numpy().copy()), (3, 3.0), (True, True), (2, torch.tensor(2)),
    (np.float64(0.5), 0.5), (np.float32(0.5), np.float32(0.5)),
    (A.bfloat16(), A.bfloat16().clone()), (A.half(), A.half().clone()), (A.int(), A.int().clone()),
    (A > 2, (A > 2).clone()), (A + 1j, (A + 1j).clone()), (A.T, A.T.clone()), (1 + 2j, 1 + 2j),
    ([1, 2, 3], [1.0, 2.0, 3.0]), ([A, 1], [A.clone(), 1]), ({"W": A, "b": [A[0]]}, {"b": [A[0] + 0], "W": A + 0}),
    ((A,), (A.clone(),)),
    (torch.tensor([NAN, INF, -INF, 1.0]), torch.tensor([NAN, INF, -INF, 1.0])),
    (2**62 + 1, 2**62 + 1), (torch.tensor([2**62 + 1]), torch.tensor([2**62 + 1])),
    (A.clone().requires_grad_(), A.clone()), (A.to_sparse(), A.clone()), (torch.conj(A + 1j), A - 1j),
    (A[:, 0], A[:, 0].clone()), (torch.tensor(3.0), torch.tensor(3.0)),
])
def test_equal(one, two):
    verify("Sides", one=one, two=two)


def test_lists_of_numbers_meet_arrays():
    verify("Sides", one=[1.0, 2.0], two=torch.tensor([1.0, 2.0]))


def test_tolerances():
    verify("Sides", one=1.0, two=1.0 + 1e-6, atol=1e-5)
    verify("Sides", one=100.0, two=101.0, atol=0, rtol=0.01)
    verify("Sides", one=A, two=A.float(), same_dtype=False)
    with pytest.raises(VerificationError, match=r"allowed 1e-05 \+ 0.001 \* \|one\|"):
        verify("Sides", one=1.0, two=1.1, atol=1e-5, rtol=1e-3)


# ---------------------------------------------------------------- verify: different


@pytest.mark.parametrize(("one", "two"), [
    (1.0, 1.0 + 1e-11), (A, A + 1e-6), (A, -A), (1, 2), (True, False), (torch.tensor([1]), torch.tensor([2])),
    (2**62, 2**62 + 1), (torch.tensor([2**62]), torch.tensor([2**62 + 1])),
    (torch.tensor([1.0, NAN]), torch.tensor([1.0, 1.0])), (torch.tensor([1.0, 1.0]), torch.tensor([1.0, NAN])),
    (torch.tensor([INF]), torch.tensor([-INF])), (INF, 1e308), (NAN, 0.0), (0.0, NAN), (A > 2, A > 3),
    (A + 1j, A - 1j), (A.bfloat16(), A.bfloat16() + 1), (complex(0, NAN), 1 + 0j),
])
def test_different(capsys, one, two):
    with pytest.raises(VerificationError, match="Sides: one and two differ"):
        verify("Sides", one=one, two=two)
    assert capsys.readouterr().out == ""


def test_infinity_is_not_close_to_anything():
    with pytest.raises(VerificationError):
        verify("Sides", one=INF, two=1.0, atol=1, rtol=0.9)
    with pytest.raises(VerificationError):
        verify("Sides", one=1.0, two=INF, atol=1, rtol=0.9)


def test_report_names_the_worst_entry():
    with pytest.raises(VerificationError) as caught:
        verify("Named sides", formula=A, torch=A + torch.tensor([[0, 1e-3], [0.5, 0]], dtype=A.dtype))
    said = str(caught.value)
    assert "Named sides: formula and torch differ in 2 of 4 entries" in said
    assert "worst at index (1, 0): formula = 3, torch = 3.5" in said
    assert "difference 0.5, allowed 1e-12" in said
    with pytest.raises(VerificationError, match=r"one\['W'\]\[1\] and two\['W'\]\[1\] differ"):
        verify("Sides", one={"W": [1, A]}, two={"W": [1, A + 1]})
    with pytest.raises(VerificationError, match="a and c differ"):
        verify("Sides", a=1, b=1, c=2)


# ---------------------------------------------------------------- verify: refused


@pytest.mark.parametrize(("sides", "error", "message"), [
    ({}, ValueError, "two or more sides to compare, got 0: none"),
    ({"one": 1}, ValueError, "got 1: one"),
    ({"one": 1, "two": 1, "tolerance": 1e-3}, TypeError, "'tolerance' is not an option"),
    ({"one": 1, "two": 1, "eps": 1}, TypeError, "'eps' is not an option"),
    ({"one": A, "two": A[0].clone()}, ValueError, r"one has shape \(2, 2\) and two has shape \(2,\)"),
    ({"one": A, "two": 1.0}, ValueError, r"shape \(2, 2\) and two has shape \(\)"),
    ({"one": A[:1], "two": A[0].clone()}, ValueError, "shapes must be equal"),
    ({"one": A, "two": A.float()}, TypeError, "one is float64 and two is float32"),
    ({"one": A.bfloat16(), "two": A.half()}, TypeError, "one is bfloat16 and two is float16"),
    ({"one": A.int(), "two": A.long()}, TypeError, "one is int32 and two is int64"),
    ({"one": [], "two": []}, ValueError, "'one' is empty"),
    ({"one": {}, "two": {}}, ValueError, "'one' is empty"),
    ({"one": A[:0], "two": A[:0].clone()}, ValueError, r"'one' has shape \(0, 2\), there is nothing to compare"),
    ({"one": {"W": A}, "two": {"V": A + 0}}, ValueError, "do not have the same parts"),
    ({"one": [A, A], "two": [A + 0]}, ValueError, "do not have the same parts"),
    ({"one": A, "two": A}, ValueError, "the same array in memory"),
    ({"one": A, "two": A.detach()}, ValueError, "the same array in memory"),
    ({"one": A, "two": A.numpy()}, ValueError, "the same array in memory"),
    ({"one": {"W": A}, "two": {"W": A}}, ValueError, "the same array in memory"),
    ({"one": "1", "two": "1"}, TypeError, "side 'one' is a str"),
    ({"one": None, "two": None}, TypeError, "side 'one' is a NoneType"),
    ({"one": np.array(["a"]), "two": np.array(["a"])}, TypeError, "not numbers"),
    ({"one": 1, "two": 1, "atol": -1}, ValueError, "atol must be a number that is not negative"),
    ({"one": 1, "two": 1, "atol": NAN}, ValueError, "atol must be"),
    ({"one": 1, "two": 1, "rtol": INF}, ValueError, "rtol must be"),
    ({"one": 1, "two": 1, "atol": True}, ValueError, "atol must be"),
])
def test_refused(capsys, sides, error, message):
    with pytest.raises(error, match=message):
        verify("Sides", **sides)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["", " ", "1st", "a_b", "a | b", "A ", "Größe", "a\nb", None, 3, "Tag}"])
def test_names_are_those_of_tags(name):
    with pytest.raises(ValueError, match="the equation's name"):
        verify(name, one=1, two=1)
    with pytest.raises(ValueError, match="the equation's name"):
        verify_bound(name, lower=1, upper=1)
    with pytest.raises(ValueError, match="the equation's name"):
        verify_estimate(name, value=1, se=1, reference=1)


@pytest.mark.parametrize("side", sorted(equal.NOT_SIDES))
def test_words_for_tolerances_are_no_sides(side):
    with pytest.raises(TypeError, match="is not an option"):
        verify("Sides", one=1, **{side: 1})


# ---------------------------------------------------------------- bounds


def test_bound_holds():
    verify_bound("Bound", lower=A, upper=A + 1)
    verify_bound("Bound", lower=1, upper=A)
    verify_bound("Bound", lower=A, upper=4.0)
    verify_bound("Bound", lower=1.0 + 1e-10, upper=1.0, atol=1e-9)
    verify_bound("Bound", lower=-INF, upper=A)


@pytest.mark.parametrize(("lower", "upper"), [
    (2, 1), (A, A - 1), (NAN, 1), (1, NAN), (A, 3.0), (torch.tensor([0.0, NAN]), 1.0), (INF, 1),
])
def test_bound_fails(lower, upper):
    with pytest.raises(VerificationError, match="Bound: lower > upper in"):
        verify_bound("Bound", lower=lower, upper=upper)


@pytest.mark.parametrize(("lower", "upper", "error", "message"), [
    (A, A[0], ValueError, "lower has shape"), (A, A, ValueError, "same array in memory"),
    (1j, 2, TypeError, "complex, which has no order"), ([A, A], 1, TypeError, "not a collection"),
    (A[:0], 1, ValueError, "nothing to compare"), ("a", 1, TypeError, "is a str"),
])
def test_bound_refused(lower, upper, error, message):
    with pytest.raises(error, match=message):
        verify_bound("Bound", lower=lower, upper=upper)


def test_bound_has_no_other_options():
    with pytest.raises(TypeError):
        verify_bound("Bound", lower=1, upper=2, rtol=1)


# ---------------------------------------------------------------- estimates


def test_estimate_of_a_mean():
    draws = torch.randn(10_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    verify_estimate("Mean", value=draws.mean(), se=draws.std() / 100, reference=0.0)
    with pytest.raises(VerificationError, match=r"standard errors from its reference at the one entry.*4 are allowed"):
        verify_estimate("Mean", value=draws.mean(), se=draws.std() / 100, reference=0.1)


def test_estimate_entry_by_entry():
    verify_estimate("Mean", value=A, se=0.1, reference=A + 0.3)
    with pytest.raises(VerificationError, match=r"5 standard errors .* at index \(1, 1\)"):
        verify_estimate("Mean", value=A, se=0.1, reference=A + torch.tensor([[0, 0], [0, 0.5]]))
    with pytest.raises(VerificationError):
        verify_estimate("Mean", value=NAN, se=0.1, reference=1.0)
    with pytest.raises(VerificationError, match="2 are allowed"):
        verify_estimate("Mean", value=1.3, se=0.1, reference=1.0, k=2)


@pytest.mark.parametrize("se", [0, -1, NAN, INF])
def test_standard_error_must_be_positive(se):
    with pytest.raises(ValueError, match="se must be positive"):
        verify_estimate("Mean", value=1.0, se=se, reference=1.0)


def test_estimate_is_not_its_own_reference():
    with pytest.raises(ValueError, match="same array in memory"):
        verify_estimate("Mean", value=A, se=0.1, reference=A)


# ---------------------------------------------------------------- claims that are wrong


def test_differs():
    verify_differs("Signs do not matter", wrong=-A, right=A, by=1)
    verify_differs("It never overflows", wrong=INF, right=1.0, by=1e300)
    verify_differs("It is defined", wrong=NAN, right=1.0, by=1)
    with pytest.raises(VerificationError, match=r"wrong and right differ by at most 0.1, and 0.5 was promised"):
        verify_differs("A claim", wrong=1.0, right=1.1, by=0.5)
    with pytest.raises(VerificationError, match="at most 0,"):
        verify_differs("A claim", wrong=NAN, right=NAN, by=0.5)


@pytest.mark.parametrize("by", [0, -1, NAN, INF, "1", None])
def test_differs_by_something_positive(by):
    with pytest.raises(ValueError, match="by must be a positive number"):
        verify_differs("A claim", wrong=1, right=2, by=by)


@pytest.mark.parametrize("claim", ["", "  ", "a | b", "a\nb", None])
def test_claim_is_one_line(claim):
    with pytest.raises(ValueError, match="the claim must be one line"):
        verify_differs(claim, wrong=1, right=2, by=1)
