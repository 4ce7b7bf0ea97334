"""The learning curves of one or more runs as a picture."""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def read_log(path: Path) -> list[dict[str, Any]]:
    """The log's entries by step. After a kill some steps are written twice: the later entry counts."""
    entries: dict[tuple[str, str, int], dict[str, Any]] = {}
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        entries[entry["kind"], entry.get("method", ""), entry["step"]] = entry
    return sorted(entries.values(), key=lambda entry: entry["step"])


def draw_curves(base: Path, branches: dict[str, Path], families: list[str], out: Path) -> None:
    """Left: training loss over steps. Right: held-out exactness per family of the first branch."""
    figure, (losses, exactness) = plt.subplots(1, 2, figsize=(13, 5))
    base_log = read_log(base)
    offset = max(entry["step"] for entry in base_log)
    _plot_loss(losses, base_log, 0, "base, both forms")
    for name, path in branches.items():
        _plot_loss(losses, read_log(path), offset, name)
    losses.set(xlabel="step", ylabel="training loss (nats per target)", yscale="log", title="Loss")
    losses.legend()

    method, path = next(iter(branches.items()))
    gauges = [(entry, 0) for entry in base_log if entry.get("method") == method]
    gauges += [(entry, offset) for entry in read_log(path) if entry.get("method") == method]
    for family in families:
        points = [
            (entry["step"] + shift, entry["families"][family]["exact"])
            for entry, shift in gauges
            if family in entry["families"]
        ]
        if points:
            exactness.plot(*zip(*points, strict=True), label=family)
    exactness.axvline(offset, color="grey", linewidth=0.5)
    exactness.set(xlabel="step", ylabel="share of held-out items exact", title=f"Exactness, {method}")
    exactness.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(out, dpi=110)


def _plot_loss(axes: Any, log: list[dict[str, Any]], offset: int, label: str) -> None:
    points = [(entry["step"] + offset, entry["loss"]) for entry in log if entry["kind"] == "loss"]
    axes.plot(*zip(*points, strict=True), label=label)
