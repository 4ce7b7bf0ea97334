"""From a checkpoint to one GGUF file that any llama.cpp reads, with our own keys under `gistpool.`."""

import json
from pathlib import Path

import gguf
import numpy as np
from tokenizers import Tokenizer
from torch import Tensor

from gistpool_trainer.tokens import (
    ANSWER,
    CHAT_TEMPLATE,
    CONTINUE,
    CONTROL_TOKENS,
    END_OF_TEXT,
    GIST_COUNT,
    GISTS,
    IM_END,
    IM_START,
    SPLITTER,
    TOKEN_LEVEL_EVERY,
)

from .config import Config
from .model import Transformer
from .render import Method

_LAYER_TENSORS = {
    "input_layernorm.weight": "attn_norm.weight",
    "self_attn.q_proj.weight": "attn_q.weight",
    "self_attn.q_proj.bias": "attn_q.bias",
    "self_attn.k_proj.weight": "attn_k.weight",
    "self_attn.k_proj.bias": "attn_k.bias",
    "self_attn.v_proj.weight": "attn_v.weight",
    "self_attn.v_proj.bias": "attn_v.bias",
    "self_attn.o_proj.weight": "attn_output.weight",
    "post_attention_layernorm.weight": "ffn_norm.weight",
    "mlp.gate_proj.weight": "ffn_gate.weight",
    "mlp.up_proj.weight": "ffn_up.weight",
    "mlp.down_proj.weight": "ffn_down.weight",
}
_OTHER_TENSORS = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight"}


def write_gguf(
    path: Path, name: str, model: Transformer, tokenizer: Tokenizer, method: Method, dtype: str
) -> None:
    config = model.config
    writer = gguf.GGUFWriter(str(path), config.architecture)
    writer.add_name(name)
    writer.add_license("mit")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32 if dtype == "f32" else gguf.LlamaFileType.MOSTLY_F16)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    if config.architecture == "llama":
        writer.add_vocab_size(config.vocab_size)
        writer.add_rope_dimension_count(config.head_dim)
    _add_tokenizer(writer, tokenizer)
    _add_method(writer, method)
    for tensor_name, tensor in model.state_dict().items():
        values = _rows_as_read(tensor_name, tensor, config).float().numpy()
        # Norms and biases are tiny, and llama.cpp wants them in f32 whatever the file type.
        values = values.astype(np.float16 if dtype == "f16" and values.ndim == 2 else np.float32)
        writer.add_tensor(_gguf_name(tensor_name), values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _rows_as_read(name: str, tensor: Tensor, config: Config) -> Tensor:
    """llama.cpp rotates neighbouring pairs for `llama`, halves for `qwen2`; ours are stored as halves."""
    heads = {"q_proj.weight": config.num_attention_heads, "k_proj.weight": config.num_key_value_heads}
    count = next((heads[ending] for ending in heads if name.endswith(ending)), None)
    if config.architecture != "llama" or count is None:
        return tensor
    rows, columns = tensor.shape
    halves = tensor.view(count, 2, rows // count // 2, columns)
    return halves.transpose(1, 2).reshape(rows, columns)


def _gguf_name(name: str) -> str:
    if name in _OTHER_TENSORS:
        return _OTHER_TENSORS[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{_LAYER_TENSORS[rest]}"


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    model = json.loads(tokenizer.to_str())["model"]
    ids = tokenizer.get_vocab(with_added_tokens=True)
    tokens = sorted(ids, key=lambda token: ids[token])
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([control if token in CONTROL_TOKENS else normal for token in tokens])
    merges = model["merges"]
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in merges])
    writer.add_bos_token_id(ids[IM_START])
    writer.add_eos_token_id(ids[IM_END])
    writer.add_pad_token_id(ids[END_OF_TEXT])
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _add_method(writer: gguf.GGUFWriter, method: Method) -> None:
    writer.add_string("gistpool.method", "vanilla" if method == "vanilla" else "lightthinker")
    if method == "token":
        writer.add_uint32("gistpool.every_tokens", TOKEN_LEVEL_EVERY)
    writer.add_uint32("gistpool.gist_count", GIST_COUNT)
    writer.add_string("gistpool.splitter_token", SPLITTER)
    writer.add_array("gistpool.gist_tokens", list(GISTS))
    writer.add_string("gistpool.continue_token", CONTINUE)
    writer.add_string("gistpool.answer_token", ANSWER)
