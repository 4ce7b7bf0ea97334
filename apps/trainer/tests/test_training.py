"""A training that is killed and started again ends where an undisturbed one does."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("tokenizers", reason="the tokenizers package is not installed")

from gistpool_trainer.families import FAMILIES
from gistpool_trainer.optim import lr_scale
from gistpool_trainer.stream import BatchStream, Place, read_weights
from gistpool_trainer.train import Recipe, train


def recipe(folder: Path, tokenizer: Any, steps: int) -> Recipe:
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "weights.json").write_text('{"0": {"nth_word": 1, "web_of_lies": 1}}')
    return Recipe(
        run=folder / "run", tokenizer=folder / "tokenizer.json", weights=folder / "weights.json",
        form="both", steps=steps, batch_tokens=200, warmup=2, gauge_every=1000,
    )  # fmt: skip


def test_a_resumed_run_equals_an_undisturbed_one(tmp_path: Path, tokenizer: Any) -> None:
    torch.set_num_threads(1)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    whole = recipe(tmp_path / "a", tokenizer, steps=6)
    train(whole)
    parts = recipe(tmp_path / "b", tokenizer, steps=6)
    train(replace(parts, steps=3))
    train(parts)
    one, two = (torch.load(r.run / "checkpoint.pt", weights_only=False) for r in (whole, parts))
    assert one["state"]["tokens"] == two["state"]["tokens"]
    for name, tensor in one["model"].items():
        assert torch.equal(tensor, two["model"][name]), name


def test_twins_see_the_same_items_in_every_batch(tmp_path: Path, renderer: Any) -> None:
    weights = tmp_path / "weights.json"
    weights.write_text(json.dumps({"0": dict.fromkeys(FAMILIES, 1)}))
    ours = BatchStream(renderer, "twins", "lightthinker", 1024, weights, Place())
    theirs = BatchStream(renderer, "twins", "vanilla", 1024, weights, Place())
    for _ in range(20):
        a, b = ours.next(0.2), theirs.next(0.2)
        assert [d.family for d in a] == [d.family for d in b]
        assert [d.ids[: d.sampled.index(True)] for d in a] == [d.ids[: d.sampled.index(True)] for d in b]


def test_a_stream_is_found_again_from_its_place(tmp_path: Path, renderer: Any) -> None:
    weights = tmp_path / "weights.json"
    weights.write_text('{"0": {"nth_word": 1}}')
    stream = BatchStream(renderer, "s", "both", 1024, weights, Place())
    for _ in range(5):
        stream.next(0.5)
    again = BatchStream(renderer, "s", "both", 1024, weights, replace(stream.place))
    assert [d.ids for d in again.next(0.5)] == [d.ids for d in stream.next(0.5)]


def test_unknown_families_in_the_weights_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "weights.json"
    weights.write_text('{"0": {"sudoku": 1}}')
    with pytest.raises(ValueError, match="sudoku"):
        read_weights(weights, 0)


def test_weights_change_at_the_pool_they_name(tmp_path: Path) -> None:
    weights = tmp_path / "weights.json"
    weights.write_text('{"0": {"nth_word": 1}, "5": {"navigate": 2}}')
    assert read_weights(weights, 4) == {"nth_word": 1}
    assert read_weights(weights, 5) == {"navigate": 2}


def test_the_learning_rate_warms_up_stays_and_decays() -> None:
    scales = [lr_scale(step, steps=100, warmup=10, decay_share=0.4) for step in range(100)]
    assert scales[0] == pytest.approx(0.1) and scales[9] == 1.0
    assert set(scales[10:60]) == {1.0}
    assert scales[80] == pytest.approx(0.5) and scales[99] < 0.03
