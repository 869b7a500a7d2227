"""Have pg_restore write a PostgreSQL dump in custom or tar format as SQL."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from regulars.core.errors import SourceError


@contextmanager
def restored(path: Path, name: str) -> Iterator[IO[bytes]]:
    """Open a dump in custom or tar format as its SQL text; no server is involved.

    Raises SourceError, with the command to convert it, if pg_restore is missing or cannot read it.
    """
    program = shutil.which("pg_restore")
    if program is None:
        raise _convert(path, f"{name} is a PostgreSQL dump in custom or tar format")
    with tempfile.TemporaryFile() as errors:
        command = [program, "--no-owner", "--file=-", str(path.resolve())]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
            assert process.stdout is not None
            try:
                yield process.stdout
            finally:
                # Reads the rest, so that pg_restore can end and say whether it could read all.
                while process.stdout.read(1 << 20):
                    pass
        if process.returncode:
            errors.seek(0)
            reason = errors.readline().decode(errors="replace").strip().rpartition("error: ")[2]
            raise _convert(path, f"{name} cannot be read by this pg_restore ({reason})")


def _convert(path: Path, problem: str) -> SourceError:
    return SourceError(
        f"{problem}. Convert it to SQL with the pg_restore of the version that made it:\n"
        f"  pg_restore -f {path.stem}.sql {path}"
    )
