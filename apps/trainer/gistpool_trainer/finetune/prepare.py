"""A model folder with the method's tokens in tokenizer and embeddings, ready to be trained."""

from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import AddedToken
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoTokenizer

from gistpool_trainer.reasoning.problems import WrongInput
from gistpool_trainer.reasoning.vocabulary import control_tokens, encode, token_id

ChatTemplate = Literal["keep", "chatml", "llama3"]

_TURNS = {
    # start, end of a role's name, end of a turn, what begins the text
    "chatml": ("<|im_start|>", "\n", "<|im_end|>\n", ""),
    "llama3": ("<|start_header_id|>", "<|end_header_id|>\n\n", "<|eot_id|>", "<|begin_of_text|>"),
}
# What the templates need, with descriptions for a vocabulary that lacks it. bos and eos come first, as in the
# published checkpoints.
_TURN_TOKENS = {
    "chatml": {"<|im_start|>": "begin of a turn, the role is", "<|im_end|>": "end of this turn"},
    "llama3": {
        "<|begin_of_text|>": "begin of the text",
        "<|eot_id|>": "end of this turn",
        "<|start_header_id|>": "begin of a turn, the role is",
        "<|end_header_id|>": "end of the role",
    },
}

EMBEDDING_ROWS_MULTIPLE = 64


def chat_template(name: Literal["chatml", "llama3"]) -> str:
    start, after_role, end, begin = (repr(part)[1:-1] for part in _TURNS[name])
    return (
        (f"{{{{ '{begin}' }}}}" if begin else "")
        + "{% for message in messages %}"
        + f"{{{{ '{start}' + message['role'] + '{after_role}' + message['content'] + '{end}' }}}}"
        + "{% endfor %}"
        + f"{{% if add_generation_prompt %}}{{{{ '{start}assistant{after_role}' }}}}{{% endif %}}"
    )


def prepare(
    source: str, out: Path, gist_count: int, template: ChatTemplate, dtype: str = "auto"
) -> list[str]:
    """Writes the folder and returns the tokens that were new. `source`: a folder or a hub name."""
    tokenizer: Any = AutoTokenizer.from_pretrained(source)
    described = control_tokens(gist_count)
    if template != "keep":
        described |= _TURN_TOKENS[template]
    elif not tokenizer.chat_template:
        raise WrongInput(
            f"the tokenizer of {source} has no chat template: give --chat-template chatml or llama3"
        )
    model: Any = AutoModelForCausalLM.from_pretrained(source, dtype=dtype)
    new = [name for name in described if token_id(tokenizer, name) is None]
    tokenizer.add_tokens(
        [AddedToken(name, special=True, normalized=False) for name in new], special_tokens=True
    )
    if template != "keep":
        set_template(tokenizer, template, source)
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        model.resize_token_embeddings(
            len(tokenizer), pad_to_multiple_of=EMBEDDING_ROWS_MULTIPLE, mean_resizing=False
        )
    describe(model, tokenizer, {name: described[name] for name in new})
    model.config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)
    return new


@torch.no_grad()
def describe(model: Any, tokenizer: Any, described: dict[str, str]) -> None:
    """Sets each token's embedding (and its row of an untied output matrix) to its description's mean."""
    tables = [model.get_input_embeddings().weight]
    output = model.get_output_embeddings()
    if output is not None and output.weight is not tables[0]:
        tables.append(output.weight)
    for name, text in described.items():
        row, words = token_id(tokenizer, name), encode(tokenizer, text)
        for table in tables:
            _set_row(table, row, words)


def _set_row(table: Tensor, row: int | None, words: list[int]) -> None:
    # In float32: a bf16 sum of a few rows loses what tells two descriptions apart.
    table[row] = table[words].float().mean(0).to(table.dtype)


def set_template(tokenizer: Any, template: Literal["chatml", "llama3"], source: str) -> None:
    """The template, and the begin and end tokens that go with it; all must be in the vocabulary."""
    bos, eos, *_ = names = list(_TURN_TOKENS[template])
    missing = [name for name in names if token_id(tokenizer, name) is None]
    if missing:
        raise WrongInput(
            f"the tokenizer of {source} lacks {' and '.join(missing)}, which the chat template {template} "
            "needs: choose the other one"
        )
    tokenizer.chat_template = chat_template(template)
    tokenizer.bos_token, tokenizer.eos_token = bos, eos
