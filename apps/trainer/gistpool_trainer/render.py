"""From an item to token ids, in the two forms: LightThinker and vanilla."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from .families import Item
from .tokens import ANSWER, CONTINUE, GISTS, IM_END, SPLITTER, prompt_text

Method = Literal["lightthinker", "vanilla"]


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
        for number, text in enumerate(item.thoughts, start=1):
            thought = self._encode(text + "\n")
            if method == "vanilla":
                document.add(thought, sampled=True)
                continue
            document.add(thought + self._splitter, thought=number, sampled=True)
            document.add(self._gists, gist=number)
            document.add(self._continue)
        document.add(self._encode(ANSWER + item.answer + IM_END), sampled=True)
        return document

    def _encode(self, text: str) -> list[int]:
        ids = self._cache.get(text)
        if ids is None:
            if len(self._cache) > 200_000:
                self._cache.clear()
            ids = self._cache[text] = self._encode_text(text)
        return ids
