"""What a run tells: a line on the terminal, JSON lines, a picture, TensorBoard where wanted."""

import json
import sys
import time
from pathlib import Path
from typing import Any


def read_log(path: Path) -> list[dict[str, Any]]:
    """Entries by step. After a kill some steps were done twice: the later entry counts."""
    entries: dict[tuple[str, int], dict[str, Any]] = {}
    if path.exists():
        for line in path.read_text().splitlines():
            try:
                entry = json.loads(line)
            except json.JSONDecodeError:
                continue  # the line that a kill cut short
            entries[entry["kind"], entry["step"]] = entry
    return sorted(entries.values(), key=lambda entry: int(entry["step"]))


class RunLog:
    def __init__(self, folder: Path, *, tensorboard: bool) -> None:
        self.path = folder / "log.jsonl"
        if self.path.exists() and not self.path.read_bytes().endswith(b"\n"):
            with self.path.open("a") as file:
                file.write("\n")
        self._board: Any = None
        if tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._board = SummaryWriter(str(folder / "tensorboard"))

    def write(self, kind: str, step: int, **values: float) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps({"kind": kind, "step": step, **values}) + "\n")
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(f"{kind}/{name}", value, step)

    def close(self) -> None:
        if self._board is not None:
            self._board.close()


class Progress:
    """One line that renews itself on a terminal; a line now and then elsewhere."""

    def __init__(self, first: int, steps: int, every_s: float = 30.0) -> None:
        self._first = first
        self._steps = steps
        self._every_s = every_s
        self._started = time.monotonic()
        self._shown = 0.0

    def show(self, done: int, epoch: float, loss: float, targets_per_s: float) -> None:
        now = time.monotonic()
        is_terminal, is_last = sys.stderr.isatty(), done == self._steps
        if not (is_terminal or is_last or now - self._shown >= self._every_s):
            return
        self._shown = now
        per_step_s = (now - self._started) / max(1, done - self._first)
        left = clock((self._steps - done) * per_step_s)
        line = (
            f"step {done:,}/{self._steps:,} ({done / self._steps:.0%})  epoch {epoch:.2f}  loss {loss:.4f}  "
            f"{targets_per_s:,.0f} targets/s  {left} left"
        )
        start, end = ("\r\033[K", "\n" if is_last else "") if is_terminal else ("", "\n")
        print(start + line, end=end, file=sys.stderr, flush=True)


def clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def draw_run(log: Path, out: Path) -> None:
    """Training and held-out loss over steps, and the learning rate below."""
    from matplotlib.figure import Figure

    entries = read_log(log)
    figure = Figure(figsize=(9, 6), layout="constrained")
    losses, rates = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    trained = [entry for entry in entries if entry["kind"] == "train"]
    held_out = [entry for entry in entries if entry["kind"] == "held_out"]
    steps = [entry["step"] for entry in trained]
    losses.plot(steps, [entry["loss"] for entry in trained], color="#4c72b0", alpha=0.35, linewidth=0.8)
    losses.plot(steps, _smooth([entry["loss"] for entry in trained]), color="#4c72b0", label="training")
    if held_out:
        losses.plot(
            [entry["step"] for entry in held_out],
            [entry["loss"] for entry in held_out],
            color="#dd8452",
            marker="o",
            markersize=3,
            label="held out",
        )
    losses.set(ylabel="loss (nats per target)")
    losses.legend(frameon=False)
    rates.plot(steps, [entry["lr"] for entry in trained], color="#55a868")
    rates.set(xlabel="step", ylabel="learning rate")
    for axes in (losses, rates):
        axes.spines[["top", "right"]].set_visible(False)
    draft = out.with_suffix(".tmp.png")
    figure.savefig(draft, dpi=120, facecolor="white")
    draft.replace(out)


def _smooth(values: list[float]) -> list[float]:
    """Exponential mean over about a twentieth of the run, corrected for its start."""
    weight = 1 - 1 / max(1.0, len(values) / 20)
    smooth, total, share = [], 0.0, 0.0
    for value in values:
        total = weight * total + (1 - weight) * value
        share = weight * share + (1 - weight)
        smooth.append(total / share)
    return smooth
