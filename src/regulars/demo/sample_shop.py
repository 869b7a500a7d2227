"""A made-up shop's database that goes on trading: for the demonstration of syncs, and their tests.

Customers, products, orders and their lines stand in tables of their own, as shops keep them.
Whatever happens is drawn from a seed, so a shop can be made again. Written for any driver of
Python's DB-API whose places for values are %s.
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
"""When a shop begins, if not told; its clock goes on from there, by what happens in it."""


class Connection(Protocol):
    """A connection of a driver of the DB-API."""

    def cursor(self) -> Any:
        """Return a cursor."""

    def commit(self) -> None:
        """End the transaction."""


@dataclass
class DemoShop:
    """A shop on a connection. Its methods write and commit."""

    connection: Connection
    seed: int = 1
    time_type: str = "TIMESTAMP(6)"
    opened: datetime = OPENED
    now: datetime = field(init=False)
    orders: int = 0
    lines: int = 0
    customers: int = 0
    products: int = 0
    alive: list[int] = field(default_factory=list)
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.opened
        self.chance = random.Random(self.seed)

    def open(self, *, customers: int = 200, products: int = 40) -> None:
        """Create the tables, with customers and products but without orders."""
        for statement in SCHEMA.format(time=self.time_type).split(";"):
            self._run(statement)
        self._fill("customers", [self._customer(number) for number in range(1, customers + 1)])
        self._fill("products", [self._product(number) for number in range(1, products + 1)])
        self.customers, self.products = customers, products
        self.connection.commit()

    def sell(self, orders: int, *, minutes_between: int = 30) -> None:
        """Take so many new orders, one after the other."""
        heads, lines = [], []
        for _ in range(orders):
            self._pass(minutes_between)
            head, its_lines = self._order(self.now, self.now)
            heads.append(head)
            lines += its_lines
        self._fill("orders", heads)
        self._fill("order_lines", lines)
        self.connection.commit()

    def trade(self, events: int) -> None:
        """Let so many things happen: sales most often, and all that is done to orders later."""
        others: Sequence[Callable[[], None]] = (
            self.cancel, self.correct, self.delete_order, self.delete_line, self.add_late,
            self.rename_product, self.return_goods,
        )  # fmt: skip
        for _ in range(events):
            if len(self.alive) < 10 or self.chance.random() < 0.6:
                self.sell(1, minutes_between=5)
            else:
                self._pass(1)
                self.chance.choice(others)()
                self.connection.commit()

    def cancel(self) -> None:
        """Cancel an order, which stays."""
        order = self._any_order()
        self._run("UPDATE orders SET status = 'cancelled', updated_at = %s WHERE order_id = %s",
                  self.now, order)  # fmt: skip

    def correct(self) -> None:
        """Change the quantity and the price of an order's lines."""
        self._run(
            "UPDATE order_lines SET quantity = quantity + 1, unit_price = unit_price + 0.10, "
            "updated_at = %s WHERE order_id = %s", self.now, self._any_order(),
        )  # fmt: skip

    def delete_order(self) -> None:
        """Delete an order and its lines, of which no time tells."""
        order = self._any_order()
        self.alive.remove(order)
        self._run("DELETE FROM order_lines WHERE order_id = %s", order)
        self._run("DELETE FROM orders WHERE order_id = %s", order)

    def delete_line(self) -> None:
        """Delete the last line of an order, of which no time tells."""
        order = self._any_order()
        cursor = self._run(
            "SELECT max(line_id), count(*) FROM order_lines WHERE order_id = %s", order
        )
        last, count = cursor.fetchone()
        if count > 1:
            self._run("DELETE FROM order_lines WHERE line_id = %s", last)

    def add_late(self) -> None:
        """Enter an order of long ago, with times of long ago, as an import does."""
        span = (self.now - self.opened) * self.chance.random()
        then = (self.opened + span).replace(microsecond=0)
        head, lines = self._order(then, then)
        self._fill("orders", [head])
        self._fill("order_lines", lines)

    def rename_product(self) -> None:
        """Give a product another name: what was sold before keeps the old one."""
        product = self.chance.randint(1, self.products)
        self._run("UPDATE products SET name = %s, updated_at = %s WHERE product_id = %s",
                  f"Product {product}, renamed", self.now, product)  # fmt: skip

    def return_goods(self) -> None:
        """Enter a return of what an order sold, as a line of its own."""
        order = self._any_order()
        self._fill("order_lines", [self._line(order, -1, self.now)])
        self._run("UPDATE orders SET updated_at = %s WHERE order_id = %s", self.now, order)

    def totals(self) -> tuple[int, int, Decimal]:
        """Return orders, lines, and what the lines are worth less their discounts."""
        cursor = self._run(
            "SELECT count(DISTINCT order_id), count(*), sum(quantity * unit_price - "
            "round(quantity * unit_price * discount, 4)) FROM order_lines"
        )
        orders, lines, worth = cursor.fetchone()
        self.connection.commit()
        return int(orders), int(lines), Decimal(worth)

    def _order(
        self, ordered_at: datetime, updated_at: datetime
    ) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        self.orders += 1
        self.alive.append(self.orders)
        guest = self.chance.random() < 0.1
        customer = None if guest else self.chance.randint(1, self.customers)
        head = (self.orders, f"N{self.orders:07}", customer, ordered_at, "paid", updated_at)
        count = self.chance.randint(1, 4)
        quantities = [self.chance.randint(1, 5) for _ in range(count)]
        return head, [self._line(self.orders, quantity, updated_at) for quantity in quantities]

    def _line(self, order: int, quantity: int, updated_at: datetime) -> tuple[Any, ...]:
        self.lines += 1
        product = self.chance.randint(1, self.products)
        discount = Decimal(self.chance.choice(("0.00", "0.00", "0.00", "0.10", "0.25")))
        price = Decimal(199 + 100 * (product % 17)) / 100
        return self.lines, order, product, quantity, price, discount, updated_at

    def _customer(self, number: int) -> tuple[Any, ...]:
        country = self.chance.choice(COUNTRIES)
        return number, f"Customer {number}", f"customer{number}@example.com", country, self.now

    def _product(self, number: int) -> tuple[Any, ...]:
        category = CATEGORIES[number % len(CATEGORIES)]
        return number, f"P{number:03}", f"Product {number}", category, self.now

    def _any_order(self) -> int:
        return self.chance.choice(self.alive)

    def _pass(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes, seconds=self.chance.randint(0, 59))

    def _fill(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        places = ", ".join(["%s"] * len(rows[0]))
        self.connection.cursor().executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608

    def _run(self, statement: str, *values: object) -> Any:
        cursor = self.connection.cursor()
        cursor.execute(statement, values or None)
        return cursor
