"""`trainer finetune CONFIG.toml`: trains; the same command goes on after a kill."""

import argparse
import os
from pathlib import Path
from typing import Any

from .guard import guarded
from .source import load_tokenizer, quieten


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "finetune", help="teach a model of transformers; the same command goes on after a kill"
    )
    parser.add_argument("config", type=Path, help="TOML, see `trainer recipe`")
    parser.add_argument("--stop-at", type=int, default=None, help="pause at this step of the schedule")
    parser.add_argument("--threads", type=int, default=None, help="CPU threads of PyTorch")
    parser.set_defaults(run_command=guarded(run))

    curves = commands.add_parser("curves", help="draw a run's loss curves again")
    curves.add_argument("run", type=Path)
    curves.add_argument("--out", type=Path, default=None)
    curves.set_defaults(run_command=guarded(run_curves))


def run(arguments: argparse.Namespace) -> None:
    from gistpool_trainer.finetune.config import read_config

    config = read_config(arguments.config)
    quieten()
    import torch

    from gistpool_trainer.finetune.run import finetune

    if arguments.threads is not None:
        torch.set_num_threads(arguments.threads)
    is_done = finetune(config, load_tokenizer(config.model), arguments.stop_at)
    if int(os.environ.get("RANK", "0")) > 0:
        return
    if is_done:
        print(f"done: {config.run}. Next: trainer merge {arguments.config} --out FOLDER")
    else:
        print("paused; the same command goes on")


def run_curves(arguments: argparse.Namespace) -> None:
    from gistpool_trainer.finetune.log import draw_run
    from gistpool_trainer.reasoning.problems import WrongInput

    log = arguments.run / "log.jsonl"
    if not log.exists():
        raise WrongInput(f"{log} does not exist: give the run folder of a finetune config")
    out = arguments.out or arguments.run / "curves.png"
    draw_run(log, out)
    print(f"wrote {out}")
