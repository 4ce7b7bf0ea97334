"""Cutting a text of reasoning into thoughts, never inside code or a formula."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

By = Literal["blank_line", "length", "sentence", "step"]

STEP = r"^[ \t]*(?:#{1,6}[ \t]*)?(?:\*\*)?(?:[Ss]tep|STEP)[ \t]+\d+|^[ \t]*\d+[.)][ \t]"

# In this order: what opens first hides what stands inside. An open fence reaches to the end of the text.
_WHOLE = re.compile(
    r"^[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)"
    r"|\$\$.*?\$\$"
    r"|\\\[.*?\\\]"
    r"|\\\(.*?\\\)"
    r"|\\begin\{(?P<block>[a-zA-Z]+\*?)\}.*?\\end\{(?P=block)\}"
    r"|`[^`\n]+`"
    r"|(?<![\\$\w])\$(?=[^\s$])[^$\n]*?(?<=[^\s\\])\$(?![\d$])",
    re.DOTALL | re.MULTILINE,
)
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n")
_LINE_END = re.compile(r"\n")
# The full-width marks are Chinese and Japanese sentence ends.
_SENTENCE_END = re.compile(r"(?:[.!?][\"')\]*”’]*(?=\s)|[。！？][”’」）]*)")  # noqa: RUF001
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|Mr|Mrs|Ms|Dr|Prof|St|No|Fig|Eq|approx|resp|al|[A-Z])\.|(?:^|\n)[ \t]*\d+\.)$"
)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern, re.MULTILINE)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return pattern


class ThoughtOptions(BaseModel):
    """How `output` is cut; a list of `thoughts` is taken as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: By = "blank_line"
    min_chars: int = Field(default=0, ge=0, description="shorter thoughts are joined with the next one")
    step_pattern: Annotated[str, AfterValidator(_compiles)] = STEP


def thoughts_of(text: str, options: ThoughtOptions) -> list[str]:
    """The thoughts in order, stripped, none empty; joined they are the text less whitespace between them."""
    whole = _Ranges([match.span() for match in _WHOLE.finditer(text)])
    least = options.min_chars or (200 if options.by == "length" else 1)
    bounds, start = [], 0
    for cut in _cuts(text, options):
        if cut not in whole and len(text[start:cut].strip()) >= least:
            bounds.append((start, cut))
            start = cut
    rest = text[start:].strip()
    if bounds and len(rest) < least:
        bounds[-1] = (bounds[-1][0], len(text))
    elif rest:
        bounds.append((start, len(text)))
    return [text[start:stop].strip() for start, stop in bounds]


def _cuts(text: str, options: ThoughtOptions) -> Iterator[int]:
    match options.by:
        case "blank_line":
            yield from (match.start() + 1 for match in _BLANK_LINE.finditer(text))
        case "length":
            yield from (match.end() for match in _LINE_END.finditer(text))
        case "step":
            yield from (match.start() for match in re.finditer(options.step_pattern, text, re.MULTILINE))
        case "sentence":
            ends = (match.end() for match in _SENTENCE_END.finditer(text))
            yield from (end for end in ends if not _NO_END.search(text[max(0, end - 12) : end]))


class _Ranges:
    """Ranges that must stay whole. A cut at their edge is fine."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        self._starts = [start for start, _ in ranges]
        self._ends = [end for _, end in ranges]

    def __contains__(self, cut: int) -> bool:
        index = bisect_right(self._starts, cut) - 1
        return index >= 0 and self._starts[index] < cut < self._ends[index]
