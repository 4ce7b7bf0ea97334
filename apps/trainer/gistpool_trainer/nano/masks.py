"""Who may look at whom, and which tokens are targets."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .render import Document

IGNORED = -100


@dataclass
class Batch:
    """Padded documents. `allowed` is (rows, 1, length, length) and true where looking is allowed.

    `labels` are the next token where the model must sample it, `prompt` where the prompt goes on.
    """

    ids: Tensor
    labels: Tensor
    allowed: Tensor
    prompt: Tensor
    families: list[str]


def collate(documents: list[Document], pad_id: int, multiple: int = 1) -> Batch:
    length = max(len(document.ids) for document in documents)
    length = -(-length // multiple) * multiple

    def padded(rows: list[list[int]], fill: int) -> Tensor:
        return torch.tensor([row + [fill] * (length - len(row)) for row in rows])

    ids = padded([document.ids for document in documents], pad_id)
    labels = padded(
        [
            [
                token if sampled else IGNORED
                for token, sampled in zip(document.ids[1:], document.sampled[1:], strict=True)
            ]
            + [IGNORED]
            for document in documents
        ],
        IGNORED,
    )
    thought = padded([document.thought for document in documents], 0)
    gist = padded([document.gist for document in documents], 0)
    prompt = padded([_prompt_labels(document) for document in documents], IGNORED)
    families = [document.family for document in documents]
    return Batch(ids, labels, allowed(thought, gist), prompt, families)


def _prompt_labels(document: Document) -> list[int]:
    length = document.sampled.index(True)
    return document.ids[1:length] + [IGNORED] * (len(document.ids) - length + 1)


def allowed(thought: Tensor, gist: Tensor) -> Tensor:
    """Causal, and a thought's tokens are seen only by that thought and by its gists."""
    length = thought.shape[-1]
    causal = torch.ones(length, length, dtype=torch.bool, device=thought.device).tril()
    key = thought[:, None, :]
    open_to_all = key == 0
    same_thought = key == thought[:, :, None]
    compressing = key == gist[:, :, None]
    return (causal & (open_to_all | same_thought | compressing))[:, None]
