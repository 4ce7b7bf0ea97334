"""`trainer data`: builds the chains, shows what they are like, writes them down."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .guard import guarded
from .source import add_source, source_of

if TYPE_CHECKING:
    from gistpool_trainer.reasoning.pieces import Chain


def add(commands: Any) -> None:
    parser = commands.add_parser("data", help="build training data; statistics and a rendered sample of it")
    add_source(parser)
    parser.add_argument("--stats", action="store_true", help="lengths, counts, peaks, share over the context")
    parser.add_argument("--picture", type=Path, default=None, help="the same as histograms, PNG")
    parser.add_argument("--sample", type=int, nargs="?", const=1, default=0, help="show so many chains")
    parser.add_argument("--out", type=Path, default=None, help="write the chains as JSON lines")
    parser.set_defaults(run_command=guarded(run))


def run(arguments: argparse.Namespace) -> None:
    from gistpool_trainer.reasoning.raw import read_raw
    from gistpool_trainer.reasoning.sample import rendered
    from gistpool_trainer.reasoning.statistics import report

    source = source_of(arguments)
    builder = source.builder()
    items = read_raw(source.files, source.thoughts, builder.reserved)
    built = builder.build_all(items, source.length, _progress(len(items)))
    print(f"{len(items):,} items, {len(built.chains):,} chains, {len(built.skipped):,} left out as too long")
    if arguments.stats:
        print()
        print(report(built.chains, len(built.skipped), source.length, source.mask.lag_thoughts), end="")
    for chain in built.chains[: arguments.sample]:
        print()
        print(rendered(chain, builder.tokenizer), end="")
    if arguments.picture:
        from gistpool_trainer.reasoning.histograms import draw_histograms

        draw_histograms(built.chains, arguments.picture, source.mask.lag_thoughts)
        print(f"wrote {arguments.picture}")
    if arguments.out:
        write_chains(built.chains, arguments.out)
        print(f"wrote {arguments.out}")


def write_chains(chains: "list[Chain]", path: Path) -> None:
    draft = path.with_name(path.name + ".tmp")
    with draft.open("w") as file:
        for chain in chains:
            pieces = [{"role": p.role, "thought": p.thought, "ids": p.ids} for p in chain.pieces]
            file.write(json.dumps({"source": chain.source, "pieces": pieces}) + "\n")
    draft.replace(path)


def _progress(total: int) -> Any:
    if not sys.stderr.isatty():
        return None

    def show(done: int) -> None:
        print(f"\rtokenized {done:,} of {total:,}", end="\n" if done == total else "", file=sys.stderr)

    return show
