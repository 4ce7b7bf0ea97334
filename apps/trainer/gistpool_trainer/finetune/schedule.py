"""The learning rate over a run: linear warm-up, then a cosine."""

from math import cos, pi


def lr_scale(step: int, steps: int, warmup_share: float, min_share: float = 0.0) -> float:
    """Share of the peak rate in step `step` of `steps`, from 0; the first step is already above zero."""
    warmup = round(steps * warmup_share)
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = (step - warmup) / max(1, steps - warmup)
    return min_share + (1 - min_share) * (1 + cos(pi * min(1.0, progress))) / 2
