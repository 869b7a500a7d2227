"""Run the `regulars` command."""

import os
import subprocess
import sys
from pathlib import Path


def regulars(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder and return the completed process."""
    return subprocess.run(
        [sys.executable, "-m", "regulars", *arguments],
        cwd=cwd, env=os.environ, capture_output=True, text=True, check=False,
    )  # fmt: skip


def output_lines(*arguments: str, cwd: Path) -> list[str]:
    """Return the lines a successful command prints, with single spaces between words."""
    done = regulars(*arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return [" ".join(line.split()) for line in done.stdout.splitlines()]
