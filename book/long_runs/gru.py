"""Plain network, GRU and LSTM with equal numbers of parameters on Genesis.

Each kind has the rate that serves two more networks best on validation text; the test text
is read once, by ten networks of that rate. What gates do is seen on validation text.
"""

import torch
from torch import nn
from torch.nn import functional as F

from book.long import side_by_side

PAGE = "11-recurrent/gru"
TAKES = (
    "IDS",
    "LanguageModel",
    "VOCAB",
    "forward",
    "bits",
    "gru_step",
    "judged",
    "reset_first_step",
    "train",
    "unpack",
)

SEEDS, TUNED_ON, UPDATES = 10, (100, 101), 3 * 153
UNITS = {"GRU": 64, "plain": 117, "LSTM": 54}
RATES = {
    "plain": (0.004, 0.008, 0.016, 0.032),
    "LSTM": (0.032, 0.064, 0.128, 0.256, 0.512),
    "GRU": (0.016, 0.032, 0.064, 0.128),
}


def run(page) -> dict:
    tuning = [(k, n, rate) for k in UNITS for rate in RATES[k] for n in TUNED_ON]
    bits = dict(zip(tuning, side_by_side(tune, tuning), strict=True))
    found = {}
    for kind, rates in RATES.items():
        valid = [
            round(sum(bits[kind, n, rate] for n in TUNED_ON) / len(TUNED_ON), 4)
            for rate in rates
        ]
        rate = rates[valid.index(min(valid))]
        found[kind] = {"rate": rate, "rates": rates, "valid": valid}
    jobs = [(k, seed, found[k]["rate"]) for k in UNITS for seed in range(SEEDS)]
    runs = dict(zip(jobs, side_by_side(judge, jobs), strict=True))
    for kind, units in UNITS.items():
        mine = [made for job, made in runs.items() if job[0] == kind]
        found[kind] |= {name: [made[name] for made in mine] for name in mine[0]}
        found[kind]["units"] = units
    return found


def fresh(page, kind: str, number: int):
    """A model as torch starts it."""
    torch.manual_seed(number)
    cell = {"plain": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}[kind]
    return page.LanguageModel(cell, UNITS[kind])


def blocks(page):
    """Validation text in 20 blocks, which are read side by side."""
    text = page.IDS["validation"]
    return text[: len(text) // 20 * 20].view(20, -1)


def tune(page, job) -> float:
    kind, number, rate = job
    model, ids = fresh(page, kind, number), blocks(page)
    page.train(model, rate, UPDATES)
    with torch.no_grad():
        return page.bits(model(ids[:, :-1])[0], ids).mean().item()


def judge(page, job) -> dict:
    kind, number, rate = job
    model = fresh(page, kind, number)
    at_start = page.unpack(model.cell) if kind == "GRU" else None
    at_start = {k: v.clone() for k, v in at_start.items()} if at_start else None
    page.train(model, rate, UPDATES)
    found = {
        "test": round(page.judged(model, "test"), 4),
        "parameters": sum(w.numel() for w in model.parameters()),
    }
    return found | (looked_into(page, model, at_start) if kind == "GRU" else {})


@torch.no_grad()
def looked_into(page, model, at_start) -> dict:
    """What gates do in a trained GRU, and what changing them does, without training."""
    ids = blocks(page)[:, :251]
    X, h_0 = F.one_hot(ids[:, :-1], len(page.VOCAB)).float(), torch.zeros(20, 64)
    p = page.unpack(model.cell)

    def score(p, step=page.gru_step):
        states, gates = page.forward(X, h_0, p, step)
        scores = model.readout(torch.stack(states[1:], 1))
        return page.bits(scores, ids).mean().item(), gates

    def held(p, block: int, bias: float):
        b_x = p["b_x"].clone()
        b_x[64 * block : 64 * (block + 1)] = bias
        return p | {"b_x": b_x}

    def gap(p):
        """|states of one placement − of the other| / |states|."""
        one, other = (
            torch.stack(page.forward(X, h_0, p, step)[0])
            for step in (page.gru_step, page.reset_first_step)
        )
        return ((one - other).norm() / one.norm()).item()

    def no_bias(p):
        """With the bias inside the reset gate at 0."""
        b_h = p["b_h"].clone()
        b_h[128:] = 0
        return p | {"b_h": b_h}

    as_trained, gates = score(p)
    z = torch.stack([g[1] for g in gates]).mean((0, 1))  # (64,)
    found = {
        "as_trained": as_trained,
        "swapped": score(p, page.reset_first_step)[0],
        "reset at 1": score(held(p, 0, 1e3))[0],
        "reset at 0": score(held(p, 0, -1e3))[0],
        "update at 0": score(held(p, 1, -1e3))[0],
        "gap fresh": gap(no_bias(at_start)),
        "gap trained": gap(no_bias(p)),
        "spread of reset": torch.stack([g[0] for g in gates]).std(-1).mean().item(),
    }
    return {k: round(v, 4) for k, v in found.items()} | {
        "kept": [round(v, 3) for v in z.sort().values.tolist()]
    }
