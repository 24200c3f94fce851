"""Schedules of the learning rate for `fit`, refused where they do not fit."""

from __future__ import annotations

import contextlib
import math

from torch.optim import lr_scheduler

from .refusals import what


def make_schedule(schedule, every, optimizer, epochs: int, batches):
    """The scheduler, bound to the optimizer, whose length is that of the training."""
    if schedule is None:
        if every is not None:
            raise ValueError("fit: schedule_every is given and schedule is not")
        return None
    steps = {"epoch": epochs}
    with contextlib.suppress(TypeError):  # a stream has no length
        steps["batch"] = epochs * len(batches)
    if every not in steps:
        if every == "batch":
            raise TypeError(
                'fit: schedule_every="batch" needs batches with a length, such as '
                f"data.batches, a list or a DataLoader; got {what(batches)}"
            )
        counts = " or ".join(f'"{name}" ({n} steps)' for name, n in steps.items())
        raise ValueError(
            f"fit: say how often the schedule steps: schedule_every={counts}; "
            f"got {every!r}"
        )
    scheduler = schedule(optimizer) if callable(schedule) else schedule
    if not callable(schedule) or not hasattr(scheduler, "step"):
        raise TypeError(
            "fit: schedule must be a function from the optimizer to a torch scheduler, "
            "such as lambda optimizer: StepLR(optimizer, 5); "
            f"got {'one to ' if callable(schedule) else ''}{what(scheduler)}"
        )
    if getattr(scheduler, "optimizer", optimizer) is not optimizer:
        raise ValueError(
            f"fit: the schedule {type(scheduler).__name__} is bound to another "
            "optimizer and does nothing here; make it of the function's argument"
        )
    if getattr(scheduler, "last_epoch", 0) > 0:
        raise ValueError(
            f"fit: the schedule {type(scheduler).__name__} has made "
            f"{scheduler.last_epoch} steps already; let the function make a new one"
        )
    if isinstance(scheduler, lr_scheduler.ReduceLROnPlateau):
        if every != "epoch" or scheduler.mode != "min":
            raise ValueError(
                "fit: ReduceLROnPlateau is told the loss after each epoch: it needs "
                'schedule_every="epoch" and mode="min"'
            )
        if scheduler.patience + 3 > epochs:
            raise ValueError(
                f"fit: ReduceLROnPlateau with patience={scheduler.patience} changes "
                f"nothing within {epochs} epochs; give a smaller patience"
            )
    wrong = misfit(scheduler, steps[every])
    if wrong:
        other = "batch" if every == "epoch" else "epoch"
        helps = other in steps and not misfit(scheduler, steps[other])
        remedy = (
            f'schedule_every="{other}" makes {steps[other]}.'
            if helps
            else "Change the schedule, or epochs."
        )
        raise ValueError(f"fit: the schedule {wrong}, one after each {every}. {remedy}")
    return scheduler


def misfit(scheduler, steps: int) -> str:
    """How a schedule's length fails to fit a number of steps; "" if it fits.

    A schedule from here to there may end one step early, so that a step takes its last
    value. Those without an end (exponential, lambda) fit any number.
    """
    name = type(scheduler).__name__
    if isinstance(scheduler, lr_scheduler.SequentialLR):
        ends = [*scheduler._milestones, steps]
        if ends[-2] >= steps:
            return (
                f"{name} promises a milestone at {ends[-2]}, and {steps} steps are made"
            )
        lengths = [
            end - start for start, end in zip([0, *ends[:-1]], ends, strict=True)
        ]
        parts = zip(scheduler._schedulers, lengths, strict=True)
        return next(filter(None, (misfit(part, n) for part, n in parts)), "")
    if isinstance(scheduler, lr_scheduler.ChainedScheduler):
        parts = (misfit(part, steps) for part in scheduler._schedulers)
        return next(filter(None, parts), "")
    rules = (rule for rule in _LENGTHS if isinstance(scheduler, rule[0]))
    kind, attribute, least, most = next(rules, (None, "last_epoch", _ANY, math.inf))
    promised = getattr(scheduler, attribute)
    if kind is lr_scheduler.MultiStepLR:
        promised = max(promised, default=0)
    if kind is lr_scheduler.LinearLR and scheduler.end_factor == 0:
        least = -1  # once at 0, the rate trains nothing
    if steps + least <= promised <= steps + most:
        return ""
    return f"{name} promises {promised:g} steps ({attribute}), and {steps} are made"


#: Where a schedule keeps its length, and by how many steps that may differ from the
#: number made, at least and at most.
_ANY = -math.inf
_LENGTHS = (
    (lr_scheduler.OneCycleLR, "total_steps", 0, 0),
    (lr_scheduler.CosineAnnealingLR, "T_max", -1, 0),
    (lr_scheduler.PolynomialLR, "total_iters", -1, 0),
    (lr_scheduler.LinearLR, "total_iters", _ANY, 0),
    (lr_scheduler.ConstantLR, "total_iters", _ANY, -1),
    (lr_scheduler.CosineAnnealingWarmRestarts, "T_0", _ANY, 0),
    (lr_scheduler.CyclicLR, "total_size", _ANY, 0),
    (lr_scheduler.StepLR, "step_size", _ANY, -1),
    (lr_scheduler.MultiStepLR, "milestones", _ANY, -1),
)
