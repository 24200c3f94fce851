"""Does clipping save training, or would a smaller learning rate do?

Ten ReLU networks for each learning rate, with and without clipping. Validation text chooses
each side's rate; the test text is used once. Two other thresholds at the larger rates say
how much the choice of 1 matters.
"""

import math

from book.long import side_by_side

PAGE = "11-recurrent/vanishing-in-time"
TAKES = ("genesis", "judged", "read", "start", "train")

SEEDS, CHARACTERS, UNITS, STREAMS, WINDOW, UPDATES = 10, 61, 64, 32, 48, 200
RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
THRESHOLDS = (math.inf, 1.0)
OTHERS, LARGE_RATES = (0.25, 4.0), (0.5, 1.0, 2.0, 5.0)


def run(page) -> dict:
    jobs = [(theta, rate) for theta in THRESHOLDS for rate in RATES]
    jobs += [(theta, rate) for theta in OTHERS for rate in LARGE_RATES]
    done = dict(zip(jobs, side_by_side(work, jobs), strict=True))
    found = {"rates": list(RATES), "large_rates": list(LARGE_RATES)}
    for theta in THRESHOLDS:
        valid = [done[theta, rate]["valid"] for rate in RATES]
        best = min(range(len(RATES)), key=lambda i: sum(valid[i]))
        found[str(theta)] = {
            "rate": RATES[best],
            "valid": valid,
            "short": [done[theta, rate]["short"] for rate in RATES],
            "largest": [done[theta, rate]["largest"] for rate in RATES],
            "test": done[theta, RATES[best]]["test"],
        }
    for theta in OTHERS:
        found[str(theta)] = {
            "valid": [done[theta, rate]["valid"] for rate in LARGE_RATES]
        }
    return found


def work(page, job) -> dict:
    """Bits per character and the largest gradient norm of ten networks."""
    theta, rate = job
    fresh, rows = page.start(SEEDS, CHARACTERS, UNITS), page.genesis(0, STREAMS)
    p, norms = page.train(fresh, *rows, rate, theta, WINDOW, UPDATES)
    finite = norms.nan_to_num(0.0, posinf=3e38)  # a network that broke has NaN after it
    stretches = len(page.genesis(1, 1)[0][0]) // WINDOW
    return {
        "valid": rounded(page.judged(p, *page.genesis(1, 20))),
        "short": rounded(page.judged(p, *page.genesis(1, stretches))),
        "test": rounded(page.judged(p, *page.genesis(2, 20))),
        "largest": [float(f"{value:.3g}") for value in finite.amax(0).tolist()],
    }


def rounded(values) -> list[float]:
    return [round(value, 4) for value in values.tolist()]
