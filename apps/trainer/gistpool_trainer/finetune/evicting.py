"""Decoding as an engine does it, with transformers: one token at a time, from a cache whose cells really go.

It knows nothing of masks. That its logits equal those of the masked forward is what training relies on.
"""

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from gistpool_trainer.reasoning.pieces import Chain, Role


class EvictingCache:
    """The live cells of one session. Positions are absolute: an eviction leaves a gap in them."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._cache: Any = DynamicCache(config=model.config)
        self._positions: list[int] = []
        self._next = 0

    @property
    def live_cells(self) -> int:
        return len(self._positions)

    def feed(self, token: int) -> Tensor:
        """Appends a token and returns its logits (vocabulary,)."""
        self._positions.append(self._next)
        output = self._model(
            input_ids=torch.tensor([[token]]),
            position_ids=torch.tensor([[self._next]]),
            cache=self._cache,
            use_cache=True,
        )
        self._next += 1
        logits: Tensor = output.logits[0, -1]
        return logits

    def evict(self, start: int, stop: int) -> None:
        """Removes the cells of positions [start, stop)."""
        kept = [cell for cell, position in enumerate(self._positions) if not start <= position < stop]
        index = torch.tensor(kept)
        for layer in self._cache.layers:
            layer.keys = layer.keys.index_select(2, index)
            layer.values = layer.values.index_select(2, index)
        self._positions = [self._positions[cell] for cell in kept]


@torch.inference_mode()
def decode_chain(model: Any, chain: Chain, lag: int = 0, *, evicting: bool = True) -> tuple[Tensor, int]:
    """Forces a chain through the cache. Returns the logits after each token and the peak of live cells.

    Logits are (length, vocabulary).

    `evicting` = False is the negative control: a decoder that forgets to forget.
    """
    cache = EvictingCache(model)
    ranges: dict[int, tuple[int, int]] = {}
    rows, peak, at = [], 0, 0
    for piece in chain.pieces:
        if piece.role in (Role.RECOVER, Role.RECOVERED):
            raise ValueError("a recover block is never decoded")
        if piece.role in (Role.THOUGHT, Role.SPLITTER, Role.PROMPT):
            start, _ = ranges.get(piece.thought, (at, at))
            ranges[piece.thought] = (start, at + len(piece.ids))
        if piece.role is Role.CONTINUE and evicting:
            gone = piece.thought - lag if piece.thought else 0
            if gone > 0 or piece.thought == 0:
                cache.evict(*ranges[gone])
        for token in piece.ids:
            rows.append(cache.feed(token))
            peak = max(peak, cache.live_cells)
        at += len(piece.ids)
    return torch.stack(rows), peak
