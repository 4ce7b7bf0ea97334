"""A small tokenizer, trained once for all tests that need one."""

from typing import Any

import pytest


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    pytest.importorskip("tokenizers", reason="the tokenizers package is not installed")
    from gistpool_trainer.nano.tokenizer import train_tokenizer

    return train_tokenizer(size=2400, items=3000)


@pytest.fixture(scope="session")
def renderer(tokenizer: Any) -> Any:
    from gistpool_trainer.nano.render import Renderer

    return Renderer(lambda text: tokenizer.encode(text, add_special_tokens=False).ids)
