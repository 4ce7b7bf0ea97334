"""`trainer COMMAND`, or `python -m gistpool_trainer COMMAND`; `trainer --help` lists the commands."""

import argparse

from .commands import add_commands


def main(argv: list[str] | None = None) -> None:
    arguments = command_line().parse_args(argv)
    arguments.run_command(arguments)


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="trainer",
        description="Teaches models to reason in thoughts that they can forget, and exports them to GGUF.",
    )
    add_commands(parser.add_subparsers(required=True))
    return parser
