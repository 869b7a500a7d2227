"""Sales can be broken down by the category and location they had at the time."""

from decimal import Decimal

from support.loaded_warehouse import LoadedWarehouse, line


def sold(order: str, category: str, country: str, day: str) -> dict[str, str]:
    return line(order, day=day, price="1") | {"Category": category, "Country": country}


def test_a_sale_keeps_its_category_and_location_when_the_product_and_customer_change(
    shop: LoadedWarehouse,
) -> None:
    shop.build(shop.file("1.csv", [sold("1", "Hot", "UK", "2024-01-01")]))
    later = [sold("2", "Drinks", "DE", "2024-02-01"), sold("3", "Drinks", "DE", "2024-03-01")]
    shop.load(shop.file("2.csv", later))

    def by(column: str) -> dict[str, Decimal]:
        return {row[column]: row["net_sales"] for row in shop.ask("sales_by", by=column)}

    assert by("category") == {"Drinks": 3}
    assert by("category_then") == {"Drinks": 2, "Hot": 1}
    assert by("location") == {"DE": 2, "UK": 1}
    [customer] = [row for row in shop.rows("dim_customer") if row["is_known"]]
    assert customer["location"] == "DE"
