"""Mistakes that were made once, each held by the smallest case that shows it."""

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


def restaged(first: int) -> str:
    """A file whose sample is plain and whose last rows are written in another way."""
    return HEADING + rows(first, 10_000) + rows(first + 10_000, 10, "2011-01-01 10:00")


def test_no_source_is_lost_or_misnumbered_when_others_are_read_again(tmp_path: Path) -> None:
    (tmp_path / "1.csv").write_text(HEADING + rows(1, 10))
    (tmp_path / "2.csv").write_text(restaged(100_000))
    (tmp_path / "3.csv").write_text(restaged(200_000) + "x,never,ann,tea,1,2.00\n")
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
        found = sorted(tuple(row.values()) for row in shop.rows(spans))
    assert found == [(1, 2, 11), (2, 2, 10_011), (3, 2, 10_011)]


def test_a_log_left_by_a_killed_session_never_reaches_the_new_warehouse(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 10))
    warehouse = tmp_path / "shop.duckdb"
    rg.build(tmp_path / "sales.csv", warehouse=warehouse)
    meddle = (
        "import duckdb, os, signal\n"
        f"con = duckdb.connect({str(warehouse)!r})\n"
        "con.execute('DELETE FROM fact_sales WHERE source_row < 4')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", meddle], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert warehouse.with_name("shop.duckdb.wal").exists()
    rg.build(tmp_path / "sales.csv", warehouse=warehouse)
    with rg.open_warehouse(warehouse) as shop:
        [row] = shop.rows(shop.ask("kpis"))
    assert row["orders"] == 10


NOTED = """
import duckdb, os, signal, sys
con = duckdb.connect({warehouse!r})
con.execute("CREATE SCHEMA mine; CREATE TABLE mine.notes AS SELECT 'kept' AS note")
print("written", flush=True)
{then}
"""


def test_a_load_keeps_what_somebodys_killed_session_had_written(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 10))
    (tmp_path / "more.csv").write_text(HEADING + rows(100, 5))
    warehouse = tmp_path / "shop.duckdb"
    rg.build(tmp_path / "sales.csv", warehouse=warehouse)
    killing = NOTED.format(warehouse=str(warehouse), then="os.kill(os.getpid(), signal.SIGKILL)")
    subprocess.run([sys.executable, "-c", killing], check=False, stdout=subprocess.DEVNULL)
    assert warehouse.with_name("shop.duckdb.wal").exists()
    rg.load(tmp_path / "more.csv", warehouse=warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as con:
        assert con.sql("SELECT note FROM mine.notes").fetchall() == [("kept",)]
        assert con.sql("SELECT count(*) FROM fact_sales").fetchone() == (15,)


def test_a_load_waits_for_nobody_who_writes_to_the_file_but_says_so(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 10))
    (tmp_path / "more.csv").write_text(HEADING + rows(100, 5))
    warehouse = tmp_path / "shop.duckdb"
    rg.build(tmp_path / "sales.csv", warehouse=warehouse)
    writing = NOTED.format(warehouse=str(warehouse), then="sys.stdin.read()")
    with subprocess.Popen(
        [sys.executable, "-c", writing], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as somebody:
        assert somebody.stdout
        somebody.stdout.readline()
        with pytest.raises(rg.RegularsError, match="lock"):
            rg.load(tmp_path / "more.csv", warehouse=warehouse)
        somebody.communicate()
    with duckdb.connect(str(warehouse), read_only=True) as con:
        assert con.sql("SELECT note FROM mine.notes").fetchall() == [("kept",)]


def test_a_build_never_replaces_a_file_that_is_no_warehouse(tmp_path: Path) -> None:
    sales, notes = tmp_path / "sales.csv", tmp_path / "notes.txt"
    sales.write_text(HEADING + rows(1, 10))
    notes.write_text("precious")
    with pytest.raises(rg.RegularsError, match="one of the sources"):
        rg.build(sales, warehouse=sales)
    with pytest.raises(rg.RegularsError, match="left alone"):
        rg.build(sales, warehouse=notes)
    assert notes.read_text() == "precious"
    assert sales.read_text() == HEADING + rows(1, 10)


def test_an_answer_never_replaces_a_warehouse(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 10))
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    for asked in (("report",), ("show", "kpis", "--format", "csv")):
        told = subprocess.run(
            [sys.executable, "-m", "regulars", *asked, "-w", "shop.duckdb", "-o", "shop.duckdb"],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (told.returncode, "is a warehouse" in told.stderr) == (2, True)
    duckdb.connect(str(tmp_path / "shop.duckdb"), read_only=True).close()


def test_of_two_builds_at_once_one_is_done_and_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 200_000))
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "regulars", "build", "sales.csv"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    told = [build.communicate(timeout=120)[1] for build in both]
    codes = sorted(build.returncode for build in both)
    assert codes in ([0, 5], [0, 0])  # one may have ended before the other began
    assert all("at work" in words for words, b in zip(told, both, strict=True) if b.returncode)
    assert {path.name for path in tmp_path.iterdir()} == {"sales.csv", "regulars.duckdb"}


def test_a_file_name_is_only_a_name(tmp_path: Path) -> None:
    (tmp_path / "[bold]x[").mkdir()
    (tmp_path / "[draft] a].csv").write_text(HEADING + rows(1, 3))
    told = subprocess.run(
        [sys.executable, "-m", "regulars", "build", "[draft] a].csv"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert "[draft] a].csv: 3 rows" in told.stdout


def test_a_sheet_with_one_column_amiss_is_not_passed_over(tmp_path: Path) -> None:
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
        assert [row["recency"] for row in shop.rows(shop.ask("rfm"))] == [1, 1]


def test_a_discount_on_the_edge_belongs_to_the_lower_band(tmp_path: Path) -> None:
    lines = "1,2011-01-01,ann,tea,3,0.855,0.15\n2,2011-01-01,ann,tea,1,1.2355,0.05\n"
    (tmp_path / "sales.csv").write_text(HEADING.strip() + ",Discount\n" + lines)
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        bands = [row["band"] for row in shop.rows(shop.ask("discount_bands"))]
    assert bands == ["0-5 %", "10-15 %"]


def test_no_share_of_a_cohort_exceeds_one_under_a_filter(tmp_path: Path) -> None:
    lines = (
        "1,2011-01-05,ann,tea,1,2\n2,2011-01-05,bob,cup,1,2\n3,2011-01-06,eve,cup,1,2\n"
        "4,2011-02-05,ann,tea,1,2\n5,2011-02-05,bob,tea,1,2\n6,2011-02-05,eve,tea,1,2\n"
    )
    (tmp_path / "sales.csv").write_text(HEADING + lines)
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        cells = list(shop.rows(shop.ask("cohorts", where={"product_id": "TEA"})))
    january = {row["months_since"]: row["share"] for row in cells if row["cohort"].month == 1}
    assert january == {0: pytest.approx(1 / 3), 1: 1.0}


def test_products_of_one_category_stay_apart_where_they_have_names(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(
        "Order ID,Order Date,Customer ID,Product,Category,Sub Category,Quantity,Unit Price\n"
        "1,2011-01-01,ann,Red Mug,Kitchen,Mugs,1,100\n2,2011-01-01,ann,Blue Mug,Kitchen,Mugs,2,5\n"
    )
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        sold = {
            r["product_name"]: r["net_sales"] for r in shop.rows(shop.ask("sales_by", by="product"))
        }
    assert sold == {"Red Mug": 100, "Blue Mug": 10}


def test_a_time_with_the_short_offset_that_postgresql_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + "1,2011-12-01 08:26:00+00,ann,tea,1,2\n")
    assert rg.check(tmp_path / "sales.csv").total("accepted")[0] == 1


def test_a_blank_that_never_breaks_is_trimmed(tmp_path: Path) -> None:
    lines = "1,2011-01-01,ann,tea,1,2\n2,2011-01-01,ann\u00a0,tea,1,2\n"
    (tmp_path / "sales.csv").write_text(HEADING + lines, "utf-8")
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        [row] = shop.rows(shop.ask("kpis"))
    assert row["customers"] == 1


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ('[kinds]\nkind = "fee"', r"\[\[kinds\]\]"),
        ("[[kinds]]\nkind = 'fee'\nbecause = 'x'\nproduct_id = []", "list of texts"),
        ("[file]\nencoding = 5", "must be text"),
        ("[file]\nheader = 'no'", "true or false"),
        ("[orders]\nfill = 'customer_id'", "must be a list"),
        ("[formats]\ntimezone = 'Europe/Londn'", "Europe/London"),
        ("orders = 'replace'", r"\[orders\]"),
    ],
)
def test_a_profile_that_is_not_well_formed_is_refused_in_words(
    toml: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.toml").write_text(toml)
    (tmp_path / "sales.csv").write_text(HEADING + rows(1, 3))
    with pytest.raises(rg.RegularsError, match=words):
        rg.check(tmp_path / "sales.csv", profile=os.fspath(tmp_path / "mine.toml"))


def test_a_weekday_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "sales.csv").write_text(HEADING + "1,2011-01-01,ann,tea,1,2\n")  # a Saturday
    rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    with rg.open_warehouse(tmp_path / "shop.duckdb") as shop:
        [row] = shop.rows(shop.ask("kpis", where={"weekday": "Saturday"}))
    assert row["orders"] == 1


def test_orders_that_name_several_customers_are_told(tmp_path: Path) -> None:
    lines = "1,2011-01-01,ann,tea,1,2\n1,2011-01-01,bob,tea,1,2\n2,2011-01-01,ann,tea,1,2\n"
    (tmp_path / "sales.csv").write_text(HEADING + lines)
    report = rg.build(tmp_path / "sales.csv", warehouse=tmp_path / "shop.duckdb")
    assert report.shared == ["1"]
