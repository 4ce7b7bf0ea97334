"""Does the engine compute what PyTorch computes? The same chains through both, log-probabilities compared."""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gistpool_trainer.finetune.model import HfModel
from gistpool_trainer.masking.layout import MaskOptions
from gistpool_trainer.masking.packing import collate
from gistpool_trainer.reasoning.build import ChainBuilder, ChainOptions
from gistpool_trainer.reasoning.pieces import Chain, Role
from gistpool_trainer.reasoning.problems import WrongInput
from gistpool_trainer.reasoning.raw import RawItem

from .engine_source import REPOSITORY
from .method import Method

ENGINE = REPOSITORY / "apps" / "trainer" / "engine" / "force.mjs"
POSITIONS_A_CHAIN = 48
"""A row of log-probabilities over 150,000 tokens is 600 KB."""

_THOUGHTS = tuple(
    f"Step {number}: {number} times {number + 1} is {number * (number + 1)}, so the sum is now larger."
    for number in range(1, 9)
)
ITEMS = tuple(
    RawItem(Path("verify"), count, f"What are the first {count} products?", "", _THOUGHTS[:count], str(count))
    for count in (3, 5, 8)
)


@dataclass(frozen=True)
class Comparison:
    """Differences are between natural log-probabilities.

    negative: the largest between the engine and a PyTorch that evicts nothing.
    """

    most: float
    mean: float
    same_argmax: float
    negative: float
    positions: int
    compressions: int

    def __str__(self) -> str:
        return (
            f"max |delta logp| {self.most:.2e}, mean {self.mean:.2e}, "
            f"same first choice {self.same_argmax:.1%} of {self.positions} positions "
            f"after {self.compressions} compressions "
            f"(a model that evicts nothing: {self.negative:.2f})"
        )


class Reference:
    """PyTorch's side, computed once and held against each file type."""

    def __init__(self, folder: Path, tokenizer: Any, method: Method) -> None:
        from transformers import AutoModelForCausalLM

        level: dict[str, Any] = {}
        if method.every_tokens is not None:
            level = {"level": "token", "every_tokens": method.every_tokens}
        mode: Any = method.mode
        # A vanilla model's tokenizer may lack the gists; a chain of it has none.
        options = ChainOptions(
            mode=mode,
            gists=max(1, method.gists),
            answer_start=method.answer_token or "",
            answer_end="",
            **level,
        )
        builder = ChainBuilder(tokenizer, options, str(folder))
        self._method = method
        self._chains = [builder.build(item) for item in ITEMS]
        self._wanted = [_wanted(chain) for chain in self._chains]
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        self._rows = self._log_probabilities(model.eval(), evicting=True)
        self._negative = self._log_probabilities(model, evicting=False)

    def compare(self, gguf: Path, device: str = "cpu", threads: int = 1) -> Comparison:
        rows, compressions = self._engine(gguf, device, threads)
        # The file may hold padding tokens that the tokenizer lacks, and so may the model.
        width = min(rows.shape[1], self._rows.shape[1])
        rows, ours, negative = rows[:, :width], self._rows[:, :width], self._negative[:, :width]
        return Comparison(
            float(np.abs(rows - ours).max()),
            float(np.abs(rows - ours).mean()),
            float((rows.argmax(1) == ours.argmax(1)).mean()),
            float(np.abs(rows - negative).max()),
            len(rows),
            compressions,
        )

    @torch.inference_mode()
    def _log_probabilities(self, model: Any, *, evicting: bool) -> np.ndarray:
        rows = []
        for chain, wanted in zip(self._chains, self._wanted, strict=True):
            options = MaskOptions(lag_thoughts=self._method.lag_thoughts if evicting else len(chain))
            batch = collate([[chain]], options, 0, len(chain))
            logits = HfModel(model, "sdpa")(batch.ids, batch.positions, batch.seen, torch.tensor(wanted))
            rows.append(logits[0].double().log_softmax(-1).float().numpy())
        return np.concatenate(rows)

    def _engine(self, gguf: Path, device: str, threads: int) -> tuple[np.ndarray, int]:
        request = {
            "model": str(gguf.resolve()),
            "device": device,
            "threads": threads,
            "gists": self._method.gists,
            "sequences": [_sequence(*each) for each in zip(ITEMS, self._chains, self._wanted, strict=True)],
        }
        with tempfile.TemporaryDirectory() as folder:
            request_file, rows_file = Path(folder) / "request.json", Path(folder) / "rows.f32"
            request_file.write_text(json.dumps(request))
            try:
                ended = subprocess.run(
                    ["node", str(ENGINE), str(request_file), str(rows_file)],
                    capture_output=True,
                    text=True,
                    cwd=REPOSITORY,
                )
            except FileNotFoundError:
                raise WrongInput("node was not found: the engine that checks the file needs it") from None
            if ended.returncode != 0:
                told = "\n".join(ended.stderr.strip().splitlines()[-12:])
                raise WrongInput(f"the engine could not run {gguf}:\n{told}")
            said = json.loads(ended.stdout.strip().splitlines()[-1])
            rows = np.fromfile(rows_file, dtype="<f4").reshape(said["rows"], -1)
        expected = sum(len(wanted) for wanted in self._wanted)
        if len(rows) != expected:
            raise WrongInput(f"the engine gave {len(rows)} rows for {expected} positions of {gguf}")
        prompts = [len(chain.of(Role.PROMPT)[0].ids) for chain in self._chains]
        if said["promptTokens"] != prompts:
            raise WrongInput(
                f"the engine makes prompts of {said['promptTokens']} tokens, the trainer of {prompts}: "
                f"chat template or pre-tokenizer of {gguf} are not those of the model folder"
            )
        return rows, int(said["compressions"])


def _wanted(chain: Chain) -> list[int]:
    """Positions before a sampled token: every one after a continue, and some of the rest."""
    sampled = chain.sampled
    before = [place for place in range(len(chain) - 1) if sampled[place + 1]]
    first = [place for place in before if not sampled[place]]
    rest = [place for place in before if sampled[place]]
    every = max(1, -(-len(rest) // max(1, POSITIONS_A_CHAIN - len(first))))
    return sorted(first + rest[::every])


def _sequence(item: RawItem, chain: Chain, wanted: list[int]) -> dict[str, Any]:
    thoughts: dict[int, list[int]] = {}
    tail: list[int] = []
    for piece in chain.pieces:
        if piece.role in (Role.THOUGHT, Role.SPLITTER) and piece.thought:
            thoughts.setdefault(piece.thought, []).extend(piece.ids)
        elif piece.is_sampled:
            tail += piece.ids
    prompt = [token for piece in chain.of(Role.PROMPT) for token in piece.ids]
    return {
        "question": item.question,
        "prompt": prompt,
        "thoughts": list(thoughts.values()),
        "tail": tail,
        "positions": wanted,
    }
