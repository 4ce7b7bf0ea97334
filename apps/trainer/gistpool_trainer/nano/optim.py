"""Muon for the matrices inside the layers, AdamW for the rest; the learning rate is told at every step."""

import torch
from torch import nn

from .muon import WideMuon
from .precision import compute_dtype


class Optimizers:
    def __init__(self, model: nn.Module, weight_decay: float = 0.01) -> None:
        matrices: list[nn.Parameter] = []
        rest: list[nn.Parameter] = []
        for name, parameter in model.named_parameters():
            inner = parameter.dim() == 2 and "embed" not in name
            (matrices if inner else rest).append(parameter)
        muon = torch.optim.Muon if compute_dtype() is torch.bfloat16 else WideMuon
        self.parts = [
            muon(matrices, lr=1.0, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(rest, lr=1.0, betas=(0.9, 0.98), weight_decay=0.0),
        ]

    def step(self, learning_rate: float) -> None:
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = learning_rate
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, object]]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict[str, object]]) -> None:
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)
