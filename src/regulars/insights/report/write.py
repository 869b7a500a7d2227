"""Write the report to a file."""

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from regulars.core.errors import RegularsError
from regulars.warehouse.warehouse import Warehouse


def write_report(
    warehouse: Warehouse, path: Path, *, progress: Callable[[str], None] = lambda _: None
) -> Path:
    """Write the report of a warehouse to an HTML file and return its path.

    The file is written completely or not at all. When opened, it loads nothing and runs nothing.

    Raises RegularsError if the extra is not installed or the file cannot be written.
    """
    check_extra("report")
    if not path.parent.is_dir():
        raise RegularsError(f"Cannot write the report to {path}: there is no folder {path.parent}.")
    from regulars.insights.report.render import render_report

    html = render_report(warehouse, progress)
    progress(f"Writing {path}")
    try:
        _write_atomically(html, path)
    except OSError as error:
        raise RegularsError(f"Cannot write the report to {path}: {error.strerror}.") from None
    return path


def check_extra(what: str) -> None:
    """Raise RegularsError if a package that a report or a digest needs is not installed."""
    try:
        import altair  # noqa: F401
        import jinja2  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise RegularsError(
            f'The {what} needs {error.name}, which is not installed: pip install "regulars[report]"'
        ) from None


def _write_atomically(text: str, path: Path) -> None:
    """Write a temporary file next to the path and rename it, with the usual permissions."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
