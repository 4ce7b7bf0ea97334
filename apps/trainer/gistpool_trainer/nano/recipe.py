"""What reproduces the bundled models from nothing: one TOML file, checked whole before anything runs."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gistpool_trainer.settings import read_settings

from .config import Architecture
from .families import FAMILIES
from .render import Method
from .stream import Form


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Weights(_Strict):
    """How often each family is drawn, from this pool of the stream on."""

    from_pool: Annotated[int, Field(ge=0)]
    families: dict[str, Annotated[float, Field(ge=0)]]

    @field_validator("families")
    @classmethod
    def _known(cls, families: dict[str, float]) -> dict[str, float]:
        unknown = sorted(set(families) - set(FAMILIES))
        if unknown:
            raise ValueError(f"unknown families {unknown}; known are {sorted(FAMILIES)}")
        return families


class Rate(_Strict):
    from_step: Annotated[int, Field(ge=0)]
    rate: Annotated[float, Field(gt=0)]


class Training(_Strict):
    steps: Positive
    # From its step on each rate holds, up to the warm-up and the decay.
    learning_rates: Annotated[list[Rate], Field(min_length=1)] = [Rate(from_step=0, rate=3e-3)]
    batch_tokens: Positive = 2048
    warmup_steps: Annotated[int, Field(ge=0)] = 200
    # The last share of the steps, in which the learning rate falls to zero.
    decay_share: Share = 0.0
    # Steps until items have their full size.
    level_steps: Positive = 1
    # What a token of the prompt counts in the loss of the first steps; one that the model samples counts 1.
    prompt_weight: Share = 0.0
    prompt_steps: Annotated[int, Field(ge=0)] = 0
    # Begin with heads that copy (see seeding.py).
    seeded: bool = False
    weights: Annotated[list[Weights], Field(min_length=1)]

    @field_validator("learning_rates")
    @classmethod
    def _from_the_first_step(cls, rates: list[Rate]) -> list[Rate]:
        if rates[0].from_step != 0:
            raise ValueError("the first entry must hold from_step = 0")
        return sorted(rates, key=lambda entry: entry.from_step)

    @field_validator("weights")
    @classmethod
    def _from_the_start(cls, weights: list[Weights]) -> list[Weights]:
        if weights[0].from_pool != 0:
            raise ValueError("the first entry must hold from_pool = 0")
        return sorted(weights, key=lambda entry: entry.from_pool)

    def prompt_weight_at(self, step: int) -> float:
        return self.prompt_weight if step < self.prompt_steps else 0.0

    def learning_rate_at(self, step: int) -> float:
        """Rises over the warm-up, stays, and falls linearly to zero over the last share of the steps."""
        rate = next(entry.rate for entry in reversed(self.learning_rates) if entry.from_step <= step)
        if step < self.warmup_steps:
            return rate * (step + 1) / self.warmup_steps
        decay_from = self.steps * (1 - self.decay_share)
        if step <= decay_from:
            return rate
        return rate * max(0.0, (self.steps - step) / (self.steps - decay_from))

    def weights_at(self, pool: int) -> dict[str, float]:
        return next(entry for entry in reversed(self.weights) if entry.from_pool <= pool).families


class Twins(Training):
    """Every combination of the two lists is a model of its own, from the same trunk, over the same items."""

    architectures: list[Architecture]
    forms: list[Method]


class Recipe(_Strict):
    seed: int = 1
    vocabulary: Positive
    # Fingerprints of questions that no model may be trained on, one a line.
    left_out: Path | None = None
    trunk: Training
    twins: Twins


class Stage(_Strict):
    """One run of the training loop."""

    name: str
    form: Form
    architecture: Architecture
    training: Training
    start_from: str | None = None
    # The seeded stream of items; equal for all twins.
    stream: str


def stages(recipe: Recipe) -> list[Stage]:
    trunk = Stage(name="trunk", form="all", architecture="llama", training=recipe.trunk, stream="trunk")
    return [trunk] + [
        Stage(
            name=f"{architecture}-{form}",
            form=form,
            architecture=architecture,
            training=recipe.twins,
            start_from=trunk.name,
            stream="twins",
        )
        for architecture in recipe.twins.architectures
        for form in recipe.twins.forms
    ]


def read_recipe(path: Path) -> Recipe:
    """Raises WrongInput with a line for each fault."""
    recipe = read_settings(path, Recipe)
    if recipe.left_out is None:
        return recipe
    return recipe.model_copy(update={"left_out": path.parent / recipe.left_out})
