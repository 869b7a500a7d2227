"""The report file: complete or absent, for any shop."""

import re
import sys
from collections.abc import Callable
from functools import cache
from html import unescape
from pathlib import Path

import pytest

from regulars.analyses.segments.segment_map import Segment, segment_map
from regulars.core.errors import RegularsError
from regulars.core.settings import Settings
from regulars.insights.charts import charts
from regulars.insights.charts.charts import Bar
from regulars.insights.report.write import write_report
from regulars.insights.scope import Scope
from regulars.insights.sections import sales
from support.present import present
from support.sections import tables
from support.warehouses import BuiltWarehouse, build_and_open

HEADING = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price\n"
ACCENTED = r'<path[^>]*d="M[\d.,-]+h(-?[\d.]+)v[^>]*var\(--accent\)'
"""A bar in the SVG of a chart; the group is its length."""

SHOPS = {
    "one order": "1,2024-03-05,c1,tea,2,3.50\n",
    "guests alone": "".join(f"{n},2024-0{1 + n % 4}-1{n % 9},,tea,2,3.50\n" for n in range(40)),
    "returns exceed sales": "1,2024-03-05,c1,tea,2,3.50\n2,2024-03-06,c1,tea,-9,3.50\n",
    "nothing was ever sold": "1,2024-03-05,c1,tea,-2,3.50\n",
    "everything was free": "1,2024-03-05,c1,tea,2,0\n2,2024-04-05,c1,tea,2,0\n",
    "one complete month": "1,2024-03-01,c1,tea,2,3\n2,2024-03-31,c2,tea,1,3\n",
    "an empty month between": "1,2024-01-01,c1,tea,2,3\n2,2024-03-31,c1,tea,1,3\n",
}


def words_of(path: Path) -> str:
    """Return the text of a page."""
    html = re.sub(r"<style>.*?</style>", "", path.read_text("utf-8"), flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", html))


@pytest.fixture(scope="module")
def report_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that writes the report of one of the `SHOPS`, once."""

    @cache
    def report_of(name: str) -> Path:
        folder = tmp_path_factory.mktemp("small")
        (folder / "sales.csv").write_text(HEADING + SHOPS[name])
        with build_and_open(folder / "shop.duckdb", [folder / "sales.csv"]).warehouse as warehouse:
            return write_report(warehouse, folder / "report.html")

    return report_of


@pytest.mark.parametrize("name", SHOPS)
def test_any_shop_gets_a_report(report_of: Callable[[str], Path], name: str) -> None:
    words = words_of(report_of(name))
    assert "to the penny" in words
    assert "The data has no locations" in words
    assert not re.search(r"\b(None|nan|inf|NaN)\b", words)


def test_the_report_shows_the_shop_and_the_credit(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    named = Settings(shop="Ann's Teas", credit="Data: Ann, CC BY 4.0.")
    shop = build_shop(HEADING + SHOPS["one order"], settings=named)
    path = write_report(shop.warehouse, tmp_path / "report.html")
    assert "<title>Ann&#39;s Teas: sales and customers" in path.read_text("utf-8")
    assert "Data: Ann, CC BY 4.0." in words_of(path)


def test_many_unreadable_rows_are_reported_first(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    good, bad = ("1,2024-03-05,c1,tea,2,3.50\n", "2,soon,c1,tea,2,3.50\n")
    few = build_shop(HEADING + good * 99 + bad)
    many = build_shop(HEADING + good * 8 + bad * 10)
    warning = "10 of 18 rows (55.6%) could not be read"
    words = words_of(write_report(many.warehouse, tmp_path / "many.html"))
    headlines, _, quality = words.rpartition("Where the figures come from")
    assert f"{warning}, so no figure here includes them." in headlines
    assert warning in quality
    assert "All 18 rows read are accounted for, to the penny. Conventions" in quality
    words = words_of(write_report(few.warehouse, tmp_path / "few.html"))
    assert "All 100 rows read are accounted for, to the penny" in words
    assert "could not be read" not in words.partition("Where the figures")[0]


def test_a_changed_figure_is_never_written_like_the_earlier_one(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    january, february = ([*[4] * 24, last] for last in (10, 8))
    days = [f"2024-01-{1 + n * 30 // 24:02}" for n in range(25)]
    lines = [f"a{n},{day},c{n},tea,{january[n]},1\n" for n, day in enumerate(days)]
    days = [f"2024-02-{1 + n * 28 // 24:02}" for n in range(25)]
    lines += [f"b{n},{day},c{n},tea,{february[n]},1\n" for n, day in enumerate(days)]
    words = words_of(
        write_report(build_shop(HEADING + "".join(lines)).warehouse, tmp_path / "r.html")
    )
    [units] = re.findall(r"Units per order\s+(4.+?)\s+Repeat rate", words, re.DOTALL)
    assert " ".join(units.split()) == "4.16 ▼ down 1.9% vs 4.24 previously"


@pytest.mark.parametrize("segment", segment_map(), ids=lambda segment: segment.name)
def test_the_reason_for_a_segment_compares_customers_with_others(segment: Segment) -> None:
    absolute = r"\b(once|twice|first|just|now|seldom|often|long ago|stopped|everything)\b"
    reason = re.sub("(more|less|least|how) often", "", segment.reason)
    assert not re.search(absolute, reason, re.IGNORECASE)


def test_sales_to_guests_are_noted_below_the_segments(
    build_shop: Callable[..., BuiltWarehouse], report_of: Callable[[str], Path], tmp_path: Path
) -> None:
    shop = build_shop(HEADING + "1,2024-03-05,c1,tea,3,1\n2,2024-03-06,,tea,1,1\n")
    words = words_of(write_report(shop.warehouse, tmp_path / "report.html"))
    assert "spent 1.00, 25.0% of the shop's net sales. They are in no segment" in words
    assert "in no segment" not in words_of(report_of("one complete month"))


def test_headers_of_the_segments_say_what_means_and_shares_refer_to(report: Path) -> None:
    headers = words_of(report).partition("Segments, most valuable first")[2].split("Champions")[0]
    for head in (
        "Share of net sales", "Average recency, days", "Average frequency", "Average monetary",
    ):  # fmt: skip
        assert head in headers
    assert "all known customers who ordered; guests have no segment" in report.read_text("utf-8")


def test_the_footer_shows_the_version_and_the_period_of_the_data(report: Path) -> None:
    foot = words_of(report).partition("Created with Regulars ")[2]
    assert re.match(r"[\d.]+\. Data from 1 December 2009 to 9 December 2011\. This", foot)


def labels(svg: str) -> list[str]:
    return re.findall(r">([^<>]+)</text>", svg)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 7])
def test_an_axis_of_counts_has_no_fractions(most: int) -> None:
    chart = charts.VerticalBars(
        [Bar("Jan", 1), Bar("Feb", most)], currency=None, alt="Customers.", name="customers"
    )
    assert [
        label for label in labels(chart.svg("wide") + chart.svg("narrow")) if "." in label
    ] == []
    assert str(most) in labels(chart.svg("wide")) or most > 4


def test_a_label_too_wide_for_the_first_bar_is_upright() -> None:
    def drawn(months: int) -> str:
        bars = [Bar(f"month {n}", 5, label="" if n else "from 5 Jan") for n in range(months)]
        return charts.VerticalBars(bars, currency="", alt="Sales.", name="trend").svg("wide")

    def label(svg: str) -> str:
        elements: list[str] = re.findall(r"<text[^>]*>from 5 Jan</text>", svg)
        [element] = elements
        return element

    assert "rotate(-90)" in label(drawn(24)) or "rotate(270)" in label(drawn(24))
    assert "rotate" not in label(drawn(3))


def test_a_shop_with_guests_only_is_advised_to_map_customers(
    report_of: Callable[[str], Path],
) -> None:
    words = words_of(report_of("guests alone"))
    assert words.count("Map a column to customer_id in a profile and build again.") == 3


def test_without_an_earlier_period_there_is_no_change(report_of: Callable[[str], Path]) -> None:
    path = report_of("one complete month")
    assert "nothing to compare with yet: only one month is complete" in words_of(path)
    assert not re.search("[▲▼■]", path.read_text("utf-8"))


def test_sections_without_data_are_left_out(report: Path, odd_report: Path) -> None:
    assert 'id="discounts"' not in report.read_text("utf-8")
    assert "Categories" not in words_of(report)
    assert 'id="discounts"' in odd_report.read_text("utf-8")
    assert "Categories" in words_of(odd_report)


def test_the_report_follows_the_conventions_of_its_warehouse(
    build_shop: Callable[..., BuiltWarehouse], tmp_path: Path
) -> None:
    lines = "1,2024-03-05,c1,tea,2,3.50\n1,2024-03-05,c1,POST,1,5\n"
    shop = build_shop(HEADING + lines, conventions="lgs")
    words = words_of(write_report(shop.warehouse, tmp_path / "report.html"))
    assert "58.3%" in words  # tea is 7 of 12, as postage counts as a sale, unlike in standard
    assert 'Conventions "lgs"' in words


@pytest.mark.thorough
def test_the_report_has_the_published_figures_of_the_real_shop(
    lgs: BuiltWarehouse, tmp_path: Path
) -> None:
    words = words_of(write_report(lgs.warehouse, tmp_path / "report.html"))
    assert "November 2011 was the best month yet: 1.46m, 36.5% above October" in words
    assert "1,461,756.25" in words
    assert 'Conventions "lgs"' in words


def test_the_same_warehouse_gives_the_same_report_and_its_progress_is_reported(
    odd: BuiltWarehouse, odd_report: Path, tmp_path: Path
) -> None:
    messages: list[str] = []
    again = write_report(odd.warehouse, tmp_path / "again.html", progress=messages.append)
    assert again.read_bytes() == odd_report.read_bytes()
    assert messages[-1].startswith("Writing ")
    assert len(messages) > 5


def test_the_report_is_small_enough_to_forward(report: Path) -> None:
    assert report.stat().st_size < 600_000


def test_a_failed_write_leaves_the_old_report_and_nothing_else(
    odd: BuiltWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RegularsError, match="No space left on device"):
        write_report(odd.warehouse, path)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "old"


def test_a_missing_folder_is_an_error_at_once(odd: BuiltWarehouse, tmp_path: Path) -> None:
    messages: list[str] = []
    path = tmp_path / "nowhere" / "report.html"
    with pytest.raises(RegularsError, match="there is no folder"):
        write_report(odd.warehouse, path, progress=messages.append)
    assert messages == []


def test_without_the_extra_the_error_says_what_to_install(
    odd: BuiltWarehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(RegularsError, match=r'pip install "regulars\[report\]"'):
        write_report(odd.warehouse, tmp_path / "report.html")


@pytest.mark.parametrize("size", ["broad", "wide", "narrow"])
def test_horizontal_bars_below_zero_have_the_right_length(size: str) -> None:
    bars = [Bar("only returns", -10, label="−10"), Bar("more returns", -5, label="−5")]
    svg = charts.HorizontalBars(bars, alt="Places.", name="places").svg(size)
    lengths = [float(found) for found in re.findall(ACCENTED, svg)]
    longest, shortest = sorted((abs(length) for length in lengths if length), reverse=True)[:2]
    assert longest > 50
    assert longest == pytest.approx(2 * shortest, rel=0.01)


def test_the_bar_of_a_home_market_is_left_out_so_that_the_others_can_be_compared(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    orders = [f"{n},2024-03-0{n},c{n},tea,{n},1,{place}" for n, place in
              enumerate(("north", "south", "west"), start=1)]  # fmt: skip
    heading = HEADING.rstrip() + ",Country\n"
    shop = build_shop(heading + "\n".join(orders) + "\n")
    places = present(sales.places(Scope(shop.warehouse)))
    # The west leads with three of six.
    [table] = tables(places)
    assert [(row[0].text, row[1].bar) for row in table.rows] == [
        ("west", None), ("south", 1), ("north", 0.5),
    ]  # fmt: skip
    assert (table.is_folded, places.detail) == (
        False, "west has no bar: the others would be too small to compare."
    )  # fmt: skip
