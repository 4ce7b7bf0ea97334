"""Conversion in a process of its own: the engine's converter brings its own gguf package along.

Run as `python -m gistpool_trainer.gguf_export.convert SOURCE MODEL METADATA TYPE OUT ...`; METADATA is JSON.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from gistpool_trainer.reasoning.problems import WrongInput

FILE_TYPES = {"f32": "ALL_F32", "f16": "MOSTLY_F16", "bf16": "MOSTLY_BF16", "q8_0": "MOSTLY_Q8_0"}

# Pre-tokenizers by what tells them apart in tokenizer.json.
_SPLITS = {
    r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+": "qwen2",
    r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+": "llama-bpe",
}


def convert(source: Path, model: Path, outs: dict[str, Path], metadata: dict[str, Any]) -> None:
    """Writes a file for each type, all whole or none. metadata: what goes under `gistpool.`

    source: the engine's source, see engine_source.
    """
    drafts = {file_type: out.with_name(out.name + ".tmp") for file_type, out in outs.items()}
    command = [sys.executable, "-m", "gistpool_trainer.gguf_export.convert", str(source), str(model)]
    command.append(json.dumps(metadata))
    for file_type, draft in drafts.items():
        command += [file_type, str(draft)]
    ended = subprocess.run(command, capture_output=True, text=True)
    if ended.returncode != 0:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)
        told = "\n".join(ended.stderr.strip().splitlines()[-8:])
        raise WrongInput(f"the converter refused {model}:\n{told}")
    for file_type, draft in drafts.items():
        draft.replace(outs[file_type])


def pre_tokenizer_of(model: Path) -> str | None:
    """llama.cpp's name of the pre-tokenizer, from its regular expression; None if it is none of ours."""
    steps = json.loads((model / "tokenizer.json").read_text())["pre_tokenizer"]
    for step in steps.get("pretokenizers", [steps]):
        regex = step.get("pattern", {}).get("Regex", "")
        for split, name in _SPLITS.items():
            if regex.endswith(split):
                return name
    return None


def _run(source: Path, model: Path, metadata: dict[str, Any], outs: dict[str, Path]) -> None:
    sys.path.insert(0, str(source))
    import conversion  # type: ignore[import-not-found]
    import gguf
    import torch

    parameters = conversion.ModelBase.load_hparams(model, False)
    architecture = conversion.get_model_architecture(parameters, conversion.ModelType.TEXT)
    converter = conversion.get_model_class(architecture)

    class WithMethod(converter):  # type: ignore[misc, valid-type]
        """The engine's own converter, and the keys under `gistpool.` besides."""

        model_arch = converter.model_arch

        def set_gguf_parameters(self) -> None:
            super().set_gguf_parameters()
            for key, value in metadata.items():
                self._add(f"gistpool.{key}", value)

        def get_vocab_base_pre(self, tokenizer: Any) -> str:
            try:
                known: str = super().get_vocab_base_pre(tokenizer)
                return known
            except NotImplementedError:
                # It knows vocabularies by hash. Another one may still cut text as a known one does.
                name = pre_tokenizer_of(model)
                if name is None:
                    raise
                return name

        def _add(self, key: str, value: Any) -> None:
            if isinstance(value, str):
                self.gguf_writer.add_string(key, value)
            elif isinstance(value, list):
                self.gguf_writer.add_array(key, value)
            else:
                self.gguf_writer.add_uint32(key, value)

    with torch.inference_mode():
        for file_type, out in outs.items():
            WithMethod(model, getattr(gguf.LlamaFileType, FILE_TYPES[file_type]), out).write()


if __name__ == "__main__":
    _source, _model, _metadata, *_pairs = sys.argv[1:]
    _outs = {file_type: Path(out) for file_type, out in zip(_pairs[::2], _pairs[1::2], strict=True)}
    _run(Path(_source), Path(_model), json.loads(_metadata), _outs)
