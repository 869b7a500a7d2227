"""Choose between the columns of a source that have a common name of one of ours."""

from collections.abc import Mapping, Sequence

from regulars.sources.profiles.column_facts import ColumnFacts
from regulars.sources.profiles.suggest import holds_dates, holds_names


def choose_column(
    ours: str, candidates: Sequence[str], facts: Mapping[str, ColumnFacts]
) -> str | None:
    """Return the first candidate whose values fit our column, or else the first that has any.

    An empty column is chosen only if all are empty. For customers, an id comes before an
    email address, and none is chosen if all are names: two people can share one.
    """
    known = {name: facts.get(name, ColumnFacts()) for name in candidates}
    filled = [name for name in candidates if known[name].filled]
    if not filled:
        return candidates[0] if candidates else None
    match ours:
        case "order_id":
            return _complete_number(filled, known)
        case "ordered_at":
            dates = [name for name in filled if holds_dates(known[name])]
            return next(iter(dates), _first_with_digits(filled, known))
        case "quantity" | "unit_price" | "line_total":
            return _first_with_digits(filled, known)
        case "customer_id":
            ids = [name for name in filled if not holds_names(known[name])]
            return min(
                ids, key=lambda name: known[name].is_mostly(known[name].emails), default=None
            )
        case _:
            return filled[0]


def _complete_number(candidates: Sequence[str], facts: Mapping[str, ColumnFacts]) -> str:
    """Return the first candidate, unless it has blanks and another is on every row.

    Credit notes have a number of their own, but often none of an order. A number that differs in
    every row is that of the line.
    """
    first = facts[candidates[0]]
    if first.filled == first.rows:
        return candidates[0]
    complete = (
        name
        for name in candidates
        if facts[name].filled == facts[name].rows and first.distinct <= facts[name].distinct
        and facts[name].distinct < facts[name].rows
    )  # fmt: skip
    return next(complete, candidates[0])


def _first_with_digits(candidates: Sequence[str], facts: Mapping[str, ColumnFacts]) -> str:
    columns = (name for name in candidates if facts[name].is_mostly(facts[name].digits))
    return next(columns, candidates[0])
