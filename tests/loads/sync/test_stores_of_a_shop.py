"""A shop database with several stores, each of which numbers its own orders."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import ProfileError
from support.mariadb import MariaDB
from support.synced_warehouse import ShopDatabase, SyncedWarehouse

PER_STORE = '[orders]\nunique_per = "store"\n[people]\nunique_per = "store"\n'
BY_DAY = '[columns]\norder_id = {{ columns = ["{}", "receipt"] }}\n'

CREATE = (
    "CREATE TABLE sales (store VARCHAR(20), receipt INT, ordered_at DATE, day VARCHAR(10), "
    "customer_id VARCHAR(9), sku VARCHAR(9), quantity INT, unit_price DECIMAL(9, 2))"
)
INSERT = "INSERT INTO sales VALUES (%s, %s, '2024-03-05', '0503', '7', 'TEA', 1, %s)"
ROWS = [("London", 1001, 10), ("London", 1002, 20), ("Leeds", 1001, 30), ("New York", 1001, 40)]


def amounts(synced: SyncedWarehouse) -> dict[str, Any]:
    return {row["order_id"]: row["net_amount"] for row in synced.warehouse.rows("order_lines")}


@pytest.fixture(params=["postgresql", "mariadb"])
def shop(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[SyncedWarehouse, Callable[..., None]]]:
    """A shop with the rows above, and a function that changes its database."""
    if request.param == "mariadb":
        server: MariaDB = request.getfixturevalue("mariadb")
        address = server.new_database("stores")
        connection: Any = server.connect("stores")
    else:
        database: ShopDatabase = request.getfixturevalue("database")
        address, connection = database

    def run(statement: str, *values: object) -> None:
        connection.cursor().execute(statement, values or None)
        connection.commit()

    run(CREATE)
    for row in ROWS:
        run(INSERT, *row)
    yield SyncedWarehouse(address, str(tmp_path / "stores.duckdb")), run
    connection.close()


def test_a_receipt_number_of_two_stores_is_two_orders_in_every_sync(
    shop: tuple[SyncedWarehouse, Callable[..., None]], tmp_path: Path
) -> None:
    synced, run = shop
    profile = tmp_path / "stores.toml"
    profile.write_text(PER_STORE)
    synced.sync(profile=str(profile))
    assert amounts(synced) == {
        "London 1001": 10, "London 1002": 20, "Leeds 1001": 30, "New York 1001": 40,
    }  # fmt: skip
    customers = {row["customer_id"] for row in synced.warehouse.rows("dim_customer")}
    assert customers == {"London 7", "Leeds 7", "New York 7", None}
    assert synced.sync(profile=str(profile)).load == 0
    run("UPDATE sales SET unit_price = 35 WHERE store = 'Leeds'")
    run("DELETE FROM sales WHERE store = 'London' AND receipt = 1001")
    run(INSERT, None, 1001, 99)
    report = synced.sync(profile=str(profile))
    assert (report.orders.changed, report.orders.removed) == (1, 1)
    # The row without a store has no order number.
    assert report.total("quarantined")[0] == 1
    assert amounts(synced) == {"London 1002": 20, "Leeds 1001": 35, "New York 1001": 40}


def test_an_order_number_can_be_joined_but_not_from_its_date(
    database: ShopDatabase, synced: SyncedWarehouse, tmp_path: Path
) -> None:
    connection = database[1]
    connection.execute(CREATE)
    for row in ROWS[:2]:
        connection.execute(INSERT, row)
    connection.commit()
    profile = tmp_path / "joined.toml"
    profile.write_text(BY_DAY.format("ordered_at"))
    with pytest.raises(ProfileError, match=r"Join it in \[database\] query"):
        synced.sync(profile=str(profile))
    profile.write_text(BY_DAY.format("day"))
    synced.sync(profile=str(profile))
    connection.execute("DELETE FROM sales WHERE receipt = 1002")
    connection.commit()
    synced.sync(profile=str(profile))
    assert amounts(synced) == {"0503-1001": 10}
