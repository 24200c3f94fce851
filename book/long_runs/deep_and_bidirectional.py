"""Which vowel stood there? Readers of one direction and of two, of one layer and of two.

All have about as many parameters. Rates are chosen on two other networks of each kind and the
validation part; what is reported comes from ten networks and the test part, read once.
"""

import torch

from book.long import side_by_side

PAGE = "11-recurrent/deep-and-bidirectional"
TAKES = ("KINDS", "new_reader", "restored", "train", "windows")

SEEDS, TUNED_ON = range(10), range(100, 102)
RATES = (0.003, 0.01, 0.03, 0.1)
DELAYS = (1, 3, 6)  # of the reader to the right


def run(page) -> dict:
    jobs = [(kind, 0) for kind in reversed(page.KINDS)]  # the slowest first
    runs = side_by_side(work, jobs + [("right", delay) for delay in DELAYS])
    _, answers = page.windows("test")
    known = page.windows("train")[1]
    commonest = known[known >= 0].mode()[0]
    share = (answers[answers >= 0] == commonest).float().mean().item()
    lines = {found["kind"]: found.pop("line") for found in runs if not found["delay"]}
    return {"runs": runs, "commonest": round(share, 4), "lines": lines}


def work(page, job) -> dict:
    """Ten readers of one kind, at the rate that serves two others best."""
    kind, delay = job

    def reader(number, rate):
        return page.train(page.new_reader(kind, number), number, rate, delay=delay)

    valid = []
    for rate in RATES:
        two = [page.restored(reader(s, rate), "validation", delay) for s in TUNED_ON]
        valid.append(round(sum(shares["all"] for shares in two) / len(two), 4))
    rate = RATES[valid.index(max(valid))]
    readers = [reader(number, rate) for number in SEEDS]
    shares = [page.restored(model, "test", delay) for model in readers]
    found = {"kind": kind, "delay": delay, "rate": rate, "valid": valid}
    places = {place: [round(s[place], 4) for s in shares] for place in shares[0]}
    found["right"] = places
    if not delay:
        found["line"] = line(page, readers[0])
    return found


def line(page, model) -> str:
    """Vowels that a reader puts into the first windows of the test part; elsewhere spaces."""
    x, y = (rows[:4] for rows in page.windows("test"))
    with torch.no_grad():
        best = model(x).argmax(2)
    filled = torch.where(y >= 0, best, 5).flatten().tolist()
    return "".join("aeiou "[v] for v in filled)
