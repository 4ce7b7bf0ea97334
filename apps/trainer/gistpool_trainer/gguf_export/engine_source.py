"""The converter of exactly the engine that serves: from the source that the engine's npm package carries."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from gistpool_trainer.reasoning.problems import WrongInput

REPOSITORY = Path(os.environ.get("GISTPOOL_REPOSITORY") or Path(__file__).resolve().parents[4])
_BUNDLE = Path("node_modules/node-llama-cpp/llama/gitRelease.bundle")
_WANTED = ["convert_hf_to_gguf.py", "conversion", "gguf-py"]


def cache_folder() -> Path:
    """`GISTPOOL_CACHE`, or a folder of the repository that git ignores."""
    return Path(os.environ.get("GISTPOOL_CACHE") or REPOSITORY / ".data" / "cache")


def engine_source(repository: Path = REPOSITORY) -> Path:
    """A folder with the converter and its gguf-py, checked out once per engine release."""
    bundle = repository / _BUNDLE
    if not bundle.exists():
        raise WrongInput(
            f"{bundle} does not exist: run npm ci in the repository, and name it in GISTPOOL_REPOSITORY "
            "unless the trainer was installed from it with pip install -e"
        )
    with bundle.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    folder = cache_folder() / f"engine-source-{digest}"
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="engine-source-", dir=folder.parent))
    try:
        _git("clone", "--quiet", "--no-checkout", str(bundle), str(draft))
        _git("-C", str(draft), "checkout", "--quiet", "HEAD", "--", *_WANTED)
        shutil.rmtree(draft / ".git")
        draft.rename(folder)
    except OSError:
        if not folder.exists():  # else another process was quicker
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _git(*arguments: str) -> None:
    try:
        subprocess.run(["git", *arguments], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise WrongInput("git was not found; the converter is checked out with it") from None
    except subprocess.CalledProcessError as error:
        raise WrongInput(f"git {arguments[0]} failed: {error.stderr.strip()}") from None
