"""What is shown of files that somebody hands in: what of them can be loaded, and what was."""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal

from regulars.core import formatting
from regulars.core.schema import KINDS
from regulars.insights.parts import Cell, Header, Note, Section, Table
from regulars.insights.sections.data_quality import reconciliation
from regulars.loads.report import LoadReport, remarks
from regulars.loads.stage_source import StagedSource
from regulars.transform.staging.rules import SEPARATOR

LABELS = {
    "order_id": "Order", "ordered_at": "Order date", "customer_id": "Customer",
    "product_id": "Product code", "product_name": "Product name", "category": "Category",
    "subcategory": "Sub-category", "quantity": "Quantity", "unit_price": "Unit price",
    "discount": "Discount", "location": "Place", "status": "State of the order",
}  # fmt: skip
"""What people are shown of our columns."""

_ENDS = {
    "quarantined": ("Quarantined", "cannot be understood"),
    "superseded": ("Superseded", "their order stands in a later file, too"),
    "unchanged": ("Unchanged", "there already"),
}


def verdict(report: LoadReport, currency: str) -> Section:
    """Return what of the files can be loaded, and what became of every row of them."""
    read, accepted = report.total("read")[0], report.total("accepted")[0]
    aside = report.total("quarantined")[0]
    finding = f"{accepted:,} of {formatting.counted(read, 'row', 'rows')} can be loaded"
    finding += f", {aside:,} cannot be understood" if aside else ""
    detail = "Nothing has been written so far."
    parts: list[Table | Note] = [_reconciliation(report, currency), *_notes(report)]
    return Section("verdict", "What would be loaded", finding, detail, parts)


def outcome(report: LoadReport, currency: str) -> Section:
    """Return what a load brought and what it changed."""
    counts = {name: count for name, count in vars(report.orders).items() if count}
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    finding = f"Orders: {told}" if told else "No order has changed"
    if report.load == 1:
        finding = f"The warehouse is built: {report.total('accepted')[0]:,} lines"
    names = ", ".join(source.name for source in report.sources)
    parts: list[Table | Note] = [_reconciliation(report, currency), *_notes(report)]
    return Section("outcome", f"Load {report.load}", finding, names, parts)


def set_aside(report: LoadReport) -> Section | None:
    """Return why rows cannot be understood, with examples as they stand; None if all can be."""
    if not report.reasons:
        return None
    counted = [[Cell(why), Cell(f"{rows:,}")] for why, rows in report.reasons.most_common()]
    headers = [Header("Reason", "A row may have several", is_number=False), Header("Rows")]
    examples = [
        [
            Cell(row["source"], f"row {row['source_row']:,}", style="name"),
            Cell(row["reasons"].replace(SEPARATOR, " "), style="words"),
            Cell(_cells(str(row["original"])), style="words"),
        ]
        for row in report.examples
    ]
    labels = ("Where", "Reasons", "As it stands there")
    shown = Table(
        "For instance",
        [Header(label, is_number=False) for label in labels],
        examples,
        "cards plain",
    )
    rows = formatting.counted(report.total("quarantined")[0], "row", "rows")
    finding = f"{rows} {'were' if report.load else 'would be'} set aside, to be mended"
    why = Table("Why", headers, counted, style="short")
    return Section("set_aside", "Quarantine", finding, parts=[why, shown])


def understood(report: LoadReport) -> Section:
    """Return which of their columns is which of ours in each file, and how its text is read."""
    alike: dict[tuple[str, ...], list[StagedSource]] = {}
    for source in report.sources:
        alike.setdefault(_reading(source), []).append(source)
    headers = [Header("Ours", is_number=False)]
    headers += [Header(_names(sources), is_number=False) for sources in alike.values()]
    told = zip([*LABELS.values(), "Text is read as", "Recognised as"], *alike, strict=True)
    rows = [[Cell(label, style="name"), *map(Cell, theirs)] for label, *theirs in told]
    return Section(
        "understood", "How it is read", f"{_recognised(report)} columns are recognised",
        parts=[Table("Which of their columns is which of ours", headers, rows, style="mapping")],
    )  # fmt: skip


def _reconciliation(report: LoadReport, currency: str) -> Table:
    """Return the table that adds up: read = accepted, by kind, + what was not."""
    lines = [("Read", "", *report.total("read"))]
    for kind in KINDS:
        if report.total("accepted", kind)[0]:
            lines.append((f"Accepted: {kind}", "", *report.total("accepted", kind)))
    lines += [
        (label, note, *report.total(end))
        for end, (label, note) in _ENDS.items()
        if report.total(end)[0]
    ]
    rows = sum(line[2] for line in lines[1:])
    lines.append(("Accounted for", "", rows, sum((line[3] for line in lines[1:]), Decimal(0))))
    return reconciliation(lines, currency)


def _notes(report: LoadReport) -> Iterator[Note]:
    """Say what is not as expected, and what is odd."""
    doubt = formatting.quarantine_warning(report.total("quarantined")[0], report.total("read")[0])
    if doubt and not report.warnings:
        yield Note(f"Warning: {doubt}, and no figure would count them.", is_caution=True)
    for warning in report.warnings:
        yield Note(f"Warning: {warning}", is_caution=True)
    for name, twin in report.same.items():
        yield Note(f"{name} says what {twin} has said: nothing of it is new.")
    for source in report.sources:
        if not source.rows:
            yield Note(f"{source.name} has a heading but no rows.")
    yield from (Note(str(remark), remark.is_warning) for remark in remarks(report))


def _cells(original: str) -> str:
    """Return the cells of a row as people read them; a line that nothing could read as it is."""
    try:
        cells = json.loads(original)
    except json.JSONDecodeError:
        return original
    if not isinstance(cells, dict):
        return original
    return " · ".join(f"{name}: {value}" for name, value in cells.items())


def _reading(source: StagedSource) -> tuple[str, ...]:
    columns = (source.mapping.columns.get(ours, formatting.MISSING) for ours in LABELS)
    return (*columns, source.describe(), source.mapping.profile.title)


def _names(sources: Sequence[StagedSource]) -> str:
    first, *others = (source.name for source in sources)
    return f"{first} and {formatting.counted(len(others), 'other', 'others')}" if others else first


def _recognised(report: LoadReport) -> str:
    found = min(len(source.mapping.columns) for source in report.sources)
    return f"All {found} of our" if found == len(LABELS) else f"{found} of our {len(LABELS)}"
