"""Regulars as somebody at a terminal uses it."""

import os
import subprocess
import sys
from pathlib import Path


def regulars(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, and return what became of it."""
    return subprocess.run(
        [sys.executable, "-m", "regulars", *arguments],
        cwd=cwd, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip


def output_lines(*arguments: str, cwd: Path) -> list[str]:
    """Return what a command that succeeds prints, each line with single blanks."""
    done = regulars(*arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]
