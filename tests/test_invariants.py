"""Properties of any input: nothing is lost, and neither row order nor file names matter."""

import csv
import io
import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regulars.analyses.catalog import ANALYSES
from regulars.core.errors import SourceError
from support.warehouses import BuiltWarehouse, build_and_open, star_contents

HEADING = ("Order ID", "Order Date", "Customer ID", "SKU", "Quantity", "Unit Price", "Country")
FEW = settings(  # a build takes a second, and failures are small enough to read without shrinking
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), max_size=6)
numbers = st.decimals(-999, 999, places=2).map(str)
days = st.sampled_from([f"2024-0{month}-{day}" for month in (1, 2, 4) for day in (10, 20, 28)])
good = st.tuples(
    st.integers(1, 9).map(str),
    days,
    st.sampled_from(["Ann", "Bob", "Cid", "Dee", ""]),
    st.sampled_from(["A", "B", "C"]),
    st.integers(-3, 9).map(str),
    st.decimals(0, 99, places=2).map(str),
    st.sampled_from(["UK", "FR", ""]),
)
messy = st.tuples(*(st.one_of(words, numbers, days) for _ in HEADING))
SALE = ("100", "2024-01-01", "Ann", "A", "1", "9.99", "UK")


Row = tuple[str, ...]


def csv_of(rows: list[Row]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADING, *rows])
    return text.getvalue()


def built_from(
    folder: str | Path, name: str, rows: list[Row], again: str | None = None
) -> BuiltWarehouse:
    path = Path(folder) / f"{name}.csv"
    path.write_text(csv_of(rows), "utf-8", newline="")
    sources = [path]
    if again:
        sources.append(path.with_stem(again))
        sources[1].write_bytes(path.read_bytes())
    return build_and_open(path.with_suffix(".duckdb"), sources)


def results_of(shop: BuiltWarehouse) -> Mapping[str, Sequence[object]]:
    """Return the result of every analysis, with lines sorted and without their source rows."""
    results = {name: shop.ask(name) for name in ANALYSES}
    provenance = ("source_id", "source_row")
    lines = (
        {name: line[name] for name in line if name not in provenance} for line in results["lines"]
    )
    return results | {"lines": sorted(map(repr, lines))}


def close(*shops: BuiltWarehouse) -> None:
    for shop in shops:
        shop.warehouse.close()


@FEW
@given(st.lists(st.one_of(good, messy), max_size=30))
def test_every_row_and_every_penny_of_any_input_is_accounted_for(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = built_from(folder, "shop", [SALE, *rows])
        totals = {name: shop.report.total(name) for name in ("read", "accepted", "quarantined")}
        facts = shop.sql("SELECT count(*), sum(net_amount) FROM fact_sales")
        quarantine = shop.sql("SELECT count(*), coalesce(sum(amount), 0) FROM quarantine")
        results_of(shop)
        close(shop)
    assert totals["read"][0] == 1 + len(rows)
    assert (totals["accepted"], totals["quarantined"]) == (facts[0], quarantine[0])
    assert totals["accepted"][0] + totals["quarantined"][0] == totals["read"][0]
    assert totals["accepted"][1] + totals["quarantined"][1] == totals["read"][1]


@FEW
@given(st.lists(good, min_size=5, max_size=30), st.randoms(use_true_random=False))
def test_shuffled_rows_and_the_same_file_under_two_names_change_nothing(
    rows: list[Row], rng: Random
) -> None:
    rows = [SALE, *rows]
    with tempfile.TemporaryDirectory() as folder:
        first = built_from(folder, "first", rows)
        shuffled = built_from(folder, "shuffled", rng.sample(rows, len(rows)))
        twice = built_from(folder, "twice", rows, again="copy")
        try:
            for other in (shuffled, twice):
                assert star_contents(first) == star_contents(other)
                assert results_of(first) == results_of(other)
            assert twice.report.differing == []
            assert twice.report.total("superseded") == first.report.total("accepted")
        finally:
            close(first, shuffled, twice)


@FEW
@given(st.lists(good, min_size=1, max_size=30))
def test_the_parts_of_any_breakdown_add_up_to_the_whole(rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = built_from(folder, "shop", [SALE, *rows])
        try:
            whole = shop.one("kpis")
            assert whole["gross_sales"] - whole["returns"] == whole["net_sales"]
            for by in ("product", "location", "weekday", "month"):
                parts = shop.ask("sales_by", by=by)
                assert sum(row["net_sales"] for row in parts) == whole["net_sales"], by
            months = shop.ask("monthly_sales")
            assert sum(row["net_sales"] for row in months) == whole["net_sales"]
            # An order with lines in two months counts once in each.
            [(orders,)] = shop.sql(
                "SELECT count(DISTINCT (order_key, date_trunc('month', ordered_on))) "
                "FROM fact_sales WHERE kind = 'sale'"
            )
            assert sum(row["orders"] for row in months) == orders
            buyers = shop.ask("monthly_sales_by_customer")
            assert [row["net_sales"] for row in buyers] == [row["net_sales"] for row in months]
            sold = sum(
                Decimal(quantity) * Decimal(price)
                for _, _, _, _, quantity, price, _ in [SALE, *rows]
                if int(quantity) >= 0
            )
            assert whole["gross_sales"] == sold
        finally:
            close(shop)


def test_build_refuses_a_file_without_a_valid_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no date in a format that is known"):
        built_from(tmp_path, "noise", [("", "soon", "x", "y", "few", "free", "")] * 3)
    assert list(tmp_path.glob("*.duckdb*")) == []
