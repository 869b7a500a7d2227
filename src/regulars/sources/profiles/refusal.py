"""The message for a source whose columns cannot be mapped, with the profile lines to write."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from regulars.core.errors import MappingError
from regulars.sources.profiles.column_names import find_column, normalise_name, words_in
from regulars.sources.profiles.suggest import (
    Facts,
    holds_dates,
    name_columns,
    quoted,
    suggest_columns,
)

MANY_MISSING = 4
"""A file that lacks as many of our columns is probably one of several that belong together."""

_COSTS = frozenset(("cost", "costs", "kosten", "cout", "coste", "costo", "einkaufspreis", "ek"))
"""Words of the price of a product for the shop, or for its customers."""

_LABELS = {
    "order_id": "the order",
    "ordered_at": "the order date",
    "customer_id": "the customer",
    "quantity": "the quantity",
    "unit_price": "the unit price",
    "product_id": "the product",
}
_LINES = ("quantity", "unit_price", "product_id")
_COUNTS = ("orders", "ordercount", "numberoforders", "noorders", "totalorders", "transactions")
"""Normalised names of columns that count orders."""


def missing_columns(
    source: str,
    found: Sequence[str],
    missing: Sequence[str],
    mapped: Mapping[str, str],
    common: Mapping[str, Sequence[str]],
    facts: Facts,
) -> MappingError:
    """Return the error for a source in which some of our columns have no counterpart.

    mapped  the columns that have one
    common  common names by our column
    facts   what a sample shows about the columns of the source
    """
    *others, last = [_LABELS[column] for column in missing]
    wanted = f"{', '.join(others)} or {last}" if others else last
    lines = [f"{source} has no column for {wanted}. It has: {_listed(found)}"]
    packed = [name for name in found if _is_packed(facts, name)]
    if packed and set(missing) & set(_LINES):
        return MappingError("\n".join((
            *lines,
            f"Each row is a whole order: the column {quoted(packed[0])} has all of its products. "
            "Export a file with one row for each product of an order.",
        )))  # fmt: skip
    if _is_summary(found, missing):
        return MappingError("\n".join((
            *lines,
            "Each row seems to be a total of several orders, such as the sales of a day or of a "
            "product. Export the orders with their lines instead; in Shopify, Orders > Export. If "
            "a column has the order number, map it in a profile:",
            '  [columns]\n  order_id = "their column"',
        )))  # fmt: skip
    free = [name for name in found if name not in mapped.values()]
    proposed: list[str] = []
    taken: list[str] = []
    for ours in missing:
        open_ = [name for name in free if name not in taken]
        columns = suggest_columns(ours, common[ours], open_, facts)
        taken += columns if len(columns) == 1 else []
        proposed += _profile_lines(ours, columns, mapped, open_, facts)
    if len(missing) >= MANY_MISSING:
        lines.append(
            "If other files have these columns, as those of orders and of their items do, join the "
            "files in a profile: see [files] in docs/profiles.md."
        )
    lines += ["Write a profile and pass it with --profile:", "  [columns]"]
    error = MappingError("\n".join((*lines, *(f"  {line}" for line in proposed))))
    error.source, error.found, error.used = source, found, (*mapped.values(), *taken)
    known = [f"{ours} = {quoted(name)}" for ours, name in mapped.items() if name in found]
    error.lines = (*known, *proposed)
    error.examples = {name: column.example for name, column in facts.items() if column.example}
    return error


def named_but_missing(
    source: str, found: Sequence[str], profile: str, ours: str, names: Sequence[str]
) -> str:
    """Return the message for a source without the column that a user's profile names."""
    named = " or ".join(f'"{name}"' for name in names)
    if find_column(names, found):
        return (
            f"{source}: profile {profile} maps {named} to {ours} and to another column. "
            "Map it to one."
        )
    guess = get_close_matches(names[0], found, n=1)
    return (
        f"{source} has no column {named}, which profile {profile} maps to {ours}. "
        + (f'Closest: "{guess[0]}". ' if guess else "")
        + f"It has: {_listed(found)}"
    )


def _profile_lines(
    ours: str, columns: Sequence[str], mapped: Mapping[str, str], free: Sequence[str], facts: Facts
) -> list[str]:
    """Return the lines of a profile for one of our columns.

    Where there is a choice, all lines are comments: followed as they are, they change nothing.
    """
    if ours == "unit_price" and len(columns) == 1 and not _COSTS.isdisjoint(words_in(columns[0])):
        return [
            f"# {quoted(columns[0])} can be what the shop pays. Remove the # if customers pay it.",
            f"# {ours} = {quoted(columns[0])}",
        ]
    if len(columns) == 1:
        return [f"{ours} = {quoted(columns[0])}"]
    if columns:
        return [
            f"# Which of these is {_LABELS[ours]}? Remove the # before it.",
            *(f"# {ours} = {quoted(name)}" for name in columns),
        ]
    match ours:
        case "customer_id":
            return _customer_lines(free, facts)
        case "order_id":
            return _order_lines(mapped, free, facts)
        case "quantity":
            return ["# Remove the # if every row is one unit.", "# quantity = { value = 1 }"]
        case "product_id":
            return [
                "# Remove the # if the file does not show what was sold.",
                '# product_name = { value = "Goods" }',
            ]
        case "unit_price":
            return _price_lines(free, facts)
        case _:
            return _date_lines(free, facts)


def _price_lines(free: Sequence[str], facts: Facts) -> list[str]:
    totals = suggest_columns("line_total", (), free, facts)
    if not totals:
        return ["# Name the column with the price of a unit.", '# unit_price = "their column"']
    return [
        "# Remove the # if this is the value of the whole line.",
        *(f"# line_total = {quoted(name)}" for name in totals),
    ]


def _date_lines(free: Sequence[str], facts: Facts) -> list[str]:
    numbers = [name for name in suggest_columns("ordered_at", (), free, {}) if name in facts]
    seen = [f"# {name} holds {facts[name].example}, which is not a date." for name in numbers[:1]]
    return [
        *seen,
        "# No column has dates. Add one to the file, then name it here.",
        '# ordered_at = "their column"',
    ]


def _customer_lines(free: Sequence[str], facts: Facts) -> list[str]:
    if not (names := name_columns(free, facts)):
        return [
            "customer_id = []  # No column identifies the customer: all orders are guest orders."
        ]
    return [
        "# Customers have only names here, and two people can share a name. Remove one #:",
        *(f"# customer_id = {quoted(name)}" for name in names),
        "# customer_id = []  # all orders are guest orders",
    ]


def _order_lines(mapped: Mapping[str, str], free: Sequence[str], facts: Facts) -> list[str]:
    dates = [name for name in free if (column := facts.get(name)) and holds_dates(column)]
    day = mapped.get("ordered_at") or next(iter(dates), None)
    customer = mapped.get("customer_id")
    if not day or not customer:
        return ["# Name the column with the order number.", '# order_id = "their column"']
    return [
        "# Remove the # if everything a customer buys on one day is one order.",
        f"# order_id = {{ columns = [{quoted(customer)}, {quoted(day)}] }}",
    ]


def _is_summary(found: Sequence[str], missing: Sequence[str]) -> bool:
    """Return whether rows are sums over orders: they count orders, or sums are all they have."""
    if not {"order_id", "customer_id"} <= set(missing):
        return False
    names = {normalise_name(name) for name in found}
    return not names.isdisjoint(_COUNTS) or {"grosssales", "netsales"} <= names


def _is_packed(facts: Facts, name: str) -> bool:
    column = facts.get(name)
    return column is not None and column.filled > 0 and column.is_mostly(column.packed)


def _listed(found: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(found[:most])
    return f"{shown}, … ({len(found)} columns)" if len(found) > most else shown
