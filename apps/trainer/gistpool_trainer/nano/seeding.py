"""Initial weights that already look back and copy, so that training need not wait for it to emerge.

Small models learn exact copying late and suddenly, by induction heads (Olsson et al. 2022, arXiv
2209.11895): one head notes at each token which token came before it, a later head finds the place whose
note is the present token and copies what stands there. Both are written into the first two layers here;
all weights are free to move from there on (compare mimetic initialisation, Trockman & Kolter 2023,
arXiv 2305.09828).
"""

import torch
from torch import Tensor, nn

from .model import Layer, Transformer

EMBEDDING_STD = 0.02
# Share of a normalised hidden state that is the same for all tokens; the look-back reads nothing else.
_CONSTANT = 0.4
_LOOK_BACK_SCORE = 60.0
_MATCH_SCORE = 12.0
_NOTE_GAIN = 1.5
_COPY_GAIN = 8.0
_COPYING_HEADS = 3


@torch.no_grad()
def seed_induction(model: Transformer, generator: torch.Generator) -> None:
    """Overwrites the embedding, one head of the first layer, three of the second; silences the rest.

    At the start axis 0 of the residual stream is the same for every token, so that whatever reads only it
    attends by position alone; the next `head_dim` axes hold the note; the rest is the token itself.
    """
    config = model.config
    size, head = config.hidden_size, config.head_dim
    note = torch.eye(size)[1 : 1 + head]
    content = size - 1 - head
    layers = [layer for layer in model.model.layers if isinstance(layer, Layer)]
    for layer in layers:
        layer.self_attn.o_proj.weight.zero_()
        layer.mlp.down_proj.weight.zero_()
    tokens = torch.randn(config.vocab_size, content, generator=generator)
    tokens *= EMBEDDING_STD * (size * (1 - _CONSTANT**2)) ** 0.5 / tokens.norm(dim=1, keepdim=True)
    embedding = model.model.embed_tokens.weight
    embedding.zero_()
    embedding[:, 0] = EMBEDDING_STD * _CONSTANT * size**0.5
    embedding[:, 1 + head :] = tokens

    first, second = layers[0].self_attn, layers[1].self_attn
    frequencies = config.rope_theta ** (-torch.arange(0, head, 2) / head)

    # Look back: the query of a token is the key of the one before it, by RoPE's own rotation.
    fast = frequencies > 1e-2
    key = torch.cat((fast.float(), torch.zeros(head // 2)))
    query = _turn(key, frequencies, -1)
    gain = (_LOOK_BACK_SCORE * head**0.5 / float(fast.sum())) ** 0.5 / (_CONSTANT * size**0.5)
    axis = torch.eye(size)[0]
    _write(first.q_proj, 0, torch.outer(query * gain, axis))
    _write(first.k_proj, 0, torch.outer(key * gain, axis))
    read = _orthogonal(head, content, generator)
    _write(first.v_proj, 0, read)
    first.o_proj.weight[:, :head] = EMBEDDING_STD * _NOTE_GAIN * note.T

    # Match and copy. Only slowly turning dimensions match contents however far apart two tokens are.
    slow = torch.cat((~fast, ~fast))
    match_gain = (_MATCH_SCORE * head**0.5 / float(slow.sum())) ** 0.5
    for number in range(_COPYING_HEADS):
        mix = _orthogonal(head, head, generator) * slow[:, None]
        copied = _orthogonal(head, content, generator)
        _write(second.q_proj, number, match_gain * mix @ _wide(read, size))
        _write(second.k_proj, number, match_gain * mix @ note)
        _write(second.v_proj, number, copied)
        rows = slice(number * head, (number + 1) * head)
        second.o_proj.weight[:, rows] = EMBEDDING_STD * _COPY_GAIN * _wide(copied, size).T


def _write(projection: nn.Linear, number: int, weight: Tensor) -> None:
    """The weight of one head; a narrower one reads the last axes, those of the token itself."""
    head = weight.shape[0]
    projection.weight[number * head : (number + 1) * head] = _wide(weight, projection.in_features)


def _wide(weight: Tensor, size: int) -> Tensor:
    return torch.cat((torch.zeros(weight.shape[0], size - weight.shape[1]), weight), 1)


def _orthogonal(rows: int, size: int, generator: torch.Generator) -> Tensor:
    """(rows, size) with orthonormal rows."""
    square: Tensor = torch.linalg.qr(torch.randn(size, size, generator=generator)).Q
    return square[:rows]


def _turn(vector: Tensor, frequencies: Tensor, steps: int) -> Tensor:
    """RoPE's rotation of a head's vector by so many positions."""
    half = len(frequencies)
    cos, sin = (steps * frequencies).cos(), (steps * frequencies).sin()
    first, second = vector[:half], vector[half:]
    return torch.cat((first * cos - second * sin, second * cos + first * sin))
