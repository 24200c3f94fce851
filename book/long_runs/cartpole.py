"""CartPole to the threshold of its version 1: the page's own code with a larger budget.

    python book/long_runs/cartpole.py

Takes the functions and classes of chapters/17-reinforcement/policy-gradient.ipynb, trains five seeds of REINFORCE
(300 rounds) and of DQN (60,000 steps) and scores each on 100 episodes of gymnasium's CartPole-v1 itself, without
exploration. Writes the mean lengths and the share of seeds that reach 475 to cartpole_long.json beside the page,
which shows them. About 10 minutes on one core.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path

import gymnasium as gym
import nbformat
import torch

PAGE = Path(__file__).parents[2] / "chapters/17-reinforcement/policy-gradient.ipynb"
SEEDS, EPISODES, THRESHOLD = 5, 100, 475.0
ROUNDS, STEPS = 300, 60_000


def definitions(page: Path) -> dict:
    """What the page imports and defines, without running anything else of it."""
    names: dict = {"__name__": "policy_gradient"}
    for cell in nbformat.read(page, as_version=4).cells:
        if cell.cell_type != "code" or cell.source.startswith("%"):
            continue
        try:
            tree = ast.parse(cell.source)
        except SyntaxError:  # a line for the notebook alone, such as %pip
            continue
        keep = [node for node in tree.body
                if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)) or is_constant(node)]
        exec(compile(ast.Module(keep, []), str(page), "exec"), names)
    return names


def is_constant(node: ast.stmt) -> bool:
    """Whether it gives a value to one of the two names that the page's functions read."""
    return isinstance(node, ast.Assign) and all(
        isinstance(t, ast.Name) and t.id in ("SIZES", "double") for t in node.targets)


def real_score(page: dict, parameters, seed: int) -> torch.Tensor:
    """Mean lengths of greedy episodes of gymnasium's own CartPole-v1, (seeds,)."""
    runs = len(parameters[0])
    envs = gym.make_vec("CartPole-v1", num_envs=runs * EPISODES, vectorization_mode="sync",
                        vector_kwargs={"autoreset_mode": gym.vector.AutoresetMode.DISABLED})
    observation, _ = envs.reset(seed=seed)
    going_on, length = torch.ones(runs * EPISODES, dtype=torch.bool), torch.zeros(runs * EPISODES)
    while going_on.any():
        state = torch.as_tensor(observation, dtype=torch.float64).view(runs, EPISODES, 4)
        with torch.no_grad():
            action = page["greedy_action"](parameters, state).flatten().numpy()
        length += going_on
        for i in torch.nonzero(going_on).flatten().tolist():
            step, _, terminated, truncated, _ = envs.envs[i].step(int(action[i]))
            observation[i] = step
            going_on[i] = not (terminated or truncated)
    envs.close()
    return length.view(runs, EPISODES).mean(1)


def main() -> None:
    torch.set_num_threads(1)
    page = definitions(PAGE)
    results = {"threshold": THRESHOLD, "episodes": EPISODES, "environment": "CartPole-v1", "runs": []}

    def note(method: str, budget: str, parameters) -> None:
        by_seed = [round(x, 1) for x in real_score(page, parameters, seed=10_000).tolist()]
        results["runs"].append({"method": method, "budget": budget, "mean_length_by_seed": by_seed,
                                "success_rate": sum(x >= THRESHOLD for x in by_seed) / len(by_seed)})
        print(results["runs"][-1], flush=True)

    for method, baseline in (("REINFORCE with baseline", 1.0), ("REINFORCE without baseline", 0.0)):
        policy, _ = page["reinforce"](baseline=[baseline], seeds=SEEDS, rounds=ROUNDS, seed=1)
        note(method, f"{ROUNDS} rounds of 8 episodes", policy)
    agent = page["DQN"](no_target=[0, 1, 0], no_replay=[0, 0, 1], seeds=SEEDS, seed=1).train(STEPS)
    for i, variant in enumerate(("DQN", "DQN without target network", "DQN without replay")):
        for weights, name in ((agent.best, "best weights"), (agent.q, "last weights")):
            rows = [w.detach()[i * SEEDS:(i + 1) * SEEDS] for w in weights]
            note(f"{variant}, {name}", f"{STEPS:,} steps", rows)
    target = PAGE.with_name("cartpole_long.json")
    target.write_text(json.dumps(results, indent=1) + "\n")
    print(f"wrote {target.name}")


if __name__ == "__main__":
    main()
