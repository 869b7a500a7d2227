"""Read compressed files: gzip, bzip2, xz and zstd, up to a size that is plausible for sales."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from regulars.core.errors import SourceError
from regulars.sources.table import CHUNK, scratch

_BEGINNINGS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError)

ALWAYS_ALLOWED = 1 << 30
"""A file may always unpack to this many bytes."""

MOST_TIMES = 200
"""A file may unpack to this many times its size: tables rarely exceed 50 times."""


def compression_of(path: Path) -> str | None:
    """Return how a file is compressed, detected from its first bytes; None if it is not."""
    with path.open("rb") as stream:
        head = stream.read(6)
    return next((name for start, name in _BEGINNINGS.items() if head.startswith(start)), None)


@contextmanager
def unpacked(path: Path, name: str) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, decompressed if it is compressed.

    Raises SourceError if its data are damaged or truncated, or unpack to an implausible size.
    """
    method = compression_of(path)
    with path.open("rb") as stream:
        if method is None:
            yield stream
            return
        reader = _Reader(_decompressor(method, stream), name, method, most_bytes(path))
        # Decompressors split lines in Python, BufferedReader in C.
        with io.BufferedReader(reader, CHUNK) as decompressed:
            yield decompressed


def unpack(path: Path, name: str, workdir: Path) -> Path:
    """Return a file, or its decompressed copy in workdir if it is compressed."""
    if compression_of(path) is None:
        return path
    plain = scratch(workdir, Path(path.stem).suffix)
    with unpacked(path, name) as stream, plain.open("wb") as out:
        while chunk := stream.read(CHUNK):
            out.write(chunk)
    return plain


def most_bytes(path: Path) -> int:
    """Return the most bytes that a file may unpack to."""
    return max(ALWAYS_ALLOWED, MOST_TIMES * path.stat().st_size)


def too_large(name: str, most: int) -> SourceError:
    """Return the error for a file that unpacks to more bytes than allowed."""
    return SourceError(
        f"{name} unpacks to more than {most >> 20:,} MB, which is implausible for its size. "
        "If it is a table of sales, unpack it yourself and pass the unpacked file."
    )


def _decompressor(method: str, stream: IO[bytes]) -> IO[bytes]:
    match method:
        case "gzip":
            return cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
        case "bzip2":
            return bz2.BZ2File(stream)
        case "xz":
            return lzma.LZMAFile(stream)
        case _:
            import pyarrow as pa

            # The standard library cannot read zstd before Python 3.14.
            return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(stream), "zstd"))


class _Reader(io.RawIOBase):
    """Reads from a decompressor, and raises SourceError for damaged data or too much of it."""

    def __init__(self, source: IO[bytes], name: str, method: str, most: int) -> None:
        self.source, self.name, self.method, self.most = source, name, method, most
        self.read_so_far = 0

    def readable(self) -> bool:
        """Return that this stream can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer and return how many; 0 at the end."""
        try:
            data = self.source.read(len(buffer))
        except _DAMAGED:
            raise SourceError(
                f"{self.name} is damaged or cut short: {self.method} cannot unpack all of it. "
                "Download or copy it again."
            ) from None
        self.read_so_far += len(data)
        if self.read_so_far > self.most:
            raise too_large(self.name, self.most)
        buffer[: len(data)] = data
        return len(data)
