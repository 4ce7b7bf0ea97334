"""The closed forms of LightThinker's cost: peak tokens and dependency, from lengths alone."""

from dataclasses import dataclass

from gistpool_trainer.tokens import GIST_COUNT

from .render import Document


@dataclass(frozen=True)
class Lengths:
    """Token counts of one solved item; a thought's length includes its splitter."""

    prompt: int
    thoughts: list[int]
    tail: int

    @classmethod
    def of(cls, document: Document) -> "Lengths":
        """From a document in LightThinker form."""
        last = max(document.thought)
        counts = [document.thought.count(number) for number in range(1, last + 1)]
        overhead = last * (GIST_COUNT + 1)
        tail = sum(document.sampled) - sum(counts)
        return cls(len(document.ids) - sum(counts) - overhead - tail, counts, tail)


def lightthinker_peak(lengths: Lengths, gists: int = GIST_COUNT) -> int:
    kept = gists + 1
    peaks = [
        lengths.prompt + number * kept + thought + kept for number, thought in enumerate(lengths.thoughts)
    ]
    return max(*peaks, lengths.prompt + len(lengths.thoughts) * kept + lengths.tail)


def vanilla_peak(lengths: Lengths) -> int:
    """The same chain without splitters, nothing evicted."""
    return lengths.prompt + sum(lengths.thoughts) - len(lengths.thoughts) + lengths.tail
