"""What a product or a customer was when something was sold stays to be asked."""

from support.loaded_warehouse import line


def sold(order, category, country, day):
    return line(order, day=day, price="1") | {"Category": category, "Country": country}


def test_the_category_and_the_place_of_then_outlive_a_change_of_both(kept):
    kept.build(kept.file("1.csv", [sold("1", "Hot", "UK", "2024-01-01")]))
    later = [sold("2", "Drinks", "DE", "2024-02-01"), sold("3", "Drinks", "DE", "2024-03-01")]
    kept.load(kept.file("2.csv", later))

    def by(what):
        return {row[what]: row["net_sales"] for row in kept.ask("sales_by", by=what)}

    assert by("category") == {"Drinks": 3}
    assert by("category_then") == {"Drinks": 2, "Hot": 1}
    assert by("location") == {"DE": 2, "UK": 1}
    [customer] = [row for row in kept.rows("dim_customer") if row["is_known"]]
    assert customer["location"] == "DE"
