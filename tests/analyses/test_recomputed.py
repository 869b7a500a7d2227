"""Online Retail II under the standard conventions, recomputed with pandas from the raw sheets."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from support.undone_orders import undone_orders
from support.warehouses import SAMPLE_FILES, BuiltWarehouse

FEES = {"POST", "DOT", "C2", "C3", "BANK CHARGES", "AMAZONFEE", "CRUK"}
MANUAL = {"M", "D", "S", "B", "PADS"}
SNAPSHOT = pd.Timestamp("2011-12-10")
WEEKS = range(1, 13)


@pytest.fixture(scope="module")
def as_read() -> pd.DataFrame:
    """Return the lines of both sheets; invoices in both are taken from the second."""
    first, second = (pd.read_parquet(sheet) for sheet in SAMPLE_FILES)
    lines = pd.concat([first[~first.Invoice.isin(second.Invoice)], second], ignore_index=True)
    code, invoice = lines.StockCode.str.strip().str.upper(), lines.Invoice
    first_match = {
        "test": code.str.startswith("TEST"),
        "bad debt": invoice.str.startswith("A"),
        "fee": code.isin(FEES),
        "voucher": code.str.startswith("GIFT_") | (code == "GIFT"),
        "manual": code.isin(MANUAL) | code.str.startswith("ADJUST"),
        "nothing charged": lines.Price <= 0,
        "return": invoice.str.startswith("C"),
        "stock": lines.Quantity < 0,
    }
    return lines.assign(
        kind=np.select(list(first_match.values()), list(first_match), "sale"),
        amount=lines.Quantity * lines.Price,
        month=lines.InvoiceDate.dt.to_period("M"),
        customer=lines["Customer ID"],
    )


@pytest.fixture(scope="module")
def undone(as_read: pd.DataFrame) -> tuple[dict[str, str], dict[str, str]]:
    """Return the credit of each order that one undoes, by lines and by amount."""
    credited = as_read[as_read.kind.isin(["return", "manual"]) & (as_read.Quantity < 0)]
    return undone_orders(as_read[as_read.customer.isin(credited.customer)])


@pytest.fixture(scope="module")
def raw(as_read: pd.DataFrame, undone: tuple[dict[str, str], dict[str, str]]) -> pd.DataFrame:
    """Return all lines with the kinds that count, once the undone orders are taken out."""
    by_lines, by_amount = undone
    invoice, kind = as_read.Invoice, as_read.kind
    is_cancelled = invoice.isin({*by_lines, *by_amount}) & (kind == "sale")
    is_reversal = invoice.isin(set(by_lines.values())) & (kind == "return")
    is_booked = invoice.isin(set(by_amount.values()))
    kinds = kind.mask(is_cancelled, "cancelled").mask(is_reversal | is_booked, "reversal")
    return as_read.assign(kind=kinds)


@pytest.fixture(scope="module")
def goods(raw: pd.DataFrame) -> pd.DataFrame:
    return raw[raw.kind.isin(["sale", "return"])]


@pytest.fixture(scope="module")
def sales(raw: pd.DataFrame) -> pd.DataFrame:
    return raw[raw.kind == "sale"]


def first_of(period: pd.Period) -> date:
    day: date = period.to_timestamp().date()
    return day


def test_headline_figures(
    standard: BuiltWarehouse, raw: pd.DataFrame, goods: pd.DataFrame, sales: pd.DataFrame
) -> None:
    adjusted = raw[raw.kind.isin(["manual", "bad debt", "nothing charged", "stock"])]
    result = {name: float(value) for name, value in standard.one("kpis").items()}
    returned = -goods[goods.kind == "return"].amount.sum()
    orders = sales.groupby("customer").Invoice.nunique()
    gross, invoices = sales.amount.sum(), sales.Invoice.nunique()
    assert result == pytest.approx({
        "gross_sales": gross,
        "discounts": 0,
        "returns": returned,
        "net_sales": gross - returned,
        "adjustments": adjusted.amount.sum(),
        "orders": invoices,
        "customers": len(orders),
        "average_order_value": (gross - returned) / invoices,
        "units_per_order": sales.Quantity.sum() / invoices,
        "repeat_rate": (orders > 1).mean(),
        "return_rate": returned / gross,
    })  # fmt: skip


def test_corrections(
    standard: BuiltWarehouse, undone: tuple[dict[str, str], dict[str, str]]
) -> None:
    found = standard.columns("corrections", "order_id", "credit_id", "matched_by")
    by_lines, by_amount = undone
    assert len(found) == len(by_lines) + len(by_amount)
    assert {(order, credit) for order, credit, by in found if by == "lines"} == {*by_lines.items()}
    assert {(order, credit) for order, credit, by in found if by == "amount"} == {
        *by_amount.items()
    }


def test_monthly_sales_and_growth(
    standard: BuiltWarehouse, goods: pd.DataFrame, sales: pd.DataFrame
) -> None:
    net = goods.groupby("month").amount.sum()
    growth = net.pct_change()
    growth[pd.Period("2011-12")] = np.nan  # the data end on 9 December
    result = standard.pandas("monthly_sales").set_index("month")
    assert list(result.index.to_period("M")) == list(net.index)
    assert result.net_sales.to_numpy() == pytest.approx(net.to_numpy())
    assert result.growth.to_numpy() == pytest.approx(growth.to_numpy(), nan_ok=True)
    assert list(result.orders) == list(sales.groupby("month").Invoice.nunique())


def test_weekday_sales(standard: BuiltWarehouse, goods: pd.DataFrame) -> None:
    by = [goods.month, goods.InvoiceDate.dt.day_name()]
    net, days = goods.groupby(by).amount.sum(), goods.InvoiceDate.dt.normalize().groupby(by)
    result = standard.pandas("weekday_sales")
    traded = result[result.trading_days > 0]
    keys = list(zip(pd.to_datetime(traded.month).dt.to_period("M"), traded.weekday, strict=True))
    assert set(keys) == set(net.index)
    assert list(traded.trading_days) == list(days.nunique()[keys])
    assert traded.net_sales.to_numpy() == pytest.approx(net[keys].to_numpy())
    averages = (net / days.nunique())[keys]
    assert traded.net_sales_per_day.to_numpy() == pytest.approx(averages.to_numpy())
    # 25 months with all seven weekdays; even the last, incomplete month has nine days.
    assert len(result) == 25 * 7


def test_daily_sales(standard: BuiltWarehouse, goods: pd.DataFrame, sales: pd.DataFrame) -> None:
    day = sales.InvoiceDate.dt.normalize()
    result = standard.pandas("daily_sales").set_index("day")
    result.index = pd.DatetimeIndex(result.index)
    every_day = pd.date_range("2009-12-01", "2011-12-09")
    assert list(result.index) == list(every_day)

    def daily(figures: pd.Series) -> Any:
        return figures.reindex(every_day, fill_value=0).to_numpy()

    net = daily(goods.groupby(goods.InvoiceDate.dt.normalize()).amount.sum())
    assert result.net_sales.to_numpy() == pytest.approx(net)
    assert list(result.orders) == list(daily(sales.groupby(day).Invoice.nunique()))
    assert list(result.customers) == list(daily(sales.groupby(day).customer.nunique()))
    assert result.net_sales_week_before.to_numpy()[7:] == pytest.approx(net[:-7])
    assert result.net_sales_year_before.to_numpy()[364:] == pytest.approx(net[:-364])
    # The last order of the data, at 12:50 on a Friday, is hours before that of any Friday.
    assert list(result.index[~result.is_complete]) == [pd.Timestamp("2011-12-09")]


def test_unusual_days(standard: BuiltWarehouse, goods: pd.DataFrame) -> None:
    net = goods.groupby(goods.InvoiceDate.dt.normalize()).amount.sum()
    every_day = net.reindex(pd.date_range("2009-12-01", "2011-12-08"), fill_value=0)
    expected = {}
    for day, amount in every_day.items():
        before = every_day[every_day.index.isin([day - pd.Timedelta(weeks=n) for n in WEEKS])]
        logs = np.log(before[before > 0])
        reach = max(3.5 * 1.4826 * (logs - logs.median()).abs().median(), np.log(1.25))
        distance = np.log(amount) - logs.median() if amount > 0 else -np.inf
        if len(logs) >= 8 and abs(distance) > reach:
            expected[day.date()] = "higher" if distance > 0 else "lower"
    assert dict(standard.columns("unusual_days", "day", "verdict")) == expected
    assert len(expected) == 51
    assert expected[date(2011, 4, 25)] == "lower"  # Easter Monday, without any sale


def test_monthly_orders(standard: BuiltWarehouse, raw: pd.DataFrame) -> None:
    is_sale, is_return = (
        raw[raw.kind.isin(kinds)].groupby("month").Invoice.unique()
        for kinds in (["sale"], ["return", "cancelled"])
    )
    expected = [
        (first_of(month), len(placed), len(set(is_return[month]) - set(placed)))
        for month, placed in is_sale.items()
    ]
    assert standard.columns("monthly_orders", "month", "placed", "cancelled") == expected


def test_monthly_kpis(standard: BuiltWarehouse, goods: pd.DataFrame, sales: pd.DataFrame) -> None:
    result = standard.ask("monthly_kpis")
    known = sales.dropna(subset="customer")
    orders = known.groupby(["month", "customer"]).Invoice.nunique()
    repeated = (orders > 1).groupby("month").mean()
    placed = sales.groupby("month").Invoice.nunique()
    net = goods.groupby("month").amount.sum()
    returned = -goods[goods.kind == "return"].groupby("month").amount.sum()
    expected = {
        "net_sales": net, "orders": placed, "average_order_value": net / placed,
        "customers": known.groupby("month").customer.nunique(), "repeat_rate": repeated,
        "returns": returned, "gross_sales": sales.groupby("month").amount.sum(),
        "return_rate": returned / sales.groupby("month").amount.sum(),
        "units_per_order": sales.groupby("month").Quantity.sum() / placed,
    }  # fmt: skip
    assert [row["month"] for row in result] == [first_of(month) for month in net.index]
    for name, series in expected.items():
        assert [float(row[name]) for row in result] == pytest.approx(list(series)), name


def test_monthly_customers(standard: BuiltWarehouse, sales: pd.DataFrame) -> None:
    known = sales.dropna(subset="customer")
    first = known.groupby("customer").month.min()
    active = known.groupby("month").customer.nunique()
    new = first.value_counts().reindex(active.index, fill_value=0)
    expected = [(first_of(m), active[m], new[m], active[m] - new[m]) for m in active.index]
    columns = ("month", "active", "new", "returning")
    assert standard.columns("monthly_customers", *columns) == expected


def test_monthly_sales_by_customer(
    standard: BuiltWarehouse, goods: pd.DataFrame, sales: pd.DataFrame
) -> None:
    first = sales.dropna(subset="customer").groupby("customer").month.min().rename("cohort")
    lines = goods.join(first, on="customer")
    conditions = [lines.customer.isna(), lines.month == lines.cohort]
    buyer = np.select(conditions, ["guests", "new"], "returning")
    amounts = lines.assign(buyer=buyer).pivot_table(
        "amount", "month", "buyer", "sum", fill_value=0
    )  # fmt: skip
    result = standard.ask("monthly_sales_by_customer")
    assert [row["month"] for row in result] == [first_of(month) for month in amounts.index]
    for part in ("guests", "new", "returning"):
        assert [float(row[part]) for row in result] == pytest.approx(list(amounts[part]))
    months = standard.ask("monthly_sales")
    assert [row["net_sales"] for row in result] == [row["net_sales"] for row in months]


def test_sales_change_by_buyer_and_by_product(
    standard: BuiltWarehouse, goods: pd.DataFrame, sales: pd.DataFrame
) -> None:
    day = goods.InvoiceDate.dt.normalize()
    lines = goods.assign(
        now=day.between("2011-09-01", "2011-11-30"), then=day.between("2010-12-01", "2011-02-28")
    )
    first = sales.dropna(subset="customer").groupby("customer").InvoiceDate.min().rename("first")
    lines = lines.join(first, on="customer")
    first_day = lines["first"].dt.normalize()
    is_new = np.where(
        lines.now,
        first_day.between("2011-09-01", "2011-11-30"),
        first_day.between("2010-12-01", "2011-02-28"),
    ).astype(bool)
    kinds = [lines.customer.isna(), is_new]
    lines["buyer"] = np.select(kinds, ["Guests", "New customers"], "Returning customers")
    lines["product"] = lines.StockCode.str.strip().str.upper()
    period = {"since": "2011-09-01", "until": "2011-11-30", "against": "2010-12-01/2011-02-28"}
    for by, column in (("buyer", "buyer"), ("product", "product_id")):
        sums = [lines[lines[when]].groupby(by).amount.sum() for when in ("now", "then")]
        expected = pd.concat(sums, axis=1, keys=["now", "then"]).fillna(0)
        result = standard.pandas("sales_change", by=by, **period).set_index(column)
        assert set(result.index) == set(expected.index)
        expected = expected.loc[result.index]
        change, total = expected.now - expected.then, expected.then.sum()
        assert result.change.to_numpy(float) == pytest.approx(change.to_numpy(), abs=1e-6)
        assert result.contribution.to_numpy() == pytest.approx(
            (change / total).to_numpy(), abs=1e-9
        )
        assert list(result.change.abs()) == sorted(result.change.abs(), reverse=True)


def test_cohorts(standard: BuiltWarehouse, goods: pd.DataFrame, sales: pd.DataFrame) -> None:
    first = sales.dropna(subset="customer").groupby("customer").month.min().rename("cohort")
    customers = sales.join(first, on="customer").dropna(subset="cohort")
    customers = customers.groupby(["cohort", "month"]).customer.nunique()
    lines = goods.join(first, on="customer").dropna(subset="cohort")
    amounts = lines.groupby(["cohort", "month"]).amount.sum()
    result = standard.ask("cohorts")
    assert len(result) == 25 * 25
    for row in result:
        cohort = pd.Period(row["cohort"], "M")
        month = cohort + row["months_since"]
        if month > pd.Period("2011-12"):
            assert row["customers"] is row["share"] is row["net_sales"] is None
            continue
        expected = customers.get((cohort, month), 0)
        assert row["customers"] == expected
        assert row["share"] == pytest.approx(expected / customers[cohort, cohort])
        net_sales = amounts.get((cohort, month), 0.0) if expected else 0.0
        assert float(row["net_sales"]) == pytest.approx(net_sales)


@pytest.fixture(scope="module")
def people(goods: pd.DataFrame, sales: pd.DataFrame) -> pd.DataFrame:
    known = sales.dropna(subset="customer").groupby("customer")
    people = pd.DataFrame({
        "recency": (SNAPSHOT - known.InvoiceDate.max().dt.normalize()).dt.days,
        "frequency": known.Invoice.nunique(),
        "monetary": goods.groupby("customer").amount.sum().round(4),
    }).dropna()  # fmt: skip
    for score, column in {"r": "recency", "f": "frequency", "m": "monetary"}.items():
        edges = np.quantile(people[column], [0.2, 0.4, 0.6, 0.8])
        people[score] = np.searchsorted(edges, people[column]) + 1
    people["r"] = 6 - people.r
    people.index = people.index.astype(int).astype(str)
    return people.sort_index()


def test_rfm(standard: BuiltWarehouse, people: pd.DataFrame) -> None:
    result = standard.pandas("rfm").set_index("customer_id").sort_index()
    assert list(result.index) == list(people.index)
    for column in ("recency", "frequency", "r", "f"):
        assert list(result[column]) == list(people[column]), column
    assert result.monetary.to_numpy() == pytest.approx(people.monetary.to_numpy(), abs=1e-3)
    # pandas adds floats, so customers at the edge of a bin can fall on its other side.
    assert (result.m != people.m).sum() <= 4


def test_segments(standard: BuiltWarehouse, people: pd.DataFrame) -> None:
    segments = {
        "[12][12]": "Hibernating", "[12][34]": "At Risk", "[12]5": "Can't Lose",
        "3[12]": "About to Sleep", "33": "Need Attention", "[34][45]": "Loyal Customers",
        "41": "Promising", "51": "New Customers", "[45][23]": "Potential Loyalists",
        "5[45]": "Champions",
    }  # fmt: skip
    cells = people.r.astype(str) + people.f.astype(str)
    grouped = people.groupby(cells.replace(segments, regex=True))
    result = standard.pandas("segments").set_index("segment").sort_index()
    assert list(result.customers) == list(grouped.size())
    for column in ("recency", "frequency", "monetary"):
        assert result[column].to_numpy() == pytest.approx(grouped[column].mean().to_numpy()), column
    shares = grouped.monetary.sum() / people.monetary.sum()
    assert result.share_of_net_sales.to_numpy() == pytest.approx(shares.to_numpy())
    assert result.share_of_customers.sum() == pytest.approx(1)


def test_order_amounts(standard: BuiltWarehouse, goods: pd.DataFrame) -> None:
    amounts = goods.groupby("Invoice").amount.sum().round(4)
    amounts = amounts[amounts > 0]
    limit = amounts.quantile(0.85)
    result = standard.pandas("order_amounts")
    for row, expected in zip(result.itertuples(), (amounts, amounts[amounts < limit]), strict=True):
        assert row.orders == len(expected)
        values = (row.min, row.mean, row.median, row.mode, row.max)
        assert values == pytest.approx((
            expected.min(), expected.mean(), expected.median(), expected.mode()[0], expected.max(),
        ))  # fmt: skip


@pytest.mark.parametrize("until", [date(2010, 11, 30), date(2011, 5, 31)])
def test_sales_by_country_in_a_period(
    standard: BuiltWarehouse, goods: pd.DataFrame, sales: pd.DataFrame, until: date
) -> None:
    since = date(2010, 3, 15)

    def within(lines: pd.DataFrame) -> Any:
        days = lines.InvoiceDate.dt.date
        return lines[(days >= since) & (days <= until)].groupby("Country")

    result = standard.pandas("sales_by", by="location", since=since, until=until)
    result = result.set_index("location")
    net, orders = within(goods).amount.sum(), within(sales).Invoice.nunique()
    assert result.net_sales.sort_index().to_numpy() == pytest.approx(net.sort_index().to_numpy())
    assert result.orders[result.orders > 0].sort_index().to_dict() == orders.sort_index().to_dict()
