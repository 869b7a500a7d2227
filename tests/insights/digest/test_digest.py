"""The digest of a shop whose figures are worked out by hand, and recomputed from its file."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from regulars.cli.output.results import to_json
from regulars.core.errors import InputError
from regulars.insights.digest.alerts import Thresholds, no_data
from regulars.insights.digest.blocks import as_message
from regulars.insights.digest.days import daily_sales
from regulars.insights.digest.digest import Digest, make_alerts, make_digest
from regulars.insights.digest.html import as_html
from regulars.insights.digest.period import history, last_whole_period
from regulars.insights.digest.text import as_data, as_text
from regulars.insights.scope import Scope
from support.warehouses import BuiltWarehouse, build_and_open
from support.weekly_shop import HEADING, weekly_sales

MONDAY = date(2024, 2, 12)
LAST_WEEK = (date(2024, 2, 5), date(2024, 2, 11))
DASHBOARD = "https://shop.example/"
NO_LIMITS = Thresholds(no_data_days=0, unusual_days=False)


def digest_of(shop: BuiltWarehouse, **options: Any) -> Digest:
    values = {"kind": "week", "today": MONDAY, "limits": NO_LIMITS, "shop": "Tea & Co"}
    return make_digest(shop.warehouse, **{**values, **options})


@pytest.fixture(scope="module")
def week(weekly: BuiltWarehouse) -> Digest:
    return digest_of(weekly, limits=Thresholds())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltWarehouse]:
    """A shop with one order a day from 1 to 21 January 2024, loaded at six on the last day."""
    folder = tmp_path_factory.mktemp("small")
    lines = (f"{day},2024-01-{day:02} 10:00:00,ann,T1,Tea,1,{day}.00,UK\n" for day in range(1, 22))
    (folder / "sales.csv").write_text(HEADING + "".join(lines))
    loaded_at = datetime(2024, 1, 21, 18)
    shop = build_and_open(folder / "small.duckdb", [folder / "sales.csv"], now=loaded_at)
    with shop.warehouse:
        yield shop


def in_words(digest: Digest) -> dict[str, tuple[str, ...]]:
    """Return each figure of a digest with its changes from the week before and the year before."""
    return {
        figure.name: (
            figure.text,
            *(
                f"{earlier.text} {earlier.change.words if earlier.change else ''}".strip()
                for earlier in (figure.before, figure.year)
                if earlier
            ),
        )
        for figure in digest.figures
    }


def test_six_figures_compare_the_last_whole_week_with_the_two_before(week: Digest) -> None:
    # 36 orders at 11.00, one of 200.00, and 10.00 back: 586.00; the week before 36 x 10.00, and
    # 52 weeks before 36 x 11.00. 586 / 360 = 1.628, 586 / 396 = 1.480, 586 / 37 = 15.84.
    # Returns: 10 of 596 sold = 1.7%. The data starts in January 2023, so a year before, everyone
    # would be new: new customers are not compared with it.
    assert week.period
    assert (week.period.span.first, week.period.span.last) == LAST_WEEK
    assert in_words(week) == {
        "net_sales": ("586.00", "360.00 up 62.8%", "396.00 up 48.0%"),
        "orders": ("37", "36 up 2.8%", "36 up 2.8%"),
        "customers": ("7", "6 up 16.7%", "6 up 16.7%"),
        "average_order_value": ("15.84", "10.00 up 58.4%", "11.00 up 44.0%"),
        "new_customers": ("1", "0"),
        "return_rate": ("1.7%", "0.0% up 1.7 points", "0.0% up 1.7 points"),
    }


def test_figures_are_those_of_the_file(week: Digest) -> None:
    rows = [
        row
        for row in csv.DictReader(weekly_sales().splitlines())
        if f"{LAST_WEEK[0]}" <= row["Order Date"] < f"{LAST_WEEK[1]} 24"
    ]
    amounts = [int(row["Quantity"]) * Decimal(row["Unit Price"]) for row in rows]
    bought = [row for row in rows if int(row["Quantity"]) > 0]
    value = {figure.name: figure.value for figure in week.figures}
    assert value["net_sales"] == sum(amounts)
    assert value["orders"] == len({row["Order ID"] for row in bought})
    assert value["customers"] == len({row["Customer ID"] for row in bought})


def test_the_heading_names_the_order_behind_the_change(week: Digest) -> None:
    assert week.heading == (
        "One order of 200.00 on 8 February 2024 explains most of the change: net sales of 586.00, "
        "up 62.8% on the week before"
    )
    assert week.subject == (
        "Tea & Co: the week of 5 to 11 February 2024: net sales 586.00, up 62.8%"
    )


def test_findings_are_those_of_the_report(week: Digest) -> None:
    first, *_ = week.findings
    assert (first.topic, first.words) == (
        "What changed",
        "One order of 200.00 on 8 February 2024 explains most of the change: net sales are up "
        "190.00 (48.0%) compared with 6 February 2023 to 11 February 2023.",
    )
    assert len(week.findings) <= 3


def test_the_list_has_the_customers_to_win_back(week: Digest) -> None:
    # Lou, Liv and Lex bought 24 cakes at 50.00, the last on 25 January 2023: 382 days before the
    # 11th of February 2024.
    contacts = week.contacts
    assert contacts
    assert contacts.segment == "At Risk"
    assert contacts.words.startswith("3 customers in At Risk spent 1,200.00 each")
    assert [(one.customer_id, one.last_order, one.net_sales) for one in contacts.top] == [
        (name, "382 days ago", "1,200.00") for name in ("lex", "liv", "lou")
    ]
    assert contacts.command == (
        'regulars lists create at-risk-2024-02-10 --segment "At Risk" --control 10%'
    )


def test_an_unusual_day_is_compared_with_its_weekday_and_names_the_order(week: Digest) -> None:
    # The twelve Thursdays before sold 60.00 or 66.00. The median of logarithms is that of
    # 62.93 = sqrt(60 x 66), and all are a factor of 1.049 away from it: up to a factor of
    # 1.049 ^ (3.5 x 1.4826) = 1.281 is usual. The 8th of February sold 266.00, and 66.00 without
    # the one order.
    assert [alert.words for alert in week.alerts] == [
        "Net sales on Thursday, 8 February 2024, were 266.00; the usual Thursday is 62.93 (median "
        "of the 12 before). Without one order of 200.00, the day would not be unusual."
    ]


def test_figures_beyond_their_thresholds_are_alerts(weekly: BuiltWarehouse) -> None:
    digest = digest_of(weekly, limits=Thresholds(600, None, 60, 250, 0.01, 0, unusual_days=False))
    week = "in the week of 5 to 11 February 2024"
    assert [alert.words for alert in digest.alerts] == [
        f"Net sales {week} were 586.00, below your threshold of 600.00.",
        f"The return rate {week} was 1.7%, above your threshold of 1.0%.",
        "Net sales on Thursday, 8 February 2024, were 266.00, above your threshold of 250.00.",
        "Net sales on Friday, 9 February 2024, were 56.00, below your threshold of 60.00.",
    ]


def test_figures_within_their_thresholds_raise_no_alert(weekly: BuiltWarehouse) -> None:
    limits = Thresholds(580, 590, 50, 270, 0.02, 2, unusual_days=False)
    assert digest_of(weekly, limits=limits).alerts == []


def test_a_day_without_sales_is_below_a_threshold_only_if_the_shop_trades_then(
    weekly: BuiltWarehouse,
) -> None:
    alerts = make_alerts(weekly.warehouse, MONDAY, Thresholds(day_net_sales_below=1), "").alerts
    assert [alert.key for alert in alerts] == ["day 2024-02-08"]  # no alert on Sunday, the 4th


def test_old_data_is_an_alert() -> None:
    limits = Thresholds(no_data_days=7)
    assert no_data(date(2024, 2, 10), date(2024, 2, 17), limits) == []
    [alert] = no_data(date(2024, 2, 10), date(2024, 2, 18), limits)
    assert alert.words == "No orders since 10 February 2024, 8 days ago."


def last_day_of(shop: BuiltWarehouse, today: date) -> date:
    """Return the last day of the last whole week."""
    scope = Scope(shop.warehouse)
    days = daily_sales(scope, history(scope, today))
    return last_whole_period("week", scope, days, today).span.last


def test_a_week_is_whole_without_the_days_on_which_the_shop_is_closed(
    weekly: BuiltWarehouse,
) -> None:
    assert last_day_of(weekly, MONDAY) == date(2024, 2, 11)  # no orders on Sunday, as in all weeks
    assert last_day_of(weekly, date(2024, 2, 10)) == date(2024, 2, 4)  # Saturday is not over
    assert last_day_of(weekly, date(2024, 2, 9)) == date(2024, 2, 4)


def test_a_day_that_was_loaded_before_it_ended_is_not_whole(small: BuiltWarehouse) -> None:
    assert last_day_of(small, date(2024, 1, 22)) == date(2024, 1, 14)


def test_few_orders_are_not_compared(small: BuiltWarehouse) -> None:
    digest = digest_of(small, today=date(2024, 1, 22), limits=Thresholds())
    assert digest.heading == "Net sales of 77.00"  # 8 + 9 + ... + 14
    assert in_words(digest)["net_sales"] == ("77.00", "28.00")  # 1 + 2 + ... + 7, no change
    assert digest.notes == ["Periods with fewer than 30 orders are not compared."]
    assert digest.alerts == []


def test_a_month_is_compared_with_the_month_before(weekly: BuiltWarehouse) -> None:
    # January 2024 has the weeks 52 to 56: even, odd, even, odd, and from the 29th to the 31st even.
    # 36 x (10 + 11 + 10 + 11) + 18 x 10 = 1,692. January 2023 lacks its first day in the data.
    digest = digest_of(weekly, kind="month")
    assert digest.period
    assert str(digest.period.span) == "January 2024"
    assert in_words(digest)["net_sales"] == ("1,692.00", "1,644.00 up 2.9%")


def test_without_a_whole_week_nothing_is_claimed(weekly: BuiltWarehouse) -> None:
    with pytest.raises(InputError, match="does not cover a whole week yet"):
        digest_of(weekly, today=date(2023, 1, 6))
    with pytest.raises(InputError, match="before the first day of the data"):
        digest_of(weekly, today=date(2022, 1, 6))


def test_a_reader_who_may_not_see_customers_gets_none_of_them(week: Digest) -> None:
    viewer = week.for_reader(sees_customers=False, saves_lists=False)
    data = json.dumps([as_data(viewer), as_message(viewer, DASHBOARD)], default=to_json)
    for page in (as_text(viewer, DASHBOARD), as_html(viewer, DASHBOARD), data):
        assert "3 customers in At Risk" in page
        assert not re.search(r"\b(lou|liv|lex|reg\d|newt)\b|lists", page)
    analyst = as_text(week.for_reader(sees_customers=True, saves_lists=False), DASHBOARD)
    assert "lou" in analyst
    assert f"{DASHBOARD}lists?segment=At+Risk" in analyst
    assert "regulars lists create" not in analyst


def test_text_fits_a_narrow_window_and_html_loads_nothing(week: Digest) -> None:
    text, html = as_text(week, DASHBOARD), as_html(week, DASHBOARD)
    assert max(map(len, text.splitlines())) <= 80
    assert "Tea &amp; Co" in html
    assert not re.search(r"<(img|link|script|iframe)|url\(|@import|\bsrc=", html)


def test_a_chat_message_has_a_text_and_escaped_blocks(week: Digest) -> None:
    message = as_message(week)
    assert message["text"].startswith("Tea &amp; Co: the week of 5 to 11 February 2024")
    header, heading, *_ = message["blocks"]
    assert header["text"] == {
        "type": "plain_text", "text": "Tea & Co: the week of 5 to 11 February 2024"
    }  # fmt: skip
    assert heading["text"]["text"] == f"*{week.heading}*"
    [fields] = [block["fields"] for block in message["blocks"] if "fields" in block]
    assert fields[0]["text"] == "Net sales\n*586.00*\n▲ up 62.8%"
