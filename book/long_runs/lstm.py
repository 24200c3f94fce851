"""How far back LSTMs recall a symbol, by the biases that their gates start with.

Learning rates are chosen on four other networks and their sequences; what is reported comes
from twelve networks and sequences used once.
"""

import math

import torch

from book.long import side_by_side

PAGE = "11-recurrent/lstm"
TAKES = ("recalled", "start", "train")

SEEDS, TUNED_ON = range(12), range(100, 104)
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
LAGS, BIASES = (80, 20, 5), (0, 1.5, 3, 4.5, 6)


def run(page) -> dict:
    jobs = []
    for lag in LAGS:
        log = math.log(lag)
        other = [bias for bias in BIASES if abs(bias - log) > 0.2]
        jobs += [("LSTM", lag, log, 0), ("LSTM", lag, log, -log)]
        jobs += [("LSTM", lag, 0, -log), ("plain", lag, 0, 0)]
        jobs += [("LSTM", lag, bias, 0) for bias in other]
    return {"runs": side_by_side(work, jobs)}


def work(page, job) -> dict:
    """Twelve networks of one kind, at the rate that serves four others best."""
    kind, lag, forget, write = job

    def shares(seeds, rate) -> torch.Tensor:
        fresh = page.start(seeds, 4 if kind == "LSTM" else 1, forget, write)
        return page.recalled(page.train(fresh, seeds, lag, rate), seeds, lag)

    valid = [round(shares(TUNED_ON, rate).mean().item(), 4) for rate in RATES]
    rate = RATES[valid.index(max(valid))]
    return {
        "kind": kind,
        "lag": lag,
        "forget": round(forget, 2),
        "write": round(write, 2),
        "rate": rate,
        "valid": valid,
        "right": [round(share, 4) for share in shares(SEEDS, rate).tolist()],
    }
