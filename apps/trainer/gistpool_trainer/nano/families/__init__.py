"""Every family by name, and the seeded stream that draws from them."""

from collections.abc import Callable, Collection
from hashlib import sha256
from random import Random

from . import (
    boolean_expressions,
    colored_objects,
    dyck_languages,
    logical_deduction,
    loop_ring,
    loop_turn,
    multistep_arithmetic,
    navigate,
    nth_word,
    object_counting,
    temporal_sequences,
    tracking,
    web_of_lies,
)
from .item import Item

__all__ = ["FAMILIES", "LONG_HORIZON", "Item", "draw", "fingerprint", "held_out"]

FAMILIES: dict[str, Callable[[Random, float], Item]] = {
    web_of_lies.FAMILY: web_of_lies.generate,
    boolean_expressions.FAMILY: boolean_expressions.generate,
    navigate.FAMILY: navigate.generate,
    **{
        f"{kind}_{name}_objects": module.generator(count, f"{kind}_{name}_objects")
        for kind, module in (
            ("tracking_shuffled_objects", tracking),
            ("logical_deduction", logical_deduction),
        )
        for count, name in ((3, "three"), (5, "five"), (7, "seven"))
    },
    object_counting.FAMILY: object_counting.generate,
    colored_objects.FAMILY: colored_objects.generate,
    temporal_sequences.FAMILY: temporal_sequences.generate,
    dyck_languages.FAMILY: dyck_languages.generate,
    multistep_arithmetic.FAMILY: multistep_arithmetic.generate,
    nth_word.FAMILY: nth_word.generate,
    loop_ring.FAMILY: loop_ring.generate,
    loop_turn.FAMILY: loop_turn.generate,
}

LONG_HORIZON = (loop_ring.FAMILY, loop_turn.FAMILY)


def fingerprint(question: str) -> str:
    """Tells questions apart without keeping them; blanks and case do not count."""
    return sha256(" ".join(question.lower().split()).encode()).hexdigest()[:16]


def draw(
    stream: str, index: int, weights: dict[str, float], level: float, left_out: Collection[str] = ()
) -> Item:
    """The index-th item of a stream. The same arguments always give the same item.

    An item whose fingerprint is in `left_out` (a benchmark's, say) is drawn again.
    """
    rng = Random(f"{stream}/{index}")
    names = [name for name in FAMILIES if weights.get(name, 0) > 0]
    family = rng.choices(names, [weights[name] for name in names])[0]
    while True:
        item = FAMILIES[family](rng, level)
        if not left_out or fingerprint(item.question) not in left_out:
            return item


def held_out(stream: str, family: str, index: int) -> Item:
    """A full-size item from a seed space of its own, which no training stream reads."""
    rng = Random(f"held-out/{stream}/{family}/{index}")
    if family == loop_ring.FAMILY:
        return loop_ring.generate(rng, rounds=rng.randint(loop_ring.SHORTEST, loop_ring.LONGEST))
    if family == loop_turn.FAMILY:
        return loop_turn.generate(rng, rounds=rng.randint(loop_turn.SHORTEST, loop_turn.LONGEST))
    return FAMILIES[family](rng, 1.0)
