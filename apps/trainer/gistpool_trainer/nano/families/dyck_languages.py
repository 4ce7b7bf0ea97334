"""Close what is open. One thought per bracket, each restating the stack, then one per closing bracket."""

from random import Random

from .item import Item
from .sizes import size_at

FAMILY = "dyck_languages"
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}


def generate(rng: Random, level: float = 1.0) -> Item:
    missing = rng.choice((1, 2, 2, 3, 3))
    longest = size_at(rng, level, 4, 30 if rng.random() < 0.8 else 60)
    tokens, stack = _sequence(rng, missing, longest)
    thoughts, open_now = [], []
    for number, token in enumerate(tokens, start=1):
        if token in _CLOSING:
            open_now.append(token)
        else:
            open_now.pop()
        thoughts.append(f"{number}. {token} then {' '.join(open_now) or 'empty'}")
    closed: list[str] = []
    for left in range(len(stack), 0, -1):
        closed.append(_CLOSING[stack[left - 1]])
        rest = " ".join(stack[: left - 1]) or "empty"
        thoughts.append(
            f"{len(thoughts) + 1}. end: {stack[left - 1]} left {rest} closed by {' '.join(closed)}"
        )
    closing = " ".join(closed)
    question = (
        "Complete the rest of the sequence, making sure that the parentheses are closed properly. "
        f"Input: {' '.join(tokens)}"
    )
    return Item(FAMILY, question, tuple(thoughts), closing)


def _sequence(rng: Random, missing: int, longest: int) -> tuple[list[str], list[str]]:
    """A balanced word of random shape whose last `missing` closing brackets are cut off."""
    half = max(missing, (longest + missing) // 2)
    tokens: list[str] = []
    stack: list[str] = []
    opened = 0
    closes = rng.uniform(0.3, 0.6)
    while opened < half or len(stack) > missing:
        must_open = not stack or (opened < half and len(stack) <= missing)
        may_open = opened < half
        if must_open or (may_open and rng.random() > closes):
            bracket = rng.choice(tuple(_CLOSING))
            stack.append(bracket)
            tokens.append(bracket)
            opened += 1
        else:
            tokens.append(_CLOSING[stack.pop()])
    return tokens, stack
