"""Tiny real models and their tokenizers, made once for all tests."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

GISTS = 3


@pytest.fixture(scope="session")
def bare_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of tiny models as they come from a hub: no gist tokens, no chat template."""
    pytest.importorskip("transformers", reason="transformers is not installed")
    from gistpool_trainer.finetune.tiny import Architecture, make_tiny_model

    kinds: list[Architecture] = ["qwen2", "llama", "qwen3"]
    return {kind: make_tiny_model(tmp_path_factory.mktemp("models") / kind, kind) for kind in kinds}


@pytest.fixture(scope="session")
def prepared_models(
    bare_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    from gistpool_trainer.finetune.prepare import prepare

    folders = {}
    for kind, source in bare_models.items():
        folders[kind] = tmp_path_factory.mktemp("prepared") / kind
        prepare(str(source), folders[kind], GISTS, "llama3" if kind == "llama" else "chatml")
    return folders


@pytest.fixture(scope="session")
def hf_tokenizer(prepared_models: dict[str, Path]) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(prepared_models["qwen2"])


def forget_accelerator() -> None:
    """accelerate allows one precision a process; tests share a process."""
    from accelerate.state import AcceleratorState

    AcceleratorState._reset_state(reset_partial_state=True)


@pytest.fixture(autouse=True)
def fresh_accelerator() -> None:
    if find_spec("accelerate"):
        forget_accelerator()
