"""The stream of batches as a pure function of the step: nothing to store, nothing to lose."""

import hashlib
from array import array
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Protocol

from gistpool_trainer.masking.layout import MaskOptions
from gistpool_trainer.masking.packing import PackedBatch, collate, pack
from gistpool_trainer.reasoning.pieces import Chain

WINDOW = 1024
"""Chains that are packed together. Small against a data set, so that epochs stay shuffled."""


class Batches(Protocol):
    """What the loop asks of its data. `step` counts from 0."""

    @property
    def steps(self) -> int: ...

    def weight(self, step: int) -> float:
        """Sum of the weights of all targets of a step, over all cards."""
        ...

    def micro(self, step: int, card: int, cards: int) -> list[PackedBatch]:
        """One card's share of a step, in forward passes; every card gets as many."""
        ...

    def epoch(self, step: int) -> float: ...


@dataclass(frozen=True)
class Packing:
    length: int
    rows_per_step: int
    rows_at_once: int
    epochs: int
    seed: int
    pad_id: int
    recover_weight: float


class ChainBatches:
    """Every chain once an epoch, shuffled by seed and epoch, packed into rows.

    An epoch's last step may be short.
    """

    def __init__(self, chains: list[Chain], mask: MaskOptions, packing: Packing) -> None:
        self._chains = chains
        self._mask = mask
        self._packing = packing
        self._rows = [_rows_of_epoch(chains, packing, epoch) for epoch in range(packing.epochs)]
        self._steps = [
            rows[start : start + packing.rows_per_step]
            for rows in self._rows
            for start in range(0, len(rows), packing.rows_per_step)
        ]
        self._batch = lru_cache(maxsize=2 * packing.rows_per_step)(self._collate)

    @property
    def steps(self) -> int:
        return len(self._steps)

    @property
    def digest(self) -> str:
        """Tells data from other data: a run may only go on with its own."""
        found = hashlib.sha256()
        for chain in self._chains:
            found.update(array("q", chain.ids))
        return found.hexdigest()[:16]

    def epoch(self, step: int) -> float:
        return step * self._packing.epochs / self.steps

    def weight(self, step: int) -> float:
        packing = self._packing
        total = 0.0
        for row in self._steps[step]:
            for index in row:
                for piece in self._chains[index].pieces:
                    weight = packing.recover_weight if piece.role == "recovered" else float(piece.is_sampled)
                    total += weight * len(piece.ids)
        return total

    def micro(self, step: int, card: int, cards: int) -> list[PackedBatch]:
        at_once = self._packing.rows_at_once
        rows = self._steps[step]
        groups = [rows[start : start + at_once] for start in range(0, len(rows), at_once)]
        passes = -(-len(groups) // cards)
        # A card without a group of its own still takes part in the pass, with a row of nothing but padding.
        groups += [[()]] * (passes * cards - len(groups))
        return [self._batch(tuple(groups[number * cards + card])) for number in range(passes)]

    def _collate(self, rows: tuple[tuple[int, ...], ...]) -> PackedBatch:
        packing = self._packing
        chains = [[self._chains[index] for index in row] for row in rows]
        return collate(chains, self._mask, packing.pad_id, packing.length, packing.recover_weight)


def _rows_of_epoch(chains: list[Chain], packing: Packing, epoch: int) -> list[tuple[int, ...]]:
    chance = Random(f"{packing.seed}/epoch/{epoch}")
    order = list(range(len(chains)))
    chance.shuffle(order)
    rows: list[tuple[int, ...]] = []
    for start in range(0, len(order), WINDOW):
        window = order[start : start + WINDOW]
        packed = pack([len(chains[index]) for index in window], packing.length)
        rows += [tuple(window[place] for place in row) for row in packed]
    chance.shuffle(rows)
    return rows
