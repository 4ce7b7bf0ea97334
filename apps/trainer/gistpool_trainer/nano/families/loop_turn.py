"""The same two turns round after round: a short question, a round per thought."""

from random import Random

from .item import Item
from .sizes import size_at
from .words import NAMES

FAMILY = "loop_turn"
SHORTEST, LONGEST = 26, 56
_COMPASS = ("north", "east", "south", "west")
_TURNS = {"right": 1, "around": 2, "left": 3}


def generate(rng: Random, level: float = 1.0, rounds: int | None = None) -> Item:
    who = rng.choice(NAMES)
    facing = start = rng.randrange(4)
    first, second = rng.choices(tuple(_TURNS), k=2)
    if rounds is None:
        rounds = size_at(rng, level, 2, LONGEST)
    thoughts = []
    for left in range(rounds, 0, -1):
        between = (facing + _TURNS[first]) % 4
        after = (between + _TURNS[second]) % 4
        thoughts.append(
            f"{left} left: at {_COMPASS[facing]} turn {first} to {_COMPASS[between]} "
            f"turn {second} to {_COMPASS[after]}, {left - 1} left"
        )
        facing = after
    question = (
        f"{who} starts facing {_COMPASS[start]}. In every round {who} turns {first}, then turns {second}. "
        f"Which way does {who} face after {rounds} rounds?"
    )
    return Item(FAMILY, question, tuple(thoughts), _COMPASS[facing])
