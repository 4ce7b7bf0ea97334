"""The statistics as a picture."""

from pathlib import Path

from matplotlib.figure import Figure

from .pieces import Chain
from .statistics import Shape


def draw_histograms(chains: list[Chain], path: Path, lag: int = 0) -> None:
    shapes = [Shape.of(chain) for chain in chains]
    figure = Figure(figsize=(13, 3.8), layout="constrained")
    lengths, counts, peaks = figure.subplots(1, 3)
    lengths.hist([length for shape in shapes for length in shape.thoughts], bins=40, color="#dd8452")
    lengths.set(xlabel="tokens", ylabel="thoughts", title="Length of a thought")
    counts.hist([len(shape.thoughts) for shape in shapes], bins=40, color="#55a868")
    counts.set(xlabel="thoughts", ylabel="chains", title="Thoughts in a chain")
    ours, vanilla = [shape.peak(lag) for shape in shapes], [shape.vanilla_peak for shape in shapes]
    peaks.hist([ours, vanilla], bins=40, label=["compressed", "vanilla"], color=["#4c72b0", "#c44e52"])
    peaks.set(xlabel="cells", ylabel="chains", title="Peak tokens")
    peaks.legend(frameon=False)
    for axes in (lengths, counts, peaks):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120, facecolor="white")
