"""The same two swaps round after round: a short question, a round per thought."""

from random import Random

from .item import Item
from .sizes import size_at
from .words import BALL_COLOURS, NAMES

FAMILY = "loop_swap"
SHORTEST, LONGEST = 24, 44


def generate(rng: Random, level: float = 1.0, rounds: int | None = None) -> Item:
    people = rng.sample(NAMES, 3)
    balls = rng.sample(BALL_COLOURS, 3)
    holds = dict(zip(people, balls, strict=True))
    pairs = rng.sample(((0, 1), (0, 2), (1, 2)), 2)
    (a, b), (c, d) = [rng.sample([people[i] for i in pair], 2) for pair in pairs]
    if rounds is None:
        rounds = size_at(rng, level, 2, LONGEST)
    asked = rng.choice(people)
    thoughts = []
    for number in range(1, rounds + 1):
        holds[a], holds[b] = holds[b], holds[a]
        first = _state(holds)
        holds[c], holds[d] = holds[d], holds[c]
        thoughts.append(f"{number}/{rounds} {a} {b}: {first}, {c} {d}: {_state(holds)}")
    starts = [f"{who} {_article(ball)} {ball} ball" for who, ball in zip(people, balls, strict=True)]
    question = (
        f"{people[0]}, {people[1]} and {people[2]} hold a ball each: {starts[0]}, "
        f"{starts[1]} and {starts[2]}. In every round {a} and {b} swap balls, then {c} and {d} swap balls. "
        f"Which ball does {asked} hold after {rounds} rounds?"
    )
    return Item(FAMILY, question, tuple(thoughts), holds[asked])


def _state(holds: dict[str, str]) -> str:
    return " ".join(f"{who} {ball}" for who, ball in holds.items())


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
