"""The sections on sales: each asks the catalogue, and says, draws and lists what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from regulars.core import formatting
from regulars.insights.charts import charts
from regulars.insights.charts.charts import ACCENT, HATCHED, Bar
from regulars.insights.figure_ref import Origin
from regulars.insights.findings import sales
from regulars.insights.parts import Figure, Headlines, Kpi, Note, Section
from regulars.insights.periods import Comparison, Span, unfinished
from regulars.insights.scope import Rows, Scope
from regulars.insights.sections.places_map import places_map
from regulars.insights.tables import TOP, month_table, named, top_table

FEW_ORDERS = 30
"""With fewer in a period, a change on it may be chance, and is neither good nor bad."""

CHIEF = ("net_sales", "orders", "customers", "average_order_value")
MONTHS = 25
_GOODS = {"product": "Products", "category": "Categories", "subcategory": "Subcategories"}
TOO_FEW = f"With fewer than {FEW_ORDERS} orders in one of them, a change may be chance."
_SOFT = "var(--accent-soft)"
_HOME = 0.5


def headlines(
    scope: Scope, compared: Comparison, *, has_discounts: bool | None = None
) -> Headlines:
    """Return the headline figures of a period, with how they moved against the one before.

    has_discounts  whether the shop gives any; unless that is told, all of the data is asked, and
                   told beside the periods that are compared
    """
    now = _kpis(scope, compared.now)
    before = _kpis(scope, compared.before) if compared.before else {}
    whole = _kpis(scope, scope.whole) if has_discounts is None else {}
    is_telling = not before or min(now["orders"], before["orders"]) >= FEW_ORDERS
    told = {
        name: _kpi(
            scope, name, now, before, whole if before else {}, compared.before,
            is_telling=is_telling,
        )
        for name in now
        if name != "discounts" or has_discounts or whole.get(name)
    }  # fmt: skip
    chief, others = [told[name] for name in CHIEF], [told[n] for n in told if n not in CHIEF]
    finding = sales.headline(
        chief[0].label, scope.say("kpis", CHIEF[0])(now[CHIEF[0]]), chief[0].change,
        str(compared.before),
    )  # fmt: skip
    words = compared.words if is_telling else f"{compared.words} {TOO_FEW}"
    return Headlines(chief, others, finding, words, compared.why_none)


def trend(scope: Scope) -> Section:
    """Net sales by month."""
    rows, money = up_to_its_end(scope, scope.months), scope.say("monthly_sales", "net_sales")
    finding = sales.trend(rows, money)
    whole = [row for row in rows if row["is_complete"]]
    last = whole[-1] if whole else None
    bars = [_month_bar(scope, row, row is last, money) for row in rows]
    alt = f"{finding}. {_extent(rows, 'net_sales', money)}"
    picture = charts.Columns(bars, sign=scope.currency, alt=alt, name="trend", column="month")
    return Section(
        "trend", "Sales by month", finding,
        f"{sales.trend_detail(rows, money)} {hatched_note(scope, rows)}".strip(),
        [Figure(picture), month_table(scope, "monthly_sales", rows)],
    )  # fmt: skip


def products(scope: Scope) -> Section:
    """What sells most, by product and, where the data have them, by category."""
    found = {by: named(scope.rows("sales_by", by=by), by) for by in scope.known(_GOODS)}
    tables = [top_table(scope, rows, by, _GOODS[by]) for by, rows in found.items() if rows]
    if not tables:
        return _nothing(
            scope, "products", "Products", "The data do not say what was sold",
            "Map a column to product_id, product_name or category in a profile, and build again.",
        )  # fmt: skip
    leading = next(by for by, rows in found.items() if rows)
    return Section("products", "Products", sales.leaders(found[leading], leading), parts=tables)


def discounts(scope: Scope) -> Section | None:
    """What is sold at which discount; None where nothing is, or some alone is asked about."""
    if "discount_band" in scope.where:
        return None
    bands = scope.rows("discount_bands")
    if not any(band["band"] != sales.NO_DISCOUNT for band in bands):
        return None
    finding = sales.discounted(bands, scope.measure("average_discount"))
    say, card = scope.say("discount_bands", "net_sales"), scope.cards("discount_bands")["share"]
    bars = [
        Bar(
            row["band"], float(row["net_sales"]),
            _SOFT if row["band"] == sales.NO_DISCOUNT else ACCENT,
            _with_share(say(row["net_sales"]), row["share"], card), row["band"],
        )
        for row in bands
    ]  # fmt: skip
    picture = charts.Lying(
        bars, alt=f"{finding}. {_bars_in_words(bars)}", name="discounts", column="discount_band"
    )
    detail = "Sales before returns, by the discount on the line; the upper end is included."
    return Section("discounts", "Discounts", finding, detail, [Figure(picture)])


def places(scope: Scope) -> Section:
    """Where orders come from: countries on a map, and all but the home market as bars."""
    rows = scope.rows("sales_by", by="location")
    known = named(rows, "location")
    if not known:
        return _nothing(
            scope, "places", "Places", "The data do not say where orders come from",
            "Map a column to location in a profile, and build again.",
        )  # fmt: skip
    home = known[0] if len(known) > 1 and (known[0]["share"] or 0) >= _HOME else None
    shown = [row for row in known if row is not home][:TOP]
    finding, say = sales.home_market(rows), scope.say("sales_by", "net_sales")
    share = scope.cards("sales_by")["share"]
    names = _told_apart([row["location"] for row in shown])
    bars = [
        Bar(name, float(row["net_sales"]), ACCENT,
            _with_share(say(row["net_sales"]), row["share"], share), row["location"])
        for name, row in zip(names, shown, strict=True)
    ]  # fmt: skip
    picture = charts.Lying(
        bars, alt=f"{finding}. {_bars_in_words(bars)}", name="places", column="location"
    )
    table = top_table(scope, known, "location", "Places", is_folded=True)
    detail = _outside(scope, home, known, len(shown))
    on_map = places_map(scope, rows, finding)
    if on_map is None:
        return Section("places", "Places", finding, detail, [Figure(picture), table])
    notes = [Note(detail)] if detail else []
    return Section("places", "Places", finding, parts=[on_map, *notes, Figure(picture), table])


def _told_apart(names: Sequence[str]) -> list[str]:
    """Return names that fit beside a bar, whole where two would be alike: theirs would be one."""
    short = [sales.shortened(name) for name in names]
    return [one if short.count(one) == 1 else name for one, name in zip(short, names, strict=True)]


def _nothing(scope: Scope, name: str, topic: str, finding: str, what_to_do: str) -> Section:
    """Return a section of nothing: the data lack a column, or the view has no sales."""
    if scope.is_part and not scope.rows("sales_by", by="location"):
        return Section(
            name, topic, "Nothing was sold in this view", "Choose other days or filters."
        )
    return Section(name, topic, finding, what_to_do)


def up_to_its_end(scope: Scope, months: Rows) -> Rows:
    """Return the months that lead to the end of the days asked about; all where all days are."""
    if not scope.span:
        return months
    return [row for row in months if row["month"] <= scope.span.last][-MONTHS:]


def hatched_note(scope: Scope, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return what is to be said of unfinished months, if there are any."""
    told = [
        f"{formatting.month(row['month'])} is in the data {unfinished(row, scope.whole)} only"
        for row in rows
        if not row["is_complete"]
    ]
    if not told:
        return ""
    return f"{'; '.join(told)}: hatched, and compared with nothing."


def _kpis(scope: Scope, span: Any) -> dict[str, Any]:
    [row] = scope.rows("kpis", since=span.first, until=span.last)
    return row


def _kpi(
    scope: Scope, name: str, now: Mapping[str, Any], before: Mapping[str, Any],
    whole: Mapping[str, Any], days_before: Span | None, *, is_telling: bool,
) -> Kpi:  # fmt: skip
    card = scope.cards("kpis")[name]

    def write(row: Mapping[str, Any]) -> str:
        return formatting.headline(row[name], card, scope.currency) if row else ""

    moved = formatting.change(now[name], before[name], card) if before else None
    if moved and not is_telling:
        moved = replace(moved, verdict="neutral")
    value, stood = write(now), write(before)
    if moved and moved.arrow != "■":
        value, stood = formatting.tell_apart(now[name], before[name], card, scope.currency)
    origin = Origin("kpis")
    return Kpi(
        name, card.label, value, moved, stood, write(whole), card.description,
        origin.figure(name), replace(origin, span=days_before).figure(name) if before else "",
    )  # fmt: skip


def _month_bar(scope: Scope, row: Mapping[str, Any], is_last: bool, money: sales.Say) -> Bar:
    place, value, member = f"{row['month']:%b %Y}", float(row["net_sales"]), f"{row['month']:%Y-%m}"
    if not row["is_complete"]:
        return Bar(place, value, HATCHED[ACCENT], unfinished(row, scope.whole), member)
    fill, label = (ACCENT, money(row["net_sales"])) if is_last else (_SOFT, "")
    return Bar(place, value, fill, label, member)


def _extent(rows: Sequence[Mapping[str, Any]], column: str, say: sales.Say) -> str:
    """Return from when to when a chart goes, and between which values."""
    first, last = (formatting.month(rows[n]["month"]) for n in (0, -1))
    whole = [row[column] for row in rows if row["is_complete"]] or [row[column] for row in rows]
    return f"{first} to {last}, between {say(min(whole))} and {say(max(whole))} a month."


def _outside(scope: Scope, home: Any, known: Rows, shown: int) -> str:
    if home is None:
        return "" if len(known) <= shown else f"The first {shown} of {len(known):,} places."
    card = scope.cards("sales_by")["net_sales"]
    worth = formatting.headline(home["net_sales"], card, scope.currency)
    others = f"The first {shown} of the others" if len(known) - 1 > shown else "All others"
    name = sales.shortened(home["location"])
    return f"{name} itself, {worth}, is left out of the chart. {others}:"


def _with_share(value: str, share: Any, card: Any) -> str:
    return value if share is None else f"{value}  ·  {formatting.text(share, card)}"


def _bars_in_words(bars: Sequence[Bar]) -> str:
    return "; ".join(f"{bar.place}: {bar.label}" for bar in bars) + "."
