"""What stands out: the findings of several sections, ranked by the money they are about."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from regulars.insights.parts import KeyFinding, Section
from regulars.insights.scope import Scope

MOST = 6
_LEAST_SHARE = Decimal("0.005")

CUSTOMERS_PAGE = "customers"


def net_sales(scope: Scope) -> Decimal:
    """Return the net sales of the view, against which findings are weighed."""
    return Decimal(scope.measure("net_sales") or 0)


def stand_out(found: Iterable[tuple[str, Section | None]], of: Decimal) -> Sequence[KeyFinding]:
    """Return the findings about at least 0.5% of net sales, the most money first.

    found  sections, each with the page that shows it in full
    of     net sales of the view
    """
    findings = [one for page, section in found if section for one in _findings(page, section)]
    large = [one for one in findings if one.money and one.money >= abs(of) * _LEAST_SHARE]
    return sorted(large, key=lambda one: -(one.money or 0))[:MOST]


def _findings(page: str, section: Section) -> Iterator[KeyFinding]:
    if call := section.call:
        yield KeyFinding(
            call.topic, call.finding, CUSTOMERS_PAGE, call.figure, section.name, call.money
        )
    if section.has_finding and section.money:
        yield KeyFinding(
            section.topic, section.finding, page, section=section.name, money=section.money,
            happened=section.happened,
        )  # fmt: skip
