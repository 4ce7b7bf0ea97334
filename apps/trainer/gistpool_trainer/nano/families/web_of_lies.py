"""Who lies? A chain of people, each speaking about the one before."""

from random import Random

from .item import Item
from .sizes import full_size_more_often
from .words import pick_names

FAMILY = "web_of_lies"


def generate(rng: Random, level: float = 1.0) -> Item:
    people = pick_names(rng, full_size_more_often(rng, level, 2, 5, 7))
    truthful = rng.random() < 0.5
    sentences = [f"{people[0]} {'tells the truth' if truthful else 'lies'}."]
    thoughts = [f"1. {people[0]} {_word(truthful)}"]
    for number, (speaker, subject) in enumerate(zip(people[1:], people, strict=False), start=2):
        claim = rng.random() < 0.5
        sentences.append(f"{speaker} says {subject} {'tells the truth' if claim else 'lies'}.")
        before, truthful = truthful, claim == truthful
        thoughts.append(
            f"{number}. {speaker} says {_word(claim)}, {subject} {_word(before)}: {_word(truthful)}"
        )
    question = f"Question: {' '.join(sentences)} Does {people[-1]} tell the truth?"
    return Item(FAMILY, question, tuple(thoughts), "Yes" if truthful else "No")


def _word(truthful: bool) -> str:
    return "truth" if truthful else "lies"
