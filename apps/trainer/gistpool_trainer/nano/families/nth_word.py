"""Which word is at that place? Nothing but looking up and copying: the gauge of both."""

from random import Random

from .item import Item
from .sizes import size_at
from .words import ANIMALS, BALL_COLOURS, FRUITS, INSTRUMENTS, NAMES, pick_names

FAMILY = "nth_word"
_NOUNS = tuple(plural for pool in (ANIMALS, FRUITS, INSTRUMENTS) for _, plural in pool) + BALL_COLOURS


def generate(rng: Random, level: float = 1.0) -> Item:
    count = size_at(rng, level, 2, 9)
    words = pick_names(rng, count) if rng.random() < 0.5 else rng.choices(_NOUNS + NAMES, k=count)
    place = rng.randint(1, count)
    thoughts = tuple(f"{number}. {word}" for number, word in enumerate(words[:place], start=1))
    question = f"The list is: {', '.join(words)}. Which word is at place {place}?"
    return Item(FAMILY, question, thoughts, words[place - 1])
