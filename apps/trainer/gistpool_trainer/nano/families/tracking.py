"""Who holds what after the swaps? Three, five or seven people, five stories."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .item import Item
from .sizes import size_at
from .words import BALL_COLOURS

PEOPLE = ("Alice", "Bob", "Claire", "Dave", "Eve", "Fred", "Gertrude")
_LETTERS = "ABCDEFG"
_PARTNERS = tuple("Helga Izzi Jamie Karl Lola Melissa Ophelia Patrick Rodrigo Sam".split())
_BOOKS = (
    "Catch-22", "Frankenstein", "Hound of the Baskervilles", "Lolita", "Moby Dick",
    "The Fellowship of the Ring", "The Great Gatsby", "The Odyssey", "The Pearl", "Ulysses",
)  # fmt: skip
_POSITIONS = (
    "benchwarmer", "center midfielder", "cheerleader", "fullback", "goalkeeper",
    "left midfielder", "left winger", "right midfielder", "right winger", "striker",
)  # fmt: skip


@dataclass(frozen=True)
class _Story:
    scene: str
    has: str
    article: str
    proceed: str
    swap: str
    end: str
    things: Callable[[Random, int], list[str]]


def _some(pool: tuple[str, ...]) -> Callable[[Random, int], list[str]]:
    return lambda rng, count: rng.sample(pool, count)


def _presents(rng: Random, count: int) -> list[str]:
    return [f"{c} {rng.choice(('present', 'present', 'ball'))}" for c in rng.sample(BALL_COLOURS, count)]


_STORIES = (
    _Story(
        "are dancers at a square dance. At the start of a song, they each have a partner: ",
        "is dancing with", "",
        "Throughout the song, the dancers often trade partners.", "switch partners",
        "At the end of the dance, {} is dancing with", _some(_PARTNERS),
    ),
    _Story(
        "are holding a white elephant gift exchange. At the start of the event, they are each "
        "holding a present of a different color: ",
        "has", "a ",
        "As the event progresses, pairs of people swap gifts.", "swap their gifts",
        "At the end of the event, {} has the", _presents,
    ),
    _Story(
        "are friends and avid readers who occasionally trade books. At the start of the semester, "
        "they each buy one new book: ",
        "gets", "",
        "As the semester proceeds, they start trading around the new books.", "swap books",
        "At the end of the semester, {} has", _some(_BOOKS),
    ),
    _Story(
        "are playing a game. At the start of the game, they are each holding a ball: ",
        "has", "a ",
        "As the game progresses, pairs of players trade balls.", "swap balls",
        "At the end of the game, {} has the", _some(tuple(f"{c} ball" for c in BALL_COLOURS)),
    ),
    _Story(
        "are on the same team in a soccer match. At the start of the match, they are each assigned "
        "to a position: ",
        "is playing", "",
        "As the game progresses, pairs of players occasionally swap positions.", "trade positions",
        "At the end of the match, {} is playing", _some(_POSITIONS),
    ),
)  # fmt: skip


def generator(count: int, family: str) -> Callable[[Random, float], Item]:
    def generate(rng: Random, level: float = 1.0) -> Item:
        swaps = count if rng.random() < 0.5 and level >= 0.5 else size_at(rng, level, 2, count)
        return _item(rng, family, PEOPLE[:count], swaps)

    return generate


def _item(rng: Random, family: str, people: tuple[str, ...], swaps: int) -> Item:
    story = rng.choice(_STORIES)
    things = story.things(rng, len(people))
    starts = [f"{who} {story.has} {story.article}{thing}" for who, thing in zip(people, things, strict=True)]
    pairs = [rng.sample(range(len(people)), 2) for _ in range(swaps)]
    asked = rng.randrange(len(people))

    holds = list(range(len(people)))
    thoughts = [f"1. start: {_state(people, holds)}"]
    sentences = []
    for number, (a, b) in enumerate(pairs):
        order = "First" if number == 0 else "Finally" if number == swaps - 1 else "Then"
        sentences.append(f"{order}, {people[a]} and {people[b]} {story.swap}.")
        # What both held is looked up first, so that the new state needs this thought's tokens alone.
        pair = f"{people[a]} {_LETTERS[holds[a]]} {people[b]} {_LETTERS[holds[b]]}"
        holds[a], holds[b] = holds[b], holds[a]
        thoughts.append(f"{number + 2}. {pair}: {_state(people, holds)}")
    thoughts.append(f"{swaps + 2}. {people[asked]}: {_LETTERS[holds[asked]]}")

    options = "\n".join(f"({letter}) {thing}" for letter, thing in zip(_LETTERS, things, strict=False))
    question = (
        f"{_listing(list(people))} {story.scene}{_listing(starts)}.\n"
        f"{story.proceed} {' '.join(sentences)} {story.end.format(people[asked])}\nOptions:\n{options}"
    )
    return Item(family, question, tuple(thoughts), f"({_LETTERS[holds[asked]]})")


def _listing(parts: list[str]) -> str:
    return ", ".join(parts[:-1]) + ", and " + parts[-1]


def _state(people: tuple[str, ...], holds: list[int]) -> str:
    """Who holds which option; the options repeat the order of the start, so a letter is enough."""
    return " ".join(f"{who} {_LETTERS[thing]}" for who, thing in zip(people, holds, strict=True))
