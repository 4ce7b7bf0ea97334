"""Held-out puzzles as JSON lines, from a seed space that neither training nor the gauge reads."""

import json
from pathlib import Path
from random import Random

from .families import FAMILIES, LONG_HORIZON, Item, draw, held_out
from .recipe import Training
from .stream import POOL_ITEMS

STREAM = "puzzles"


def write_puzzles(folder: Path, trained: set[str]) -> None:
    """`trained` are questions to leave out, because a model has seen them."""
    folder.mkdir(parents=True, exist_ok=True)
    maker = _Maker(trained)
    short = [family for family in FAMILIES if family not in LONG_HORIZON]
    demo = [maker.make(family) for family in _turns(short, 40) + _turns(list(LONG_HORIZON), 24)]
    Random(STREAM).shuffle(demo)
    _write(folder / "demo.jsonl", demo)
    _write(folder / "long-horizon.jsonl", [maker.make(family) for family in _turns(list(LONG_HORIZON), 100)])
    _write(folder / "heldout.jsonl", [maker.make(family) for family in FAMILIES for _ in range(25)])


class _Maker:
    """Numbers the items of each family; gives no question twice and none that is left out."""

    def __init__(self, left_out: set[str]) -> None:
        self._next = dict.fromkeys(FAMILIES, 0)
        self._seen = set(left_out)

    def make(self, family: str) -> tuple[str, Item]:
        while True:
            index = self._next[family]
            self._next[family] += 1
            item = held_out(STREAM, family, index)
            if item.question not in self._seen:
                self._seen.add(item.question)
                return f"{family}-{index:04d}", item


def trained_questions(stream: str, pools: int, training: Training) -> set[str]:
    """The questions of the first so many pools of a training stream, at full size."""
    return {
        draw(stream, index, weights, 1.0).question
        for pool in range(pools)
        for weights in [training.weights_at(pool)]
        for index in range(pool * POOL_ITEMS, (pool + 1) * POOL_ITEMS)
    }


def _turns(families: list[str], count: int) -> list[str]:
    return [families[i % len(families)] for i in range(count)]


def _write(path: Path, items: list[tuple[str, Item]]) -> None:
    lines = [
        json.dumps({"id": name, "family": item.family, "input": item.question, "target": item.answer})
        for name, item in items
    ]
    path.write_text("\n".join(lines) + "\n")
