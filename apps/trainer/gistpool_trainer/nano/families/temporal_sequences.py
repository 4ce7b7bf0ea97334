"""When was there time? A day of sightings with one gap. One thought per sighting, one per option."""

from itertools import pairwise
from random import Random

from .item import Item
from .sizes import size_at
from .words import FIRST_NAMES, SIGHTINGS, VENUES

FAMILY = "temporal_sequences"
_LETTERS = "ABCD"


def generate(rng: Random, level: float = 1.0) -> Item:
    who, *others = rng.sample(FIRST_NAMES, 7)
    venue = rng.choice(VENUES)
    count = size_at(rng, level, 2, 5)
    if level >= 0.6:
        count = rng.randint(3, 5)
    hours = sorted(rng.sample(range(5, 23), count + 2))
    spans = list(pairwise(hours))
    gap = rng.randrange(len(spans))
    seen = [span for i, span in enumerate(spans) if i != gap]
    # A day without other gaps: whatever lies between two sightings is the one that is asked for.
    sentences = [f"{who} woke up at {_clock(hours[0])}."]
    thoughts = [f"1. woke {_clock(hours[0])}"]
    free_from, found = hours[0], False
    for number, (other, doing, (start, end)) in enumerate(
        zip(others, rng.sample(SIGHTINGS, len(seen)), seen, strict=False), start=2
    ):
        sentences.append(f"{other} saw {who} {doing} from {_clock(start)} to {_clock(end)}.")
        if found:
            continue
        if start != free_from:
            thoughts.append(f"{number}. free {_clock(free_from)}, from {_clock(start)}: gap")
            found = True
        else:
            thoughts.append(f"{number}. free {_clock(free_from)}, from {_clock(start)} to {_clock(end)}")
        free_from = end
    sentences.append(f"The {venue} was closed after {_clock(hours[-1])}.")
    if not found:
        thoughts.append(f"{len(thoughts) + 1}. free {_clock(free_from)}, closed {_clock(hours[-1])}: gap")
    answer = spans[gap]
    options = [answer, *rng.sample([span for span in spans if span != answer], min(3, len(spans) - 1))]
    rng.shuffle(options)
    letter = _LETTERS[options.index(answer)]
    # From the letter to its span, as the question tells it; the other way round is no copying.
    for key, span in zip(_LETTERS, options, strict=False):
        verdict = "yes" if span == answer else "no"
        thoughts.append(f"{len(thoughts) + 1}. {_span(answer)}, {key} {_span(span)}: {verdict}")
        if span == answer:
            break
    question = (
        f"Today, {who} went to the {venue}. Between what times could they have gone?\nWe know that:\n"
        + "\n".join(sentences)
        + f"\nBetween what times could {who} have gone to the {venue}?\nOptions:\n"
        + "\n".join(f"({key}) {_span(span)}" for key, span in zip(_LETTERS, options, strict=False))
    )
    return Item(FAMILY, question, tuple(thoughts), f"({letter})")


def _clock(hour: int) -> str:
    return f"{(hour - 1) % 12 + 1}{'am' if hour < 12 else 'pm'}"


def _span(span: tuple[int, int]) -> str:
    return f"{_clock(span[0])} to {_clock(span[1])}"
