"""Muon for the matrices inside the layers, AdamW for the rest; warm-up, constant, linear decay."""

import torch
from torch import nn


class Optimizers:
    def __init__(self, model: nn.Module, lr: float, weight_decay: float = 0.01) -> None:
        matrices: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for name, parameter in model.named_parameters():
            inner = parameter.dim() == 2 and "embed" not in name
            (matrices if inner else rest).append(parameter)
        self.lr = lr
        self.parts = [
            torch.optim.Muon(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def step(self, scale: float) -> None:
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = self.lr * scale
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, object]]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict[str, object]]) -> None:
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def lr_scale(step: int, steps: int, warmup: int, decay_share: float) -> float:
    """Rises over the warm-up, stays, and falls linearly to zero over the last share of the run."""
    if step < warmup:
        return (step + 1) / warmup
    decay_from = steps * (1 - decay_share)
    if step <= decay_from:
        return 1.0
    return max(0.0, (steps - step) / (steps - decay_from))
