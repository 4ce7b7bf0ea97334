"""Qwen2 and Llama in one page. Parameter names are those of transformers, so checkpoints load in either."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import Config

# The keys and values of one layer, each (rows, heads, cells, head_dim).
LayerCache = tuple[Tensor, Tensor]


class RMSNorm(nn.Module):
    def __init__(self, size: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.eps)


class Attention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim = config.head_dim
        size, kv_size = config.hidden_size, self.kv_heads * self.head_dim
        bias = config.architecture == "qwen2"
        self.q_proj = nn.Linear(size, size, bias=bias)
        self.k_proj = nn.Linear(size, kv_size, bias=bias)
        self.v_proj = nn.Linear(size, kv_size, bias=bias)
        self.o_proj = nn.Linear(size, size, bias=False)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, allowed: Tensor, past: LayerCache | None
    ) -> tuple[Tensor, LayerCache]:
        rows, length, size = x.shape
        wide = torch.promote_types(x.dtype, torch.float32)

        def split(y: Tensor) -> Tensor:
            return y.view(rows, length, -1, self.head_dim).transpose(1, 2)

        query = rotate(split(self.q_proj(x)), cos, sin)
        key = rotate(split(self.k_proj(x)), cos, sin)
        value = split(self.v_proj(x))
        if past is not None:
            key, value = torch.cat((past[0], key), 2), torch.cat((past[1], value), 2)
        if allowed.is_floating_point():
            out = _attend(query, key, value, allowed)
        else:
            with torch.autocast(x.device.type, enabled=False):
                out = F.scaled_dot_product_attention(
                    query.to(wide), key.to(wide), value.to(wide),
                    attn_mask=allowed, enable_gqa=self.kv_heads != self.heads,
                )  # fmt: skip
        attended: Tensor = self.o_proj(out.transpose(1, 2).reshape(rows, length, size))
        return attended, (key, value)


def _attend(query: Tensor, key: Tensor, value: Tensor, bias: Tensor) -> Tensor:
    """Attention in the bias's type, scores written out: in bfloat16 on CPUs a third faster than fused."""
    rows, heads, length, size = query.shape
    flat = (rows * heads, length, size)
    with torch.autocast(query.device.type, enabled=False):
        query, key, value = ((x * scale).to(bias.dtype).reshape(flat) for x, scale in
                             ((query, size**-0.5), (key, 1.0), (value, 1.0)))  # fmt: skip
        scores = torch.bmm(query, key.transpose(1, 2)).view(rows, heads, length, length) + bias
        weights = scores.softmax(-1).view(rows * heads, length, length)
        return torch.bmm(weights, value).view(rows, heads, length, size)


class MLP(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
        return out


class Layer(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.self_attn = Attention(config)
        self.mlp = MLP(config)
        self.input_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = RMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(
        self, x: Tensor, cos: Tensor, sin: Tensor, allowed: Tensor, past: LayerCache | None
    ) -> tuple[Tensor, LayerCache]:
        attended, cache = self.self_attn(self.input_layernorm(x), cos, sin, allowed, past)
        x = x + attended
        return x + self.mlp(self.post_attention_layernorm(x)), cache


class _Body(nn.Module):
    """Holds the parts under the names that transformers gives them (`model.…`)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps)


class Transformer(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.model = _Body(config)
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def hidden(
        self,
        ids: Tensor,
        allowed: Tensor,
        positions: Tensor | None = None,
        past: list[LayerCache] | None = None,
    ) -> tuple[Tensor, list[LayerCache]]:
        if positions is None:
            positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.model.embed_tokens(ids)
        cos, sin = rope(positions, self.config.head_dim, self.config.rope_theta, x.dtype)
        caches = []
        for i, layer in enumerate(self.model.layers):
            x, cache = layer(x, cos, sin, allowed, past[i] if past is not None else None)
            caches.append(cache)
        return self.model.norm(x), caches

    def logits(self, hidden: Tensor) -> Tensor:
        return F.linear(hidden, self.model.embed_tokens.weight)

    def forward(self, ids: Tensor, allowed: Tensor) -> Tensor:
        return self.logits(self.hidden(ids, allowed)[0])


def rope(positions: Tensor, head_dim: int, theta: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    half = torch.arange(0, head_dim, 2, device=positions.device, dtype=torch.float64)
    angles = positions.to(torch.float64)[:, None] * theta ** (-half / head_dim)
    angles = torch.cat((angles, angles), -1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = x.chunk(2, -1)
    return x * cos + torch.cat((-second, first), -1) * sin
