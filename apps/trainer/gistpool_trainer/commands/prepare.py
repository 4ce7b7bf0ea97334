"""`trainer prepare`: adds the method's tokens to a model; `trainer tiny-model`: one to try things with."""

import argparse
from pathlib import Path
from typing import Any

from .guard import guarded
from .source import quieten


def add(commands: Any) -> None:
    parser = commands.add_parser("prepare", help="add splitter, gists and continue to a model's vocabulary")
    parser.add_argument("model", help="a folder of safetensors or a name of the hub")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--gists", type=int, default=9, help="gist tokens per thought")
    parser.add_argument("--chat-template", choices=("keep", "chatml", "llama3"), default="keep")
    parser.add_argument("--dtype", choices=("auto", "float32", "bfloat16"), default="auto")
    parser.set_defaults(run_command=guarded(run))

    tiny = commands.add_parser(
        "tiny-model", help="write a tiny random model, to try every command in seconds"
    )
    tiny.add_argument("--architecture", choices=("qwen2", "qwen3", "llama"), default="qwen2")
    tiny.add_argument("--out", type=Path, required=True)
    tiny.set_defaults(run_command=guarded(run_tiny))


def run(arguments: argparse.Namespace) -> None:
    quieten()
    from gistpool_trainer.finetune.prepare import prepare

    new = prepare(arguments.model, arguments.out, arguments.gists, arguments.chat_template, arguments.dtype)
    print(f"wrote {arguments.out}: {len(new)} new tokens{': ' if new else ''}{' '.join(new)}")


def run_tiny(arguments: argparse.Namespace) -> None:
    quieten()
    from gistpool_trainer.finetune.tiny import make_tiny_model

    print(f"wrote {make_tiny_model(arguments.out, arguments.architecture)}")
