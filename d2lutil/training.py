"""The training loop, for pages that do not teach it."""

from __future__ import annotations

import copy
import math
import numbers
import os
import sys

import torch


class History(dict):
    """What `fit` returns: ``history["loss"]`` is a list with one number an epoch.

    Keys: ``loss`` and each metric on the training batches (as the epoch went), ``valid_loss``
    and ``valid_…`` on the validation batches (after the epoch), ``lr``. `best_epoch` (counted
    from 1) is the one of the smallest validation loss (training loss without validation);
    `stopped_early` tells whether patience ran out.
    """

    best_epoch: int | None = None
    stopped_early: bool = False

    @property
    def epochs(self) -> int:
        return len(self.get("loss", ()))

    def plot(self, **options):
        """The figure of every curve against the epoch: losses, and metrics in a panel of their own.

        Options go to `subplots`. Show it with ``show(history.plot(), alt="…")``.
        """
        from .plotting import curves, subplots

        names = [k for k in self if k != "lr"]
        losses = [k for k in names if k.removeprefix("valid_") == "loss"]
        metrics = [k for k in names if k not in losses]
        epoch = list(range(1, self.epochs + 1))
        columns = 2 if metrics else 1
        fig, axes = subplots(1, columns, squeeze=False, **{"size": (6.4 if columns == 1 else 7.6, 3.2), **options})
        for ax, keys, ylabel in zip(axes[0], (losses, metrics), ("loss", "metric")):
            label = keys[0] if len({k.removeprefix("valid_") for k in keys}) == 1 else ylabel
            curves(epoch, {k.replace("_", " "): self[k] for k in keys}, xlabel="epoch",
                   ylabel=label.removeprefix("valid_"), ax=ax)
        return fig

    def __repr__(self) -> str:
        last = ", ".join(f"{k} {v[-1]:.4g}" for k, v in self.items() if v)
        return f"History({self.epochs} epochs: {last})"


def fit(model, loss, batches, *, epochs: int, optimizer=None, lr: float | None = None, valid=None,
        metrics: dict | None = None, schedule=None, clip: float | None = None, patience: int | None = None,
        min_delta: float = 0.0, restore_best: bool = True, progress: bool | None = None) -> History:
    """Train a model: for each epoch, for each batch, loss, gradients, step.

    Parameters
    ----------
    model : torch.nn.Module, on the device of the batches
    loss : function of (model(*inputs), target) to a scalar tensor, a mean over the batch's rows
    batches : iterable of tuples (*inputs, target), iterated once an epoch (`data.batches`)
    optimizer : a torch optimizer, or a class or function that makes one of (parameters, lr=lr).
        Adam unless told, with lr 1e-3 unless told.
    valid : batches like the training ones; evaluated after each epoch, in evaluation mode
    metrics : dict from name to a function of (model(*inputs), target) to one number, a mean over rows
    schedule : function from the optimizer to a torch scheduler, which steps after each epoch
    clip : the largest norm that the gradient (all parameters as one vector) may have
    patience, min_delta : stop when the validation loss has not fallen by more than `min_delta`
        for `patience` epochs
    restore_best : with `patience`, end with the weights of the best epoch
    progress : show a bar; unless told, when someone is there to watch

    Returns
    -------
    History
        Means over the rows of an epoch. The model is left in evaluation mode.

    Raises
    ------
    FloatingPointError
        if the loss becomes NaN or infinite; the weights are those before that batch.
    ValueError, TypeError
        if the model is on another device than the batches, there is no batch, or the loss
        or a metric does not give one number.
    """
    if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
        raise ValueError(f"fit: epochs must be a positive whole number, got {epochs!r}")
    if patience is not None and (valid is None or patience < 1):
        raise ValueError("fit: patience needs valid batches and must be at least 1")
    if clip is not None and not clip > 0:
        raise ValueError(f"fit: clip must be positive, got {clip!r}")
    metrics = dict(metrics or {})
    optimizer = _optimizer(model, optimizer, lr)
    scheduler = schedule(optimizer) if schedule is not None else None
    history, best, best_state = History(), math.inf, None
    for epoch in _bar(range(1, epochs + 1), progress):
        model.train()
        now = _run(model, loss, metrics, batches, epoch, "", optimizer, clip)
        if valid is not None:
            model.eval()
            with torch.no_grad():
                now.update(_run(model, loss, metrics, valid, epoch, "valid_"))
        now["lr"] = optimizer.param_groups[0]["lr"]
        for key, value in now.items():
            history.setdefault(key, []).append(value)
        watched = now["loss" if valid is None else "valid_loss"]
        if watched < best - min_delta:
            best, history.best_epoch = watched, epoch
            if patience is not None and restore_best:
                best_state = copy.deepcopy(model.state_dict())
        if scheduler is not None:
            plateau = isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
            scheduler.step(watched) if plateau else scheduler.step()
        if patience is not None and epoch - history.best_epoch >= patience:
            history.stopped_early = True
            break
    if best_state is not None:
        model.load_state_dict(best_state)
    model.eval()
    return history


def _run(model, loss, metrics, batches, epoch, prefix, optimizer=None, clip=None) -> dict[str, float]:
    """One pass over the batches; trains where there is an optimizer."""
    totals, rows = dict.fromkeys(["loss", *metrics], 0.0), 0
    which = "validation" if prefix else "training"
    for i, batch in enumerate(batches, 1):
        *inputs, target = _checked(model, batch, which, i)
        if optimizer is not None:
            optimizer.zero_grad()
        y_hat = model(*inputs)
        value = loss(y_hat, target)
        if not isinstance(value, torch.Tensor) or value.numel() != 1:
            raise TypeError(f"fit: the loss must be one number as a tensor, got {_what(value)}")
        number = value.item()
        if not math.isfinite(number):
            raise FloatingPointError(f"fit: the {which} loss is {number} in epoch {epoch}, batch {i}. Training "
                                     "diverged or the data hold such values: try a smaller lr, or clip=1.0.")
        if optimizer is not None:
            value.backward()
            if clip is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimizer.step()
        n = len(target)
        rows += n
        totals["loss"] += n * number
        with torch.no_grad():
            for name, metric in metrics.items():
                totals[name] += n * _number(name, metric(y_hat, target))
    if rows == 0:
        raise ValueError(f"fit: the {which} batches gave nothing in epoch {epoch}" + (
            ". A generator is used up after one pass: give data.batches(...) or a list."
            if epoch > 1 else ": is the data empty?"))
    return {prefix + name: total / rows for name, total in totals.items()}


def _checked(model, batch, which, i):
    if not isinstance(batch, (tuple, list)) or len(batch) < 2:
        raise TypeError(f"fit: {which} batch {i} must be a tuple (inputs, target), got {_what(batch)}")
    if i == 1:
        home = next((p.device for p in model.parameters()), None)
        for part in batch:
            if isinstance(part, torch.Tensor) and home is not None and part.device != home:
                raise ValueError(f"fit: the model is on {home} and the {which} batches are on {part.device}. "
                                 "Write model.to(device()); data.batches puts batches there.")
    return batch


def _optimizer(model, optimizer, lr):
    if isinstance(optimizer, torch.optim.Optimizer):
        if lr is not None:
            raise ValueError("fit: lr is set in the optimizer you gave; give one or the other")
        return optimizer
    parameters = [p for p in model.parameters() if p.requires_grad]
    if not parameters:
        raise ValueError("fit: the model has no parameters to train")
    if optimizer is None:
        return torch.optim.Adam(parameters, lr=1e-3 if lr is None else lr)
    return optimizer(parameters) if lr is None else optimizer(parameters, lr=lr)


def _number(name, value) -> float:
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        return value.item()
    if isinstance(value, numbers.Real):
        return float(value)
    raise TypeError(f"fit: the metric {name!r} must give one number, got {_what(value)}")


def _what(value) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)}"
    return f"a {type(value).__name__}"


def watched() -> bool:
    """Whether a person looks on: a terminal, or a notebook that is not being executed for storing."""
    if os.environ.get("D2LUTIL_EXPLORE", "").strip().lower() in ("stored", "check"):
        return False
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if hasattr(shell, "kernel"):
        return True
    return bool(getattr(sys.stderr, "isatty", lambda: False)())


def _bar(epochs, progress):
    if not (watched() if progress is None else progress):
        return epochs
    from tqdm.auto import tqdm

    return tqdm(epochs, desc="epoch", leave=False)
