"""The trainer's checks run where they can, and say why where they cannot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]
sys.path.insert(0, str(HERE))
import check

REPORT = '<testsuites><testsuite tests="7" failures="1" errors="1" skipped="2"/></testsuites>'


def test_passed_and_failed_are_counted_and_skipped_is_neither(tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(REPORT)
    assert check.counts(tmp_path / "report.xml") == (3, 2)


def test_too_little_disk_is_said_with_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GISTPOOL_TRAINER_PYTHON", raising=False)
    monkeypatch.setattr(check, "CACHE", tmp_path)
    monkeypatch.setattr(check, "NEEDED_BYTES", 2**60)
    assert check.main("test") == 0
    first = capsys.readouterr().out
    assert first.startswith("SKIP trainer: ") and "GiB are free under" in first
    # The next check does not try again.
    assert check.main("lint") == 0
    assert capsys.readouterr().out == first


def test_without_a_python_that_will_do_it_is_skipped() -> None:
    shell = "/bin/sh"
    ended = subprocess.run(
        [shell, str(HERE / "check.sh"), "test"],
        capture_output=True,
        text=True,
        env={"PATH": "/nowhere:/usr/nope"},
    )
    # dirname is looked up, too: a shell without it still ends well.
    assert ended.returncode == 0
    assert "SKIP trainer: no Python 3.11 or newer" in ended.stdout


def test_a_run_leaves_its_numbers_where_they_are_added_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test_one.py").write_text("def test_one():\n    pass\n\ndef test_two():\n    assert False\n")
    monkeypatch.setattr(check, "HERE", tmp_path)
    monkeypatch.setenv("GISTPOOL_TEST_COUNTS", str(tmp_path))
    monkeypatch.setenv("GISTPOOL_TRAINER_PYTHON", sys.executable)
    assert check.main("test") == 1
    found = json.loads((tmp_path / f"trainer-{os.getpid()}.json").read_text())
    assert found == {"project": "@gistpool/trainer", "passed": 1, "failed": 1}
