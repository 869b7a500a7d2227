"""What the figures say of customers, in a sentence: pure functions from the rows of an answer."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from regulars.core.calendar import YEAR
from regulars.core.formatting import month, percent
from regulars.insights.findings.sales import Row, Say, added_up, has_shares, than_a_year_ago

_FEW_PEOPLE = 30
_TRACE = Decimal("0.001")


def returning(months: Sequence[Row], count: Say) -> str:
    """Say how many of the last complete month's customers had bought before."""
    if not any(row["active"] for row in months):
        return "No order bears the name of a customer, so new and returning cannot be told apart"
    last = next((row for row in reversed(months) if row["is_complete"]), months[-1])
    name, active = month(last["month"]), last["active"]
    name += "" if last["is_complete"] else " so far"
    if not active:
        return f"No known customer ordered in {name}"
    if last is months[0]:
        return f"{count(active)} {_people(active)} ordered in {name}, where the data begin"
    share = percent(last["returning"] / active)
    return (
        f"{share} of the customers of {name} had bought before: "
        f"{count(last['returning'])} of {count(active)}"
    )


def buyers(months: Sequence[Row]) -> str:
    """Say who brought the net sales of the last complete month."""
    if not any(row["returning"] or row["new"] for row in months):
        return "No order bears the name of a customer, so it cannot be told who brings the sales"
    last = next((row for row in reversed(months) if row["is_complete"]), months[-1])
    name = month(last["month"]) + ("" if last["is_complete"] else " so far")
    parts = {part: last[part] for part in ("returning", "new", "guests")}
    if not any(parts.values()):
        return f"Nobody bought in {name}"
    if last["net_sales"] <= 0 or min(parts.values()) < 0:
        return f"{name}: some customers sent back more than they bought"
    if last is months[0]:
        return f"{name} is where the data begin: nobody is known to have come back yet"
    share = {part: percent(float(worth / last["net_sales"])) for part, worth in parts.items()}
    guests = f", guests {share['guests']}" if parts["guests"] else ""
    return (
        f"Returning customers brought {share['returning']} of the net sales of {name}, new ones "
        f"{share['new']}{guests}"
    )


def active(months: Sequence[Row], count: Say) -> str:
    """Say how many customers the last complete month had, and whether that is more than it was."""
    complete = [row for row in months if row["is_complete"]]
    if not complete:
        return ""
    last, than = complete[-1], than_a_year_ago(complete, "active")
    said = f"{month(last['month'])} had {count(last['active'])} active {_people(last['active'])}"
    return f"{said}, {than}." if than else f"{said}."


def segments(rows: Sequence[Row], count: Say) -> str:
    """Say which segment brings most, and how many of the customers it is."""
    if not rows:
        return "There are no known customers to place"
    top, people = rows[0], sum(row["customers"] for row in rows)
    if len(rows) == 1:
        return f"{_all(people, count)} in one segment: {top['segment']}"
    if not has_shares(rows, "share_of_net_sales"):
        return f"{count(people)} customers are in {len(rows)} segments"
    customers, sales = top["share_of_customers"], top["share_of_net_sales"]
    return (
        f"{top['segment']}: {percent(customers)} of customers, "
        f"{percent(sales)} of what they all spent"
    )


def lapsed_regulars(cells: Sequence[Row], count: Say) -> str:
    """Say how many customers with a high F have a low R: they are worth winning back."""
    people = sum(cell["customers"] for cell in cells if cell["f"] >= 4 and cell["r"] <= 2)
    if not people:
        return ""
    away = "is" if people == 1 else "are"
    return (
        f"{count(people)} {_people(people)} bought more often than most, but {away} away longer "
        "than most (F 4–5, R 1–2)."
    )


def guests(worth: Decimal, net_sales: Decimal, money: Say, of_what: str) -> str:
    """Say what guests brought, where it is more than a trace."""
    if net_sales <= 0 or not _TRACE < worth / net_sales <= 1:
        return ""
    share = percent(float(worth / net_sales))
    return (
        f"Guests, who left no customer number, brought {money(worth)}, {share} of {of_what}: "
        "they are in no segment, and no share of the segments counts them."
    )


def retention(rows: Sequence[Row], count: Say, first: date) -> str:
    """Say what share of new customers, those of the first month left out, bought again later."""
    (soon, people), (late, seen) = (_retained(rows, step, first) for step in (1, YEAR))
    if not people:
        return "It is too early to say how many new customers come back"
    if people < _FEW_PEOPLE:
        return f"Too few new customers so far ({count(people)}) to say how many come back"
    said = (
        f"{percent(soon / people)} of {count(people)} new customers bought again in the month "
        "after their first order"
    )
    if seen < _FEW_PEOPLE:
        return said
    return f"{said}, and {percent(late / seen)} of {count(seen)} twelve months after it"


def _retained(rows: Sequence[Row], step: int, first: date) -> tuple[int, int]:
    """Return how many bought again of how many, without the first cohort: those were not new."""
    seen = [
        row for row in rows
        if row["months_since"] == step and row["is_complete"] and row["cohort"] != first
    ]  # fmt: skip
    sizes = {row["cohort"]: row["customers"] for row in rows if row["months_since"] == 0}
    return added_up(seen, "customers"), sum(sizes[row["cohort"]] for row in seen)


def _people(number: int) -> str:
    return "customer" if number == 1 else "customers"


def _all(number: int, count: Say) -> str:
    return "The only known customer is" if number == 1 else f"All {count(number)} customers are"
