"""What is written for demonstrations and for measuring."""

import json
from pathlib import Path

from gistpool_trainer.nano.families import FAMILIES, LONG_HORIZON
from gistpool_trainer.nano.puzzles import trained_questions, write_puzzles
from gistpool_trainer.nano.recipe import Training, Weights

from .solvers import SOLVERS


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_puzzles_are_right_distinct_and_none_was_trained_on(tmp_path: Path) -> None:
    weights = [Weights(from_pool=0, families=dict.fromkeys(FAMILIES, 1.0))]
    trained = trained_questions("test", 6, Training(steps=1, weights=weights))
    write_puzzles(tmp_path, trained)
    everything = [
        line for name in ("demo", "long-horizon", "heldout") for line in lines(tmp_path / f"{name}.jsonl")
    ]
    questions = [line["input"] for line in everything]
    assert len(questions) == len(set(questions)) == 64 + 100 + 25 * len(FAMILIES)
    assert not trained & set(questions)
    assert all(SOLVERS[line["family"]](line["input"]) == line["target"] for line in everything)


def test_the_demo_mixes_short_puzzles_with_long_ones(tmp_path: Path) -> None:
    write_puzzles(tmp_path, set())
    families = [line["family"] for line in lines(tmp_path / "demo.jsonl")]
    assert set(families) == set(FAMILIES)
    assert sum(family in LONG_HORIZON for family in families) >= 16
