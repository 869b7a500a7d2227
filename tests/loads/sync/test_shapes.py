"""Where in a database the lines are: in one table, in several that are joined, in a query."""

import tomllib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest

from regulars.core.errors import MappingError, ProfileError, SourceError
from regulars.demo.sample_shop import DemoShop
from regulars.sources import profiles
from regulars.sources.profiles.profile import load_profile
from support.synced_warehouse import SyncedWarehouse, source_lines

LINES = """
    CREATE VIEW sales AS
    SELECT o.order_number AS "Order ID", o.ordered_at AS "Order Date",
        o.customer_id AS "Customer ID", p.sku AS "SKU", l.quantity AS "Quantity",
        l.unit_price AS "Price", o.status AS "Status", l.updated_at
    FROM order_lines l JOIN orders o ON o.order_id = l.order_id
    JOIN products p ON p.product_id = l.product_id
"""


def written(tmp_path, text):
    path = tmp_path / "profile.toml"
    path.write_text(text)
    return str(path)


def test_the_shipped_profile_is_found_by_the_tables_of_a_typical_shop(shop, synced):
    report = synced.sync()
    assert report.sources[0].mapping.profile.name == "shop-database"
    assert synced.lines() == source_lines(shop)


def test_the_profile_that_the_docs_show_is_the_one_that_comes_with_regulars():
    docs = Path(__file__).parents[3] / "docs" / "sync.md"
    shown = docs.read_text("utf-8").partition("```toml\n")[2].partition("```")[0]
    shipped = (files(profiles) / "shop-database.toml").read_text("utf-8")
    assert {"title": tomllib.loads(shipped)["title"], **tomllib.loads(shown)} == tomllib.loads(
        shipped
    )


def test_one_table_or_view_is_read_by_its_name(shop, synced):
    shop.connection.execute(LINES)
    shop.connection.commit()
    synced.sync(table="sales")
    assert synced.lines() == source_lines(shop)


def test_a_table_without_a_time_of_change_is_read_whole_and_compared(shop, synced):
    shop.connection.execute(LINES)
    shop.connection.commit()
    synced.sync(table="sales")
    shop.trade(20)
    report = synced.sync(table="sales")
    assert report.total("read")[0] == shop.totals()[1]
    assert synced.lines() == source_lines(shop)


def test_a_query_is_mapped_by_its_profile(shop, synced, tmp_path):
    profile = written(tmp_path, """
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


def test_a_query_with_a_percent_sign_is_read_from_mariadb(mariadb, tmp_path):
    address = mariadb.new_database("queried")
    shop = DemoShop(mariadb.connect("queried"), time_type="DATETIME(6)")
    shop.open(customers=10, products=5)
    shop.sell(20)
    profile = written(
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


def test_only_what_changed_is_read(shop, synced):
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
    [last] = cursor.fetchone()  # it was written less than ten minutes before the last mark
    shop.connection.commit()
    assert synced.sync().total("read")[0] == lines + last


def test_a_join_that_brings_lines_twice_is_refused(shop, synced, tmp_path):
    shop.connection.execute("CREATE TABLE tags AS SELECT customer_id, 'a' AS tag FROM customers "
                            "UNION ALL SELECT customer_id, 'b' FROM customers")  # fmt: skip
    shop.connection.commit()
    profile = written(tmp_path, """
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


def test_a_new_column_upstream_is_told_and_stops_nothing(shop, synced):
    synced.sync()
    shop.connection.execute("ALTER TABLE orders ADD COLUMN gift_note text")
    shop.sell(1)
    report = synced.sync()
    assert "orders has a new column, gift_note, which is not read." in report.warnings
    assert synced.lines() == source_lines(shop)


def test_a_column_that_is_needed_and_gone_is_named(shop, synced):
    synced.sync()
    before = synced.lines()
    shop.connection.execute("ALTER TABLE order_lines RENAME unit_price TO price_now")
    shop.connection.commit()
    with pytest.raises(MappingError, match="no column for the unit price"):
        synced.sync(profile="shop-database")
    assert synced.lines() == before


def test_a_database_without_sales_says_what_it_has(database, synced):
    database[1].execute("CREATE TABLE visits (visitor text, at timestamp)")
    database[1].commit()
    with pytest.raises(SourceError, match="It has: visits"):
        synced.sync()


def test_of_two_tables_of_sales_one_has_to_be_chosen(shop, synced):
    shop.connection.execute("ALTER TABLE products RENAME COLUMN sku TO code")
    shop.connection.execute(LINES.replace("p.sku", "p.code"))
    shop.connection.execute("CREATE VIEW sales_too AS SELECT * FROM sales")
    shop.connection.commit()
    with pytest.raises(SourceError, match="--table"):
        synced.sync()


def test_prices_of_three_decimals_are_no_thousands(database, synced):
    database[1].execute(
        "CREATE TABLE sales (order_id text, order_date timestamp, customer_id text, sku text, "
        "quantity numeric(9, 3), price numeric(9, 3))"
    )
    database[1].execute("INSERT INTO sales VALUES ('1', '2024-03-05', 'Ann', 'tea', 2, 1.250)")
    database[1].commit()
    synced.sync()
    [row] = synced.warehouse.rows("fact_sales")
    assert (row["quantity"], row["net_amount"]) == (2, Decimal("2.5"))


def test_names_that_look_like_sql_are_names(database, synced, tmp_path):
    odd = 'x"; DROP TABLE sales; --'
    quoted = odd.replace('"', '""')
    database[1].execute(
        f'CREATE TABLE sales ("{quoted}" text, order_date timestamp, customer_id text, sku text, '
        "quantity integer, price numeric(9, 2))"
    )
    database[1].execute("INSERT INTO sales VALUES ('1', '2024-03-05', 'Ann', 'tea', 2, 1.25)")
    database[1].commit()
    literal = odd.replace('"', '\\"')
    profile = written(tmp_path, f'[columns]\norder_id = "{literal}"\n')
    synced.sync(profile=profile, table="sales")
    assert [row["order_id"] for row in synced.warehouse.rows("order_lines")] == ["1"]
    assert database[1].execute("SELECT count(*) FROM sales").fetchone() == (1,)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ('table = "a"\nquery = "SELECT 1"', "a query stands alone"),
        ('[[database.join]]\ntable = "b"\non = "b.x = a.x"', "beside a table"),
        ('table = "a"\n[[database.join]]\ntable = "b"\non = "x = y"', "b.column = other.column"),
        ('table = "a"\noverlap_minutes = "ten"', "must be a whole number"),
        ('tabel = "a"', 'Did you mean "table"'),
    ],
)
def test_a_profile_that_is_not_well_formed_says_where(told, said, tmp_path):
    path = written(tmp_path, f"[database]\n{told}\n")
    with pytest.raises(ProfileError, match=said):
        load_profile(path)


def test_a_table_that_is_not_there_is_told_with_the_closest(shop, synced):
    with pytest.raises(
        SourceError, match=r'has no table "order_line"\. Did you mean "order_lines"'
    ):
        synced.sync(table="order_line")
