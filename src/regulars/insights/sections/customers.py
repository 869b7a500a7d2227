"""The sections on customers: who comes, who comes back, and how they stand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from regulars.analyses.customers.rfm import EVERYONE
from regulars.analyses.segments.rfm import BINS, UNMAPPED, segment_map
from regulars.analyses.shared.buyer_types import BUYER, GUESTS, NEW, RETURNING
from regulars.core import formatting
from regulars.core.calendar import months_on
from regulars.insights.charts import charts
from regulars.insights.charts.charts import ACCENT, HATCHED, MUTED, SECOND, Bar
from regulars.insights.figure_ref import Origin
from regulars.insights.findings import customers
from regulars.insights.findings.sales import Say
from regulars.insights.parts import (
    Call,
    Cell,
    Figure,
    Head,
    Map,
    Note,
    Place,
    Section,
    Table,
    cells,
    heads,
)
from regulars.insights.periods import Span, month_of, unfinished
from regulars.insights.scope import Rows, Scope
from regulars.insights.sections.sales import hatched_note, up_to_its_end
from regulars.insights.tables import month_table

COHORTS, MONTHS = 25, 24
_FEW = 50
_NUMBERS = (
    "customers", "share_of_customers", "share_of_net_sales", "recency", "frequency", "monetary",
)  # fmt: skip
AWAY = ("Can't Lose", "At Risk")
"""Segments of those who bought often and have been away, the most valuable first."""

_CUSTOMERS = {"returning": ACCENT, "new": SECOND}
_BUYERS = {**_CUSTOMERS, "guests": MUTED}
_BUYERS_OF = {
    "returning": {BUYER: RETURNING}, "new": {BUYER: NEW}, "guests": {BUYER: GUESTS},
}  # fmt: skip


def new_and_returning(scope: Scope) -> Section:
    """Active customers by month: those in their first, and those who had bought before."""
    rows = up_to_its_end(scope, scope.rows("monthly_customers", since=None, until=None))
    cards, count = scope.cards("monthly_customers"), scope.say("monthly_customers", "active")
    finding = customers.returning(rows, count)
    if not any(row["active"] for row in rows):
        return Section("customers", "New and returning customers", finding, _why_none(scope))
    bars = [bar for row in rows for bar in _parts_of(scope, row, _CUSTOMERS)]
    alt = f"{finding}. {cards['returning'].label} and {cards['new'].label.lower()} by month."
    picture = charts.Columns(bars, sign=None, alt=alt, name="customers", column="month")
    legend = ((ACCENT, cards["returning"].label), (SECOND, cards["new"].label))
    since = formatting.month(scope.whole.first)
    detail = (
        f"{customers.active(rows, count)} A customer is new in the first month in which "
        f"the data, which begin in {since}, know them: the first months call many new who were "
        "not. "
        f"{hatched_note(scope, rows)}"
    )
    known = {"active": {"is_known": "true"}, **_BUYERS_OF}
    table = month_table(scope, "monthly_customers", rows, known)
    return Section(
        "customers", "New and returning customers", finding, detail.strip(),
        [Figure(picture, legend), table],
    )  # fmt: skip


def buyers(scope: Scope) -> Section:
    """Net sales by month to new customers, to returning ones and to guests."""
    name = "monthly_sales_by_customer"
    rows = up_to_its_end(scope, scope.rows(name, since=None, until=None))
    cards, topic = scope.cards(name), "Who brings the sales"
    finding = customers.buyers(rows)
    if not any(row["returning"] or row["new"] for row in rows):
        return Section("buyers", topic, finding, _why_none(scope))
    bars = [bar for row in rows for bar in _parts_of(scope, row, _BUYERS)]
    alt = f"{finding}. {', '.join(cards[part].label for part in _BUYERS)} by month."
    picture = charts.Columns(bars, sign=scope.currency, alt=alt, name="buyers", column="month")
    legend = [(colour, cards[part].label) for part, colour in _BUYERS.items()]
    return Section(
        "buyers", topic, finding, hatched_note(scope, rows),
        [Figure(picture, legend), month_table(scope, name, rows, _BUYERS_OF)],
    )  # fmt: skip


def rfm(scope: Scope) -> Section:
    """The R x F map, and the segments with what to do about each."""
    cells = scope.rows("rfm_map", **_among_everyone(scope))
    rows, people = list({cell["segment"]: cell for cell in cells}.values()), _every_cell(cells)
    count = scope.say("segments", "customers")
    finding = customers.segments(rows, count)
    if not rows:
        return Section("segments", "Customer segments (RFM)", finding, _why_none(scope))
    scored = sum(row["customers"] for row in rows)
    detail = [
        f"Everybody who bought up to {formatting.day(scope.looked_back_to)}, whatever the period; "
        f"recency (R) and frequency (F) scored 1 to {BINS}, {BINS} is best.",
        customers.lapsed_regulars(people, count),
        f"With so few customers ({count(scored)}), scores say little." if scored < _FEW else "",
    ]
    names = _names([row["segment"] for row in rows])
    places = [_place(cell, names, count) for cell in people]
    drawn = Map(places, f"{finding}. Customers by score of recency and of frequency.")
    return Section(
        "segments", "Customer segments (RFM)", finding, " ".join(filter(None, detail)),
        [drawn, _segment_table(scope, rows, names), *_guests(scope)], _call(scope, rows),
    )  # fmt: skip


def retention(scope: Scope) -> Section:
    """Cohorts: of those who first bought in a month, how many bought in each month after."""
    rows, topic = scope.rows("cohorts", since=None), "Who comes back"
    if not rows:
        return Section("cohorts", topic, "There are no customers to follow", _why_none(scope))
    begun_in = scope.whole.first.replace(day=1)
    finding = customers.retention(rows, scope.say("cohorts", "customers"), begun_in)
    seen = [row for row in rows if row["months_since"] and row["is_complete"] is not None]
    if not seen:
        return Section(
            "cohorts", topic, finding, "One month of data says nothing about coming back."
        )
    begun = formatting.month(scope.whole.first)
    detail = (
        "Of the customers who first ordered in a month, the share who ordered in that later month "
        "(in it, not in or after it). Blank: not yet happened. Hatched: unfinished, so too low. "
        f"Whoever had ordered before the data begin stands in {begun}, which the finding "
        "leaves out."
    )
    return Section("cohorts", topic, finding, detail, _cohort_parts(scope, rows, seen))


def _parts_of(scope: Scope, row: Mapping[str, Any], parts: Mapping[str, str]) -> list[Bar]:
    """Return the bars of a month, one for each part in its colour, the first at the bottom."""
    place, member = f"{row['month']:%b %Y}", f"{row['month']:%Y-%m}"
    label = "" if row["is_complete"] else unfinished(row, scope.whole)
    return [
        Bar(place, float(row[part]), colour if row["is_complete"] else HATCHED.get(colour, colour),
            label if n == 0 else "", member)
        for n, (part, colour) in enumerate(parts.items())
    ]  # fmt: skip


def _every_cell(cells: Rows) -> Rows:
    """Return every cell of the map, best recency first, with its segment and its customers."""
    customers = {(cell["r"], cell["f"]): cell["customers_here"] for cell in cells}
    named = segment_map()
    return [
        {
            "r": r, "f": f, "customers": customers.get((r, f), 0),
            "segment": next((s.name for s in named if (r, f) in s.cells), UNMAPPED),
        }
        for r in range(BINS, 0, -1)
        for f in range(1, BINS + 1)
    ]  # fmt: skip


def _among_everyone(scope: Scope) -> dict[str, Any]:
    """Return how RFM is asked: scores are a place among everyone, who is shown is a filter's."""
    if not scope.is_part:
        return {}
    return {"among": EVERYONE, "since": None, "until": scope.standing_on}


def _names(found: Sequence[str]) -> dict[str, int]:
    """Return the number of each segment's colour."""
    known = [segment.name for segment in segment_map()]
    more = [name for name in found if name not in known]
    return {name: number for number, name in enumerate([*known, *more])}


def _place(cell: Mapping[str, Any], names: Mapping[str, int], count: Say) -> Place:
    number = cell["customers"]
    swatch = names.get(cell["segment"], len(names))
    return Place(cell["r"], cell["f"], cell["segment"], count(number), swatch, not number)


def _segment_table(scope: Scope, rows: Rows, names: Mapping[str, int]) -> Table:
    cards, told = scope.cards("segments"), []
    for row in rows:
        figures = dict.fromkeys(_NUMBERS, _origin_of_segment(scope, row["segment"]))
        segment, swatch = row["segment"], names[row["segment"]]
        name = Cell(segment, row["reason"], swatch=swatch, style="name", member=segment)
        to_do = Cell(row["action"], f"{row['offer']}. {row['channel']}.", style="words")
        told.append([name, *cells(row, cards, _NUMBERS, scope.currency, figures), to_do])
    means = ", ".join(cards[name].description for name in ("action", "offer", "channel"))
    first = Head(cards["segment"].label, cards["segment"].description, is_number=False)
    headed = [first, *heads(cards, _NUMBERS), Head(means.capitalize(), is_number=False)]
    return Table("Segments, most valuable first", headed, told, style="cards", column="segment")


def _call(scope: Scope, rows: Rows) -> Call | None:
    """Return whom to win back first: of those who have been away, the segment that spent most.

    None where nobody is in such a segment.
    """
    found = {row["segment"]: row for row in rows}
    away = next((found[name] for name in AWAY if name in found), None)
    if away is None:
        return None
    spent = scope.say("segments", "monetary")(away["monetary"])
    finding = (
        f"{formatting.counted(away['customers'], 'customer', 'customers')} in "
        f"{away['segment']} spent "
        f"{spent} each on average, and have not been back for "
        f"{formatting.counted(round(away['recency']), 'day', 'days')}. {away['action']}"
    )
    origin = replace(_origin_of_segment(scope, away["segment"]), told=f"{away['customers']:,}")
    return Call("Whom to write to", finding, origin.figure("customers"))


def _origin_of_segment(scope: Scope, segment: str) -> Origin:
    """Return where the figures of a segment come from."""
    return Origin("segments", span=_ever(scope)).of(segment=segment)


def _ever(scope: Scope) -> Span:
    """Return all days up to that as of which segments are told."""
    return Span(scope.whole.first, scope.standing_on or scope.whole.last)


def _why_none(scope: Scope) -> str:
    """Return why there may be no customers, and what to do about it."""
    if scope.is_part:
        return "In this view nobody bought, or guests alone did."
    return "Map a column to customer_id in a profile, and build again."


def _guests(scope: Scope) -> list[Note]:
    """Return a note on the sales that belong to no segment, if there are any."""
    ever = _ever(scope)
    worth = scope.measure("net_sales", ever, is_known="false")
    whole = scope.measure("net_sales", ever)
    of_what = "net sales in this view" if scope.where else "the shop's net sales"
    said = customers.guests(worth, whole, scope.say("kpis", "net_sales"), of_what)
    return [Note(said)] if said else []


def _cohort_parts(scope: Scope, rows: Rows, seen: Rows) -> list[Table | Note]:
    """Return the heat table of the latest cohorts, and say what was left out of it."""
    every = sorted({row["cohort"] for row in rows})
    cohorts, steps = every[-COHORTS:], min(max(row["months_since"] for row in seen), MONTHS)
    placed = {(row["cohort"], row["months_since"]): row for row in rows}
    highest = max((row["share"] or 0 for row in seen), default=0) or 1
    cards = scope.cards("cohorts")
    lines = [
        [
            *_cohort_head(scope, placed[cohort, 0]),
            *(_cohort_cell(scope, placed[cohort, step], highest) for step in range(1, steps + 1)),
        ]
        for cohort in cohorts
    ]
    headed = heads(cards, ("cohort", "customers"))
    headed += [Head(str(step), f"{step} months after") for step in range(1, steps + 1)]
    table = Table(
        f"{cards['months_since'].description}, in %", headed, lines, style="heat", column="cohort"
    )
    if cohorts == every:
        return [table]
    return [table, Note(f"The latest {COHORTS} of {len(every)} cohorts are shown.")]


def _cohort_head(scope: Scope, row: Mapping[str, Any]) -> list[Cell]:
    """Return the month of a cohort, which leads to its customers, and how many they are."""
    names = ("cohort", "customers")
    origins = {"customers": _cohort_origin(row)}
    month, size = cells(row, scope.cards("cohorts"), names, scope.currency, origins)
    return [replace(month, member=_cohort(row)), size]


def _cohort_cell(scope: Scope, row: Mapping[str, Any], highest: float) -> Cell:
    if row["share"] is None:
        return Cell("", style="blank")
    [cell] = cells(row, scope.cards("cohorts"), ["share"], "", {"share": _cohort_origin(row)})
    share = cell.text.removesuffix(f"{formatting.SPACE}%")
    style = "" if row["is_complete"] else "part"
    return replace(cell, text=share, heat=round(row["share"] / highest, 2), style=style)


def _cohort_origin(row: Mapping[str, Any]) -> Origin:
    """Return where the figures of a cohort come from: its customers, in one of their months."""
    month = month_of(months_on(row["cohort"], row["months_since"]))
    return Origin("cohorts", span=month).of(cohort=_cohort(row))


def _cohort(row: Mapping[str, Any]) -> str:
    return f"{row['cohort']:%Y-%m}"
