"""A TOML file of settings, read once and checked whole: all faults are told together."""

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gistpool_trainer.reasoning.problems import WrongInput

Settings = TypeVar("Settings", bound=BaseModel)


def read_settings(path: Path, kind: type[Settings]) -> Settings:
    """Raises WrongInput with a line for each fault."""
    try:
        fields = tomllib.loads(path.read_text())
    except OSError as error:
        raise WrongInput(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongInput(f"{path}: not TOML ({error}).") from None
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise WrongInput("\n".join(f"{path}: {_fault(detail)}" for detail in error.errors())) from None


def _fault(detail: Any) -> str:
    place = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        return f"{place}: no such setting."
    said = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    given = (
        f" (given: {detail['input']!r})"
        if detail["type"] != "missing" and place and not isinstance(detail["input"], dict)
        else ""
    )
    return f"{place}: {said}{given}." if place else f"{said}."
