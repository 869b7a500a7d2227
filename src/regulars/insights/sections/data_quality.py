"""The section on the data: what was read, what became of it, and how it was understood."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.insights.figure_ref import QUARANTINE, Origin
from regulars.insights.parts import Cell, Head, Note, Section, Table
from regulars.insights.scope import Rows, Scope
from regulars.warehouse.ledger import release

TOPIC = "Where the figures come from"
ROWS = ColumnCard("Rows", "count", "Rows, as the source itself counts them", ",d")
_MONEY = Head("Money", "Quantity times price, less discounts")
_WENT = ("accepted", "quarantined", "superseded", "unchanged")
_REPEATED = {
    "replace": "the later copy counts, the earlier one is kept aside",
    "error": "the later copy counts, the earlier one is kept aside",
    "union": "a line counts as often as the source that has it most often",
    "keep": "every copy counts",
}


def quality(scope: Scope) -> Section:
    """Rows and money read, and what became of them, to the penny."""
    tallies = [
        row | {"amount": row["amount"] or Decimal(0)} for row in scope.ledger("ledger_entries")
    ]
    read = _of(tallies, ("read",))
    balanced = _sum(read) == _sum(_of(tallies, _WENT))
    accounted, doubt = _accounted(_sum(read)[0], balanced), _doubt(tallies)
    finding = doubt if doubt and balanced else accounted
    detail = f"{accounted}. {_made(scope)}" if finding == doubt else _made(scope)
    parts = [
        _balance(scope, tallies),
        _reasons(scope),
        Note(_orders(scope.warehouse.facts)),
        _sources(scope, tallies),
    ]
    return Section("quality", TOPIC, finding, detail, parts)


def caution(scope: Scope) -> str:
    """Say it where so many rows could not be understood that no figure is the whole story."""
    doubt = _doubt(scope.ledger("ledger_entries"))
    return doubt and f"{doubt}, and no figure here counts them."


def _doubt(tallies: Rows) -> str:
    read, aside = (sum(row["rows"] for row in _of(tallies, (o,))) for o in ("read", "quarantined"))
    return formatting.much_set_aside(aside, read)


def _accounted(rows: int, balanced: bool) -> str:
    read = formatting.text(rows, ROWS)
    if balanced and rows == 1:
        return "The only row read is accounted for, to the penny"
    if not balanced:
        return f"The {read} rows read are not all accounted for: build the warehouse again"
    return f"All {read} rows read are accounted for, to the penny"


def _balance(scope: Scope, tallies: Rows) -> Table:
    """Return the table that adds up: read = accepted by kind + quarantined + replaced."""
    lines, figures = [("Read", "", *_sum(_of(tallies, ("read",))))], {}
    for kind in dict.fromkeys(row["kind"] for row in _largest_first(tallies)):
        sums = _sum(row for row in _of(tallies, ("accepted",)) if row["kind"] == kind)
        if sums[0]:
            lines.append((f"Accepted: {kind}", "", *sums))
            figures[f"Accepted: {kind}"] = Origin("lines").of(kind=kind).figure("kind")
    aside = _sum(_of(tallies, ("quarantined",)))
    lines.append(("Quarantined", "cannot be understood", *aside))
    if aside[0]:
        figures["Quarantined"] = Origin(QUARANTINE).figure("rows")
    lines.append(("Superseded", "their order came again", *_sum(_of(tallies, ("superseded",)))))
    again = _sum(_of(tallies, ("unchanged",)))
    if again[0]:
        lines.append(("Unchanged", "said again what was there", *again))
    rows, worth = _sum(_of(tallies, _WENT))
    lines.append(("Accounted for", "", rows, worth))
    return reconciliation(lines, scope.currency, figures)


def reconciliation(
    lines: Sequence[tuple[str, str, int, Decimal]], currency: str,
    figures: Mapping[str, str] | None = None,
) -> Table:  # fmt: skip
    """Return the table of what adds up: each line is a name, a note, its rows and its money.

    `figures` tells where those of a name come from, where one can look behind them.
    """
    money = formatting.exact([line[3] for line in lines], currency)
    told = []
    for (name, note, rows, _), amount in zip(lines, money, strict=True):
        figure = (figures or {}).get(name, "")
        numbers = [Cell(text, figure=figure) for text in (formatting.text(rows, ROWS), amount)]
        told.append([Cell(name, note, style="name"), *numbers])
    headed = [Head("What becomes of it", is_number=False), _head(ROWS), _MONEY]
    return Table("Reconciliation", headed, told, style="sum")


def _reasons(scope: Scope) -> Table | Note:
    reasons: Counter[str] = Counter()
    for row in scope.ledger("load_reasons"):
        reasons[row["reason"]] += row["rows"]
    if not +reasons:
        return Note("No row had to be quarantined: all of them could be understood.")
    told = [reason_row(QUARANTINE, reason, rows) for reason, rows in reasons.most_common()]
    headed = [Head("Reason", "A row can fail for several", is_number=False), _head(ROWS)]
    return Table("Why rows were quarantined", headed, told)


def reason_row(which: str, reason: str, rows: int) -> list[Cell]:
    """Return a reason with how many rows it set aside, of all of them or of those that wait."""
    origin = Origin(which).of(reason=reason)
    return [Cell(reason), Cell(formatting.text(rows, ROWS), figure=origin.figure("rows"))]


def _orders(facts: Mapping[str, str]) -> str:
    """Say what is known of orders that came twice and lines that stand twice."""
    repeated, identical = int(facts["repeated_orders"]), facts["identical_lines"]
    said = ["No order stands in more than one source."]
    if repeated:
        stand = formatting.counted(repeated, "order stands", "orders stand")
        said = [f"{stand} in more than one source: {_REPEATED[facts['repeats_policy']]}."]
        said.append(_differing(facts["differing_orders"]))
    if identical.isdigit() and int(identical):
        say = formatting.counted(int(identical), "line says", "lines say")
        said.append(f"{say} the same as another line of their order; they are kept as real.")
    return " ".join(said)


def _differing(listed: str) -> str:
    ids = listed.split(", ") if listed else []
    if not ids:
        return "All copies say the same."
    differ = formatting.counted(len(ids), "of them differs", "of them differ")
    return f"{differ} between sources: {', '.join(ids[:5])}{', …' if len(ids) > 5 else ''}."


def _sources(scope: Scope, tallies: Rows) -> Table:
    """Return each source with its rows, and how its columns were recognised."""
    told = []
    for source in scope.ledger("load_sources"):
        ours = [row for row in tallies if row["source_id"] == source["source_id"]]
        if not any(_sum(ours)):
            continue  # taken back
        origin = Origin("lines").of(source_id=f"{source['source_id']}")
        rows = [
            Cell(
                formatting.text(_sum(_of(ours, (outcome,)))[0], ROWS),
                figure=origin.figure("kind") if outcome == "accepted" else "",
            )
            for outcome in _WENT
        ]
        name = Cell(source["name"], f"profile {source['profile']}", style="name")
        known = Cell(source["columns"], source["formats"], style="words")
        read = Cell(formatting.text(source["rows"], ROWS))
        told.append([name, read, *rows, known])
    headed = [
        Head("Source", is_number=False),
        Head("Read"),
        *(Head(o.capitalize()) for o in _WENT),
    ]
    how = Head("Columns as recognised, and formats", is_number=False)
    return Table("Sources", [*headed, how], told, style="cards")


def _made(scope: Scope) -> str:
    facts, conventions = scope.warehouse.facts, scope.warehouse.conventions
    return (
        f'Conventions "{conventions.name}": {conventions.description} '
        f"{_told_apart(conventions.kinds)}"
        f"Built on {_moment(facts['built_at'])}, with Regulars {release()}".rstrip()
        + f", and kept in {scope.warehouse.engine.name}."
    )


def _told_apart(kinds: Sequence[str]) -> str:
    """Say it where the conventions do not tell apart every kind of line."""
    if kinds == "all":
        return ""
    return f"The only kinds told from a sale are: {', '.join(kinds)}; all else counts as sales. "


def _moment(text: str) -> str:
    return formatting.moment(datetime.fromisoformat(text))


def _of(tallies: Iterable[Mapping[str, Any]], outcomes: tuple[str, ...]) -> Rows:
    return [dict(row) for row in tallies if row["outcome"] in outcomes]


def _sum(tallies: Iterable[Mapping[str, Any]]) -> tuple[int, Decimal]:
    ours = list(tallies)
    return sum(row["rows"] for row in ours), sum((row["amount"] for row in ours), Decimal(0))


def _largest_first(tallies: Rows) -> Rows:
    return sorted(tallies, key=lambda row: -row["rows"])


def _head(card: ColumnCard) -> Head:
    return Head(card.label, card.description)
