"""Input files: the real lines of Online Retail II, repeated for as many copies as needed.

A copy is the same shop with other orders and customers: invoice and customer numbers are shifted,
and the letters C and A stay in front. The files are the same every time.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHEETS = [
    str(ROOT / "src/regulars/demo/data/online_retail_II" / name)
    for name in ("year_2009_2010.parquet", "year_2010_2011.parquet")
]
INVOICE_STEP = 1_000_000
CUSTOMER_STEP = 10_000


def csv_of(copies: int, folder: Path) -> tuple[Path, int]:
    """Return the CSV file with this many copies, written if missing, and its number of lines.

    Another process writes the file. Counting its lines also loads it into the disk cache.
    """
    path = folder / "shop.csv"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, __file__, str(copies), str(path)], check=True)
    with path.open("rb") as stream:
        chunks = iter(lambda: stream.read(1 << 20), b"")
        return path, sum(chunk.count(b"\n") for chunk in chunks) - 1


def parts_of(copies: int, folder: Path) -> Path:
    """Return the folder with this many copies, one Parquet file each, written if missing."""
    if not folder.exists():
        unfinished = folder.with_suffix(".unfinished")
        unfinished.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, __file__, str(copies), str(unfinished)], check=True)
        unfinished.rename(folder)
    return folder


def write_parts(copies: int, folder: Path) -> None:
    """Write each copy as a Parquet file."""
    import duckdb

    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        for number in range(copies):
            target = folder / f"part-{number:05}.parquet"
            con.execute(f"COPY ({_lines(number)}) TO '{target}' (FORMAT parquet)")


def write(copies: int, path: Path) -> None:
    """Write all copies as one CSV file."""
    import duckdb

    unfinished = path.with_suffix(".unfinished")
    lines = " UNION ALL ".join(_lines(number) for number in range(copies))
    with duckdb.connect() as con:
        con.execute("SET enable_progress_bar = false")
        con.execute(f"COPY ({lines}) TO '{unfinished}' (FORMAT csv, HEADER)")
    unfinished.rename(path)


def _lines(number: int) -> str:
    return f"""
        SELECT
            regexp_extract(Invoice, '^[A-Z]?')
                || CAST(regexp_extract(Invoice, '[0-9]+$') AS INTEGER) + {number * INVOICE_STEP}
                AS Invoice,
            StockCode, Description, Quantity,
            CAST(InvoiceDate AS TIMESTAMP) AS InvoiceDate,
            Price, "Customer ID" + {number * CUSTOMER_STEP} AS "Customer ID", Country
        FROM read_parquet({SHEETS})
    """


if __name__ == "__main__":
    copies, target = int(sys.argv[1]), Path(sys.argv[2])
    (write_parts if target.is_dir() else write)(copies, target)
