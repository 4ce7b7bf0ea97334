"""Checkpoints that are whole or not there: written beside, moved into place, old ones removed after."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NAME = re.compile(r"step-(\d{8})$")


class Checkpoints:
    """Folders `step-00000120` in one folder. Only the main process may call anything but `latest`."""

    def __init__(self, folder: Path, keep: int) -> None:
        self._folder = folder
        self._keep = keep

    def latest(self) -> tuple[int, Path] | None:
        found = self._all()
        return found[-1] if found else None

    def draft(self, step: int) -> Path:
        """Where to write the next one; a half-written one of a killed run is swept away."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob("*.tmp"):
            shutil.rmtree(left)
        draft = self._folder / f"step-{step:08d}.tmp"
        draft.mkdir()
        return draft

    def publish(self, draft: Path, sync: Callable[[Path], None]) -> Path:
        """`sync` flushes a folder to the disk: a power cut must not leave a whole name over half a file."""
        sync(draft)
        final = draft.with_suffix("")
        if final.exists():
            shutil.rmtree(final)
        draft.rename(final)
        for _, old in self._all()[: -self._keep]:
            shutil.rmtree(old)
        return final

    def _all(self) -> list[tuple[int, Path]]:
        found = []
        for path in self._folder.glob("step-*"):
            match = _NAME.search(path.name)
            if match:
                found.append((int(match[1]), path))
        return sorted(found)


def keep_trained(models: list[Any], states: list[dict[str, Any]], folder: str) -> None:
    """A hook of accelerate's save_state: of a model with adapters only what is trained goes to the disk."""
    del folder
    for model, state in zip(models, states, strict=False):
        # Tied weights have two names, both of which may be in the state.
        named = model.named_parameters(remove_duplicate=False)
        frozen = {name for name, parameter in named if not parameter.requires_grad}
        for name in [name for name in state if name.removeprefix("module.") in frozen]:
            del state[name]


def sync_folder(folder: Path) -> None:
    import os

    for path in [*folder.rglob("*"), folder]:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
