"""A digest: six figures, three findings, the customers to contact first, and alerts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import ibis

from regulars.core import formatting
from regulars.core.errors import InputError
from regulars.insights.digest.alerts import Alert, Thresholds, alerts_of, alerts_on_days, no_data
from regulars.insights.digest.days import Days, daily_sales
from regulars.insights.digest.figures import DigestFigure, figures_of, has_few_orders
from regulars.insights.digest.period import (
    DigestPeriod,
    PeriodKind,
    history,
    last_whole_day,
    last_whole_period,
)
from regulars.insights.figure_ref import FigureRef
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.findings.sales import headline
from regulars.insights.outliers import find_outlier
from regulars.insights.parts import Section
from regulars.insights.periods import Comparison, Span
from regulars.insights.scope import Scope
from regulars.insights.sections import customer_types, customers, data_quality, sales
from regulars.insights.sections.change import ChangeOf
from regulars.warehouse.warehouse import Warehouse

FINDINGS, TOP = 3, 5
ALERT_DAYS = timedelta(days=7)
"""How far alerts without a digest look back."""

_FEW = f"Periods with fewer than {FEW_ORDERS} orders are not compared."
_CONTROL = "10%"

SectionOf = Callable[[Scope], Section | None]
_SECTIONS: dict[PeriodKind, Sequence[SectionOf]] = {
    "week": (sales.products, sales.places, sales.stores, sales.discounts, customers.rfm),
    "month": (
        sales.trend,
        customer_types.new_and_returning,
        sales.products,
        sales.places,
        sales.stores,
    ),
}
"""The sections of the report whose findings are about a week or a month, in its order."""

_COMPARED: Mapping[SectionOf, str] = {
    sales.products: "product", sales.places: "location", sales.stores: "store",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """A sentence with its topic."""

    topic: str
    words: str


@dataclass(frozen=True)
class Person:
    """A customer on the list, as text."""

    customer_id: str
    last_order: str
    net_sales: str


@dataclass(frozen=True)
class Contacts:
    """The customers to contact first.

    words    how many they are, what they spent and what to do
    top      those who spent the most; empty for readers who may not see customers
    command  the command that saves them as a list
    link     the path of the dashboard page that shows them
    """

    segment: str
    words: str
    top: Sequence[Person] = ()
    command: str = ""
    link: str = ""


@dataclass(frozen=True)
class Digest:
    """The last whole week or month on one page.

    shop     the name of the shop; empty if it has none
    heading  the main finding, as a sentence
    notes    what limits the figures, such as too few orders
    period   None if there are only alerts
    """

    shop: str
    heading: str
    period: DigestPeriod | None
    figures: Sequence[DigestFigure] = ()
    findings: Sequence[Finding] = ()
    contacts: Contacts | None = None
    alerts: Sequence[Alert] = ()
    notes: Sequence[str] = ()

    @property
    def title(self) -> str:
        """What it is about: the shop and the period."""
        about = self.period.name if self.period else "alerts"
        return f"{self.shop}: {about}" if self.shop else about[0].upper() + about[1:]

    @property
    def subject(self) -> str:
        """The subject of its email."""
        if not self.period:
            return f"{self.shop}: {self.heading}" if self.shop else self.heading
        net_sales = self.figures[0]
        moved = net_sales.before.change if net_sales.before else None
        words = f"{self.title}: net sales {net_sales.text}"
        return f"{words}, {moved.words}" if moved else words

    @property
    def keys(self) -> frozenset[str]:
        """What it reports that must not be sent twice: its period, and missing data.

        Without a period, each alert has a key.
        """
        alerts = (alert.key for alert in self.alerts)
        if not self.period:
            return frozenset(alerts)
        period = f"{self.period.kind} {self.period.span.first}"
        return frozenset({period, *(key for key in alerts if key.startswith("no_data"))})

    def without(self, known: Collection[str]) -> "Digest":
        """Return it without alerts that the reader knows; a digest of a period keeps them all."""
        if self.period:
            return self
        alerts = [alert for alert in self.alerts if alert.key not in known]
        return replace(self, heading=_count(alerts), alerts=alerts)

    def for_reader(self, *, sees_customers: bool, saves_lists: bool) -> "Digest":
        """Return the digest without what a reader may not see or do."""
        if self.contacts is None:
            return self
        contacts = self.contacts
        if not saves_lists:
            contacts = replace(contacts, command="")
        if not sees_customers:
            contacts = replace(contacts, top=(), link="")
        return replace(self, contacts=contacts)


def make_digest(
    warehouse: Warehouse, kind: PeriodKind, today: date, limits: Thresholds, shop: str
) -> Digest:
    """Return the digest of the last whole week or month up to a day.

    Raises InputError if the data has no whole week or month yet.
    """
    scope, days = _history(warehouse, today)
    period = last_whole_period(kind, scope, days, today)
    figures = figures_of(scope, period)
    part = replace(scope, span=period.span, as_of=_last(scope, today))
    alerts = alerts_of(scope, period, figures, days, limits)
    notes = [data_quality.caution(scope), _FEW if has_few_orders(figures) else ""]
    return Digest(
        shop=shop,
        heading=_heading(scope, period, figures[0]),
        period=period,
        figures=figures,
        findings=_findings(part, period),
        contacts=_contacts(part, today),
        alerts=[*no_data(warehouse.last_order_on, today, limits), *alerts],
        notes=[note for note in notes if note],
    )


def make_alerts(warehouse: Warehouse, today: date, limits: Thresholds, shop: str) -> Digest:
    """Return only the alerts on the last seven whole days."""
    scope, days = _history(warehouse, today)
    last = last_whole_day(scope, today)
    first = max(scope.whole.first, last - ALERT_DAYS + timedelta(days=1))
    alerts = [
        *no_data(warehouse.last_order_on, today, limits),
        *alerts_on_days(scope, Span(first, last), days, limits),
    ]
    return Digest(shop=shop, heading=_count(alerts), period=None, alerts=alerts)


def _count(alerts: Sequence[Alert]) -> str:
    return formatting.counted(len(alerts), "alert", "alerts") if alerts else "No alerts"


def _history(warehouse: Warehouse, today: date) -> tuple[Scope, Days]:
    """Return the whole warehouse as a scope, and the daily sales that a digest needs.

    Raises InputError if the data starts later.
    """
    scope = Scope(warehouse)
    if today < scope.whole.first:
        raise InputError(
            f"{formatting.day(today)} is before the first day of the data, "
            f"{formatting.day(scope.whole.first)}."
        )
    return scope, daily_sales(scope, history(scope, today))


def _last(scope: Scope, today: date) -> date:
    return min(scope.whole.last, today)


def _heading(scope: Scope, period: DigestPeriod, net_sales: DigestFigure) -> str:
    """Return the net sales and their change, with the one order that makes up most of it."""
    moved = net_sales.before.change if net_sales.before else None
    words = headline(net_sales.label, net_sales.text, moved, period.before_name)
    outlier = find_outlier(scope, period.span, period.before) if moved and period.before else None
    return outlier.named(words, scope.formatter("kpis", "net_sales")) if outlier else words


def _findings(part: Scope, period: DigestPeriod) -> list[Finding]:
    """Return the first findings of the report on this period, the change first."""
    makers: Sequence[SectionOf] = (_changed(part, period), *_SECTIONS[period.kind])
    findings: list[Finding] = []
    for make in makers:
        section = make(part) if _has_several(part, make) else None
        if section and section.has_finding:
            findings.append(Finding(section.topic, _sentence(section.finding)))
        if len(findings) == FINDINGS:
            break
    return findings


def _changed(part: Scope, period: DigestPeriod) -> ChangeOf:
    """Return the section on what changed since the year before, or else since the period before.

    Days after the last day of the data, such as a Sunday without sales, are left out of both.
    """
    now, before = period.span, period.year or period.before
    missing = max(now.last - part.whole.last, timedelta())
    earlier = Span(before.first, before.last - missing) if before else None
    return ChangeOf(Comparison(Span(now.first, now.last - missing), earlier, ""))


def _has_several(part: Scope, make: SectionOf) -> bool:
    """Return whether the shop has several of what a section compares: a single one says nothing."""
    by = _COMPARED.get(make)
    return by is None or len(part.rows("sales_by", by=by)) > 1


def _contacts(part: Scope, today: date) -> Contacts | None:
    """Return the customers that the report advises to contact; None if there are none."""
    section = customers.rfm(part)
    if section.call is None:
        return None
    ref, _ = FigureRef.decode(section.call.figure)
    segment = dict(ref.part)["segment"]
    until = part.segment_date
    members = part.ask("rfm", since=None, until=until, where={"segment": [segment]})
    best = part.fetch(members.order_by(ibis.desc("monetary"), "customer_id").limit(TOP))
    return Contacts(
        segment, _sentence(section.call.finding), [_person(part, row) for row in best],
        _command(segment, part, today), f"lists?{urlencode({'segment': segment})}",
    )  # fmt: skip


def _person(part: Scope, row: dict[str, Any]) -> Person:
    days = formatting.counted(row["recency"], "day", "days")
    money = part.formatter("rfm", "monetary")
    return Person(row["customer_id"], f"{days} ago", money(row["monetary"]))


def _command(segment: str, part: Scope, today: date) -> str:
    last = _last(part, today)
    name = "".join(letter for letter in segment.lower() if letter.isalnum() or letter == " ")
    words = ["regulars", "lists", "create", f"{name.replace(' ', '-')}-{last}"]
    words += ["--segment", segment, "--control", _CONTROL]
    if last < part.whole.last:
        words += ["--as-of", f"{last + timedelta(days=1)}"]
    return " ".join(_quoted(word) for word in words)


def _quoted(word: str) -> str:
    """Return a word of a command, in double quotes if it has spaces or an apostrophe."""
    return word if word.replace("-", "").replace("%", "").isalnum() else f'"{word}"'


def _sentence(words: str) -> str:
    return words if words.endswith((".", "?", "!")) else f"{words}."
