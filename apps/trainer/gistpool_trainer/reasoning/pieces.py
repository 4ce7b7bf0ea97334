"""A chain: one solved question as a row of pieces, each a run of tokens with one role."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gistpool_trainer.nano.render import Document


class Role(StrEnum):
    PROMPT = "prompt"
    THOUGHT = "thought"
    SPLITTER = "splitter"
    GIST = "gist"
    CONTINUE = "continue"
    ANSWER = "answer"
    RECOVER = "recover"
    RECOVERED = "recovered"


SAMPLED = frozenset({Role.THOUGHT, Role.SPLITTER, Role.ANSWER, Role.RECOVERED})


@dataclass(frozen=True)
class Piece:
    """`thought` numbers from 1: the thought that the piece is, ends, compresses or recovers.

    Gists and the continue with number 0 compress the prompt.
    """

    role: Role
    ids: tuple[int, ...]
    thought: int = 0

    @property
    def is_sampled(self) -> bool:
        """Whether the model must produce these tokens itself, so that they are targets of the loss."""
        return self.role in SAMPLED


@dataclass(frozen=True)
class Chain:
    """The pieces in the order in which they are fed; recover blocks come last and are never decoded."""

    pieces: tuple[Piece, ...]
    source: str = ""

    def __len__(self) -> int:
        return sum(len(piece.ids) for piece in self.pieces)

    @property
    def ids(self) -> list[int]:
        return [token for piece in self.pieces for token in piece.ids]

    @property
    def sampled(self) -> list[bool]:
        return [piece.is_sampled for piece in self.pieces for _ in piece.ids]

    @property
    def positions(self) -> list[int]:
        """Absolute positions: a recover block stands where its thought's continue stands."""
        positions: list[int] = []
        resumed_at: dict[int, int] = {}
        at = 0
        for piece in self.pieces:
            if piece.role is Role.CONTINUE:
                resumed_at[piece.thought] = at
            elif piece.role is Role.RECOVER:
                at = resumed_at[piece.thought]
            positions += range(at, at + len(piece.ids))
            at += len(piece.ids)
        return positions

    def of(self, role: Role) -> list[Piece]:
        return [piece for piece in self.pieces if piece.role is role]

    @property
    def compresses_prompt(self) -> bool:
        return any(piece.role is Role.GIST and piece.thought == 0 for piece in self.pieces)


def chain_of(document: "Document", splitter: int, resume: int) -> Chain:
    """The bundled model's documents in the same form; `resume` is the continue token."""
    labelled = []
    started, latest = False, 0
    columns = zip(document.ids, document.thought, document.gist, document.sampled, strict=True)
    for token, thought, gist, sampled in columns:
        started = started or sampled
        latest = max(latest, gist)
        if gist:
            key = (Role.GIST, gist)
        elif thought:
            key = (Role.SPLITTER if token == splitter else Role.THOUGHT, thought)
        elif sampled:
            key = (Role.ANSWER, 0)
        elif started and token == resume:
            key = (Role.CONTINUE, latest)
        else:
            key = (Role.PROMPT, 0)
        labelled.append((key, token))
    pieces = [
        Piece(role, tuple(token for _, token in run), thought)
        for (role, thought), run in groupby(labelled, key=lambda pair: pair[0])
    ]
    return Chain(tuple(pieces), document.family)
