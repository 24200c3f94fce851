"""Schedules that `fit` takes, and those whose length does not fit."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler as s

from d2lutil import data
from d2lutil.devices import device
from d2lutil.schedules import misfit
from d2lutil.training import fit


def train(schedule, batches=None, **options):
    """Eight epochs of ten batches."""
    X = torch.randn(60, 4, generator=torch.Generator().manual_seed(0))
    y = X.sum(1, keepdim=True)
    return fit(
        nn.Linear(4, 1).to(device()),
        F.mse_loss,
        batches or data.batches(X, y, size=6),
        epochs=8,
        optimizer=torch.optim.SGD,
        lr=0.02,
        schedule=schedule,
        **options,
    )


def peak(o):
    return s.OneCycleLR(o, max_lr=0.5, epochs=8, steps_per_epoch=10)


def test_a_schedule_for_batches_stepped_by_epoch():
    match = (
        r'OneCycleLR promises 80 steps.*and 8 are made.*schedule_every="batch" makes 80'
    )
    with pytest.raises(ValueError, match=match):
        train(peak, schedule_every="epoch")
    assert len(train(peak, schedule_every="batch")["lr"]) == 80


def test_a_schedule_for_epochs_stepped_by_batch():
    match = 'CosineAnnealingLR promises 8 .*80 are made.*"epoch" makes 8'
    with pytest.raises(ValueError, match=match):
        train(lambda o: s.CosineAnnealingLR(o, T_max=8), schedule_every="batch")
    with pytest.raises(ValueError, match="promises 9 .*80 are made.*or epochs"):
        train(lambda o: s.CosineAnnealingLR(o, T_max=9), schedule_every="batch")


@pytest.mark.parametrize("every", [None, "step", 1])
def test_how_often_must_be_said(every):
    match = r'schedule_every="epoch" \(8 steps\) or "batch" \(80 steps\); got'
    with pytest.raises(ValueError, match=match):
        train(peak, schedule_every=every)


def test_how_often_without_a_schedule():
    with pytest.raises(ValueError, match="schedule_every is given and schedule is not"):
        train(None, schedule_every="epoch")


def test_batches_without_a_length():
    class Stream:
        def __iter__(self):
            yield torch.zeros(2, 4, device=device()), torch.zeros(2, 1, device=device())

    with pytest.raises(TypeError, match="needs batches with a length.*got a Stream"):
        train(peak, Stream(), schedule_every="batch")
    assert len(
        train(lambda o: s.ExponentialLR(o, 0.9), Stream(), schedule_every="epoch")
    )


def test_what_is_no_schedule():
    other = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    bound = s.ExponentialLR(other, 0.9)
    with pytest.raises(TypeError, match="must be a function.*got a ExponentialLR"):
        train(bound, schedule_every="epoch")
    with pytest.raises(TypeError, match="got one to a float"):
        train(lambda o: 0.1, schedule_every="epoch")
    with pytest.raises(ValueError, match="ExponentialLR is bound to another optimizer"):
        train(lambda o: bound, schedule_every="epoch")


def test_a_schedule_that_has_run():
    def used(o):
        schedule = s.ExponentialLR(o, 0.9)
        o.step()
        schedule.step()
        return schedule

    with pytest.raises(ValueError, match="has made 1 steps already"):
        train(used, schedule_every="epoch")


@pytest.mark.parametrize(
    ("options", "every", "match"),
    [
        ({"patience": 1}, "batch", 'needs schedule_every="epoch" and mode="min"'),
        ({"patience": 1, "mode": "max"}, "epoch", 'and mode="min"'),
        ({"patience": 6}, "epoch", "patience=6 changes nothing within 8 epochs"),
    ],
)
def test_plateau(options, every, match):
    with pytest.raises(ValueError, match=match):
        train(lambda o: s.ReduceLROnPlateau(o, **options), schedule_every=every)


def test_plateau_that_can_act():
    train(lambda o: s.ReduceLROnPlateau(o, patience=5), schedule_every="epoch")


def warmed(o, warm=5, rest=75, milestone=5):
    parts = [s.LinearLR(o, 0.1, total_iters=warm), s.CosineAnnealingLR(o, rest)]
    return s.SequentialLR(o, parts, [milestone])


FITS = [  # of 80 steps
    lambda o: s.CosineAnnealingLR(o, 80),
    lambda o: s.CosineAnnealingLR(o, 79),  # the last step at the last value
    lambda o: s.PolynomialLR(o, 80),
    lambda o: s.LinearLR(o, total_iters=5),
    lambda o: s.LinearLR(o, 1, 0, total_iters=80),
    lambda o: s.ConstantLR(o, total_iters=5),
    lambda o: s.CosineAnnealingWarmRestarts(o, 20),
    lambda o: s.CyclicLR(o, 0.1, 1, step_size_up=10),
    lambda o: s.StepLR(o, 79),
    lambda o: s.MultiStepLR(o, [30, 60]),
    lambda o: s.LambdaLR(o, lambda i: 1 / (i + 1)),
    lambda o: s.ChainedScheduler([s.StepLR(o, 9), s.LinearLR(o)]),
    warmed,
    lambda o: warmed(o, rest=74),
]
MISFITS = [  # the number promised, and the number made
    (lambda o: s.OneCycleLR(o, 1, total_steps=79), 79, 80),
    (lambda o: s.OneCycleLR(o, 1, total_steps=81), 81, 80),
    (lambda o: s.CosineAnnealingLR(o, 40), 40, 80),
    (lambda o: s.CosineAnnealingLR(o, 800), 800, 80),
    (lambda o: s.PolynomialLR(o, 8), 8, 80),
    (lambda o: s.LinearLR(o, total_iters=500), 500, 80),
    (lambda o: s.LinearLR(o, 1, 0, total_iters=8), 8, 80),
    (lambda o: s.ConstantLR(o, total_iters=80), 80, 80),
    (lambda o: s.CosineAnnealingWarmRestarts(o, 100), 100, 80),
    (lambda o: s.CyclicLR(o, 0.1, 1, step_size_up=2000), 4000, 80),
    (lambda o: s.StepLR(o, 100), 100, 80),
    (lambda o: s.MultiStepLR(o, [30, 90]), 90, 80),
    (lambda o: s.ChainedScheduler([s.LinearLR(o), s.PolynomialLR(o, 8)]), 8, 80),
    (lambda o: warmed(o, warm=50), 50, 5),
    (lambda o: warmed(o, rest=80), 80, 75),
    (lambda o: warmed(o, milestone=90), 90, 80),
]


def optimizer():
    return torch.optim.SGD([torch.zeros(1)], lr=0.1, momentum=0.9)


@pytest.mark.parametrize("make", FITS)
def test_lengths_that_fit(make):
    assert misfit(make(optimizer()), 80) == ""


@pytest.mark.parametrize(("make", "promised", "made"), MISFITS)
def test_lengths_that_do_not_fit(make, promised, made):
    said = misfit(make(optimizer()), 80)
    assert f" {promised} " in said.replace(",", " ") and f" {made} " in said
