"""How far back LSTMs recall a symbol, by the biases that their gates start with.

Learning rates are chosen on eight other networks and their sequences; what is reported comes
from twenty-four networks and sequences used once. One setting is trained ten times as long.
"""

import math

import torch

from book.long import side_by_side

PAGE = "11-recurrent/lstm"
TAKES = ("recalled", "start", "train")

SEEDS, TUNED_ON = range(24), range(100, 108)
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
LAGS, BIASES, UPDATES = (80, 20, 5), (0, 1.5, 3, 4.5, 6), 120


def run(page) -> dict:
    jobs = [("LSTM", 20, 0, 0, 10 * UPDATES)]
    for lag in LAGS:
        log = math.log(lag)
        other = [bias for bias in BIASES if abs(bias - log) > 0.2]
        settings = [("LSTM", log, 0), ("LSTM", log, -log)]
        settings += [("LSTM", 0, -log), ("plain", 0, 0)]
        settings += [("LSTM", bias, 0) for bias in other]
        jobs += [(kind, lag, *biases, UPDATES) for kind, *biases in settings]
    return {"runs": side_by_side(work, jobs)}


def work(page, job) -> dict:
    """Networks of one kind, at the rate that serves others best."""
    kind, lag, forget, write, updates = job

    def shares(seeds, rate) -> torch.Tensor:
        fresh = page.start(seeds, 4 if kind == "LSTM" else 1, forget, write)
        trained = page.train(fresh, seeds, lag, rate, updates)
        return page.recalled(trained, seeds, lag)

    valid = [round(shares(TUNED_ON, rate).mean().item(), 4) for rate in RATES]
    rate = RATES[valid.index(max(valid))]
    return {
        "kind": kind,
        "lag": lag,
        "forget": round(forget, 2),
        "write": round(write, 2),
        "updates": updates,
        "rate": rate,
        "rates": list(RATES),
        "valid": valid,
        "right": [round(share, 4) for share in shares(SEEDS, rate).tolist()],
    }
