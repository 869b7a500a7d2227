"""Read compressed files: gzip, bzip2, xz and zstd, up to a size that is plausible for sales."""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from regulars.core.errors import SourceError
from regulars.sources.table import CHUNK, scratch


def _open_zstd(stream: IO[bytes]) -> IO[bytes]:
    import pyarrow as pa

    # The standard library cannot read zstd before Python 3.14.
    return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(stream), "zstd"))


@dataclass(frozen=True)
class Compression:
    """A way to compress a file: how its files begin and are named, and how to read one."""

    name: str
    first_bytes: bytes
    suffix: str
    decompress: Callable[[IO[bytes]], IO[bytes]]


_COMPRESSIONS = (
    Compression(
        "gzip", b"\x1f\x8b", ".gz",
        lambda stream: cast("IO[bytes]", gzip.GzipFile(fileobj=stream)),
    ),
    Compression("bzip2", b"BZh", ".bz2", bz2.BZ2File),
    Compression("xz", b"\xfd7zXZ\0", ".xz", lzma.LZMAFile),
    Compression("zstd", b"\x28\xb5\x2f\xfd", ".zst", _open_zstd),
)  # fmt: skip
COMPRESSED_SUFFIXES = tuple(one.suffix for one in _COMPRESSIONS)

_DAMAGED = (EOFError, OSError, zlib.error, lzma.LZMAError)

ALWAYS_ALLOWED = 1 << 30
"""A file may always unpack to this many bytes."""

MOST_TIMES = 200
"""A file may unpack to this many times its size: tables rarely exceed 50 times."""


def compression_of(path: Path) -> Compression | None:
    """Return how a file is compressed, detected from its first bytes; None if it is not."""
    with path.open("rb") as stream:
        head = stream.read(6)
    return next((one for one in _COMPRESSIONS if head.startswith(one.first_bytes)), None)


@contextmanager
def unpacked(path: Path, name: str) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes, decompressed if it is compressed.

    Raises SourceError if its data are damaged or truncated, or unpack to an implausible size.
    """
    compression = compression_of(path)
    with path.open("rb") as stream:
        if compression is None:
            yield stream
            return
        source = compression.decompress(stream)
        reader = _Reader(source, name, compression.name, most_bytes(path))
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
