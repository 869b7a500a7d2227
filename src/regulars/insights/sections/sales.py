"""The sales sections: each queries the catalog and returns a finding, charts and tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from regulars.analyses.catalog import is_metric
from regulars.core import formatting
from regulars.insights.charts.charts import ACCENT, INCOMPLETE, Bar, HorizontalBars, VerticalBars
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import sales
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.findings.shared import Formatter, shortened
from regulars.insights.outliers import find_outlier
from regulars.insights.parts import Figure, Headlines, Kpi, Note, Section
from regulars.insights.periods import Comparison, Span, covered_days, incomplete_months
from regulars.insights.scope import Rows, Scope
from regulars.insights.sections.places_map import places_map
from regulars.insights.sections.short_trend import short_trend
from regulars.insights.tables import month_table, named, top_table

MAIN = (
    "net_sales", "orders", "customers", "average_order_value", "net_sales_per_order",
    "average_basket",
)  # fmt: skip
"""The main headline figures; which of them say what an order is worth depends on the filters."""

LEFT_OUT = "adjustments"
TOO_FEW = f"One of the periods has fewer than {FEW_ORDERS} orders, so changes may be random."
_DIMENSIONS = {"product": "Products", "category": "Categories", "subcategory": "Subcategories"}
_SOFT = "var(--accent-soft)"
_HOME = 0.5


def headlines(
    scope: Scope, compared: Comparison, *, has_discounts: bool | None = None
) -> Headlines:
    """Return the headline figures of a period and their changes from the earlier one.

    has_discounts  whether the shop gives discounts; if None, this is looked up, and the figures
                   of all data are added to those of a comparison
    """
    if scope.has_segment_filter and compared.before:
        compared = compared.without_earlier(sales.OF_SEGMENT)
    now = _kpis(scope, compared.now)
    before = _kpis(scope, compared.before) if compared.before else {}
    overall = _kpis(scope, scope.whole) if has_discounts is None else {}
    is_significant = not before or min(now["orders"], before["orders"]) >= FEW_ORDERS
    values = _Values(now, before, overall if before else {}, compared, is_significant)
    kpis = {
        name: _kpi(scope, name, values)
        for name in now
        if name != "discounts" or has_discounts or overall.get(name)
    }
    main = [kpis.pop(name) for name in MAIN if name in kpis]
    left_out = kpis.pop(LEFT_OUT)
    money = scope.formatter("kpis", MAIN[0])
    amount = money(now[MAIN[0]])
    finding = sales.headline(main[0].label, amount, main[0].change, str(compared.before))
    detail = [compared.words, "" if is_significant else TOO_FEW, compared.why_none]
    earlier = compared.before if is_significant else None
    if earlier and (outlier := find_outlier(scope, compared.now, earlier)):
        finding = outlier.named(finding, money)
        detail.append(outlier.without(money))
    return Headlines(
        main, list(kpis.values()), finding, " ".join(filter(None, detail)),
        left_out if now[LEFT_OUT] else None,
    )  # fmt: skip


def trend(scope: Scope) -> Section:
    """Net sales by month, or by day or week in short periods."""
    if short := short_trend(scope, "trend", "Sales"):
        return short
    rows, money = scope.recent(scope.months), scope.formatter("monthly_sales", "net_sales")
    is_trend = not scope.has_segment_filter
    finding = (sales.trend if is_trend else sales.latest)(rows, money)
    last = next((row for row in reversed(rows) if row["is_complete"]), None)
    bars = [_month_bar(scope, row, money, is_last=row is last) for row in rows]
    alt = f"{finding}. {_range(rows, 'net_sales', money)}"
    chart = VerticalBars(bars, scope.currency, alt, "trend", column="month")
    detail = sales.trend_detail(rows, money) if is_trend else sales.OF_SEGMENT
    return Section(
        "trend", "Sales by month", finding,
        f"{detail} {incomplete_months(rows, scope.whole)}".strip(),
        [Figure(chart), month_table(scope, "monthly_sales", rows)], has_finding=is_trend,
        period=scope.months_shown(rows), money=sales.record(rows) if is_trend else None,
    )  # fmt: skip


def products(scope: Scope) -> Section:
    """Bestselling products and, if the data has them, categories."""
    rows = {by: named(scope.rows("sales_by", by=by), by) for by in scope.available(_DIMENSIONS)}
    rows = {by: found for by, found in rows.items() if found}
    if not rows:
        return _empty(
            scope, "products", "Products", "The data has no products or categories",
            "Map a column to product_id, product_name or category in a profile and build again.",
        )  # fmt: skip
    tables = [top_table(scope, found, by, _DIMENSIONS[by]) for by, found in rows.items()]
    by, found = next(iter(rows.items()))
    finding = _leaders(scope, found, by, sales.leaders(found, by))
    return _claim(scope, Section("products", "Products", finding, parts=tables))


def discounts(scope: Scope) -> Section | None:
    """Sales by discount; None if the shop gives no discounts."""
    if set(scope.warehouse.values("discount_band")) <= {sales.NO_DISCOUNT}:
        return None
    name, topic = "discounts", "Discounts"
    if "discount_band" in scope.where:
        why = "Not shown for one discount"
        return _silent(scope, name, topic, why, "Remove the discount filter to compare discounts.")
    bands = scope.rows("discount_bands")
    if not any(band["band"] != sales.NO_DISCOUNT for band in bands):
        return _silent(
            scope, name, topic, "No discounts in this view", "Everything was sold at full price."
        )
    finding = sales.discounted(bands, scope.measure("average_discount"))
    bars = [
        _bar(
            scope, "discount_bands", row, row["band"],
            fill=_SOFT if row["band"] == sales.NO_DISCOUNT else ACCENT,
        )
        for row in bands
    ]  # fmt: skip
    chart = _horizontal(bars, finding, "discounts", "discount_band")
    detail = "Sales before returns, by line discount."
    return _claim(scope, Section("discounts", "Discounts", finding, detail, [Figure(chart)]))


def places(scope: Scope) -> Section | None:
    """Sales by location: countries on a map, and the largest in a table.

    None if the locations are the stores.
    """
    if "location" not in scope.places and "store" in scope.places:
        return None
    rows = scope.rows("sales_by", by="location")
    known = named(rows, "location")
    if not known:
        return _empty(
            scope, "places", "Locations", "The data has no locations",
            "Map a column to location in a profile and build again.",
        )  # fmt: skip
    home = known[0] if len(known) > 1 and (known[0]["share"] or 0) >= _HOME else None
    finding = _leaders(scope, rows, "location", sales.home_market(rows))
    table = top_table(scope, known, "location", "Locations", barless=1 if home else 0)
    detail = _home_note(home)
    world = places_map(scope, rows, finding)
    if world is None:
        return _claim(scope, Section("places", "Locations", finding, detail, [table]))
    notes = [Note(detail)] if detail else []
    return _claim(scope, Section("places", "Locations", finding, parts=[world, *notes, table]))


def stores(scope: Scope) -> Section | None:
    """Sales by store; None if the shop has no stores."""
    if "store" not in scope.places:
        return None
    known = named(scope.rows("sales_by", by="store"), "store")
    if not known:
        return _empty(scope, "stores", "Stores", "No sales in any store", "")
    finding = _leaders(scope, known, "store", sales.leaders(known, "store"))
    table = top_table(scope, known, "store", "Stores")
    return _claim(scope, Section("stores", "Stores", finding, parts=[table]))


def _leaders(scope: Scope, rows: Rows, by: str, finding: str) -> str:
    """Return a finding on who leads; of a single member, as under a filter, only its sales."""
    if len(rows) != 1 or rows[0][by] is None:
        return finding
    return sales.only_member(rows[0], by, scope.formatter("sales_by", "net_sales"))


def _claim(scope: Scope, section: Section) -> Section:
    """Return a section whose heading says how few orders it is based on, if they are few."""
    finding = sales.qualified(section.finding, scope.orders)
    return replace(
        section, finding=finding, has_finding=section.has_finding and finding == section.finding,
        period=str(scope.period),
    )  # fmt: skip


def _empty(scope: Scope, name: str, topic: str, finding: str, what_to_do: str) -> Section:
    """Return a section without data: a column is missing, or the view has no sales."""
    if scope.is_part and not scope.rows("sales_by", by="location"):
        return _silent(
            scope, name, topic, "No sales in this view", "Choose other dates or filters."
        )
    return Section(name, topic, finding, what_to_do)


def _silent(scope: Scope, name: str, topic: str, why: str, what_to_do: str) -> Section:
    """Return a section that says why the view leaves it nothing to show."""
    return Section(name, topic, why, what_to_do, has_finding=False, period=str(scope.period))


@dataclass(frozen=True)
class _Values:
    """Headline figures by name: of the period, the earlier period, and all data."""

    now: Mapping[str, Any]
    before: Mapping[str, Any]
    overall: Mapping[str, Any]
    compared: Comparison
    is_significant: bool


def _kpis(scope: Scope, span: Span) -> dict[str, Any]:
    [row] = scope.rows("kpis", since=span.first, until=span.last)
    return row


def _kpi(scope: Scope, name: str, values: _Values) -> Kpi:
    card, currency = scope.cards("kpis")[name], scope.currency

    def write(row: Mapping[str, Any]) -> str:
        return formatting.headline(row[name], card, currency) if row else ""

    now, before = values.now, values.before
    value, earlier, change, ref = write(now), write(before), None, FigureRef("kpis")
    if not is_metric(name, card):
        ref = replace(ref, shown=value)
    if before:
        change = formatting.change(now[name], before[name], card)
    if change and change.arrow != "■":
        value, earlier = formatting.tell_apart(now[name], before[name], card, currency)
    if change and not values.is_significant:
        change = replace(change, verdict="neutral")
    return Kpi(
        name, card.label, value, change, earlier, values.compared.earlier, write(values.overall),
        card.description, ref.encode(name),
        replace(ref, span=values.compared.before).encode(name) if before else "",
    )  # fmt: skip


def _month_bar(scope: Scope, row: Mapping[str, Any], money: Formatter, *, is_last: bool) -> Bar:
    """Return the bar of a month; the last complete one stands out."""
    name, value, member = f"{row['month']:%b %Y}", float(row["net_sales"]), f"{row['month']:%Y-%m}"
    amount = money(row["net_sales"])
    if not row["is_complete"]:
        covered = covered_days(row, scope.whole)
        return Bar(name, value, INCOMPLETE[ACCENT], covered, member, text=f"{amount}, {covered}")
    fill, label = (ACCENT, amount) if is_last else (_SOFT, "")
    return Bar(name, value, fill, label, member, text=amount)


def _bar(
    scope: Scope, analysis: str, row: Mapping[str, Any], member: str, *, name: str = "",
    fill: str = ACCENT,
) -> Bar:  # fmt: skip
    """Return a bar of net sales, labelled with the amount and the share."""
    label = scope.formatter(analysis, "net_sales")(row["net_sales"])
    if row["share"] is not None:
        label = f"{label}  ·  {formatting.text(row['share'], scope.cards(analysis)['share'])}"
    return Bar(name or member, float(row["net_sales"]), fill, label, member)


def _horizontal(bars: Sequence[Bar], finding: str, name: str, column: str) -> HorizontalBars:
    labels = "; ".join(f"{bar.category}: {bar.label}" for bar in bars)
    return HorizontalBars(bars, f"{finding}. {labels}.", name, column)


def _range(rows: Rows, column: str, write: Formatter) -> str:
    """Return the months of a chart and the range of its values."""
    first, last = (formatting.month(rows[n]["month"]) for n in (0, -1))
    complete = [row[column] for row in rows if row["is_complete"]]
    values = complete or [row[column] for row in rows]
    return f"{first} to {last}, between {write(min(values))} and {write(max(values))} a month."


def _home_note(home: Mapping[str, Any] | None) -> str:
    """Return which location has no bar."""
    if home is None:
        return ""
    name = shortened(home["location"])
    return f"{name} has no bar: the others would be too small to compare."
