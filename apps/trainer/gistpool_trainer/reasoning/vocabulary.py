"""The method's tokens in a tokenizer of transformers: their names, what they mean, whether they are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gistpool_trainer.tokens import ANSWER, CONTINUE, SPLITTER

from .problems import WrongInput

# Any tokenizer of transformers; the package has no types for what is used here.
HfTokenizer = Any

RECOVER = "<|recover|>"

# A new token's embedding starts as the mean of its description's embeddings.
DESCRIPTIONS = {
    SPLITTER: "end of this thought, compress it now",
    CONTINUE: "continue the reasoning with the next thought",
    RECOVER: "recover the whole thought from its summary",
    "<|begin_of_thought|>": "begin of thought",
    "<|end_of_thought|>": "end of thought",
    ANSWER: "begin of solution, the answer is",
    "<|end_of_solution|>": "end of solution",
}


def gist_name(index: int) -> str:
    return f"<|o_{index}|>"


def control_tokens(gist_count: int) -> dict[str, str]:
    """Every token that the method adds, with its description. No two gists start alike."""
    ordinals = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
    gists = {
        gist_name(index): "summary of the thought, "
        + (f"{ordinals[index]} part" if index < len(ordinals) else f"part {index + 1}")
        for index in range(gist_count)
    }
    return {**gists, **DESCRIPTIONS}


@dataclass(frozen=True)
class MethodTokens:
    """Ids of what chains are made with. A token that the chains at hand do not need may be missing (-1)."""

    splitter: int
    gists: tuple[int, ...]
    resume: int
    recover: int
    eos: int

    @classmethod
    def of(
        cls, tokenizer: HfTokenizer, gist_count: int, where: str, needed: frozenset[str] | None = None
    ) -> "MethodTokens":
        """`needed`: names that must be there; left out: all of them."""
        gists = [gist_name(index) for index in range(gist_count)]
        names = [SPLITTER, CONTINUE, RECOVER, *gists]
        ids = {name: token_id(tokenizer, name) for name in names}
        missing = [name for name in names if ids[name] is None and (needed is None or name in needed)]
        if missing:
            raise WrongInput(
                f"the tokenizer of {where} lacks {_some(missing)}. Make a model folder that has them: "
                f"trainer prepare {where} --out FOLDER --gists {gist_count}"
            )
        if tokenizer.eos_token_id is None:
            raise WrongInput(
                f"the tokenizer of {where} names no end token (eos_token); set one in its files."
            )

        def found(name: str) -> int:
            token = ids[name]
            return -1 if token is None else token

        return cls(
            found(SPLITTER),
            tuple(found(name) for name in gists),
            found(CONTINUE),
            found(RECOVER),
            int(tokenizer.eos_token_id),
        )


def token_id(tokenizer: HfTokenizer, name: str) -> int | None:
    found: int | None = tokenizer.get_vocab().get(name)
    return found


def encode(tokenizer: HfTokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False)
    return ids


def _some(names: Sequence[str], shown: int = 4) -> str:
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")
