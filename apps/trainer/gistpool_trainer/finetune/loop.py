"""The loop: take a step's batches, add up gradients, step, log, save. Killed anywhere, it goes on."""

import json
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gistpool_trainer.masking.packing import IGNORED, PackedBatch

from .batches import Batches
from .checkpoints import Checkpoints, sync_folder
from .log import Progress, RunLog, draw_run
from .model import CausalModel


@dataclass(frozen=True)
class Cadence:
    save_every_steps: int
    evaluate_every_steps: int
    keep_checkpoints: int
    clip_norm: float
    stop_at: int | None = None
    """Pause after this step of the schedule."""


@dataclass
class Training:
    """Everything a run is made of. `accelerator` is accelerate's: it hides cards, precision and sharding."""

    accelerator: Any
    model: Any
    """The module that accelerate prepared; `forward` calls it."""
    forward: CausalModel
    optimizer: Any
    lr: Callable[[int], float]
    """Step, from 0 -> learning rate."""
    batches: Batches
    held_out: list[PackedBatch]
    folder: Path
    cadence: Cadence
    tensorboard: bool = False


def weighted_loss(forward: CausalModel, batch: PackedBatch, device: torch.device) -> Tensor:
    """Sum over targets of weight x cross entropy (nats), in float32."""
    wanted = (batch.labels != IGNORED).any(0).nonzero()[:, 0]
    if not len(wanted):
        wanted = torch.zeros(1, dtype=torch.int64)
    labels = batch.labels[:, wanted].to(device)
    weights = batch.weights[:, wanted].to(device)
    logits = forward(
        batch.ids.to(device), batch.positions.to(device), batch.seen.to(device), wanted.to(device)
    )
    each = F.cross_entropy(
        logits.float().flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none"
    )
    return (each * weights.flatten()).sum()


def train(run: Training) -> bool:
    """Returns whether the schedule is done. SIGTERM finishes the step in hand, saves and returns."""
    accelerator = run.accelerator
    is_main = accelerator.is_main_process
    run.folder.mkdir(parents=True, exist_ok=True)
    checkpoints = Checkpoints(run.folder / "checkpoints", run.cadence.keep_checkpoints)
    first = _resume(run, checkpoints)
    steps = run.batches.steps
    stop = steps if run.cadence.stop_at is None else min(steps, run.cadence.stop_at)
    log = RunLog(run.folder, tensorboard=run.tensorboard and is_main)
    progress = Progress(first, steps)
    with _Stopping() as stopping:
        for step in range(first, stop):
            began = time.monotonic()
            loss, norm = _step(run, step)
            done = step + 1
            is_last = done == stop
            # Every process must take the same turn.
            asked = torch.tensor([int(stopping.asked)], device=accelerator.device)
            is_asked = bool(accelerator.gather(asked).any())
            rate_s = run.batches.weight(step) / (time.monotonic() - began)
            if is_main:
                values = {"loss": loss, "lr": run.lr(step), "norm": norm, "epoch": run.batches.epoch(done)}
                log.write("train", done, **values, targets_per_s=round(rate_s, 1))
                progress.show(done, run.batches.epoch(done), loss, rate_s)
            if run.held_out and (is_last or done % run.cadence.evaluate_every_steps == 0):
                held_out = _held_out_loss(run)
                if is_main:
                    log.write("held_out", done, loss=held_out)
            if is_last or is_asked or done % run.cadence.save_every_steps == 0:
                _save(run, checkpoints, done)
                if is_main:
                    draw_run(log.path, run.folder / "curves.png")
            if is_asked:
                break
    log.close()
    latest = checkpoints.latest()
    return latest is not None and latest[0] == steps


def _step(run: Training, step: int) -> tuple[float, float]:
    """One optimizer step. Returns the mean loss over all cards' targets and the gradient's norm."""
    accelerator = run.accelerator
    cards = accelerator.num_processes
    for group in run.optimizer.param_groups:
        group["lr"] = run.lr(step)
    run.model.train()
    weight = run.batches.weight(step)
    batches = run.batches.micro(step, accelerator.process_index, cards)
    total = torch.zeros((), device=accelerator.device)
    for number, batch in enumerate(batches, start=1):
        is_last = number == len(batches)
        accelerator.sync_gradients = is_last
        with _unsynced(accelerator, run.model) if not is_last else nullcontext():
            loss = weighted_loss(run.forward, batch, accelerator.device)
            total += loss.detach()
            # Cards are averaged, so each contributes its share times their number.
            accelerator.backward(loss * cards / weight)
    norm = accelerator.clip_grad_norm_(run.model.parameters(), run.cadence.clip_norm)
    run.optimizer.step()
    run.optimizer.zero_grad()
    mean = accelerator.reduce(total, "sum").item() / weight
    return mean, 0.0 if norm is None else float(norm)


def _unsynced(accelerator: Any, model: Any) -> AbstractContextManager[None]:
    """Plain data parallelism adds gradients up over cards once a step.

    Sharded gradients are added up every time: whole they would not fit.
    """
    if accelerator.distributed_type in ("MULTI_GPU", "MULTI_CPU"):
        context: AbstractContextManager[None] = accelerator.no_sync(model)
        return context
    return nullcontext()


@torch.no_grad()
def _held_out_loss(run: Training) -> float:
    run.model.eval()
    losses = [weighted_loss(run.forward, batch, run.accelerator.device).item() for batch in run.held_out]
    return sum(losses) / sum(batch.weight for batch in run.held_out)


def _save(run: Training, checkpoints: Checkpoints, done: int) -> None:
    accelerator = run.accelerator
    draft = run.folder / "checkpoints" / f"step-{done:08d}.tmp"
    if accelerator.is_main_process:
        draft = checkpoints.draft(done)
    accelerator.wait_for_everyone()
    accelerator.save_state(str(draft))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        (draft / "done.json").write_text(json.dumps({"step": done, "steps": run.batches.steps}) + "\n")
        checkpoints.publish(draft, sync_folder)
    accelerator.wait_for_everyone()


def _resume(run: Training, checkpoints: Checkpoints) -> int:
    latest = checkpoints.latest()
    if latest is None:
        return 0
    step, folder = latest
    # Frozen weights are not in the file; that every trained one is, `keep_trained` saw to.
    options = {"strict": False} if any(not p.requires_grad for p in run.model.parameters()) else {}
    run.accelerator.load_state(str(folder), **options)
    return step


class _Stopping:
    """A polite kill loses nothing."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Any = None

    def __enter__(self) -> "_Stopping":
        self._before = signal.signal(signal.SIGTERM, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)

    def _ask(self, *_: object) -> None:
        self.asked = True
