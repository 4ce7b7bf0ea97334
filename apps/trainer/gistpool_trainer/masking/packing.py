"""Several chains in a row of fixed length, and rows as tensors."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gistpool_trainer.reasoning.pieces import Chain, Role

from .layout import MaskOptions, Span, layout
from .visibility import Visibility, visibility

IGNORED = -100
"""A label that is no target (PyTorch's own choice)."""


@dataclass(frozen=True)
class PackedBatch:
    """ids, labels, positions: (rows, length), int64. weights: the same, float32, of each target.

    labels[q] is the token that the logits at q must give, or IGNORED. Positions begin at 0 in every
    chain. Chains of a row never see each other.
    """

    ids: Tensor
    labels: Tensor
    positions: Tensor
    weights: Tensor
    seen: Visibility
    spans: list[list[Span]]

    @property
    def weight(self) -> float:
        """Sum of the targets' weights: what the loss is divided by."""
        return float(self.weights.sum())


def pack(lengths: list[int], capacity: int) -> list[list[int]]:
    """Rows of indices whose lengths sum to at most `capacity`: first fit, longest first."""
    rows: list[list[int]] = []
    left: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        length = lengths[index]
        if length > capacity:
            raise ValueError(f"a chain of {length:,} tokens does not fit a row of {capacity:,}")
        place = next((row for row, room in enumerate(left) if room >= length), None)
        if place is None:
            rows.append([])
            left.append(capacity)
            place = len(rows) - 1
        rows[place].append(index)
        left[place] -= length
    return rows


def collate(
    rows: list[list[Chain]], options: MaskOptions, pad_id: int, length: int, recover_weight: float = 1.0
) -> PackedBatch:
    filled = [_fill(chains, options, pad_id, length, recover_weight) for chains in rows]
    ids, labels, positions, weights, spans = zip(*filled, strict=True)
    return PackedBatch(
        torch.tensor(ids),
        torch.tensor(labels),
        torch.tensor(positions),
        torch.tensor(weights, dtype=torch.float32),
        visibility(list(spans), length),
        list(spans),
    )


def _fill(
    chains: list[Chain], options: MaskOptions, pad_id: int, length: int, recover_weight: float
) -> tuple[list[int], list[int], list[int], list[float], list[Span]]:
    ids: list[int] = []
    positions: list[int] = []
    targets: list[float] = []
    spans: list[Span] = []
    for chain in chains:
        spans += layout(chain, options, offset=len(ids))
        ids += chain.ids
        positions += chain.positions
        for piece in chain.pieces:
            weight = recover_weight if piece.role is Role.RECOVERED else float(piece.is_sampled)
            targets += [weight] * len(piece.ids)
    room = length - len(ids)
    if room < 0:
        raise ValueError(f"{len(ids):,} tokens do not fit a row of {length:,}")
    positions += range(room)
    # The logits at q give the token at q + 1. A chain's first token is never a target.
    ahead = [*targets[1:], 0.0][: len(ids)]
    following = [*ids[1:], IGNORED][: len(ids)]
    labels = [token if weight else IGNORED for token, weight in zip(following, ahead, strict=True)]
    return ids + [pad_id] * room, labels + [IGNORED] * room, positions, ahead + [0.0] * room, spans
