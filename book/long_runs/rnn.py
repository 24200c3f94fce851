"""A plain recurrent network and a window network on Genesis, ten seeds each.

Learning rates are chosen on validation data by three more seeds; so are the settings of
the tables of counts. The test text is read once, by the models that were chosen.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from book.long import side_by_side

PAGE = "11-recurrent/rnn"
TAKES = (
    "IDS",
    "PARTS",
    "V",
    "additive_bits",
    "bits",
    "bits_with_past",
    "count_bits",
    "count_tables",
    "streams",
    "train",
)

UNITS, EPOCHS = 128, 4
JUDGED, TUNING = range(10), (10, 11, 12)  # seeds
RATES = {
    "recurrent": (0.003, 0.006, 0.012, 0.024, 0.048),
    "window": (0.004, 0.008, 0.016, 0.032, 0.064),
}
LAST = (0, 1, 2, 3, 4, 6, 8, 12, 16, 32)


def run(page) -> dict:
    found = {"units": UNITS, "last": LAST, **tables(page)}
    for kind, rates in RATES.items():
        jobs = [(kind, seed, rate) for rate in rates for seed in TUNING]
        bits = torch.tensor(side_by_side(tuned, jobs)).view(len(rates), len(TUNING))
        valid = rounded(bits.mean(1))
        rate = rates[valid.index(min(valid))]
        runs = side_by_side(judged, [(kind, seed, rate) for seed in JUDGED])
        found[kind] = {"rate": rate, "rates": rates, "valid": valid}
        found[kind] |= {name: [r[name] for r in runs] for name in runs[0]}
    return found


def rounded(values) -> list[float]:
    return [round(float(value), 4) for value in values]


def by_stretch(bits) -> list[float]:
    """Means of twenty stretches of the text."""
    return rounded(block.mean() for block in bits.tensor_split(20))


# ---------------------------------------------------------------- networks


def trained(page, kind: str, seed: int, rate: float):
    if kind == "window":
        return train_window(page, seed, EPOCHS, rate)
    return page.train(seed, UNITS, EPOCHS, rate)


def tuned(page, job) -> float:
    return trained(page, *job)[1][-1]


def judged(page, job) -> dict:
    network, curve = trained(page, *job)
    found, ids = {"curve": rounded(curve)}, page.IDS["test"]
    if job[0] == "window":
        return found | {"test": by_stretch(window_bits(network, ids))}
    # read in one go; entry i is of character i + 2, so these start at the ninth
    found["test"] = by_stretch(page.bits(network, *page.streams(ids, 1))[0, 7:])
    found["past"] = rounded(page.bits_with_past(network, ids, k).mean() for k in LAST)
    return found


def train_window(page, number: int, epochs: int, rate: float):
    """A network on eight characters side by side, and validation bits by epoch."""
    torch.manual_seed(number)
    net = nn.Sequential(
        nn.Embedding(page.V, 24),
        nn.Flatten(),
        nn.Linear(8 * 24, UNITS),
        nn.ReLU(),
        nn.Linear(UNITS, page.V),
    )
    grams, curve = page.IDS["train"].unfold(0, 9, 1), []  # (N, 9): eight and the next
    optimizer = torch.optim.Adam(net.parameters(), rate)
    steps = epochs * math.ceil(len(grams) / 512)
    slower = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(grams)).split(512):
            loss = F.cross_entropy(net(grams[rows, :8]), grams[rows, 8])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            slower.step()
        curve.append(window_bits(net, page.IDS["validation"]).mean().item())
    return net, curve


@torch.no_grad()
def window_bits(net, ids):
    """-log2 of the probability of each character from the ninth on, (N - 8,)."""
    grams = ids.unfold(0, 9, 1)
    return F.cross_entropy(net(grams[:, :8]), grams[:, 8], reduction="none") / math.log(
        2
    )


# ---------------------------------------------------------------- tables of counts


def tables(page) -> dict:
    """Trigram and best table: chosen settings, validation and test bits."""
    counts = page.count_tables(page.PARTS["train"], 10)
    held, test = page.PARTS["validation"], page.PARTS["test"]
    added = (0.01, 0.03, 0.1, 0.3)
    adding = [page.additive_bits(counts, held, alpha).mean() for alpha in added]
    alpha = added[adding.index(min(adding))]
    strengths = (10, 20, 40, 80)
    smoothed = [page.count_bits(counts, held, beta).mean(1) for beta in strengths]
    best = min(range(len(strengths)), key=lambda i: smoothed[i].min())
    beta, order = strengths[best], int(smoothed[best].argmin()) + 1
    return {
        "trigram": {
            "added": alpha,
            "valid": round(min(adding).item(), 4),
            "test": by_stretch(page.additive_bits(counts, test, alpha)),
        },
        "table": {
            "order": order,
            "strength": beta,
            "valid": round(smoothed[best].min().item(), 4),
            "valid_by_order": rounded(min(bits) for bits in zip(*smoothed)),
            "test": by_stretch(page.count_bits(counts, test, beta)[order - 1]),
        },
    }
