"""Regulars reproduces figures published for Online Retail II, to the last printed digit.

The conventions "lgs" match those figures: no deduplication, sales over all lines. The results are
the same from Parquet and from a PostgreSQL dump.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from support.postgres import Postgres
from support.warehouses import SAMPLE_FILES, BuiltWarehouse, build_and_open

MONTHS = {
    # month: invoices, cancelled, net sales, growth in percent, active, new, existing
    date(2009, 12, 1): (2_330, 401, "799847.11", None, 1_045, 1_045, 0),
    date(2010, 1, 1): (1_633, 300, "624032.892", -21.980978, 786, 394, 392),
    date(2010, 11, 1): (3_669, 576, "1422654.642", 36.117272, 1_683, 322, 1_361),
    date(2010, 12, 1): (2_025, 326, "1126445.47", -20.820877, 948, 77, 871),
    date(2011, 11, 1): (3_462, 441, "1461756.25", 36.522824, 1_711, 192, 1_519),
}

SEGMENTS = {
    # segment: customers, mean recency, mean frequency, mean monetary. Three figures are
    # misprinted in the publication: 89.3061, 1155.4276 and 1283.1114. The sums behind them are
    # 102,434 days over 1,147 customers, 823,819.651 over 713, and 345,157.67 over 269.
    "Champions": (852, "30.2500", "19.2148", "10795.5206"),
    "Loyal Customers": (1_147, "89.3060", "9.8030", "4199.7286"),
    "Potential Loyalists": (713, "47.2973", "2.5891", "1155.4273"),
    "New Customers": (56, "32.3036", "1.0000", "356.2579"),
    "Promising": (110, "60.2818", "1.0000", "324.4970"),
    "Need Attention": (269, "135.2416", "3.1561", "1283.1140"),
    "About to Sleep": (388, "128.6186", "1.3608", "531.9699"),
    "At Risk": (750, "394.9427", "3.9040", "1383.5963"),
    "Can't Lose": (71, "352.8028", "15.9296", "8355.6776"),
    "Hibernating": (1_522, "481.0125", "1.2523", "437.9631"),
}

NOTHING = (0, Decimal(0))
"""No rows, and no money."""


@pytest.fixture(scope="module")
def dumped(
    tmp_path_factory: pytest.TempPathFactory, postgres: Postgres
) -> Iterator[BuiltWarehouse]:
    """A warehouse built from a pg_dump of the same lines in PostgreSQL.

    Only this table is dumped: other tests leave warehouses of their own on the same server.
    """
    folder = tmp_path_factory.mktemp("dump")
    postgres.load_retail(f"read_parquet({SAMPLE_FILES})", folder)
    dump = postgres.dump(folder / "retail.sql", "--table", "public.retail")
    shop = build_and_open(folder / "shop.duckdb", [dump], "lgs")
    yield shop
    shop.warehouse.close()


# `test_file_formats.py` builds from dumps of fewer lines.
DUMP = pytest.param("pg_dump", marks=pytest.mark.thorough)


@pytest.fixture(scope="module", params=["parquet", DUMP])
def published(request: pytest.FixtureRequest) -> BuiltWarehouse:
    fixture = {"parquet": "lgs", "pg_dump": "dumped"}[request.param]
    shop: BuiltWarehouse = request.getfixturevalue(fixture)
    return shop


def by_month(shop: BuiltWarehouse, name: str, *columns: str) -> dict[date, tuple[Any, ...]]:
    months = {row["month"]: tuple(row[c] for c in columns) for row in shop.ask(name)}
    return {month: months[month] for month in MONTHS}


def test_invoices_and_cancellations_match_the_published_months(published: BuiltWarehouse) -> None:
    expected = {month: figures[:2] for month, figures in MONTHS.items()}
    assert by_month(published, "monthly_orders", "invoices", "cancelled") == expected


def test_net_sales_match_the_published_months(published: BuiltWarehouse) -> None:
    expected = {month: (Decimal(figures[2]),) for month, figures in MONTHS.items()}
    assert by_month(published, "monthly_sales", "net_sales") == expected


def test_growth_matches_the_published_months_to_six_decimals_of_a_percent(
    published: BuiltWarehouse,
) -> None:
    growth = by_month(published, "monthly_sales", "growth")
    percent = {month: g and round(g * 100, 6) for month, (g,) in growth.items()}
    assert percent == {month: figures[3] for month, figures in MONTHS.items()}


def test_active_new_and_returning_customers_match_the_published_months(
    published: BuiltWarehouse,
) -> None:
    expected = {month: figures[4:] for month, figures in MONTHS.items()}
    assert by_month(published, "monthly_customers", "active", "new", "returning") == expected


def test_the_distribution_of_invoice_amounts_matches(published: BuiltWarehouse) -> None:
    everything = published.ask("order_amounts")[0]
    assert everything["orders"] == 40_078
    assert everything["min"] == Decimal("0.19")
    assert round(everything["mean"], 4) == 523.3038
    assert everything["median"] == pytest.approx(304.315)
    assert everything["mode"] == 15
    assert everything["max"] == Decimal("168469.60")


def test_the_ten_segments_match_to_four_decimals(published: BuiltWarehouse) -> None:
    segments = {
        row["segment"]: (
            row["customers"],
            f"{row['recency']:.4f}",
            f"{row['frequency']:.4f}",
            f"{row['monetary']:.4f}",
        )
        for row in published.ask("segments")
    }
    assert segments == SEGMENTS


def test_every_buyer_is_in_one_of_the_published_segments(published: BuiltWarehouse) -> None:
    scored = published.ask("rfm")
    assert len(scored) == len({row["customer_id"] for row in scored}) == 5_878
    assert sum(figures[0] for figures in SEGMENTS.values()) == 5_878


def test_the_published_scores_of_two_customers_match(published: BuiltWarehouse) -> None:
    scored = {row["customer_id"]: row for row in published.ask("rfm")}
    columns = ("recency", "frequency", "monetary", "r", "f", "m")
    assert [scored["12346"][c] for c in columns] == [347, 12, Decimal("77556.46"), 2, 5, 5]
    assert [scored["12347"][c] for c in columns] == [24, 8, Decimal("5633.32"), 5, 4, 5]


def test_no_line_is_quarantined_or_superseded_under_the_published_conventions(
    published: BuiltWarehouse,
) -> None:
    rows, money = published.report.total("read")
    assert (rows, money) == (1_067_371, Decimal("19287250.568"))
    assert published.report.total("accepted") == (rows, money)
    assert published.report.total("quarantined") == published.report.total("superseded") == NOTHING


def test_the_two_sheets_share_1088_identical_invoices(standard: BuiltWarehouse) -> None:
    report = standard.report
    assert report.repeated == 1_088
    assert report.differing == []
    assert report.total("superseded")[0] == 22_523


def test_rows_and_money_read_match_the_sheets(standard: BuiltWarehouse) -> None:
    read = {t.source_id: t.rows for t in standard.report.entries if t.outcome == "read"}
    assert read == {1: 525_461, 2: 541_910}
    assert standard.report.total("read") == (1_067_371, Decimal("19287250.568"))
    accepted, superseded = standard.report.total("accepted"), standard.report.total("superseded")
    assert accepted[0] + superseded[0] == 1_067_371
    assert accepted[1] + superseded[1] == Decimal("19287250.568")
    assert standard.report.total("quarantined") == NOTHING


def test_the_19494_cancellation_lines_match_the_published_amount(lgs: BuiltWarehouse) -> None:
    assert lgs.report.total("accepted", "return") == (19_494, Decimal("-1526667.86"))


def test_the_whole_file_has_53628_invoices_5942_customers_and_43_countries(
    standard: BuiltWarehouse, lgs: BuiltWarehouse
) -> None:
    for shop in (standard, lgs):
        assert shop.sql("SELECT count(*) FROM dim_order") == [(53_628,)]
        assert shop.sql("SELECT count(*) FROM dim_customer WHERE is_known") == [(5_942,)]
        assert shop.sql("SELECT count(DISTINCT location) FROM dim_order") == [(43,)]


def test_the_243007_guest_lines_share_the_unknown_customer(lgs: BuiltWarehouse) -> None:
    assert lgs.sql("SELECT count(*) FROM fact_sales WHERE customer_key = 0") == [(243_007,)]


def test_codes_that_differ_only_in_case_are_one_product(standard: BuiltWarehouse) -> None:
    [(codes,)] = standard.sql(
        f"SELECT count(DISTINCT upper(trim(StockCode))) FROM read_parquet({SAMPLE_FILES})"
    )
    assert standard.sql("SELECT count(*) FROM dim_product WHERE product_key > 0") == [(codes,)]
    assert codes < 5_305


def test_postage_and_test_lines_are_classified_by_product_code(standard: BuiltWarehouse) -> None:
    [(postage,)] = standard.sql(
        "SELECT count(*) FROM fact_sales JOIN dim_product USING (product_key)"
        " WHERE product_id = 'POST' AND kind <> 'fee'"
    )
    [(test_lines,)] = standard.sql("SELECT count(*) FROM fact_sales WHERE kind = 'test'")
    assert (postage, test_lines) == (0, 15 + 2)


def test_a_product_has_its_sales_name_not_a_note_such_as_damaged(standard: BuiltWarehouse) -> None:
    [(name,)] = standard.sql("SELECT product_name FROM dim_product WHERE product_id = '85123A'")
    assert name == "WHITE HANGING HEART T-LIGHT HOLDER"
    [(seen,)] = standard.sql("SELECT max(names_seen) FROM dim_product WHERE product_id = '20713'")
    assert seen >= 9
