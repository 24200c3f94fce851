"""Does clipping save training, or would a smaller learning rate do?

Ten ReLU networks for each learning rate, with and without clipping. Validation text chooses
each side's rate; the test text is used once.
"""

import math

from book.long import side_by_side

PAGE = "11-recurrent/vanishing-in-time"
TAKES = ("genesis", "judged", "read", "start", "train")

SEEDS, CHARACTERS, UNITS, STREAMS, WINDOW, UPDATES = 10, 61, 64, 32, 48, 200
RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
THRESHOLDS = (math.inf, 1.0)


def run(page) -> dict:
    jobs = [(theta, rate) for theta in THRESHOLDS for rate in RATES]
    done = dict(zip(jobs, side_by_side(work, jobs), strict=True))
    found = {"rates": list(RATES)}
    for theta in THRESHOLDS:
        valid = [done[theta, rate]["valid"] for rate in RATES]
        best = min(range(len(RATES)), key=lambda i: sum(valid[i]))
        found[str(theta)] = {
            "rate": RATES[best],
            "valid": valid,
            "largest": [done[theta, rate]["largest"] for rate in RATES],
            "test": done[theta, RATES[best]]["test"],
        }
    return found


def work(page, job) -> dict:
    """Bits per character and the largest gradient norm of ten networks."""
    theta, rate = job
    fresh, rows = page.start(SEEDS, CHARACTERS, UNITS), page.genesis(0, STREAMS)
    p, norms = page.train(fresh, *rows, rate, theta, WINDOW, UPDATES)
    finite = norms.nan_to_num(0.0, posinf=3e38)  # a network that broke has NaN after it
    return {
        "valid": rounded(page.judged(p, *page.genesis(1, 20))),
        "test": rounded(page.judged(p, *page.genesis(2, 20))),
        "largest": [float(f"{value:.3g}") for value in finite.amax(0).tolist()],
    }


def rounded(values) -> list[float]:
    return [round(value, 4) for value in values.tolist()]
