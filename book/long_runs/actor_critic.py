"""Actor-critic on two worlds, learning rates tuned alike, then twenty fresh seeds.

CartPole-v1, 100,000 steps: A2C at five values of lambda; PPO at three clip ranges.
Pendulum-v1, 96,000 steps: PPO at three values of lambda. Each learning rate is chosen on ten
seeds by the pay of the last tenth of training; the curves come from twenty other runs.
"""

import torch

from book.long import side_by_side

PAGE = "17-reinforcement/actor-critic"
TAKES = ("Pole", "Pendulum", "train")

A2C = {"rounds": 390, "steps": 32, "gamma": 0.99}
PPO = {**A2C, "lam": 0.95, "epochs": 4, "minis": 4}
SWING = {"rounds": 60, "steps": 200, "gamma": 0.95, "epochs": 10, "minis": 8}
RATES = {"A2C": [0.001, 0.003, 0.01, 0.03, 0.1], "PPO": [0.001, 0.003, 0.01]}
METHODS = {
    **{f"A2C {lam}": ("Pole", {**A2C, "lam": lam}) for lam in (0, 0.5, 0.9, 0.95, 1)},
    **{f"PPO {clip}": ("Pole", {**PPO, "clip": clip}) for clip in (0.1, 0.2, 1e9)},
    **{f"Swing {lam}": ("Pendulum", {**SWING, "lam": lam}) for lam in (0, 0.95, 1)},
}
TUNING, SEEDS, ENVS = 10, 20, 8


def run(page) -> dict:
    tried = [
        (name, rate, TUNING, 0)
        for name in METHODS
        for rate in RATES.get(name.split()[0], RATES["PPO"])
    ]
    tried = sorted(tried, key=lambda item: item[0].startswith("A2C"))  # long ones first
    means = [mean for mean, _, _ in side_by_side(learn, tried)]
    tuning = {name: {} for name in METHODS}
    for (name, rate, *_), mean in zip(tried, means, strict=True):
        tuning[name][str(rate)] = round(mean, 1)
    best = {name: max(found, key=found.get) for name, found in tuning.items()}
    fresh = [(name, float(best[name]), SEEDS, 1) for name in METHODS]
    results = side_by_side(learn, fresh)
    return {
        "tuning": tuning,
        "rate": best,
        "curves": {m: c for m, (_, c, _) in zip(METHODS, results, strict=True)},
        "last": {m: x for m, (_, _, x) in zip(METHODS, results, strict=True)},
    }


def learn(page, item) -> tuple:
    """Mean pay of the last tenth; curves of 20 points (seeds, 20); the last tenth (seeds,)."""
    name, rate, seeds, seed = item
    world, settings = METHODS[name]
    torch.manual_seed(seed)
    start = getattr(page, world)(seeds, ENVS, seed)
    _, curve = page.train(start, lr=rate, **settings)
    last = curve[-(len(curve) // 10) :].mean(0)
    points = torch.stack([part.mean(0) for part in curve.tensor_split(20)], 1)
    rounded = [[round(x, 1) for x in row] for row in points.tolist()]
    return last.mean().item(), rounded, [round(x, 1) for x in last.tolist()]
