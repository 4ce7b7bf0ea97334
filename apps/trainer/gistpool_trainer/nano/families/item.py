"""What every generator returns."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One puzzle: the prompt, the thoughts that solve it one step each, and the answer."""

    family: str
    question: str
    thoughts: tuple[str, ...]
    answer: str
