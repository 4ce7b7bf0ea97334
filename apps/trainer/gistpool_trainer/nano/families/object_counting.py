"""How many of one kind are in the list? One thought per entry, with the running sum."""

from random import Random

from .item import Item
from .sizes import size_at
from .words import ANIMALS, FRUITS, HOUSEHOLD, INSTRUMENTS, VEGETABLES

FAMILY = "object_counting"
_KINDS = {
    "fruits": FRUITS,
    "vegetables": VEGETABLES,
    "animals": ANIMALS,
    "musical instruments": INSTRUMENTS,
}
_NUMBERS = ("zero", "a", "two", "three", "four", "five")


def generate(rng: Random, level: float = 1.0) -> Item:
    count = size_at(rng, level, 2, 11)
    kind = rng.choice((*_KINDS, "objects"))
    entries: list[tuple[str, int, bool]] = []
    for thing, counts in _things(rng, kind, count):
        number = 1 if rng.random() < 0.65 else rng.randint(2, rng.choice((2, 3, 4, 5)))
        entries.append((thing[0] if number == 1 else f"{_NUMBERS[number]} {thing[1]}", number, counts))

    total = 0
    thoughts = []
    for index, (text, number, counts) in enumerate(entries, start=1):
        before, total = total, total + (number if counts else 0)
        outcome = f"yes {before}+{number}={total}" if counts else f"no {total}"
        thoughts.append(f"{index}. {text}: {outcome}")
    texts = [text for text, _, _ in entries]
    question = f"I have {', '.join(texts[:-1])}, and {texts[-1]}. How many {kind} do I have?"
    return Item(FAMILY, question, tuple(thoughts), str(total))


def _things(rng: Random, kind: str, count: int) -> list[tuple[tuple[str, str], bool]]:
    if kind == "objects":
        pools = [HOUSEHOLD] if rng.random() < 0.8 else [HOUSEHOLD, *_KINDS.values()]
        pool = [thing for part in pools for thing in part]
        return [(thing, True) for thing in rng.sample(pool, min(count, len(pool)))]
    wanted = _KINDS[kind]
    strangers = rng.randint(0, min(4, count - 1)) if rng.random() < 0.5 else 0
    others = [part for part in (HOUSEHOLD, *_KINDS.values()) if part is not wanted]
    pool = [thing for thing in rng.choice(others)]
    things = [(thing, True) for thing in rng.sample(wanted, min(count - strangers, len(wanted)))]
    things += [(thing, False) for thing in rng.sample(pool, strangers)]
    rng.shuffle(things)
    return things
