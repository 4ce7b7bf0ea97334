"""The training loop. Killed at any moment, the same command goes on from the last checkpoint."""

import json
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from gistpool_trainer.tokens import END_OF_TEXT

from .config import Config
from .families import FAMILIES
from .gauge import gauge
from .masks import IGNORED, Batch, collate
from .model import Transformer
from .optim import Optimizers
from .precision import autocast, compute_dtype
from .recipe import Stage
from .render import Method, Renderer
from .seeding import seed_induction
from .stream import BatchStream, Place
from .tokenizer import load_tokenizer, token_id

GAUGE_EVERY_STEPS = 300
SAVE_EVERY_S = 180.0


@dataclass(frozen=True)
class Run:
    """A stage with the folder that it lives in."""

    stage: Stage
    folder: Path
    tokenizer: Path
    start_from: Path | None = None
    left_out: frozenset[str] = frozenset()
    seed: int = 1

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"


def train(run: Run, stop_at: int | None = None) -> bool:
    """Trains up to `stop_at` steps, by default all; false where it was asked to stop before."""
    run.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(run.seed)
    stage, training = run.stage, run.stage.training
    tokenizer = load_tokenizer(run.tokenizer)
    renderer = Renderer(lambda text: tokenizer.encode(text, add_special_tokens=False).ids)
    pad_id = token_id(tokenizer, END_OF_TEXT)
    model = Transformer(Config(tokenizer.get_vocab_size(), stage.architecture))
    if training.seeded:
        seed_induction(model, torch.Generator().manual_seed(run.seed))
    optimizers = Optimizers(model)
    state: dict[str, Any] = {"step": 0, "tokens": 0, "seconds": 0.0, "place": asdict(Place())}
    if run.checkpoint.exists():
        state = _load(run.checkpoint, model, optimizers)
    elif run.start_from is not None:
        branch(run.start_from, model)
    stream = BatchStream(
        renderer, stage.stream, stage.form, training.batch_tokens, training.weights_at,
        Place(**state["place"]), run.left_out,
    )  # fmt: skip
    log = _Log(run.folder / "log.jsonl")

    stop = training.steps if stop_at is None else min(training.steps, stop_at)
    stopping = _Stopping()
    started, saved = time.monotonic() - state["seconds"], time.monotonic()
    # Kept in the checkpoint, so that the curve's means are those of an undisturbed run.
    loss_sum, loss_count = state.get("loss_sum", 0.0), state.get("loss_count", 0)
    first, began = state["step"], time.monotonic()
    for step in range(first, stop):
        documents = stream.next(step / training.level_steps)
        batch = collate(documents, pad_id, multiple=16)
        prompt_weight = training.prompt_weight_at(step)
        loss, prompt_loss = _losses(model, batch, prompt_weight > 0)
        (loss + prompt_weight * prompt_loss).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizers.step(training.learning_rate_at(step))
        loss_sum, loss_count = loss_sum + loss.item(), loss_count + 1
        state = {
            "step": step + 1,
            "tokens": state["tokens"] + sum(len(document.ids) for document in documents),
            "seconds": time.monotonic() - started,
            "place": asdict(stream.place),
            "loss_sum": loss_sum,
            "loss_count": loss_count,
        }
        if (step + 1) % 50 == 0:
            loss_mean = loss_sum / loss_count
            log.write(kind="loss", loss=round(loss_mean, 4), **_progress(state))
            left_min = (stop - step - 1) * (time.monotonic() - began) / (step + 1 - first) / 60
            print(
                f"{stage.name} {step + 1}/{stop}: loss {loss_mean:.3f}, {left_min:.0f} min left", flush=True
            )
            loss_sum, loss_count = 0.0, 0
            state |= {"loss_sum": loss_sum, "loss_count": loss_count}
        last = step + 1 == stop
        if (step + 1) % GAUGE_EVERY_STEPS == 0 or last:
            _write_gauge(log, state, stage, model, renderer, pad_id)
        if last or stopping.asked or time.monotonic() - saved > SAVE_EVERY_S:
            _save(run.checkpoint, model, optimizers, state)
            saved = time.monotonic()
        if stopping.asked:
            return False
    return True


def _losses(model: Transformer, batch: Batch, with_prompt: bool) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean cross-entropy of the sampled tokens, and of the prompt's (zero where nobody asks for it)."""
    bias = torch.zeros(batch.allowed.shape, dtype=compute_dtype()).masked_fill_(~batch.allowed, -3e4)
    with autocast():
        hidden, _ = model.hidden(batch.ids, bias)
    sampled = _cross_entropy(model, hidden, batch.labels)
    return sampled, _cross_entropy(model, hidden, batch.prompt) if with_prompt else torch.zeros(())


def _cross_entropy(model: Transformer, hidden: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    wanted = labels != IGNORED
    with autocast():
        logits = model.logits(hidden[wanted])
    return F.cross_entropy(logits.float(), labels[wanted])


def _write_gauge(
    log: "_Log", state: dict[str, Any], stage: Stage, model: Transformer, renderer: Renderer, pad_id: int
) -> None:
    method: Method = "lightthinker"
    if stage.form != "all":
        method = stage.form
    elif state["step"] // GAUGE_EVERY_STEPS % 3 == 0:
        # A gauge costs as much as ten steps: while all forms train, vanilla is asked every third time.
        method = "vanilla"
    weights = stage.training.weights_at(state["place"]["pool"])
    families = [family for family in FAMILIES if weights.get(family, 0) > 0]
    report = gauge(model, renderer, families, method, pad_id)
    log.write(kind="gauge", method=method, families=report, **_progress(state))


def _progress(state: dict[str, Any]) -> dict[str, Any]:
    return {"step": state["step"], "tokens": state["tokens"], "seconds": round(state["seconds"], 1)}


def _save(path: Path, model: Transformer, optimizers: Optimizers, state: dict[str, Any]) -> None:
    """Written beside and moved over, so that a kill never leaves half a checkpoint."""
    fresh = path.with_suffix(".tmp")
    everything = {
        "model": model.state_dict(),
        "config": asdict(model.config),
        "optimizers": optimizers.state_dict(),
        "rng": torch.get_rng_state(),
        "state": state,
    }
    torch.save(everything, fresh)
    fresh.replace(path)


def _load(path: Path, model: Transformer, optimizers: Optimizers) -> dict[str, Any]:
    everything = torch.load(path, weights_only=False)
    model.load_state_dict(everything["model"])
    optimizers.load_state_dict(everything["optimizers"])
    torch.set_rng_state(everything["rng"])
    state: dict[str, Any] = everything["state"]
    return state


def branch(path: Path, model: Transformer) -> None:
    """Takes the weights of another run, biases that it lacks as zero; optimisers start afresh."""
    weights = torch.load(path, weights_only=False)["model"]
    missing, unexpected = model.load_state_dict(weights, strict=False)
    lacking = [name for name in missing if not name.endswith("bias")]
    if lacking or unexpected:
        raise ValueError(f"{path} is no trunk of this model: lacks {lacking}, has besides {unexpected}")
    for name, parameter in model.named_parameters():
        if name in missing:
            torch.nn.init.zeros_(parameter)


class _Stopping:
    """A polite kill loses nothing: the step in hand is finished and saved first."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, *_: object) -> None:
        self.asked = True


class _Log:
    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, **entry: Any) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps(entry) + "\n")
