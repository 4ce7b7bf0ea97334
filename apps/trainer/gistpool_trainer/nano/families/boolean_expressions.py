"""True or false? One scan from left to right, as an operator-precedence evaluator would do it."""

from dataclasses import dataclass
from random import Random

from .item import Item
from .sizes import full_size_more_often

FAMILY = "boolean_expressions"


@dataclass
class _Level:
    """What is known inside one pair of brackets: `any_term or (term and [not] …)`."""

    any_term: bool = False
    term: bool = True
    negate: bool = False

    def take(self, value: bool) -> None:
        self.term = self.term and (value != self.negate)
        self.negate = False

    def __str__(self) -> str:
        return f"{self.any_term} {self.term}{' not' if self.negate else ''}"


def generate(rng: Random, level: float = 1.0) -> Item:
    tokens = _expression(rng, full_size_more_often(rng, level, 2, 8, 9))
    thoughts, value = scan(tokens)
    return Item(FAMILY, " ".join(tokens) + " is", tuple(thoughts), str(value))


def _expression(rng: Random, length: int) -> list[str]:
    if length == 1:
        return [rng.choice(("True", "False"))]
    shapes = ["not"]
    if length >= 3:
        shapes += ["brackets", "and", "or", "and", "or"]
    shape = rng.choice(shapes)
    if shape == "not":
        return ["not", *_expression(rng, length - 1)]
    if shape == "brackets":
        return ["(", *_expression(rng, length - 2), ")"]
    left = rng.randint(1, length - 2)
    return [*_expression(rng, left), shape, *_expression(rng, length - 1 - left)]


def scan(tokens: list[str]) -> tuple[list[str], bool]:
    """One thought per token; each restates every open bracket's state, so nothing is hidden."""
    stack = [_Level()]
    thoughts = []
    for number, token in enumerate(tokens, start=1):
        if token == "(":
            stack.append(_Level())
        elif token == ")":
            inner = stack.pop()
            stack[-1].take(inner.any_term or inner.term)
        elif token == "not":
            stack[-1].negate = not stack[-1].negate
        elif token == "or":
            stack[-1].any_term = stack[-1].any_term or stack[-1].term
            stack[-1].term = True
        elif token != "and":
            stack[-1].take(token == "True")
        thoughts.append(f"{number}. {token}: {' ( '.join(map(str, stack))}")
    value = stack[0].any_term or stack[0].term
    thoughts.append(f"{len(tokens) + 1}. is: {value}")
    return thoughts, value
