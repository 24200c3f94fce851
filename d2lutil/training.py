"""The training loop, for pages that do not teach it."""

from __future__ import annotations

import copy
import math
import os
import sys

import torch

from .refusals import (
    check_batch,
    check_loss,
    check_options,
    check_output,
    make_optimizer,
    number,
    what,
)
from .schedules import make_schedule


class History(dict):
    """What `fit` returns: ``history["loss"]`` is a list with one number an epoch.

    Keys: ``loss`` and each metric on the training batches (as the epoch went),
    ``valid_loss`` and ``valid_…`` on the validation batches (after the epoch), and
    ``lr``, the rate of each epoch, or of each step where the schedule steps by batch.
    `best_epoch`, from 1, has the smallest validation loss (training loss without
    validation); `stopped_early` tells whether patience ran out.
    """

    best_epoch: int | None = None
    stopped_early: bool = False

    @property
    def epochs(self) -> int:
        return len(self.get("loss", ()))

    def plot(self, **options):
        """The figure of every curve against the epoch; metrics have their own panel.

        Options go to `subplots`. Show it with ``show(history.plot(), alt="…")``.
        """
        from .plotting import curves, subplots

        names = [k for k in self if k != "lr"]
        losses = [k for k in names if k.removeprefix("valid_") == "loss"]
        metrics = [k for k in names if k not in losses]
        panels = [(losses, "loss"), (metrics, "metric")][: 2 if metrics else 1]
        options = {"figsize": (7.6 if metrics else 6.4, 3.2), **options}
        fig, axes = subplots(1, len(panels), squeeze=False, **options)
        epoch = list(range(1, self.epochs + 1))
        for ax, (keys, ylabel) in zip(axes[0], panels, strict=True):
            plain = {k.removeprefix("valid_") for k in keys}
            lines = {k.replace("_", " "): self[k] for k in keys}
            ylabel = plain.pop() if len(plain) == 1 else ylabel
            curves(epoch, lines, xlabel="epoch", ylabel=ylabel, ax=ax)
        return fig

    def __repr__(self) -> str:
        last = ", ".join(f"{k} {v[-1]:.4g}" for k, v in self.items() if v)
        return f"History({self.epochs} epochs: {last})"


def fit(
    model,
    loss,
    batches,
    *,
    epochs: int,
    optimizer=None,
    lr: float | None = None,
    valid=None,
    metrics: dict | None = None,
    schedule=None,
    schedule_every: str | None = None,
    clip: float | None = None,
    patience: int | None = None,
    min_delta: float = 0.0,
    restore_best: bool = True,
    progress: bool | None = None,
) -> History:
    """Train a model: for each epoch, for each batch, loss, gradients, step.

    Parameters
    ----------
    model : torch.nn.Module, on the device of the batches
    loss : function of (model(*inputs), target) to a scalar tensor, a mean over rows
    batches : iterable of tuples (*inputs, target), one pass an epoch (`data.batches`)
    optimizer : a torch optimizer, or a class or function that makes one of (parameters,
        lr=lr). Adam unless told, with lr 1e-3 unless told.
    valid : batches like the training ones, for an evaluation after each epoch
    metrics : dict from name to a function like the loss, to one number
    schedule : function from the optimizer to a torch scheduler
    schedule_every : "epoch" or "batch", after which the scheduler steps. A schedule
        whose length is not the number of these steps is refused.
    clip : the largest norm that the gradient (of all that the optimizer holds, as one
        vector) may have
    patience, min_delta : stop when the validation loss has not fallen by more than
        `min_delta` for `patience` epochs
    restore_best : with `patience`, end with the weights of the best epoch
    progress : show a bar; unless told, when someone is there to watch

    Returns
    -------
    History
        Means over the rows of an epoch. The model is left in evaluation mode.

    Raises
    ------
    FloatingPointError
        if the loss becomes NaN or infinite (the weights are those before that batch),
        or a metric NaN, or a weight NaN or infinite.
    ValueError, TypeError
        for whatever would train wrongly in silence: see `refusals` and `schedules`.
    """
    check_options(model, loss, batches, valid, epochs, clip, patience, min_delta)
    metrics = dict(metrics or {})
    optimizer = make_optimizer(model, optimizer, lr)
    held = [p for group in optimizer.param_groups for p in group["params"]]
    scheduler = make_schedule(schedule, schedule_every, optimizer, epochs, batches)
    by_batch = scheduler is not None and schedule_every == "batch"
    history, best, best_state = History(), math.inf, None
    rates: list[float] = []

    def step(value, epoch: int, i: int) -> float:
        """One step of training, of batch `i`. Returns the loss."""
        optimizer.zero_grad()
        value.backward()
        if (epoch, i) == (1, 1) and all(p.grad is None for p in held):
            raise ValueError("fit: the loss depends on nothing that is trained")
        if clip is not None:
            torch.nn.utils.clip_grad_norm_(held, clip)
        now = value.item()  # an accelerator has the gradient to work on meanwhile
        if not math.isfinite(now):
            if i > 1:
                _check_weights(held, epoch, i - 1)
            raise _not_finite("training loss", now, epoch, i)
        if by_batch or i == 1:
            rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if by_batch:
            scheduler.step()
        return now

    for epoch in _bar(range(1, epochs + 1), progress):
        model.train()
        now = _means(model, loss, metrics, batches, epoch, "training", step)
        _check_weights(held, epoch)
        if valid is not None:
            model.eval()
            with torch.no_grad():
                found = _means(model, loss, metrics, valid, epoch, "validation")
            now.update({f"valid_{name}": mean for name, mean in found.items()})
        for key, mean in now.items():
            history.setdefault(key, []).append(mean)
        score = now["loss" if valid is None else "valid_loss"]
        if score < best - min_delta:
            best, history.best_epoch = score, epoch
            if patience is not None and restore_best:
                best_state = copy.deepcopy(model.state_dict())
        if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
            scheduler.step(score)
        elif scheduler is not None and not by_batch:
            scheduler.step()
        if patience is not None and epoch - history.best_epoch >= patience:
            history.stopped_early = True
            break
    history["lr"] = rates
    if best_state is not None:
        model.load_state_dict(best_state)
    model.eval()
    return history


def _means(model, loss, metrics, batches, epoch, which, step=None) -> dict[str, float]:
    """One pass over the batches, which trains with `step`: means over the rows."""
    found, rows = {name: [] for name in ("loss", *metrics)}, []
    for i, batch in enumerate(batches, 1):
        check_batch(model, batch, which, i)
        *inputs, target = batch
        y_hat = model(*inputs)
        if (epoch, i) == (1, 1):
            check_output(loss, metrics, y_hat, target)
        value = loss(y_hat, target)
        check_loss(value, step is not None)
        found["loss"].append(step(value, epoch, i) if step else value)
        with torch.no_grad():
            for name, metric in metrics.items():
                found[name].append(number(name, metric(y_hat, target)))
        rows.append(_rows(batch))
    if not rows:
        raise ValueError(
            f"fit: the {which} batches gave nothing in epoch {epoch}: they are empty, "
            "or used up after one pass"
        )
    means = {}
    for name, values in found.items():
        values = [float(value) for value in values]  # an accelerator is read once here
        for i, value in enumerate(values, 1):
            if math.isnan(value) or (name == "loss" and math.isinf(value)):
                raise _not_finite(f"{which} {name}", value, epoch, i)
        means[name] = sum(n * v for n, v in zip(rows, values, strict=True)) / sum(rows)
    return means


def _rows(batch) -> int:
    """Rows of a batch: of its target, if that is a tensor, or of an input."""
    for part in reversed(batch):
        if isinstance(part, torch.Tensor) and part.ndim:
            return len(part)
    raise TypeError(f"fit: no part of a batch is a tensor with rows: {what(batch[0])}")


def _not_finite(name: str, value: float, epoch: int, i: int) -> FloatingPointError:
    return FloatingPointError(
        f"fit: the {name} is {value} in epoch {epoch}, batch {i}. Training diverged or "
        "the data hold such values: try a smaller lr, or clip=1.0."
    )


def _check_weights(held, epoch: int, i: int | None = None) -> None:
    if not all(p.isfinite().all() for p in held):
        batch = "" if i is None else f", batch {i}"
        raise FloatingPointError(
            f"fit: a weight is NaN or infinite after epoch {epoch}{batch}, though the "
            "loss was finite: a gradient was not, as that of a square root at 0. Add a "
            "small number under it, or try a smaller lr."
        )


def watched() -> bool:
    """Whether a person looks on: in a terminal, or a notebook not run for storing."""
    if os.environ.get("D2LUTIL_EXPLORE", "").strip().lower() in ("stored", "check"):
        return False
    ipython = sys.modules.get("IPython")
    if ipython and hasattr(ipython.get_ipython(), "kernel"):
        return True
    return bool(getattr(sys.stderr, "isatty", lambda: False)())


def _bar(epochs, progress):
    if not (watched() if progress is None else progress):
        return epochs
    from tqdm.auto import tqdm

    return tqdm(epochs, desc="epoch", leave=False)
