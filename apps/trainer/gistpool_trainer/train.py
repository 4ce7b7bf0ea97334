"""The training loop. Killed at any moment, the same command goes on from the last checkpoint."""

import json
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from .families import FAMILIES
from .gauge import gauge
from .masks import IGNORED, Batch, collate
from .model import Config, Qwen2
from .optim import Optimizers, lr_scale
from .render import Method, Renderer
from .stream import BatchStream, Form, Place, read_weights
from .tokenizer import load_tokenizer, token_id
from .tokens import END_OF_TEXT


@dataclass(frozen=True)
class Recipe:
    run: Path
    tokenizer: Path
    weights: Path
    form: Form
    steps: int
    lr: float = 3e-3
    batch_tokens: int = 2048
    warmup: int = 200
    decay_share: float = 0.0
    level_steps: int = 1
    start_from: Path | None = None
    stop_at: int | None = None
    stream: str = "base"
    seed: int = 1
    gauge_every: int = 300
    save_every_s: float = 180.0


def train(recipe: Recipe) -> None:
    recipe.run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    tokenizer = load_tokenizer(recipe.tokenizer)
    renderer = Renderer(lambda text: tokenizer.encode(text, add_special_tokens=False).ids)
    pad_id = token_id(tokenizer, END_OF_TEXT)
    model = Qwen2(Config(tokenizer.get_vocab_size()))
    optimizers = Optimizers(model, recipe.lr)
    state: dict[str, Any] = {"step": 0, "tokens": 0, "seconds": 0.0, "place": asdict(Place())}

    checkpoint = recipe.run / "checkpoint.pt"
    if checkpoint.exists():
        state = _load(checkpoint, model, optimizers)
    elif recipe.start_from is not None:
        _load(recipe.start_from, model, optimizers)
    stream = BatchStream(
        renderer, recipe.stream, recipe.form, recipe.batch_tokens, recipe.weights, Place(**state["place"])
    )
    log = _Log(recipe.run / "log.jsonl")

    stop = recipe.steps if recipe.stop_at is None else min(recipe.steps, recipe.stop_at)
    stopping = _Stopping()
    started, saved = time.monotonic() - state["seconds"], time.monotonic()
    loss_sum, loss_count = 0.0, 0
    for step in range(state["step"], stop):
        documents = stream.next(step / recipe.level_steps)
        batch = collate(documents, pad_id, multiple=16)
        loss = _loss(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizers.step(lr_scale(step, recipe.steps, recipe.warmup, recipe.decay_share))
        loss_sum, loss_count = loss_sum + loss.item(), loss_count + 1
        state = {
            "step": step + 1,
            "tokens": state["tokens"] + sum(len(document.ids) for document in documents),
            "seconds": time.monotonic() - started,
            "place": asdict(stream.place),
        }
        if (step + 1) % 50 == 0:
            log.write(kind="loss", loss=round(loss_sum / loss_count, 4), **_progress(state))
            loss_sum, loss_count = 0.0, 0
        last = step + 1 == stop
        if (step + 1) % recipe.gauge_every == 0 or last:
            _write_gauge(log, state, recipe, model, renderer, pad_id)
        if last or stopping.asked or time.monotonic() - saved > recipe.save_every_s:
            _save(checkpoint, model, optimizers, state)
            saved = time.monotonic()
        if stopping.asked:
            return


def _loss(model: Qwen2, batch: Batch) -> torch.Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        hidden, _ = model.hidden(batch.ids, batch.allowed)
        wanted = batch.labels != IGNORED
        logits = model.logits(hidden[wanted])
    return F.cross_entropy(logits.float(), batch.labels[wanted])


def _write_gauge(
    log: "_Log", state: dict[str, Any], recipe: Recipe, model: Qwen2, renderer: Renderer, pad_id: int
) -> None:
    method: Method = "lightthinker"
    if recipe.form == "vanilla" or (recipe.form == "both" and state["step"] // recipe.gauge_every % 3 == 0):
        # A gauge costs as much as ten steps: while both forms train, vanilla is asked every third time.
        method = "vanilla"
    weights = read_weights(recipe.weights, state["place"]["pool"])
    families = [family for family in FAMILIES if weights.get(family, 0) > 0]
    report = gauge(model, renderer, families, method, pad_id)
    log.write(kind="gauge", method=method, families=report, **_progress(state))


def _progress(state: dict[str, Any]) -> dict[str, Any]:
    return {"step": state["step"], "tokens": state["tokens"], "seconds": round(state["seconds"], 1)}


def _save(path: Path, model: Qwen2, optimizers: Optimizers, state: dict[str, Any]) -> None:
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


def _load(path: Path, model: Qwen2, optimizers: Optimizers) -> dict[str, Any]:
    everything = torch.load(path, weights_only=False)
    model.load_state_dict(everything["model"])
    optimizers.load_state_dict(everything["optimizers"])
    torch.set_rng_state(everything["rng"])
    state: dict[str, Any] = everything["state"]
    return state


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
