"""Two brackets of four small numbers. One operation per thought, the rest of the bracket restated."""

from random import Random

from .item import Item
from .sizes import size_at

FAMILY = "multistep_arithmetic_two"
_OPERATIONS = ("+", "-", "*")


def generate(rng: Random, level: float = 1.0) -> Item:
    count = 4 if level >= 0.6 or rng.random() < level else size_at(rng, level, 2, 4)
    brackets = [_bracket(rng, count) for _ in range(2)]
    outer = rng.choice(_OPERATIONS)
    thoughts: list[str] = []
    values = [_reduce(bracket, thoughts) for bracket in brackets]
    value = _apply(values[0], outer, values[1])
    if outer == "*":
        _multiply(values[0], values[1], thoughts)
    else:
        thoughts.append(_sum(values[0], outer, values[1]))
    question = f"(({_text(brackets[0])}) {outer} ({_text(brackets[1])})) ="
    return Item(
        FAMILY, question, tuple(f"{i}. {text}" for i, text in enumerate(thoughts, start=1)), str(value)
    )


def _bracket(rng: Random, count: int) -> list[int | str]:
    terms: list[int | str] = [rng.randint(-9, 9)]
    for _ in range(count - 1):
        terms += [rng.choice(_OPERATIONS), rng.randint(-9, 9)]
    return terms


def _text(terms: list[int | str]) -> str:
    return " ".join(map(str, terms))


def _reduce(terms: list[int | str], thoughts: list[str]) -> int:
    """Products first, then from left to right, as one does on paper."""
    rest = list(terms)
    thoughts.append(_text(rest))
    while len(rest) > 1:
        at = next((i for i in range(1, len(rest), 2) if rest[i] == "*"), 1)
        left, operation, right = int(rest[at - 1]), str(rest[at]), int(rest[at + 1])
        rest[at - 1 : at + 2] = [_apply(left, operation, right)]
        worked = _product(left, right) if operation == "*" else _sum(left, operation, right)
        thoughts.append(f"{worked}: {_text(rest)}")
    return int(rest[0])


def _multiply(left: int, right: int, thoughts: list[str]) -> None:
    """Digit by digit from the front: the sum so far times ten, plus one partial product."""
    total = 0
    for digit in str(abs(right)):
        part = abs(left) * int(digit)
        fresh = 10 * total + part
        worked = _product(abs(left), int(digit))
        thoughts.append(f"{left} * {right}: {worked}, {10 * total} + {part} = {fresh}")
        total = fresh
    sign = "-" if (left < 0) != (right < 0) and total else ""
    thoughts.append(f"{left} * {right} = {sign}{total}")


def _sum(left: int, operation: str, right: int) -> str:
    """Signs first, then the sum or the difference of what is left without them."""
    steps = [f"{left} {operation} {right}"]
    value = _apply(left, operation, right)
    if right < 0:
        operation, right = "-" if operation == "+" else "+", -right
        steps.append(f"{left} {operation} {right}")
    if left < 0 and operation == "-":
        steps.append(f"-({-left} + {right})")
    elif left < 0:
        steps.append(f"{right} - {-left}")
        left, operation, right = right, "-", -left
    if operation == "-" and 0 <= left < right:
        steps.append(f"-({right} - {left})")
    return " = ".join([*steps, str(value)])


def _product(left: int, right: int) -> str:
    """A number times one digit: digit by digit from the front, then the parts added up."""
    steps = [f"{left} * {right}"]
    digits = str(abs(left))
    parts = [int(d) * 10 ** (len(digits) - i) * abs(right) for i, d in enumerate(digits, start=1)]
    negative = left * right < 0
    while right and len(parts) > 1:
        tally = " + ".join(map(str, parts))
        steps.append(f"-({tally})" if negative else tally)
        parts[:2] = [parts[0] + parts[1]]
    return " = ".join([*steps, str(left * right)])


def _apply(left: int, operation: str, right: int) -> int:
    return {"+": left + right, "-": left - right, "*": left * right}[operation]
