"""What `fit` refuses because it would train wrongly, and say nothing."""

from __future__ import annotations

import functools
import math
import numbers
import warnings
from collections.abc import Iterator

import torch
from torch.nn import functional as F


def what(value) -> str:
    """A value in the words of an error message."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"


def check_options(model, loss, batches, valid, epochs, clip, patience, min_delta):
    """Refuse arguments of `fit` that mean nothing."""
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"fit: model must be a torch.nn.Module, got {what(model)}")
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"fit: epochs must be a positive whole number, got {epochs!r}")
    if patience is not None and (valid is None or patience < 1):
        raise ValueError("fit: patience needs valid batches and must be at least 1")
    if not min_delta >= 0:
        raise ValueError(f"fit: min_delta must be 0 or more, got {min_delta!r}")
    if clip is not None and not clip > 0:
        raise ValueError(f"fit: clip must be positive, got {clip!r}")
    for name, given in (("batches", batches), ("valid", valid)):
        if epochs > 1 and isinstance(given, Iterator):
            raise ValueError(
                f"fit: {name} is a {type(given).__name__}, used up after one epoch of "
                f"{epochs}. A generator gives its batches once: give data.batches(...) "
                "or a list."
            )
    reduction = getattr(loss, "keywords", {}).get("reduction")  # of a partial
    if (reduction or getattr(loss, "reduction", None)) == "sum":
        raise ValueError(
            'fit: the loss has reduction="sum", so that a step grows with the batch. '
            'Give a mean over rows: reduction="mean", and a larger lr if need be.'
        )


def make_optimizer(model, optimizer, lr) -> torch.optim.Optimizer:
    """The optimizer, given or made, which trains something of the model."""
    trainable = [p for p in model.parameters() if p.requires_grad]
    if not trainable:
        raise ValueError(
            "fit: the model has no parameters to train: it has none, or all are frozen "
            "(requires_grad=False)"
        )
    if isinstance(optimizer, torch.optim.Optimizer):
        if lr is not None:
            raise ValueError(
                "fit: lr is set in the optimizer you gave; give one or the other"
            )
    elif optimizer is None:
        optimizer = torch.optim.Adam(trainable, lr=1e-3 if lr is None else lr)
    else:
        options = {} if lr is None else {"lr": lr}
        optimizer = optimizer(trainable, **options)
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(
            "fit: optimizer must be a torch optimizer, or make one of (parameters, "
            f"lr=lr); got {what(optimizer)}"
        )
    if isinstance(optimizer, torch.optim.LBFGS):
        raise TypeError(
            "fit: LBFGS wants the loss many times a step, which fit does not do; write "
            "the loop with optimizer.step(closure)"
        )
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not any(id(p) in held for p in trainable):
        raise ValueError(
            "fit: the optimizer holds none of the parameters that the model trains. "
            "Make it of this model's parameters(), after any copy of the model."
        )
    return optimizer


def check_batch(model, batch, which: str, i: int) -> None:
    """Refuse a batch that is no tuple, and one on another device than the model."""
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise TypeError(
            f"fit: {which} batch {i} must be a tuple (inputs, target), "
            f"got {what(batch)}"
        )
    if i > 1:
        return  # the first tells for all
    home = next((p.device for p in model.parameters()), None)
    for part in batch:
        if isinstance(part, torch.Tensor) and home not in (None, part.device):
            raise ValueError(
                f"fit: the model is on {home} and the {which} batches are on "
                f"{part.device}. Write model.to(device()); data.batches puts batches "
                "there."
            )


def check_output(loss, metrics: dict, y_hat, target) -> None:
    """Refuse outputs of which the loss or a metric makes something else than meant."""
    if not isinstance(y_hat, torch.Tensor) or not isinstance(target, torch.Tensor):
        return
    for name, function in {"loss": loss, **metrics}.items():
        if _pairs_all(function, y_hat, target):
            raise ValueError(
                f"fit: the model gives {tuple(y_hat.shape)} and the target is "
                f"{tuple(target.shape)}: the {name} broadcasts them, so that each "
                "prediction meets each target. Give both one shape, as with y[:, None]."
            )
    logits = loss is F.cross_entropy or isinstance(loss, torch.nn.CrossEntropyLoss)
    if logits and y_hat.ndim > 1 and y_hat.shape[1] > 1:
        sums = y_hat.detach().sum(1)
        if (y_hat >= 0).all() and torch.allclose(sums, torch.ones_like(sums)):
            raise ValueError(
                "fit: cross_entropy takes logits, and the model gives probabilities, "
                "which sum to 1. Leave the softmax out of the model."
            )


def _pairs_all(function, y_hat, target) -> bool:
    """Whether (n, 1) against (n,), as many values in another shape, becomes (n, n).

    Then it does not matter which prediction stands in which row, and it does matter
    which shape they have. Asked with numbers that differ: a new model's may be alike.
    """
    if y_hat.shape == target.shape or y_hat.numel() != target.numel():
        return False
    if (target == target.flatten()[0]).all():
        return False  # each target is met anyway
    probe = torch.linspace(0.1, 0.9, y_hat.numel(), device=y_hat.device).to(y_hat.dtype)
    rows = probe.reshape(y_hat.shape)
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's own about these shapes
            first = float(function(rows, target))
            alike = float(function(probe.reshape(target.shape), target))
            rolled = [float(function(rows.roll(k, 0), target)) for k in range(1, 16)]
    except (RuntimeError, ValueError, IndexError, TypeError):
        return False  # it wants just this shape, or raises by itself
    close = functools.partial(math.isclose, first, rel_tol=1e-4, abs_tol=1e-6)
    return all(close(value) for value in rolled) and not close(alike)


def check_loss(value, training: bool) -> None:
    """Refuse a loss that is not one number, or that trains nothing."""
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        raise TypeError(
            f"fit: the loss must be one number as a tensor, got {what(value)}"
        )
    if training and not value.requires_grad:
        raise ValueError(
            "fit: the loss has no gradient: something between the model and the loss "
            "detaches it (detach, item, numpy, argmax), or fit runs under no_grad"
        )


def number(name: str, value):
    """A metric's value, if it is one number."""
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return value.detach()
    if isinstance(value, numbers.Real):
        return value
    raise TypeError(f"fit: the metric {name!r} must give one number, got {what(value)}")
