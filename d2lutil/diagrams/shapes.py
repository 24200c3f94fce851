"""The shapes of a forward pass."""

from __future__ import annotations

import torch


def shapes(module: torch.nn.Module, *inputs) -> dict:
    """The shapes that a forward pass gives, ``{"encoder.0": (32, 64), …}``, for `shape=`.

    By the names of `module.named_modules()`; the whole is ``"output"``. A submodule that
    returns several tensors has a tuple of shapes. One that ran twice has its last, one that
    did not run has none. Parameters, buffers, modes and the random stream stay as they are.
    """
    found, hooks = {}, []
    training = {part: part.training for part in module.modules()}

    def of(result):
        if isinstance(result, torch.Tensor):
            return tuple(result.shape)
        return (
            tuple(of(r) for r in result) if isinstance(result, (tuple, list)) else None
        )

    for name, part in module.named_modules():
        hooks.append(
            part.register_forward_hook(
                lambda _, __, result, name=name: found.update(
                    {name or "output": of(result)}
                )
            )
        )
    try:
        module.eval()
        with torch.no_grad(), torch.random.fork_rng():
            module(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
        for part, mode in training.items():
            part.training = mode
    return found
