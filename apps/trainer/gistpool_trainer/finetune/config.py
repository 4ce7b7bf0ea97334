"""The typed configuration of a fine-tuning run. All faults are told at once, by the field's name."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gistpool_trainer.masking.layout import MaskOptions
from gistpool_trainer.reasoning.build import ChainOptions
from gistpool_trainer.reasoning.problems import WrongInput
from gistpool_trainer.reasoning.segment import ThoughtOptions
from gistpool_trainer.settings import read_settings


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSection(_Section):
    files: list[Path] = Field(min_length=1, description="JSON lines of question, thoughts or output, answer")
    held_out: int = Field(default=0, ge=0, description="so many items are kept apart for the held-out loss")


class LoraSection(_Section):
    """Low-rank adapters on every linear layer; the new tokens' embeddings are trained besides."""

    rank: int = Field(default=32, ge=1)
    alpha: float = Field(default=64.0, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)


class TrainSection(_Section):
    """Defaults are the paper's recipe."""

    length: int = Field(default=4096, ge=16, description="tokens in a row; rows are packed")
    epochs: int = Field(default=5, ge=1)
    rows_per_step: int = Field(
        default=16, ge=1, description="rows per optimizer step, over all cards together"
    )
    rows_at_once: int = Field(default=1, ge=1, description="rows per forward pass of one card")
    lr: float = Field(default=2e-5, gt=0)
    min_lr_share: float = Field(
        default=0.0, ge=0, le=1, description="where the cosine ends, as a share of lr"
    )
    warmup_share: float = Field(default=0.05, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    clip_norm: float = Field(default=1.0, gt=0)
    recover_weight: float = Field(default=1.0, gt=0, description="weight of a recovered token in the loss")
    precision: Literal["bf16", "f32"] = "bf16"
    attention: Literal["sdpa", "flex"] = "sdpa"
    gradient_checkpointing: bool = True
    seed: int = 0
    save_every_steps: int = Field(default=100, ge=1)
    keep_checkpoints: int = Field(default=2, ge=1)
    evaluate_every_steps: int = Field(default=100, ge=1)
    tensorboard: bool = False


class FinetuneConfig(_Section):
    run: Path = Field(description="folder of checkpoints, log and curves; the same command goes on from it")
    model: str = Field(min_length=1, description="a folder made by `trainer prepare`")
    data: DataSection
    thoughts: ThoughtOptions = ThoughtOptions()
    chain: ChainOptions = ChainOptions()
    mask: MaskOptions = MaskOptions()
    train: TrainSection = TrainSection()
    lora: LoraSection | None = None

    @model_validator(mode="after")
    def _fit(self) -> "FinetuneConfig":
        if self.train.rows_per_step % self.train.rows_at_once:
            raise ValueError(
                f"train.rows_per_step ({self.train.rows_per_step}) must be a multiple of "
                f"train.rows_at_once ({self.train.rows_at_once})"
            )
        if self.chain.mode == "vanilla" and self.mask != MaskOptions():
            raise ValueError("mask options need chain.mode = lightthinker")
        return self


def read_config(path: Path) -> FinetuneConfig:
    """Relative paths in the file are meant from the file's own folder."""
    config = _from(path.parent.resolve(), read_settings(path, FinetuneConfig))
    missing = [file for file in config.data.files if not file.is_file()]
    if missing:
        raise WrongInput("\n".join(f"{path}: data.files: {file} does not exist." for file in missing))
    return config


def _from(folder: Path, config: FinetuneConfig) -> FinetuneConfig:
    # A model may be a name of the hub; it is a folder if there is one.
    model = folder / config.model
    return config.model_copy(
        update={
            "run": folder / config.run,
            "model": str(model) if model.is_dir() else config.model,
            "data": config.data.model_copy(update={"files": [folder / file for file in config.data.files]}),
        }
    )
