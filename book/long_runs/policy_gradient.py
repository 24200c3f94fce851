"""CartPole to the threshold of its version 1: the page's own code with a larger budget.

Trains five seeds of REINFORCE (300 rounds) and of DQN (60,000 steps) and scores each on 100
episodes of gymnasium's CartPole-v1 itself, without exploration: mean lengths, and the share
of seeds that reach 475.
"""

import gymnasium as gym
import torch

from book.long import side_by_side

PAGE = "17-reinforcement/policy-gradient"
TAKES = ("DQN", "greedy_action", "reinforce")

SEEDS, EPISODES, THRESHOLD = 5, 100, 475.0
ROUNDS, STEPS = 300, 60_000


def run(page) -> dict:
    methods = ("REINFORCE with baseline", "REINFORCE without baseline", "DQN")
    return {
        "threshold": THRESHOLD,
        "episodes": EPISODES,
        "environment": "CartPole-v1",
        "runs": [score for part in side_by_side(train, methods) for score in part],
    }


def train(page, method: str) -> list[dict]:
    """Train one method and score what it found."""
    if method != "DQN":
        baseline = 0.0 if "without" in method else 1.0
        policy, _ = page.reinforce(
            baseline=[baseline], seeds=SEEDS, rounds=ROUNDS, seed=1
        )
        return [score(page, method, f"{ROUNDS} rounds of 8 episodes", policy)]
    agent = page.DQN(no_target=[0, 1, 0], no_replay=[0, 0, 1], seeds=SEEDS, seed=1)
    agent.train(STEPS)
    scores = []
    for i, variant in enumerate(
        ("DQN", "DQN without target network", "DQN without replay")
    ):
        own = slice(i * SEEDS, (i + 1) * SEEDS)
        for weights, name in ((agent.best, "best weights"), (agent.q, "last weights")):
            rows = [w.detach()[own] for w in weights]
            scores.append(score(page, f"{variant}, {name}", f"{STEPS:,} steps", rows))
    return scores


def score(page, method: str, budget: str, parameters) -> dict:
    lengths = [
        round(x, 1) for x in real_lengths(page, parameters, seed=10_000).tolist()
    ]
    return {
        "method": method,
        "budget": budget,
        "mean_length_by_seed": lengths,
        "success_rate": sum(x >= THRESHOLD for x in lengths) / len(lengths),
    }


def real_lengths(page, parameters, seed: int) -> torch.Tensor:
    """Mean lengths of greedy episodes of gymnasium's own CartPole-v1, (seeds,)."""
    runs = len(parameters[0])
    envs = gym.make_vec(
        "CartPole-v1",
        num_envs=runs * EPISODES,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": gym.vector.AutoresetMode.DISABLED},
    )
    observation, _ = envs.reset(seed=seed)
    going_on = torch.ones(runs * EPISODES, dtype=torch.bool)
    length = torch.zeros(runs * EPISODES)
    while going_on.any():
        state = torch.as_tensor(observation, dtype=torch.float64).view(
            runs, EPISODES, 4
        )
        with torch.no_grad():
            action = page.greedy_action(parameters, state).flatten().numpy()
        length += going_on
        for i in torch.nonzero(going_on).flatten().tolist():
            step, _, terminated, truncated, _ = envs.envs[i].step(int(action[i]))
            observation[i] = step
            going_on[i] = not (terminated or truncated)
    envs.close()
    return length.view(runs, EPISODES).mean(1)
