"""The optimiser for CPUs without bfloat16 against PyTorch's own."""

from typing import Any

import pytest
import torch

from gistpool_trainer.nano.muon import WideMuon

SETTINGS: dict[str, Any] = {"lr": 0.01, "weight_decay": 0.1, "adjust_lr_fn": "match_rms_adamw"}


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (16, 16)])
def test_wide_muon_steps_as_muon_does_and_takes_over_its_state(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(5)
    start = torch.randn(shape, generator=generator)
    parameters = [torch.nn.Parameter(start.clone()) for _ in range(2)]
    narrow, wide = (
        cls([p], **SETTINGS) for cls, p in zip((torch.optim.Muon, WideMuon), parameters, strict=True)
    )
    for step in range(8):
        gradient = torch.randn(shape, generator=generator)
        for parameter, optimizer in zip(parameters, (narrow, wide), strict=True):
            parameter.grad = gradient.clone()
            optimizer.step()
        if step == 3:
            wide.load_state_dict(narrow.state_dict())
    moved = (parameters[0] - start).norm()
    assert moved > 0.1
    assert (parameters[0] - parameters[1]).norm() < 0.1 * moved
