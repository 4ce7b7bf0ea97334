"""The number type that training computes in on this CPU; weights and optimisers stay in float32."""

from contextlib import AbstractContextManager

import torch


def compute_dtype() -> torch.dtype:
    """bfloat16 where AVX-512 multiplies it; elsewhere it is emulated, on AVX2 36 times as slow as float32."""
    is_fast = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return torch.bfloat16 if is_fast else torch.float32


def autocast() -> AbstractContextManager[None]:
    """Matrix products in `compute_dtype()`."""
    dtype = compute_dtype()
    return torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16)
