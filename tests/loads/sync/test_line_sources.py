"""Order lines in one table, in joined tables, or in a query."""

import tomllib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from regulars.core.errors import MappingError, ProfileError, SourceError
from regulars.demo.sample_shop import DemoShop
from regulars.sources import profiles
from regulars.sources.profiles.profile import load_profile
from support.mariadb import MariaDB
from support.synced_warehouse import ShopDatabase, SyncedWarehouse, source_lines

LINES = """
    CREATE VIEW sales AS
    SELECT o.order_number AS "Order ID", o.ordered_at AS "Order Date",
        o.customer_id AS "Customer ID", p.sku AS "SKU", l.quantity AS "Quantity",
        l.unit_price AS "Price", o.status AS "Status", l.updated_at
    FROM order_lines l JOIN orders o ON o.order_id = l.order_id
    JOIN products p ON p.product_id = l.product_id
"""


def write_profile(tmp_path: Path, text: str) -> str:
    path = tmp_path / "profile.toml"
    path.write_text(text)
    return str(path)


def test_a_typical_shop_matches_the_shipped_profile(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    report = synced.sync()
    assert report.sources[0].mapping.profile.name == "shop-database"
    assert synced.lines() == source_lines(shop)


def test_the_profile_in_the_docs_is_the_shipped_one() -> None:
    docs = Path(__file__).parents[3] / "docs" / "sync.md"
    documented = docs.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    shipped = tomllib.loads((files(profiles) / "shop-database.toml").read_text("utf-8"))
    assert {"title": shipped["title"], **tomllib.loads(documented)} == shipped


def test_a_table_or_view_can_be_chosen_by_name(shop: DemoShop, synced: SyncedWarehouse) -> None:
    shop.connection.cursor().execute(LINES)
    shop.connection.commit()
    synced.sync(table="sales")
    assert synced.lines() == source_lines(shop)


def test_a_table_without_a_change_column_is_read_in_full(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    shop.connection.cursor().execute(LINES)
    shop.connection.commit()
    synced.sync(table="sales")
    shop.trade(20)
    report = synced.sync(table="sales")
    assert report.total("read")[0] == shop.totals()[1]
    assert synced.lines() == source_lines(shop)


def test_a_profile_can_read_a_query(
    shop: DemoShop, synced: SyncedWarehouse, tmp_path: Path
) -> None:
    profile = write_profile(tmp_path, """
        [database]
        query = \"\"\"
            SELECT o.order_number AS num, o.ordered_at AS at, o.customer_id AS who, p.sku,
                l.quantity, l.unit_price, o.status, o.updated_at AS head, l.updated_at AS line
            FROM order_lines l JOIN orders o ON o.order_id = l.order_id
            JOIN products p ON p.product_id = l.product_id
            WHERE p.name LIKE 'Product%';
        \"\"\"
        changed = ["head", "line"]
        [columns]
        order_id = "num"
        ordered_at = "at"
        customer_id = "who"
        product_id = "sku"
        quantity = "quantity"
        unit_price = "unit_price"
        status = "status"
    """)  # fmt: skip
    synced.sync(profile=profile)
    shop.trade(20)
    synced.sync(profile=profile)
    assert synced.lines() == source_lines(shop)


def test_a_query_with_a_percent_sign_works_in_mariadb(mariadb: MariaDB, tmp_path: Path) -> None:
    address = mariadb.new_database("queried")
    shop = DemoShop(mariadb.connect("queried"), time_type="DATETIME(6)")
    shop.open(customers=10, products=5)
    shop.sell(20)
    profile = write_profile(
        tmp_path,
        """
        [database]
        query = '''
            SELECT o.order_number AS order_id, o.ordered_at AS order_date, o.customer_id, p.sku,
                l.quantity, l.unit_price, l.updated_at
            FROM order_lines l JOIN orders o ON o.order_id = l.order_id
            JOIN products p ON p.product_id = l.product_id
            WHERE p.name LIKE 'Prod%'
        '''
        changed = "updated_at"
    """,
    )
    synced = SyncedWarehouse(address, str(tmp_path / "w.duckdb"))
    synced.sync(profile=profile)
    shop.sell(5)
    assert synced.sync(profile=profile).orders.new == 5
    assert synced.totals()[:2] == shop.totals()[:2]


def test_only_what_changed_is_read(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    shop.now = shop.now.replace(year=shop.now.year + 1)
    shop.correct()
    shop.connection.commit()
    cursor = shop.connection.cursor()
    cursor.execute(
        "SELECT count(*) FROM order_lines WHERE order_id IN "
        "(SELECT order_id FROM order_lines WHERE updated_at = %s)",
        (shop.now,),
    )
    [lines] = cursor.fetchone()
    cursor.execute("SELECT count(*) FROM order_lines WHERE order_id = 300")
    [last] = cursor.fetchone()  # written less than 10 minutes before the last watermark
    shop.connection.commit()
    assert synced.sync().total("read")[0] == lines + last


def test_a_join_that_duplicates_lines_is_refused(
    shop: DemoShop, synced: SyncedWarehouse, tmp_path: Path
) -> None:
    shop.connection.cursor().execute(
        "CREATE TABLE tags AS SELECT customer_id, 'a' AS tag FROM customers "
        "UNION ALL SELECT customer_id, 'b' FROM customers"
    )
    shop.connection.commit()
    profile = write_profile(tmp_path, """
        [database]
        table = "order_lines"
        changed = "orders.updated_at"
        [[database.join]]
        table = "orders"
        on = "orders.order_id = order_lines.order_id"
        [[database.join]]
        table = "tags"
        on = "tags.customer_id = orders.customer_id"
        [columns]
        order_id = "orders.order_number"
        ordered_at = "orders.ordered_at"
        customer_id = "orders.customer_id"
        product_id = "order_lines.product_id"
        quantity = "order_lines.quantity"
        unit_price = "order_lines.unit_price"
        location = "tags.tag"
    """)  # fmt: skip
    with pytest.raises(SourceError, match="several rows for one line"):
        synced.sync(profile=profile)


def test_a_new_column_is_a_warning(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    shop.connection.cursor().execute("ALTER TABLE orders ADD COLUMN gift_note text")
    shop.sell(1)
    report = synced.sync()
    assert "orders has a new column, gift_note, which is not read." in report.warnings
    assert synced.lines() == source_lines(shop)


def test_a_missing_required_column_is_an_error(shop: DemoShop, synced: SyncedWarehouse) -> None:
    synced.sync()
    before = synced.lines()
    shop.connection.cursor().execute("ALTER TABLE order_lines RENAME unit_price TO price_now")
    shop.connection.commit()
    with pytest.raises(MappingError, match="no column for the unit price"):
        synced.sync(profile="shop-database")
    assert synced.lines() == before


def test_the_error_without_a_sales_table_lists_the_tables(
    database: ShopDatabase, synced: SyncedWarehouse
) -> None:
    database[1].execute("CREATE TABLE visits (visitor text, at timestamp)")
    database[1].commit()
    with pytest.raises(SourceError, match="It has: visits"):
        synced.sync()


def test_with_two_tables_of_sales_one_has_to_be_chosen(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    shop.connection.cursor().execute("ALTER TABLE products RENAME COLUMN sku TO code")
    shop.connection.cursor().execute(LINES.replace("p.sku", "p.code"))
    shop.connection.cursor().execute("CREATE VIEW sales_too AS SELECT * FROM sales")
    shop.connection.commit()
    with pytest.raises(SourceError, match="--table"):
        synced.sync()


def test_prices_with_three_decimals_are_not_thousands(
    database: ShopDatabase, synced: SyncedWarehouse
) -> None:
    database[1].execute(
        "CREATE TABLE sales (order_id text, order_date timestamp, customer_id text, sku text, "
        "quantity numeric(9, 3), price numeric(9, 3))"
    )
    database[1].execute("INSERT INTO sales VALUES ('1', '2024-03-05', 'Ann', 'tea', 2, 1.250)")
    database[1].commit()
    synced.sync()
    [row] = synced.warehouse.rows("fact_sales")
    assert (row["quantity"], row["net_amount"]) == (2, Decimal("2.5"))


def test_a_column_name_that_looks_like_sql_is_quoted(
    database: ShopDatabase, synced: SyncedWarehouse, tmp_path: Path
) -> None:
    odd = 'x"; DROP TABLE sales; --'
    quoted = odd.replace('"', '""')
    database[1].execute(
        f'CREATE TABLE sales ("{quoted}" text, order_date timestamp, customer_id text, sku text, '
        "quantity integer, price numeric(9, 2))"
    )
    database[1].execute("INSERT INTO sales VALUES ('1', '2024-03-05', 'Ann', 'tea', 2, 1.25)")
    database[1].commit()
    literal = odd.replace('"', '\\"')
    profile = write_profile(tmp_path, f'[columns]\norder_id = "{literal}"\n')
    synced.sync(profile=profile, table="sales")
    assert [row["order_id"] for row in synced.warehouse.rows("order_lines")] == ["1"]
    assert database[1].execute("SELECT count(*) FROM sales").fetchone() == (1,)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ('table = "a"\nquery = "SELECT 1"', "either a query, or a table"),
        ('[[database.join]]\ntable = "b"\non = "b.x = a.x"', "next to a table"),
        ('table = "a"\n[[database.join]]\ntable = "b"\non = "x = y"', "b.column = other.column"),
        ('table = "a"\noverlap_minutes = "ten"', "must be a whole number"),
        ('tabel = "a"', 'Did you mean "table"'),
    ],
)
def test_a_malformed_profile_is_an_error(section: str, message: str, tmp_path: Path) -> None:
    path = write_profile(tmp_path, f"[database]\n{section}\n")
    with pytest.raises(ProfileError, match=message):
        load_profile(path)


def test_a_missing_table_is_an_error_with_the_closest_name(
    shop: DemoShop, synced: SyncedWarehouse
) -> None:
    with pytest.raises(
        SourceError, match=r'has no table "order_line"\. Did you mean "order_lines"'
    ):
        synced.sync(table="order_line")
