"""`trainer COMMAND`, or `python -m gistpool_trainer COMMAND`; `trainer --help` lists the commands."""

import argparse

from .commands import add_commands


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="trainer",
        description="Teaches models to reason in thoughts that they can forget, and exports them to GGUF.",
    )
    add_commands(parser.add_subparsers(required=True))
    arguments = parser.parse_args(argv)
    arguments.run_command(arguments)
