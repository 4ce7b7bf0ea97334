"""Reference log-probabilities that an engine with eviction must reproduce (see the fixture's README)."""

import json
from pathlib import Path
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer

from gistpool_trainer.tokens import CONTINUE, GISTS

from .families import Item, loop_ring, loop_turn
from .masks import allowed
from .model import Transformer
from .render import Document, Renderer
from .tokenizer import token_id

SEQUENCES = 4
MIDDLES_PER_THOUGHT = 1


def write_fixture(folder: Path, model: Transformer, tokenizer: Tokenizer, model_name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    exact = model.double()
    renderer = Renderer(lambda text: tokenizer.encode(text, add_special_tokens=False).ids)
    sequences, rows, negative_rows = [], [], []
    for index in range(SEQUENCES):
        item = _item(index)
        document = renderer.render(item, "lightthinker")
        recorded = _recorded(document, tokenizer)
        positions = [entry["position"] for entry in recorded if isinstance(entry["position"], int)]
        rows.append(_log_probabilities(exact, document, positions, evicting=True))
        negative_rows.append(_log_probabilities(exact, document, positions, evicting=False))
        sequences.append({**_pieces(document, tokenizer), "family": item.family, "recorded": recorded})
    reference = {
        "model": model_name,
        "vocabulary": tokenizer.get_vocab_size(),
        "gists": [token_id(tokenizer, gist) for gist in GISTS],
        "continue": token_id(tokenizer, CONTINUE),
        "sequences": sequences,
    }
    (folder / "reference.json").write_text(json.dumps(reference, separators=(",", ":")) + "\n")
    np.concatenate(rows).astype("<f4").tofile(folder / "reference.f32")
    np.concatenate(negative_rows).astype("<f4").tofile(folder / "negative.f32")


def _item(index: int) -> Item:
    rng = Random(f"fidelity/{index}")
    make = loop_ring.generate if index % 2 == 0 else loop_turn.generate
    return make(rng, rounds=24 + 2 * index)


def _recorded(document: Document, tokenizer: Tokenizer) -> list[dict[str, int | str]]:
    """Every continue, and one token in the middle of each thought."""
    resume = token_id(tokenizer, CONTINUE)
    middle = {}
    for number in range(1, max(document.thought) + 1):
        own = [position for position, thought in enumerate(document.thought) if thought == number]
        middle[own[len(own) // 2]] = number
    recorded: list[dict[str, int | str]] = []
    for position, token in enumerate(document.ids):
        if token == resume:
            recorded.append({"position": position, "token": token, "kind": "continue"})
        elif position in middle:
            recorded.append({"position": position, "token": token, "kind": "thought"})
    return recorded


def _pieces(document: Document, tokenizer: Tokenizer) -> dict[str, object]:
    """The tokens to force: prompt, each thought with its splitter, and what follows the last continue."""
    resume = token_id(tokenizer, CONTINUE)
    count = max(document.thought)
    thoughts: list[list[int]] = [[] for _ in range(count)]
    for token, thought in zip(document.ids, document.thought, strict=True):
        if thought:
            thoughts[thought - 1].append(token)
    last = len(document.ids) - 1 - document.ids[::-1].index(resume)
    return {
        "prompt": document.ids[: document.thought.index(1)],
        "thoughts": thoughts,
        "answer": document.ids[last + 1 :],
    }


@torch.no_grad()
def _log_probabilities(
    model: Transformer, document: Document, positions: list[int], *, evicting: bool
) -> np.ndarray:
    thought = torch.tensor([document.thought])
    if not evicting:
        thought = torch.zeros_like(thought)
    mask = allowed(thought, torch.tensor([document.gist]))
    hidden, _ = model.hidden(torch.tensor([document.ids]), mask)
    result: np.ndarray = model.logits(hidden[0, positions]).log_softmax(-1).numpy()
    return result
