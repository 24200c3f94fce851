"""The verify functions: what they print, what they refuse, and that they can fail."""

import doctest
import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from book import model
from d2lutil import (
    VerificationError,
    checks,
    mark,
    verify,
    verify_bound,
    verify_differs,
    verify_effect,
    verify_estimate,
)
from d2lutil.checks import effects, equal, exercise, line, marks, one_sided, sides

A = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float64)
NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "module", [effects, equal, exercise, line, marks, one_sided, sides]
)
def test_examples_in_docstrings(module):
    assert doctest.testmod(module).failed == 0


def test_names_are_those_that_the_book_reads():
    assert checks.EQUATION_NAME.pattern == model.EQUATION_NAME.pattern


# ---------------------------------------------------------------- the line they print


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (
            lambda: verify("Sum", formula=4, torch=4),
            "✓ Sum | formula = torch | atol 1e-12",
        ),
        (
            lambda: verify("Sum of a-b 2", a=4, b=4.0, c_d=4, atol=1e-9, rtol=1e-3),
            "✓ Sum of a-b 2 | a = b = c d | atol 1e-09, rtol 0.001",
        ),
        (
            lambda: verify_bound("Sum", lower=1, upper=2),
            "✓ Sum | lower ≤ upper | atol 0",
        ),
        (
            lambda: verify_estimate("Sum", value=1.1, se=0.1, reference=1.0),
            "✓ Sum | estimate = reference | within 4 standard errors",
        ),
        (
            lambda: verify_differs("Sums are wrong", wrong=1, right=2, by=0.5),
            "✓ Sums are wrong | wrong ≠ right | by at least 0.5",
        ),
    ],
)
def test_line(capsys, call, line):
    call()
    printed = capsys.readouterr().out
    assert printed == line + "\n"
    assert model.check_of(line) == model.Check(*line.removeprefix("✓ ").split(" | ")), (
        "the book reads this line"
    )


# ---------------------------------------------------------------- verify: equal


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (A, A.clone()),
        (A, A.numpy().copy()),
        (3, 3.0),
        (True, True),
        (2, torch.tensor(2)),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), np.float32(0.5)),
        (A.bfloat16(), A.bfloat16().clone()),
        (A.half(), A.half().clone()),
        (A.int(), A.int().clone()),
        (A > 2, (A > 2).clone()),
        (A + 1j, (A + 1j).clone()),
        (A.T, A.T.clone()),
        (1 + 2j, 1 + 2j),
        ([1, 2, 3], [1.0, 2.0, 3.0]),
        ([A, 1], [A.clone(), 1]),
        ({"W": A, "b": [A[0]]}, {"b": [A[0] + 0], "W": A + 0}),
        ((A,), (A.clone(),)),
        (torch.tensor([NAN, INF, -INF, 1.0]), torch.tensor([NAN, INF, -INF, 1.0])),
        (2**62 + 1, 2**62 + 1),
        (torch.tensor([2**62 + 1]), torch.tensor([2**62 + 1])),
        (A.clone().requires_grad_(), A.clone()),
        (A.to_sparse(), A.clone()),
        (torch.conj(A + 1j), A - 1j),
        (A[:, 0], A[:, 0].clone()),
        (torch.tensor(3.0), torch.tensor(3.0)),
    ],
)
def test_equal(one, two):
    verify("Sides", one=one, two=two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([1.0, 2.0], torch.tensor([1.0, 2.0])),
        ([[1, 2], [3, 4]], A),
        (A.tolist(), A),
        (A, ((1, 2), (3, 4))),
        ([[[1.0]], [[2.0]]], np.array([1.0, 2.0]).reshape(2, 1, 1)),
        ([A[0] + 0, A[1] + 0], A),
        (A, [A[0] + 0, [3.0, 4.0]]),
        ([torch.tensor(1.0), 2.0], torch.tensor([1.0, 2.0])),
        ([1.0, 2.0], [torch.tensor(1.0), torch.tensor(2.0)]),
        ([True, False], torch.tensor([True, False])),
        ([[A + 0, 1]], [(A, torch.tensor(1))]),
        ({"W": [[1, 2], [3, 4]]}, {"W": A}),
        ([np.float64(1), np.float64(2)], torch.tensor([1.0, 2.0])),
        ([A.to_sparse()[0].to_dense(), A[1] + 0], A.to_sparse()),
    ],
)
def test_lists_meet_arrays(one, two):
    verify("Sides", one=one, two=two)
    verify("Sides", one=two, two=one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ([[1, 2], [3, 5]], A),
        ([A[0] + 0, A[1] + 1], A),
        ([1.0, 3.0], [torch.tensor(1.0), torch.tensor(2.0)]),
    ],
)
def test_lists_differ_from_arrays(one, two):
    with pytest.raises(VerificationError, match="differ in 1 of|differ in 2 of 2"):
        verify("Sides", one=one, two=two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (math.factorial(25), math.prod(range(1, 26))),
        (math.factorial(400), math.factorial(399) * 400),
        ([math.factorial(25), 1], [math.factorial(25), 1.0]),
        (2**70, 2.0**70),
        (Fraction(1, 3), Fraction(2, 6)),
        (Fraction(1, 4), 0.25),
        (np.array([2**64], dtype=object), 2**64 * np.array([1], dtype=object)),
        ([2**63, -1], [2**63, -1]),
        (torch.tensor(2**60), 2.0**60),
    ],
)
def test_numbers_of_any_size_are_exact(one, two):
    verify("Sides", one=one, two=two)
    verify("Sides", one=two, two=one)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (math.factorial(25), math.factorial(25) + 1),
        (math.factorial(400), math.factorial(400) - 1),
        (2**70, 2.0**70 + 2**20),
        (math.factorial(30), INF),
        (math.factorial(30), NAN),
        (2**53 + 1, 2.0**53),
        (torch.tensor(2**53 + 1), 2.0**53),
        (Fraction(1, 3), 0.25),
        ([2**63, -1], [2**63 + 1, -1]),
        (2**70, 1j),
    ],
)
def test_numbers_of_any_size_differ(one, two):
    for first, other in ((one, two), (two, one)):
        with pytest.raises(VerificationError, match="one and two differ in 1 of"):
            verify("Sides", one=first, two=other)


def test_large_numbers_within_a_tolerance():
    verify("Stirling", factorial=math.factorial(25), gamma=math.gamma(26), rtol=1e-12)
    verify("Sides", one=2**70, two=2**70 + 5, atol=5)
    with pytest.raises(
        VerificationError,
        match=r"difference inf, allowed 1e-12\n  largest \|one\| 10\^868.8",
    ):
        verify("Sides", one=math.factorial(400), two=1)
    with pytest.raises(ValueError, match="lower is too large for float64"):
        verify_bound("Sides", lower=math.factorial(400), upper=1)


@pytest.mark.filterwarnings("ignore:Sparse CSR")
def test_compressed_sparse_sides():
    verify("Sides", one=A.to_sparse_csr(), two=A)
    with pytest.raises(VerificationError):
        verify("Sides", one=A.to_sparse_csr(), two=A + 1)


def test_one_list_is_not_two_sides():
    numbers = [1.0, 2.0]
    with pytest.raises(ValueError, match="the same array in memory"):
        verify("Sides", one=numbers, two=numbers)
    verify("Sides", one=numbers, two=list(numbers))


def test_a_lazy_view_is_not_the_array_itself():
    z = A + 1j
    with pytest.raises(VerificationError, match="one and two differ in 4 of 4"):
        verify("Sides", one=z.conj(), two=z)
    real = torch.complex(A, torch.zeros_like(A))
    verify("Sides", one=real.conj(), two=real)
    verify("Sides", one=real.real, two=real, same_dtype=False)
    with pytest.raises(VerificationError):
        verify("Sides", one=z.conj().imag, two=z.imag)
    verify("Sides", one=torch.eye(2).T, two=torch.eye(2))
    S = A + A.T
    verify("Symmetry", one=S, two=S.T)
    with pytest.raises(ValueError, match="same array in memory"):
        verify("Sides", one=z.conj(), two=z.conj())


def test_zero_shows_nothing_unless_it_is_named():
    nothing = torch.zeros(3)
    for one, two in (
        (nothing, nothing + 0),
        (0, 0),
        (1e-13, -1e-13),
        ([nothing, 0], [nothing + 0, 0]),
        (Fraction(0), 0),
        (torch.tensor(False), torch.tensor(False)),
    ):
        with pytest.raises(
            ValueError,
            match="every entry lies within 1e-12 of zero.*name that side so: zero=",
        ):
            verify("Sides", one=one, two=two)
    verify("Sides", gradient=nothing, zero=nothing + 0)
    verify("Zeros after the repair", one=nothing, two=nothing + 0)
    verify("Collapsed weights", formula=nothing, trained=nothing + 1e-4, atol=1e-3)
    verify("Collapsed weights", trained=nothing + 1e-4, formula=nothing, atol=1e-3)
    verify("Sides", one=[nothing, 1], two=[nothing + 0, 1])
    verify("Sides", one=1e-13, two=1e-13, atol=1e-15)
    verify("Sides", one=1e-13, two=1e-13, atol=0, rtol=0.1)
    verify("Sides", one=-INF, two=-INF)
    with pytest.raises(VerificationError):
        verify("Sides", one=0, two=1)


def test_nan_everywhere_shows_nothing():
    with pytest.raises(ValueError, match="every entry of every side is NaN"):
        verify("Sides", one=NAN, two=NAN)


def test_tolerances():
    verify("Sides", one=1.0, two=1.0 + 1e-6, atol=1e-5)
    verify("Sides", one=100.0, two=101.0, atol=0, rtol=0.01)
    verify("Sides", one=A, two=A.float(), same_dtype=False)
    with pytest.raises(VerificationError, match=r"allowed 1e-05 \+ 0.001 \* \|one\|"):
        verify("Sides", one=1.0, two=1.1, atol=1e-5, rtol=1e-3)


# ---------------------------------------------------------------- verify: different


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (1.0, 1.0 + 1e-11),
        (A, A + 1e-6),
        (A, -A),
        (1, 2),
        (True, False),
        (torch.tensor([1]), torch.tensor([2])),
        (2**62, 2**62 + 1),
        (torch.tensor([2**62]), torch.tensor([2**62 + 1])),
        (torch.tensor([1.0, NAN]), torch.tensor([1.0, 1.0])),
        (torch.tensor([1.0, 1.0]), torch.tensor([1.0, NAN])),
        (torch.tensor([INF]), torch.tensor([-INF])),
        (INF, 1e308),
        (NAN, 0.0),
        (0.0, NAN),
        (A > 2, A > 3),
        (A + 1j, A - 1j),
        (A.bfloat16(), A.bfloat16() + 1),
        (complex(0, NAN), 1 + 0j),
    ],
)
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
        verify(
            "Named sides",
            formula=A,
            torch=A + torch.tensor([[0, 1e-3], [0.5, 0]], dtype=A.dtype),
        )
    said = str(caught.value)
    assert "Named sides: formula and torch differ in 2 of 4 entries" in said
    assert "worst at index (1, 0): formula = 3, torch = 3.5" in said
    assert "difference 0.5, allowed 1e-12" in said
    with pytest.raises(
        VerificationError, match=r"one\['W'\]\[1\] and two\['W'\]\[1\] differ"
    ):
        verify("Sides", one={"W": [1, A]}, two={"W": [1, A + 1]})
    with pytest.raises(VerificationError, match="a and c differ"):
        verify("Sides", a=1, b=1, c=2)


# ---------------------------------------------------------------- verify: refused


@pytest.mark.parametrize(
    ("sides", "error", "message"),
    [
        ({}, ValueError, "two or more sides to compare, got 0: none"),
        ({"one": 1}, ValueError, "got 1: one"),
        (
            {"one": 1, "two": 1, "tolerance": 1e-3},
            TypeError,
            "'tolerance' is not an option",
        ),
        ({"one": 1, "two": 1, "eps": 1}, TypeError, "'eps' is not an option"),
        (
            {"one": A, "two": A[0].clone()},
            ValueError,
            r"one has shape \(2, 2\) and two has shape \(2,\)",
        ),
        ({"one": A, "two": 1.0}, ValueError, r"shape \(2, 2\) and two has shape \(\)"),
        ({"one": A[:1], "two": A[0].clone()}, ValueError, "shapes must be equal"),
        ({"one": A, "two": A.float()}, TypeError, "one is float64 and two is float32"),
        (
            {"one": A.bfloat16(), "two": A.half()},
            TypeError,
            "one is bfloat16 and two is float16",
        ),
        ({"one": A.int(), "two": A.long()}, TypeError, "one is int32 and two is int64"),
        ({"one": [], "two": []}, ValueError, "'one' is empty"),
        ({"one": {}, "two": {}}, ValueError, "'one' is empty"),
        (
            {"one": A[:0], "two": A[:0].clone()},
            ValueError,
            r"'one' has shape \(0, 2\), there is nothing to compare",
        ),
        (
            {"one": {"W": A}, "two": {"V": A + 0}},
            ValueError,
            "do not have the same parts",
        ),
        (
            {"one": [A, A], "two": [A + 0]},
            ValueError,
            "do not have the same parts; only one of them has 1",
        ),
        ({"one": [A, A], "two": 1}, ValueError, "do not have the same parts"),
        ({"one": {"W": A}, "two": A + 0}, ValueError, "do not have the same parts"),
        ({"one": [A[0], A[1]], "two": A}, ValueError, "the same array in memory"),
        ({"one": [[1, 2], [3]], "two": A}, ValueError, r"one\[1\] has shape \(1,\)"),
        ({"one": [[]], "two": [[]]}, ValueError, r"'one\[0\]' is empty"),
        (
            {"one": [A, "1"], "two": [A + 0, "1"]},
            TypeError,
            r"side 'one\[1\]' is a str",
        ),
        ({"one": np.array([None]), "two": 1}, TypeError, "holds object, not numbers"),
        (
            {"one": 1, "two": 1, "rtol": 1},
            ValueError,
            "rtol must be below 1, got 1; with more",
        ),
        ({"one": 1, "two": 1, "at_least": 1}, TypeError, "'at_least' is not an option"),
        ({"one": A, "two": A}, ValueError, "the same array in memory"),
        ({"one": A, "two": A.detach()}, ValueError, "the same array in memory"),
        ({"one": A, "two": A.numpy()}, ValueError, "the same array in memory"),
        ({"one": {"W": A}, "two": {"W": A}}, ValueError, "the same array in memory"),
        ({"one": "1", "two": "1"}, TypeError, "side 'one' is a str"),
        ({"one": None, "two": None}, TypeError, "side 'one' is a NoneType"),
        ({"one": np.array(["a"]), "two": np.array(["a"])}, TypeError, "not numbers"),
        (
            {"one": 1, "two": 1, "atol": -1},
            ValueError,
            "atol must be a number that is not negative",
        ),
        ({"one": 1, "two": 1, "atol": NAN}, ValueError, "atol must be"),
        ({"one": 1, "two": 1, "rtol": INF}, ValueError, "rtol must be"),
        ({"one": 1, "two": 1, "atol": True}, ValueError, "atol must be"),
    ],
)
def test_refused(capsys, sides, error, message):
    with pytest.raises(error, match=message):
        verify("Sides", **sides)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "name", ["", " ", "1st", "a_b", "a | b", "A ", "Größe", "a\nb", None, 3, "Tag}"]
)
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


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (2, 1),
        (A, A - 1),
        (NAN, 1),
        (1, NAN),
        (A, 3.0),
        (torch.tensor([0.0, NAN]), 1.0),
        (INF, 1),
    ],
)
def test_bound_fails(lower, upper):
    with pytest.raises(VerificationError, match="Bound: lower > upper in"):
        verify_bound("Bound", lower=lower, upper=upper)


@pytest.mark.parametrize(
    ("lower", "upper", "error", "message"),
    [
        (A, A[0], ValueError, "lower has shape"),
        (A, A, ValueError, "same array in memory"),
        (1j, 2, TypeError, "complex, which has no order"),
        ([A, A], 1, TypeError, "not a collection"),
        (A[:0], 1, ValueError, "nothing to compare"),
        ("a", 1, TypeError, "is a str"),
    ],
)
def test_bound_refused(lower, upper, error, message):
    with pytest.raises(error, match=message):
        verify_bound("Bound", lower=lower, upper=upper)


def test_bound_has_no_other_options():
    with pytest.raises(TypeError):
        verify_bound("Bound", lower=1, upper=2, rtol=1)


def test_tight_bound(capsys):
    verify_bound("Bound", lower=A, upper=A + 1, tight=(1.0, torch.tensor(1.0 + 1e-9)))
    assert capsys.readouterr().out == "✓ Bound | lower ≤ upper, tight | atol 0\n"
    verify_bound("Bound", lower=A, upper=A + 1, tight=(A, A + 0.01), tight_rtol=0.02)
    assert (
        capsys.readouterr().out
        == "✓ Bound | lower ≤ upper, tight | atol 0, tight rtol 0.02 atol 1e-12\n"
    )
    verify_bound("Bound", lower=A, upper=A + 1, tight=([1.0, 0.0], [1.0, 1e-15]))
    verify_bound(
        "Bound", lower=A, upper=A + 1, tight=(A[0], A[0] + 0.01), tight_atol=0.1
    )


def test_tight_tolerance_is_of_the_larger_side():
    verify_bound("Bound", lower=1, upper=2, tight=(1.0, 0.6), tight_rtol=0.45)


@pytest.mark.parametrize(
    "tight",
    [(1.0, 2.0), (A, A * 1e6), (2.0, 1.0), ([1.0, 1.0], [1.0, 1.1]), (1.0, -1.0)],
)
def test_vacuous_bound_does_not_pass(capsys, tight):
    with pytest.raises(
        VerificationError,
        match="do not meet in the tight case; worst at .*allowed 1e-12",
    ):
        verify_bound("Bound", lower=A, upper=A + 1, tight=tight)
    with pytest.raises(VerificationError, match="lower > upper"):
        verify_bound("Bound", lower=A + 2, upper=A + 1, tight=(1.0, 1.0))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"tight": 1.0}, TypeError, "tight must be a pair"),
        ({"tight": (1.0,)}, TypeError, "tight must be a pair"),
        ({"tight": A}, TypeError, "tight must be a pair"),
        ({"tight": (A, A)}, ValueError, "same array in memory"),
        ({"tight": (A, A[0])}, ValueError, "tight lower has shape"),
        ({"tight": (NAN, 1.0)}, ValueError, "entries that are not finite"),
        ({"tight": (INF, INF)}, ValueError, "entries that are not finite"),
        (
            {"tight": (0.0, 0.0)},
            ValueError,
            "both sides of the tight case are zero.*Take a case near it",
        ),
        ({"tight": ("a", 1.0)}, TypeError, "is a str"),
        (
            {"tight": (1.0, 1.0), "tight_rtol": 0.5},
            ValueError,
            "tight_rtol must be below 0.5",
        ),
        (
            {"tight": (1.0, 1.0), "tight_rtol": -1},
            ValueError,
            "tight_rtol must be a number that is not negative",
        ),
        (
            {"tight": (1.0, 1.0), "tight_atol": NAN},
            ValueError,
            "tight_atol must be a number",
        ),
    ],
)
def test_tight_refused(options, error, message):
    with pytest.raises(error, match=message):
        verify_bound("Bound", lower=A, upper=A + 1, **options)


# ---------------------------------------------------------------- estimates


def test_estimate_of_a_mean():
    draws = torch.randn(
        10_000, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    verify_estimate("Mean", value=draws.mean(), se=draws.std() / 100, reference=0.0)
    with pytest.raises(
        VerificationError,
        match=r"standard errors from its reference at the one entry.*4 are allowed",
    ):
        verify_estimate("Mean", value=draws.mean(), se=draws.std() / 100, reference=0.1)


def test_estimate_entry_by_entry():
    verify_estimate("Mean", value=A, se=0.1, reference=A + 0.3)
    with pytest.raises(
        VerificationError, match=r"5 standard errors .* at index \(1, 1\)"
    ):
        verify_estimate(
            "Mean", value=A, se=0.1, reference=A + torch.tensor([[0, 0], [0, 0.5]])
        )
    with pytest.raises(VerificationError):
        verify_estimate("Mean", value=NAN, se=0.1, reference=1.0)
    with pytest.raises(VerificationError, match="2 are allowed"):
        verify_estimate("Mean", value=1.3, se=0.1, reference=1.0, k=2)


@pytest.mark.parametrize("se", [0, -1, NAN, INF])
def test_standard_error_must_be_positive(se):
    with pytest.raises(ValueError, match="se must be positive"):
        verify_estimate("Mean", value=1.0, se=se, reference=1.0)


def test_estimate_tells_the_nearest_mistake(capsys):
    verify_estimate("Mean", value=1.0, se=0.1, reference=1.1, unlike=0.5)
    assert (
        capsys.readouterr().out
        == "✓ Mean | estimate = reference | within 4 standard errors\n"
    )
    verify_estimate(
        "Mean", value=A, se=0.1, reference=A + 0.1, unlike=A * torch.tensor([1, 1.5])
    )
    verify_estimate("Mean", value=A, se=0.1, reference=A + 0.1, unlike=0.0)
    with pytest.raises(
        VerificationError,
        match=r"cannot tell its reference 1 from the mistaken 1.3\d*, which lies 3 "
        r"standard errors away at the one entry and must lie more than 4. Draw "
        r"more samples",
    ):
        verify_estimate("Mean", value=1.0, se=0.1, reference=1.0, unlike=1.3)
    with pytest.raises(VerificationError, match="cannot tell"):
        verify_estimate("Mean", value=1.0, se=0.1, reference=1.3, unlike=0.7)
    with pytest.raises(VerificationError, match="cannot tell"):
        verify_estimate("Mean", value=A, se=0.1, reference=A + 0.1, unlike=A + 0.2)
    with pytest.raises(VerificationError, match="standard errors from its reference"):
        verify_estimate("Mean", value=1.0, se=0.1, reference=2.0, unlike=5.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unlike": NAN}, "unlike must be finite"),
        ({"unlike": A}, r"unlike has shape \(2, 2\) and value \(\)"),
        ({"k": 7}, "k must be at most 6, got 7"),
        ({"k": -1}, "k must be a number that is not negative"),
    ],
)
def test_estimate_refused(options, message):
    with pytest.raises(ValueError, match=message):
        verify_estimate("Mean", value=1.0, se=0.1, reference=1.0, **options)


def test_estimate_is_not_its_own_reference():
    with pytest.raises(ValueError, match="same array in memory"):
        verify_estimate("Mean", value=A, se=0.1, reference=A)


# ---------------------------------------------------------------- claims that are wrong


def test_differs():
    verify_differs("Signs do not matter", wrong=-A, right=A, by=1)
    verify_differs("It never overflows", wrong=INF, right=1.0, by=1e300)
    verify_differs("It is defined", wrong=NAN, right=1.0, by=1)
    with pytest.raises(
        VerificationError,
        match=r"wrong and right differ by at most 0.1, and 0.5 was promised",
    ):
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


@pytest.mark.parametrize(
    ("wrong", "right", "wrong_is"),
    [
        (3.0, 1.0, "larger"),
        (1.0, 3.0, "smaller"),
        (A + 1, A, "larger"),
        (A, 9.0, "smaller"),
        (INF, 1.0, "larger"),
    ],
)
def test_differs_in_a_direction(capsys, wrong, right, wrong_is):
    verify_differs("A claim", wrong=wrong, right=right, by=1, wrong_is=wrong_is)
    assert (
        capsys.readouterr().out
        == f"✓ A claim | wrong ≠ right, {wrong_is} | by at least 1\n"
    )


@pytest.mark.parametrize(
    ("wrong", "right", "wrong_is"),
    [
        (3.0, 1.0, "smaller"),
        (1.0, 3.0, "larger"),
        (1.5, 1.0, "larger"),
        (NAN, 1.0, "larger"),
        (1.0, NAN, "smaller"),
        (torch.tensor([3.0, 0.0]), 1.0, "larger"),
        (INF, INF, "larger"),
    ],
)
def test_differs_in_the_other_direction(wrong, right, wrong_is):
    with pytest.raises(
        VerificationError,
        match=f"wrong must be {wrong_is} than right by 1 in every entry",
    ):
        verify_differs("A claim", wrong=wrong, right=right, by=1, wrong_is=wrong_is)


def test_direction_names_the_worst_entry():
    with pytest.raises(
        VerificationError, match=r"at index \(1,\) wrong is 0 and right 1"
    ):
        verify_differs(
            "A claim", wrong=[3.0, 0.0], right=[1.0, 1.0], by=1, wrong_is="larger"
        )


@pytest.mark.parametrize("wrong_is", ["more", "", True, 1])
def test_direction_is_one_of_two(wrong_is):
    with pytest.raises(
        ValueError, match="wrong_is must be 'larger', 'smaller' or left out"
    ):
        verify_differs("A claim", wrong=1, right=2, by=1, wrong_is=wrong_is)


# ---------------------------------------------------------------- effects

SEEDS = 12
NOISE = torch.randn(
    SEEDS, generator=torch.Generator().manual_seed(0), dtype=torch.float64
)
YES, NO = [True] * SEEDS, [False] * SEEDS


@pytest.mark.parametrize(
    ("more", "less", "tolerance"),
    [
        (1 + 0.1 * NOISE, 0.1 * NOISE.flip(0), "3 standard errors"),
        ((1 + 0.1 * NOISE).float(), (0.1 * NOISE.flip(0)).float(), "3 standard errors"),
        (
            (1 + 0.1 * NOISE).numpy(),
            (0.1 * NOISE.flip(0)).tolist(),
            "3 standard errors",
        ),
        (list(1 + 0.1 * NOISE), list(0.1 * NOISE.flip(0)), "3 standard errors"),
        ([3] * SEEDS, [2] * SEEDS, "3 standard errors"),  # no spread
        (
            [0.3] * SEEDS,
            [-0.2] * SEEDS,
            "3 standard errors",
        ),  # exactly at_least, after rounding too
        (
            NOISE + 1,
            NOISE + 0,
            "3 standard errors",
        ),  # seeds spread widely, pairs do not
        (YES, NO, "sign test at 3 standard errors"),
        (
            YES[:-2] + [False] * 2,
            NO,
            "sign test at 3 standard errors",
        ),  # ten wins, no loss
        (torch.tensor(YES), np.array(NO), "sign test at 3 standard errors"),
        ([torch.tensor(True)] * SEEDS, NO, "sign test at 3 standard errors"),
    ],
)
def test_effect(capsys, more, less, tolerance):
    verify_effect("Clipping saves training", more=more, less=less, at_least=0.5)
    printed = capsys.readouterr().out
    assert (
        printed == "✓ Clipping saves training | more > less | 12 paired seeds, "
        f"{tolerance}, at least 0.5\n"
    )
    assert model.check_of(printed)


@pytest.mark.parametrize(
    ("more", "less", "at_least", "message"),
    [
        (
            0.1 * NOISE,
            1 + 0.1 * NOISE.flip(0),
            0.5,
            r"mean paired difference more - less is -1 with standard error \d.*"
            r"must exceed 3 standard errors, .* and it must be at least 0.5. It points "
            "the other way: less is larger",
        ),
        (
            1 + 0.1 * NOISE,
            0.1 * NOISE.flip(0),
            2,
            "is 1 with standard error .*; it must be at least 2$",
        ),
        (
            1 + 9 * NOISE,
            9 * NOISE.flip(0),
            0.5,
            "must exceed 3 standard errors, [0-9.]+$",
        ),
        ([2] * SEEDS, [2] * SEEDS, 0.5, "is 0 with standard error 0"),
        (
            [2.4] * SEEDS,
            [2] * SEEDS,
            0.5,
            r"is 0.4 with .* \(12 seeds\); it must be at least 0.5",
        ),
        (NO, YES, 0.5, "of 12 seeds that differ 0 have yes .* It points the other way"),
        (
            YES,
            YES[:3] + NO[3:],
            0.5,
            "the shares of yes are 1 and 0.25, and of 9 seeds that differ 9 have yes .*"
            r"probability 0.002, which must be below 0.0013",
        ),
        (YES, NO[:1] + YES[1:], 0.05, "chance gives as many with probability 0.5"),
        (YES, YES, 0.05, "of 0 seeds that differ"),
    ],
)
def test_no_effect(capsys, more, less, at_least, message):
    with pytest.raises(VerificationError, match=message):
        verify_effect("A claim", more=more, less=[*less], at_least=at_least)
    assert capsys.readouterr().out == ""


def test_effect_is_measured_by_its_sample_standard_error():
    with pytest.raises(VerificationError, match="is 1.5 with standard error 0.17 "):
        verify_effect("A claim", more=[1.0, 2.0] * 5, less=[0.0] * 10, at_least=2)
    verify_effect("A claim", more=[0.3] * 10, less=[0.2] * 10, at_least=0.1)


def test_effect_of_shares_must_matter():
    with pytest.raises(
        VerificationError, match="difference of the shares, 0.5, must be at least 0.6$"
    ):
        verify_effect(
            "A claim", more=[True] * 10 + [False] * 10, less=[False] * 20, at_least=0.6
        )
    with pytest.raises(
        VerificationError, match="below 3.2e-05, that of 4 standard errors"
    ):
        verify_effect("A claim", more=YES, less=NO, at_least=0.6, k=4)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"more": [1.0, 2.0], "less": [0.0, 1.0]},
            ValueError,
            "2 pairs show no effect; run 10 seeds or more",
        ),
        ({"more": YES[:9], "less": NO[:9]}, ValueError, "9 pairs show no effect"),
        (
            {"less": [0.0] * 13},
            ValueError,
            "more has 12 values and less has 13; they are paired by seed",
        ),
        ({"less": 0.0}, ValueError, r"less has shape \(\); give one value per seed"),
        (
            {"more": torch.ones(12, 1)},
            ValueError,
            r"more has shape \(12, 1\); give one value per seed",
        ),
        (
            {"more": [1.0] * 11 + [NAN]},
            ValueError,
            "more is nan for seed number 11. Say what a run that diverges counts",
        ),
        (
            {"less": [0.0, INF] + [0.0] * 10},
            ValueError,
            "less is inf for seed number 1",
        ),
        ({"less": NO}, TypeError, "one side is booleans and the other numbers"),
        ({"less": ["0"] * 12}, TypeError, "is a str"),
        ({"less": {"a": 1}}, TypeError, "not a collection"),
        ({"less": [1j] * 12}, TypeError, "complex, which has no order"),
        ({"less": []}, TypeError, "not a collection"),
        ({"more": NOISE, "less": NOISE}, ValueError, "same array in memory"),
        ({"at_least": 0}, ValueError, "at_least must be a positive number"),
        ({"at_least": NAN}, ValueError, "at_least must be a positive number"),
        ({"at_least": True}, ValueError, "at_least must be a positive number"),
        ({"k": 0}, ValueError, "k must be a positive number"),
        ({"k": 1}, ValueError, "k must be 2 or more, got 1"),
        ({"claim": "a | b"}, ValueError, "verify_effect: the claim must be one line"),
        ({"claim": " "}, ValueError, "the claim must be one line"),
    ],
)
def test_effect_refused(capsys, options, error, message):
    options = {
        "claim": "A claim",
        "more": [1.0] * 12,
        "less": [0.0] * 12,
        "at_least": 0.5,
    } | options
    with pytest.raises(error, match=message):
        verify_effect(options.pop("claim"), **options)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("missing", ["more", "less", "at_least"])
def test_effect_needs_all(missing):
    options = {"more": YES, "less": NO, "at_least": 0.5}
    del options[missing]
    with pytest.raises(TypeError, match=missing):
        verify_effect("A claim", **options)


def test_effect_of_chance_alone_is_rare():
    generator = np.random.default_rng(0)
    found = 0
    for _ in range(400):
        try:
            verify_effect(
                "A claim",
                more=generator.normal(size=20),
                less=generator.normal(size=20),
                at_least=1e-6,
            )
            found += 1
        except VerificationError:
            pass
    assert (
        found <= 6
    )  # a t variable with 19 degrees of freedom exceeds 3 in 0.4 % of cases


# ---------------------------------------------------------------- marks


def test_mark_prints_one_line(capsys):
    mark("trigram of counts", torch.tensor(2.4649))
    mark("network", 1.9, se=0.004)
    assert capsys.readouterr().out == (
        "Mark | trigram of counts | 2.46 bits per character\n"
        "Mark | network | 1.90 ± 0.004 bits per character\n"
    )


@pytest.mark.parametrize(
    "given, message",
    [
        (("a|b", 2.0), "without '|'"),
        (("", 2.0), "must be a text"),
        (("net", float("nan")), "mark of net: bits must be a positive number"),
        (("net", -1.0), "positive"),
        (("net", "2"), "positive"),
        (("net", 2.0, -0.1), "se must not be negative"),
    ],
)
def test_marks_that_are_none_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        mark(*given)
