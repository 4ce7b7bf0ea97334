"""Reading raw reasoning files, one JSON object a line, with every fault named at once."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .problems import Problem, WrongFiles
from .segment import ThoughtOptions, thoughts_of

# How published data sets mark reasoning within an answer.
_MARKERS = (
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<think>", "</think>"),
)
_SOLUTION = ("<|begin_of_solution|>", "<|end_of_solution|>")


@dataclass(frozen=True)
class RawItem:
    file: Path
    line: int
    question: str
    system: str
    thoughts: tuple[str, ...]
    answer: str


class _Wrong(Exception):  # noqa: N818
    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy


def read_raw(
    files: Iterable[Path], options: ThoughtOptions, reserved: frozenset[str] = frozenset()
) -> list[RawItem]:
    """All items of all files, or WrongFiles. `reserved`: control tokens that no text may spell."""
    items: list[RawItem] = []
    problems: list[Problem] = []
    for file in files:
        found_before = len(items) + len(problems)
        for line, text in _lines(file, problems):
            try:
                items.append(_item(file, line, text, options, reserved))
            except _Wrong as wrong:
                problems.append(Problem(file, line, wrong.what, wrong.remedy))
        if len(items) + len(problems) == found_before:
            problems.append(Problem(file, 0, "no item in it", "Give a file with one JSON object a line"))
    if problems:
        raise WrongFiles(problems)
    return items


def _lines(file: Path, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    try:
        content = file.read_bytes()
    except OSError as error:
        problems.append(Problem(file, 0, f"cannot be read ({error.strerror})", "Check the path"))
        return
    # Not splitlines(): a JSON text may hold U+2028 and the like.
    for line, raw in enumerate(content.split(b"\n"), start=1):
        try:
            text = raw.decode("utf-8-sig" if line == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            what = f"not UTF-8 (byte {error.start + 1} of the line)"
            problems.append(Problem(file, line, what, "Save the file as UTF-8"))
            continue
        if text:
            yield line, text


def _item(file: Path, line: int, text: str, options: ThoughtOptions, reserved: frozenset[str]) -> RawItem:
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        # A file that was cut off ends in a broken line: its text was never whole.
        raise _Wrong(
            f"not JSON ({error.msg}, column {error.colno})", "Repair or delete this line; one object a line"
        ) from None
    if not isinstance(fields, dict):
        raise _Wrong(f"a JSON {type(fields).__name__}, not an object", 'Write {"question": ..., ...}')
    fields = _without_turns(fields)
    question = _text(fields, "question", "Add the question, or delete the line")
    system = _text(fields, "system", "Leave it out or give a text", required=False)
    thoughts, answer = _reasoning(fields, options)
    for name, value in (("question", question), ("system", system), ("answer", answer)):
        _refuse_control(name, value, reserved)
    for number, thought in enumerate(thoughts, start=1):
        _refuse_control(f"thought {number}", thought, reserved)
    return RawItem(file, line, question, system, tuple(thoughts), answer)


def _without_turns(fields: dict[str, Any]) -> dict[str, Any]:
    """Chat forms of public data sets: `messages` of role and content, `conversations` of from and value."""
    for name, who, what in (("messages", "role", "content"), ("conversations", "from", "value")):
        turns = fields.get(name)
        if turns is None:
            continue
        if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
            raise _Wrong(f'"{name}" is no list of turns', f'Write [{{"{who}": ..., "{what}": ...}}]')
        said = {str(turn.get(who)): turn.get(what) for turn in turns}
        asked = [turn for turn in turns if turn.get(who) in ("user", "human")]
        if len(asked) != 1:
            raise _Wrong(
                f'"{name}" has {len(asked)} turns of the user',
                "Only one question and its answer can be taken",
            )
        told = {
            "question": said.get("user", said.get("human")),
            "output": said.get("assistant", said.get("gpt")),
            "system": said.get("system", fields.get("system")),
        }
        return {key: value for key, value in told.items() if value is not None}
    return fields


def _reasoning(fields: dict[str, Any], options: ThoughtOptions) -> tuple[list[str], str]:
    if ("thoughts" in fields) == ("output" in fields):
        has = "both" if "thoughts" in fields else "neither"
        raise _Wrong(f'{has} "thoughts" and "output"', "Give exactly one of the two")
    if "thoughts" in fields:
        thoughts = fields["thoughts"]
        if not isinstance(thoughts, list) or not all(isinstance(thought, str) for thought in thoughts):
            raise _Wrong('"thoughts" is no list of texts', 'Write ["...", "..."]')
        for number, thought in enumerate(thoughts, start=1):
            if not thought.strip():
                raise _Wrong(f"thought {number} is empty", "Delete it from the list")
        thoughts = [thought.strip() for thought in thoughts]
        answer = _text(fields, "answer", "Add the answer, or delete the line")
    else:
        reasoning, rest = _parted(_text(fields, "output", "Add the reasoning, or delete the line"))
        thoughts = thoughts_of(reasoning, options)
        answer = _text({"answer": fields.get("answer", rest)}, "answer", _NO_ANSWER)
    if not thoughts:
        raise _Wrong("no thought before the answer", "Add the reasoning, or delete the line")
    return thoughts, answer


_NO_ANSWER = 'Put it into "answer", or behind the reasoning after </think> or <|end_of_thought|>'


def _parted(output: str) -> tuple[str, str | None]:
    """Reasoning and what follows it; no answer (None) where nothing marks the reasoning's end."""
    for start, end in _MARKERS:
        if start not in output and end not in output:
            continue
        if end not in output:
            raise _Wrong(f"{start} without {end}", f"Close the reasoning with {end}, or delete the line")
        reasoning, rest = output.split(end, 1)
        _, _, reasoning = reasoning.rpartition(start)
        return reasoning, _solution(rest)
    if _SOLUTION[0] in output:
        reasoning, _, rest = output.partition(_SOLUTION[0])
        return reasoning, _solution(_SOLUTION[0] + rest)
    return output, None


def _solution(text: str) -> str:
    return text.replace(_SOLUTION[0], "").replace(_SOLUTION[1], "").strip()


def _text(fields: dict[str, Any], name: str, remedy: str, *, required: bool = True) -> str:
    value = fields.get(name)
    if value is None:
        if required:
            raise _Wrong(f'no "{name}"', remedy)
        return ""
    if not isinstance(value, str):
        raise _Wrong(f'"{name}" is a {type(value).__name__}, not a text', "Write it as a JSON string")
    if required and not value.strip():
        raise _Wrong(f'"{name}" is empty', remedy)
    return value.strip()


def _refuse_control(name: str, text: str, reserved: frozenset[str]) -> None:
    spelled = sorted(token for token in reserved if token in text)
    if spelled:
        raise _Wrong(
            f"the {name} spells the control token {spelled[0]}",
            "Remove it from the text: it would be read as the token itself",
        )
