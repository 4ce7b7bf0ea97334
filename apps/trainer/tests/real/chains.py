"""Random chains for property tests, and the mask's definition pair by pair."""

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from gistpool_trainer.masking.layout import MaskOptions
from gistpool_trainer.reasoning.pieces import Chain, Piece, Role

CONTROL = 5
"""Token ids below this are control tokens in random chains: splitter 0, continue 1, recover 2, pad 3."""


@st.composite
def chains(draw: st.DrawFn, vocabulary: int = 60, gists: int | None = None, decodable: bool = False) -> Chain:
    """`decodable`: without recover blocks, which no decoder feeds."""
    rng = Random(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 5))
    gist_count = gists or draw(st.integers(1, 4))
    has_splitter = draw(st.booleans())
    gist_ids = tuple(range(CONTROL, CONTROL + gist_count))

    def words(most: int) -> tuple[int, ...]:
        return tuple(rng.randrange(CONTROL + 4, vocabulary) for _ in range(rng.randint(1, most)))

    pieces = [Piece(Role.PROMPT, words(6))]
    if draw(st.booleans()):
        pieces += [Piece(Role.GIST, gist_ids), Piece(Role.CONTINUE, (1,))]
    for number in range(1, count + 1):
        pieces.append(Piece(Role.THOUGHT, words(5), number))
        if has_splitter:
            pieces.append(Piece(Role.SPLITTER, (0,), number))
        pieces += [Piece(Role.GIST, gist_ids, number), Piece(Role.CONTINUE, (1,), number)]
    pieces.append(Piece(Role.ANSWER, words(4)))
    if not decodable:
        for number in range(1, count + 1):
            if draw(st.booleans()):
                pieces += [Piece(Role.RECOVER, (2,), number), Piece(Role.RECOVERED, words(4), number)]
    return Chain(tuple(pieces))


@st.composite
def mask_options(draw: st.DrawFn, served: bool = False) -> MaskOptions:
    lag = draw(st.integers(0, 3))
    if served:
        return MaskOptions(lag_thoughts=lag)
    both, alone = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    return MaskOptions(see_current=draw(st.booleans()), bi_directional=both, diagonal=alone, lag_thoughts=lag)


@dataclass(frozen=True)
class Token:
    chain: int
    index: int
    role: Role
    thought: int


def tokens_of(row: list[Chain]) -> list[Token]:
    tokens = []
    for number, chain in enumerate(row):
        for piece in chain.pieces:
            for _ in piece.ids:
                tokens.append(Token(number, len(tokens), piece.role, piece.thought))
    return tokens


def sees(q: Token, k: Token, row: list[Chain], options: MaskOptions) -> bool:
    """The definition, one rule after the other. Slow and meant to be obviously right."""
    if q.chain != k.chain:
        return False
    if q.index == k.index:
        return True
    recovering = (Role.RECOVER, Role.RECOVERED)
    if q.role in recovering:
        if k.role in recovering:
            return k.thought == q.thought and k.index < q.index
        return k.role is Role.GIST and k.thought == q.thought
    if k.role in recovering:
        return False
    if q.role is Role.GIST and k.role is Role.GIST and q.thought == k.thought:
        if options.diagonal:
            return False
        return options.bi_directional or k.index < q.index
    if k.index > q.index:
        return False
    if q.role is Role.GIST and options.see_current:
        compressed = (Role.PROMPT,) if q.thought == 0 else (Role.THOUGHT, Role.SPLITTER)
        return k.role in compressed and k.thought == q.thought
    chain = row[q.chain]
    if k.role is Role.PROMPT and chain.compresses_prompt:
        return q.role is Role.PROMPT or (q.role is Role.GIST and q.thought == 0)
    if k.role in (Role.THOUGHT, Role.SPLITTER):
        last = max(piece.thought for piece in chain.pieces)
        goes_with = k.thought + options.lag_thoughts
        if goes_with > last:
            return True
        match q.role:
            case Role.CONTINUE:
                return q.thought < goes_with
            case Role.ANSWER:
                return False
            case _:
                return q.thought <= goes_with
    return True
