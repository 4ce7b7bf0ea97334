"""A long walk on a ring: a short question, a round per thought."""

from random import Random

from .item import Item
from .sizes import size_at

FAMILY = "loop_ring"
SHORTEST, LONGEST = 24, 56


def generate(rng: Random, level: float = 1.0, rounds: int | None = None) -> Item:
    # Ten places: a sum modulo ten is the last digit of a sum, which is soon learnt.
    places = 10
    forward, back = rng.randint(1, places - 1), rng.randint(1, places - 1)
    at = start = rng.randrange(places)
    if rounds is None:
        rounds = size_at(rng, level, 2, LONGEST)
    thoughts = []
    # Counted down, so that the end is seen: whether two numbers are equal is hard for a small model.
    # The next count closes the thought, so that the gists carry it as it is and need not compute.
    for left in range(rounds, 0, -1):
        there = (at + forward) % places
        then = (there - back) % places
        thoughts.append(
            f"{left} left: at {at} forward {forward} to {there} back {back} to {then}, {left - 1} left"
        )
        at = then
    question = (
        f"Start at place {start} on a ring of {places} places numbered 0 to {places - 1}. "
        f"In every round move forward {_places(forward)}, then back {_places(back)}. "
        f"Where are you after {rounds} rounds?"
    )
    return Item(FAMILY, question, tuple(thoughts), str(at))


def _places(count: int) -> str:
    return "1 place" if count == 1 else f"{count} places"
