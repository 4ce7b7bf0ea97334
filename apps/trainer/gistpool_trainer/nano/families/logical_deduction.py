"""Who is at which place? Bounds for every object, tightened by one statement per thought.

A thought copies the bounds that its statement is about, says what changes, and restates all bounds.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .item import Item
from .words import (
    DEDUCTION_BIRDS,
    DEDUCTION_BOOKS,
    DEDUCTION_FRUITS,
    DEDUCTION_GOLFERS,
    DEDUCTION_VEHICLES,
    with_article,
)

_LETTERS = "ABCDEFG"
_COUNTS = {3: "three", 5: "five", 7: "seven"}
_ORDINALS = ("", "second", "third", "fourth")
_INTRODUCTION = (
    "The following paragraphs each describe a set of {count} objects arranged in a fixed order. "
    "The statements are logically consistent within each paragraph. "
)


@dataclass(frozen=True)
class _Scene:
    """Places count from 1; `low` and `high` tell a place near either end by its distance from that end."""

    opening: str
    pool: tuple[str, ...]
    listed: Callable[[str], str]
    subject: str
    low: Callable[[int], str]
    high: Callable[[int], str]
    before: str
    after: str


def _from_side(side: str) -> Callable[[int], str]:
    return lambda far: f"is the {side}most" if far == 0 else f"is the {_ORDINALS[far]} from the {side}"


def _superlative(verb: str, word: str) -> Callable[[int], str]:
    return lambda far: f"{verb} the {word}" if far == 0 else f"{verb} the {_ORDINALS[far]}-{word}"


_SCENES = (
    _Scene(
        "On a branch, there are {count} birds: ", DEDUCTION_BIRDS, with_article, "The {}",
        _from_side("left"), _from_side("right"), "is to the left of", "is to the right of",
    ),
    _Scene(
        "On a shelf, there are {count} books: ", DEDUCTION_BOOKS, with_article, "The {}",
        _from_side("left"), _from_side("right"), "is to the left of", "is to the right of",
    ),
    _Scene(
        "In an antique car show, there are {count} vehicles: ", DEDUCTION_VEHICLES, with_article, "The {}",
        _superlative("is", "oldest"), _superlative("is", "newest"), "is older than", "is newer than",
    ),
    _Scene(
        "A fruit stand sells {count} fruits: ", DEDUCTION_FRUITS, str, "The {}",
        _superlative("are", "cheapest"), _superlative("are", "most expensive"),
        "are less expensive than", "are more expensive than",
    ),
    _Scene(
        "In a golf tournament, there were {count} golfers: ", DEDUCTION_GOLFERS, str, "{}",
        lambda far: f"finished {('first', 'second', 'third', 'fourth')[far]}",
        lambda far: "finished last" if far == 0 else f"finished {_ORDINALS[far]}-to-last",
        "finished above", "finished below",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Placed:
    """This object is at this place."""

    thing: int
    place: int


@dataclass(frozen=True)
class Before:
    """The first comes before the second."""

    first: int
    second: int


Statement = Placed | Before


class Bounds:
    """The places each object may still have, as the lowest and the highest."""

    def __init__(self, count: int) -> None:
        self.low = [1] * count
        self.high = [count] * count

    def apply(self, statement: Statement) -> None:
        if isinstance(statement, Placed):
            self.low[statement.thing] = self.high[statement.thing] = statement.place
        else:
            first, second = statement.first, statement.second
            self.high[first] = min(self.high[first], self.high[second] - 1)
            self.low[second] = max(self.low[second], self.low[first] + 1)
        self._give_way()

    def _give_way(self) -> None:
        """A taken place is nobody else's, so bounds that end on it move past it."""
        changed = True
        while changed:
            changed = False
            taken = {low for low, high in zip(self.low, self.high, strict=True) if low == high}
            for thing in range(len(self.low)):
                if self.low[thing] == self.high[thing]:
                    continue
                if self.low[thing] in taken:
                    self.low[thing] += 1
                    changed = True
                elif self.high[thing] in taken:
                    self.high[thing] -= 1
                    changed = True

    def at(self, place: int) -> int | None:
        """Who must be there: fixed there, or the only one who still can."""
        able = [i for i in range(len(self.low)) if self.low[i] <= place <= self.high[i]]
        fixed = [i for i in able if self.low[i] == self.high[i]]
        if fixed:
            return fixed[0]
        return able[0] if len(able) == 1 else None

    def of(self, thing: int) -> str:
        return f"{_LETTERS[thing]}{self.low[thing]}{self.high[thing]}"

    def __str__(self) -> str:
        return " ".join(map(self.of, range(len(self.low))))


PASSES = 3


def deduce(count: int, statements: list[Statement], asked: int) -> list[tuple[int, str]] | None:
    """The statement used and what it does to the bounds, step by step until the asked place is known."""
    bounds = Bounds(count)
    steps = []
    for step in range(PASSES * len(statements)):
        index = step % len(statements)
        statement = statements[index]
        about = (statement.thing,) if isinstance(statement, Placed) else (statement.first, statement.second)
        before = [bounds.of(thing) for thing in range(count)]
        bounds.apply(statement)
        changed = [bounds.of(thing) for thing in range(count) if bounds.of(thing) != before[thing]]
        found = bounds.at(asked)
        steps.append(
            (
                index,
                f"from {' '.join(before[thing] for thing in about)} to {' '.join(changed) or 'no'}: "
                f"{bounds}: at {asked} {'no' if found is None else _LETTERS[found]}",
            )
        )
        if found is not None:
            return steps
    return None


def generator(count: int, family: str) -> Callable[[Random, float], Item]:
    def generate(rng: Random, level: float = 1.0) -> Item:
        return _item(rng, family, count)

    return generate


def _item(rng: Random, family: str, count: int) -> Item:
    scene = rng.choice(_SCENES)
    things = rng.sample(scene.pool, count)
    while True:
        order = rng.sample(range(count), count)
        asked = rng.randint(1, count)
        statements = _statements(rng, order)
        steps = deduce(count, statements, asked)
        if steps is not None:
            break

    def subject(thing: int) -> str:
        return scene.subject.format(things[thing])

    def place(at: int) -> str:
        from_low = at <= count // 2 or (at == count // 2 + 1 and rng.random() < 0.5)
        return scene.low(at - 1) if from_low else scene.high(count - at)

    def told(statement: Statement) -> tuple[str, str]:
        """The statement as the question tells it, and as a thought notes it, objects in the same order."""
        if isinstance(statement, Placed):
            thing = statement.thing
            noted = f"{things[thing]} {_LETTERS[thing]} = {statement.place}"
            return f"{subject(thing)} {place(statement.place)}", noted
        first, second, relation, sign = statement.first, statement.second, scene.before, "<"
        if rng.random() < 0.5:
            first, second, relation, sign = second, first, scene.after, ">"
        noted = f"{things[first]} {_LETTERS[first]} {sign} {things[second]} {_LETTERS[second]}"
        return f"{subject(first)} {relation} {subject(second).replace('The ', 'the ')}", noted

    sentences, notes = zip(*(told(statement) for statement in statements), strict=True)
    thoughts = [f"{number}. {notes[index]} {effect}" for number, (index, effect) in enumerate(steps, start=1)]
    thing = order[asked - 1]
    thoughts.append(f"{len(thoughts) + 1}. at {asked}: {_LETTERS[thing]}")
    asked_place = place(asked)
    listed = [scene.listed(name) for name in things]
    options = "\n".join(f"({_LETTERS[i]}) {subject(i)} {asked_place}" for i in range(count))
    question = (
        f"{_INTRODUCTION.format(count=_COUNTS[count])}{scene.opening.format(count=_COUNTS[count])}"
        f"{', '.join(listed[:-1])}, and {listed[-1]}. {'. '.join(sentences)}.\nOptions:\n{options}"
    )
    return Item(family, question, tuple(thoughts), f"({_LETTERS[thing]})")


def _statements(rng: Random, order: list[int]) -> list[Statement]:
    """One statement fewer than objects, true of the order, and enough to know all of it."""
    count = len(order)
    while True:
        chosen: list[Statement] = []
        for _ in range(count - 1):
            if rng.random() < 0.5:
                place = rng.randrange(count)
                statement: Statement = Placed(order[place], place + 1)
            else:
                first, second = sorted(rng.sample(range(count), 2))
                statement = Before(order[first], order[second])
            chosen.append(statement)
        if len(set(chosen)) == len(chosen) and _is_complete(count, chosen):
            return chosen


def _is_complete(count: int, statements: list[Statement]) -> bool:
    bounds = Bounds(count)
    for _ in range(count):
        for statement in statements:
            bounds.apply(statement)
    return all(bounds.at(place) is not None for place in range(1, count + 1))
