"""Lint, typecheck or test the trainer in an environment of its own, which is made on first use.

`python check.py {lint,typecheck,test}`; needs nothing but Python. Where the environment cannot be had, it
says `SKIP trainer: <reason>` and ends well. GISTPOOL_TRAINER_PYTHON names a Python that has all packages.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
LOCK = HERE / "requirements.lock"
CACHE = Path(os.environ.get("GISTPOOL_CACHE") or HERE.parent.parent / ".data" / "cache")

INSTALL_LIMIT_S = 360.0
TEST_LIMIT_S = 1200.0
"""They take two or three minutes; a machine busy with other things may need many times that."""
NEEDED_BYTES = 9 * 2**30
"""PyTorch for Linux brings CUDA along: 5 GiB installed, and as much again while it is unpacked."""
REFUSED_FOR_S = 900.0
"""So long one failed install speaks for the checks that follow it."""

CHECKS = {
    "lint": ["-m", "ruff", "check", "."],
    "typecheck": ["-m", "mypy"],
    "test": ["-m", "pytest", "-q", "-p", "no:cacheprovider"],
}


class Skipped(Exception):  # noqa: N818 - no error: the checks are left out, and it is said why
    pass


def main(check: str) -> int:
    try:
        python = environment()
    except Skipped as skipped:
        print(f"SKIP trainer: {skipped}", flush=True)
        return 0
    if check != "test":
        return subprocess.run([python, *CHECKS[check]], cwd=HERE, env=settings()).returncode
    return run_tests(python)


def settings() -> dict[str, str]:
    """With compiled files beside the environment: the tests start dozens of Pythons, and PyTorch alone has
    ten seconds' worth to compile."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(CACHE / "trainer-pycache")}


def environment() -> str:
    """The Python to check with. Checks that start together wait for the first one's install."""
    named = os.environ.get("GISTPOOL_TRAINER_PYTHON")
    if named:
        return named
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]
    folder = CACHE / f"trainer-python{sys.version_info.major}.{sys.version_info.minor}-{lock}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with locked(folder.with_name(folder.name + ".lock")):
        python = folder / "bin" / "python"
        refusal = folder.with_name(folder.name + ".refused")
        if (folder / "ready").exists():
            return str(python)
        if refusal.exists() and time.time() - refusal.stat().st_mtime < REFUSED_FOR_S:
            raise Skipped(refusal.read_text())
        try:
            install(folder, python)
        except Skipped as skipped:
            shutil.rmtree(folder, ignore_errors=True)
            refusal.write_text(str(skipped))
            raise
        (folder / "ready").touch()
        refusal.unlink(missing_ok=True)
    return str(python)


def install(folder: Path, python: Path) -> None:
    free = shutil.disk_usage(CACHE).free
    if free < NEEDED_BYTES:
        raise Skipped(
            f"{free / 2**30:.1f} GiB are free under {CACHE}, PyTorch needs {NEEDED_BYTES / 2**30:.0f}; "
            "GISTPOOL_CACHE may name another folder"
        )
    print(f"installing PyTorch and the rest into {folder}, a minute or two the first time", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--no-input", "--no-compile"]
    try:
        ended = subprocess.run(
            [*pip, "-r", str(LOCK)], capture_output=True, text=True, timeout=INSTALL_LIMIT_S
        )
    except subprocess.TimeoutExpired:
        raise Skipped(f"PyTorch was not installed within {INSTALL_LIMIT_S / 60:.0f} minutes") from None
    if ended.returncode != 0:
        said = [line for line in ended.stderr.splitlines() if line.strip()] or ["pip failed"]
        raise Skipped(f"pip could not install it ({said[-1].strip()})")


def run_tests(python: str) -> int:
    """Leaves the numbers where `gistpool test` adds them up."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [python, *CHECKS["test"], f"--junitxml={report}"]
        code = by_lines(command, {**settings(), "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"})
        passed, failed = counts(report) if report.exists() else (0, 1)
    if code != 0:
        failed = max(1, failed)
    counted = os.environ.get("GISTPOOL_TEST_COUNTS")
    if counted:
        line = json.dumps({"project": "@gistpool/trainer", "passed": passed, "failed": failed})
        (Path(counted) / f"trainer-{os.getpid()}.json").write_text(line)
    return code


def by_lines(command: list[str], environment: dict[str, str]) -> int:
    """Runs it within the limit and passes on whole lines: pytest flushes every dot, Nx labels every flush."""
    process = subprocess.Popen(command, cwd=HERE, env=environment, stdout=subprocess.PIPE, text=True)
    limit = Timer(TEST_LIMIT_S, process.kill)
    limit.start()
    assert process.stdout is not None
    for line in process.stdout:
        print(line, end="", flush=True)
    code = process.wait()
    if not limit.is_alive():
        print(f"the trainer's tests took longer than {TEST_LIMIT_S / 60:.0f} minutes", flush=True)
    limit.cancel()
    return code


def counts(report: Path) -> tuple[int, int]:
    """(passed, failed) of pytest's JUnit file; what was skipped is neither."""
    passed = failed = 0
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        of = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
        failed += of["failures"] + of["errors"]
        passed += of["tests"] - of["failures"] - of["errors"] - of["skipped"]
    return passed, failed


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in CHECKS:
        sys.exit(f"usage: {sys.argv[0]} {{{','.join(CHECKS)}}}")
    sys.exit(main(sys.argv[1]))
