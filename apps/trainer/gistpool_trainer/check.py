"""Accuracy and cost of a checkpoint on a file of questions with their targets."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .decode import Decoder


@dataclass(frozen=True)
class Score:
    items: int
    accuracy: float
    unfinished: int
    sampled_tokens: float
    compressions: float
    peak_cells: float


def read_questions(path: Path) -> list[tuple[str, str]]:
    """BIG-Bench Hard's `{"examples": [{"input", "target"}]}` or our JSON lines of the same two."""
    text = path.read_text()
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    else:
        rows = json.loads(text)["examples"]
    return [(row["input"], row["target"]) for row in rows]


def score(decoder: Decoder, questions: list[tuple[str, str]]) -> Score:
    sessions = [(decoder.run(question), target) for question, target in questions]
    count = len(sessions)

    def mean(total: int) -> float:
        return round(total / count, 1)

    return Score(
        items=count,
        accuracy=round(sum(session.answer == target for session, target in sessions) / count, 4),
        unfinished=sum(not session.finished for session, _ in sessions),
        sampled_tokens=mean(sum(len(session.sampled) for session, _ in sessions)),
        compressions=mean(sum(session.compressions for session, _ in sessions)),
        peak_cells=mean(sum(session.peak_cells for session, _ in sessions)),
    )


def as_line(name: str, result: Score) -> str:
    return json.dumps({"file": name, **asdict(result)})
