"""Which commands make a LightThinker model out of a base model, and a served file out of a checkpoint."""

import shlex
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal

Name = Literal["qwen2.5-7b", "llama-3.1-8b", "published-qwen", "published-llama"]
Launcher = Literal["fsdp", "zero3", "single"]

DATA_SET = "bespokelabs/Bespoke-Stratos-17k"


@dataclass(frozen=True)
class Step:
    why: str
    command: tuple[str, ...]

    def __str__(self) -> str:
        return f"# {self.why}\n{shlex.join(self.command)}"


@dataclass(frozen=True)
class Training:
    base: str
    gists: int
    template: str


@dataclass(frozen=True)
class Published:
    checkpoint: str
    template: str


# Bases and gist counts of arXiv 2502.15589, section 4.1 and appendix.
RECIPES: dict[str, Training | Published] = {
    "qwen2.5-7b": Training("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", 9, "chatml"),
    "llama-3.1-8b": Training("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", 7, "llama3"),
    "published-qwen": Published("zjunlp/LightThinker-Qwen", "chatml"),
    "published-llama": Published("zjunlp/LightThinker-Llama", "llama3"),
}

_READ_DATA = (
    "import sys, datasets; datasets.load_dataset(sys.argv[1], split='train').to_json(sys.argv[2], lines=True)"
)


def steps(
    name: str,
    folder: Path,
    launcher: Launcher = "fsdp",
    model: Path | None = None,
    data: Path | None = None,
) -> list[Step]:
    """In the order in which to run them. `model` and `data` take the place of what is downloaded."""
    recipe = RECIPES[name]
    source = model or folder / "base"
    found = []
    if model is None:
        hub = recipe.checkpoint if isinstance(recipe, Published) else recipe.base
        found.append(Step("the weights", ("hf", "download", hub, "--local-dir", str(source))))
    if isinstance(recipe, Published):
        return [*found, _gguf(source, folder, "--name", name, "--chat-template", recipe.template)]
    config = str(folder / f"{name}.toml")
    if data is None:
        to = str(folder / "data.jsonl")
        found.append(Step("the data set of the paper", ("python", "-c", _READ_DATA, DATA_SET, to)))
    prepared = str(folder / "prepared")
    options = ("--out", prepared, "--gists", str(recipe.gists), "--chat-template", recipe.template)
    launch: tuple[str, ...] = ("trainer",)
    if launcher != "single":
        launch = ("accelerate", "launch", "--config_file", str(folder / f"{launcher}.yaml"), "-m")
        launch += ("gistpool_trainer",)
    merged = folder / "lightthinker"
    return [
        *found,
        Step(
            "gists, splitter and continue into vocabulary and embeddings",
            (*_trainer("prepare"), str(source), *options),
        ),
        Step("look at the data first", (*_trainer("data"), "--config", config, "--stats", "--sample")),
        Step("train; killed, the same command goes on", (*launch, "finetune", config)),
        Step("one folder of safetensors", (*_trainer("merge"), config, "--out", str(merged))),
        _gguf(merged, folder, "--name", name),
    ]


def write_files(
    name: str, folder: Path, data: Path | None, *, held_out: int = 64, tensorboard: bool = True
) -> list[Path]:
    """The config and the launchers' files that the commands name; a published checkpoint needs none."""
    recipe = RECIPES[name]
    if isinstance(recipe, Published):
        return []
    folder.mkdir(parents=True, exist_ok=True)
    values = {
        "RUN": "run",
        "PREPARED": "prepared",
        "DATA": str((data or Path("data.jsonl")).resolve() if data else "data.jsonl"),
        "GISTS": str(recipe.gists),
        "HELD_OUT": str(held_out),
        "TENSORBOARD": str(tensorboard).lower(),
    }
    written = []
    for file in (f"{name}.toml", "fsdp.yaml", "zero3.yaml"):
        text = files(__package__).joinpath(file).read_text()
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        written.append(folder / file)
        written[-1].write_text(text)
    return written


def _trainer(command: str) -> tuple[str, str]:
    return ("trainer", command)


def _gguf(model: Path, folder: Path, *options: str) -> Step:
    out = ("--out", str(folder / "gguf"), "--types", "f16", "q8_0", "--verify")
    why = "files for the pool, each held against PyTorch"
    return Step(why, (*_trainer("gguf"), str(model), *out, *options))
