"""Ten window networks, alone and mixed with a table of counts, on the text of Genesis.

Rate and dropout, and the weight of the mixture, are chosen on the validation text; the
test text is read once, by the networks that were chosen.
"""

import torch

from book.long import side_by_side

PAGE = "11-recurrent/language-models"
TAKES = (
    "by_block",
    "count_bits",
    "mix_bits",
    "rarity",
    "train_window",
    "valid_text",
    "window_bits",
)

UNITS, EPOCHS, SEEDS = 256, 8, 10
RATES, DROPS = (0.008, 0.016, 0.032), (0.15, 0.3, 0.45)
BETA, ORDER = 32, 8  # as the page chooses them on the validation text
WEIGHTS = [round(0.1 * i, 1) for i in range(1, 10)]  # of the counts


def run(page) -> dict:
    half = [(rate, 0.3) for rate in RATES]
    bits = dict(zip(half, side_by_side(tried, half), strict=True))
    rate = min(half, key=bits.get)[0]
    rest = [(rate, drop) for drop in DROPS if drop != 0.3]
    bits |= zip(rest, side_by_side(tried, rest), strict=True)
    rate, drop = min(bits, key=bits.get)
    found = side_by_side(judged, [(seed, rate, drop) for seed in range(SEEDS)])
    mixed = torch.tensor([row["mixed_valid"] for row in found]).mean(0)
    best = int(mixed.argmin())
    return {
        "units": UNITS,
        "epochs": EPOCHS,
        "grid": [[*setting, round(b, 4)] for setting, b in bits.items()],
        "rate": rate,
        "drop": drop,
        "weights": [[w, round(b, 4)] for w, b in zip(WEIGHTS, mixed.tolist())],
        "weight": WEIGHTS[best],
        "network": [row["network"] for row in found],
        "mixed": [row["mixed"][best] for row in found],
    }


def tried(page, setting) -> float:
    """Validation bits of one network; its seed is not used again."""
    rate, drop = setting
    net = page.train_window(SEEDS, UNITS, EPOCHS, rate, drop)
    return page.window_bits(net, page.valid_text).mean().item()


def judged(page, setting) -> dict:
    """Test bits of a network and of its mixtures: sums over blocks and rarities."""
    seed, rate, drop = setting
    net = page.train_window(seed, UNITS, EPOCHS, rate, drop)
    counts = page.count_bits(page.valid_text, BETA)[:, ORDER - 1]
    alone = page.window_bits(net, page.valid_text)
    mixed = [page.mix_bits(counts, alone, w).mean().item() for w in WEIGHTS]
    test_text = page.data.genesis("test")
    group = page.rarity(test_text)
    counts = page.count_bits(test_text, BETA)[:, ORDER - 1]
    alone = page.window_bits(net, test_text)
    sums = lambda bits: page.by_block(bits, group).round(decimals=2).tolist()
    return {
        "mixed_valid": mixed,
        "network": sums(alone),
        "mixed": [sums(page.mix_bits(counts, alone, w)) for w in WEIGHTS],
    }
