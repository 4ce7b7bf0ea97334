"""A run's weights as one folder of safetensors, adapters merged, with tokenizer and method."""

import json
import tempfile
from pathlib import Path
from typing import Any

import torch

from gistpool_trainer.finetune.checkpoints import Checkpoints
from gistpool_trainer.finetune.config import FinetuneConfig
from gistpool_trainer.finetune.model import load_model, with_lora
from gistpool_trainer.reasoning.problems import WrongInput

METHOD_FILE = "gistpool.json"
"""Beside the weights: how the model compresses, for `trainer gguf`."""


def merge(config: FinetuneConfig, out: Path, dtype: str = "bfloat16") -> Path:
    """Writes the latest checkpoint's model to `out` and returns it."""
    from transformers import AutoTokenizer

    latest = Checkpoints(config.run / "checkpoints", keep=1).latest()
    if latest is None:
        raise WrongInput(f"{config.run} has no checkpoint yet: run trainer finetune first")
    _, folder = latest
    tokenizer = AutoTokenizer.from_pretrained(config.model)
    model = load_model(config.model, config.train, is_frozen=config.lora is not None)
    if config.lora is not None:
        model = with_lora(model, config.lora, tokenizer, config.chain.gists)
    _load_weights(model, folder)
    if config.lora is not None:
        model = model.merge_and_unload()
    model = model.to(getattr(torch, dtype))
    model.config.dtype = getattr(torch, dtype)
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    method = {
        "mode": config.chain.mode,
        "level": config.chain.level,
        "every_tokens": config.chain.every_tokens,
        "gists": config.chain.gists,
        "compress_prompt": config.chain.compress_prompt,
        "answer_start": config.chain.answer_start,
        "mask": config.mask.model_dump(),
    }
    (out / METHOD_FILE).write_text(json.dumps(method, indent=2) + "\n")
    return out


def _state(folder: Path) -> dict[str, Any]:
    """Whatever accelerate wrote: safetensors, FSDP's shards, or ZeRO's."""
    from safetensors.torch import load_file

    if (folder / "pytorch_model_fsdp_0").exists():
        from accelerate.utils import merge_fsdp_weights

        with tempfile.TemporaryDirectory(dir=folder.parent) as gathered:
            merge_fsdp_weights(str(folder / "pytorch_model_fsdp_0"), gathered)
            return _files(Path(gathered), load_file)
    if (folder / "pytorch_model").exists():
        from deepspeed.utils.zero_to_fp32 import (  # type: ignore[import-not-found]
            get_fp32_state_dict_from_zero_checkpoint,
        )

        state: dict[str, Any] = get_fp32_state_dict_from_zero_checkpoint(str(folder), "pytorch_model")
        return state
    return _files(folder, load_file)


def _files(folder: Path, load_file: Any) -> dict[str, Any]:
    state: dict[str, Any] = {}
    for file in sorted(folder.glob("model*.safetensors")):
        state |= load_file(str(file))
    if not state:
        raise WrongInput(
            f"{folder} holds no weights that are known here; its files: {sorted(folder.iterdir())}"
        )
    return state


def _load_weights(model: Any, folder: Path) -> None:
    state = _state(folder)
    missing, unexpected = model.load_state_dict(state, strict=False)
    # Tied weights are stored under one of their names, frozen ones not at all.
    tensors = model.state_dict()
    trained = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    loaded = {tensors[name].data_ptr() for name in state if name in tensors}
    lost = [name for name in missing if name in trained and tensors[name].data_ptr() not in loaded]
    if lost or unexpected:
        raise WrongInput(
            f"{folder} does not fit the configuration: missing {lost[:3]}, unknown {unexpected[:3]}"
        )
