"""The customer sections: who comes back, and the RFM segments."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from regulars.analyses.segments.scores import BINS
from regulars.analyses.segments.segment_map import UNMAPPED, segment_map, segments_to_win_back
from regulars.core import formatting
from regulars.core.calendar import month_start
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import customers
from regulars.insights.parts import (
    CallToAction,
    Cell,
    Header,
    Note,
    RfmCell,
    RfmMap,
    Section,
    Table,
)
from regulars.insights.periods import Span, month_of
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import TableRef
from regulars.insights.tables import cells, headers

COHORTS, MONTHS = 25, 24
_FEW = 50
_OF_SEGMENT = (
    "Customers are in a segment because of when and how often they ordered, so this history would "
    "only repeat how they were chosen. Remove the segment filter to see it."
)
_SEGMENT_COLUMNS = (
    "customers", "share_of_customers", "share_of_net_sales", "recency", "frequency", "monetary",
    "median_monetary",
)  # fmt: skip


def rfm(scope: Scope) -> Section:
    """The R x F map, and the segments with an action for each."""
    topic = "Customer segments (RFM)"
    scored = scope.rows("rfm_map", **_up_to_now(scope))
    rows, grid = list({cell["segment"]: cell for cell in scored}.values()), _grid(scored)
    count = scope.formatter("segments", "customers")
    finding = customers.segments(rows, count)
    if not rows:
        return Section("segments", topic, finding, why_none(scope))
    number = sum(row["customers"] for row in rows)
    is_chosen = scope.has_segment_filter and len(rows) == 1
    if is_chosen:
        finding = f"{rows[0]['segment']}: {formatting.counted(number, 'customer', 'customers')}"
    detail = [
        f"All customers who had bought by {formatting.day(scope.last_scored_day)}, whatever the "
        f"selected period. Recency (R) and frequency (F) are scored from 1 to {BINS} (best).",
        customers.lapsed_regulars(grid, count),
        f"Scores mean little with so few customers ({count(number)})." if number < _FEW else "",
    ]
    swatches = _swatches([row["segment"] for row in rows])
    rfm_map = RfmMap(
        [
            RfmCell(
                cell["r"], cell["f"], cell["segment"], count(cell["customers"]),
                swatches.get(cell["segment"], len(swatches)), not cell["customers"],
            )
            for cell in grid
        ],
        f"{finding}. Customers by recency score and frequency score.",
    )  # fmt: skip
    return Section(
        "segments", topic, finding, " ".join(filter(None, detail)),
        [rfm_map, _segment_table(scope, rows, swatches), *_guests(scope)], _win_back(scope, rows),
        has_finding=not is_chosen, period=f"to {formatting.day(scope.last_scored_day)}",
    )  # fmt: skip


def retention(scope: Scope) -> Section:
    """Cohorts by month of the first order: how many customers bought in each later month."""
    rows, topic = scope.rows("cohorts", since=None), "Who comes back"
    if not rows:
        return Section("cohorts", topic, "No known customers to track", why_none(scope))
    if scope.has_segment_filter:
        return not_of_segments("cohorts", topic)
    first_month = scope.whole.first.replace(day=1)
    finding = customers.retention(rows, scope.formatter("cohorts", "customers"), first_month)
    seen = [row for row in rows if row["months_since"] and row["is_complete"] is not None]
    if not seen:
        detail = "One month of data cannot show who comes back."
        return Section("cohorts", topic, finding, detail)
    detail = (
        "Of the customers who first ordered in a month, the share who ordered again in each later "
        "month. Blank: still to come. Hatched: the month is incomplete, so the share is too low. "
        f"The headline leaves out {formatting.month(scope.whole.first)}, because it includes "
        "everyone who had ordered before the data starts."
    )
    shown = f"to {formatting.day(scope.period.last)}"
    return Section(
        "cohorts", topic, finding, detail, _cohort_parts(scope, rows, seen), period=shown
    )


def _grid(scored: Rows) -> Rows:
    """Return all cells of the R x F map, best recency first, with segment and customers.

    Customers of several segments can have the same scores; the cell shows the largest.
    """
    customers: Counter[tuple[int, int]] = Counter()
    largest: dict[tuple[int, int], str] = {}
    for row in sorted(scored, key=lambda row: int(row["customers_here"])):
        customers[row["r"], row["f"]] += row["customers_here"]
        largest[row["r"], row["f"]] = row["segment"]
    segments = segment_map()
    return [
        {
            "r": r, "f": f, "customers": customers[r, f],
            "segment": largest.get((r, f))
            or next((s.name for s in segments if (r, f) in s.cells), UNMAPPED),
        }
        for r in range(BINS, 0, -1)
        for f in range(1, BINS + 1)
    ]  # fmt: skip


def _up_to_now(scope: Scope) -> dict[str, Any]:
    """Return options for all customers up to the day of the segments, whatever the period."""
    return {"since": None, "until": scope.segment_date} if scope.is_part else {}


def _swatches(found: Sequence[str]) -> dict[str, int]:
    """Return the colour number of each segment."""
    mapped = [segment.name for segment in segment_map()]
    unmapped = [name for name in found if name not in mapped]
    return {name: number for number, name in enumerate([*mapped, *unmapped])}


def _segment_table(scope: Scope, rows: Rows, swatches: Mapping[str, int]) -> Table:
    cards, lines = scope.cards("segments"), []
    for row in rows:
        segment = row["segment"]
        refs = dict.fromkeys(_SEGMENT_COLUMNS, _segment_ref(scope, segment))
        name = Cell(segment, row["reason"], swatch=swatches[segment], style="name", member=segment)
        how = " ".join(f"{row[name]}." for name in ("offer", "channel") if row[name])
        action = Cell(row["action"], how, style="words")
        figures = cells(row, cards, _SEGMENT_COLUMNS, scope.currency, refs)
        lines.append([name, *figures, action])
    actions = ", ".join(cards[name].description for name in ("action", "offer", "channel"))
    headed = [
        *headers(cards, ("segment", *_SEGMENT_COLUMNS)),
        Header(actions.capitalize(), is_number=False),
    ]
    until = scope.segment_date.isoformat() if scope.segment_date else None
    all_rows = TableRef.of("segments", since=None, until=until).encode()
    return Table(
        "Segments, most valuable first", headed, lines, style="cards", column="segment",
        download=all_rows,
    )  # fmt: skip


def _win_back(scope: Scope, rows: Rows) -> CallToAction | None:
    """Return the first segment to win back that has customers; None if all are empty."""
    found = {row["segment"]: row for row in rows}
    names = segments_to_win_back(segment_map())
    away = next((found[name] for name in names if name in found), None)
    if away is None:
        return None
    money = scope.formatter("segments", "monetary")
    mean, median = money(away["monetary"]), money(away["median_monetary"])
    spent = f"{mean} each" if mean == median else f"a median of {median} ({mean} on average)"
    finding = (
        f"{formatting.counted(away['customers'], 'customer', 'customers')} in {away['segment']} "
        f"spent {spent} and have not been back for "
        f"{formatting.counted(round(away['recency']), 'day', 'days')}. {away['action']}"
    )
    ref = replace(_segment_ref(scope, away["segment"]), shown=f"{away['customers']:,}")
    spending = Decimal(str(away["monetary"])) * away["customers"]
    return CallToAction("Who to contact", finding, ref.encode("customers"), spending)


def _segment_ref(scope: Scope, segment: str) -> FigureRef:
    return FigureRef("segments", span=_up_to_segment_date(scope)).of(segment=segment)


def _up_to_segment_date(scope: Scope) -> Span:
    return Span(scope.whole.first, scope.segment_date or scope.whole.last)


def not_of_segments(name: str, topic: str) -> Section:
    """Return a section without figures: those of today's members mislead about the past."""
    finding = "Not available for a segment"
    return Section(name, topic, finding, _OF_SEGMENT, has_finding=False)


def why_none(scope: Scope) -> str:
    """Return why there are no customers, or what to do about it."""
    if scope.is_part and "true" in scope.warehouse.values("is_known"):
        return "No known customer bought anything in this view."
    return "Map a column to customer_id in a profile and build again."


def _guests(scope: Scope) -> list[Note]:
    """Return a note on sales to guests, who are in no segment; none if they are a trace."""
    span = _up_to_segment_date(scope)
    amount = scope.measure("net_sales", span, is_known="false")
    whole = scope.measure("net_sales", span)
    of_what = "net sales in this view" if scope.where else "the shop's net sales"
    sentence = customers.guests(amount, whole, scope.formatter("kpis", "net_sales"), of_what)
    return [Note(sentence)] if sentence else []


def _cohort_parts(scope: Scope, rows: Rows, seen: Rows) -> list[Table | Note]:
    """Return the heat map of the latest cohorts, with a note if it leaves some out."""
    every = sorted({row["cohort"] for row in rows})
    cohorts, steps = every[-COHORTS:], min(max(row["months_since"] for row in seen), MONTHS)
    by_step = {(row["cohort"], row["months_since"]): row for row in rows}
    highest = max((row["share"] or 0 for row in seen), default=0) or 1
    cards = scope.cards("cohorts")
    lines = [
        [
            *_cohort_head(scope, by_step[cohort, 0]),
            *(_cohort_cell(scope, by_step[cohort, step], highest) for step in range(1, steps + 1)),
        ]
        for cohort in cohorts
    ]
    headed = headers(cards, ("cohort", "customers"))
    headed += [
        Header(str(step), f"{formatting.counted(step, 'month', 'months')} after the first order")
        for step in range(1, steps + 1)
    ]
    title = "Customers who ordered again (%), by months after their first order"
    all_rows = TableRef.of("cohorts", since=None).encode()
    table = Table(title, headed, lines, style="heat", column="cohort", download=all_rows)
    if cohorts == every:
        return [table]
    return [table, Note(f"Showing the latest {COHORTS} of {len(every)} cohorts.")]


def _cohort_head(scope: Scope, row: Mapping[str, Any]) -> list[Cell]:
    """Return the month of a cohort and its size; a click on the month filters by the cohort."""
    columns, refs = ("cohort", "customers"), {"customers": _cohort_ref(row)}
    month, size = cells(row, scope.cards("cohorts"), columns, scope.currency, refs)
    return [replace(month, member=f"{row['cohort']:%Y-%m}"), size]


def _cohort_cell(scope: Scope, row: Mapping[str, Any], highest: float) -> Cell:
    if row["share"] is None:
        return Cell("", style="blank")
    [cell] = cells(row, scope.cards("cohorts"), ["share"], "", {"share": _cohort_ref(row)})
    return replace(
        cell, text=cell.text.removesuffix("%"), heat=round(row["share"] / highest, 2),
        style="" if row["is_complete"] else "incomplete",
    )  # fmt: skip


def _cohort_ref(row: Mapping[str, Any]) -> FigureRef:
    """Return a reference to a cohort's customers in one of its months."""
    month = month_of(month_start(row["cohort"], row["months_since"]))
    return FigureRef("cohorts", span=month).of(cohort=f"{row['cohort']:%Y-%m}")
