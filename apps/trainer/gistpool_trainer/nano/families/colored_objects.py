"""Coloured things in a row or in heaps: which colour, where, how many. One thought per entry.

What an entry is compared with stands beside it: "gold = green no".
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from .item import Item
from .sizes import size_at
from .words import COLOURED_THINGS, COLOURS, NUMBER_WORDS, with_article

FAMILY = "reasoning_about_colored_objects"
_LETTERS = "ABCDEFGHIJKLMNOPQR"
_PLACES = ("desk", "floor", "nightstand", "table")
_NOUNS = ("item", "object", "thing")


@dataclass(frozen=True)
class _Puzzle:
    asked: str
    thoughts: list[str]
    option: int
    options: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    """Distinct things, each of one colour, in order; `noun` is what the question calls them."""

    colours: list[str]
    things: list[str]
    noun: str

    def __len__(self) -> int:
        return len(self.things)

    def entry(self, index: int) -> str:
        return f"{index + 1}. {self.colours[index]} {self.things[index]}"

    def sought(self, rng: Random, index: int) -> "_Sought":
        """One entry by its thing, or by its colour where no other has the colour."""
        by_colour = self.colours.count(self.colours[index]) == 1 and rng.random() < 0.5
        if by_colour:
            return _Sought(f"{self.colours[index]} {self.noun}", self.colours[index], self.colours)
        return self.sought_thing(index)

    def sought_thing(self, index: int) -> "_Sought":
        return _Sought(self.things[index], self.things[index], self.things)


@dataclass(frozen=True)
class _Sought:
    """What a row is searched for: the words of the question, the value, and all values of its kind."""

    named: str
    value: str
    among: list[str]

    def compared(self, index: int) -> str:
        return _compared(self.among[index], self.value)


def _compared(own: str, other: str) -> str:
    return f"{own} = {other} {'yes' if own == other else 'no'}"


def generate(rng: Random, level: float = 1.0) -> Item:
    place = rng.choice(_PLACES)
    if rng.random() < 0.27:
        scene, puzzle = _heaps(rng, level, place)
    else:
        count = size_at(rng, max(level, 0.3), 2, 6)
        things = rng.sample(COLOURED_THINGS, count)
        row = _Row(rng.choices(COLOURS, k=count), [one for one, _ in things], rng.choice(_NOUNS))
        entries = [
            f"{with_article(colour)} {thing}" for colour, thing in zip(row.colours, row.things, strict=True)
        ]
        arranged = rng.random() < 0.68
        ask = rng.choices(*zip(*(_ARRANGED if arranged else _SEEN), strict=True))[0]
        puzzle = ask(rng, row)
        scene = _scene(rng, place, row.noun, entries, arranged)
    options = "\n".join(f"({letter}) {text}" for letter, text in zip(_LETTERS, puzzle.options, strict=False))
    question = f"{scene} {puzzle.asked}\nOptions:\n{options}"
    return Item(FAMILY, question, tuple(puzzle.thoughts), f"({_LETTERS[puzzle.option]})")


def _scene(rng: Random, place: str, noun: str, entries: list[str], arranged: bool) -> str:
    several = rng.choice(("a set of", "several", "a bunch of", "the following"))
    if arranged:
        opening = f"you see {several} {noun}s arranged in a row:"
    else:
        opening = rng.choice(("there is", "you see", "I see"))
    return f"On the {place}, {opening} {_listing(entries)}."


def _listing(parts: list[str]) -> str:
    return (
        parts[0]
        if len(parts) == 1
        else f"{', '.join(parts[:-1])}{',' if len(parts) > 2 else ''} and {parts[-1]}"
    )


def _colour(asked: str, thoughts: list[str], colour: str) -> _Puzzle:
    option = COLOURS.index(colour)
    return _Puzzle(
        asked, [*thoughts, f"{len(thoughts) + 1}. so {colour} {_LETTERS[option]}"], option, COLOURS
    )


def _number(asked: str, thoughts: list[str], number: int, largest: int) -> _Puzzle:
    closing = f"{len(thoughts) + 1}. so {NUMBER_WORDS[number]} {_LETTERS[number]}"
    return _Puzzle(asked, [*thoughts, closing], number, NUMBER_WORDS[: largest + 1])


def _what_colour(rng: Random, row: _Row) -> _Puzzle:
    target = rng.randrange(len(row))
    sought = row.sought_thing(target)
    thoughts = [f"{row.entry(i)}: {sought.compared(i)}" for i in range(target + 1)]
    return _colour(f"What color is the {row.things[target]}?", thoughts, row.colours[target])


def _is_it(rng: Random, row: _Row) -> _Puzzle:
    target = rng.randrange(len(row))
    colour = row.colours[target] if rng.random() < 0.5 else rng.choice((*row.colours, rng.choice(COLOURS)))
    sought = row.sought_thing(target)
    thoughts = [f"{row.entry(i)}: {sought.compared(i)}" for i in range(target + 1)]
    verdict = colour == row.colours[target]
    thoughts.append(f"{target + 2}. so {_compared(row.colours[target], colour)} {'A' if verdict else 'B'}")
    return _Puzzle(f"Is the {row.things[target]} {colour}?", thoughts, 0 if verdict else 1, ("yes", "no"))


def _neither(rng: Random, row: _Row) -> _Puzzle:
    first = rng.choice(row.colours)
    second = rng.choice(
        [colour for colour in (*row.colours, rng.choice(COLOURS)) if colour != first] or ["red"]
    )
    count = 0
    thoughts = []
    for i, colour in enumerate(row.colours):
        counts = colour not in (first, second)
        count += counts
        thoughts.append(f"{row.entry(i)}: {_compared(colour, first)}, {_compared(colour, second)}: {count}")
    return _number(f"How many {row.noun}s are neither {first} nor {second}?", thoughts, count, 6)


def _beside(rng: Random, row: _Row) -> _Puzzle:
    to_right = rng.random() < 0.5
    target = rng.randrange(len(row) - 1) if to_right else rng.randrange(1, len(row))
    sought = row.sought(rng, target)
    thoughts = []
    for i in range(target + 1):
        before = "nothing" if i == 0 else row.colours[i - 1]
        thoughts.append(f"{row.entry(i)}, before it {before}: {sought.compared(i)}")
    if to_right:
        thoughts.append(f"{row.entry(target + 1)}: next")
    side = "right" if to_right else "left"
    asked = f"What is the color of the {row.noun} directly to the {side} of the {sought.named}?"
    return _colour(asked, thoughts, row.colours[target + 1 if to_right else target - 1])


def _end(rng: Random, row: _Row) -> _Puzzle:
    leftmost = rng.random() < 0.5
    asked = f"What is the color of the {'left' if leftmost else 'right'}-most {row.noun}?"
    thoughts = [row.entry(i) for i in range(1 if leftmost else len(row))]
    return _colour(asked, thoughts, row.colours[0 if leftmost else -1])


def _furthest(rng: Random, row: _Row) -> _Puzzle:
    middle = (len(row) - 1) / 2
    target = rng.choice([i for i in range(len(row)) if i != middle])
    sought = row.sought(rng, target)
    asked = f"What is the color of the {row.noun} furthest from the {sought.named}?"
    thoughts = [f"{row.entry(i)}: {sought.compared(i)}" for i in range(len(row))]
    first = target > middle
    end = row.colours[0 if first else -1]
    thoughts.append(
        f"{len(row) + 1}. {target + 1} of {len(row)}: the {'first' if first else 'last'} is {end}"
    )
    return _colour(asked, thoughts, end)


def _others_beside(rng: Random, row: _Row) -> _Puzzle:
    to_right = rng.random() < 0.5
    target = rng.randrange(len(row))
    sought = row.sought(rng, target)
    unwanted = rng.choice(row.colours)
    count = 0
    thoughts = []
    for i, colour in enumerate(row.colours):
        found = sought.compared(i)
        if i == target and not to_right:
            thoughts.append(f"{row.entry(i)}: {found}: {count}")
            break
        if i <= target and to_right:
            thoughts.append(f"{row.entry(i)}: {found}: {'from here' if i == target else 'not yet'} {count}")
            continue
        count += colour != unwanted
        before_it = f"{found}, " if not to_right else ""
        thoughts.append(f"{row.entry(i)}: {before_it}{_compared(colour, unwanted)}: {count}")
    side = "right" if to_right else "left"
    asked = f"How many non-{unwanted} {row.noun}s do you see to the {side} of the {sought.named}?"
    return _number(asked, thoughts, count, 6)


_Ask = Callable[[Random, _Row], _Puzzle]
_SEEN: tuple[tuple[_Ask, float], ...] = ((_what_colour, 3), (_is_it, 4), (_neither, 3))
_ARRANGED: tuple[tuple[_Ask, float], ...] = ((_beside, 5), (_end, 2.5), (_furthest, 3), (_others_beside, 3))


def _heaps(rng: Random, level: float, place: str) -> tuple[str, _Puzzle]:
    """Heaps of one to three equal things; all of one colour or of one kind are taken away."""
    noun = rng.choice(_NOUNS)
    kinds = rng.sample(COLOURED_THINGS, rng.randint(2, 4))
    colours = rng.sample(COLOURS, rng.randint(2, 4))
    cells = [(colour, kind) for colour in colours for kind in kinds]
    heaps = [
        (rng.randint(1, 3), *cell)
        for cell in rng.sample(cells, min(len(cells), size_at(rng, max(level, 0.3), 3, 7)))
    ]
    entries = [
        f"{NUMBER_WORDS[number]} {colour} {kind[0] if number == 1 else kind[1]}"
        for number, colour, kind in heaps
    ]
    _, colour, kind = rng.choice(heaps)
    if rng.random() < 0.5:
        colour = rng.choice([c for _, c, _ in heaps])
    by_colour = rng.random() < 0.5
    total = 0
    thoughts = []
    for i, (number, own_colour, own_kind) in enumerate(heaps):
        if by_colour:
            counts = own_kind == kind and own_colour != colour
        else:
            counts = own_colour == colour and own_kind != kind
        before, total = total, total + (number if counts else 0)
        outcome = f"yes {before}+{number}={total}" if counts else f"no {total}"
        same_colour = f"{own_colour} = {colour} {'yes' if own_colour == colour else 'no'}"
        same_kind = f"{own_kind[1]} = {kind[1]} {'yes' if own_kind == kind else 'no'}"
        # First what is asked for, then what is taken away: only "yes" and then "no" counts.
        compared = f"{same_kind}, {same_colour}" if by_colour else f"{same_colour}, {same_kind}"
        thoughts.append(f"{i + 1}. {entries[i]}: {compared}: {outcome}")
    removed, asked = (f"{colour} {noun}s", kind[1]) if by_colour else (kind[1], f"{colour} {noun}s")
    verb = rng.choice(("there is" if heaps[0][0] == 1 else "there are", "you see", "I see"))
    scene = f"On the {place}, {verb} {_listing(entries)}."
    question = f"If I remove all the {removed} from the {place}, how many {asked} remain on it?"
    return scene, _number(question, thoughts, total, 16)
