"""Shops trading in real databases, and warehouses synced with them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from regulars.demo.sample_shop import DemoShop
from support.mariadb import MariaDB, running_mariadb
from support.postgres import Postgres
from support.synced_warehouse import ShopDatabase, SyncedWarehouse


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    with running_mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def shops(postgres: Postgres) -> Callable[[], ShopDatabase]:
    """Create shop databases in PostgreSQL; each call returns an address and a connection."""

    def make() -> ShopDatabase:
        name = f"shop_{uuid4().hex}"
        postgres.run(f"CREATE DATABASE {name}")
        connection = psycopg.connect(host=postgres.socket, user="postgres", dbname=name)
        return f"postgresql://postgres@/{name}?host={postgres.socket}", connection

    return make


@pytest.fixture
def database(shops: Callable[[], ShopDatabase]) -> Iterator[ShopDatabase]:
    """An empty PostgreSQL database: its address and a connection."""
    address, connection = shops()
    yield address, connection
    connection.close()


@pytest.fixture
def shop(database: ShopDatabase) -> DemoShop:
    """A shop with 300 orders over half a year."""
    shop = DemoShop(database[1])
    shop.open(customers=60, products=15)
    shop.sell(300, minutes_between=14 * 60)
    return shop


@pytest.fixture
def synced(database: ShopDatabase, tmp_path: Path) -> SyncedWarehouse:
    """A DuckDB warehouse to sync with the database."""
    return SyncedWarehouse(database[0], str(tmp_path / "warehouse.duckdb"))


@pytest.fixture(params=["duckdb", "postgresql"])
def synced_on_any_engine(
    request: pytest.FixtureRequest, database: ShopDatabase, tmp_path: Path, postgres: Postgres
) -> SyncedWarehouse:
    """A warehouse in DuckDB, then one in PostgreSQL."""
    if request.param == "duckdb":
        return SyncedWarehouse(database[0], str(tmp_path / "warehouse.duckdb"))
    return SyncedWarehouse(database[0], postgres.address(f"synced_{abs(hash(tmp_path)) % 10**9}"))
