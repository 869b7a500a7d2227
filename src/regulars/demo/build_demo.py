"""Build the demo warehouse: the sample sales, and made-up contacts of their customers."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from regulars.core import schema
from regulars.demo.made_up_people import made_up_contact
from regulars.demo.sample_sales import demo_settings, demo_sources
from regulars.engines.locate import engine_of
from regulars.engines.protocols import Engine
from regulars.loads.api import build
from regulars.loads.report import LoadReport
from regulars.warehouse.people.key import Key, Keyring
from regulars.warehouse.people.policy import read_people_policy

KEY_FILE = "regulars-demo.key"
"""The key file of the demo, separate from a shop's: with a shop's key, later builds would store
personal data."""

FIRST_SOURCE = 1


def build_demo(warehouse: str, progress: Callable[[str], None] = lambda _: None) -> LoadReport:
    """Build the demo warehouse, and return what was loaded and quarantined.

    Raises RegularsError, with an existing warehouse unchanged.
    """
    settings, engine = demo_settings(), engine_of(warehouse)
    report = build(*demo_sources(), warehouse=warehouse, settings=settings, progress=progress)
    if engine.supports_lists:  # others store no personal data either
        add_contacts(engine, settings.memory_limit)
    return report


def add_contacts(engine: Engine, memory_limit: str) -> None:
    """Store contacts in a new warehouse as a load does: separate from the sales, by pseudonym."""
    keyring = Keyring(Path(KEY_FILE), is_named=True)
    with engine.open_store(memory_limit=memory_limit) as store:
        policy = read_people_policy(store, keyring)
        customers = store.table("dim_customer")
        known = store.fetch(customers.filter(customers.is_known).select("customer_id"))
        people = list(_people([row["customer_id"] for row in known], policy.key))
        store.insert_rows("people", schema.LEDGER_COLUMNS["people"], people)
        if policy.keyring.check_value is None:
            columns = schema.LEDGER_COLUMNS["people_facts"]
            store.insert_rows("people_facts", columns, policy.key_facts)


def _people(customers: Iterable[str], key: Key) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the table `people`."""
    for customer_id in customers:
        if contact := made_up_contact(customer_id):
            name, email = contact
            row = {"source_id": FIRST_SOURCE, "pseudonym": key.pseudonym(customer_id),
                   "name": name, "email": email}  # fmt: skip
            yield tuple(row.get(column) for column in schema.LEDGER_COLUMNS["people"])
