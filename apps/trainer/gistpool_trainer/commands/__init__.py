"""Every subcommand. Each module adds one and loads what it needs only when it runs."""

from typing import Any

from . import data, finetune, gguf, nano, prepare, recipe, show_mask

_COMMANDS = (prepare, data, show_mask, finetune, gguf, recipe, nano)


def add_commands(commands: Any) -> None:
    """`commands`: what argparse's add_subparsers() returned."""
    for module in _COMMANDS:
        module.add(commands)
