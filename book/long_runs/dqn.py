"""Deep Q-networks and their ablations on CartPole, twenty paired seeds each.

Each variant gets the learning rate that is best for it on ten other seeds: the longest greedy
episodes over the last five notes of training. Then it trains seeds 0 to 19, which share
their first weights and random numbers between variants.
"""

import numpy as np

from book.long import side_by_side

PAGE = "17-reinforcement/dqn"
TAKES = ("VARIANTS", "training")

RATES = (2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3, 8e-3)
TUNING, SEEDS, STEPS = list(range(100, 110)), list(range(20)), 20_000


def run(page) -> dict:
    grid = [(variant, lr, TUNING) for variant in page.VARIANTS for lr in RATES]
    tuned = side_by_side(train, grid)
    tables = {variant: [] for variant in page.VARIANTS}
    for (variant, _, _), result in zip(grid, tuned):
        late = np.mean([note["length"] for note in result["notes"][-5:]])
        tables[variant].append(round(float(late), 1))
    chosen = {variant: RATES[int(np.argmax(row))] for variant, row in tables.items()}
    runs = side_by_side(train, [(variant, lr, SEEDS) for variant, lr in chosen.items()])
    return {
        "rates": RATES,
        "tuning": tables,
        "chosen": chosen,
        "steps": STEPS,
        "runs": dict(zip(chosen, runs)),
    }


def train(page, job) -> dict:
    variant, lr, seeds = job
    notes, last, best = page.training(variant, lr, seeds, STEPS)
    names = "length", "promised", "earned"
    notes = [dict(zip(names, note.round(2).tolist())) for note in notes]
    return {"notes": notes, "last": last.tolist(), "best": best.tolist()}
