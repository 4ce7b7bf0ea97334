"""From a configuration to a running training."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

import torch

from gistpool_trainer.masking.packing import PackedBatch, collate, pack
from gistpool_trainer.reasoning.build import Built, ChainBuilder
from gistpool_trainer.reasoning.pieces import Chain
from gistpool_trainer.reasoning.problems import WrongInput
from gistpool_trainer.reasoning.raw import read_raw

from .batches import ChainBatches, Packing
from .checkpoints import keep_trained
from .config import FinetuneConfig
from .loop import Cadence, Training, train
from .model import HfModel, load_model, with_lora
from .schedule import lr_scale

CONFIG_COPY = "config.json"


def finetune(config: FinetuneConfig, tokenizer: Any, stop_at: int | None = None) -> bool:
    """Trains until the schedule is done (returns True), the step `stop_at`, or a SIGTERM."""
    from accelerate import Accelerator

    _require_tensorboard(config)
    accelerator = Accelerator(mixed_precision="bf16" if config.train.precision == "bf16" else "no")
    if config.train.attention == "flex" and accelerator.device.type == "cpu":
        raise WrongInput(
            "train.attention = flex trains on GPUs only (PyTorch has no backward for CPUs): take sdpa"
        )
    torch.manual_seed(config.train.seed)
    built = build(config, tokenizer)
    batches, held_out = batches_of(built, config, tokenizer)
    if accelerator.is_main_process:
        _keep_config(config, batches.digest)
        for note in _notes(config):
            print(f"note: {note}")
        cards = accelerator.num_processes
        print(
            f"{len(built.chains):,} chains, {config.data.held_out:,} of them held out; "
            f"{len(built.skipped):,} more are longer than {config.train.length:,} tokens and left out"
        )
        print(f"{batches.steps:,} steps of {config.train.rows_per_step} rows on {cards} card(s)", flush=True)
    model = load_model(config.model, config.train, is_frozen=config.lora is not None)
    if config.lora is not None:
        model = with_lora(model, config.lora, tokenizer, config.chain.gists)
        if config.train.gradient_checkpointing:
            # Frozen embeddings would else cut the recomputed layers off from the loss.
            model.enable_input_require_grads()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        trained, lr=config.train.lr, betas=(0.9, 0.95), weight_decay=config.train.weight_decay
    )
    if accelerator.distributed_type == "DEEPSPEED":
        # DeepSpeed reads this from a data loader; the stream is none.
        accelerator.state.deepspeed_plugin.deepspeed_config["train_micro_batch_size_per_gpu"] = (
            config.train.rows_at_once
        )
    model, optimizer = accelerator.prepare(model, optimizer)
    if config.lora is not None and accelerator.distributed_type not in ("FSDP", "DEEPSPEED"):
        accelerator.register_save_state_pre_hook(keep_trained)
    settings = config.train
    return train(
        Training(
            accelerator=accelerator,
            model=model,
            forward=HfModel(model, settings.attention),
            optimizer=optimizer,
            lr=lambda step: (
                settings.lr * lr_scale(step, batches.steps, settings.warmup_share, settings.min_lr_share)
            ),
            batches=batches,
            held_out=held_out,
            folder=config.run,
            cadence=Cadence(
                settings.save_every_steps,
                settings.evaluate_every_steps,
                settings.keep_checkpoints,
                settings.clip_norm,
                stop_at,
            ),
            tensorboard=settings.tensorboard,
        )
    )


def batches_of(
    built: Built, config: FinetuneConfig, tokenizer: Any
) -> tuple[ChainBatches, list[PackedBatch]]:
    """What to train on, and what is kept apart: chosen by the run's seed, from all over the files."""
    kept = config.data.held_out
    if kept >= len(built.chains):
        raise WrongInput(
            f"data.held_out keeps {kept} of {len(built.chains)} usable chains apart: none is left to train "
            f"on ({len(built.skipped)} are longer than {config.train.length:,} tokens)"
        )
    pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    settings = config.train
    packing = Packing(
        settings.length,
        settings.rows_per_step,
        settings.rows_at_once,
        settings.epochs,
        settings.seed,
        pad_id,
        settings.recover_weight,
    )
    chains = list(built.chains)
    Random(f"{settings.seed}/held-out").shuffle(chains)
    held_out = _held_out(chains[:kept], config, packing) if kept else []
    return ChainBatches(chains[kept:], config.mask, packing), held_out


def build(config: FinetuneConfig, tokenizer: Any) -> Built:
    builder = ChainBuilder(tokenizer, config.chain, config.model)
    items = read_raw(config.data.files, config.thoughts, builder.reserved)
    return builder.build_all(items, config.train.length)


def _held_out(chains: list[Chain], config: FinetuneConfig, packing: Packing) -> list[PackedBatch]:
    rows = pack([len(chain) for chain in chains], packing.length)
    return [
        collate([[chains[index] for index in row]], config.mask, packing.pad_id, packing.length)
        for row in rows
    ]


def _require_tensorboard(config: FinetuneConfig) -> None:
    if config.train.tensorboard and find_spec("tensorboard") is None:
        raise WrongInput(
            "train.tensorboard needs the package tensorboard: pip install tensorboard, or set it to false"
        )


def _notes(config: FinetuneConfig) -> Iterator[str]:
    if not config.mask.is_served or config.chain.compress_prompt:
        yield (
            "the engine only feeds and evicts: it decodes neither see_current, bi_directional, diagonal nor "
            "compress_prompt, and trainer gguf will refuse this model"
        )


def _keep_config(config: FinetuneConfig, data_digest: str) -> None:
    """A run goes on only as what it was: other settings or other data in its folder are refused."""
    config.run.mkdir(parents=True, exist_ok=True)
    path = config.run / CONFIG_COPY
    # What the files hold counts, not where they lie.
    now = config.model_dump(mode="json", exclude={"run": True, "data": {"files"}, "model": True})
    now["data"]["digest"] = data_digest
    if path.exists() and (config.run / "checkpoints").exists():
        before = json.loads(path.read_text())
        changed = [name for name in _changed(before, now) if name not in _MAY_CHANGE]
        if changed:
            raise WrongInput(
                f"{config.run} was begun with other settings or data ({', '.join(changed)}). "
                "Go on with those, or give another run folder."
            )
    draft = Path(str(path) + ".tmp")
    draft.write_text(json.dumps(now, indent=2) + "\n")
    draft.replace(path)


_MAY_CHANGE = frozenset(
    f"train.{name}"
    for name in ("save_every_steps", "keep_checkpoints", "evaluate_every_steps", "tensorboard", "attention",
                 "gradient_checkpointing", "rows_at_once")
)  # fmt: skip


def _changed(before: Any, now: Any, place: str = "") -> list[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        names = sorted(set(before) | set(now))
        return [
            fault
            for name in names
            for fault in _changed(before.get(name), now.get(name), f"{place}.{name}" if place else name)
        ]
    return [] if before == now else [place]
