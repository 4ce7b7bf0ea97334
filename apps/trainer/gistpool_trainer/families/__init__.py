"""Every family by name, and the seeded stream that draws from them."""

from collections.abc import Callable
from random import Random

from . import (
    boolean_expressions,
    loop_ring,
    loop_turn,
    navigate,
    nth_word,
    object_counting,
    tracking,
    web_of_lies,
)
from .item import Item

__all__ = ["FAMILIES", "LONG_HORIZON", "Item", "draw", "held_out"]

FAMILIES: dict[str, Callable[[Random, float], Item]] = {
    web_of_lies.FAMILY: web_of_lies.generate,
    boolean_expressions.FAMILY: boolean_expressions.generate,
    navigate.FAMILY: navigate.generate,
    "tracking_three": tracking.generator(3, "tracking_three"),
    "tracking_five": tracking.generator(5, "tracking_five"),
    "tracking_seven": tracking.generator(7, "tracking_seven"),
    object_counting.FAMILY: object_counting.generate,
    nth_word.FAMILY: nth_word.generate,
    loop_ring.FAMILY: loop_ring.generate,
    loop_turn.FAMILY: loop_turn.generate,
}

LONG_HORIZON = (loop_ring.FAMILY, loop_turn.FAMILY)


def draw(stream: str, index: int, weights: dict[str, float], level: float) -> Item:
    """The index-th item of a stream. The same arguments always give the same item."""
    rng = Random(f"{stream}/{index}")
    names = [name for name in FAMILIES if weights.get(name, 0) > 0]
    family = rng.choices(names, [weights[name] for name in names])[0]
    return FAMILIES[family](rng, level)


def held_out(stream: str, family: str, index: int) -> Item:
    """A full-size item from a seed space of its own, which no training stream reads."""
    rng = Random(f"held-out/{stream}/{family}/{index}")
    if family == loop_ring.FAMILY:
        return loop_ring.generate(rng, rounds=rng.randint(loop_ring.SHORTEST, loop_ring.LONGEST))
    if family == loop_turn.FAMILY:
        return loop_turn.generate(rng, rounds=rng.randint(loop_turn.SHORTEST, loop_turn.LONGEST))
    return FAMILIES[family](rng, 1.0)
