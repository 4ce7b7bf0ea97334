"""The endless, seeded stream of batches. Any place in it can be found again from a few integers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from .families import FAMILIES, draw
from .render import Document, Method, Renderer

Form = Literal["lightthinker", "vanilla", "both"]

POOL_ITEMS = 512


@dataclass
class Place:
    """Where a run stands in its stream; stored with every checkpoint."""

    pool: int = 0
    batch: int = 0
    level: float = 0.0
    weights: dict[str, float] | None = None


class BatchStream:
    """Draws a pool of items, sorts it by length, cuts it into batches of about `batch_tokens`.

    Batches are cut by the length of the LightThinker form whatever form is rendered, so that two
    twins see the same items in the same step.
    """

    def __init__(
        self, renderer: Renderer, name: str, form: Form, batch_tokens: int, weights_file: Path, place: Place
    ) -> None:
        self._renderer = renderer
        self._name = name
        self._form = form
        self._batch_tokens = batch_tokens
        self._weights_file = weights_file
        self.place = place
        self._batches: list[list[Document]] = []
        if place.weights is not None:
            self._batches = self._fill()

    def next(self, level: float) -> list[Document]:
        if self.place.batch >= len(self._batches):
            pool = self.place.pool + 1 if self.place.weights is not None else 0
            self.place = Place(pool, 0, level, read_weights(self._weights_file, pool))
            self._batches = self._fill()
        documents = self._batches[self.place.batch]
        self.place.batch += 1
        return documents

    def _fill(self) -> list[list[Document]]:
        place = self.place
        assert place.weights is not None
        rng = Random(f"{self._name}/pool/{place.pool}")
        pairs = []
        for index in range(place.pool * POOL_ITEMS, (place.pool + 1) * POOL_ITEMS):
            item = draw(self._name, index, place.weights, place.level)
            sized = self._renderer.render(item, "lightthinker")
            methods: list[Method] = ["lightthinker", "vanilla"]
            method = rng.choice(methods)
            if self._form != "both":
                method = self._form
            document = sized if method == "lightthinker" else self._renderer.render(item, "vanilla")
            pairs.append((len(sized.ids) * rng.uniform(0.95, 1.05), len(sized.ids), document))
        pairs.sort(key=lambda pair: pair[0])
        batches = list(_cut([(length, document) for _, length, document in pairs], self._batch_tokens))
        rng.shuffle(batches)
        return batches


def _cut(documents: list[tuple[int, Document]], tokens: int) -> Iterator[list[Document]]:
    batch: list[Document] = []
    longest = 0
    for length, document in documents:
        longest = max(longest, length)
        if batch and longest * (len(batch) + 1) > tokens * 1.1:
            yield batch
            batch, longest = [], length
        batch.append(document)
    if batch:
        yield batch


def read_weights(path: Path, pool: int) -> dict[str, float]:
    """Family weights, re-read at every pool so that a running training can be steered.

    The file maps the first pool they hold for to weights: `{"0": {"navigate": 1}, "20": {...}}`.
    """
    schedule = {int(first): weights for first, weights in json.loads(path.read_text()).items()}
    weights = schedule[max(first for first in schedule if first <= pool)]
    unknown = sorted(set(weights) - set(FAMILIES))
    if unknown:
        raise ValueError(f"{path} names unknown families {unknown}; known are {sorted(FAMILIES)}")
    return {name: float(weight) for name, weight in weights.items()}
