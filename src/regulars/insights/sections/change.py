"""The change section: a period compared with an earlier one, along several dimensions."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.analyses.shared.buyer_types import BUYER
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings import sales
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.findings.notes import happened
from regulars.insights.findings.shared import total
from regulars.insights.outliers import find_outlier
from regulars.insights.parts import Section, Table
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Rows, Scope
from regulars.insights.sections.sales import TOO_FEW
from regulars.insights.table_file import TableRef
from regulars.insights.tables import labelled, top_table
from regulars.warehouse.notes import Note

TOPIC = "What changed"
UNNAMED = "Not specified"
TOP = 5
_TITLES = {
    BUYER: "By customer type", "location": "By location", "store": "By store",
    "category": "By category", "product": "By product",
}  # fmt: skip
_COLUMNS = ("change", "contribution", "growth", "net_sales", "net_sales_before")
_BUYERS = (
    "A customer is new in a period if the data has no earlier order from them. The earlier period "
    "has less history before it, so it shows more new customers."
)
_NO_BUYERS = "A split by new and returning customers needs a year of data before both periods."


@dataclass(frozen=True)
class ChangeOf:
    """What changed between the periods of a comparison, as a subject that pages show."""

    compared: Comparison
    notes: tuple[Note, ...] = ()
    name: ClassVar[str] = "change"

    def __call__(self, scope: Scope) -> Section | None:
        """Return the section; None if the data or the user leaves nothing to compare."""
        now, before = self.compared.now, self.compared.before
        if before is None:
            if not scope.is_part or not self.compared.why_none:
                return None
            why = "Nothing to compare with"
            return Section(self.name, TOPIC, why, self.compared.why_none, has_finding=False)
        if scope.has_segment_filter:
            finding = "Segments are not compared with earlier periods"
            return Section(self.name, TOPIC, finding, sales.OF_SEGMENT, has_finding=False)
        by_dimension = {by: _rows(scope, by, now, before) for by in _dimensions(scope)}
        # A dimension with one row only repeats the total, so it is shown if there is no other.
        shown = {by: rows for by, rows in by_dimension.items() if len(rows) > 1} or {
            by: rows for by, rows in by_dimension.items() if rows
        }
        if not shown:
            why = f"No sales in {now} or {before}"
            return Section(self.name, TOPIC, why, has_finding=False)
        tables = [_table(scope, by, rows, now, before) for by, rows in shown.items()]
        by, rows = next(iter(shown.items()))
        money = scope.formatter("sales_change", "net_sales")
        finding = sales.changed(rows, by, money, before)
        fewest = min(scope.measure("orders", span) for span in (now, before))
        is_significant = fewest >= FEW_ORDERS
        outlier = find_outlier(scope, now, before) if is_significant else None
        if outlier:
            finding = outlier.named(finding, money)
        if not is_significant:
            finding = "Too few orders to say what changed"
        remarks = {
            outlier.without(money) if outlier else "": outlier is not None,
            "Largest changes first. Contribution: percentage points of the total growth that come "
            "from a row.": True,
            TOO_FEW: not is_significant,
            _BUYERS: BUYER in shown,
            _NO_BUYERS: BUYER not in shown and not scope.where,
        }
        detail = " ".join(remark for remark, applies in remarks.items() if applies)
        return Section(
            self.name, TOPIC, finding, detail, tables, has_finding=is_significant,
            period=f"{now}, compared with {before}", money=abs(total(rows, "change")),
            happened=happened(self.notes, (now, before)),
        )  # fmt: skip


@dataclass(frozen=True)
class ProductChangeOf:
    """The products that changed most between the periods of a comparison.

    It is a finding without parts: the section What changed has the tables.
    """

    compared: Comparison
    name: ClassVar[str] = "product_change"

    def __call__(self, scope: Scope) -> Section | None:
        """Return the finding; None without a comparison or with few orders."""
        now, before = self.compared.now, self.compared.before
        if before is None or scope.has_segment_filter or "product_id" in scope.where:
            return None
        if min(scope.measure("orders", span) for span in (now, before)) < FEW_ORDERS:
            return None
        rows = _rows(scope, "product", now, before) if scope.available(["product"]) else []
        finding, money = sales.movers(rows, "product", scope.formatter("sales_change", "net_sales"))
        return Section(
            ChangeOf.name, "Products that changed", f"Products that changed most: {finding}",
            money=money,
        )  # fmt: skip


def _dimensions(scope: Scope) -> list[str]:
    """Return the dimensions that the shop has values for, without one that repeats another."""
    available = scope.available(_TITLES)
    return [by for by in available if by not in ("location", "store") or by in scope.places]


def _table(scope: Scope, by: str, rows: Rows, now: Span, before: Span) -> Table:
    refs = {
        **dict.fromkeys(_COLUMNS, FigureRef("sales_change", span=now, before=before)),
        "net_sales": FigureRef("sales_change", span=now),
        "net_sales_before": FigureRef("sales_change", span=before),
    }
    all_rows = TableRef.of(
        "sales_change", by=by, against=f"{before.first}/{before.last}",
        since=now.first.isoformat(), until=now.last.isoformat(),
    )  # fmt: skip
    return top_table(
        scope, rows, by, _TITLES[by], analysis="sales_change", columns=_COLUMNS, refs=refs,
        top=TOP, download=all_rows,
    )  # fmt: skip


def _rows(scope: Scope, by: str, now: Span, before: Span) -> Rows:
    """Return the changes by one dimension; none if it cannot be compared between the periods."""
    against = f"{before.first}/{before.last}"
    rows = scope.rows("sales_change", by=by, against=against, since=now.first, until=now.last)
    if any(row["change"] is None for row in rows):
        return []
    return labelled(rows, by, unnamed=UNNAMED)
