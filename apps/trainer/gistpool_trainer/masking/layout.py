"""The block description of a chain's attention: spans, what each sees and how long it is seen."""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gistpool_trainer.reasoning.pieces import Chain, Piece, Role


class MaskOptions(BaseModel):
    """The options of the paper's code, all off by default, and the lag of HybridThinker."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    see_current: bool = Field(default=False, description="gists see their own thought and nothing else")
    bi_directional: bool = Field(default=False, description="gists of a group see each other both ways")
    diagonal: bool = Field(default=False, description="a gist sees no other gist of its group")
    lag_thoughts: int = Field(
        default=0, ge=0, description="a thought goes when so many later ones are compressed"
    )

    @model_validator(mode="after")
    def _not_both(self) -> "MaskOptions":
        if self.bi_directional and self.diagonal:
            raise ValueError("bi_directional and diagonal exclude each other")
        return self

    @property
    def is_served(self) -> bool:
        """Whether a decoder that only feeds and evicts computes this very attention."""
        return not (self.see_current or self.bi_directional or self.diagonal)


class Among(StrEnum):
    """How the tokens of one span see each other."""

    EARLIER = "earlier"
    BOTH_WAYS = "both ways"
    ALONE = "alone"


@dataclass(frozen=True)
class Span:
    """Tokens [start, stop) of a row. A query q of it sees the keys k <= q with k >= sees_from, and `also`.

    The span's own cells are seen by queries before `evicted_at` only: with a cache, they are removed
    before that token is fed. `also` is a second range of keys [start, stop).
    """

    start: int
    stop: int
    role: Role
    thought: int
    sees_from: int
    evicted_at: int
    also: tuple[int, int] = (0, 0)
    among: Among = Among.EARLIER


def layout(chain: Chain, options: MaskOptions, offset: int = 0) -> list[Span]:
    """Spans of a chain whose first token stands at `offset` in its row, in order, without gaps."""
    placed = []
    at = offset
    for piece in chain.pieces:
        placed.append((piece, at))
        at += len(piece.ids)
    return _Layout(placed, offset, at, options).spans()


class _Layout:
    def __init__(self, placed: list[tuple[Piece, int]], start: int, end: int, options: MaskOptions) -> None:
        self._placed = placed
        self._start = start
        self._end = end
        self._options = options
        self._continues = {p.thought: at for p, at in placed if p.role is Role.CONTINUE}
        self._gists = {p.thought: (at, at + len(p.ids)) for p, at in placed if p.role is Role.GIST}
        self._recovers = {p.thought: at for p, at in placed if p.role is Role.RECOVER}
        self._begins: dict[int, int] = {}
        for piece, at in placed:
            if piece.role in (Role.PROMPT, Role.THOUGHT):
                self._begins.setdefault(piece.thought, at)

    def spans(self) -> list[Span]:
        return [self._span(piece, at) for piece, at in self._placed]

    def _span(self, piece: Piece, at: int) -> Span:
        stop = at + len(piece.ids)
        number, options = piece.thought, self._options
        sees_from, also, among = self._start, (0, 0), Among.EARLIER
        if piece.role is Role.GIST:
            if options.see_current:
                sees_from = self._begins[number]
            if options.bi_directional:
                among = Among.BOTH_WAYS
            elif options.diagonal:
                among = Among.ALONE
        elif piece.role in (Role.RECOVER, Role.RECOVERED):
            sees_from, also = self._recovers[number], self._gists[number]
        return Span(at, stop, piece.role, number, sees_from, self._evicted_at(piece), also, among)

    def _evicted_at(self, piece: Piece) -> int:
        if piece.role is Role.PROMPT:
            return self._continues.get(0, self._end)
        if piece.role in (Role.THOUGHT, Role.SPLITTER) and piece.thought:
            return self._continues.get(piece.thought + self._options.lag_thoughts, self._end)
        return self._end
