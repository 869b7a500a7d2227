"""What pages show that the report does not: headline figures with a trend, findings, health.

Each is made of answers of the catalogue; nothing is worked out here that has a definition there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import dropwhile
from typing import Any

from regulars.core import formatting
from regulars.insights.charts.sparklines import Months, Spark, spark
from regulars.insights.parts import Headlines, Section
from regulars.insights.periods import Comparison
from regulars.insights.scope import Scope
from regulars.insights.sections import customers, data_quality, sales
from regulars.warehouse.quarantine import rows_waiting

ALWAYS: Mapping[str, None] = {"since": None, "until": None}
MOST_CHOICES = 10_000
FEWEST_COMPARED = 6
"""Of fewer months two lines say less than the months before do."""


@dataclass(frozen=True)
class Pulse:
    """The headline figures, and the trends of some by their labels."""

    headlines: Headlines
    sparks: Mapping[str, Spark]


@dataclass(frozen=True)
class PulseOf:
    """The subject of the headline figures of one period, compared with another.

    months         those of the data, each with whether it has wholly happened
    has_discounts  whether the shop gives any
    """

    compared: Comparison
    months: tuple[tuple[date, bool], ...]
    has_discounts: bool

    def __call__(self, scope: Scope) -> Pulse:
        """Return them."""
        told = sales.headlines(scope, self.compared, has_discounts=self.has_discounts)
        sold = {row["month"]: row for row in scope.rows("monthly_kpis", **ALWAYS)}
        before = self._compared_with()
        months = self._shown()[-len(before) :] if before else self._shown()

        def of(months: Iterable[date], name: str) -> list[Any]:
            return [sold[month][name] if month in sold else None for month in months]

        sparks = {
            card.label: spark(months, of([month for month, _ in months], name), of(before, name))
            for name, card in scope.cards("kpis").items()
        }
        return Pulse(told, {label: one for label, one in sparks.items() if one})

    def _shown(self) -> Months:
        """Return the months from the first complete one to the end of the period, the latest."""
        begun = [*dropwhile(lambda month: not month[1], self.months)]
        return [month for month in begun if month[0] <= self.compared.now.last][-sales.MONTHS :]

    def _compared_with(self) -> Sequence[date]:
        """Return the months compared with, where they are as many whole ones, and enough."""
        now, before = self.compared.now, self.compared.before
        if not (before and now.is_of_months and before.is_of_months):
            return ()
        ours, theirs = (
            [month for month, _ in self.months if span.first <= month <= span.last]
            for span in (now, before)
        )
        return theirs if len(theirs) == len(ours) >= FEWEST_COMPARED else ()


@dataclass(frozen=True)
class Standing:
    """A finding, and the page that shows it; or the figure of the people to act on."""

    topic: str
    finding: str
    page: str
    figure: str = ""


STANDING: Sequence[tuple[str, Callable[[Scope], Section | None]]] = (
    ("sales", sales.trend),
    ("sales", sales.products),
    ("sales", sales.places),
    ("customers", customers.new_and_returning),
    ("customers", customers.rfm),
    ("customers", customers.retention),
)
"""The sections whose findings the first page tells, and the pages they stand on."""


@dataclass(frozen=True)
class Sign:
    """One sign of health."""

    label: str
    value: str
    is_bad: bool = False


@dataclass(frozen=True)
class Health:
    """How fresh the data is, and how whole."""

    told: Sequence[Sign]


@dataclass(frozen=True)
class HealthOf:
    """The subject of health, seen on a day, by what is expected of the data."""

    today: date
    fresh_within_days: int

    def __call__(self, scope: Scope) -> Health:
        """Return it."""
        last = scope.warehouse.last_order_on
        age = (self.today - last).days
        loads = [load for load in scope.warehouse.loads() if not load["is_undone"]]
        told = [
            Sign(
                "Last order", f"{formatting.day(last)}, {_ago(age)}", age > self.fresh_within_days
            ),
            Sign("Last load", formatting.moment(loads[-1]["loaded_at"])),
        ]
        doubt = data_quality.caution(scope)
        waiting = rows_waiting(scope.warehouse)
        told.append(Sign("Rows set aside", f"{waiting:,}", bool(doubt)))
        return Health(told)


def snapshot(scope: Scope) -> datetime:
    """Return the moment that RFM looks back from."""
    return scope.snapshot


def choices(scope: Scope) -> dict[str, list[str]]:
    """Return the values of each column that the shop can be narrowed to, the largest first."""
    found = {
        column: [row[column] for row in scope.rows("sales_by", by=by) if row[column]][:MOST_CHOICES]
        for column, by in (
            ("location", "location"), ("category", "category"), ("product_id", "product"),
            ("subcategory", "subcategory"), ("weekday", "weekday"),
        )
    }  # fmt: skip
    return found | {
        "segment": [row["segment"] for row in scope.rows("segments")],
        "discount_band": [row["band"] for row in scope.rows("discount_bands")],
        "cohort": list(scope.warehouse.values("cohort")),
    }


def _ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days, f"{days:,} days ago") if days >= 0 else "to come"
