"""Loads on Spark give the same warehouse as on DuckDB, and rewrite only the files they affect."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import WarehouseError
from regulars.engines.locate import engine_of
from regulars.engines.spark.compiler import connect
from regulars.engines.spark.engine import Spark
from regulars.engines.spark.session import session_at
from regulars.engines.spark.store import MAX_SMALL_FILES
from regulars.engines.spark.workspace import SparkWorkspace
from regulars.loads.report import LoadReport, OrderChanges
from support.loaded_warehouse import Contents, LoadedWarehouse, balance, line, write_corrected_rows
from support.paused_process import kill, run_until_paused
from support.spark import Cluster

JANUARY, FEBRUARY, MARCH = "2024-01-10", "2024-02-10", "2024-03-10"
BY_MONTH = ("order_lines", "fact_sales", "dim_order")
FIRST = [
    line("1", day=JANUARY),
    line("2", day=FEBRUARY, customer="Bob"),
    line("3", "mug", day=FEBRUARY, customer="Cid"),
    line("3", "tea", day=FEBRUARY, customer="Cid", price="ask"),
]
SECOND = [
    line("1", day=JANUARY),
    line("2", day=FEBRUARY, customer="Bob", quantity="5"),
    line("4", "hat", day=MARCH, customer="Dan"),
]
# Removes all orders from the next version, and waits until it is killed.
PAUSED_LOAD = textwrap.dedent("""
    import shutil
    import sys
    from regulars.engines.locate import engine_of

    with engine_of({warehouse!r}).versions.next_version() as (version, scratch):
        shutil.rmtree(version / "dim_order")
        print("here", flush=True)
        sys.stdin.read()
""")


@dataclass(frozen=True)
class History:
    """A warehouse after a build, a load, a replay and an undo.

    contents  the contents of the warehouse after each of them but the build
    seen      other observations, by name
    """

    shop: LoadedWarehouse
    reports: list[LoadReport] = field(default_factory=list)
    contents: list[Contents] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder of the warehouse."""
        engine = engine_of(self.shop.location)
        assert isinstance(engine, Spark)
        return engine.folder

    def build(self) -> None:
        self.reports.append(self.shop.build(self.shop.file("first.csv", FIRST)))

    def load(self) -> None:
        """Load a file with known content, and one with new content."""
        again = self.shop.file("again.csv", FIRST[::-1])
        self._record(self.shop.load(again, self.shop.file("second.csv", SECOND)))

    def replay_and_undo(self) -> None:
        rows = write_corrected_rows(self.shop, self.shop.folder / "rows.csv", row_5={"Price": "4"})
        self._record(self.shop.replay(rows))
        self._record(self.shop.undo(2))

    def _record(self, report: LoadReport) -> None:
        self.reports.append(report)
        self.contents.append(self.shop.contents())


@pytest.fixture(scope="module")
def spark_history(spark: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """The history on Spark: with a load that is killed, and a reader open during the next load."""
    with pytest.MonkeyPatch.context() as patch:
        # For few lines, the marts take two thirds of the time.
        patch.setattr(Spark, "stores_marts", False)
        folder = tmp_path_factory.mktemp("spark")
        ours = History(LoadedWarehouse(spark.address("loads"), folder))
        ours.build()
        ours.seen["files"] = files_of(ours.folder)
        kill_a_load(ours)
        with ours.shop.open() as reader:
            ours.load()
            ours.seen["files later"] = files_of(ours.folder)
            ours.seen["reader"] = list(reader.rows(reader.ask("kpis")))
        ours.replay_and_undo()
        yield ours


def kill_a_load(ours: History) -> None:
    """Try to load while another load has emptied a table, then kill the other one."""
    code = PAUSED_LOAD.format(warehouse=ours.shop.location)
    load = run_until_paused(code)
    ours.seen["files while loading"] = names_in(ours.folder)
    with pytest.raises(WarehouseError) as refused:
        ours.load()
    kill(load)
    ours.seen["refused"] = str(refused.value)
    ours.seen["files after the kill"] = files_of(ours.folder)


@pytest.fixture(scope="module")
def duckdb_history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The same history on DuckDB."""
    folder = tmp_path_factory.mktemp("duckdb")
    ours = History(LoadedWarehouse(str(folder / "shop.duckdb"), folder))
    ours.build()
    ours.load()
    ours.replay_and_undo()
    return ours


def names_in(folder: Path) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in folder.iterdir())


def files_of(folder: Path) -> dict[str, int]:
    """Return the Parquet files of the current version, and their inodes."""
    version = folder / (folder / "current").read_text().strip()
    files = version.rglob("*.parquet")
    return {str(path.relative_to(version)): path.stat().st_ino for path in files}


def test_the_warehouse_is_the_same_as_on_duckdb(
    spark_history: History, duckdb_history: History
) -> None:
    assert len(spark_history.contents) == 3
    assert spark_history.contents == duckdb_history.contents
    assert [report.orders for report in spark_history.reports] == [
        OrderChanges(),
        OrderChanges(new=1, changed=1, unchanged=1),
        OrderChanges(changed=1),
        OrderChanges(changed=1, removed=1),
    ]


def test_the_ledger_adds_up(spark_history: History, duckdb_history: History) -> None:
    assert balance(spark_history.shop) == {(0, 0)}
    ours, theirs = (
        sorted(map(repr, history.shop.rows("ledger_entries")))
        for history in (spark_history, duckdb_history)
    )
    assert ours == theirs


def test_a_file_with_known_content_is_a_duplicate(spark_history: History) -> None:
    assert spark_history.reports[1].duplicates == {"again.csv": "first.csv (load 1)"}


def test_unaffected_months_keep_their_files(spark_history: History) -> None:
    before, now = spark_history.seen["files"], spark_history.seen["files later"]
    for table in BY_MONTH:
        january = [name for name in before if name.startswith(f"{table}/in_month=2024-01/")]
        february = [name for name in before if name.startswith(f"{table}/in_month=2024-02/")]
        assert january
        assert february
        assert {name: now[name] for name in january} == {name: before[name] for name in january}
        assert not set(february) & set(now)


def test_a_killed_load_leaves_the_warehouse_unchanged(spark_history: History) -> None:
    assert spark_history.seen["files while loading"] == ["current", "scratch", "version", "version"]
    assert spark_history.seen["files after the kill"] == spark_history.seen["files"]


def test_a_second_load_at_the_same_time_is_refused(spark_history: History) -> None:
    assert "Another build, load or sync of " in spark_history.seen["refused"]
    assert "is running" in spark_history.seen["refused"]


def test_an_open_reader_sees_the_state_it_opened(spark_history: History) -> None:
    [kpis] = spark_history.seen["reader"]
    assert (kpis["orders"], kpis["net_sales"]) == (3, Decimal("7.50"))


def test_finished_loads_leave_no_files_behind(spark_history: History) -> None:
    assert names_in(spark_history.folder) == ["current", "version"]


def test_many_small_files_are_merged(spark_history: History) -> None:
    folder, reasons = (
        spark_history.folder,
        {"load_id": "int32", "reason": "string", "rows": "int64"},
    )
    with engine_of(spark_history.shop.location).open_store(memory_limit="1GB") as store:
        before = store.fetch(store.table("load_reasons"))
        for number in range(MAX_SMALL_FILES + 1):
            store.insert_rows("load_reasons", reasons, [(9, f"reason {number}", number)])
        rows = store.fetch(store.table("load_reasons"))
    added = [{"load_id": 9, "reason": f"reason {n}", "rows": n} for n in range(MAX_SMALL_FILES + 1)]
    assert sorted(map(repr, rows)) == sorted(map(repr, [*before, *added]))
    assert len([name for name in files_of(folder) if name.startswith("load_reasons/")]) <= 2


def test_the_fingerprint_depends_on_the_column_of_a_value(spark: Cluster) -> None:
    columns = {"category": "string", "subcategory": "string"}
    folder = spark.folder / "contents"
    folder.mkdir()
    workspace = SparkWorkspace(connect(session_at(spark.url)), folder, folder)

    def fingerprint(*rows: tuple[str | None, str | None]) -> str:
        return workspace.fingerprint(workspace.rows_as_table("content", columns, rows))

    assert fingerprint(("tea", None)) != fingerprint((None, "tea"))
    assert fingerprint(("tea", None), ("x", "y")) == fingerprint(("x", "y"), ("tea", None))
    assert fingerprint(("tea", None)) != fingerprint(("tea", None), ("tea", None))
