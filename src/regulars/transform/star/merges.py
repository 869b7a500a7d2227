"""One person under several customer ids: which ids share an email or phone, and which id counts.

Customers who share a contact are linked, and links of links are, too. Every function is a function
of the links alone, never of the order in which they arrived.
"""

from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.schema import LEDGER_COLUMNS
from regulars.sources.profiles.people import EMAIL, PHONE

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_CUSTOMERS = 10
"""A contact of more customers is nobody's own, such as the shop's email: it links none of them."""

MANY_IDS = 5
"""A person with more ids than that is reported."""

_CONTACT = ["kind", "contact"]


@cached_expression
def links(contacts: "Table", apart: "Table") -> "Table":
    """Return the contacts that link customers: customer_id, kind, contact, is_the_id.

    A contact of a single customer, of too many, or of two who are kept apart links nobody.
    """
    customers = contacts.group_by(["customer_id", *_CONTACT]).aggregate(
        is_the_id=ibis.ifelse(contacts.is_the_id, 1, 0).max()
    )
    counted = customers.group_by(_CONTACT).aggregate(customers=customers.count())
    shared = counted.filter(counted.customers > 1, counted.customers <= MOST_CUSTOMERS)
    linked = customers.semi_join(shared, _CONTACT)
    return linked.anti_join(_of_both(linked, apart), _CONTACT)


@cached_expression
def shared_by_too_many(contacts: "Table") -> "Table":
    """Return the contacts that link nobody: kind, customers (how many), example (one of them)."""
    customers = contacts.select("customer_id", *_CONTACT).distinct()
    counted = customers.group_by(_CONTACT).aggregate(
        customers=customers.count(), example=customers.customer_id.min()
    )
    found = counted.filter(counted.customers > MOST_CUSTOMERS)
    return cast(
        "Table",
        found.select("kind", "customers", "example").order_by(
            found.customers.desc(), found.example, found.kind
        ),
    )


@cached_expression
def own_labels(linked: "Table") -> "Table":
    """Return every customer of `links` with a label of their own: customer_id, label."""
    return linked.select("customer_id", label="customer_id").distinct()


@cached_expression
def shared_labels(linked: "Table", labels: "Table") -> "Table":
    """Return labels after one more step: that of a neighbour, or its label, if it sorts first.

    The label of a label doubles the distance with every step.
    """
    known = linked.select("customer_id", *_CONTACT).inner_join(labels, "customer_id")
    first = known.group_by(_CONTACT).aggregate(label=known.label.min())
    reached = linked.select("customer_id", *_CONTACT).inner_join(first, _CONTACT)
    nearest = reached.group_by("customer_id").aggregate(label=reached.label.min())
    of_label = labels.select(labelled="customer_id", further="label")
    joined = nearest.left_join(of_label, nearest.label == of_label.labelled)
    further = ibis.coalesce(joined.further, joined.label)
    return joined.select("customer_id", label=ibis.least(joined.label, further))


@cached_expression
def changed_labels(labels: "Table", before: "Table") -> "Table":
    """Return how many labels have changed, as the column changed of one row."""
    earlier = before.select(labelled="customer_id", earlier="label")
    joined = labels.inner_join(earlier, labels.customer_id == earlier.labelled)
    # PostgreSQL cannot cast a boolean to int64.
    return joined.aggregate(changed=ibis.ifelse(joined.label != joined.earlier, 1, 0).sum())


@cached_expression
def disputed(labels: "Table", apart: "Table") -> "Table":
    """Return the labels of people who would be two customers that are kept apart: label."""
    one = labels.select(one="customer_id", label="label")
    other = labels.select(other="customer_id", other_label="label")
    pairs = apart.inner_join(one, apart.customer_id == one.one)
    both = pairs.inner_join(other, pairs.other_id == other.other)
    return both.filter(both.label == both.other_label).select("label").distinct()


@cached_expression
def merges(linked: "Table", labels: "Table", disputed: "Table", lines: "Table") -> "Table":
    """Return the table customer_merges: every customer id of a person who has several.

    The person's id is the one of them that has the first line; the shop's own ids come before
    emails. If that is a tie, it is the one that sorts first. Nobody is merged if that would make
    one person of two customers that are kept apart.
    """
    ids = _dated(labels.anti_join(disputed, "label"), lines)
    how = linked.group_by(linking="customer_id").aggregate(
        is_the_id=linked.is_the_id.max(),
        emails=ibis.ifelse(linked.kind == EMAIL, 1, 0).max(),
        phones=ibis.ifelse(linked.kind == PHONE, 1, 0).max(),
    )
    joined = ids.inner_join(how, ids.customer_id == how.linking)
    # Engines differ in whether NULL sorts first.
    order = [joined.is_the_id, ibis.ifelse(joined.first_seen_at.isnull(), 1, 0),
             joined.first_seen_at, joined.customer_id]  # fmt: skip
    ranked = joined.mutate(
        position=ibis.row_number().over(group_by=joined.label, order_by=order),
        reason=ibis.cases(
            (joined.phones == 0, EMAIL), (joined.emails == 0, PHONE), else_=f"{EMAIL} and {PHONE}"
        ),
    )
    first = ranked.filter(ranked.position == 0)
    people = first.select(person="label", merged_into="customer_id")
    rows = ranked.inner_join(people, ranked.label == people.person)
    return rows.select(*LEDGER_COLUMNS["customer_merges"])


@cached_expression
def ids_of_people(merges: "Table") -> "Table":
    """Return how many ids each person has: merged_into, ids; those with most ids first."""
    people = merges.group_by("merged_into").aggregate(ids=merges.count())
    return cast("Table", people.order_by(people.ids.desc(), people.merged_into))


@cached_expression
def first_people(merges: "Table", number: int) -> "Table":
    """Return the ids of the first people, the one that each counts under first."""
    people = merges.select("merged_into").distinct().order_by("merged_into").limit(number)
    theirs = merges.semi_join(people, "merged_into")
    is_other = ibis.ifelse(theirs.customer_id == theirs.merged_into, 0, 1)
    return theirs.order_by("merged_into", is_other, "customer_id").select(
        "merged_into", "customer_id"
    )


@cached_expression
def changed_customers(after: "Table", before: "Table") -> "Table":
    """Return the customer ids that count under another id after a change: customer_id."""
    pair = ["customer_id", "merged_into"]
    now, earlier = after.select(*pair), before.select(*pair)
    rows = now.anti_join(earlier, pair).union(earlier.anti_join(now, pair))
    return rows.filter(rows.customer_id != rows.merged_into).select("customer_id").distinct()


def _of_both(linked: "Table", apart: "Table") -> "Table":
    """Return the contacts that two customers have who are kept apart: kind, contact."""
    one = linked.select("kind", "contact", customer_id="customer_id")
    other = linked.select(other_id="customer_id", other_kind="kind", other_contact="contact")
    pairs = one.inner_join(apart.select("customer_id", "other_id").distinct(), "customer_id")
    same = [
        pairs.other_id == other.other_id,
        pairs.kind == other.other_kind,
        pairs.contact == other.other_contact,
    ]
    return pairs.semi_join(other, same).select(*_CONTACT).distinct()


def _dated(people: "Table", lines: "Table") -> "Table":
    """Return people with the time of the first and of the last line of each id."""
    theirs = lines.semi_join(people, "customer_id")
    seen = theirs.group_by(seen_id="customer_id").aggregate(
        first_seen_at=theirs.ordered_at.min(), last_seen_at=theirs.ordered_at.max()
    )
    return people.left_join(seen, people.customer_id == seen.seen_id)


@cached_expression
def by_person(lines: "Table", merges: "Table | None") -> "Table":
    """Return lines with the id of the person as customer_id; as they are if nobody is merged."""
    if merges is None:
        return lines
    persons = merges.select(merged_id="customer_id", merged_into="merged_into")
    joined = lines.left_join(persons, lines.customer_id == persons.merged_id)
    customer = ibis.coalesce(joined.merged_into, joined.customer_id)
    return joined.mutate(customer_id=customer).select(*lines.columns)
