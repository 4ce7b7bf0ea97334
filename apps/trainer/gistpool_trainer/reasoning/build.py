"""From a raw item to a chain: where splitters, gists and continues go."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gistpool_trainer.tokens import CONTINUE, SPLITTER

from .pieces import Chain, Piece, Role
from .problems import Problem, WrongFiles, WrongInput
from .raw import RawItem
from .vocabulary import RECOVER, HfTokenizer, MethodTokens, encode, gist_name, token_id

Mode = Literal["lightthinker", "vanilla"]


class ChainOptions(BaseModel):
    """What a chain looks like. Gists per thought and the level are properties of the trained model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Mode = "lightthinker"
    level: Literal["thought", "token"] = "thought"
    every_tokens: int = Field(
        default=6, ge=1, description="token level: compress after so many sampled tokens"
    )
    gists: int = Field(default=9, ge=1)
    compress_prompt: bool = False
    recover_share: float = Field(
        default=0.0, ge=0, le=1, description="share of thoughts to reconstruct from gists"
    )
    recover_seed: int = 0
    system: str = ""
    thought_start: str = ""
    answer_start: str = "<|begin_of_solution|>"
    answer_end: str = "<|end_of_solution|>"

    @model_validator(mode="after")
    def _sensible(self) -> "ChainOptions":
        if self.mode == "vanilla" and (self.compress_prompt or self.recover_share):
            raise ValueError("compress_prompt and recover_share need mode = lightthinker")
        if self.level == "token" and self.recover_share:
            raise ValueError("recover_share needs level = thought")
        return self

    @property
    def needed_tokens(self) -> frozenset[str]:
        """Names of the method's tokens that chains with these options hold."""
        if self.mode == "vanilla":
            return frozenset()
        names = {CONTINUE, *(gist_name(index) for index in range(self.gists))}
        if self.level == "thought":
            names.add(SPLITTER)
        if self.recover_share:
            names.add(RECOVER)
        return frozenset(names)


@dataclass(frozen=True)
class Built:
    chains: list[Chain]
    skipped: list[RawItem]
    """Whole chains longer than the context, left out."""


class ChainBuilder:
    """Pieces are encoded apart, as an engine feeds them."""

    def __init__(self, tokenizer: HfTokenizer, options: ChainOptions, where: str) -> None:
        self.tokenizer = tokenizer
        self._options = options
        self.tokens = MethodTokens.of(tokenizer, options.gists, where, options.needed_tokens)
        for name in ("thought_start", "answer_start", "answer_end"):
            text = getattr(options, name)
            if text.startswith("<|") and token_id(tokenizer, text) is None:
                raise WrongInput(
                    f"{name} is {text}, which the tokenizer of {where} lacks. "
                    "Run trainer prepare, or name another text."
                )
        if not tokenizer.chat_template:
            raise WrongInput(
                f"the tokenizer of {where} has no chat template. Give it one: "
                f"trainer prepare {where} --out FOLDER --chat-template chatml"
            )

    @property
    def reserved(self) -> frozenset[str]:
        """Tokens that no text of a user may spell."""
        added = self.tokenizer.added_tokens_decoder.values()
        return frozenset(token.content for token in added if token.special)

    def build(self, item: RawItem) -> Chain:
        return Chain(tuple(self._pieces(item)), f"{item.file.name}:{item.line}")

    def build_all(
        self, items: Iterable[RawItem], length: int, progress: Callable[[int], None] | None = None
    ) -> Built:
        """Chains of at most `length` tokens. A single thought longer than that is a fault of the data."""
        chains, skipped, problems = [], [], []
        for count, item in enumerate(items, start=1):
            chain = self.build(item)
            longest = max(chain.of(Role.THOUGHT), key=lambda piece: len(piece.ids), default=None)
            if longest is not None and len(longest.ids) > length:
                problems.append(_too_long(item, longest, length))
            elif len(chain) > length:
                skipped.append(item)
            else:
                chains.append(chain)
            if progress is not None and count % 500 == 0:
                progress(count)
        if problems:
            raise WrongFiles(problems)
        return Built(chains, skipped)

    def _pieces(self, item: RawItem) -> list[Piece]:
        options = self._options
        pieces = [Piece(Role.PROMPT, tuple(self._prompt(item)))]
        thoughts = [self._encode(text + "\n") for text in item.thoughts]
        if options.thought_start:
            thoughts[0] = self._encode(options.thought_start) + thoughts[0]
        answer = [
            *self._encode(options.answer_start),
            *self._encode(item.answer),
            *self._encode(options.answer_end),
            self.tokens.eos,
        ]
        if options.mode == "vanilla":
            pieces += [Piece(Role.THOUGHT, tuple(ids)) for ids in thoughts]
            return [*pieces, Piece(Role.ANSWER, tuple(answer))]
        if options.compress_prompt:
            pieces += self._compression(0)
        if options.level == "token":
            return pieces + self._every_tokens([token for ids in thoughts for token in ids] + answer)
        for number, ids in enumerate(thoughts, start=1):
            pieces.append(Piece(Role.THOUGHT, tuple(ids), number))
            pieces.append(Piece(Role.SPLITTER, (self.tokens.splitter,), number))
            pieces += self._compression(number)
        pieces.append(Piece(Role.ANSWER, tuple(answer)))
        return pieces + self._recover_blocks(item, thoughts)

    def _compression(self, number: int) -> list[Piece]:
        return [
            Piece(Role.GIST, self.tokens.gists, number),
            Piece(Role.CONTINUE, (self.tokens.resume,), number),
        ]

    def _every_tokens(self, sampled: list[int]) -> list[Piece]:
        """No splitter is fed, and the answer is compressed like a thought: the engine knows no difference.

        A span that the end token fills is the tail: the session ends before it would be compressed.
        """
        pieces: list[Piece] = []
        every = self._options.every_tokens
        full = (len(sampled) - 1) // every
        for number in range(1, full + 1):
            pieces.append(Piece(Role.THOUGHT, tuple(sampled[(number - 1) * every : number * every]), number))
            pieces += self._compression(number)
        return [*pieces, Piece(Role.ANSWER, tuple(sampled[full * every :]))]

    def _recover_blocks(self, item: RawItem, thoughts: list[list[int]]) -> list[Piece]:
        chance = Random(f"{self._options.recover_seed}/{item.file.name}/{item.line}")
        pieces: list[Piece] = []
        for number, ids in enumerate(thoughts, start=1):
            if chance.random() < self._options.recover_share:
                pieces.append(Piece(Role.RECOVER, (self.tokens.recover,), number))
                pieces.append(Piece(Role.RECOVERED, tuple(ids), number))
        return pieces

    def _prompt(self, item: RawItem) -> list[int]:
        messages = [{"role": "user", "content": item.question}]
        system = item.system or self._options.system
        if system:
            messages.insert(0, {"role": "system", "content": system})
        text = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        return self._encode(text)

    def _encode(self, text: str) -> list[int]:
        return encode(self.tokenizer, text)


def _too_long(item: RawItem, thought: Piece, length: int) -> Problem:
    number = max(1, thought.thought)
    return Problem(
        item.file,
        item.line,
        f"thought {number} has {len(thought.ids):,} tokens, the context {length:,}",
        "Cut thoughts finer (by = sentence or step), delete the line, or raise the length",
    )
