"""Models of transformers behind the one call that the loop knows."""

from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from gistpool_trainer.masking.visibility import Visibility, block_mask, dense_mask
from gistpool_trainer.reasoning.problems import WrongInput
from gistpool_trainer.reasoning.vocabulary import HfTokenizer, control_tokens, token_id

from .config import LoraSection, TrainSection

Attention = Literal["sdpa", "flex"]

# Families whose layers all attend in full: no window of their own that would cut the mask.
ARCHITECTURES = ("Qwen2ForCausalLM", "Qwen3ForCausalLM", "LlamaForCausalLM")
_LINEAR_LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


class CausalModel(Protocol):
    """What the loop trains. ids, positions: (rows, length); `at`: (places,), the same in every row.

    Returns logits (rows, places, vocabulary) of those places only: the logits of a whole row over a
    vocabulary of 150,000 would be the largest tensor by far.
    """

    def __call__(self, ids: Tensor, positions: Tensor, seen: Visibility, at: Tensor) -> Tensor: ...


class HfModel:
    """Any of ARCHITECTURES, bare, wrapped by peft or by accelerate."""

    def __init__(self, model: Any, attention: Attention) -> None:
        self.model = model
        self._attention = attention

    def __call__(self, ids: Tensor, positions: Tensor, seen: Visibility, at: Tensor) -> Tensor:
        mask = block_mask(seen) if self._attention == "flex" else dense_mask(seen)
        output = self.model(
            input_ids=ids, position_ids=positions, attention_mask=mask, use_cache=False, logits_to_keep=at
        )
        logits: Tensor = output.logits
        return logits


def load_model(folder: str, train: TrainSection, *, is_frozen: bool = False) -> Any:
    """In float32, whose bits the optimizer needs; frozen weights in the precision of the run.

    Raises WrongInput for what cannot be trained.
    """
    from transformers import AutoConfig, AutoModelForCausalLM

    try:
        config: Any = AutoConfig.from_pretrained(folder)
    except (OSError, ValueError) as error:
        raise WrongInput(f"no model in {folder} ({str(error).splitlines()[0]})") from None
    kind = (config.architectures or ["?"])[0]
    if kind not in ARCHITECTURES:
        raise WrongInput(f"{folder} is a {kind}; masks are tested for {', '.join(ARCHITECTURES)} only")
    if getattr(config, "use_sliding_window", False):
        raise WrongInput(
            f"{folder} has a sliding window, which cannot be trained here: set use_sliding_window false"
        )
    dtype = torch.bfloat16 if is_frozen and train.precision == "bf16" else torch.float32
    attention = "flex_attention" if train.attention == "flex" else "sdpa"
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation=attention)
    if train.gradient_checkpointing:
        model.activation_checkpointing_enable()
    return model


def with_lora(model: Any, lora: LoraSection, tokenizer: HfTokenizer, gist_count: int) -> Any:
    """Adapters on the linear layers; of the embeddings only the rows of the method's tokens are trained."""
    from peft import LoraConfig, get_peft_model

    found = [token_id(tokenizer, name) for name in control_tokens(gist_count)]
    rows = sorted(row for row in found if row is not None)
    tables = {"embed_tokens": rows}
    if not model.config.tie_word_embeddings:
        tables["lm_head"] = rows
    config = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=_LINEAR_LAYERS,
        trainable_token_indices=tables,
        task_type="CAUSAL_LM",
    )
    return get_peft_model(model, config)
