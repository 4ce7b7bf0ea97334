"""The mask as a picture: rows look at columns; colours say what is looked at."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from gistpool_trainer.reasoning.pieces import Role

from .layout import Span
from .visibility import dense_mask, visibility

_COLOURS = {
    Role.PROMPT: "#4c72b0",
    Role.THOUGHT: "#dd8452",
    Role.SPLITTER: "#c44e52",
    Role.GIST: "#55a868",
    Role.CONTINUE: "#8172b3",
    Role.ANSWER: "#937860",
    Role.RECOVER: "#da8bc3",
    Role.RECOVERED: "#8c8c8c",
}
_ROLES = list(_COLOURS)
LABELLED_TOKENS = 120
"""Beyond this the labels of single tokens cannot be read and spans are named instead."""


def draw_mask(spans: list[Span], labels: list[str], path: Path, title: str) -> None:
    """labels: the text of each token. A coloured square: the row's token sees the column's."""
    length = spans[-1].stop
    seen = dense_mask(visibility([spans], length))[0, 0].numpy()
    colours = np.zeros(length, dtype=int)
    for span in spans:
        colours[span.start : span.stop] = 1 + _ROLES.index(span.role)
    inches = min(20.0, max(6.0, length * 0.16))
    figure = Figure(figsize=(inches + 2.2, inches + 1.2), layout="constrained")
    axes = figure.add_subplot()
    palette = ListedColormap(["#ffffff", *_COLOURS.values()])
    axes.imshow(seen * colours[None, :], cmap=palette, vmin=-0.5, vmax=len(_ROLES) + 0.5, aspect="equal")
    for span in spans[1:]:
        new_chain = span.role is Role.PROMPT
        for line in (axes.axhline, axes.axvline):
            line(
                span.start - 0.5,
                color="black" if new_chain else "#bbbbbb",
                linewidth=1.2 if new_chain else 0.4,
            )
    if length <= LABELLED_TOKENS:
        _label(axes, list(range(length)), [_shown(label) for label in labels], 6.5 if length > 60 else 8)
    else:
        middles = [(span.start + span.stop - 1) / 2 for span in spans]
        _label(axes, middles, [_name(span) for span in spans], 6.5)
    axes.set_title(title)
    axes.set_ylabel("the token that looks")
    axes.set_xlabel("the token that is looked at")
    present = [role for role in _ROLES if any(span.role is role for span in spans)]
    figure.legend(
        handles=[Patch(color=_COLOURS[role], label=str(role)) for role in present],
        loc="outside right upper",
        frameon=False,
    )
    figure.savefig(path, dpi=130, facecolor="white", bbox_inches="tight")


def _label(axes: Any, places: list[float] | list[int], labels: list[str], size: float) -> None:
    axes.set_xticks(places, labels, rotation=90, fontsize=size, family="monospace")
    axes.set_yticks(places, labels, fontsize=size, family="monospace")
    axes.tick_params(length=0)


def _shown(label: str) -> str:
    # A dollar would start a formula of matplotlib.
    shown = label.replace("\n", "\\n").replace("\t", "\\t").replace(" ", "·").replace("$", r"\$")
    return shown if len(shown) <= 16 else shown[:15] + "..."


def _name(span: Span) -> str:
    return f"{span.role} {span.thought}" if span.thought else str(span.role)
