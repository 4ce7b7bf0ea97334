"""What is wrong with a user's file, where, and what to do: collected whole, shown together."""

from dataclasses import dataclass
from pathlib import Path

SHOWN = 20


@dataclass(frozen=True)
class Problem:
    """One fault. `line` counts from 1; 0 is the file as a whole."""

    file: Path
    line: int
    what: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.what}. {self.remedy}."


class WrongInput(Exception):  # noqa: N818 - it is the user's input that is wrong
    """Ends a command with exit code 2 and this message; nothing was written."""


class WrongFiles(WrongInput):
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        lines = [str(problem) for problem in problems[:SHOWN]]
        if len(problems) > SHOWN:
            lines.append(f"... and {len(problems) - SHOWN} more problems of this kind or another.")
        super().__init__("\n".join(lines))
