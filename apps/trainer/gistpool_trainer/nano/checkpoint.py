"""Reading what training wrote: the model alone, without its optimisers."""

from pathlib import Path
from typing import Any

import torch

from .config import Config
from .model import Transformer


def load_model(path: Path) -> tuple[Transformer, dict[str, Any]]:
    """The model in evaluation mode, and how far its training had come (steps, tokens, seconds)."""
    everything = torch.load(path, weights_only=False, map_location="cpu")
    model = Transformer(Config(**everything["config"]))
    model.load_state_dict(everything["model"])
    return model.eval(), everything["state"]
