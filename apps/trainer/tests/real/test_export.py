"""The recipes' own commands, at tiny size, from a base model to files that the engine computes right."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
for package in ("transformers", "accelerate", "peft", "pydantic", "gguf", "sentencepiece"):
    pytest.importorskip(package, reason=f"{package} is not installed")

from gistpool_trainer.cli import main
from gistpool_trainer.gguf_export.engine_source import REPOSITORY
from gistpool_trainer.gguf_export.method import method_of
from gistpool_trainer.reasoning.problems import WrongInput

from .questions import write_sums

torch.set_num_threads(1)
needs_engine = pytest.mark.skipif(
    not (REPOSITORY / "node_modules" / "node-llama-cpp").exists() or shutil.which("node") is None,
    reason="the engine's packages are not installed (npm ci)",
)
FIGURES = re.compile(
    r"^(\S+): max \|delta logp\| (\S+), mean .* after (\d+) compressions .*: ([\d.]+)\)$", re.M
)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    main(list(arguments))
    return capsys.readouterr().out


def run_printed(recipe: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Runs every command that a recipe printed and returns all they said."""
    commands = [shlex.split(line) for line in recipe.splitlines() if line and not line.startswith("#")]
    assert all(command[0] == "trainer" for command in commands)
    return "".join(printed(capsys, *command[1:]) for command in commands)


def held(told: str) -> dict[str, tuple[float, int, float]]:
    """Per file type: largest difference, compressions, and what a model that never evicts is off by."""
    return {kind: (float(most), int(count), float(off)) for kind, most, count, off in FIGURES.findall(told)}


def metadata(path: Path) -> dict[str, object]:
    import gguf

    fields = gguf.GGUFReader(str(path)).fields
    return {
        key.removeprefix("gistpool."): field.contents()
        for key, field in fields.items()
        if key.startswith("gistpool.")
    }


@needs_engine
def test_the_papers_run_from_base_model_to_served_files(
    bare_models: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = write_sums(tmp_path / "sums.jsonl", 40)
    options = ["--folder", str(tmp_path), "--launcher", "single", "--model", str(bare_models["qwen2"])]
    options += ["--data", str(data), "--held-out", "4"]
    recipe = printed(capsys, "recipe", "qwen2.5-7b", *options, "--write")
    config = tmp_path / "qwen2.5-7b.toml"
    text = config.read_text()
    for big, small in (("length = 4096", "length = 256"), ("tensorboard = true", "tensorboard = false")):
        assert big in text
        text = text.replace(big, small)
    config.write_text(text)
    figures = held(run_printed(recipe, capsys))
    assert figures["f16"][0] < 5e-2 and figures["q8_0"][0] < 1.0
    for _, compressions, without_eviction in figures.values():
        assert compressions == 16
        assert without_eviction > 1.0
    assert metadata(tmp_path / "gguf" / "qwen2.5-7b-f16.gguf") == {
        "method": "lightthinker",
        "gist_count": 9,
        "splitter_token": "<|splitter|>",
        "gist_tokens": [f"<|o_{index}|>" for index in range(9)],
        "continue_token": "<|continue|>",
        "answer_token": "<|begin_of_solution|>",
    }


@needs_engine
def test_a_published_checkpoint_becomes_a_file_that_computes_the_same(
    prepared_models: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As published: tokens in the vocabulary, no word on the method, no chat template."""
    published = tmp_path / "base"
    shutil.copytree(prepared_models["llama"], published)
    (published / "chat_template.jinja").unlink()
    recipe = printed(
        capsys, "recipe", "published-llama", "--folder", str(tmp_path), "--model", str(published)
    )
    figures = held(run_printed(recipe.replace("--types f16 q8_0", "--types f32"), capsys))
    assert figures["f32"][0] < 1e-4 and figures["f32"][2] > 1.0
    assert metadata(tmp_path / "gguf" / "published-llama-f32.gguf")["gist_count"] == 3


@needs_engine
def test_token_level_and_a_lag_are_decoded_by_the_engine_as_they_were_trained(
    prepared_models: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, method in (
        ("token", {"level": "token", "every_tokens": 7, "mask": {}}),
        ("lag", {"level": "thought", "every_tokens": 6, "mask": {"lag_thoughts": 2}}),
    ):
        folder = tmp_path / name
        shutil.copytree(prepared_models["qwen3"], folder)
        fields = {"mode": "lightthinker", "gists": 3, "compress_prompt": False, "answer_start": "", **method}
        (folder / "gistpool.json").write_text(json.dumps(fields))
        options = ["--out", str(tmp_path), "--types", "f32", "--verify"]
        figures = held(printed(capsys, "gguf", str(folder), *options))
        assert figures["f32"][0] < 1e-4 and figures["f32"][2] > 1.0
    assert metadata(tmp_path / "token-f32.gguf")["every_tokens"] == 7
    assert metadata(tmp_path / "lag-f32.gguf")["lag_thoughts"] == 2


def test_a_mask_that_the_engine_does_not_decode_is_refused(
    prepared_models: dict[str, Path], tmp_path: Path
) -> None:
    from gistpool_trainer.commands.source import load_tokenizer

    fields = {"mode": "lightthinker", "level": "thought", "every_tokens": 6, "gists": 3,
              "compress_prompt": True, "answer_start": "", "mask": {"diagonal": True}}  # fmt: skip
    (tmp_path / "gistpool.json").write_text(json.dumps(fields))
    with pytest.raises(WrongInput, match="trained with diagonal, compress_prompt, which the engine does not"):
        method_of(tmp_path, load_tokenizer(str(prepared_models["qwen2"])))


def test_every_recipe_prints_commands_that_exist(capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, "recipe")
    for name in ("qwen2.5-7b", "llama-3.1-8b", "published-qwen", "published-llama"):
        assert f"## {name}" in told
    for part in (
        "zjunlp/LightThinker-Qwen",
        "accelerate launch --config_file qwen2.5-7b/fsdp.yaml",
        "--gists 7",
    ):
        assert part in told
    from gistpool_trainer.cli import command_line

    for line in told.splitlines():
        if line.startswith("trainer "):
            command_line().parse_args(shlex.split(line)[1:])


def test_the_shipped_configs_are_the_papers_recipe(tmp_path: Path) -> None:
    from gistpool_trainer.finetune.config import read_config
    from gistpool_trainer.recipe.commands import write_files

    data = write_sums(tmp_path / "data.jsonl", 4)
    for name, gists in (("qwen2.5-7b", 9), ("llama-3.1-8b", 7)):
        write_files(name, tmp_path, data)
        config = read_config(tmp_path / f"{name}.toml")
        train = config.train
        assert (train.length, train.epochs, train.lr, train.warmup_share) == (4096, 5, 2e-5, 0.05)
        assert config.chain.gists == gists and config.mask.is_served and config.lora is None
    import yaml

    for launcher in ("fsdp", "zero3"):
        assert yaml.safe_load((tmp_path / f"{launcher}.yaml").read_text())["num_processes"] == 4
