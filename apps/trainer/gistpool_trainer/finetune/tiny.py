"""A tiny random model with its own tokenizer: for tests, and to try every command in seconds."""

from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen3Config

Architecture = Literal["qwen2", "qwen3", "llama"]

# The pre-tokenizers of Qwen2 and Llama 3, so that llama.cpp's `qwen2` and `llama-bpe` cut text alike.
SPLITS = {
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}

_TEXT = (
    "What is 17 plus 25? Let me think step by step about the question. First add the tens, then the ones. "
    "Step 1: 10 plus 20 is 30. Step 2: 7 plus 5 is 12. So the sum is 42. The answer is therefore 42. "
    "user assistant system You are a careful helper. begin end of this thought, compress it now, continue "
    "the reasoning with the next thought, recover the whole thought from its summary, solution\n"
)


def make_tiny_model(folder: Path, architecture: Architecture, *, width: int = 64, seed: int = 0) -> Path:
    """Two layers, four heads over two KV heads, no gist tokens yet. Returns `folder`."""
    tokenizer = _tokenizer("llama-bpe" if architecture == "llama" else "qwen2")
    torch.manual_seed(seed)
    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": width,
        "intermediate_size": 2 * width,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 2048,
        "initializer_range": 0.15,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "dtype": torch.float32,
    }
    config: Any
    match architecture:
        case "qwen2":
            config = Qwen2Config(**shape, tie_word_embeddings=False)
        case "qwen3":
            config = Qwen3Config(**shape, head_dim=width // 4, tie_word_embeddings=True)
        case "llama":
            config = LlamaConfig(**shape, tie_word_embeddings=False)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(std=0.3)  # transformers starts them at zero, where they would test nothing
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer(split: str) -> Any:
    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLITS[split]), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bare.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    bare.train_from_iterator([_TEXT] * 8, trainer)
    chat = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
    if split == "llama-bpe":
        chat = ("<|begin_of_text|>", "<|eot_id|>", "<|end_of_text|>")
        bare.add_special_tokens(
            [
                AddedToken(t, special=True, normalized=False)
                for t in ("<|start_header_id|>", "<|end_header_id|>")
            ]
        )
    bare.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in chat])
    return PreTrainedTokenizerFast(
        tokenizer_object=bare, bos_token=chat[0], eos_token=chat[1], pad_token=chat[2]
    )
