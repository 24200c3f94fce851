"""What a baseline buys on CartPole-v1: twenty paired seeds, learning rates tuned alike.

Each way tries every rate on twenty seeds; the mean length over all rounds decides. Then
twenty other seeds are trained, at the rate of either way, and play 100 new walks each.
Along the way: how much of the gradient's variance the baseline leaves.
"""

import numpy as np

from book.long import side_by_side

PAGE = "17-reinforcement/policy-gradient"
TAKES = ("play", "poles", "reinforce", "variance_left")

SEEDS, ROUNDS, WALKS = 20, 40, 100
RATES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5)
WAYS = {"without": 0, "with": 1}
TUNING, TEST, NEW_WALKS, SPREAD = 1000, 2000, 3000, 4000  # seeds of the random numbers
SLOW, CHECKPOINTS, COPIES = 0.02, (0, 5, 10, 15, 20, 25, 30, 40), 40


def run(page) -> dict:
    jobs = [(name, rate) for name in WAYS for rate in RATES]
    means = dict(zip(jobs, side_by_side(tune, jobs), strict=True))
    best = {name: max(RATES, key=lambda rate: means[name, rate]) for name in WAYS}
    tests = [(name, rate) for name in WAYS for rate in sorted(set(best.values()))]
    tested = dict(zip(tests, side_by_side(test, tests), strict=True))
    spread = side_by_side(spread_of, CHECKPOINTS)
    return {
        "rates": list(RATES),
        "rounds": ROUNDS,
        "tuning": {name: [means[name, rate] for rate in RATES] for name in WAYS},
        "best": best,
        "tests": [
            {"way": name, "rate": rate, **tested[name, rate]} for name, rate in tests
        ],
        "slow": SLOW,
        "checkpoints": list(CHECKPOINTS),
        "variance_left": spread,  # (checkpoints, seeds)
    }


def tune(page, job) -> float:
    name, rate = job
    _, lengths = page.reinforce(SEEDS, ROUNDS, rate, WAYS[name], seed=TUNING)
    return round(float(lengths.mean()), 1)


def test(page, job) -> dict:
    name, rate = job
    net, lengths = page.reinforce(SEEDS, ROUNDS, rate, WAYS[name], seed=TEST)
    n = SEEDS * WALKS
    u = np.random.default_rng(NEW_WALKS).random((500, n))
    *_, on = page.play(page.poles(n), net.chances, u, NEW_WALKS)
    after = on.sum(0).reshape(SEEDS, WALKS).mean(1)
    return {"lengths": lengths.round(2).tolist(), "after": after.round(1).tolist()}


def spread_of(page, rounds: int) -> list[float]:
    """Of each of ten seeds, after so many rounds at a rate at which one can watch."""
    net, _ = page.reinforce(10, rounds, SLOW, 1, seed=TEST)
    left = [page.variance_left(net, i, COPIES, SPREAD + i) for i in range(10)]
    return [round(float(x), 4) for x in left]
