"""What the figures say, in a sentence: pure functions from the rows of an answer.

A finding is claimed only where the rows bear it out: an unfinished month is compared with
nothing, a tie is called a tie, and a share is not spoken of where there is nothing to share.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

from regulars.core.calendar import YEAR, are_whole_months, months_between
from regulars.core.formatting import LEVEL_CHANGE, Change, month, percent
from regulars.insights.periods import Span

Row = Mapping[str, Any]
Say = Callable[[Any], str]

NO_DISCOUNT = "0 %"
"""The band of discount_bands in which nothing is taken off."""

_LEVEL = 0.005
_FEW_MONTHS = 3
_HOME = 0.5
_LONGEST_NAME = 60


def headline(label: str, value: str, moved: Change | None, before: str) -> str:
    """Say the chief figure, and how it moved against another period."""
    if moved is None:
        return f"{label} of {value}"
    return f"{label} of {value}, {moved.words} on {before}"


def trend(months: Sequence[Row], money: Say) -> str:
    """Say how the last complete month did: among all of them, and against the one before."""
    complete = [row for row in months if row["is_complete"]]
    if not complete:
        return (
            f"No month is complete yet; net sales so far are {money(added_up(months, 'net_sales'))}"
        )
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
    if than := than_a_year_ago(complete, "net_sales"):
        said.append(f"That is {than}.")
    best = max(complete, key=lambda row: row["net_sales"])
    if best["net_sales"] > last["net_sales"]:
        said.append(f"The best month was {month(best['month'])} with {money(best['net_sales'])}.")
    return " ".join(said)


def changed(rows: Sequence[Row], by: str, money: Say, before: Span) -> str:
    """Say how net sales moved on an earlier period, and which members made most of that."""
    change, was = added_up(rows, "change"), added_up(rows, "net_sales_before")
    level = abs(was) * Decimal(str(LEVEL_CHANGE))
    if was > 0 and abs(change) < level:
        said = f"Net sales are level with {before}"
    else:
        grown = f" ({percent(float(abs(change) / was))})" if was > 0 else ""
        said = f"Net sales are {money(abs(change))}{grown} {_than(change)} {_in(before)}"
    told = [row for row in rows if abs(row["change"]) >= level and _was_sold(row)][:3]
    if not told or len(rows) < 2:
        return said
    movers = [f"{shortened(row[by])} {money(abs(row['change']))} {_way(row)}" for row in told]
    return f"{said}: {', '.join(movers)}"


def _was_sold(row: Row) -> bool:
    """Return whether more of it was sold, or less: not only that less of it came back."""
    before = row["net_sales_before"]
    return bool((before + row["change"] if row["change"] > 0 else before) > 0)


def leaders(rows: Sequence[Row], name: str, *, top: int = 10) -> str:
    """Say which member of a breakdown leads, by how much, and what the first few bring."""
    named = [row for row in rows if row[name] is not None]
    if not named:
        return ""
    first = named[0]
    if first["net_sales"] <= 0:
        return "Nothing sold for more than came back"
    if not has_shares(rows, "share"):
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
    if not has_shares(rows, "share"):
        return f"{shortened(home['location'])} is the home market"
    said = f"{shortened(home['location'])} brings {percent(home['share'])} of net sales"
    if len(named) == 1:
        return said
    after = named[1]
    return f"{said}; {shortened(after['location'])} comes next with {percent(after['share'])}"


def discounted(bands: Sequence[Row], average: float | None) -> str:
    """Say how much is sold at a discount, and how much discounts take off."""
    if not has_shares(bands, "share"):
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


def _in(span: Span) -> str:
    """Return when something was: in a month, on a day, or from one day to another."""
    if are_whole_months(span.first, span.last):
        return f"in {span}"
    return f"on {span}" if span.first == span.last else f"from {span}"


def _than(change: Any) -> str:
    return "more than" if change > 0 else "less than"


def _way(row: Row) -> str:
    return "more" if row["change"] > 0 else "less"


def _moved(growth: float | None, before: Row) -> str:
    return "" if growth is None else f", {_compared(growth)} {before['month']:%B}"


def _compared(growth: float) -> str:
    if abs(growth) < _LEVEL:
        return "level with"
    return f"{percent(abs(growth))} {'above' if growth > 0 else 'below'}"


def than_a_year_ago(complete: Sequence[Row], column: str) -> str:
    """Return how the last of the complete months compares with the same month a year before."""
    last = complete[-1]
    ago = [row for row in complete if months_between(row["month"], last["month"]) == YEAR]
    if not ago or ago[0][column] <= 0:
        return ""
    return f"{_compared(float(last[column]) / float(ago[0][column]) - 1)} {month(ago[0]['month'])}"


def has_shares(rows: Sequence[Row], column: str) -> bool:
    """Return whether shares can be spoken of: none missing, the first above 0, none above 1."""
    shares = [row[column] for row in rows]
    return None not in shares and shares[0] > 0 and max(shares) <= 1


def added_up(rows: Sequence[Row], column: str) -> Any:
    """Return the sum of a column."""
    return sum(row[column] for row in rows)


def _listed(rows: Sequence[Row], name: str) -> str:
    names = [shortened(row[name]) for row in rows[:3]]
    more = [f"{len(rows) - 3:,} more"] if len(rows) > 3 else []
    *first, last = [*names, *more]
    return f"{', '.join(first)} and {last}"
