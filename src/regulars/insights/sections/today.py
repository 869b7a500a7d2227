"""What the dashboard shows beyond the report: headlines with trends, data health, filters.

Every figure comes from an analysis of the catalog.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import dropwhile
from typing import Any

from regulars.analyses.customers.segment_history import NEW
from regulars.analyses.segments.segment_map import segment_map
from regulars.core import formatting
from regulars.insights.charts.sparklines import Months, sparkline
from regulars.insights.parts import Headlines, HealthSign, Kpi
from regulars.insights.periods import Comparison
from regulars.insights.scope import MOST_MONTHS, Scope
from regulars.insights.sections import data_quality, sales
from regulars.warehouse.quarantine import count_pending

MOST_CHOICES = 10_000
FEWEST_COMPARED = 6
"""The fewest months for which a second line says more than the months before do."""


@dataclass(frozen=True)
class HeadlinesOf:
    """The headline figures of a comparison with sparklines, as a subject that pages show.

    months         the months of the data, each with whether it is complete
    has_discounts  whether the shop gives discounts
    """

    compared: Comparison
    months: tuple[tuple[date, bool], ...]
    has_discounts: bool

    def __call__(self, scope: Scope) -> Headlines:
        """Return the headline figures."""
        headlines = sales.headlines(scope, self.compared, has_discounts=self.has_discounts)
        by_month = {row["month"]: row for row in scope.rows("monthly_kpis", since=None, until=None)}
        before = self._months_before()
        shown = self._months_shown()[-len(before) :] if before else self._months_shown()

        def values(months: Iterable[date], name: str) -> list[Any]:
            return [by_month[month][name] if month in by_month else None for month in months]

        if scope.has_segment_filter:  # today's members: their earlier months are no trend
            return headlines

        def with_trend(kpi: Kpi) -> Kpi:
            now = values([month for month, _ in shown], kpi.name)
            return replace(kpi, sparkline=sparkline(shown, now, values(before, kpi.name)))

        return replace(headlines, main=[*map(with_trend, headlines.main)])

    def _months_shown(self) -> Months:
        """Return the latest months of the period, from the first complete month on."""
        started = [*dropwhile(lambda month: not month[1], self.months)]
        return [month for month in started if month[0] <= self.compared.now.last][-MOST_MONTHS:]

    def _months_before(self) -> Sequence[date]:
        """Return the months of the earlier period, if they match the period month by month."""
        now, before = self.compared.now, self.compared.before
        if not (before and now.is_of_months and before.is_of_months):
            return ()
        ours, theirs = (
            [month for month, _ in self.months if span.first <= month <= span.last]
            for span in (now, before)
        )
        return theirs if len(theirs) == len(ours) >= FEWEST_COMPARED else ()


@dataclass(frozen=True)
class HealthOf:
    """The health of the data on a day, as a subject that pages show.

    fresh_within_days  how old the last order may be
    """

    today: date
    fresh_within_days: int

    def __call__(self, scope: Scope) -> list[HealthSign]:
        """Return the signs: the last order, the last load, and the rows that need fixing."""
        last = scope.warehouse.last_order_on
        age = (self.today - last).days
        loads = [load for load in scope.warehouse.loads() if not load["is_undone"]]
        pending, warning = count_pending(scope.warehouse), data_quality.caution(scope)
        return [
            HealthSign(
                "Last order", f"{formatting.day(last)}, {_ago(age)}", age > self.fresh_within_days
            ),
            HealthSign("Last load", formatting.moment(loads[-1]["loaded_at"])),
            HealthSign("Rows to fix", f"{pending:,}", bool(warning)),
        ]


def snapshot(scope: Scope) -> datetime:
    """Return the moment from which RFM looks back."""
    return scope.snapshot


def choices(scope: Scope) -> dict[str, list[str]]:
    """Return the values of each filter, the largest first; none for a filter to leave out."""
    dimensions = {
        **{place: place for place in scope.places}, "category": "category",
        "product_id": "product", "subcategory": "subcategory", "weekday": "weekday",
    }  # fmt: skip
    values = {
        column: [row[column] for row in scope.rows("sales_by", by=by) if row[column]][:MOST_CHOICES]
        for column, by in dimensions.items()
    }
    return {"location": [], "store": []} | values | {
        "segment": [row["segment"] for row in scope.rows("segments")],
        "discount_band": [row["band"] for row in scope.rows("discount_bands")],
        "cohort": list(scope.warehouse.values("cohort")),
        "segment_before": [NEW, *(segment.name for segment in segment_map())],
    }  # fmt: skip


def _ago(days: int) -> str:
    if days < 0:
        return "in the future"
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago")
