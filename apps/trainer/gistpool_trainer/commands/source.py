"""The options that say which chains are meant: a config file, or files and switches."""

import argparse
import os
from dataclasses import dataclass
from logging import ERROR, getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gistpool_trainer.reasoning.problems import WrongInput

if TYPE_CHECKING:
    from gistpool_trainer.masking.layout import MaskOptions
    from gistpool_trainer.reasoning.build import ChainBuilder, ChainOptions
    from gistpool_trainer.reasoning.segment import ThoughtOptions


@dataclass(frozen=True)
class Source:
    files: list[Path]
    model: str
    length: int
    thoughts: "ThoughtOptions"
    chain: "ChainOptions"
    mask: "MaskOptions"

    def builder(self) -> "ChainBuilder":
        from gistpool_trainer.reasoning.build import ChainBuilder

        return ChainBuilder(load_tokenizer(self.model), self.chain, self.model)


def add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", type=Path, nargs="*", help="JSON lines of question, thoughts or output, answer"
    )
    parser.add_argument("--config", type=Path, default=None, help="take everything from a config of finetune")
    parser.add_argument("--tokenizer", default=None, help="a folder made by `trainer prepare`")
    parser.add_argument("--mode", choices=("lightthinker", "vanilla"), default="lightthinker")
    parser.add_argument("--by", choices=("blank_line", "length", "sentence", "step"), default="blank_line")
    parser.add_argument("--min-chars", type=int, default=0, help="shorter thoughts are joined with the next")
    parser.add_argument("--gists", type=int, default=9)
    parser.add_argument("--every-tokens", type=int, default=None, help="token level: compress every so many")
    parser.add_argument("--compress-prompt", action="store_true")
    parser.add_argument("--recover-share", type=float, default=0.0)
    parser.add_argument("--length", type=int, default=4096, help="the context, in tokens")
    parser.add_argument("--lag", type=int, default=0, help="thoughts that stay a while after compression")
    parser.add_argument("--see-current", action="store_true")
    parser.add_argument("--bi-directional", action="store_true")
    parser.add_argument("--diagonal", action="store_true")


def source_of(arguments: argparse.Namespace) -> Source:
    from pydantic import ValidationError

    from gistpool_trainer.finetune.config import read_config
    from gistpool_trainer.masking.layout import MaskOptions
    from gistpool_trainer.reasoning.build import ChainOptions
    from gistpool_trainer.reasoning.segment import ThoughtOptions

    if arguments.config is not None:
        config = read_config(arguments.config)
        files = arguments.files or config.data.files
        return Source(files, config.model, config.train.length, config.thoughts, config.chain, config.mask)
    if not arguments.files or arguments.tokenizer is None:
        raise WrongInput("give the files and --tokenizer FOLDER, or --config CONFIG.toml")
    every = arguments.every_tokens
    level = {} if every is None else {"level": "token", "every_tokens": every}
    try:
        return Source(
            arguments.files,
            arguments.tokenizer,
            arguments.length,
            ThoughtOptions(by=arguments.by, min_chars=arguments.min_chars),
            ChainOptions(
                mode=arguments.mode,
                gists=arguments.gists,
                compress_prompt=arguments.compress_prompt,
                recover_share=arguments.recover_share,
                **level,
            ),
            MaskOptions(
                see_current=arguments.see_current,
                bi_directional=arguments.bi_directional,
                diagonal=arguments.diagonal,
                lag_thoughts=arguments.lag,
            ),
        )
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))} {fault['msg']}".strip() for fault in error.errors()]
        raise WrongInput("\n".join(faults)) from None


def load_tokenizer(model: str) -> Any:
    quieten()
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(model)
    except (OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise WrongInput(
            f"no tokenizer in {model} ({first}). Give a folder made by `trainer prepare`."
        ) from None


def quieten() -> None:
    """transformers and accelerate tell much that is of no use here, each time."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging

    logging.disable_progress_bar()
    getLogger("accelerate").setLevel(ERROR)
