"""Greedy decoding as an engine does it: one token at a time, with a cache that really evicts."""

from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer

from gistpool_trainer.tokens import ANSWER, CONTINUE, GISTS, IM_END, SPLITTER, TOKEN_LEVEL_EVERY, prompt_text

from .model import LayerCache, Transformer
from .render import Method
from .tokenizer import token_id


@dataclass
class Session:
    """What one session wrote and what it cost."""

    sampled: list[int] = field(default_factory=list)
    answer: str = ""
    finished: bool = False
    compressions: int = 0
    peak_cells: int = 0


class Cells:
    """The live KV cells of one session. Positions are absolute: an eviction leaves a gap in them."""

    def __init__(self, model: Transformer) -> None:
        self._model = model
        self._layers: list[LayerCache] | None = None
        self.position = 0
        self.count = 0
        self.peak = 0

    def feed(self, ids: list[int]) -> torch.Tensor:
        """Appends the tokens and returns the logits after each of them."""
        new = len(ids)
        allowed = torch.ones(new, self.count + new, dtype=torch.bool).tril(self.count)
        positions = torch.arange(self.position, self.position + new)
        hidden, self._layers = self._model.hidden(torch.tensor([ids]), allowed, positions, self._layers)
        self.position += new
        self.count += new
        self.peak = max(self.peak, self.count)
        return self._model.logits(hidden)[0]

    def evict(self, start: int, stop: int) -> None:
        """Throws the cells of that range away (indices among live cells, not positions)."""
        assert self._layers is not None
        self._layers = [
            (_without(keys, start, stop), _without(values, start, stop)) for keys, values in self._layers
        ]
        self.count -= stop - start


def _without(cells: torch.Tensor, start: int, stop: int) -> torch.Tensor:
    return torch.cat((cells[:, :, :start], cells[:, :, stop:]), 2)


class Decoder:
    def __init__(self, model: Transformer, tokenizer: Tokenizer, method: Method) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._method = method
        self._splitter = token_id(tokenizer, SPLITTER)
        self._gists = [token_id(tokenizer, gist) for gist in GISTS]
        self._continue = token_id(tokenizer, CONTINUE)
        self._answer = token_id(tokenizer, ANSWER)
        self._eos = token_id(tokenizer, IM_END)

    @torch.inference_mode()
    def run(self, question: str, limit: int = 2400) -> Session:
        session, cells = Session(), Cells(self._model)
        prompt = self._tokenizer.encode(prompt_text(question), add_special_tokens=False).ids
        logits = cells.feed(prompt)[-1]
        thought_start = cells.count
        while len(session.sampled) < limit:
            token = int(logits.argmax())
            session.sampled.append(token)
            if token == self._eos:
                session.finished = True
                break
            ends_thought = {
                "lightthinker": token == self._splitter,
                "token": cells.count + 1 - thought_start == TOKEN_LEVEL_EVERY,
                "vanilla": False,
            }
            if ends_thought[self._method]:
                logits = self.compress(cells, thought_start, token)
                thought_start = cells.count
                session.compressions += 1
            else:
                logits = cells.feed([token])[-1]
        session.answer = self._answer_of(session.sampled)
        session.peak_cells = cells.peak
        return session

    def compress(self, cells: Cells, thought_start: int, last: int) -> torch.Tensor:
        """The thought's last token and gists in, thought out, continue in; the next thought's logits."""
        cells.feed([last, *self._gists])
        cells.evict(thought_start, cells.count - len(self._gists))
        return cells.feed([self._continue])[-1]

    def _answer_of(self, sampled: list[int]) -> str:
        if self._answer not in sampled:
            return ""
        tail = sampled[sampled.index(self._answer) + 1 :]
        return str(self._tokenizer.decode(tail, skip_special_tokens=True)).strip()
