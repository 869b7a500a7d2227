"""The sections on how customers develop: the second order, moves between segments, high value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, ClassVar

from regulars.analyses.customers.high_value import EVERYWHERE
from regulars.analyses.customers.recent_moves import DAYS, column_before
from regulars.analyses.customers.segment_history import NEW
from regulars.analyses.segments.segment_map import segment_map, segments_to_win_back
from regulars.core import formatting
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import distributions
from regulars.insights.findings.guards import FEW_CUSTOMERS
from regulars.insights.parts import Cell, Header, Section, Table
from regulars.insights.periods import Span
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef
from regulars.insights.tables import TOP, cells, headers, with_bar

_AGAIN = ("share", "ordered_again", "customers", "median_days")
_MOVED = ("customers", "share", "net_sales")


def second_orders(scope: Scope) -> Section | None:
    """How soon new customers order again; None without new customers, or for a segment."""
    rows = scope.rows("second_orders", since=None, until=None)
    if scope.has_segment_filter or not any(row["customers"] for row in rows):
        return None
    finding = distributions.second_orders(rows)
    detail = (
        "All customers who first ordered after the first month of the data, in any period. Each "
        "row counts only those whose first order was at least that long ago. Another order on the "
        f"same day is not a second order. {distributions.median_wait(rows)}"
    )
    has_finding = rows[0]["customers"] >= FEW_CUSTOMERS
    return Section(
        "second_orders", "Time to the second order", finding, detail.strip(),
        [_again_table(scope, rows)], has_finding=has_finding,
    )  # fmt: skip


@dataclass(frozen=True)
class MovesOf:
    """Who moved between segments in the last so many days, as a subject that pages show."""

    days: int = DAYS
    name: ClassVar[str] = "moves"

    def __call__(self, scope: Scope) -> Section | None:
        """Return the section; None without customers."""
        days, until = self.days, scope.segment_date
        rows = scope.rows("recent_moves", since=None, until=until, days=days)
        if not rows:
            return None
        topic, last = "Moves between segments", scope.last_scored_day
        before = last - timedelta(days=days)
        if before < scope.whole.first:
            finding = f"Moves need at least {days} days of data"
            return Section(self.name, topic, finding, has_finding=False)
        names = segments_to_win_back(segment_map())
        finding = distributions.moves(rows, names, days)
        if scope.has_segment_filter:
            finding = distributions.moves_of(rows, days)
        detail = (
            f"Segments on {formatting.day(before)} and on {formatting.day(last)}, each scored over "
            f"the whole shop. {NEW}: no order by then."
        )
        moved = [row for row in rows if row["segment_before"] not in (NEW, row["segment"])]
        tables = [_moves_table(scope, moved, days), _matrix(scope, rows, days)]
        return Section(self.name, topic, finding, detail, [one for one in tables if one.rows])


def high_value(scope: Scope) -> Section | None:
    """High-value customers by location; None unless there are at least two locations."""
    every = scope.rows("high_value")
    everywhere = next((row for row in every if row["location"] == EVERYWHERE), None)
    places = [row for row in every if row["location"] not in (EVERYWHERE, None)]
    if everywhere is None or len(places) < 2:
        return None
    detail = (
        "Customers who ordered in the period, by the location of most of their orders. High value: "
        "lifetime net sales in the top fifth, unless the settings have another percentile."
    )
    finding = distributions.high_value(everywhere, places)
    table = _places_table(scope, [everywhere, *places[:TOP]], len(places))
    return Section(
        "high_value", "High-value customers by location", finding, detail, [table],
        period=str(scope.period),
    )  # fmt: skip


def _again_table(scope: Scope, rows: Rows) -> Table:
    cards, lines = scope.cards("second_orders"), []
    for row in rows:
        within = f"within {row['within_days']} days"
        # A filter applies to the first order, which a filter on lines cannot express.
        ref = FigureRef("second_orders", span=scope.whole).of(ordered_again=within)
        refs = {"ordered_again": ref} if row["ordered_again"] and not scope.where else {}
        figures = cells(row, cards, _AGAIN, scope.currency, refs)
        name = Cell(within.capitalize(), style="name")
        lines.append([name, *with_bar(figures, row["share"] or 0)])
    headed = [Header(cards["within_days"].label, is_number=False), *headers(cards, _AGAIN)]
    all_rows = TableRef.of("second_orders", since=None, until=None).encode()
    return Table("New customers who ordered again", headed, lines, style="top", download=all_rows)


def _moves_table(scope: Scope, moved: Rows, days: int) -> Table:
    cards, shown = scope.cards("recent_moves"), moved[:TOP]
    lines = []
    for row in shown:
        refs = {"customers": _move_ref(scope, row, days)}
        figures = cells(row, cards, _MOVED, scope.currency, refs)
        name = Cell(f"{row['segment_before']} → {row['segment']}", style="name")
        lines.append([name, *with_bar(figures, row["customers"] / shown[0]["customers"])])
    more = f", top {TOP} of {len(moved)}" if len(moved) > TOP else ""
    headed = [Header("Move", is_number=False), *headers(cards, _MOVED)]
    return Table(
        f"Largest moves{more}", headed, lines, style="top", download=_all_moves(scope, days)
    )


def _matrix(scope: Scope, rows: Rows, days: int) -> Table:
    """Return all moves, folded: previous segments as rows, current segments as columns."""
    order = [*(segment.name for segment in reversed(segment_map()))]
    found = {(row["segment_before"], row["segment"]): row for row in rows}
    before = [name for name in (*order, NEW) if any(name == one for one, _ in found)]
    now = [name for name in order if any(name == one for _, one in found)]
    lines = [
        [Cell(earlier), *(_matrix_cell(scope, found.get((earlier, later)), days) for later in now)]
        for earlier in before
    ]
    headed = [
        Header("Previous segment", is_number=False),
        *(Header(name, f"Customers who are now in {name}") for name in now),
    ]
    title = "All moves: customers by previous segment (rows) and current segment (columns)"
    return Table(
        title,
        headed,
        lines,
        style="heat moves",
        is_folded=True,
        download=_all_moves(scope, days, "moved_customers"),
    )


def _matrix_cell(scope: Scope, row: Mapping[str, Any] | None, days: int) -> Cell:
    """Return the customers of a move, shaded by their share of the previous segment."""
    if row is None:
        return Cell("", style="blank")
    refs = {"customers": _move_ref(scope, row, days)}
    [cell] = cells(row, scope.cards("recent_moves"), ["customers"], "", refs)
    return replace(cell, heat=round(row["share"], 2))


def _move_ref(scope: Scope, row: Mapping[str, Any], days: int) -> FigureRef:
    span = Span(scope.whole.first, scope.segment_date or scope.whole.last)
    ref = FigureRef("recent_moves", span=span)
    return ref.of(**{column_before(days): row["segment_before"], "segment": row["segment"]})


def _all_moves(scope: Scope, days: int, analysis: str = "recent_moves") -> str:
    until = scope.segment_date.isoformat() if scope.segment_date else None
    return TableRef.of(analysis, since=None, until=until, days=f"{days}").encode()


def _places_table(scope: Scope, rows: Rows, number: int) -> Table:
    cards, columns = scope.cards("high_value"), _value_columns(scope, rows)
    longest = max(row["high_value_customers"] for row in rows[1:]) or 1
    lines = []
    for row in rows:
        place = row["location"]
        is_all = place == EVERYWHERE
        ref = FigureRef("high_value").of(**({} if is_all else {"customer_location": place}))
        refs = {"customers": ref.of(is_known="true")}
        if row["high_value_customers"]:
            refs["high_value_customers"] = ref.of(is_high_value="true")
        bar = None if is_all else row["high_value_customers"] / longest
        figures = with_bar(cells(row, cards, columns, scope.currency, refs), bar)
        lines.append([Cell(place, style="name"), *figures])
    more = f", top {TOP} of {number}" if number > TOP else ""
    headed = [Header(cards["location"].label, is_number=False), *headers(cards, columns)]
    return Table(
        f"Locations by high-value customers{more}", headed, lines, style="top",
        download=TableRef.of("high_value").encode(),
    )  # fmt: skip


def _value_columns(scope: Scope, rows: Rows) -> Sequence[str]:
    """Return the columns to show: the value of an order under any filter, and no discounts of 0."""
    value = [name for name in rows[0] if name.endswith(("order_value", "per_order"))]
    discounts = [name for name in rows[0] if name.endswith("average_discount")]
    has_discounts = any(row[name] for row in rows for name in discounts)
    return [
        "high_value_customers",
        "customers",
        "share",
        *value,
        *(discounts if has_discounts else ()),
    ]
