"""`trainer recipe`: prints the commands of the paper's runs and writes the files that they name."""

import argparse
from pathlib import Path
from typing import Any

from gistpool_trainer.recipe.commands import RECIPES, Training, steps, write_files

from .guard import guarded


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "recipe", help="the exact commands of the paper's runs, and to convert the published checkpoints"
    )
    parser.add_argument("name", nargs="?", choices=sorted(RECIPES), help="left out: all")
    parser.add_argument("--folder", type=Path, default=None, help="where all of it goes; left out: ./NAME")
    parser.add_argument("--launcher", choices=("fsdp", "zero3", "single"), default="fsdp")
    parser.add_argument("--model", type=Path, default=None, help="a model folder instead of the paper's base")
    parser.add_argument("--data", type=Path, default=None, help="JSON lines instead of the paper's data set")
    parser.add_argument("--held-out", type=int, default=64, help="items kept apart for the held-out loss")
    parser.add_argument("--write", action="store_true", help="write the config and the launchers' files")
    parser.set_defaults(run_command=guarded(run))


def run(arguments: argparse.Namespace) -> None:
    for name in [arguments.name] if arguments.name else RECIPES:
        if arguments.name is None:
            print(f"\n## {name}")
        _print(name, arguments)


def _print(name: str, arguments: argparse.Namespace) -> None:
    folder = arguments.folder or Path(name)
    if arguments.write:
        for path in write_files(name, folder, arguments.data, held_out=arguments.held_out):
            print(f"# wrote {path}")
    elif isinstance(RECIPES[name], Training):
        print(f"# writes the files named below: trainer recipe {name} --write")
    for step in steps(name, folder, arguments.launcher, arguments.model, arguments.data):
        print(step)
