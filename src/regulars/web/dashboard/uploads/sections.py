"""The sections of the Upload page: what a check found, and what a load did."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from regulars.core import formatting
from regulars.core.kinds import KINDS
from regulars.core.schema import MONEY_COLUMNS
from regulars.insights.parts import Cell, Header, Note, Section, Table
from regulars.insights.sections.data_quality import reconciliation
from regulars.loads.report import LoadReport, remarks
from regulars.loads.stage_source import StagedSource
from regulars.transform.staging.rules import SEPARATOR
from regulars.web.dashboard.uploads.preview import readable

LABELS = {
    "order_id": "Order number", "ordered_at": "Order date", "customer_id": "Customer",
    "product_id": "Product code", "product_name": "Product name", "category": "Category",
    "subcategory": "Subcategory", "quantity": "Quantity", "unit_price": "Unit price",
    "discount": "Discount", "location": "Location", "store": "Store",
    "status": "Order status",
    "line_total": "Line total", "order_discount": "Order discount", "order_refund": "Order refund",
    "order_subtotal": "Order subtotal", "line_refund": "Line refund",
    "returned_quantity": "Returned quantity", "net_quantity": "Quantity after returns",
    "currency": "Currency",
}  # fmt: skip
"""The labels of our columns."""

_NOT_ACCEPTED = {
    "quarantined": ("Quarantined", ""),
    "superseded": ("Superseded", "the order is also in a later file"),
    "unchanged": ("Unchanged", "already loaded"),
}


def check_result(report: LoadReport, currency: str) -> Section:
    """Return how many rows can be loaded, and what becomes of each."""
    read, accepted = (report.total(outcome)[0] for outcome in ("read", "accepted"))
    finding = f"{accepted:,} of {formatting.counted(read, 'row', 'rows')} can be loaded"
    if report.unreadable:
        finding += f", {formatting.counted(report.unreadable, 'needs', 'need')} fixing"
    if others := _no_sales(report):
        finding += f", {formatting.counted(others, 'is', 'are')} not a sale"
    parts: list[Table | Note] = [
        _reconciliation(report, currency), *_notes(report), *_states(report, currency)
    ]  # fmt: skip
    return Section("check", "Check", finding, "Nothing has been loaded yet.", parts)


def load_result(report: LoadReport, currency: str) -> Section:
    """Return what a load changed, and what became of each row."""
    finding = _order_changes(report)
    if report.load == 1:
        lines = formatting.counted(report.total("accepted")[0], "line", "lines")
        finding = f"Warehouse built with {lines}"
    names = ", ".join(source.name for source in report.sources)
    parts: list[Table | Note] = [_reconciliation(report, currency), *_notes(report)]
    return Section("loaded", f"Load {report.load}", finding, names, parts)


def change_result(report: LoadReport, change: str, currency: str) -> Section:
    """Return what an undo or corrected rows changed in earlier loads."""
    number = f" (load {report.load})" if report.load else ""
    parts: list[Table | Note] = [_differences(report, currency), *_notes(report)]
    return Section("changed", f"{change}{number}", _order_changes(report), parts=parts)


def corrected_check(report: LoadReport, rows: int, currency: str) -> Section:
    """Return how many corrected rows can be loaded, and why the others cannot."""
    finding = (
        f"{loadable_rows(report):,} of {formatting.counted(rows, 'row', 'rows')} can be loaded"
    )
    parts: list[Table | Note] = [_differences(report, currency)]
    if report.reasons:
        parts += _reasons(report)
    return Section("corrected", "Check", finding, "Nothing has been loaded yet.", parts)


def loadable_rows(report: LoadReport) -> int:
    """Return how many rows a report takes out of the quarantine."""
    return -sum(entry.rows for entry in report.entries if entry.outcome == "quarantined")


def _order_changes(report: LoadReport) -> str:
    changes = [f"{count:,} {change}" for change, count in vars(report.orders).items() if count]
    return f"Orders: {', '.join(changes)}" if changes else "No orders have changed"


def _differences(report: LoadReport, currency: str) -> Table:
    """Return how rows and money of earlier loads change, by outcome: they add up to rows read."""
    sums: dict[str, tuple[int, Decimal]] = {}
    for entry in report.entries:
        label = f"Accepted: {entry.kind}" if entry.outcome == "accepted" else entry.outcome.title()
        rows, amount = sums.get(label, (0, Decimal(0)))
        sums[label] = rows + entry.rows, amount + entry.amount
    read = sums.pop("Read", (0, Decimal(0)))
    changed = [(label, "", *sums[label]) for label in sorted(sums) if any(sums[label])]
    rows, amount = (
        sum(line[2] for line in changed),
        sum((line[3] for line in changed), Decimal(0)),
    )
    lines = [("Read", "", *read), *changed, ("Accounted for", "", rows, amount)]
    return replace(reconciliation(lines, currency), title="Change in rows and money")


def quarantine(report: LoadReport) -> Section | None:
    """Return why rows are quarantined, with examples; None if none are."""
    if not report.reasons:
        return None
    rows = formatting.counted(report.total("quarantined")[0], "row", "rows")
    finding = f"{rows} quarantined" if report.load else f"{rows} will be quarantined"
    finding += "" if report.unreadable else ", which are not sales"
    return Section("quarantine", "Quarantine", finding, parts=_reasons(report))


def _reasons(report: LoadReport) -> list[Table | Note]:
    reasons = Table(
        "Reasons",
        [Header("Reason", "A row can have several", is_number=False), Header("Rows")],
        [[Cell(reason), Cell(f"{rows:,}")] for reason, rows in report.reasons.most_common()],
        style="short",
    )
    examples = Table(
        "Examples",
        [Header(label, is_number=False) for label in ("Row", "Reasons", "Original")],
        [
            [
                Cell(row["source"], f"row {row['source_row']:,}", style="name"),
                Cell(row["reasons"].replace(SEPARATOR, " "), style="words"),
                Cell(_cells(str(row["original"])), style="words"),
            ]
            for row in report.examples
        ],
        style="cards plain",
    )
    return [reasons, examples]


def column_mapping(report: LoadReport) -> Section:
    """Return which column of each file is which of ours, and how the files are read."""
    groups: dict[tuple[str, ...], list[StagedSource]] = {}
    for source in report.sources:
        groups.setdefault(_reading(source), []).append(source)
    headers = [Header("Column", is_number=False)]
    headers += [Header(_names(sources), is_number=False) for sources in groups.values()]
    labelled = zip([*LABELS.items(), ("", "Read as"), ("", "Profile")], *groups, strict=True)
    rows = [
        [Cell(label, style="name"), *map(Cell, values)]
        for (ours, label), *values in labelled
        if ours not in MONEY_COLUMNS or set(values) != {formatting.MISSING}
    ]
    found = min(len(source.mapping.columns) for source in report.sources)
    finding = f"{formatting.counted(found, 'column', 'columns')} recognised"
    table = Table("Columns in your files", headers, rows, style="mapping")
    return Section("mapping", "Column mapping", finding, parts=[table])


def _reconciliation(report: LoadReport, currency: str) -> Table:
    """Return the table that adds up: rows read = rows accepted, by kind, + all others."""
    lines = [("Read", "", *report.total("read"))]
    for kind in KINDS:
        if report.total("accepted", kind)[0]:
            lines.append((f"Accepted: {kind}", "", *report.total("accepted", kind)))
    lines += [
        (label, note or _why_quarantined(report), *report.total(outcome))
        for outcome, (label, note) in _NOT_ACCEPTED.items()
        if report.total(outcome)[0]
    ]
    rows = sum(line[2] for line in lines[1:])
    lines.append(("Accounted for", "", rows, sum((line[3] for line in lines[1:]), Decimal(0))))
    return reconciliation(lines, currency)


def _why_quarantined(report: LoadReport) -> str:
    others = _no_sales(report)
    needs = f"{report.unreadable:,} need fixing" if others else "need fixing"
    no_sales = f"{others:,} totals or notes" if report.unreadable else "totals or notes, not sales"
    return ", ".join([needs] * bool(report.unreadable) + [no_sales] * bool(others))


def _no_sales(report: LoadReport) -> int:
    """Return how many quarantined rows are totals, notes, blank rows or repeated headers."""
    return report.total("quarantined")[0] - report.unreadable


def _states(report: LoadReport, currency: str) -> Iterator[Table]:
    """Yield what the values of each state column count as."""
    headers = [Header("Value", is_number=False), Header("Counts as", is_number=False),
               Header("Rows"), Header("Amount")]  # fmt: skip
    for source in report.sources:
        for survey in source.states:
            amounts = formatting.exact([count.amount for count in survey.counts], currency)
            rows = [
                [
                    Cell(count.value or "(blank)", count.because, style="name"),
                    Cell(count.kind),
                    Cell(f"{count.rows:,}"),
                    Cell(amount),
                ]
                for count, amount in zip(survey.counts, amounts, strict=True)
            ]
            yield Table(f"{survey.column} in {source.name}", headers, rows, style="short")


def _notes(report: LoadReport) -> Iterator[Note]:
    """Yield the warnings and remarks about the files."""
    warning = formatting.quarantine_warning(report.unreadable, report.total("read")[0])
    if warning and not report.warnings:
        yield Note(f"Warning: {warning}. No figure includes them.", is_caution=True)
    for warning in report.warnings:
        yield Note(f"Warning: {readable(warning)}", is_caution=True)
    for name, earlier in report.duplicates.items():
        yield Note(f"{name} has the same content as {earlier}. Nothing new to load.")
    for source in report.sources:
        if not source.rows:
            yield Note(f"{source.name} has a header but no rows.")
    yield from (Note(readable(str(remark)), remark.is_warning) for remark in remarks(report))


def _cells(original: str) -> str:
    """Return the cells of a row in plain text; an unreadable line stays as it is."""
    try:
        cells = json.loads(original)
    except json.JSONDecodeError:
        return original
    if not isinstance(cells, dict):
        return original
    return " · ".join(f"{name}: {value}" for name, value in cells.items() if value is not None)


def _reading(source: StagedSource) -> tuple[str, ...]:
    columns = (source.mapping.columns.get(ours, formatting.MISSING) for ours in LABELS)
    return (*columns, source.describe_all(), source.mapping.profile.title)


def _names(sources: Sequence[StagedSource]) -> str:
    first, *others = (source.name for source in sources)
    return f"{first} and {formatting.counted(len(others), 'other', 'others')}" if others else first
