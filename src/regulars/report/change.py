"""The section on what changed: a period beside another, by who bought, where, and what."""

from dataclasses import dataclass
from typing import ClassVar

from regulars.analyses.change import BUYER
from regulars.report import findings
from regulars.report.periods import Comparison
from regulars.report.sections import labelled, named, top_table
from regulars.report.shop import Rows, Shop
from regulars.report.views import Section

_TITLES = {
    BUYER: "By who bought", "location": "By place", "category": "By category",
    "product": "By product",
}  # fmt: skip
TOP = 5
_COLUMNS = ("change", "contribution", "growth", "net_sales", "net_sales_before")


@dataclass(frozen=True)
class ChangeOf:
    """The subject of what changed between the periods of a comparison."""

    compared: Comparison
    name: ClassVar[str] = "change"

    def __call__(self, shop: Shop) -> Section | None:
        """Return it; None where nothing is compared."""
        now, before = self.compared.now, self.compared.before
        if before is None:
            return None
        against = f"{before.first}/{before.last}"
        found = {
            by: shop.rows("sales_change", by=by, against=against, since=now.first, until=now.last)
            for by in shop.known(_TITLES)
        }
        told = {by: _compared(named(rows, by)) for by, rows in found.items()}
        tables = [
            top_table(
                shop, rows, by, _TITLES[by], analysis="sales_change", columns=_COLUMNS, top=TOP
            )
            for by, rows in told.items()
            if len(rows) > 1
        ]
        leading = next((by for by, rows in told.items() if len(rows) > 1), "product")
        money = shop.say("sales_change", "net_sales")
        finding = findings.changed(labelled(found[leading], leading), leading, money, str(before))
        detail = (
            f"{now} beside {before}, the largest changes first. A contribution is a change as a "
            "share of all net sales before: together they are the growth of the whole."
        )
        return Section(self.name, "What changed", finding, detail, tables)


def _compared(rows: Rows) -> Rows:
    return [row for row in rows if row["change"] is not None]
