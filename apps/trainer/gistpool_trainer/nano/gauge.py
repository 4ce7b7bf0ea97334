"""How well does it go? Loss and exactness per family on held-out items, teacher forced."""

import torch
import torch.nn.functional as F

from .families import held_out
from .masks import IGNORED, collate
from .model import Transformer
from .precision import autocast
from .render import Method, Renderer

# Families whose items cost many tokens are gauged on fewer of them.
ITEMS = {
    "loop_ring": 4,
    "loop_turn": 4,
    "dyck_languages": 8,
    "tracking_shuffled_objects_seven_objects": 8,
    "logical_deduction_seven_objects": 8,
}
USUAL_ITEMS = 16


@torch.no_grad()
def gauge(
    model: Transformer, renderer: Renderer, families: list[str], method: Method, pad_id: int
) -> dict[str, dict[str, float]]:
    """Exact = every target is the argmax, that is, greedy decoding would write this very document.

    `token` is the share of single targets that are the argmax.
    """
    report = {}
    for family in families:
        count = ITEMS.get(family, USUAL_ITEMS)
        documents = [renderer.render(held_out("gauge", family, i), method) for i in range(count)]
        documents.sort(key=lambda document: len(document.ids))
        loss_sum, targets, exact, right = 0.0, 0, 0, 0
        rows = max(1, 3000 // len(documents[-1].ids))
        for start in range(0, count, rows):
            batch = collate(documents[start : start + rows], pad_id)
            with autocast():
                hidden, _ = model.hidden(batch.ids, batch.allowed)
                logits = model.logits(hidden).float()
            flat = F.cross_entropy(
                logits.flatten(0, 1), batch.labels.flatten(), ignore_index=IGNORED, reduction="sum"
            )
            loss_sum += flat.item()
            wanted = batch.labels != IGNORED
            hit = (logits.argmax(-1) == batch.labels) | ~wanted
            targets += int(wanted.sum())
            exact += int(hit.all(-1).sum())
            right += int((hit & wanted).sum())
        report[family] = {
            "loss": round(loss_sum / targets, 4),
            "token": round(right / targets, 4),
            "exact": round(exact / count, 3),
        }
    return report
