"""A row's spans as numbers per token, from which every form of the mask is made."""

from collections.abc import Callable
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from .layout import Among, Span


@dataclass(frozen=True)
class Visibility:
    """Each is (rows, length), int32. Query q sees key k if

    sees_from[q] <= k <= sees_until[q] and q < evicted_at[k] and not lone_from[q] <= k < q,
    or also_from[q] <= k < also_until[q].
    """

    sees_from: Tensor
    sees_until: Tensor
    evicted_at: Tensor
    lone_from: Tensor
    also_from: Tensor
    also_until: Tensor

    @property
    def rows(self) -> int:
        return self.sees_from.shape[0]

    @property
    def length(self) -> int:
        return self.sees_from.shape[1]

    def to(self, device: torch.device | str) -> "Visibility":
        moved = (getattr(self, field.name).to(device, non_blocking=True) for field in fields(self))
        return Visibility(*moved)


def visibility(rows: list[list[Span]], length: int) -> Visibility:
    """Places after a row's last span are padding: a chain of its own, seen by nobody else."""
    return Visibility(*torch.tensor([_numbers(spans, length) for spans in rows], dtype=torch.int32).unbind(1))


def _numbers(spans: list[Span], length: int) -> list[list[int]]:
    columns: list[list[int]] = [[] for _ in range(6)]
    sees_from, sees_until, evicted_at, lone_from, also_from, also_until = columns
    for span in spans:
        own = range(span.start, span.stop)
        count = len(own)
        sees_from += [span.sees_from] * count
        sees_until += [span.stop - 1] * count if span.among is Among.BOTH_WAYS else own
        evicted_at += [span.evicted_at] * count
        lone_from += [span.start] * count if span.among is Among.ALONE else own
        also_from += [span.also[0]] * count
        also_until += [span.also[1]] * count
    start = len(sees_from)
    padding = range(start, length)
    sees_from += [start] * len(padding)
    sees_until += padding
    evicted_at += [length] * len(padding)
    lone_from += padding
    also_from += [0] * len(padding)
    also_until += [0] * len(padding)
    return columns


MaskMod = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def mask_mod(seen: Visibility) -> MaskMod:
    """FlexAttention's form: (row, head, query, key) -> whether the query sees the key."""

    def sees(row: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        del head
        within = (key >= seen.sees_from[row, query]) & (key <= seen.sees_until[row, query])
        alive = query < seen.evicted_at[row, key]
        lone = (key >= seen.lone_from[row, query]) & (key < query)
        also = (key >= seen.also_from[row, query]) & (key < seen.also_until[row, query])
        return (within & alive & ~lone) | also

    return sees


def dense_mask(seen: Visibility) -> Tensor:
    """SDPA's form: bool (rows, 1, length, length), true where the query (third axis) sees the key."""
    places = torch.arange(seen.length, device=seen.sees_from.device)
    row = torch.arange(seen.rows, device=seen.sees_from.device)[:, None, None]
    sees = mask_mod(seen)
    return sees(row, row, places[None, :, None], places[None, None, :])[:, None]


def block_mask(seen: Visibility) -> object:
    """FlexAttention's BlockMask: blocks of 128 x 128 in which nobody sees anybody are never computed."""
    from torch.nn.attention.flex_attention import create_block_mask

    device = seen.sees_from.device
    return create_block_mask(mask_mod(seen), seen.rows, None, seen.length, seen.length, device=str(device))
