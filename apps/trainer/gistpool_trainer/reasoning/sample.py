"""One chain as text, piece by piece, for eyes."""

from .pieces import Chain
from .vocabulary import HfTokenizer

_KEPT_CHARS = 400


def rendered(chain: Chain, tokenizer: HfTokenizer) -> str:
    """A line per piece: first position, tokens, role, whether it is a target (*), text."""
    lines = [f"# {chain.source}: {len(chain):,} tokens; * = target of the loss"]
    positions = iter(chain.positions)
    for piece in chain.pieces:
        first = next(positions)
        for _ in piece.ids[1:]:
            next(positions)
        text = tokenizer.decode(list(piece.ids))
        if len(text) > _KEPT_CHARS:
            text = f"{text[: _KEPT_CHARS // 2]} [...] {text[-_KEPT_CHARS // 2 :]}"
        role = f"{piece.role} {piece.thought}" if piece.thought else str(piece.role)
        mark = "*" if piece.is_sampled else " "
        shown = text.replace("\n", "\\n")
        lines.append(f"{first:>6} {len(piece.ids):>5} {mark} {role:<13} {shown}")
    return "\n".join(lines) + "\n"
