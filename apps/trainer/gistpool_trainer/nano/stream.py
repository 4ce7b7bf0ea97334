"""The endless, seeded stream of batches. Any place in it can be found again from a few integers."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from .families import draw
from .render import Document, Method, Renderer

Form = Literal["lightthinker", "token", "vanilla", "all"]

# How often a document of a mixed stream has which form.
_MIX: dict[Method, float] = {"lightthinker": 0.45, "vanilla": 0.35, "token": 0.2}

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

    `weights_at` tells how often each family is drawn in which pool.

    Batches are cut by the length of the LightThinker form whatever form is rendered, so that two
    twins see the same items in the same step.
    """

    def __init__(
        self, renderer: Renderer, name: str, form: Form, batch_tokens: int,
        weights_at: Callable[[int], dict[str, float]], place: Place,
        left_out: Collection[str] = (),
    ) -> None:  # fmt: skip
        self._renderer = renderer
        self._name = name
        self._form = form
        self._batch_tokens = batch_tokens
        self._weights_at = weights_at
        self._left_out = left_out
        self.place = place
        self._batches: list[list[Document]] = []
        if place.weights is not None:
            self._batches = self._fill()

    def next(self, level: float) -> list[Document]:
        if self.place.batch >= len(self._batches):
            pool = self.place.pool + 1 if self.place.weights is not None else 0
            self.place = Place(pool, 0, level, self._weights_at(pool))
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
            item = draw(self._name, index, place.weights, place.level, self._left_out)
            sized = self._renderer.render(item, "lightthinker")
            method = rng.choices(list(_MIX), list(_MIX.values()))[0]
            if self._form != "all":
                method = self._form
            document = sized if method == "lightthinker" else self._renderer.render(item, method)
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
