"""How a model folder compresses: what training left beside the weights, or what its vocabulary tells."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gistpool_trainer.masking.layout import MaskOptions
from gistpool_trainer.reasoning.problems import WrongInput
from gistpool_trainer.reasoning.vocabulary import HfTokenizer, gist_name, token_id
from gistpool_trainer.tokens import ANSWER, CONTINUE, SPLITTER

from .merge import METHOD_FILE


@dataclass(frozen=True)
class Method:
    mode: str
    gists: int
    answer_token: str | None
    every_tokens: int | None = None
    lag_thoughts: int = 0

    def metadata(self) -> dict[str, str | int | list[str]]:
        """The keys under `gistpool.` that the engine reads."""
        entries: dict[str, str | int | list[str]] = {"method": self.mode}
        if self.mode == "lightthinker":
            entries |= {
                "gist_count": self.gists,
                "splitter_token": SPLITTER,
                "gist_tokens": [gist_name(index) for index in range(self.gists)],
                "continue_token": CONTINUE,
            }
            if self.every_tokens is not None:
                entries["every_tokens"] = self.every_tokens
            if self.lag_thoughts:
                entries["lag_thoughts"] = self.lag_thoughts
        if self.answer_token is not None:
            entries["answer_token"] = self.answer_token
        return entries


def method_of(folder: Path, tokenizer: HfTokenizer) -> Method:
    path = folder / METHOD_FILE
    if path.exists():
        return _trained(json.loads(path.read_text()), tokenizer, path)
    count = 0
    while token_id(tokenizer, gist_name(count)) is not None:
        count += 1
    has_all = count and all(token_id(tokenizer, name) is not None for name in (SPLITTER, CONTINUE))
    return Method("lightthinker" if has_all else "vanilla", count, _known(tokenizer, ANSWER))


def _trained(fields: dict[str, Any], tokenizer: HfTokenizer, path: Path) -> Method:
    mask = MaskOptions(**fields["mask"])
    unserved = [name for name, value in mask.model_dump(exclude={"lag_thoughts"}).items() if value]
    if fields["compress_prompt"]:
        unserved.append("compress_prompt")
    if unserved:
        raise WrongInput(
            f"{path}: trained with {', '.join(unserved)}, which the engine does not decode. "
            "Train without for a model that can be served."
        )
    return Method(
        fields["mode"],
        fields["gists"],
        _known(tokenizer, fields["answer_start"]),
        fields["every_tokens"] if fields["level"] == "token" else None,
        mask.lag_thoughts,
    )


def _known(tokenizer: HfTokenizer, token: str) -> str | None:
    """A text that is no single token cannot begin the answer for the engine."""
    return token if token_id(tokenizer, token) is not None else None
