"""The results and the power of a list as sentences."""

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING

from regulars.core.columns import ColumnCard
from regulars.core.formatting import counted, day, headline, percent
from regulars.lists.draft import Counts
from regulars.lists.power import Power, can_be_measured
from regulars.lists.results import FEWEST_BUYERS, FEWEST_CUSTOMERS, Group, ListResults

if TYPE_CHECKING:
    from regulars.lists.effect import Estimate

MONEY = ColumnCard("", "money")


def finding(results: ListResults, currency: str) -> str:
    """Return the result in one sentence, or why nothing can be said yet."""
    effect = results.effect
    if effect is None:
        return f"{results.open_because}."
    size, low, high = (
        headline(amount, MONEY, currency)
        for amount in (
            abs(effect.difference.value), effect.difference.low, effect.difference.high
        )
    )  # fmt: skip
    more = "more" if effect.difference.value >= 0 else "less"
    return (
        f"Customers who were contacted spent {size} {more} per head than the control group, "
        f"between {low} and {high}: {_verdict(effect.difference)}."
    )


def bought_finding(results: ListResults) -> str:
    """Return how many more of the contacted customers bought; empty if nothing can be said."""
    bought, treated, held_out = (
        results.bought, results.treatment.share_bought, results.control.share_bought
    )  # fmt: skip
    if bought is None or treated is None or held_out is None:
        return ""
    size, low, high = (_points(value) for value in (abs(bought.value), bought.low, bought.high))
    more = "more" if bought.value > 0 else "fewer"
    difference = "no difference" if size == _points(0) else f"{size} points {more}"
    return (
        f"{percent(treated)} of contacted customers bought, compared with {percent(held_out)} of "
        f"the control group: {difference}, between {low} and {high} points: {_verdict(bought)}."
    )


def _verdict(difference: "Estimate") -> str:
    return "beyond chance" if difference.is_beyond_chance else "not beyond chance"


def _points(share: float) -> str:
    """Return a difference between shares in percentage points, with a minus sign as elsewhere."""
    return f"{round(share * 100, 1) + 0.0:.1f}".replace("-", "−")


def days_counted(results: ListResults) -> str:
    """Return the days that count."""
    days = counted(results.days, "day", "days")
    return f"{day(results.first)}, the day of the export, to {day(results.last)} ({days})."


def smallest_effect(results: ListResults, currency: str) -> str:
    """Return the smallest effect that the list could have shown; empty if nothing can be said."""
    if results.effect is None:
        return ""
    smallest = headline(results.effect.smallest, MONEY, currency)
    return f"With these groups, only effects above {smallest} per head can be detected."


def method(results: ListResults, currency: str) -> str:
    """Return how the amounts are adjusted; empty if nothing can be said."""
    if results.effect is None:
        return ""
    cap = headline(results.effect.cap, MONEY, currency)
    return (
        f"The comparison uses adjusted amounts: no customer counts for more than {cap}, so that a "
        "few large ones do not decide it, and what customers spent in the year before is taken "
        "into account. The 95% intervals of amounts come from a bootstrap by customer, those of "
        "shares from Newcombe's formula."
    )


def remarks(results: ListResults) -> Iterator[str]:
    """Yield what a reader must know to judge the result."""
    treatment, control = results.treatment, results.control
    if results.in_file < treatment.customers:
        yield (
            f"The exported file has {results.in_file:,} of the {treatment.customers:,} customers "
            "to contact. All of them count, so that the groups stay comparable."
        )
    if treatment.elsewhere or control.elsewhere:
        yield (
            f"Also contacted with other lists in these days: {_part(treatment)} of the customers "
            f"contacted, and {_part(control)} of the control group. If these shares differ, part "
            "of the difference may come from those lists."
        )
    if results.control_sent:
        yield (
            f"The control group was exported on {day(results.control_sent)}. If it was contacted "
            "as well, this comparison shows no effect."
        )
    if results.forgotten:
        forgotten = counted(results.forgotten, "customer was", "customers were")
        yield f"Not counted: {forgotten} forgotten since the list was created."
    if results.in_both:
        people = counted(results.in_both, "person has", "people have")
        yield f"Not counted: {people} customer IDs in both groups."


def power_finding(counts: Counts, power: Power | None, currency: str) -> str:
    """Return what a list can show, before it is saved."""
    if not counts.control:
        return "Without a control group, the effect of this list cannot be measured."
    total = counts.treatment + counts.control
    people = counted(total, "customer", "customers")
    groups = f"{people} and {round(100 * counts.control / total, 1):g}% held out"
    if not can_be_measured(counts.treatment, counts.control):
        needed = f"each group needs {FEWEST_CUSTOMERS} customers"
        share = ceil(100 * FEWEST_CUSTOMERS / total)
        more = f" Hold out {share}% or more." if share <= 50 else ""
        return f"With {groups}, no effect can be detected: {needed}.{more}"
    if power is None:
        return (
            f"Whether {groups} is enough cannot be estimated: fewer than {FEWEST_BUYERS} such "
            "customers bought in the latest days of the data."
        )
    smallest = headline(power.smallest, MONEY, currency)
    usual = headline(power.per_head, MONEY, currency)
    return (
        f"With {groups}, only effects above {smallest} per head can be detected within "
        f"{power.days} days. Similar customers spent {usual} per head in the last {power.days} "
        "days of the data."
    )


def email_finding(counts: Counts, with_email: int | None) -> str:
    """Return how many customers to contact have an email address; empty if that is not known."""
    if with_email is None:
        return ""
    have = "has" if with_email == 1 else "have"
    return f"{with_email:,} of {counts.treatment:,} customers to contact {have} an email address."


def _part(group: Group) -> str:
    return f"{group.elsewhere:,} ({percent(group.elsewhere / max(group.customers, 1))})"
