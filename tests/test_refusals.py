"""What `fit` refuses because it would train wrongly in silence."""

import copy
import functools

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from d2lutil import data
from d2lutil.devices import device
from d2lutil.training import fit


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    X = torch.randn(60, 3, generator=generator)
    y = X @ torch.tensor([1.0, -2.0, 0.5]) + 0.1
    torch.manual_seed(1)
    return nn.Linear(3, 1).to(device()), X, y[:, None]


def refused(problem, match, error=ValueError, **options):
    """`fit` with these options raises before the model has changed."""
    model, X, y = problem
    given = {"model": model, "loss": F.mse_loss, "batches": data.batches(X, y)}
    given |= {"epochs": 2} | options
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(error, match=match):
        fit(**given)
    torch.testing.assert_close(model.state_dict(), before)


def squared(a, b):
    return ((a - b) ** 2).mean()


@pytest.mark.parametrize("loss", [F.mse_loss, nn.MSELoss(), squared])
@pytest.mark.parametrize("zero", [True, False])
def test_shapes_that_broadcast(problem, loss, zero):
    model, X, y = problem
    if zero:  # all outputs alike: the wrong loss has the right value at first
        model.load_state_dict({k: 0 * v for k, v in model.state_dict().items()})
    match = (
        r"gives \(60, 1\) and the target is \(60,\): the loss.*each target.*one shape"
    )
    refused(problem, match, loss=loss, batches=data.batches(X, y[:, 0], size=60))


def test_metrics_that_broadcast(problem):
    _, X, y = problem
    classes = (y > 0).long()
    refused(
        (nn.Linear(3, 1).to(device()), X, y),
        r"the target is \(60, 1\): the share broadcasts",
        loss=lambda a, b: F.binary_cross_entropy_with_logits(a, b[:, 0].float()),
        batches=data.batches(X, classes, size=60),
        model=nn.Sequential(nn.Linear(3, 1), nn.Flatten(0)).to(device()),
        metrics={"share": lambda a, b: ((a > 0.5) == b).float().mean()},
    )


@pytest.mark.parametrize(
    "loss",
    [
        lambda a, b: F.mse_loss(a[:, 0], b),
        lambda a, b: F.mse_loss(a.squeeze(1), b),
        lambda a, b: F.mse_loss(a.flatten(), b),
        lambda a, b: F.mse_loss(a, b[:, None]),
    ],
)
def test_a_loss_that_puts_shapes_right_is_served(problem, loss):
    model, X, y = problem
    fit(model, loss, data.batches(X, y[:, 0]), epochs=1)


def test_several_quantiles_against_one_target_are_served(problem):
    _, X, y = problem
    fit(nn.Linear(3, 5).to(device()), squared, data.batches(X, y), epochs=1)


@pytest.mark.parametrize(
    "loss",
    [nn.MSELoss(reduction="sum"), functools.partial(F.mse_loss, reduction="sum")],
)
def test_a_sum_over_rows(problem, loss):
    refused(problem, 'reduction="sum".*Give a mean', loss=loss)


@pytest.mark.parametrize("loss", [F.cross_entropy, nn.CrossEntropyLoss()])
def test_a_softmax_too_many(problem, loss):
    _, X, y = problem
    model = nn.Sequential(nn.Linear(3, 2), nn.Softmax(1)).to(device())
    batches = data.batches(X, (y[:, 0] > 0).long())
    refused(
        (model, X, y), "takes logits.*Leave the softmax out", loss=loss, batches=batches
    )
    fit(model[0], loss, batches, epochs=1)


def test_frozen_model(problem):
    problem[0].requires_grad_(False)
    refused(problem, "no parameters to train.*frozen")


def test_optimizer_of_another_model(problem):
    model, *_ = problem
    optimizer = torch.optim.SGD(copy.deepcopy(model).parameters(), lr=0.1)
    refused(problem, "holds none of the parameters", optimizer=optimizer)
    model.weight.requires_grad_(False)
    optimizer = torch.optim.SGD([model.weight], lr=0.1)
    refused(problem, "holds none of the parameters", optimizer=optimizer)


def test_optimizers_that_fit_cannot_serve(problem):
    refused(
        problem, "LBFGS wants the loss many", TypeError, optimizer=torch.optim.LBFGS
    )
    refused(problem, "optimizer must be.*got a list", TypeError, optimizer=list)


def test_detached_loss(problem):
    def detached(y_hat, target):
        return F.mse_loss(y_hat.detach(), target)

    refused(problem, "no gradient: something .* detaches", loss=detached)
    with torch.no_grad():
        refused(problem, "fit runs under no_grad")


def test_loss_of_something_else(problem):
    other = torch.zeros(1, requires_grad=True, device=device())

    def elsewhere(y_hat, target):
        return ((other - target) ** 2).mean()

    refused(problem, "depends on nothing that is trained", loss=elsewhere)


def test_options(problem):
    refused(problem, "min_delta must be 0 or more, got -0.1", min_delta=-0.1)
    with pytest.raises(TypeError, match="model must be a torch.nn.Module"):
        fit(squared, squared, [], epochs=1)
