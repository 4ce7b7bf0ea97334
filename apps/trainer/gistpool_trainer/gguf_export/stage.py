"""A model folder as the converter wants it: a chat template may be given to one that has none."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gistpool_trainer.finetune.prepare import ChatTemplate, set_template
from gistpool_trainer.reasoning.problems import WrongInput

_TOKENIZER_FILES = ("tokenizer", "special_tokens_map", "added_tokens", "chat_template", "vocab", "merges")


@contextmanager
def staged(folder: Path, tokenizer: Any, template: ChatTemplate) -> Iterator[Path]:
    """The folder itself, or a copy by links with the tokenizer written anew."""
    if not (folder / "config.json").exists():
        raise WrongInput(f"{folder} is no model folder: it has no config.json")
    if template == "keep":
        if not tokenizer.chat_template:
            raise WrongInput(f"{folder} has no chat template: give --chat-template chatml or llama3")
        yield folder
        return
    set_template(tokenizer, template, str(folder))
    with tempfile.TemporaryDirectory() as copy:
        for path in folder.iterdir():
            if not path.name.startswith(_TOKENIZER_FILES):
                os.symlink(path.resolve(), Path(copy) / path.name)
        tokenizer.save_pretrained(copy)
        yield Path(copy)
