"""`python -m gistpool_trainer {sample,tokenizer,train,export,check,curve,puzzles}`."""

import argparse
import json
from pathlib import Path

from .commands import add_commands
from .families import FAMILIES, held_out


def main(argv: list[str] | None = None) -> None:
    arguments = _parser().parse_args(argv)
    arguments.run_command(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="gistpool_trainer", description=__doc__)
    commands = parser.add_subparsers(required=True)
    add_commands(commands)

    sample = commands.add_parser("sample", help="print generated items")
    sample.add_argument("--family", choices=sorted(FAMILIES), default=None)
    sample.add_argument("--count", type=int, default=1)
    sample.set_defaults(run_command=_sample)

    tokenizer = commands.add_parser("tokenizer", help="train the byte-level BPE")
    tokenizer.add_argument("--out", type=Path, required=True)
    tokenizer.add_argument("--size", type=int, default=1200)
    tokenizer.set_defaults(run_command=_tokenizer)

    train = commands.add_parser("train", help="train; the same command resumes")
    train.add_argument("--run", type=Path, required=True, help="folder of checkpoint.pt and log.jsonl")
    train.add_argument("--tokenizer", type=Path, required=True)
    train.add_argument("--weights", type=Path, required=True, help="JSON of family weights")
    train.add_argument("--form", choices=("both", "lightthinker", "vanilla"), required=True)
    train.add_argument("--steps", type=int, required=True)
    train.add_argument("--lr", type=float, default=3e-3)
    train.add_argument("--batch-tokens", type=int, default=2048)
    train.add_argument("--warmup", type=int, default=200)
    train.add_argument("--decay-share", type=float, default=0.0)
    train.add_argument("--level-steps", type=int, default=1, help="steps until items have full size")
    train.add_argument("--from", dest="start_from", type=Path, default=None, help="checkpoint to branch from")
    train.add_argument("--stream", default="base", help="name of the seeded item stream")
    train.add_argument("--stop-at", type=int, default=None, help="pause at this step of the schedule")
    train.add_argument("--threads", type=int, default=1)
    train.set_defaults(run_command=_train)

    export = commands.add_parser("export", help="checkpoint to GGUF, optionally with the fixture")
    export.add_argument("--checkpoint", type=Path, required=True)
    export.add_argument("--tokenizer", type=Path, required=True)
    export.add_argument("--method", choices=("lightthinker", "vanilla"), required=True)
    export.add_argument("--out", type=Path, required=True)
    export.add_argument("--dtype", choices=("f32", "f16"), default="f32")
    export.add_argument("--fixture", type=Path, default=None, help="folder of the fidelity fixture")
    export.set_defaults(run_command=_export)

    check = commands.add_parser("check", help="decode with real eviction and count right answers")
    check.add_argument("files", type=Path, nargs="+")
    check.add_argument("--checkpoint", type=Path, required=True)
    check.add_argument("--tokenizer", type=Path, required=True)
    check.add_argument("--method", choices=("lightthinker", "vanilla"), required=True)
    check.add_argument("--by-family", action="store_true", help="a line per family of a puzzle file")
    check.add_argument("--limit", type=int, default=None, help="only the first so many items")
    check.set_defaults(run_command=_check)

    curve = commands.add_parser("curve", help="draw the learning curves")
    curve.add_argument("--base", type=Path, required=True, help="log.jsonl of the base")
    curve.add_argument("--lightthinker", type=Path, required=True, help="its twin's log.jsonl")
    curve.add_argument("--vanilla", type=Path, required=True)
    curve.add_argument("--out", type=Path, required=True)
    curve.set_defaults(run_command=_curve)

    puzzles = commands.add_parser("puzzles", help="write the held-out puzzles")
    puzzles.add_argument("--out", type=Path, required=True)
    puzzles.add_argument("--demo-families", nargs="+", choices=sorted(FAMILIES), default=list(FAMILIES))
    puzzles.add_argument("--stream", default="twins", help="training stream whose questions to leave out")
    puzzles.add_argument("--pools", type=int, default=0, help="how many of its pools were trained")
    puzzles.add_argument("--weights", type=Path, default=None, help="the weights of that stream")
    puzzles.set_defaults(run_command=_puzzles)
    return parser


def _sample(arguments: argparse.Namespace) -> None:
    families = [arguments.family] if arguments.family else list(FAMILIES)
    for family in families:
        for index in range(arguments.count):
            item = held_out("sample", family, index)
            print(json.dumps({"family": family, "question": item.question, "thoughts": item.thoughts,
                              "answer": item.answer}, indent=2))  # fmt: skip


def _tokenizer(arguments: argparse.Namespace) -> None:
    from .tokenizer import train_tokenizer

    train_tokenizer(arguments.size).save(str(arguments.out))


def _train(arguments: argparse.Namespace) -> None:
    import torch

    from .train import Recipe, train

    torch.set_num_threads(arguments.threads)
    train(
        Recipe(
            run=arguments.run,
            tokenizer=arguments.tokenizer,
            weights=arguments.weights,
            form=arguments.form,
            steps=arguments.steps,
            lr=arguments.lr,
            batch_tokens=arguments.batch_tokens,
            warmup=arguments.warmup,
            decay_share=arguments.decay_share,
            level_steps=arguments.level_steps,
            start_from=arguments.start_from,
            stop_at=arguments.stop_at,
            stream=arguments.stream,
        )
    )


def _export(arguments: argparse.Namespace) -> None:
    from .checkpoint import load_model
    from .export import write_gguf
    from .tokenizer import load_tokenizer

    model, _ = load_model(arguments.checkpoint)
    tokenizer = load_tokenizer(arguments.tokenizer)
    write_gguf(arguments.out, arguments.out.stem, model, tokenizer, arguments.method, arguments.dtype)
    if arguments.fixture:
        from .fidelity import write_fixture

        write_fixture(arguments.fixture, model, tokenizer, arguments.out.name)


def _check(arguments: argparse.Namespace) -> None:
    import torch

    from .check import as_line, read_questions, score
    from .checkpoint import load_model
    from .decode import Decoder
    from .tokenizer import load_tokenizer

    torch.set_num_threads(1)
    model, _ = load_model(arguments.checkpoint)
    decoder = Decoder(model, load_tokenizer(arguments.tokenizer), arguments.method)
    for file in arguments.files:
        for name, questions in read_questions(file, arguments.by_family).items():
            print(as_line(name, score(decoder, questions[: arguments.limit])), flush=True)


def _puzzles(arguments: argparse.Namespace) -> None:
    from .puzzles import trained_questions, write_puzzles

    trained = trained_questions(arguments.stream, arguments.pools, arguments.weights)
    write_puzzles(arguments.out, arguments.demo_families, trained)


def _curve(arguments: argparse.Namespace) -> None:
    from .curve import draw_curves

    branches = {"lightthinker": arguments.lightthinker, "vanilla": arguments.vanilla}
    draw_curves(arguments.base, branches, list(FAMILIES), arguments.out)
