"""The section on the data: what was read, what became of it, and how it was understood."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from regulars import present
from regulars.catalog import METRICS
from regulars.define import ColumnCard
from regulars.report.shop import Rows, Shop
from regulars.report.views import Cell, Head, Note, Section, Table

_ROWS = ColumnCard("Rows", "count", "Rows, as the source itself counts them", ",d")
_MONEY = Head("Money", "Quantity times price, less discounts")
_WENT = ("accepted", "quarantined", "replaced")
_REPEATED = {
    "replace": "the later copy counts, the earlier one is kept aside",
    "error": "the later copy counts, the earlier one is kept aside",
    "union": "a line counts as often as the source that has it most often",
    "keep": "every copy counts",
}


def quality(shop: Shop) -> Section:
    """Rows and money read, and what became of them, to the penny."""
    tallies = [row | {"amount": row["amount"] or Decimal(0)} for row in shop.ledger("load_tallies")]
    read = _of(tallies, ("read",))
    balanced = _sum(read) == _sum(_of(tallies, _WENT))
    finding = _finding(_sum(read)[0], balanced)
    parts = [
        _balance(shop, tallies),
        _reasons(shop),
        Note(_orders(shop.warehouse.facts)),
        _sources(shop, tallies),
    ]
    return Section("quality", "Where the figures come from", finding, _made(shop), parts)


def release() -> str:
    """Return the version of Regulars, empty where it was not installed."""
    try:
        return version("regulars")
    except PackageNotFoundError:
        return ""


def _finding(rows: int, balanced: bool) -> str:
    read = present.text(rows, _ROWS)
    if not balanced:
        return f"The {read} rows read are not all accounted for: build the warehouse again"
    return f"All {read} rows read are accounted for, to the penny"


def _balance(shop: Shop, tallies: Rows) -> Table:
    """Return the table that adds up: read = accepted by kind + quarantined + replaced."""
    lines = [("Read", "", *_sum(_of(tallies, ("read",))))]
    for kind in dict.fromkeys(row["kind"] for row in _largest_first(tallies)):
        sums = _sum(row for row in _of(tallies, ("accepted",)) if row["kind"] == kind)
        if sums[0]:
            lines.append((f"Accepted: {kind}", "", *sums))
    lines.append(("Quarantined", "cannot be understood", *_sum(_of(tallies, ("quarantined",)))))
    lines.append(("Replaced", "their order came again", *_sum(_of(tallies, ("replaced",)))))
    rows, worth = _sum(_of(tallies, _WENT))
    lines.append(("Accounted for", "", rows, worth))
    money = present.exact([line[3] for line in lines], shop.currency)
    told = [
        [Cell(name, note, style="name"), Cell(present.text(rows, _ROWS)), Cell(amount)]
        for (name, note, rows, _), amount in zip(lines, money, strict=True)
    ]
    headed = [Head("What became of it", is_number=False), _head(_ROWS), _MONEY]
    return Table("Reconciliation", headed, told, style="sum")


def _reasons(shop: Shop) -> Table | Note:
    reasons = shop.ledger("load_reasons")
    if not reasons:
        return Note("No row had to be quarantined: all of them could be understood.")
    told = [[Cell(row["reason"]), Cell(present.text(row["rows"], _ROWS))] for row in reasons]
    headed = [Head("Reason", "A row can fail for several", is_number=False), _head(_ROWS)]
    return Table("Why rows were quarantined", headed, told)


def _orders(facts: Mapping[str, str]) -> str:
    """Say what is known of orders that came twice and lines that stand twice."""
    said = ["No order stands in more than one source."]
    repeated, differing = int(facts["repeated_orders"]), facts["differing_orders"]
    if repeated:
        ids = differing.split(", ") if differing else []
        said = [f"{_counted(repeated, 'order')} in more than one source: "
                f"{_REPEATED[facts['repeats_policy']]}."]  # fmt: skip
        said.append(
            f"{_counted(len(ids), 'of them differ', plural='of them differ')} between sources: "
            f"{', '.join(ids[:5])}{', …' if len(ids) > 5 else ''}."
            if ids
            else "All copies say the same."
        )
    identical = facts["identical_lines"]
    if identical.isdigit() and int(identical):
        said.append(
            f"{_counted(int(identical), 'line')} the same as another line of the same order in the "
            "same source; they are kept, for a till prints one line per scan."
        )
    return " ".join(said)


def _sources(shop: Shop, tallies: Rows) -> Table:
    """Return each source with its rows, and how its columns were recognised."""
    told = []
    for source in shop.ledger("load_sources"):
        ours = [row for row in tallies if row["source"] == source["name"]]
        rows = [present.text(_sum(_of(ours, (outcome,)))[0], _ROWS) for outcome in _WENT]
        name = Cell(source["name"], f"profile {source['profile']}", style="name")
        how = Cell(source["columns"], f"{source['formats']}", style="words")
        read = Cell(present.text(source["rows"], _ROWS))
        told.append([name, read, *map(Cell, rows), how])
    headed = [Head("Source", is_number=False), Head("Read"), *(Head(o.capitalize()) for o in _WENT)]
    how = Head("Columns as recognised, and formats", is_number=False)
    return Table("Sources", [*headed, how], told, style="cards")


def _made(shop: Shop) -> str:
    facts, conventions = shop.warehouse.facts, shop.warehouse.conventions
    return (
        f'Conventions "{conventions.name}": {conventions.description} '
        f"{METRICS['net_sales'].label}: {METRICS['net_sales'].description} "
        f"Built on {_moment(facts['built_at'])}, with Regulars {release()}.".replace(" .", ".")
    )


def _moment(text: str) -> str:
    from datetime import datetime

    return present.moment(datetime.fromisoformat(text))


def _of(tallies: Iterable[Mapping[str, Any]], outcomes: tuple[str, ...]) -> Rows:
    return [dict(row) for row in tallies if row["outcome"] in outcomes]


def _sum(tallies: Iterable[Mapping[str, Any]]) -> tuple[int, Decimal]:
    ours = list(tallies)
    return sum(row["rows"] for row in ours), sum((row["amount"] for row in ours), Decimal(0))


def _largest_first(tallies: Rows) -> Rows:
    return sorted(tallies, key=lambda row: -row["rows"])


def _counted(number: int, noun: str, *, plural: str = "") -> str:
    if plural:
        return f"{number:,} {plural}"
    return f"One {noun} is" if number == 1 and noun == "line" else f"{number:,} {noun}s are"


def _head(card: ColumnCard) -> Head:
    return Head(card.label, card.description)
