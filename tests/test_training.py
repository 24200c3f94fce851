"""The training loop against loops written out by hand."""

import copy
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.optim import lr_scheduler

from d2lutil import data, training
from d2lutil.devices import device
from d2lutil.training import fit


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(60, 3, generator=generator)
    y = (
        X @ torch.tensor([1.0, -2.0, 0.5]) + 0.1 * torch.randn(60, generator=generator)
    )[:, None]
    torch.manual_seed(1)
    return nn.Linear(3, 1).to(device()), X, y


def test_equals_a_loop_by_hand(problem):
    model, X, y = problem
    by_hand = copy.deepcopy(model)
    history = fit(
        model,
        F.mse_loss,
        data.batches(X, y, size=25),
        epochs=3,
        optimizer=torch.optim.SGD,
        lr=0.1,
        metrics={"mae": F.l1_loss},
    )
    batches, losses, maes = data.batches(X, y, size=25), [], []
    for _ in range(3):
        loss_sum = mae_sum = 0.0
        for xb, yb in batches:
            y_hat = xb @ by_hand.weight.T + by_hand.bias
            loss = ((y_hat - yb) ** 2).mean()
            mae_sum += len(xb) * (y_hat - yb).abs().mean().item()
            loss_sum += len(xb) * loss.item()
            gradients = torch.autograd.grad(loss, list(by_hand.parameters()))
            with torch.no_grad():
                for p, g in zip(by_hand.parameters(), gradients, strict=True):
                    p -= 0.1 * g
        losses.append(loss_sum / 60)
        maes.append(mae_sum / 60)
    assert history["loss"] == pytest.approx(losses, rel=1e-5) and history[
        "mae"
    ] == pytest.approx(maes, rel=1e-5)
    for p, q in parameter_pairs(model, by_hand):
        torch.testing.assert_close(p, q)


def test_validation_is_a_mean_over_rows_in_evaluation_mode(problem):
    _, X, y = problem
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 1)).to(device())
    history = fit(
        model,
        F.mse_loss,
        data.batches(X, y),
        epochs=1,
        valid=data.batches(X, y, size=7, shuffle=False),
        metrics={"mae": F.l1_loss},
    )
    with torch.no_grad():
        y_hat = model(X.to(device()))
    assert not model.training
    assert history["valid_loss"][0] == pytest.approx(
        F.mse_loss(y_hat, y.to(device())).item(), rel=1e-5
    )
    assert history["valid_mae"][0] == pytest.approx(
        F.l1_loss(y_hat, y.to(device())).item(), rel=1e-5
    )


def test_clip_bounds_the_step(problem):
    model, X, y = problem
    before = copy.deepcopy(model)
    fit(
        model,
        lambda a, b: 1e6 * F.mse_loss(a, b),
        data.batches(X, y, size=60),
        epochs=1,
        optimizer=torch.optim.SGD,
        lr=1.0,
        clip=0.5,
    )
    step = torch.cat([(p - q).flatten() for p, q in parameter_pairs(model, before)])
    assert step.norm().item() == pytest.approx(0.5, rel=1e-4)


def test_schedule_steps_each_epoch(problem):
    model, X, y = problem
    history = fit(
        model,
        F.mse_loss,
        data.batches(X, y),
        epochs=4,
        optimizer=torch.optim.SGD,
        lr=0.1,
        schedule=lambda o: lr_scheduler.StepLR(o, 2, gamma=0.5),
        schedule_every="epoch",
    )
    assert history["lr"] == pytest.approx([0.1, 0.1, 0.05, 0.05])
    plateau = fit(
        model,
        F.mse_loss,
        data.batches(X, y),
        epochs=4,
        optimizer=torch.optim.SGD,
        lr=1e-6,
        schedule=lambda o: lr_scheduler.ReduceLROnPlateau(
            o, patience=0, threshold=1e-2
        ),
        schedule_every="epoch",
    )
    assert plateau["lr"][-1] < 1e-6


def test_schedule_steps_each_batch(problem):
    model, X, y = problem
    batches = data.batches(X, y, size=6)  # 10 batches an epoch

    def peak(o):
        return lr_scheduler.OneCycleLR(
            o, max_lr=0.5, epochs=8, steps_per_epoch=len(batches)
        )

    history = fit(
        model,
        F.mse_loss,
        batches,
        epochs=8,
        optimizer=torch.optim.SGD,
        lr=0.02,
        schedule=peak,
        schedule_every="batch",
    )
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.02)
    scheduler, rates = peak(optimizer), []
    for _ in range(80):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert history["lr"] == pytest.approx(rates) and max(rates) == pytest.approx(0.5)
    assert history.epochs == 8 and repr(history).startswith("History(8 epochs")


def test_patience_stops_and_restores_the_best(problem):
    model, X, y = problem
    worse = data.batches(
        X, -10 * y, shuffle=False
    )  # the better the fit, the worse the validation loss
    start = copy.deepcopy(model)
    history = fit(
        model,
        F.mse_loss,
        data.batches(X, y),
        epochs=50,
        lr=0.05,
        valid=worse,
        patience=3,
    )
    assert history.stopped_early and history.best_epoch == 1 and history.epochs == 4
    after_one = start
    fit(after_one, F.mse_loss, data.batches(X, y), epochs=1, lr=0.05)
    torch.testing.assert_close(model.weight, after_one.weight)
    kept = copy.deepcopy(after_one)
    fit(
        kept,
        F.mse_loss,
        data.batches(X, y),
        epochs=5,
        lr=0.05,
        valid=worse,
        patience=2,
        restore_best=False,
    )
    assert not torch.allclose(kept.weight, after_one.weight)


def test_min_delta_counts_small_gains_as_none(problem):
    model, X, y = problem
    batches = data.batches(X, y, shuffle=False)
    history = fit(
        model,
        F.mse_loss,
        batches,
        epochs=20,
        optimizer=torch.optim.SGD,
        lr=1e-7,
        valid=batches,
        patience=2,
        min_delta=0.1,
    )
    assert history.epochs == 3 and history.best_epoch == 1


def test_several_inputs_and_an_optimizer_made_before(problem):
    _, X, y = problem

    class Sum(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 1)

        def forward(self, a, b):
            return self.layer(a + b)

    model = Sum().to(device())
    history = fit(
        model,
        F.mse_loss,
        data.batches(X, X, y),
        epochs=2,
        optimizer=torch.optim.AdamW(model.parameters()),
    )
    assert history.epochs == 2


def test_history(problem):
    model, X, y = problem
    history = fit(
        model,
        F.mse_loss,
        data.batches(X, y),
        epochs=2,
        valid=data.batches(X, y),
        metrics={"mae": F.l1_loss},
    )
    assert list(history) == ["loss", "mae", "valid_loss", "valid_mae", "lr"]
    assert repr(history).startswith("History(2 epochs: loss ") and "\n" not in repr(
        history
    )
    fig = history.plot()
    assert [ax.get_ylabel() for ax in fig.axes] == ["loss", "mae"]
    assert [len(ax.lines) for ax in fig.axes] == [2, 2]
    import matplotlib.pyplot as plt

    plt.close(fig)


# ---------------------------------------------------------------- what goes wrong


def test_nan_names_epoch_and_batch_and_keeps_the_weights(problem):
    model, X, y = problem
    X = X.clone()
    X[30] = float("nan")
    batches = data.batches(X, y, size=20, shuffle=False)
    with pytest.raises(
        FloatingPointError,
        match="training loss is nan in epoch 1, batch 2.*smaller lr.*clip",
    ):
        fit(model, F.mse_loss, batches, epochs=2)
    assert model.weight.isfinite().all()


def test_divergence_is_caught(problem):
    model, X, y = problem
    with pytest.raises(FloatingPointError, match="inf|nan"):
        fit(
            model,
            F.mse_loss,
            data.batches(X, y),
            epochs=100,
            optimizer=torch.optim.SGD,
            lr=1e4,
        )


def test_other_device(problem):
    _, X, y = problem
    with pytest.raises(
        ValueError, match=r"the model is on meta.*model.to\(device\(\)\)"
    ):
        fit(nn.Linear(3, 1, device="meta"), F.mse_loss, data.batches(X, y), epochs=1)


class Once:
    """Batches that can be iterated once, and do not look it."""

    def __init__(self, batches):
        self.left = list(batches)

    def __iter__(self):
        while self.left:
            yield self.left.pop(0)


def test_empty_and_used_up_batches(problem):
    model, X, y = problem
    batches = data.batches(X, y)
    with pytest.raises(ValueError, match="gave nothing in epoch 1"):
        fit(model, F.mse_loss, [], epochs=1)
    with pytest.raises(ValueError, match="training batches gave nothing in epoch 2"):
        fit(model, F.mse_loss, Once(batches), epochs=2)
    with pytest.raises(ValueError, match="validation batches"):
        fit(model, F.mse_loss, batches, epochs=1, valid=[])
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ValueError, match="batches is a generator, used up.*of 2"):
        fit(model, F.mse_loss, (batch for batch in batches), epochs=2)
    with pytest.raises(ValueError, match="valid is a list_iterator"):
        fit(model, F.mse_loss, batches, epochs=2, valid=iter(list(batches)))
    torch.testing.assert_close(model.state_dict(), before)
    fit(model, F.mse_loss, iter(list(batches)), epochs=1)


def test_nan_metric_and_validation(problem):
    model, X, y = problem
    batches = data.batches(X, y, size=20)
    bad = data.batches(X, y * float("inf"), size=20)
    with pytest.raises(FloatingPointError, match="training share is nan in epoch 1"):
        fit(model, F.mse_loss, batches, epochs=1, metrics={"share": nan_metric})
    with pytest.raises(FloatingPointError, match="validation loss is inf .* batch 1"):
        fit(model, F.mse_loss, batches, epochs=1, valid=bad)


def nan_metric(y_hat, target):
    return float("nan")


@pytest.mark.parametrize("size", [20, 60])
def test_a_gradient_that_is_not_finite(problem, size):
    """The loss is finite, its gradient is not: told after the epoch, or at the next."""
    model, X, y = problem

    def loss(
        y_hat, target
    ):  # the square root of 0 has an infinite slope; 0 * inf is NaN
        return F.mse_loss(y_hat, target) + (0 * y_hat).sqrt().sum()

    with pytest.raises(
        FloatingPointError, match="a weight is NaN.*epoch 1.*square root"
    ):
        fit(model, loss, data.batches(X, y, size=size), epochs=2)


def test_clip_leaves_out_what_is_not_trained(problem):
    _, X, y = problem
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1)).to(device())
    with torch.no_grad():
        model[1].weight.mul_(0.1)
    head, before = model[1], copy.deepcopy(model)
    optimizer = torch.optim.SGD(head.parameters(), lr=1.0)
    fit(
        model,
        lambda a, b: 1e6 * F.mse_loss(a, b),
        data.batches(X, y, size=60),
        epochs=1,
        optimizer=optimizer,
        clip=0.5,
    )
    torch.testing.assert_close(model[0].weight, before[0].weight)
    step = [(p - q).flatten() for p, q in parameter_pairs(head, before[1])]
    assert torch.cat(step).norm().item() == pytest.approx(0.5, rel=1e-4)


def parameter_pairs(one, other):
    return zip(one.parameters(), other.parameters(), strict=True)


def test_rows_of_targets_that_are_no_tensor(problem):
    """Means weigh by rows of the input where the target has none."""
    model, X, y = problem
    batches = [((X[:50]), (y[:50],)), ((X[50:]), (y[50:],))]
    batches = [(x.to(device()), (t[0].to(device()),)) for x, t in batches]
    start = copy.deepcopy(model).eval()
    history = fit(
        model,
        lambda a, b: F.mse_loss(a, b[0]),
        batches,
        epochs=1,
        optimizer=torch.optim.SGD,
        lr=1e-12,
    )
    with torch.no_grad():
        whole = F.mse_loss(start(X.to(device())), y.to(device())).item()
    assert history["loss"][0] == pytest.approx(whole, rel=1e-5)
    with pytest.raises(TypeError, match="no part of a batch is a tensor with rows"):
        fit(Constant().to(device()), lambda a, b: (a - b) ** 2, [(1.0, 2.0)], epochs=1)


class Constant(nn.Module):
    def __init__(self):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        return self.value * x


@pytest.mark.parametrize(
    "options, error, match",
    [
        ({"epochs": 0}, ValueError, "epochs"),
        ({"epochs": 1, "patience": 2}, ValueError, "valid"),
        ({"epochs": 1, "clip": 0}, ValueError, "clip"),
        (
            {"epochs": 1, "metrics": {"bad": lambda a, b: a}},
            TypeError,
            "'bad' must give one number, got a tensor",
        ),
        ({"epochs": 1, "metrics": {"bad": lambda a, b: None}}, TypeError, "NoneType"),
        ({"epochs": 1, "loss": lambda a, b: a}, TypeError, "one number"),
        ({"epochs": 1, "batches": [torch.zeros(3)]}, TypeError, "tuple"),
        ({"epochs": 1, "model": nn.Flatten()}, ValueError, "no parameters"),
    ],
)
def test_bad_arguments(problem, options, error, match):
    model, X, y = problem
    options = {
        "model": model,
        "loss": F.mse_loss,
        "batches": data.batches(X, y),
        **options,
    }
    with pytest.raises(error, match=match):
        fit(**options)


def test_lr_twice(problem):
    model, X, y = problem
    with pytest.raises(ValueError, match="lr is set"):
        fit(
            model,
            F.mse_loss,
            data.batches(X, y),
            epochs=1,
            lr=1.0,
            optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        )


@pytest.mark.parametrize("mode", ["stored", "check"])
def test_silent_when_executed_for_storing(monkeypatch, mode):
    import IPython

    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel=None))
    monkeypatch.setenv("D2LUTIL_EXPLORE", mode)
    assert not training.watched()
    monkeypatch.delenv("D2LUTIL_EXPLORE")
    assert training.watched()


def test_progress_bar_when_told(problem, capsys):
    model, X, y = problem
    fit(model, F.mse_loss, data.batches(X, y), epochs=2, progress=True)
    assert "epoch" in capsys.readouterr().err
    fit(model, F.mse_loss, data.batches(X, y), epochs=2)
    assert capsys.readouterr().err == ""
