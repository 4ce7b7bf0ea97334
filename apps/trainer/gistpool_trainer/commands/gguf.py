"""`trainer merge`: a run as a model folder; `trainer gguf`: a model folder as files that the pool serves."""

import argparse
from pathlib import Path
from typing import Any

from gistpool_trainer.reasoning.problems import WrongInput

from .guard import guarded
from .source import load_tokenizer, quieten

_MOST_DIFFERENCE = {"f32": 1e-3, "f16": 5e-2, "bf16": 5e-1, "q8_0": 1.0}


def add(commands: Any) -> None:
    merge = commands.add_parser(
        "merge", help="the latest checkpoint as a folder of safetensors and tokenizer"
    )
    merge.add_argument("config", type=Path, help="the config of the run")
    merge.add_argument("--out", type=Path, required=True)
    merge.add_argument("--dtype", choices=("float32", "bfloat16", "float16"), default="bfloat16")
    merge.set_defaults(run_command=guarded(run_merge))

    gguf = commands.add_parser("gguf", help="convert a model folder with the engine's own converter")
    gguf.add_argument(
        "model", type=Path, help="a folder made by merge, or a published LightThinker checkpoint"
    )
    gguf.add_argument("--out", type=Path, required=True, help="folder of the files NAME-TYPE.gguf")
    gguf.add_argument("--name", default=None, help="left out: the model folder's name")
    gguf.add_argument("--types", nargs="+", choices=("f32", "f16", "bf16", "q8_0"), default=["f16", "q8_0"])
    gguf.add_argument("--chat-template", choices=("keep", "chatml", "llama3"), default="keep")
    gguf.add_argument("--verify", action="store_true", help="load in the engine and compare with PyTorch")
    gguf.add_argument("--device", default="cpu", choices=("cpu", "cuda", "vulkan", "metal", "auto"))
    gguf.add_argument("--threads", type=int, default=1)
    gguf.set_defaults(run_command=guarded(run_gguf))


def run_merge(arguments: argparse.Namespace) -> None:
    quieten()
    from gistpool_trainer.finetune.config import read_config
    from gistpool_trainer.gguf_export.merge import merge

    out = merge(read_config(arguments.config), arguments.out, arguments.dtype)
    print(f"wrote {out}. Next: trainer gguf {out} --out FOLDER --verify")


def run_gguf(arguments: argparse.Namespace) -> None:
    quieten()
    from gistpool_trainer.gguf_export.convert import convert
    from gistpool_trainer.gguf_export.engine_source import engine_source
    from gistpool_trainer.gguf_export.method import method_of
    from gistpool_trainer.gguf_export.stage import staged

    folder: Path = arguments.model
    if not folder.is_dir():
        raise WrongInput(
            f"{folder} is no folder: give one made by `trainer merge`, or download a checkpoint first"
        )
    tokenizer = load_tokenizer(str(folder))
    method = method_of(folder, tokenizer)
    told = ", ".join(f"{key}={value}" for key, value in method.metadata().items())
    print(f"gistpool metadata: {told}")
    source = engine_source()
    arguments.out.mkdir(parents=True, exist_ok=True)
    name = arguments.name or folder.resolve().name
    files = {file_type: arguments.out / f"{name}-{file_type}.gguf" for file_type in arguments.types}
    with staged(folder, tokenizer, arguments.chat_template) as ready:
        convert(source, ready, files, method.metadata())
    for path in files.values():
        print(f"wrote {path} ({path.stat().st_size / 1e6:,.1f} MB)", flush=True)
    if arguments.verify:
        _verify(folder, tokenizer, method, files, arguments)


def _verify(folder: Path, tokenizer: Any, method: Any, files: dict[str, Path], arguments: Any) -> None:
    from gistpool_trainer.gguf_export.verify import Reference

    reference = Reference(folder, tokenizer, method)
    wrong = []
    for file_type, path in files.items():
        found = reference.compare(path, arguments.device, arguments.threads)
        print(f"{file_type}: {found}", flush=True)
        if found.most > _MOST_DIFFERENCE[file_type]:
            wrong.append(f"{path} is off by {found.most:.2e}, more than {_MOST_DIFFERENCE[file_type]:.0e}")
    if wrong:
        raise WrongInput("\n".join(wrong))
