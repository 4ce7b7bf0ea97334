"""How a command ends when the user's input is wrong."""

import argparse
import os
import sys
from collections.abc import Callable

from gistpool_trainer.reasoning.problems import WrongInput

Command = Callable[[argparse.Namespace], None]


def guarded(command: Command) -> Command:
    """Exit code 2 and a line for each fault, no traceback."""

    def run(arguments: argparse.Namespace) -> None:
        try:
            command(arguments)
        except WrongInput as wrong:
            print(wrong, file=sys.stderr)
            raise SystemExit(2) from None
        except BrokenPipeError:
            # Whoever read has read enough (`| head`); the interpreter must not complain again at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return run
