"""The learning curves of one or more runs as a picture."""

import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from .recipe import Recipe, stages


def read_log(path: Path) -> list[dict[str, Any]]:
    """The log's entries by step. After a kill some steps are written twice: the later entry counts."""
    entries: dict[tuple[str, str, int], dict[str, Any]] = {}
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        entries[entry["kind"], entry.get("method", ""), entry["step"]] = entry
    return sorted(entries.values(), key=lambda entry: entry["step"])


def draw_curves(recipe: Recipe, runs: Path, out: Path) -> None:
    """Above: training loss over steps. Below: held-out exactness per family, one panel per form."""
    trunk, *twins = stages(recipe)
    trunk_log = read_log(runs / trunk.name / "log.jsonl")
    offset = max(entry["step"] for entry in trunk_log)
    figure = plt.figure(figsize=(14, 11))
    losses = figure.add_subplot(2, 1, 1)
    _plot_loss(losses, trunk_log, 0, "trunk, all forms")
    logs = {twin.name: read_log(runs / twin.name / "log.jsonl") for twin in twins}
    for name, log in logs.items():
        _plot_loss(losses, log, offset, name)
    losses.set(xlabel="step", ylabel="training loss (nats per sampled token)", yscale="log", title="Loss")
    losses.legend(fontsize=8)
    families = sorted({family for entry in trunk_log for family in entry.get("families", {})})
    for column, form in enumerate(("lightthinker", "vanilla"), start=3):
        panel = figure.add_subplot(2, 2, column)
        twin = next(twin for twin in twins if twin.form == form)
        gauges = [(entry, 0) for entry in trunk_log if entry.get("method") == form]
        gauges += [(entry, offset) for entry in logs[twin.name] if entry.get("method") == form]
        for number, family in enumerate(families):
            points = [
                (entry["step"] + shift, entry["families"][family]["token"])
                for entry, shift in gauges
                if family in entry["families"]
            ]
            colour = matplotlib.colormaps["tab20"](number % 20)
            panel.plot(*zip(*points, strict=True), label=family, color=colour)
        panel.axvline(offset, color="grey", linewidth=0.5)
        panel.set(
            xlabel="step", ylabel="share of held-out tokens right", title=f"{twin.name} after the trunk"
        )
        panel.set_ylim(0.5, 1.005)
    panel.legend(fontsize=7, loc="lower right")
    figure.tight_layout()
    figure.savefig(out, dpi=100)


def _plot_loss(axes: Any, log: list[dict[str, Any]], offset: int, label: str) -> None:
    points = [(entry["step"] + offset, entry["loss"]) for entry in log if entry["kind"] == "loss"]
    axes.plot(*zip(*points, strict=True), label=label)
