"""From an item to token ids, in three forms: LightThinker at thought level, at token level, and vanilla."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from gistpool_trainer.tokens import ANSWER, CONTINUE, GISTS, IM_END, SPLITTER, TOKEN_LEVEL_EVERY, prompt_text

from .families import Item

Method = Literal["lightthinker", "token", "vanilla"]


@dataclass
class Document:
    """Token ids with what the mask and the loss need to know about each.

    thought: the number of the thought a token belongs to (splitter included), 0 outside of thoughts.
    gist:    the number of the thought a gist token compresses, 0 for all other tokens.
    sampled: whether the model must produce this token itself.
    """

    family: str
    ids: list[int] = field(default_factory=list)
    thought: list[int] = field(default_factory=list)
    gist: list[int] = field(default_factory=list)
    sampled: list[bool] = field(default_factory=list)

    def add(self, ids: list[int], *, thought: int = 0, gist: int = 0, sampled: bool = False) -> None:
        self.ids += ids
        self.thought += [thought] * len(ids)
        self.gist += [gist] * len(ids)
        self.sampled += [sampled] * len(ids)


class Renderer:
    """Turns items into documents. Pieces are encoded apart, as an engine feeds them."""

    def __init__(self, encode: Callable[[str], list[int]]) -> None:
        self._encode_text = encode
        self._cache: dict[str, list[int]] = {}
        self._splitter = encode(SPLITTER)
        self._gists = [encode(gist)[0] for gist in GISTS]
        self._continue = encode(CONTINUE)

    def render(self, item: Item, method: Method) -> Document:
        document = Document(item.family)
        document.add(self._encode_text(prompt_text(item.question)))
        thoughts = [self._encode(text + "\n") for text in item.thoughts]
        answer = self._encode(ANSWER + item.answer + IM_END)
        match method:
            case "lightthinker":
                for number, thought in enumerate(thoughts, start=1):
                    self._add_compressed(document, thought + self._splitter, number)
                document.add(answer, sampled=True)
            case "token":
                text = [*chain(*thoughts), *answer]
                # The last span is never compressed: the session ends with it.
                spans = -(-len(text) // TOKEN_LEVEL_EVERY) - 1
                for number in range(spans):
                    start = number * TOKEN_LEVEL_EVERY
                    self._add_compressed(document, text[start : start + TOKEN_LEVEL_EVERY], number + 1)
                document.add(text[spans * TOKEN_LEVEL_EVERY :], sampled=True)
            case "vanilla":
                document.add([*chain(*thoughts), *answer], sampled=True)
        return document

    def _add_compressed(self, document: Document, span: list[int], number: int) -> None:
        document.add(span, thought=number, sampled=True)
        document.add(self._gists, gist=number)
        document.add(self._continue)

    def _encode(self, text: str) -> list[int]:
        ids = self._cache.get(text)
        if ids is None:
            if len(self._cache) > 200_000:
                self._cache.clear()
            ids = self._cache[text] = self._encode_text(text)
        return ids
