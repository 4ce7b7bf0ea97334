"""Sums to train tiny models on."""

import json
from pathlib import Path
from random import Random


def write_sums(path: Path, count: int) -> Path:
    rng = Random(0)
    lines = []
    for _ in range(count):
        one, two = rng.randrange(10, 90), rng.randrange(10, 90)
        tens, ones = one // 10 * 10 + two // 10 * 10, one % 10 + two % 10
        thoughts = [
            f"Step 1: {one // 10 * 10} plus {two // 10 * 10} is {tens}.",
            f"Step 2: {one % 10} plus {two % 10} is {ones}.",
        ]
        lines.append(
            json.dumps(
                {"question": f"What is {one} plus {two}?", "thoughts": thoughts, "answer": str(one + two)}
            )
        )
    path.write_text("\n".join(lines) + "\n")
    return path
