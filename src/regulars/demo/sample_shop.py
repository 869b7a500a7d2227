"""A sample shop database that keeps trading, for the sync demo and the sync tests.

Customers, products, orders and order lines are in separate tables. All events come from a seed, so
that every run creates the same shop. Works with any DB-API driver whose placeholder is %s.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

SCHEMA = """
    CREATE TABLE customers (
        customer_id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, email VARCHAR(120) NOT NULL,
        country VARCHAR(40), updated_at {time} NOT NULL);
    CREATE TABLE products (
        product_id INTEGER PRIMARY KEY, sku VARCHAR(20) NOT NULL, name VARCHAR(80) NOT NULL,
        category VARCHAR(40), updated_at {time} NOT NULL);
    CREATE TABLE orders (
        order_id INTEGER PRIMARY KEY, order_number VARCHAR(20) NOT NULL UNIQUE,
        customer_id INTEGER REFERENCES customers (customer_id), ordered_at {time} NOT NULL,
        status VARCHAR(12) NOT NULL, updated_at {time} NOT NULL);
    CREATE TABLE order_lines (
        line_id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (order_id),
        product_id INTEGER NOT NULL REFERENCES products (product_id), quantity INTEGER NOT NULL,
        unit_price NUMERIC(10, 2) NOT NULL, discount NUMERIC(4, 2) NOT NULL,
        updated_at {time} NOT NULL);
    CREATE INDEX orders_updated ON orders (updated_at);
    CREATE INDEX lines_updated ON order_lines (updated_at);
    CREATE INDEX lines_order ON order_lines (order_id)
"""
COUNTRIES = ("Germany", "France", "Austria", "Netherlands", "Italy", None)
CATEGORIES = ("Tea", "Coffee", "Honey", "Cups", "Biscuits")
OPENED = datetime(2024, 1, 1, 9)
"""Default start of a shop's clock, which every event moves forward."""


class Connection(Protocol):
    """A DB-API connection."""

    def cursor(self) -> Any:
        """Return a cursor."""

    def commit(self) -> None:
        """Commit the transaction."""


@dataclass
class DemoShop:
    """A shop in a database, and its clock.

    `open`, `sell` and `trade` commit; the single events do not.
    """

    connection: Connection
    seed: int = 1
    time_type: str = "TIMESTAMP(6)"
    opened: datetime = OPENED
    now: datetime = field(init=False)
    orders: int = 0
    lines: int = 0
    customers: int = 0
    products: int = 0
    order_ids: list[int] = field(default_factory=list)
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.opened
        self.rng = random.Random(self.seed)

    def open(self, *, customers: int = 200, products: int = 40) -> None:
        """Create the tables, and fill in customers and products."""
        for statement in SCHEMA.format(time=self.time_type).split(";"):
            self._run(statement)
        self._fill("customers", [self._customer(number) for number in range(1, customers + 1)])
        self._fill("products", [self._product(number) for number in range(1, products + 1)])
        self.customers, self.products = customers, products
        self.connection.commit()

    def sell(self, orders: int, *, minutes_between: int = 30) -> None:
        """Add new orders."""
        heads, lines = [], []
        for _ in range(orders):
            self._advance(minutes_between)
            head, order_lines = self._order(self.now, self.now)
            heads.append(head)
            lines += order_lines
        self._fill("orders", heads)
        self._fill("order_lines", lines)
        self.connection.commit()

    def trade(self, events: int) -> None:
        """Let events happen: mostly sales, but also changes, returns and deletions."""
        changes: Sequence[Callable[[], None]] = (
            self.cancel, self.correct, self.delete_order, self.delete_line, self.add_late,
            self.rename_product, self.return_goods,
        )  # fmt: skip
        for _ in range(events):
            if len(self.order_ids) < 10 or self.rng.random() < 0.6:
                self.sell(1, minutes_between=5)
            else:
                self._advance(1)
                self.rng.choice(changes)()
                self.connection.commit()

    def cancel(self) -> None:
        """Set the status of an order to cancelled."""
        order = self._any_order()
        self._run("UPDATE orders SET status = 'cancelled', updated_at = %s WHERE order_id = %s",
                  self.now, order)  # fmt: skip

    def correct(self) -> None:
        """Change the quantity and price of an order's lines."""
        self._run(
            "UPDATE order_lines SET quantity = quantity + 1, unit_price = unit_price + 0.10, "
            "updated_at = %s WHERE order_id = %s", self.now, self._any_order(),
        )  # fmt: skip

    def delete_order(self) -> None:
        """Delete an order and its lines, which leaves no timestamp."""
        order = self._any_order()
        self.order_ids.remove(order)
        self._run("DELETE FROM order_lines WHERE order_id = %s", order)
        self._run("DELETE FROM orders WHERE order_id = %s", order)

    def delete_line(self) -> None:
        """Delete the last line of an order, which leaves no timestamp."""
        order = self._any_order()
        cursor = self._run(
            "SELECT max(line_id), count(*) FROM order_lines WHERE order_id = %s", order
        )
        last, count = cursor.fetchone()
        if count > 1:
            self._run("DELETE FROM order_lines WHERE line_id = %s", last)

    def add_late(self) -> None:
        """Add a backdated order, as an import does."""
        span = (self.now - self.opened) * self.rng.random()
        then = (self.opened + span).replace(microsecond=0)
        head, lines = self._order(then, then)
        self._fill("orders", [head])
        self._fill("order_lines", lines)

    def rename_product(self) -> None:
        """Rename a product."""
        product = self.rng.randint(1, self.products)
        self._run("UPDATE products SET name = %s, updated_at = %s WHERE product_id = %s",
                  f"Product {product}, renamed", self.now, product)  # fmt: skip

    def return_goods(self) -> None:
        """Add a return to an order, as a line with a negative quantity."""
        order = self._any_order()
        self._fill("order_lines", [self._line(order, -1, self.now)])
        self._run("UPDATE orders SET updated_at = %s WHERE order_id = %s", self.now, order)

    def totals(self) -> tuple[int, int, Decimal]:
        """Return the number of orders and lines, and their value after discounts."""
        cursor = self._run(
            "SELECT count(DISTINCT order_id), count(*), sum(quantity * unit_price - "
            "round(quantity * unit_price * discount, 4)) FROM order_lines"
        )
        orders, lines, value = cursor.fetchone()
        self.connection.commit()
        return int(orders), int(lines), Decimal(value)

    def _order(
        self, ordered_at: datetime, updated_at: datetime
    ) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        self.orders += 1
        self.order_ids.append(self.orders)
        is_guest = self.rng.random() < 0.1
        customer = None if is_guest else self.rng.randint(1, self.customers)
        head = (self.orders, f"N{self.orders:07}", customer, ordered_at, "paid", updated_at)
        count = self.rng.randint(1, 4)
        quantities = [self.rng.randint(1, 5) for _ in range(count)]
        return head, [self._line(self.orders, quantity, updated_at) for quantity in quantities]

    def _line(self, order: int, quantity: int, updated_at: datetime) -> tuple[Any, ...]:
        self.lines += 1
        product = self.rng.randint(1, self.products)
        discount = Decimal(self.rng.choice(("0.00", "0.00", "0.00", "0.10", "0.25")))
        price = Decimal(199 + 100 * (product % 17)) / 100
        return self.lines, order, product, quantity, price, discount, updated_at

    def _customer(self, number: int) -> tuple[Any, ...]:
        country = self.rng.choice(COUNTRIES)
        return number, f"Customer {number}", f"customer{number}@example.com", country, self.now

    def _product(self, number: int) -> tuple[Any, ...]:
        category = CATEGORIES[number % len(CATEGORIES)]
        return number, f"P{number:03}", f"Product {number}", category, self.now

    def _any_order(self) -> int:
        return self.rng.choice(self.order_ids)

    def _advance(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes, seconds=self.rng.randint(0, 59))

    def _fill(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        places = ", ".join(["%s"] * len(rows[0]))
        self.connection.cursor().executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608

    def _run(self, statement: str, *values: object) -> Any:
        cursor = self.connection.cursor()
        cursor.execute(statement, values or None)
        return cursor
