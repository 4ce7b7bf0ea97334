"""A training that is killed and started again ends where an undisturbed one does."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("tokenizers", reason="the tokenizers package is not installed")

from gistpool_trainer.nano.config import Config
from gistpool_trainer.nano.families import FAMILIES, fingerprint, held_out
from gistpool_trainer.nano.model import Transformer
from gistpool_trainer.nano.recipe import Rate, Stage, Training, Weights
from gistpool_trainer.nano.seeding import seed_induction
from gistpool_trainer.nano.stream import BatchStream, Place
from gistpool_trainer.nano.train import Run, branch, train


def training(families: dict[str, float], **fields: Any) -> Training:
    return Training(
        steps=6, batch_tokens=200, warmup_steps=2, weights=[Weights(from_pool=0, families=families)], **fields
    )


def run(folder: Path, tokenizer: Any, **fields: Any) -> Run:
    folder.mkdir(exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    stage = Stage(
        name="trunk", form="all", architecture="llama", stream="trunk",
        training=training({"nth_word": 1, "web_of_lies": 1}, **fields),
    )  # fmt: skip
    return Run(stage, folder / "run", folder / "tokenizer.json")


def test_a_resumed_run_equals_an_undisturbed_one(tmp_path: Path, tokenizer: Any) -> None:
    torch.set_num_threads(1)
    whole, parts = (
        run(tmp_path / name, tokenizer, seeded=True, prompt_weight=0.1, prompt_steps=4) for name in "ab"
    )
    train(whole)
    train(parts, stop_at=3)
    train(parts)
    one, two = (torch.load(r.checkpoint, weights_only=False) for r in (whole, parts))
    assert one["state"]["tokens"] == two["state"]["tokens"]
    for name, tensor in one["model"].items():
        assert torch.equal(tensor, two["model"][name]), name


def test_a_run_that_is_killed_goes_on_without_a_jump(tmp_path: Path, tokenizer: Any) -> None:
    """SIGKILL at some moment after the first checkpoint; the next start begins where that was written."""
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(TINY_RECIPE)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    command = [
        sys.executable,
        "-m",
        "gistpool_trainer",
        "nano",
        "train",
        str(recipe),
        "--runs",
        str(tmp_path),
    ]
    checkpoint = tmp_path / "trunk" / "checkpoint.pt"
    subprocess.run([*command, "--stop-at", "50"], check=True, capture_output=True)
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert any(line.startswith("trunk 100/") for line in child.stdout)
    child.kill()
    child.wait()
    log = tmp_path / "trunk" / "log.jsonl"
    step = torch.load(checkpoint, weights_only=False)["state"]["step"]
    # 50, or later where the machine is so slow that it was time for another one.
    assert 50 <= step <= 100
    subprocess.run([*command, "--stop-at", "150"], check=True, capture_output=True)
    curve = losses(log)
    assert curve[-1]["step"] == 150
    repeated = [entry["loss"] for entry in curve if entry["step"] == 100]
    assert len(set(repeated)) == 1
    assert len(repeated) == (1 if step == 100 else 2)


TINY_RECIPE = """
vocabulary = 600
[trunk]
steps = 200
batch_tokens = 64
[[trunk.weights]]
from_pool = 0
families = { nth_word = 1 }
[twins]
steps = 1
architectures = []
forms = []
[[twins.weights]]
from_pool = 0
families = { nth_word = 1 }
"""


def losses(log: Path) -> list[dict[str, Any]]:
    if not log.exists():
        return []
    # The last line may be half written.
    lines = log.read_text().split("\n")[:-1]
    return [entry for entry in map(json.loads, lines) if entry["kind"] == "loss"]


def test_a_seeded_model_copies_before_any_training() -> None:
    torch.manual_seed(0)
    model = Transformer(Config(500))
    seed_induction(model, torch.Generator().manual_seed(1))
    once = torch.randint(0, 500, (4, 60))
    ids = torch.cat((once, once), 1)
    with torch.no_grad():
        guesses = model(ids, torch.ones(120, 120, dtype=torch.bool).tril()).argmax(-1)
    right = (guesses[:, 60:-1] == ids[:, 61:]).float().mean()
    assert right > 0.8


def test_a_twin_of_the_other_architecture_begins_as_its_trunk(tmp_path: Path, tokenizer: Any) -> None:
    trunk = run(tmp_path / "a", tokenizer)
    train(trunk, stop_at=1)
    weights = torch.load(trunk.checkpoint, weights_only=False)["model"]
    twin = Transformer(Config(tokenizer.get_vocab_size(), "qwen2"))
    branch(trunk.checkpoint, twin)
    for name, tensor in twin.state_dict().items():
        assert torch.equal(tensor, weights.get(name, torch.zeros_like(tensor))), name


@pytest.mark.parametrize("theirs", ["vanilla", "token"])
def test_twins_see_the_same_items_in_every_batch(renderer: Any, theirs: Any) -> None:
    weights_at = training(dict.fromkeys(FAMILIES, 1)).weights_at
    a_stream = BatchStream(renderer, "twins", "lightthinker", 1024, weights_at, Place())
    b_stream = BatchStream(renderer, "twins", theirs, 1024, weights_at, Place())
    for _ in range(20):
        a, b = a_stream.next(0.2), b_stream.next(0.2)
        assert [d.family for d in a] == [d.family for d in b]
        assert [d.ids[: d.sampled.index(True)] for d in a] == [d.ids[: d.sampled.index(True)] for d in b]


def test_a_stream_is_found_again_from_its_place(renderer: Any) -> None:
    weights_at = training({"nth_word": 1}).weights_at
    stream = BatchStream(renderer, "s", "all", 1024, weights_at, Place())
    for _ in range(5):
        stream.next(0.5)
    again = BatchStream(renderer, "s", "all", 1024, weights_at, replace(stream.place))
    assert [d.ids for d in again.next(0.5)] == [d.ids for d in stream.next(0.5)]


def test_questions_left_out_never_come_up(renderer: Any, tokenizer: Any) -> None:
    weights_at = training({"boolean_expressions": 1}).weights_at
    left_out = frozenset(fingerprint(held_out("test", "boolean_expressions", i).question) for i in range(400))

    def questions(left_out: frozenset[str]) -> set[str]:
        stream = BatchStream(renderer, "s", "vanilla", 4096, weights_at, Place(), left_out)
        documents = [document for _ in range(10) for document in stream.next(1.0)]
        texts = [tokenizer.decode(d.ids[: d.sampled.index(True)]) for d in documents]
        return {fingerprint(text.split("user\n")[1].split("\nassistant")[0]) for text in texts}

    assert questions(frozenset()) & left_out
    assert not questions(left_out) & left_out


def test_weights_change_at_the_pool_they_name() -> None:
    changing = training({"nth_word": 1}).model_copy(
        update={"weights": [Weights(from_pool=0, families={"nth_word": 1}),
                            Weights(from_pool=5, families={"navigate": 2})]}
    )  # fmt: skip
    assert changing.weights_at(4) == {"nth_word": 1}
    assert changing.weights_at(5) == {"navigate": 2}


def test_the_learning_rate_warms_up_stays_and_decays() -> None:
    one = Training(
        steps=100, warmup_steps=10, decay_share=0.4, weights=[Weights(from_pool=0, families={"nth_word": 1})],
        learning_rates=[Rate(from_step=0, rate=1.0), Rate(from_step=50, rate=0.5)],
    )  # fmt: skip
    rates = [one.learning_rate_at(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1) and rates[9] == 1.0
    assert set(rates[10:50]) == {1.0} and set(rates[50:60]) == {0.5}
    assert rates[80] == pytest.approx(0.25) and rates[99] < 0.02
