"""Fixed bugs, each with the smallest case that reproduces it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import openpyxl
import pytest

import regulars as rg

HEADING = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price\n"


def rows(first: int, count: int, date: str = "2011-01-01") -> str:
    return "".join(f"{n},{date},ann,tea,1,2.00\n" for n in range(first, first + count))


def mixed_dates(first: int) -> str:
    """Return a file whose last rows have another date format than its sample."""
    return HEADING + rows(first, 10_000) + rows(first + 10_000, 10, "2011-01-01 10:00")


def test_no_source_is_lost_or_misnumbered_when_others_are_read_twice(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(HEADING + rows(1, 10))
    (tmp_path / "2.csv").write_text(mixed_dates(100_000))
    (tmp_path / "3.csv").write_text(mixed_dates(200_000) + "x,never,ann,tea,1,2.00\n")
    report = rg.build(
        *(tmp_path / f"{n}.csv" for n in (1, 2, 3)), warehouse=tmp_path / "shop.duckdb"
    )
    assert report.total("accepted")[0] == 10 + 10_010 + 10_010
    [bad] = report.examples
    assert (bad["source"], bad["source_row"]) == ("3.csv", 10_012)
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        sales = shop.table("fact_sales")
        spans = sales.group_by("source_id").aggregate(
            first=sales.source_row.min(), last=sales.source_row.max()
        )
        result = sorted(tuple(row.values()) for row in shop.rows(spans))
    assert result == [(1, 2, 11), (2, 2, 10_011), (3, 2, 10_011)]


def test_build_discards_the_log_of_a_killed_session(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 10))
    warehouse = tmp_path / "shop.duckdb"
    rg.build(tmp_path / "sales.csv", warehouse=warehouse)
    killed_session = (
        "import duckdb, os, signal\n"
        f"con = duckdb.connect({str(warehouse)!r})\n"
        "con.execute('DELETE FROM fact_sales WHERE source_row < 4')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", killed_session], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert warehouse.with_name("shop.duckdb.wal").exists()
    rg.build(tmp_path / "sales.csv", warehouse=warehouse)
    with rg.open_warehouse(warehouse) as shop:
        [row] = shop.answers("kpis")
    assert row["orders"] == 10


WRITE_NOTE = """
import duckdb, os, signal, sys
con = duckdb.connect({warehouse!r})
con.execute("CREATE SCHEMA mine; CREATE TABLE mine.notes AS SELECT 'written' AS note")
print("written", flush=True)
{then}
"""


def test_load_preserves_what_a_killed_session_committed(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 10))
    (tmp_path / "more.csv").write_text(HEADING + rows(100, 5))
    warehouse = tmp_path / "shop.duckdb"
    rg.build(tmp_path / "sales.csv", warehouse=warehouse)
    killed_session = WRITE_NOTE.format(
        warehouse=str(warehouse), then="os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", killed_session], check=False, stdout=subprocess.DEVNULL)
    assert warehouse.with_name("shop.duckdb.wal").exists()
    rg.load(tmp_path / "more.csv", warehouse=warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as con:
        assert con.sql("SELECT note FROM mine.notes").fetchall() == [("written",)]
        assert con.sql("SELECT count(*) FROM fact_sales").fetchone() == (15,)


def test_load_refuses_a_warehouse_that_another_session_writes_to(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 10))
    (tmp_path / "more.csv").write_text(HEADING + rows(100, 5))
    warehouse = tmp_path / "shop.duckdb"
    rg.build(tmp_path / "sales.csv", warehouse=warehouse)
    session = WRITE_NOTE.format(warehouse=str(warehouse), then="sys.stdin.read()")
    with subprocess.Popen(
        [sys.executable, "-c", session], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout
        writer.stdout.readline()
        with pytest.raises(rg.RegularsError, match="lock"):
            rg.load(tmp_path / "more.csv", warehouse=warehouse)
        writer.communicate()
    with duckdb.connect(str(warehouse), read_only=True) as con:
        assert con.sql("SELECT note FROM mine.notes").fetchall() == [("written",)]


def test_build_never_replaces_a_file_that_is_not_a_warehouse(tmp_path: Path) -> None:
    sales, notes = tmp_path / "sales.csv", tmp_path / "notes.txt"
    sales.write_text(HEADING + rows(1, 10))
    notes.write_text("precious")
    with pytest.raises(rg.RegularsError, match="one of the sources"):
        rg.build(sales, warehouse=sales)
    with pytest.raises(rg.RegularsError, match="not a warehouse"):
        rg.build(sales, warehouse=notes)
    assert notes.read_text() == "precious"
    assert sales.read_text() == HEADING + rows(1, 10)


def test_output_never_replaces_a_warehouse(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 10))
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    for command in (("report",), ("show", "kpis", "--format", "csv")):
        result = subprocess.run(
            [sys.executable, "-m", "regulars", *command, "-w", "shop.duckdb", "-o", "shop.duckdb"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (result.returncode, "is a warehouse" in result.stderr) == (2, True)
    duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True).close()


def test_the_second_of_two_builds_at_once_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 200_000))
    builds = [
        subprocess.Popen(
            [sys.executable, "-m", "regulars", "build", "sales.csv"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    errors = [build.communicate(timeout=120)[1] for build in builds]
    codes = sorted(build.returncode for build in builds)
    assert codes in ([0, 5], [0, 0])  # one may finish before the other starts
    failed = [error for error, b in zip(errors, builds, strict=True) if b.returncode]
    assert all("is running" in error for error in failed)
    assert {path.name for path in tmp_path.iterdir()} == {"sales.csv", "regulars.duckdb"}


def test_a_file_name_is_not_read_as_markup_or_a_pattern(tmp_path: Path) -> None:
    (tmp_path / "[bold]x[").mkdir()
    (tmp_path / "[draft] a].csv").write_text(HEADING + rows(1, 3))
    result = subprocess.run(
        [sys.executable, "-m", "regulars", "build", "[draft] a].csv"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "[draft] a].csv: 3 rows" in result.stdout


def test_a_sheet_with_one_wrong_column_is_not_skipped(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    names = HEADING.strip().split(",")
    for title, heading in (("2010", names), ("2011", [*names[:2], "Shopper", *names[3:]])):
        sheet = book.create_sheet(title)
        sheet.append(heading)
        sheet.append(["1", "2011-01-01", "ann", "tea", 1, 2])
    book.create_sheet("Notes").append(["Ask Ann", "about tea"])
    del book["Sheet"]
    book.save(tmp_path / "book.xlsx")
    with pytest.raises(rg.RegularsError, match="2011 has no column for the customer"):
        rg.check(tmp_path / "book.xlsx")


def test_recency_counts_from_the_last_line_of_an_order(tmp_path: Path) -> None:
    lines = "1,2011-01-01,ann,tea,1,2\n1,2011-12-01,ann,tea,1,2\n2,2011-12-01,bob,tea,1,2\n"
    (tmp_path / "sales.csv").write_text(HEADING + lines)
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        assert [row["recency"] for row in shop.answers("rfm")] == [1, 1]


def test_a_discount_on_a_boundary_is_in_the_lower_band(tmp_path: Path) -> None:
    lines = "1,2011-01-01,ann,tea,3,0.855,0.15\n2,2011-01-01,ann,tea,1,1.2355,0.05\n"
    (tmp_path / "sales.csv").write_text(HEADING.strip() + ",Discount\n" + lines)
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        bands = [row["band"] for row in shop.answers("discount_bands")]
    assert bands == ["over 0% to 5%", "over 10% to 15%"]


def test_no_cohort_share_exceeds_one_under_a_filter(tmp_path: Path) -> None:
    lines = (
        "1,2011-01-05,ann,tea,1,2\n2,2011-01-05,bob,cup,1,2\n3,2011-01-06,eve,cup,1,2\n"
        "4,2011-02-05,ann,tea,1,2\n5,2011-02-05,bob,tea,1,2\n6,2011-02-05,eve,tea,1,2\n"
    )
    (tmp_path / "sales.csv").write_text(HEADING + lines)
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        cells = list(shop.answers("cohorts", where={"product_id": "TEA"}))
    january = {row["months_since"]: row["share"] for row in cells if row["cohort"].month == 1}
    assert january == {0: pytest.approx(1 / 3), 1: 1.0}


def test_named_products_of_one_category_stay_separate(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(
        "Order ID,Order Date,Customer ID,Product,Category,Sub Category,Quantity,Unit Price\n"
        "1,2011-01-01,ann,Red Mug,Kitchen,Mugs,1,100\n2,2011-01-01,ann,Blue Mug,Kitchen,Mugs,2,5\n"
    )
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        sold = {r["product_name"]: r["net_sales"] for r in shop.answers("sales_by", by="product")}
    assert sold == {"Red Mug": 100, "Blue Mug": 10}


def test_the_short_time_zone_offset_of_postgresql_is_read(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + "1,2011-12-01 08:26:00+00,ann,tea,1,2\n")
    assert rg.check(tmp_path / "sales.csv").total("accepted")[0] == 1


def test_a_non_breaking_space_is_trimmed(tmp_path: Path) -> None:
    lines = "1,2011-01-01,ann,tea,1,2\n2,2011-01-01,ann\u00a0,tea,1,2\n"
    (tmp_path / "sales.csv").write_text(HEADING + lines, "utf-8")
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        [row] = shop.answers("kpis")
    assert row["customers"] == 1


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('[kinds]\nkind = "fee"', r"\[\[kinds\]\]"),
        ("[[kinds]]\nkind = 'fee'\nbecause = 'x'\nproduct_id = []", "list of strings"),
        ("[file]\nencoding = 5", "must be a string"),
        ("[file]\nheader = 'no'", "true or false"),
        ("[orders]\nfill = 'customer_id'", "must be a list"),
        ("[formats]\ntimezone = 'Europe/Londn'", "Europe/London"),
        ("orders = 'replace'", r"\[orders\]"),
    ],
)
def test_an_invalid_profile_is_refused_with_an_explanation(
    toml: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(toml)
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 3))
    with pytest.raises(rg.RegularsError, match=message):
        rg.check(tmp_path / "sales.csv", profile=os.fspath(tmp_path / "mine.toml"))


def test_a_weekday_filter_takes_a_name(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + "1,2011-01-01,ann,tea,1,2\n")  # a Saturday
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        [row] = shop.answers("kpis", where={"weekday": "Saturday"})
    assert row["orders"] == 1


def test_the_report_lists_orders_with_several_customers(tmp_path: Path) -> None:
    lines = "1,2011-01-01,ann,tea,1,2\n1,2011-01-01,bob,tea,1,2\n2,2011-01-01,ann,tea,1,2\n"
    (tmp_path / "sales.csv").write_text(HEADING + lines)
    report = rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    assert report.shared == ["1"]
