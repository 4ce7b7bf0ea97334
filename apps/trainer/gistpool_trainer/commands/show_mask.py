"""`trainer show-mask`: the attention mask of one chain, or of several in a row, as a picture."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gistpool_trainer.reasoning.problems import WrongInput

from .guard import guarded
from .source import add_source, source_of

if TYPE_CHECKING:
    from gistpool_trainer.masking.layout import Span


def add(commands: Any) -> None:
    parser = commands.add_parser("show-mask", help="draw who looks at whom, with token labels (PNG)")
    add_source(parser)
    parser.add_argument("--item", type=int, default=1, help="which chain, from 1")
    parser.add_argument("--items", type=int, default=1, help="so many chains packed into one row")
    parser.add_argument("--most-tokens", type=int, default=600, help="draw no more than so many")
    parser.add_argument("--out", type=Path, default=Path("mask.png"))
    parser.set_defaults(run_command=guarded(run))


def run(arguments: argparse.Namespace) -> None:
    from gistpool_trainer.masking.layout import layout
    from gistpool_trainer.masking.picture import draw_mask
    from gistpool_trainer.reasoning.raw import read_raw

    source = source_of(arguments)
    builder = source.builder()
    items = read_raw(source.files, source.thoughts, builder.reserved)
    chosen = items[arguments.item - 1 : arguments.item - 1 + arguments.items]
    if len(chosen) < arguments.items or arguments.item < 1:
        raise WrongInput(
            f"there are {len(items)} items: --item {arguments.item} --items {arguments.items} is too many"
        )
    chains = [builder.build(item) for item in chosen]
    spans: list[Span] = []
    for chain in chains:
        spans += layout(chain, source.mask, offset=spans[-1].stop if spans else 0)
    length = spans[-1].stop
    if length > arguments.most_tokens:
        raise WrongInput(
            f"the row has {length:,} tokens, more than can be seen ({arguments.most_tokens:,}). "
            "Choose a shorter item, or raise --most-tokens."
        )
    labels = [builder.tokenizer.decode([token]) for chain in chains for token in chain.ids]
    options = [f"{name}={value}" for name, value in source.mask.model_dump().items() if value]
    title = f"{', '.join(chain.source for chain in chains)}: {length:,} tokens" + "".join(
        f", {o}" for o in options
    )
    draw_mask(spans, labels, arguments.out, title)
    print(f"wrote {arguments.out} ({length:,} tokens, {len(chains)} chains)")
