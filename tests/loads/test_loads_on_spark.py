"""Loads on Spark leave what they leave on one machine, and write again only what they touch."""

import textwrap
from collections.abc import Iterator, Sequence
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
from support.loaded_warehouse import LoadedWarehouse, balance, line, write_corrected_rows
from support.spark import Cluster
from support.stop_midway import kill, run_until_paused

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
# Takes every order out of the next version, and stops until it is killed.
STOPPED_IN_THE_MIDST = textwrap.dedent("""
    import shutil
    import sys
    from regulars.engines.locate import engine_of

    with engine_of({warehouse!r}).versions.changing() as (version, scratch):
        shutil.rmtree(version / "dim_order")
        print("here", flush=True)
        sys.stdin.read()
""")
Says = dict[str, Sequence[Any]]


@dataclass(frozen=True)
class History:
    """A warehouse that was built, loaded into, mended and taken back, and what was seen of it."""

    kept: LoadedWarehouse
    reports: list[LoadReport] = field(default_factory=list)
    said: list[Says] = field(default_factory=list)
    seen: dict[str, Any] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder of a warehouse in Spark."""
        return engine_of(self.kept.location).folder

    def build(self) -> None:
        self._did(self.kept.build(self.kept.file("first.csv", FIRST)))

    def load(self) -> None:
        """Load what is new beside what was there."""
        again = self.kept.file("again.csv", FIRST[::-1])
        self._did(self.kept.load(again, self.kept.file("second.csv", SECOND)))

    def go_on(self) -> None:
        """Mend a row, and take the load back."""
        rows = write_corrected_rows(self.kept, self.kept.folder / "rows.csv", row_5={"Price": "4"})
        self._did(self.kept.replay(rows))
        self._did(self.kept.undo(2))

    def _did(self, report: LoadReport) -> None:
        self.reports.append(report)
        self.said.append(self.kept.contents())


@pytest.fixture(scope="module")
def spark_history(spark: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    """What happened on Spark, where a load was killed first, and somebody read beside the next."""
    with pytest.MonkeyPatch.context() as patch:
        # Without the headline answers, which are two thirds of the time for few lines.
        patch.setattr(Spark, "keeps_marts", False)
        ours = History(
            LoadedWarehouse(spark.address("kept"), tmp_path_factory.mktemp("spark kept"))
        )
        ours.build()
        ours.seen["files"] = files_of(ours.folder)
        be_killed(ours)
        with ours.kept.open() as reader:
            ours.load()
            ours.seen["files later"] = files_of(ours.folder)
            ours.seen["reader"] = list(reader.rows(reader.ask("kpis")))
        ours.go_on()
        yield ours


def be_killed(ours: History) -> None:
    """Have a load that has emptied a table keep out another, and kill it."""
    code = STOPPED_IN_THE_MIDST.format(warehouse=ours.kept.location)
    load = run_until_paused(code)
    ours.seen["at work"] = names_in(ours.folder)
    with pytest.raises(WarehouseError) as refused:
        ours.load()
    kill(load)
    ours.seen["refused"] = str(refused.value)
    ours.seen["killed"] = ours.kept.contents()


@pytest.fixture(scope="module")
def duckdb_history(tmp_path_factory: pytest.TempPathFactory) -> History:
    """The same on one machine."""
    folder = tmp_path_factory.mktemp("duckdb kept")
    ours = History(LoadedWarehouse(str(folder / "shop.duckdb"), folder))
    ours.build()
    ours.load()
    ours.go_on()
    return ours


def names_in(folder: Path) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in folder.iterdir())


def files_of(folder: Path) -> dict[str, int]:
    """Return the files of the version that holds, by their names in it, and their inodes."""
    version = folder / (folder / "current").read_text().strip()
    found = version.rglob("*.parquet")
    return {str(path.relative_to(version)): path.stat().st_ino for path in found}


def test_builds_loads_mended_rows_and_undos_leave_what_they_leave_on_one_machine(
    spark_history, duckdb_history
):
    assert len(spark_history.said) == 4
    assert spark_history.said == duckdb_history.said
    assert [report.orders for report in spark_history.reports] == [
        OrderChanges(),
        OrderChanges(new=1, changed=1, unchanged=1),
        OrderChanges(changed=1),
        OrderChanges(changed=1, removed=1),
    ]


def test_the_ledger_adds_up(spark_history, duckdb_history):
    assert balance(spark_history.kept) == {(0, 0)}
    ours, theirs = (
        sorted(map(repr, history.kept.rows("ledger_entries")))
        for history in (spark_history, duckdb_history)
    )
    assert ours == theirs


def test_what_a_build_brought_is_known_when_it_comes_again(spark_history):
    assert spark_history.reports[1].same == {"again.csv": "first.csv (load 1)"}


def test_months_that_nothing_touches_keep_their_files(spark_history):
    before, now = spark_history.seen["files"], spark_history.seen["files later"]
    for table in BY_MONTH:
        january = [name for name in before if name.startswith(f"{table}/in_month=2024-01/")]
        february = [name for name in before if name.startswith(f"{table}/in_month=2024-02/")]
        assert january
        assert february
        assert {name: now[name] for name in january} == {name: before[name] for name in january}
        assert not set(february) & set(now)


def test_a_load_that_is_killed_leaves_the_warehouse_as_it_was(spark_history):
    assert spark_history.seen["at work"] == ["current", "scratch", "version", "version"]
    assert spark_history.seen["killed"] == spark_history.said[0]


def test_a_second_load_at_once_is_told_of_the_first(spark_history):
    assert "Another build, load or sync of " in spark_history.seen["refused"]
    assert "is at work" in spark_history.seen["refused"]


def test_who_reads_meanwhile_keeps_the_state_they_opened(spark_history):
    [kpis] = spark_history.seen["reader"]
    assert (kpis["orders"], kpis["net_sales"]) == (3, Decimal("7.50"))


def test_nothing_is_left_of_loads_that_are_over(spark_history):
    assert names_in(spark_history.folder) == ["current", "version"]


def test_many_small_files_become_one(spark_history):
    folder, reasons = (
        spark_history.folder,
        {"load_id": "int32", "reason": "string", "rows": "int64"},
    )
    with engine_of(spark_history.kept.location).changing(memory_limit="1GB") as store:
        before = store.fetch(store.table("load_reasons"))
        for number in range(MAX_SMALL_FILES + 1):
            store.append("load_reasons", reasons, [(9, f"reason {number}", number)])
        rows = store.fetch(store.table("load_reasons"))
    told = [{"load_id": 9, "reason": f"reason {n}", "rows": n} for n in range(MAX_SMALL_FILES + 1)]
    assert sorted(map(repr, rows)) == sorted(map(repr, [*before, *told]))
    assert len([name for name in files_of(folder) if name.startswith("load_reasons/")]) <= 2


def test_a_value_in_another_column_is_another_content(spark):
    columns = {"category": "string", "subcategory": "string"}
    folder = spark.folder / "contents"
    folder.mkdir()
    shop = SparkWorkspace(connect(session_at(spark.url)), folder, folder)

    def fingerprint(*rows: tuple[str | None, str | None]) -> str:
        return shop.fingerprint(shop.rows_as_table("content", columns, rows))

    assert fingerprint(("tea", None)) != fingerprint((None, "tea"))
    assert fingerprint(("tea", None), ("x", "y")) == fingerprint(("x", "y"), ("tea", None))
    assert fingerprint(("tea", None)) != fingerprint(("tea", None), ("tea", None))
