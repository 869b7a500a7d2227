"""Personal data in the rows of a source: extracted from lines, and replaced by pseudonyms.

Functions that only Python can compute are called by name; `PeoplePolicy` registers them.
"""

from functools import reduce
from operator import add, or_
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.schema import LEDGER_COLUMNS, PEOPLE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ibis.expr.types import StringValue, Table, Value

    from regulars.sources.profiles.people import People

MARK = "pseudonym:"
"""The prefix of a pseudonym that replaces a customer ID."""

PERSON = "person: "
"""The prefix of columns with personal data while they are beside the lines."""


def function_of_text(name: str) -> "Callable[[Value], StringValue]":
    """Return an expression that calls a registered function of text."""

    def stub(_: object) -> None: ...

    function = ibis.udf.scalar.builtin(stub, name=name, signature=(("string",), "string"))
    return cast("Callable[[Value], StringValue]", function)


pseudonym = function_of_text("regulars_pseudonym")
"""The pseudonym of a customer ID."""

marked_pseudonym = function_of_text("regulars_marked_pseudonym")
"""The pseudonym with its prefix, to replace a customer ID."""

not_forgotten = function_of_text("regulars_not_forgotten")
"""The same pseudonym, or NULL if the customer has been forgotten."""

redact_row = function_of_text("regulars_redact_row")
"""The text of a quarantined row with only the cells that an order line needs."""


def person_data(people: "People", cells: "Mapping[str, StringValue]") -> "dict[str, Value]":
    """Return our columns of personal data, each joined from one or more cells of the source."""
    return {
        PERSON + name: _joined([cells[column] for column in columns])
        for name, columns in people.columns.items()
        if columns
    }


def _joined(cells: "Sequence[StringValue]") -> "Value":
    parts = [ibis.ifelse(cell.notnull(), " " + cell, "") for cell in cells]
    return cast("Value", reduce(add, parts).substr(1).nullif(""))


def person_columns(lines: "Table") -> list[str]:
    """Return the columns of staged lines that hold personal data."""
    return [name for name in lines.columns if name.startswith(PERSON)]


def people_in(lines: "Table") -> "Table":
    """Return the personal data in the staged rows of one source, in the columns of `people`.

    There is one row per customer, with the last value of each column. Guests have no ID to find
    them by and are left out, as are forgotten customers.
    """
    numbered = lines.mutate(row_number=lines.rowid())
    known = numbered.filter(numbered.customer_id.notnull())
    given = [name for name in PEOPLE_COLUMNS if PERSON + name in lines.columns]
    last = {
        name: known[PERSON + name].argmax(known.row_number, where=known[PERSON + name].notnull())
        for name in given
    }
    people = known.group_by("customer_id").aggregate(source_id=known.source_id.max(), **last)
    missing = {name: ibis.null("string") for name in PEOPLE_COLUMNS if name not in given}
    people = people.mutate(pseudonym=not_forgotten(pseudonym(people.customer_id)), **missing)
    has_data = reduce(or_, (people[name].notnull() for name in PEOPLE_COLUMNS))
    return people.filter(people.pseudonym.notnull(), has_data).select(*LEDGER_COLUMNS["people"])


def known_customers(lines: "Table", *, by_pseudonym: bool) -> "Table":
    """Return the customers of lines and the id to store for each: customer_id, known_as.

    That is the pseudonym if `by_pseudonym` or if the ID is already a marked pseudonym,
    otherwise the ID. It is NULL for forgotten customers.
    """
    ids = lines.filter(lines.customer_id.notnull()).select("customer_id").distinct()
    named = ids.mutate(pseudonym=not_forgotten(pseudonym(ids.customer_id)))
    known_as = named.pseudonym
    if not by_pseudonym:
        known_as = ibis.cases(
            (named.pseudonym.isnull(), None),
            (named.customer_id.startswith(MARK), named.pseudonym),
            else_=named.customer_id,
        )
    return named.select("customer_id", known_as=known_as)


def apply_pseudonyms(lines: "Table", customers: "Table") -> "Table":
    """Return lines with the ids of `known_customers`; forgotten customers become guests.

    Quarantined rows of forgotten customers are redacted, including rows that lack the customer
    number but belong to one of their orders.
    """
    ids = customers.rename(number="customer_id")
    joined = lines.left_join(ids, lines.customer_id == ids.number)
    is_forgotten = joined.number.notnull() & joined.known_as.isnull()
    orders = joined.filter(is_forgotten, joined.order_id.notnull())
    orders = orders.select(forgotten_order="order_id").distinct()
    joined = joined.mutate(is_forgotten=is_forgotten)
    rows = joined.left_join(orders, joined.order_id == orders.forgotten_order)
    is_theirs = rows.is_forgotten | (rows.customer_id.isnull() & rows.forgotten_order.notnull())
    original = ibis.ifelse(
        is_theirs & rows.original.notnull(), redact_row(rows.original), rows.original
    )
    return rows.mutate(customer_id=rows.known_as, original=original).select(*lines.columns)
