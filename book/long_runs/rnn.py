"""A plain recurrent network and a window network on Genesis, some seeds each.

Learning rates are chosen on validation data by one more seed; the test text is read once, by
the networks of the rate chosen.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from book.long import side_by_side

PAGE = "11-recurrent/rnn"
TAKES = (
    "VOCAB",
    "IDS",
    "bits",
    "bits_with_past",
    "by_block",
    "streams",
    "train",
    "tuned_tables",
)

SEEDS, UNITS, EPOCHS = 3, 128, 4
RATES = (0.003, 0.006, 0.012, 0.024)
WINDOW_RATES = (0.002, 0.004, 0.008, 0.016)
LAST = (0, 1, 2, 3, 4, 6, 8, 12, 16, 32)


def run(page) -> dict:
    found = {}
    for kind, rates in (("recurrent", RATES), ("window", WINDOW_RATES)):
        # one more seed chooses the rate
        valid = side_by_side(tune, [(kind, 10, rate) for rate in rates])
        rate = rates[valid.index(min(valid))]
        runs = side_by_side(judge, [(kind, seed, rate) for seed in range(SEEDS)])
        tuned = {"rate": rate, "rates": rates, "valid": valid}
        found[kind] = tuned | {name: [r[name] for r in runs] for name in runs[0]}
    return found | page.tuned_tables() | {"units": UNITS, "last": LAST}


def trained(page, kind: str, seed: int, rate: float):
    if kind == "window":
        return train_window(page, seed, EPOCHS, rate)
    return page.train(seed, UNITS, EPOCHS, rate)


def tune(page, job) -> float:
    return round(trained(page, *job)[1][-1], 4)


def judge(page, job) -> dict:
    network, curve = trained(page, *job)
    found = {"curve": rounded(curve)}
    if job[0] == "window":
        test = window_bits(network, page.IDS["test"])
    else:  # read in one go; entry i is of character i + 2, so these start at the ninth
        test = page.bits(network, *page.streams(page.IDS["test"], 1))[0, 7:]
        past = [page.bits_with_past(network, page.IDS["test"], k) for k in LAST]
        found["by_past"] = [page.by_block(b) for b in past]
    return found | {"test": page.by_block(test)}


def rounded(values) -> list[float]:
    return [round(value, 4) for value in values]


def train_window(page, number: int, epochs: int, rate: float):
    """A network on eight characters side by side, and validation bits by epoch."""
    torch.manual_seed(number)
    layers = (
        nn.Embedding(len(page.VOCAB), 24),
        nn.Flatten(),
        nn.Linear(192, 128),
        nn.ReLU(),
    )
    net, curve = nn.Sequential(*layers, nn.Linear(128, len(page.VOCAB))), []
    grams = page.IDS["train"].unfold(0, 9, 1)  # (N, 9): eight characters and the next
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
    scores = net(grams[:, :8])
    return F.cross_entropy(scores, grams[:, 8], reduction="none") / math.log(2)
