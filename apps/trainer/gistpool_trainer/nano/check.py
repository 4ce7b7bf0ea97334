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


Question = tuple[str, str]


def read_questions(path: Path, by_family: bool = False) -> dict[str, list[Question]]:
    """BIG-Bench Hard's `{"examples": [{"input", "target"}]}` or our JSON lines of the same two.

    Under the file's name, or, where asked and told apart in the file, under each family's.
    """
    text = path.read_text()
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    else:
        rows = json.loads(text)["examples"]
    groups: dict[str, list[Question]] = {}
    for row in rows:
        name = row["family"] if by_family else path.name
        groups.setdefault(name, []).append((row["input"], row["target"]))
    return groups


def score(decoder: Decoder, questions: list[Question]) -> Score:
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
    return json.dumps({"questions": name, **asdict(result)})
