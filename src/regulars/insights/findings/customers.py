"""Findings on customers: pure functions from the rows of an analysis to a sentence."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from regulars.core.calendar import MONTHS_IN_YEAR
from regulars.core.formatting import month, percent
from regulars.insights.findings.guards import FEW_CUSTOMERS, FEW_ORDERS
from regulars.insights.findings.sales import growth_on_year, has_shares
from regulars.insights.findings.shared import Formatter, Row, total

_TRACE = Decimal("0.001")


def returning(months: Sequence[Row], count: Formatter) -> str:
    """Return the share of the last complete month's customers who had bought before."""
    if not any(row["active"] for row in months):
        return "No order has a customer ID, so new and returning customers cannot be separated"
    last, name = _latest(months)
    active = last["active"]
    if not active:
        return f"No known customer ordered in {name}"
    if last is months[0]:
        return f"{count(active)} {_noun(active)} ordered in {name}, the first month of data"
    share = percent(last["returning"] / active)
    counts = f"{count(last['returning'])} of {count(active)}"
    if active < FEW_CUSTOMERS:
        return f"{counts} {_noun(active)} in {name} had bought before"
    return f"{share} of customers in {name} had bought before ({counts})"


def buyers(months: Sequence[Row]) -> str:
    """Return the shares of returning customers, new customers and guests in the last month."""
    if not any(row["returning"] or row["new"] for row in months):
        return "No order has a customer ID, so sales cannot be split by customer type"
    last, name = _latest(months)
    amounts = {part: last[part] for part in ("returning", "new", "guests")}
    if not any(amounts.values()):
        return f"No sales in {name}"
    if last["net_sales"] <= 0 or min(amounts.values()) < 0:
        return f"{name}: some customers returned more than they bought"
    if last is months[0]:
        return f"{name} is the first month of data, so all its customers count as new"
    share = {part: percent(float(amount / last["net_sales"])) for part, amount in amounts.items()}
    guests = f", guests {share['guests']}" if amounts["guests"] else ""
    return (
        f"Returning customers made up {share['returning']} of net sales in {name}, "
        f"new customers {share['new']}{guests}"
    )


def active(months: Sequence[Row], count: Formatter) -> str:
    """Return the active customers of the last complete month, and the change on a year earlier."""
    complete = [row for row in months if row["is_complete"]]
    if not complete:
        return ""
    last, growth = complete[-1], growth_on_year(complete, "active")
    sentence = f"{month(last['month'])} had {count(last['active'])} active {_noun(last['active'])}"
    return f"{sentence}, {growth}." if growth else f"{sentence}."


def segments(rows: Sequence[Row], count: Formatter) -> str:
    """Return the segment that spends the most, with its share of customers and spending."""
    if not rows:
        return "No known customers to segment"
    top, customers = rows[0], total(rows, "customers")
    if len(rows) == 1 and customers == 1:
        return f"The only known customer is in one segment: {top['segment']}"
    if len(rows) == 1:
        return f"All {count(customers)} customers are in one segment: {top['segment']}"
    if not has_shares(rows, "share_of_net_sales"):
        return f"{count(customers)} customers are in {len(rows)} segments"
    of_customers, of_sales = top["share_of_customers"], top["share_of_net_sales"]
    return (
        f"{top['segment']}: {percent(of_customers)} of customers, "
        f"{percent(of_sales)} of customer spending"
    )


def lapsed_regulars(cells: Sequence[Row], count: Formatter) -> str:
    """Return how many customers with a high F score have a low R score: worth winning back."""
    customers = total([cell for cell in cells if cell["f"] >= 4 and cell["r"] <= 2], "customers")
    if not customers:
        return ""
    verb = "has" if customers == 1 else "have"
    return (
        f"{count(customers)} frequent {_noun(customers)} {verb} been away longer than most "
        "(F 4–5, R 1–2)."
    )


def top_spenders(rows: Sequence[Row], orders: int) -> str:
    """Return the share of net sales of the customers who spent most, or who leads with few."""
    first = rows[0]
    share = sum(row["share"] or 0 for row in rows)
    if orders < FEW_ORDERS or len(rows) == 1 or not 0 < share <= 1:
        return f"Customer {first['customer_id']} spent most"
    return (
        f"The {len(rows)} customers who spent most make up {percent(share)} of net sales; customer "
        f"{first['customer_id']} leads with {percent(first['share'])}"
    )


def guests(amount: Decimal, net_sales: Decimal, money: Formatter, of_what: str) -> str:
    """Return the share of guests in net sales; empty if it is only a trace."""
    if net_sales <= 0 or not _TRACE < amount / net_sales <= 1:
        return ""
    share = percent(float(amount / net_sales))
    return (
        f"Guests (orders without a customer ID) spent {money(amount)}, {share} of {of_what}. "
        "They are in no segment, so segment shares leave them out."
    )


def retention(rows: Sequence[Row], count: Formatter, first: date) -> str:
    """Return the share of new customers who bought again, leaving out the first cohort."""
    (soon, customers), (late, year_on) = (
        _retained(rows, step, first) for step in (1, MONTHS_IN_YEAR)
    )
    if not customers:
        return "It is too early to say how many new customers come back"
    if customers < FEW_CUSTOMERS:
        return f"Too few new customers so far ({count(customers)}) to say how many come back"
    finding = (
        f"{percent(soon / customers)} of {count(customers)} new customers bought again in the "
        "month after their first order"
    )
    if year_on < FEW_CUSTOMERS:
        return finding
    return f"{finding}, and {percent(late / year_on)} of {count(year_on)} twelve months later"


def _latest(months: Sequence[Row]) -> tuple[Row, str]:
    """Return the last complete month, or the last one "so far" if none is, with its name."""
    last = next((row for row in reversed(months) if row["is_complete"]), months[-1])
    return last, month(last["month"]) + ("" if last["is_complete"] else " so far")


def _retained(rows: Sequence[Row], step: int, first: date) -> tuple[int, int]:
    """Return how many customers bought again out of how many, without the cohort of `first`.

    That cohort holds customers from before the data starts, who were not new.
    """
    seen = [
        row for row in rows
        if row["months_since"] == step and row["is_complete"] and row["cohort"] != first
    ]  # fmt: skip
    sizes = {row["cohort"]: row["customers"] for row in rows if row["months_since"] == 0}
    return total(seen, "customers"), sum(sizes[row["cohort"]] for row in seen)


def _noun(number: int) -> str:
    return "customer" if number == 1 else "customers"
