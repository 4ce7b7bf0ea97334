"""The shape of a model. No dependency, so that all may import it."""

from dataclasses import asdict, dataclass
from typing import Literal

Architecture = Literal["qwen2", "llama"]


@dataclass(frozen=True)
class Config:
    """`qwen2` adds biases to query, key and value; in all else the two are the same function."""

    vocab_size: int
    architecture: Architecture = "llama"
    hidden_size: int = 192
    intermediate_size: int = 512
    num_hidden_layers: int = 5
    num_attention_heads: int = 6
    num_key_value_heads: int = 6
    max_position_embeddings: int = 8192
    rope_theta: float = 1_000_000.0
    rms_norm_eps: float = 1e-6
    tie_word_embeddings: bool = True

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_attention_heads

    def to_transformers(self) -> dict[str, object]:
        """The content of a `config.json` that transformers reads."""
        name = {"qwen2": "Qwen2ForCausalLM", "llama": "LlamaForCausalLM"}[self.architecture]
        fields = {key: value for key, value in asdict(self).items() if key != "architecture"}
        return {"architectures": [name], "model_type": self.architecture, **fields}
