"""What a source says of people: their columns beside its lines, to be parted from them.

The functions of text that only Python can compute are called by name; the border defines them.
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
"""What stands before a pseudonym where a source had the number of a customer."""

PERSON = "person: "
"""What heads our columns of people as long as they stand beside the lines."""


def _function(name: str) -> "Callable[[Value], StringValue]":
    """Return what calls a function of text by its name."""

    def named(_: object) -> None: ...

    called = ibis.udf.scalar.builtin(named, name=name, signature=(("string",), "string"))
    return cast("Callable[[Value], StringValue]", called)


pseudonym = _function("regulars_pseudonym")
"""The pseudonym of a customer."""

marked = _function("regulars_marked")
"""The pseudonym of a customer as it stands in place of the number."""

not_forgotten = _function("regulars_known")
"""A pseudonym, and nothing for one that was forgotten."""

bare = _function("regulars_bare")
"""The text of a row that was set aside with no cells but those that make a line."""


def person(people: "People", cells: "Mapping[str, StringValue]") -> "dict[str, Value]":
    """Return our columns of people, each put together of the cells of the source it is told in."""
    return {
        PERSON + ours: _together([cells[name] for name in theirs])
        for ours, theirs in people.columns.items()
        if theirs
    }


def _together(cells: "Sequence[StringValue]") -> "Value":
    parts = [ibis.ifelse(cell.notnull(), " " + cell, "") for cell in cells]
    return cast("Value", reduce(add, parts).substr(1).nullif(""))


def persons(lines: "Table") -> list[str]:
    """Return the names of the columns of people beside staged lines."""
    return [name for name in lines.columns if name.startswith(PERSON)]


def people_said(lines: "Table", people: "People") -> "Table":
    """Return what the staged rows of one source say of people, in the columns of the table people.

    One row is one customer, with what the last row of theirs says that says anything. Guests have
    no number by which they could be found again, and none of the forgotten is there.
    """
    placed = lines.mutate(place=lines.rowid())
    theirs = placed.filter(placed.customer_id.notnull())
    told = [name for name in PEOPLE_COLUMNS if PERSON + name in lines.columns]
    last = {
        name: theirs[PERSON + name].argmax(theirs.place, where=theirs[PERSON + name].notnull())
        for name in told
    }
    said = theirs.group_by("customer_id").aggregate(source_id=theirs.source_id.max(), **last)
    named = said.mutate(pseudonym=not_forgotten(pseudonym(said.customer_id)))
    blank = {name: ibis.null("string") for name in PEOPLE_COLUMNS if name not in told}
    whole = named.mutate(**blank).filter(named.pseudonym.notnull())
    anything = reduce(or_, (whole[name].notnull() for name in PEOPLE_COLUMNS))
    return whole.filter(anything).select(*LEDGER_COLUMNS["people"])


def customers(lines: "Table", *, by_pseudonym: bool) -> "Table":
    """Return each customer of lines and what they are known as: customer_id, known_as.

    Known as their pseudonym, or as the number they have unless that is a pseudonym already; who
    was forgotten is known as nothing.
    """
    ids = lines.filter(lines.customer_id.notnull()).select("customer_id").distinct()
    named = ids.mutate(pseudonym=not_forgotten(pseudonym(ids.customer_id)))
    known_as = (
        named.pseudonym
        if by_pseudonym
        else ibis.cases(
            (named.pseudonym.isnull(), None),
            (named.customer_id.startswith(MARK), named.pseudonym),
            else_=named.customer_id,
        )
    )
    return named.select("customer_id", known_as=known_as)


def known(lines: "Table", customers: "Table") -> "Table":
    """Return lines with their customers as they are known, the forgotten without any.

    `customers` is what the function of that name returns.
    """
    ids = customers.rename(named="customer_id")
    found = lines.left_join(ids, lines.customer_id == ids.named)
    gone = found.named.notnull() & found.known_as.isnull()
    orders = found.filter(gone, found.order_id.notnull()).select(gone_order="order_id").distinct()
    whole = found.mutate(is_gone=gone).left_join(orders, found.order_id == orders.gone_order)
    theirs = whole.is_gone | (whole.customer_id.isnull() & whole.gone_order.notnull())
    original = ibis.ifelse(theirs & whole.original.notnull(), bare(whole.original), whole.original)
    return whole.mutate(customer_id=whole.known_as, original=original).select(*lines.columns)
