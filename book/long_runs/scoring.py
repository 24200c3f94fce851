"""How sharp a start may be: the page's digits with more starts, sizes, steps and a loss
without a logarithm.

Scores begin with the deviation `spread`: 1 is what the scale gives, sqrt(d) what its absence
does. Each setting gets the learning rate that is best for it on the validation images.
"""

from book.long import side_by_side

PAGE = "13-attention/scoring"
TAKES = (
    "F",
    "train",
    "error",
    "squared_loss",
    "standardize",
    "X_valid",
    "y_valid",
    "X_test",
    "y_test",
)

RATES = (3e-4, 5.6e-4, 1e-3, 1.8e-3, 3e-3, 5.6e-3, 1e-2, 1.8e-2, 3e-2, 5.6e-2, 0.1)
SPREADS = (1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16)


def run(page) -> dict:
    settings = [(64, s, 100, "cross_entropy") for s in SPREADS]
    settings += [(64, s, 100, "squared_loss") for s in SPREADS]
    settings += [
        (d, s, 100, "cross_entropy") for d in (4, 16, 256) for s in (1, d**0.5)
    ]
    settings += [(64, s, n, "cross_entropy") for n in (300, 1000) for s in (1, 8)]
    settings.sort(key=lambda setting: -setting[0] * setting[2])  # the long ones first
    return {"rates": RATES, "runs": side_by_side(best, settings)}


def best(page, setting) -> dict:
    """Percentages of wrong test images by seed, at the best of the rates."""
    d, spread, steps, loss = setting
    scale, start = d**-0.5, spread**0.5
    lost = {"cross_entropy": page.F.cross_entropy, "squared_loss": page.squared_loss}
    found = []
    for lr in RATES:
        W = page.train(scale, start, lr, steps=steps, d=d, loss=lost[loss])
        valid = page.error(W, scale, page.X_valid, page.y_valid).mean().item()
        found.append((valid, lr, W))
    valid, lr, W = min(found, key=lambda each: each[0])
    wrong = page.error(W, scale, page.standardize(page.X_test), page.y_test)
    return {
        "d": d,
        "spread": spread,
        "steps": steps,
        "loss": loss,
        "lr": lr,
        "valid": round(valid, 3),
        "wrong": [round(e, 4) for e in wrong.tolist()],
    }
