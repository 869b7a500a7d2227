"""The six figures of a digest, each with the period before and the year before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from regulars.analyses.catalog import METRICS
from regulars.analyses.define import Metric
from regulars.analyses.shared.buyer_types import NEW
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.core.formatting import Change
from regulars.insights.digest.period import DigestPeriod
from regulars.insights.findings.guards import FEW_ORDERS
from regulars.insights.periods import Span
from regulars.insights.scope import Scope

_NEW_CUSTOMERS = ColumnCard(
    "New customers", "count", "Customers whose first order is in the period", ",d", "up"
)
_NEW = "new_customers"
_NAMES = ("net_sales", "orders", "customers", "average_order_value", _NEW, "return_rate")
_OF_CUSTOMERS = ("customers", _NEW)
_YEAR = timedelta(days=365)
_Values = Mapping[str, Any]


@dataclass(frozen=True)
class Earlier:
    """A figure of an earlier period, and the change since then.

    change  None if one of the periods has too few orders, or if nothing can be compared
    """

    value: Any
    text: str
    change: Change | None


@dataclass(frozen=True)
class DigestFigure:
    """A figure of the period; `before` and `year` are None if the data does not cover them."""

    name: str
    label: str
    value: Any
    text: str
    before: Earlier | None
    year: Earlier | None


def figures_of(scope: Scope, period: DigestPeriod) -> list[DigestFigure]:
    """Return the figures of a period; those of customers only if the shop knows any."""
    now = {**_kpis(scope, period.span), _NEW: _new_customers(scope, period.span)}
    before, year = (_earlier_values(scope, span) for span in (period.before, period.year))
    names = [name for name in _NAMES if name not in _OF_CUSTOMERS or _has_customers(scope)]
    return [_figure(scope, name, now, before, year) for name in names]


def has_few_orders(figures: Sequence[DigestFigure]) -> bool:
    """Return whether figures are not compared because a period has too few orders."""
    net_sales = figures[0]
    return any(one and one.change is None for one in (net_sales.before, net_sales.year))


def _figure(
    scope: Scope, name: str, now: _Values, before: _Values | None, year: _Values | None
) -> DigestFigure:
    card, value = _card(name), now[name]

    def earlier(then: _Values | None) -> Earlier | None:
        if then is None or then[name] is None:
            return None
        is_enough = min(now["orders"], then["orders"]) >= FEW_ORDERS
        change = formatting.change(value, then[name], card) if is_enough else None
        return Earlier(then[name], formatting.headline(then[name], card, scope.currency), change)

    text = formatting.headline(value, card, scope.currency)
    return DigestFigure(name, card.label, value, text, earlier(before), earlier(year))


def _earlier_values(scope: Scope, span: Span | None) -> _Values | None:
    """Return the values of an earlier period.

    Its new customers are counted only after a year of data: before, nearly everyone would be new.
    """
    if span is None:
        return None
    has_year = span.first - scope.whole.first >= _YEAR
    return {**_kpis(scope, span), _NEW: _new_customers(scope, span) if has_year else None}


def _kpis(scope: Scope, span: Span) -> _Values:
    [row] = scope.rows("kpis", since=span.first, until=span.last)
    return row


def _new_customers(scope: Scope, span: Span) -> int:
    lines = scope.ask("lines", since=span.first, until=span.last, buyer=NEW)
    sales = lines.filter(lines.kind == "sale")
    [row] = scope.fetch(sales.aggregate(customers=sales.customer_id.nunique()))
    return int(row["customers"])


def _has_customers(scope: Scope) -> bool:
    return bool(scope.measure("customers", scope.whole))


def _card(name: str) -> Metric | ColumnCard:
    return _NEW_CUSTOMERS if name == _NEW else METRICS[name]
