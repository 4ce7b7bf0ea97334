"""`trainer nano`: makes the bundled models from their recipe, and measures checkpoints of theirs."""

import argparse
import json
from pathlib import Path
from typing import Any

from gistpool_trainer.nano.families import FAMILIES, fingerprint, held_out

from .guard import guarded


def add(commands: Any) -> None:
    nano = commands.add_parser("nano", help="the small bundled models: puzzles, training, export")
    actions = nano.add_subparsers(required=True)

    sample = actions.add_parser("sample", help="print generated puzzles with the thoughts that solve them")
    sample.add_argument("--family", choices=sorted(FAMILIES), default=None)
    sample.add_argument("--count", type=int, default=1)
    sample.set_defaults(run_command=guarded(_sample))

    train = actions.add_parser("train", help="train every stage of a recipe; the same command resumes")
    _of_recipe(train)
    train.add_argument("--only", nargs="+", default=[], metavar="STAGE", help="only these stages")
    train.add_argument("--stop-at", type=int, default=None, help="pause each stage at this step")
    train.add_argument("--threads", type=int, default=1)
    train.set_defaults(run_command=guarded(_train))

    export = actions.add_parser("export", help="GGUF files, puzzles and the fidelity fixture")
    _of_recipe(export)
    export.add_argument("--models", type=Path, required=True, help="folder to write to")
    export.add_argument("--fixture", type=Path, default=None, help="folder of the fidelity fixture")
    export.set_defaults(run_command=guarded(_export))

    curve = actions.add_parser("curve", help="draw the learning curves")
    _of_recipe(curve)
    curve.add_argument("--out", type=Path, required=True)
    curve.set_defaults(run_command=guarded(_curve))

    left_out = actions.add_parser("left-out", help="print the fingerprints of benchmark files' questions")
    left_out.add_argument("files", type=Path, nargs="+")
    left_out.set_defaults(run_command=guarded(_left_out))

    check = actions.add_parser("check", help="decode with real eviction and count right answers")
    check.add_argument("files", type=Path, nargs="+")
    check.add_argument("--checkpoint", type=Path, required=True)
    check.add_argument("--tokenizer", type=Path, required=True)
    check.add_argument("--method", choices=("lightthinker", "token", "vanilla"), required=True)
    check.add_argument("--by-family", action="store_true", help="a line per family of a puzzle file")
    check.add_argument("--limit", type=int, default=None, help="only the first so many items")
    check.set_defaults(run_command=guarded(_check))


def _of_recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recipe", type=Path)
    parser.add_argument(
        "--runs", type=Path, required=True, help="folder of the tokenizer and every stage's run"
    )


def _sample(arguments: argparse.Namespace) -> None:
    for family in [arguments.family] if arguments.family else FAMILIES:
        for index in range(arguments.count):
            item = held_out("sample", family, index)
            puzzle = {
                "family": family,
                "question": item.question,
                "thoughts": item.thoughts,
                "answer": item.answer,
            }
            print(json.dumps(puzzle, indent=2))


def _train(arguments: argparse.Namespace) -> None:
    import torch

    from gistpool_trainer.nano.bundle import train_bundle
    from gistpool_trainer.nano.recipe import read_recipe

    torch.set_num_threads(arguments.threads)
    train_bundle(read_recipe(arguments.recipe), arguments.runs, arguments.only, arguments.stop_at)


def _export(arguments: argparse.Namespace) -> None:
    from gistpool_trainer.nano.bundle import export_bundle
    from gistpool_trainer.nano.recipe import read_recipe

    export_bundle(read_recipe(arguments.recipe), arguments.runs, arguments.models, arguments.fixture)


def _curve(arguments: argparse.Namespace) -> None:
    from gistpool_trainer.nano.curve import draw_curves
    from gistpool_trainer.nano.recipe import read_recipe

    draw_curves(read_recipe(arguments.recipe), arguments.runs, arguments.out)


def _left_out(arguments: argparse.Namespace) -> None:
    from gistpool_trainer.nano.check import read_questions

    groups = [group for file in arguments.files for group in read_questions(file).values()]
    print("\n".join(sorted({fingerprint(question) for group in groups for question, _ in group})))


def _check(arguments: argparse.Namespace) -> None:
    import torch

    from gistpool_trainer.nano.check import as_line, read_questions, score
    from gistpool_trainer.nano.checkpoint import load_model
    from gistpool_trainer.nano.decode import Decoder
    from gistpool_trainer.nano.tokenizer import load_tokenizer

    torch.set_num_threads(1)
    model, _ = load_model(arguments.checkpoint)
    decoder = Decoder(model, load_tokenizer(arguments.tokenizer), arguments.method)
    for file in arguments.files:
        for name, questions in read_questions(file, arguments.by_family).items():
            print(as_line(name, score(decoder, questions[: arguments.limit])), flush=True)
