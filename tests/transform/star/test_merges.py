"""Customers linked by contacts are one person, whatever the order of the links and the engine."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.core.schema import LEDGER_COLUMNS
from regulars.engines.duckdb.workspace import DuckDBWorkspace, open_workspace
from regulars.loads.merge_customers import resolve_merges

LINES = {"customer_id": "string", "ordered_at": "timestamp(6)"}
Contact = tuple[str, str]
"""A customer and their email."""


@pytest.fixture(scope="module")
def workspace() -> Iterator[DuckDBWorkspace]:
    with open_workspace() as workspace:
        yield workspace


def persons(
    workspace: DuckDBWorkspace, contacts: list[Contact], *apart: tuple[str, str]
) -> dict[str, str]:
    """Return the person of each customer who shares an email; C2 buys before C10, C10 before C1."""
    both = [(1, *pair) for one, other in apart for pair in ((one, other), (other, one))]
    tables: dict[str, list[tuple[object, ...]]] = {
        "customer_contacts": [(1, "@" in who, who, "email", email) for who, email in contacts],
        "kept_apart": [*both],
    }
    given = {
        name: workspace.rows_as_table(name, LEDGER_COLUMNS[name], rows)
        for name, rows in tables.items()
    }
    days = [("C2", "2024-01-01"), ("C10", "2024-01-02"), ("C1", "2024-01-03"),
            ("a@x", "2023-01-01")]  # fmt: skip
    lines = workspace.rows_as_table("lines", LINES, days)
    found = resolve_merges(workspace, given["customer_contacts"], given["kept_apart"], lines)
    rows = workspace.fetch(found.table.select("customer_id", "merged_into"))
    return {row["customer_id"]: row["merged_into"] for row in rows}


def test_the_first_own_id_with_a_line_counts(workspace: DuckDBWorkspace) -> None:
    contacts = [("C1", "a"), ("C10", "a"), ("C2", "b"), ("C10", "b"), ("a@x", "a"), ("C0", "a")]
    # a@x has the first line, but is an email. C0 has no line, so it sorts last.
    assert persons(workspace, contacts) == dict.fromkeys(("C0", "C1", "C10", "C2", "a@x"), "C2")


def test_a_chain_of_a_thousand_customers_is_one_person(workspace: DuckDBWorkspace) -> None:
    chain = [(f"N{n:04}", f"e{link}") for n in range(1000) for link in (n, n + 1)]
    assert persons(workspace, chain) == {f"N{n:04}": "N0000" for n in range(1000)}


names = st.sampled_from([f"C{n}" for n in range(12)])
examples = os.environ.get("REGULARS_EXAMPLES")


@settings(
    max_examples=int(examples or 8), deadline=None, derandomize=examples is None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(
    st.lists(st.tuples(names, st.sampled_from("abcdefgh")), min_size=6, max_size=25),
    st.tuples(names, names).filter(lambda pair: pair[0] != pair[1]),
)
def test_people_are_the_connected_customers(
    workspace: DuckDBWorkspace, contacts: list[Contact], pair: tuple[str, str]
) -> None:
    assert persons_by_hand(contacts) == groups(persons(workspace, contacts))
    apart = groups(persons(workspace, contacts, pair))
    assert apart == groups(persons(workspace, contacts[::-1], pair[::-1]))
    assert not any(set(pair) <= person for person in apart)
    assert all(any(one <= other for other in persons_by_hand(contacts)) for one in apart)


def groups(persons: dict[str, str]) -> set[frozenset[str]]:
    return {
        frozenset(one for one, other in persons.items() if other == person)
        for person in persons.values()
    }


def persons_by_hand(contacts: list[Contact]) -> set[frozenset[str]]:
    """Return the groups of connected customers, by joining groups until none share an email."""
    people: list[tuple[set[str], set[str]]] = []
    for customer, email in contacts:
        customers, emails = {customer}, {email}
        for known in [one for one in people if customer in one[0] or email in one[1]]:
            people.remove(known)
            customers |= known[0]
            emails |= known[1]
        people.append((customers, emails))
    return {frozenset(customers) for customers, _ in people if len(customers) > 1}
