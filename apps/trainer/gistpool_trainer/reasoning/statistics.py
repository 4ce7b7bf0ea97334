"""What a set of chains is like before anything is trained on it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from .pieces import Chain, Role


@dataclass(frozen=True)
class Shape:
    """Token counts of one chain; a thought's length includes its splitter."""

    prompt: int
    thoughts: tuple[int, ...]
    tail: int
    kept: int
    """Cells kept per compression: gists and continue; 0 in a vanilla chain."""
    compresses_prompt: bool
    splitters: int

    @classmethod
    def of(cls, chain: Chain) -> "Shape":
        gists = chain.of(Role.GIST)
        lengths: dict[int, int] = {}
        vanilla = 0
        for piece in chain.pieces:
            if piece.role in (Role.THOUGHT, Role.SPLITTER):
                if piece.thought:
                    lengths[piece.thought] = lengths.get(piece.thought, 0) + len(piece.ids)
                else:
                    vanilla += len(piece.ids)
        return cls(
            prompt=sum(len(piece.ids) for piece in chain.of(Role.PROMPT)),
            thoughts=tuple(lengths.values()),
            tail=vanilla + sum(len(piece.ids) for piece in chain.of(Role.ANSWER)),
            kept=len(gists[0].ids) + 1 if gists else 0,
            compresses_prompt=chain.compresses_prompt,
            splitters=len(chain.of(Role.SPLITTER)),
        )

    @property
    def generated(self) -> int:
        return sum(self.thoughts) + self.tail

    @property
    def floor(self) -> int:
        """Cells held before the first thought."""
        return self.kept if self.compresses_prompt else self.prompt

    def peak(self, lag: int = 0) -> int:
        """The authors' closed form; with a lag, the last `lag` thoughts are still there."""
        peaks = [self.prompt + self.kept if self.compresses_prompt else self.prompt]
        for done, thought in enumerate(self.thoughts):
            lagging = sum(self.thoughts[max(0, done - lag) : done])
            peaks.append(self.floor + done * self.kept + lagging + thought + self.kept)
        count = len(self.thoughts)
        lagging = sum(self.thoughts[max(0, count - lag) :])
        peaks.append(self.floor + count * self.kept + lagging + self.tail)
        return max(peaks)

    def dep(self) -> int:
        """Sum over sampled tokens of the tokens each depends on (no lag)."""
        spans = [*self.thoughts, self.tail]
        return sum(
            (self.floor + done * self.kept) * length + length * (length + 1) // 2
            for done, length in enumerate(spans)
        )

    @property
    def vanilla_peak(self) -> int:
        """The same text without splitters, nothing evicted."""
        return self.prompt + self.generated - self.splitters

    def vanilla_dep(self) -> int:
        output = self.generated - self.splitters
        return self.prompt * output + output * (output + 1) // 2


@dataclass(frozen=True)
class Spread:
    name: str
    mean: float
    median: int
    p90: int
    p99: int
    most: int

    @classmethod
    def of(cls, name: str, values: Iterable[int]) -> "Spread":
        found = np.array(list(values) or [0])
        median, p90, p99 = (int(np.quantile(found, share, method="higher")) for share in (0.5, 0.9, 0.99))
        return cls(name, float(found.mean()), median, p90, p99, int(found.max()))


def spreads(chains: list[Chain], lag: int = 0) -> list[Spread]:
    shapes = [Shape.of(chain) for chain in chains]
    of: list[tuple[str, Callable[[Shape], int]]] = [
        ("prompt tokens", lambda shape: shape.prompt),
        ("thoughts", lambda shape: len(shape.thoughts)),
        ("generated tokens", lambda shape: shape.generated),
        ("tail tokens", lambda shape: shape.tail),
        ("peak tokens", lambda shape: shape.peak(lag)),
        ("vanilla peak tokens", lambda shape: shape.vanilla_peak),
    ]
    rows = [Spread.of(name, (value(shape) for shape in shapes)) for name, value in of]
    rows.insert(2, Spread.of("tokens a thought", (length for shape in shapes for length in shape.thoughts)))
    rows.append(Spread.of("training tokens", (len(chain) for chain in chains)))
    return rows


def report(chains: list[Chain], skipped: int, length: int, lag: int = 0) -> str:
    """A table, and the two ratios that compression is for."""
    if not chains:
        return f"no chain fits {length:,} tokens ({skipped:,} are longer)\n"
    shapes = [Shape.of(chain) for chain in chains]
    lines = [f"{'':<20}{'mean':>10}{'median':>9}{'p90':>9}{'p99':>9}{'most':>9}"]
    for row in spreads(chains, lag):
        cells = "".join(f"{value:>9,}" for value in (row.median, row.p90, row.p99, row.most))
        lines.append(f"{row.name:<20}{row.mean:>10,.1f}{cells}")
    total = len(chains) + skipped
    targets = sum(sum(chain.sampled) for chain in chains)
    tokens = sum(len(chain) for chain in chains)
    peaks = sum(shape.peak(lag) for shape in shapes) / sum(shape.vanilla_peak for shape in shapes)
    deps = sum(shape.dep() for shape in shapes) / sum(shape.vanilla_dep() for shape in shapes)
    lines += [
        "",
        f"chains {len(chains):,}; longer than {length:,} tokens and left out: "
        f"{skipped:,} ({skipped / total:.1%})",
        f"training tokens {tokens:,}, targets of the loss {targets:,} ({targets / tokens:.1%})",
        f"peak over vanilla {peaks:.3f}, Dep over vanilla {deps:.3f}",
    ]
    return "\n".join(lines) + "\n"
