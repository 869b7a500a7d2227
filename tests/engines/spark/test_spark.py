"""A warehouse in Spark: the same tables from every file format, and never half-written."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import time as clock
from functools import partial
from pathlib import Path
from typing import Any

import ibis
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
import pytest
from ibis.expr.types import Value

import regulars as rg
from regulars.core.errors import WarehouseError
from regulars.core.schema import MARTS
from regulars.engines.locate import engine_of
from regulars.engines.protocols import Workspace
from regulars.engines.read_checked import read_checked
from regulars.engines.spark.engine import Spark
from regulars.engines.spark.session import session_at
from regulars.loads.forget import forget
from regulars.sources.profiles.file_options import FileOptions
from regulars.sources.table import RawTable
from support.small_shop import SHOP
from support.spark import Cluster
from support.warehouses import (
    STAR,
    BuiltWarehouse,
    build_and_open,
    profile_from,
    request_for,
    to_csv,
)

HEADING = "Order ID,Order Date,Customer ID,Product ID,Product Name,Quantity,Unit Price,Country"
FAULTY = f'''{HEADING}
A1,2025-03-01 10:00,1,CUP,Cup,2,3.50,Germany
A2,2025-03-02 10:00,2,CUP,"Cup, large,1,3.50,Germany
A3,2025-03-03 10:00,3,CUP,Cup,1
A4,not a day,3,CUP,Cup,1,3.50,Germany
A5,2025-03-05 10:00,1,MUG,"Mug, ""blue""",1,4.25,Germany
'''
OLD = f"{HEADING}\nB1,2025-03-06 10:00,4,CUP,Café crème,1,2.00,Österreich\n"
AGAIN = f"{HEADING}\nA1,2025-03-01 10:00,1,CUP,Cup,3,3.50,Germany\n"
COLUMNS = HEADING.split(",")
BUILT = ("1 faulty.csv", "3 again.tsv", "8_many_groups.parquet", "9 unlike parts")
"""What is built. The raw rows of all files are compared; from there, one path leads to the star."""

Both = tuple[BuiltWarehouse, BuiltWarehouse]
Row = tuple[tuple[str, Any], ...]
NAMING = dict(zip(COLUMNS, AGAIN.splitlines()[1].split(","), strict=True)) | {
    "E-Mail": "a@x.example"
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Sales in every file format, with faults in some files."""
    folder = tmp_path_factory.mktemp("every format")
    (folder / "1 faulty.csv").write_text(FAULTY, "utf-8")
    (folder / "2 old.csv").write_bytes(OLD.encode("cp1252"))
    (folder / "2 without rows.csv").write_text(f"{HEADING}\n", "utf-8")
    (folder / "3 again.tsv").write_text(AGAIN.replace(",", "\t"), "utf-8")
    book = openpyxl.Workbook()
    book.active.append(COLUMNS)
    book.active.append(["C1", datetime(2025, 3, 7, 9, 30), 5, "CUP", "Cup", 1, 3.5, "France"])
    book.save(folder / "4 book.xlsx")
    write_parquet(folder / "5 nanoseconds.parquet", "D1", pa.timestamp("ns"))
    write_parquet(folder / "6 zone.parquet", "D2", pa.timestamp("us", tz="UTC"))
    write_parquet(folder / "7_as_spark.parquet", "D3", pa.timestamp("us"), int96=True)
    write_parquet(folder / "8_plain.parquet", "D4", pa.timestamp("ms"))
    write_unknown_types(folder / "8 unknown types.parquet", "D5")
    write_many_groups(folder / "8_many_groups.parquet")
    dump = "COPY public.sales (invoice_no, stock_code, description, quantity, invoice_date, "
    dump += "unit_price, customer_id, country) FROM stdin;\n"
    dump += "E1\tMUG\tMug\t2\t2025-03-08 10:00:00\t4.25\t6\tFrance\n\\.\n"
    (folder / "9 dump.sql").write_text(f"-- PostgreSQL database dump\n{dump}", "utf-8")
    for name, units in (("9 parts", ("us", "us", "us")), ("9 unlike parts", ("ns", "us", "ms"))):
        (folder / name).mkdir()
        for number, (unit, rows) in enumerate(zip(units, (3, 0, 2), strict=True)):
            path = folder / name / f"part-{number:05}-made.parquet"
            write_parquet(path, f"{name[2:]} {number}", pa.timestamp(unit), rows=rows)
    return sorted(str(path) for path in folder.iterdir())


def write_parquet(
    path: Path, order: str, type_: pa.DataType, *, rows: int = 2, int96: bool = False
) -> None:
    at = datetime(2025, 3, 9, 23, 30, tzinfo=UTC if type_.tz else None)
    cells = [[order] * 3, [at, None, at], [7, None, 8], ["CUP"] * 3, ["Cup"] * 3, [1, 1, 2]]
    columns = [pa.array(cell) for cell in (*cells, [3.5, 2.0, 1.25], ["Spain"] * 3)]
    columns[1] = columns[1].cast(type_)
    table = pa.table(columns, COLUMNS).slice(0, rows)
    pq.write_table(table, path, use_deprecated_int96_timestamps=int96)


def write_unknown_types(path: Path, order: str) -> None:
    """Write columns of types that Spark lacks, and timestamps that it reads only in part."""
    write_parquet(path, order, pa.timestamp("ns"))
    table = pq.read_table(path)
    table = table.append_column("at_clock", pa.array([clock(9, 30)] * 2))
    table = table.append_column("tags", pa.array([["a"], None]))
    pq.write_table(table.append_column("big", pa.array([1, 2], pa.uint64())), path)


def write_many_groups(path: Path) -> None:
    """Write a file that Spark reads in several tasks, with a column named like one of its own."""
    number = range(10_000)
    at = [datetime(2025, 3, 1, 8, 0)] * len(number)
    cells = [[f"G{n}" for n in number], at, [n % 90 for n in number], ["CUP"] * len(number),
             ["Cup"] * len(number), [1 + n % 7 for n in number], [3.5] * len(number),
             ["Italy"] * len(number), [random.randbytes(60).hex() for _ in number]]  # fmt: skip
    table = pa.table(cells, [*COLUMNS, "row_index"])
    pq.write_table(table, path, row_group_size=1_000)
    assert path.stat().st_size > 500_000


@pytest.fixture(scope="module")
def without_marts() -> Iterator[None]:
    """Build without marts, which take two thirds of the time on few lines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spark, "stores_marts", False)
        yield


@pytest.fixture(scope="module")
def both(
    files: list[str], spark: Cluster, without_marts: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Both]:
    """Some of the files built in Spark and in DuckDB."""
    built = [path for path in files if Path(path).name in BUILT]
    duckdb = build_and_open(tmp_path_factory.mktemp("duckdb") / "shop.duckdb", built)
    ours = build_and_open(spark.address("every format"), built)
    yield ours, duckdb
    ours.warehouse.close()
    duckdb.warehouse.close()


def rows_of(shop: BuiltWarehouse, name: str) -> list[Row]:
    rows = (dict(row) for row in shop.warehouse.rows(shop.warehouse.table(name)))
    return sorted((tuple(row.items()) for row in rows), key=repr)


def test_every_file_format_has_the_same_rows_as_in_duckdb(
    files: list[str], both: Both, spark: Cluster, tmp_path: Path
) -> None:
    ours, duckdb = (
        raw_rows(location, files) for location in (spark.address("raw"), str(tmp_path / "a.duckdb"))
    )
    assert len(ours) == len(files)
    assert ours == duckdb


def raw_rows(location: str, files: list[str]) -> dict[str, Any]:
    """Return what is read of each source: how many rows, the rows, and the rejected ones."""
    with engine_of(location).open_workspace(memory_limit="1GB") as workspace:
        sources = workspace.open_sources(files, file=FileOptions(), chosen=None)
        read = [read_checked(raw, partial(contents, workspace)) for raw in sources]
        return {raw.name: (raw.columns, raw.rows, rows) for raw, rows in read}


def contents(workspace: Workspace, raw: RawTable) -> tuple[tuple[list[str], list[str]], int]:
    rows = raw.table.mutate(source_row=numbers_of(raw))
    known = {
        # Clients differ in how they return a time with a zone.
        name: rows[name].epoch_seconds().cast("int64")
        if rows[name].type().is_timestamp()
        else rows[name]
        for name in sorted(rows.columns)
        if name not in ("at_clock", "tags", "big")
    }
    rejected = [] if raw.rejected is None else workspace.fetch(raw.rejected)
    found = workspace.fetch(rows.select(**known))
    return (sorted(map(repr, found)), sorted(map(repr, rejected))), len(found) + len(rejected)


def numbers_of(raw: RawTable) -> Value:
    if raw.has_row_numbers:
        return raw.table.source_row.cast("int64")
    return (ibis.row_number() + raw.first_row).cast("int64")


@pytest.mark.parametrize("name", [*STAR, "superseded_lines", "load_sources", "ledger_entries"])
def test_files_built_in_spark_give_the_same_tables_as_in_duckdb(both: Both, name: str) -> None:
    ours, duckdb = (rows_of(shop, name) for shop in both)
    assert [plain(row) for row in ours] == [plain(row) for row in duckdb]
    assert ours


def plain(row: Row) -> dict[str, Any]:
    """Return a row without the fingerprint of its source, which differs between engines."""
    return {name: value for name, value in row if name != "fingerprint"}


def test_the_same_rows_are_quarantined_for_the_same_reasons(both: Both) -> None:
    ours, duckdb = (rows_of(shop, "quarantine") for shop in both)
    assert [parse_original(row) for row in ours] == [parse_original(row) for row in duckdb]
    # 3 of the faulty file, and 2 dates of the folder.
    assert len(ours) == 5


def parse_original(row: Row) -> dict[str, Any]:
    """Return a quarantined row with its JSON parsed: engines may differ in its whitespace."""
    cells = dict(row)
    return cells | {"original": parse_json(cells["original"])}


def parse_json(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text


def test_a_failed_build_gives_the_reason_in_one_line_and_leaves_no_files(
    both: Both, spark: Cluster
) -> None:
    engine = engine_of(spark.address("fails"))
    assert isinstance(engine, Spark)
    with pytest.raises(WarehouseError, match="UNRESOLVED_COLUMN") as error:
        query_a_missing_column(engine)
    assert "\n" not in str(error.value)
    assert not engine.folder.exists()


def query_a_missing_column(engine: Spark) -> None:
    with engine.open_workspace(memory_limit="1GB") as shop:
        shop.con._session.sql("SELECT nothing FROM (SELECT 1 AS something)").collect()


def test_a_second_spark_master_is_refused(both: Both, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match=r"already uses Spark at spark://127"):
        session_at("local[1]")


def test_our_settings_do_not_change_other_sessions(both: Both, spark: Cluster) -> None:
    theirs = pyspark.sql.SparkSession(pyspark.SparkContext.getOrCreate())
    theirs.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    ours = session_at(spark.url)
    assert ours.conf.get("spark.sql.legacy.parquet.nanosAsLong") == "true"
    assert ours.conf.get("spark.sql.session.timeZone") == "UTC"
    assert theirs.conf.get("spark.sql.legacy.parquet.nanosAsLong") == "false"
    assert theirs.conf.get("spark.sql.session.timeZone") == "Europe/Berlin"


def test_loads_in_spark_can_be_listed(both: Both) -> None:
    [ours], [duckdb] = (shop.warehouse.loads() for shop in both)
    assert (ours["sources"], ours["read"]) == (duckdb["sources"], duckdb["read"])


def test_spark_refuses_personal_data(
    both: Both, spark: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", "a key of the tests that is long enough")
    profile = profile_from(tmp_path, '[people]\nemail = "E-Mail"')
    (tmp_path / "a.csv").write_text(to_csv([NAMING]))
    with pytest.raises(WarehouseError, match="A warehouse in Spark cannot hold personal data"):
        build_and_open(spark.address("people"), [tmp_path / "a.csv"], profile=profile)


def test_forget_is_refused_in_spark(both: Both, spark: Cluster) -> None:
    with pytest.raises(WarehouseError, match=r"cannot be erased permanently\. Remove the data"):
        forget("1", request_for([]), engine_of(spark.address("every format")))


@dataclass(frozen=True)
class LocalBuild:
    """What a process did that built the small shop and was interrupted while building it again.

    version is the version of the first build, the others are those of the interrupted process.
    """

    file: Path
    version: str
    returncode: int
    output: str
    errors: str


BUILD_TWICE = """
import sys
from regulars.cli.main import main
main(sys.argv[1:])
main(sys.argv[1:])
"""
"""Two commands in one process, because a process takes half a minute to start Spark."""


@pytest.fixture(scope="module")
def built_locally(spark: Cluster, tmp_path_factory: pytest.TempPathFactory) -> LocalBuild:
    """The small shop, built on the command line with Spark on this machine only."""
    file = tmp_path_factory.mktemp("built locally") / "shop.csv"
    file.write_text(SHOP, "utf-8")
    folder = spark.folder / "built locally"
    build = subprocess.Popen(
        command(["-c", BUILD_TWICE], file, folder), cwd=file.parent, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_until(lambda: (folder / "current").exists() or build.poll() is not None)
    first = set(folder.glob("scratch-*/stg_*"))
    wait_until(lambda: set(folder.glob("scratch-*/stg_*")) - first or build.poll() is not None)
    version = (folder / "current").read_text() if build.poll() is None else ""
    build.send_signal(signal.SIGINT)
    output, errors = build.communicate(timeout=300)
    assert version, errors
    return LocalBuild(file, version, build.returncode, output, errors)


def command(python: list[str], file: Path, folder: Path) -> list[str]:
    location = f"local[2]?folder={folder}"
    return [sys.executable, *python, "build", str(file), "-w", location]


def test_a_cluster_reads_what_one_machine_built(
    built_locally: LocalBuild, spark: Cluster, shop: BuiltWarehouse
) -> None:
    with rg.open_warehouse(spark.address("built locally")) as warehouse:
        for name in ("kpis", "segments", "monthly_sales"):
            assert list(warehouse.rows(warehouse.ask(name))) == shop.ask(name)
    assert [path.name for path in built_locally.file.parent.iterdir()] == ["shop.csv"]


def test_ctrl_c_ends_a_build_with_one_line(built_locally: LocalBuild, spark: Cluster) -> None:
    assert built_locally.returncode == 130, built_locally.errors
    assert built_locally.errors.endswith("Interrupted. An interrupted build changes nothing.\n")
    assert "Traceback" not in built_locally.errors
    assert "Java" not in built_locally.errors + built_locally.output
    assert built_locally.output.count("Warehouse: ") == 1  # of the first build
    assert (spark.folder / "built locally" / "current").read_text() == built_locally.version


@pytest.mark.parametrize("mart", MARTS)
def test_marts_contain_the_answers_of_their_analyses(
    built_locally: LocalBuild, spark: Cluster, shop: BuiltWarehouse, mart: str
) -> None:
    with rg.open_warehouse(spark.address("built locally")) as warehouse:
        rows = list(warehouse.rows(warehouse.table(mart)))
    assert sorted(rows, key=repr) == sorted(shop.ask(MARTS[mart]), key=repr)


# test_loads_on_spark.py kills a load, and test_versions.py has what a killed build leaves.
@pytest.mark.thorough
def test_a_killed_build_leaves_the_warehouse_unchanged(
    built_locally: LocalBuild, spark: Cluster
) -> None:
    location, folder = spark.address("built locally"), spark.folder / "built locally"
    before = (folder / "current").read_text()
    build = subprocess.Popen(
        command(["-m", "regulars"], built_locally.file, folder),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: list(folder.glob("scratch-*/stg_*")))
    time.sleep(random.random() * 5)
    build.send_signal(signal.SIGKILL)
    build.wait()
    with rg.open_warehouse(location) as warehouse:
        assert next(warehouse.rows(warehouse.ask("kpis")))["orders"] == 17
    with pytest.raises(ZeroDivisionError), engine_of(location).open_workspace(memory_limit="1GB"):
        _ = 1 / 0
    assert sorted(path.name for path in folder.iterdir()) == ["current", before.strip()]


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 300
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)
