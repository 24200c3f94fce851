"""Autoencoders with and without noise and price, and five values of beta, ten seeds each.

Digits of 14 by 14 pixels. Each run is scored on 150 validation digits after 12, 25, 50 and
100 epochs and kept at the best of these. That model is scored on 500 test digits, and on the
first 100 of them once more with a tighter bound on the evidence.
"""

import torch

from book.long import side_by_side

PAGE = "16-generative/vae"
TAKES = (
    "VAE",
    "Autoencoder",
    "bell_curve",
    "half_size",
    "log_evidence",
    "mlp",
    "train",
)

SEEDS, TRAINING, EPOCHS = 10, 3850, (12, 25, 50, 100)
PLAIN, NOISY = "plain autoencoder", "variational autoencoder"
BETAS = (0.25, 0.5, 1.0, 2.0, 4.0)
JOBS = [(NOISY, 10, beta) for beta in BETAS]
JOBS += [
    (kind, k, 0.0 if kind == PLAIN else 1.0) for k in (2, 20) for kind in (PLAIN, NOISY)
]
JOBS += [(PLAIN, 10, 0.0)]


def run(page) -> dict:
    entries = dict(zip(JOBS, side_by_side(all_seeds, JOBS), strict=True))
    return {
        "checkpoints": EPOCHS,
        "kinds": [entries[job] for job in sorted(JOBS) if job[2] in (0.0, 1.0)],
        "betas": [entries[NOISY, 10, beta] for beta in BETAS],
    }


def all_seeds(page, job) -> dict:
    """The scores of one kind of model: for each key one entry per seed, in nats."""
    digits, test = page.half_size("train"), page.half_size("test")[:500]
    splits = digits[:TRAINING], digits[TRAINING:], test
    runs = [one_run(page, job, seed, *splits) for seed in range(SEEDS)]
    kind, k, beta = job
    found = {"kind": kind, "k": k, "beta": beta}
    return found | {key: [one[key] for one in runs] for key in runs[0]}


def one_run(page, job, seed, training, validation, test) -> dict:
    kind, k, beta = job
    torch.manual_seed(seed)
    model = (page.Autoencoder if kind == PLAIN else page.VAE)(
        page.mlp(196, 128, 2 * k), page.mlp(k, 128, 196)
    )
    scores, states, done = [], [], 0
    for epochs in EPOCHS:
        page.train(model, training, epochs - done, beta=beta, batch=100)
        done = epochs
        scores.append(evidence(page, model, training, validation).mean().item())
        states.append({name: part.clone() for name, part in model.state_dict().items()})
    best = max(range(len(EPOCHS)), key=lambda i: scores[i])
    model.load_state_dict(states[best])
    by_digit = evidence(page, model, training, test)
    tight = evidence(page, model, training, test[:100], K=2000, wide=2.0)
    found = {
        "epochs": EPOCHS[best],
        "validation": rounded(scores),
        "evidence": rounded(by_digit.mean()),
        "evidence_100": rounded(by_digit[:100].mean()),
        "evidence_100_tight": rounded(tight.mean()),
    }
    if kind == NOISY:
        with torch.no_grad():
            q = model.encode(test)
            elbo = -torch.stack([sum(model(test)) for _ in range(20)]).mean()
            rates = (q.mean**2 + q.stddev**2 - 1 - 2 * q.stddev.log()).mean(0) / 2
        found |= {
            "elbo": rounded(elbo),
            "rates": rounded(rates.sort(descending=True).values),
        }
    return found


def evidence(page, model, training, X, **options) -> torch.Tensor:
    """log p(x) of each row of X, with the model's own prior or a bell curve of its codes."""
    center, factor = page.bell_curve(model, training)
    if not isinstance(model, page.Autoencoder):
        center, factor = torch.zeros_like(center), torch.eye(len(center))

    def decode(u):
        return model.decoder(center + u @ factor.T)

    with torch.no_grad():
        codes = model.encode(torch.cat([training, X])).mean - center
    starts = torch.linalg.solve_triangular(factor, codes.T, upper=False).T
    parts = [
        page.log_evidence(decode, rows, starts, **options) for rows in X.split(250)
    ]
    return torch.cat(parts)


def rounded(values):
    return (
        [round(v, 3) for v in values]
        if isinstance(values, list)
        else round_tensor(values)
    )


def round_tensor(values):
    return rounded(values.tolist()) if values.ndim else round(values.item(), 3)
