"""When the choice of a schedule matters: on digits, by batch size and number of epochs.

Twenty networks for each schedule and peak; the peak is chosen on validation digits.
"""

import torch

from book.long import side_by_side

PAGE = "09-optimization/schedules"
TAKES = (
    "train",
    "error",
    "shapes",
    "X_train",
    "y_train",
    "X_valid",
    "y_valid",
    "X_test",
    "y_test",
)

SEEDS = 20
PEAKS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
CASES = (
    (4, 32),
    (4, 6),
    (64, 32),
    (64, 6),
    (4, 2),
    (64, 2),
)  # batch, epochs: long first
SIX = (4, 6)  # the case where all six are compared, elsewhere two


def run(page) -> dict:
    done = dict(zip(CASES, side_by_side(work, list(CASES)), strict=True))
    return {
        "runs": [
            row for case in (SIX, *sorted(set(CASES) - {SIX})) for row in done[case]
        ]
    }


def work(page, case) -> list[dict]:
    """One row for each schedule: percentages of wrong digits by peak and seed."""
    batch, epochs = case
    curves = page.shapes(epochs * len(page.X_train) // batch)
    names = list(curves) if case == SIX else ["constant", "cosine"]
    rates = torch.stack([peak * curves[name] for name in names for peak in PEAKS], 1)
    P, _ = page.train(rates, batch, SEEDS)
    test, valid, seen = (
        page.error(P, X, y).unflatten(0, (len(names), len(PEAKS)))
        for X, y in (
            (page.X_test, page.y_test),
            (page.X_valid, page.y_valid),
            (page.X_train, page.y_train),
        )
    )
    best = valid.mean(-1).argmin(-1).tolist()
    return [
        {
            "batch": batch,
            "epochs": epochs,
            "name": name,
            "peaks": PEAKS,
            "valid": rounded(valid[i].mean(-1)),
            "best": best[i],
            "test": [rounded(row) for row in test[i]],
            "seen": round(seen[i, best[i]].mean().item(), 2),
        }
        for i, name in enumerate(names)
    ]


def rounded(values: torch.Tensor) -> list[float]:
    return [round(value, 2) for value in values.tolist()]
