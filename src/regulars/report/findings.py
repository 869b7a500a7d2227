"""What the figures say, in a sentence: pure functions from the rows of an answer.

A finding is claimed only where the rows bear it out: an unfinished month is compared with
nothing, a tie is called a tie, and a share is not spoken of where there is nothing to share.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from regulars.present import Change, month, percent
from regulars.report.periods import YEAR, months_between

Row = Mapping[str, Any]
Say = Callable[[Any], str]

NO_DISCOUNT = "0 %"
"""The band of discount_bands in which nothing is taken off."""

_LEVEL = 0.005
_FEW_MONTHS = 3
_FEW_PEOPLE = 30
_TRACE = Decimal("0.001")
_HOME = 0.5
_LONGEST_NAME = 60


def headline(label: str, value: str, moved: Change | None, before: str) -> str:
    """Say the chief figure, and how it moved against another period."""
    if moved is None:
        return f"{label} of {value}"
    than = "with" if moved.arrow == "■" else "on"
    return f"{label} of {value}, {moved.words} {than} {before}"


def trend(months: Sequence[Row], money: Say) -> str:
    """Say how the last complete month did: among all of them, and against the one before."""
    complete = [row for row in months if row["is_complete"]]
    if not complete:
        return f"No month is complete yet; net sales so far are {money(_sum(months, 'net_sales'))}"
    last = complete[-1]
    name, worth = month(last["month"]), money(last["net_sales"])
    if not any(row["net_sales"] for row in complete):
        return "Nothing was sold in any complete month"
    if len(complete) == 1:
        return f"{name}, the only complete month, brought {worth}"
    moved = _moved(last["growth"], complete[-2])
    place = _place(last, complete)
    return f"{name} {place}: {worth}{moved}" if place else f"{name} brought {worth}{moved}"


def trend_detail(months: Sequence[Row], money: Say) -> str:
    """Say how the last complete month compares with the same month a year before, and the best."""
    complete = [row for row in months if row["is_complete"]]
    if len(complete) < 2:
        return ""
    last, said = complete[-1], []
    if than := _than_a_year_ago(complete, "net_sales"):
        said.append(f"That is {than}.")
    best = max(complete, key=lambda row: row["net_sales"])
    if best["net_sales"] > last["net_sales"]:
        said.append(f"The best month was {month(best['month'])} with {money(best['net_sales'])}.")
    return " ".join(said)


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
    last, than = complete[-1], _than_a_year_ago(complete, "active")
    said = f"{month(last['month'])} had {count(last['active'])} active {_people(last['active'])}"
    return f"{said}, {than}." if than else f"{said}."


def segments(rows: Sequence[Row], count: Say) -> str:
    """Say which segment brings most, and how many of the customers it is."""
    if not rows:
        return "There are no known customers to place"
    top, people = rows[0], sum(row["customers"] for row in rows)
    if len(rows) == 1:
        return f"{_all(people, count)} in one segment: {top['segment']}"
    if not _shares(rows, "share_of_net_sales"):
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


def leaders(rows: Sequence[Row], name: str, *, top: int = 10) -> str:
    """Say which member of a breakdown leads, by how much, and what the first few bring."""
    named = [row for row in rows if row[name] is not None]
    if not named:
        return ""
    first = named[0]
    if first["net_sales"] <= 0:
        return "Nothing sold for more than came back"
    if not _shares(rows, "share"):
        return f"{shortened(first[name])} sells most"
    tied = [row for row in named if row["net_sales"] == first["net_sales"]]
    if len(tied) > 1:
        return f"{_listed(tied, name)} lead with {percent(first['share'])} of net sales each"
    said = f"{shortened(first[name])} leads with {percent(first['share'])} of net sales"
    if len(named) <= top:
        return said
    together = sum(row["share"] for row in islice(named, top))
    return (
        said
        if together > 1
        else f"{said}; the top {top} of {len(named):,} bring {percent(together)}"
    )


def weekdays(rows: Sequence[Row], week: Sequence[str]) -> str:
    """Say which day of the week brings most, and on which days of it nothing is sold."""
    ordered = sorted(rows, key=lambda row: row["net_sales"], reverse=True)
    if not ordered:
        return "Nothing was sold in the complete months"
    said, sold = leaders(ordered, "weekday"), {row["weekday"] for row in ordered}
    never = [{"weekday": day} for day in week if day not in sold]
    if not never or ordered[0]["net_sales"] <= 0:
        return said
    if len(never) == 1:
        return f"{said}; {never[0]['weekday']} has none"
    return f"{said}; {_listed(never, 'weekday')} have none"


def home_market(rows: Sequence[Row]) -> str:
    """Say whether one place dominates, and what comes next."""
    named = [row for row in rows if row["location"] is not None]
    if not named or named[0]["net_sales"] <= 0 or (named[0]["share"] or 0) < _HOME:
        return leaders(rows, "location")
    home = named[0]
    if not _shares(rows, "share"):
        return f"{shortened(home['location'])} is the home market"
    said = f"{shortened(home['location'])} brings {percent(home['share'])} of net sales"
    if len(named) == 1:
        return said
    after = named[1]
    return f"{said}; {shortened(after['location'])} comes next with {percent(after['share'])}"


def discounted(bands: Sequence[Row], average: float | None) -> str:
    """Say how much is sold at a discount, and how much discounts take off."""
    if not _shares(bands, "share"):
        return "Some sales were made at a discount"
    share = sum(row["share"] for row in bands if row["band"] != NO_DISCOUNT)
    said = f"{percent(share)} of sales were made at a discount"
    return said if average is None else f"{said}; discounts took {percent(average)} off list prices"


def shortened(name: str) -> str:
    """Return a name that fits a heading."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"


def _place(last: Row, complete: Sequence[Row]) -> str:
    """Return how a month stands among all, where that says something."""
    if len(complete) < _FEW_MONTHS:
        return ""
    others = [row["net_sales"] for row in complete[:-1]]
    if last["net_sales"] > max(others):
        return "was the best month yet"
    if last["net_sales"] < min(others):
        return "was the weakest month yet"
    return "equalled the best month" if last["net_sales"] == max(others) else ""


def _moved(growth: float | None, before: Row) -> str:
    return "" if growth is None else f", {_compared(growth)} {before['month']:%B}"


def _compared(growth: float) -> str:
    if abs(growth) < _LEVEL:
        return "level with"
    return f"{percent(abs(growth))} {'above' if growth > 0 else 'below'}"


def _than_a_year_ago(complete: Sequence[Row], column: str) -> str:
    """Return how the last of the complete months compares with the same month a year before."""
    last = complete[-1]
    ago = [row for row in complete if months_between(row["month"], last["month"]) == YEAR]
    if not ago or ago[0][column] <= 0:
        return ""
    return f"{_compared(float(last[column]) / float(ago[0][column]) - 1)} {month(ago[0]['month'])}"


def _retained(rows: Sequence[Row], step: int, first: date) -> tuple[int, int]:
    """Return how many bought again of how many, without the first cohort: those were not new."""
    seen = [
        row for row in rows
        if row["months_since"] == step and row["is_complete"] and row["cohort"] != first
    ]  # fmt: skip
    sizes = {row["cohort"]: row["customers"] for row in rows if row["months_since"] == 0}
    return _sum(seen, "customers"), sum(sizes[row["cohort"]] for row in seen)


def _shares(rows: Sequence[Row], column: str) -> bool:
    """Return whether shares can be spoken of: none missing, the first above 0, none above 1."""
    shares = [row[column] for row in rows]
    return None not in shares and shares[0] > 0 and max(shares) <= 1


def _sum(rows: Sequence[Row], column: str) -> Any:
    return sum(row[column] for row in rows)


def _listed(rows: Sequence[Row], name: str) -> str:
    names = [shortened(row[name]) for row in rows[:3]]
    more = [f"{len(rows) - 3:,} more"] if len(rows) > 3 else []
    *first, last = [*names, *more]
    return f"{', '.join(first)} and {last}"


def _people(number: int) -> str:
    return "customer" if number == 1 else "customers"


def _all(number: int, count: Say) -> str:
    return "The only known customer is" if number == 1 else f"All {count(number)} customers are"
