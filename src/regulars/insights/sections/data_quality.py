"""The data quality section: rows read, what became of them, and how they were interpreted."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.insights.figure_ref import QUARANTINE, FigureRef
from regulars.insights.parts import Cell, Header, Note, Section, Table
from regulars.insights.scope import Rows, Scope
from regulars.insights.tables import header
from regulars.warehouse.ledger import regulars_version

TOPIC = "Where the figures come from"
ROWS = ColumnCard("Rows", "count", "Rows as the source counts them", ",d")
_MONEY = Header("Money", "Quantity × price, minus discounts")
_OUTCOMES = ("accepted", "quarantined", "superseded", "unchanged")
_REPEATED = {
    "replace": "the later version counts, and the earlier one is stored as superseded",
    "error": "the later version counts, and the earlier one is stored as superseded",
    "union": "each line counts as often as in the source that repeats it most",
    "keep": "every copy counts",
}


def quality(scope: Scope) -> Section:
    """Rows and money read, and what became of them, to the penny."""
    entries = [
        row | {"amount": row["amount"] or Decimal(0)} for row in scope.ledger("ledger_entries")
    ]
    read = _total(_of(entries, ("read",)))
    is_balanced = read == _total(_of(entries, _OUTCOMES))
    accounted, warning = _accounted(read[0], is_balanced), _warning(entries)
    finding = warning if warning and is_balanced else accounted
    detail = f"{accounted}. {_built(scope)}" if finding == warning else _built(scope)
    parts = [
        _balance(scope, entries),
        _reasons(scope),
        Note(_repeats(scope.warehouse.facts)),
        _sources(scope, entries),
    ]
    return Section("quality", TOPIC, finding, detail, parts)


def caution(scope: Scope) -> str:
    """Return a warning if so many rows are quarantined that figures are incomplete."""
    warning = _warning(scope.ledger("ledger_entries"))
    return warning and f"{warning}, so no figure here includes them."


def _warning(entries: Rows) -> str:
    read, quarantined = (
        sum(row["rows"] for row in _of(entries, (outcome,))) for outcome in ("read", "quarantined")
    )
    return formatting.quarantine_warning(quarantined, read)


def _accounted(rows: int, is_balanced: bool) -> str:
    read = formatting.text(rows, ROWS)
    if not is_balanced:
        return f"Some of the {read} rows read are not accounted for: build the warehouse again"
    if rows == 1:
        return "The only row read is accounted for, to the penny"
    return f"All {read} rows read are accounted for, to the penny"


def _balance(scope: Scope, entries: Rows) -> Table:
    """Return the reconciliation: read = accepted, by kind, + quarantined + superseded."""
    lines, figures = [("Read", "", *_total(_of(entries, ("read",))))], {}
    by_size = sorted(entries, key=lambda row: (-row["rows"], row["kind"] or ""))
    for kind in dict.fromkeys(row["kind"] for row in by_size):
        total = _total(row for row in _of(entries, ("accepted",)) if row["kind"] == kind)
        if total[0]:
            lines.append((f"Accepted: {kind}", "", *total))
            figures[f"Accepted: {kind}"] = FigureRef("lines").of(kind=kind).encode("kind")
    quarantined = _total(_of(entries, ("quarantined",)))
    lines.append(("Quarantined", "could not be read", *quarantined))
    if quarantined[0]:
        figures["Quarantined"] = FigureRef(QUARANTINE).encode("rows")
    superseded = _total(_of(entries, ("superseded",)))
    lines.append(("Superseded", "a newer version of the order arrived", *superseded))
    unchanged = _total(_of(entries, ("unchanged",)))
    if unchanged[0]:
        lines.append(("Unchanged", "same as already loaded", *unchanged))
    lines.append(("Accounted for", "", *_total(_of(entries, _OUTCOMES))))
    return reconciliation(lines, scope.currency, figures)


def reconciliation(
    lines: Sequence[tuple[str, str, int, Decimal]], currency: str,
    figures: Mapping[str, str] | None = None,
) -> Table:  # fmt: skip
    """Return a table of rows and money that add up; each line is a name, a note and the two.

    `figures` links the numbers of a name to the rows behind them.
    """
    money = formatting.exact([line[3] for line in lines], currency)
    written = []
    for (name, note, rows, _), amount in zip(lines, money, strict=True):
        figure = (figures or {}).get(name, "")
        numbers = [Cell(text, figure=figure) for text in (formatting.text(rows, ROWS), amount)]
        written.append([Cell(name, note, style="name"), *numbers])
    headed = [Header("Outcome", is_number=False), header(ROWS), _MONEY]
    return Table("Reconciliation", headed, written, style="sum")


def _reasons(scope: Scope) -> Table | Note:
    reasons: Counter[str] = Counter()
    for row in scope.ledger("load_reasons"):
        reasons[row["reason"]] += row["rows"]
    if not +reasons:
        return Note("No rows are quarantined: all of them could be read.")
    lines = [reason_row(QUARANTINE, reason, rows) for reason, rows in reasons.most_common()]
    headed = [Header("Reason", "A row may have several", is_number=False), header(ROWS)]
    return Table("Why rows are quarantined", headed, lines)


def reason_row(which: str, reason: str, rows: int) -> list[Cell]:
    """Return a reason and its number of rows, of all QUARANTINE rows or of the PENDING ones."""
    ref = FigureRef(which).of(reason=reason)
    return [Cell(reason), Cell(formatting.text(rows, ROWS), figure=ref.encode("rows"))]


def _repeats(facts: Mapping[str, str]) -> str:
    """Return what happened to orders in several sources and to repeated lines."""
    repeated, identical = int(facts["repeated_orders"]), facts["identical_lines"]
    sentences = ["No order appears in more than one source."]
    if repeated:
        orders = formatting.counted(repeated, "order appears", "orders appear")
        policy = _REPEATED[facts["repeats_policy"]]
        sentences = [f"{orders} in more than one source: {policy}."]
        sentences.append(_differences(facts["differing_orders"]))
    if identical.isdigit() and int(identical):
        lines = formatting.counted(int(identical), "line repeats", "lines repeat")
        sentences.append(f"{lines} another line of the same order; each counts as a sale.")
    return " ".join(sentences)


def _differences(listed: str) -> str:
    ids = listed.split(", ") if listed else []
    if not ids:
        return "All copies agree."
    differ = formatting.counted(len(ids), "of them differs", "of them differ")
    return f"{differ} between sources: {', '.join(ids[:5])}{', …' if len(ids) > 5 else ''}."


def _sources(scope: Scope, entries: Rows) -> Table:
    """Return each source with its rows and its column mapping; undone loads are left out."""
    lines = []
    for source in scope.ledger("load_sources"):
        own = [row for row in entries if row["source_id"] == source["source_id"]]
        if not any(_total(own)):
            continue
        accepted = FigureRef("lines").of(source_id=f"{source['source_id']}").encode("kind")
        rows = [
            Cell(
                formatting.text(_total(_of(own, (outcome,)))[0], ROWS),
                figure=accepted if outcome == "accepted" else "",
            )
            for outcome in _OUTCOMES
        ]
        name = Cell(source["name"], f"profile {source['profile']}", style="name")
        mapping = Cell(source["columns"], source["formats"], style="words")
        lines.append([name, Cell(formatting.text(source["rows"], ROWS)), *rows, mapping])
    headed = [
        Header("Source", is_number=False),
        Header("Read"),
        *(Header(outcome.capitalize()) for outcome in _OUTCOMES),
        Header("Column mapping and formats", is_number=False),
    ]
    return Table("Sources", headed, lines, style="cards")


def _built(scope: Scope) -> str:
    """Return the conventions of the warehouse, and when and where it was built."""
    facts, conventions = scope.warehouse.facts, scope.warehouse.conventions
    kinds = ""
    if conventions.kinds != "all":
        kinds = f"All lines count as sales except: {', '.join(conventions.kinds)}. "
    built_at = formatting.moment(datetime.fromisoformat(facts["built_at"]))
    version = f" with Regulars {regulars_version()}".rstrip()
    return (
        f'Conventions "{conventions.name}": {conventions.description} {kinds}'
        f"Built on {built_at}{version}, stored in {scope.warehouse.engine.name}."
    )


def _of(entries: Rows, outcomes: tuple[str, ...]) -> Rows:
    return [row for row in entries if row["outcome"] in outcomes]


def _total(entries: Iterable[Mapping[str, Any]]) -> tuple[int, Decimal]:
    rows = list(entries)
    return sum(row["rows"] for row in rows), sum((row["amount"] for row in rows), Decimal(0))
