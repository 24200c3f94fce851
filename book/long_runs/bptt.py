"""What truncation costs: on the text of Genesis, and on an echo of known length.

Ten networks for each chunk length and learning rate. Rates are chosen on validation data;
what is reported comes from data used once.
"""

from functools import partial

import torch
from torch.func import vmap

from book.long import side_by_side

PAGE = "11-recurrent/bptt"
TAKES = (
    "echo",
    "first_state",
    "genesis",
    "judged",
    "one_hot",
    "start",
    "train",
    "truncated",
)

SEEDS = 10
RATES = (0.003, 0.01, 0.03)
ECHO_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)
READOUT_RATES = (0.1, 0.3, 1.0, 3.0, 10.0)  # where the recurrent weights stay as drawn
CHARACTERS, UNITS, STREAMS, WINDOW, EPOCHS = 61, 64, 16, 32, 4
TEXT_CHUNKS = (1, 2, 4, 8, 16, 32)
ECHO_CHUNKS, LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 12, 24), (3, 6)
READOUT = ("W_hy", "b_y")


def run(page) -> dict:
    jobs = [("echo", lag) for lag in LAGS] + [("text", tau) for tau in TEXT_CHUNKS]
    done = dict(zip(jobs, side_by_side(work, jobs), strict=True))
    return {
        "text": [done["text", tau] for tau in TEXT_CHUNKS],
        "echo": [row for lag in LAGS for row in done["echo", lag]],
    }


def work(page, job):
    kind, number = job
    return text(page, number) if kind == "text" else echo(page, number)


def text(page, tau: int) -> dict:
    """Bits per character of networks whose gradient is cut every `tau` characters."""
    x, y = page.genesis(0, STREAMS, SEEDS)
    streams = x.repeat(1, 1, EPOCHS), y.repeat(1, 1, EPOCHS)
    fresh = page.start(SEEDS, CHARACTERS, UNITS, CHARACTERS)
    tuned = {}
    for rate in RATES:
        p = page.train(fresh, *streams, tau, rate, WINDOW)
        tuned[rate] = page.judged(p, *page.genesis(1, 20, SEEDS))[0].mean().item(), p
    rate = min(tuned, key=lambda rate: tuned[rate][0])
    p = tuned[rate][1]
    found = {
        "tau": tau,
        "rate": rate,
        "valid": [round(tuned[rate][0], 4) for rate in RATES],
        "bits": rounded(page.judged(p, *page.genesis(2, 20, SEEDS))[0]),
    }
    if tau == WINDOW:  # what cuts leave out of the gradient of these networks
        found["lost_before"] = lost(page, fresh, x, y)
        found["lost_after"] = lost(page, p, x, y)
    return found


def lost(page, p, x, y) -> dict:
    """|g_tau - g| / |g| of W_hh by chunk length, one a seed: means over ten windows."""
    x, y = x[..., : 10 * WINDOW], y[..., : 10 * WINDOW]
    found = dict.fromkeys(TEXT_CHUNKS[:-1], 0)
    for x_w, y_w in zip(x.split(WINDOW, 2), y.split(WINDOW, 2), strict=True):
        window = page.one_hot(p, x_w), y_w, page.first_state(p, x_w), p
        cut = {
            tau: vmap(partial(page.truncated, tau=tau))(*window)[0]["W_hh"].flatten(1)
            for tau in TEXT_CHUNKS
        }
        full = cut[WINDOW]
        for tau in found:
            found[tau] += (cut[tau] - full).norm(dim=1) / full.norm(dim=1) / 10
    return {tau: rounded(values) for tau, values in found.items()}


def echo(page, lag: int) -> list[dict]:
    """Share of symbols repeated after `lag` steps, by chunk length."""
    fresh, streams = page.start(SEEDS, 4, 24, 4), page.echo(lag, SEEDS, 16, 4800, 0)
    found = []
    for tau in (*ECHO_CHUNKS, None):
        rates, names = (ECHO_RATES, None) if tau else (READOUT_RATES, READOUT)
        tuned = {}
        for rate in rates:
            p = page.train(fresh, *streams, tau or 24, rate, 24, names)
            right = page.judged(p, *page.echo(lag, SEEDS, 4, 1200, 1))[1]
            tuned[rate] = right.mean().item(), p
        rate = max(tuned, key=lambda rate: tuned[rate][0])
        found.append(
            {
                "lag": lag,
                "tau": tau,
                "rate": rate,
                "valid": [round(tuned[rate][0], 4) for rate in rates],
                "right": rounded(
                    page.judged(tuned[rate][1], *page.echo(lag, SEEDS, 4, 1200, 2))[1]
                ),
            }
        )
    return found


def rounded(values: torch.Tensor) -> list[float]:
    return [round(value, 4) for value in values.tolist()]
