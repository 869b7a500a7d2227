"""The section on what changed: a period beside another, by who bought, where, and what."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.analyses.shared.buyer_types import BUYER
from regulars.insights.figure_ref import Origin
from regulars.insights.findings import sales
from regulars.insights.parts import Section
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Rows, Scope
from regulars.insights.sections.sales import FEW_ORDERS, TOO_FEW
from regulars.insights.tables import labelled, top_table

UNNAMED = "Not told"
TOP = 5
_TITLES = {
    BUYER: "By who bought", "location": "By place", "category": "By category",
    "product": "By product",
}  # fmt: skip
_COLUMNS = ("change", "contribution", "growth", "net_sales", "net_sales_before")
_BUYERS = (
    "Who bought in a period and not before it in the data is new: the earlier period looks back "
    "on less, so it has more of them."
)
_NO_BUYERS = (
    "Whether new or returning customers made it can be told once the data hold a year before both."
)
_OF_SEGMENT = (
    "What somebody did in these days is part of why they are in a segment, and so of any change."
)


@dataclass(frozen=True)
class ChangeOf:
    """The subject of what changed between the periods of a comparison."""

    compared: Comparison
    name: ClassVar[str] = "change"

    def __call__(self, scope: Scope) -> Section | None:
        """Return it; None where nothing is compared."""
        now, before = self.compared.now, self.compared.before
        if before is None:
            return None
        found = {by: _rows(scope, by, now, before) for by in scope.known(_TITLES)}
        told = {by: rows for by, rows in found.items() if len(rows) > 1} or {
            by: rows for by, rows in found.items() if rows
        }
        if not told:
            return None
        both = Origin("sales_change", span=now, before=before)
        parts = {
            **dict.fromkeys(_COLUMNS, both), "net_sales": Origin("sales_change", span=now),
            "net_sales_before": Origin("sales_change", span=before),
        }  # fmt: skip
        tables = [
            top_table(
                scope, rows, by, _TITLES[by], analysis="sales_change", columns=_COLUMNS,
                parts=parts, top=TOP,
            )
            for by, rows in told.items()
        ]  # fmt: skip
        leading, money = next(iter(told)), scope.say("sales_change", "net_sales")
        finding = sales.changed(told[leading], leading, money, before)
        is_telling = min(scope.measure("orders", span) for span in (now, before)) >= FEW_ORDERS
        if not is_telling:
            finding = "Too few orders to say what changed"
        remarks = {
            f"{now} beside {before}, the largest changes first. A contribution is a change as a "
            "share of all net sales before: those of all rows together are the growth of the "
            "whole.": True,
            TOO_FEW: not is_telling,
            _BUYERS: BUYER in told,
            _NO_BUYERS: BUYER not in told and not scope.where,
            _OF_SEGMENT: "segment" in scope.where,
        }
        detail = " ".join(remark for remark, is_due in remarks.items() if is_due)
        return Section(self.name, "What changed", finding, detail, tables)


def _rows(scope: Scope, by: str, now: Span, before: Span) -> Rows:
    """Return the changes by one dimension; none where the days cannot be compared by it."""
    against = f"{before.first}/{before.last}"
    rows = scope.rows("sales_change", by=by, against=against, since=now.first, until=now.last)
    if any(row["change"] is None for row in rows):
        return []
    return labelled(rows, by, unnamed=UNNAMED)
