"""A customer of a store has a pseudonym of their own, also in quarantined rows."""

from support.loaded_warehouse import LoadedWarehouse, write_corrected_rows
from support.people import PSEUDONYMS, TRACES_OF_ANN, all_text, ann, bob, pseudonym
from support.warehouses import profile_from

PER_STORE = f'[orders]\nunique_per = "store"\n{PSEUDONYMS}unique_per = "store"\n'


def test_customers_of_two_stores_have_two_pseudonyms_and_are_forgotten_one_by_one(
    shop: LoadedWarehouse, key: str
) -> None:
    london, leeds = ({"Store": name} for name in ("London", "Leeds"))
    rows = [ann("1", customer="7") | london, bob("1", customer="7") | leeds,
            ann("2", customer="7") | london | {"Price": "two"}]  # fmt: skip
    profile = profile_from(shop.folder, PER_STORE)
    shop.build(shop.file("sales.csv", rows), profile=profile)
    shop.replay(write_corrected_rows(shop, shop.folder / "c.csv", row_4={"Price": "2"}))
    anns, bobs = (pseudonym(key, f"{store} 7") for store in ("London", "Leeds"))
    found = {row["order_id"]: row["customer_id"] for row in shop.rows("order_lines")}
    assert found == {"London 1": anns, "London 2": anns, "Leeds 1": bobs}
    shop.forget("London 7")
    assert not any(trace in all_text(shop) for trace in TRACES_OF_ANN)
    assert {row["customer_id"] for row in shop.rows("order_lines")} == {None, bobs}


def test_the_quarantined_row_of_a_forgotten_customer_keeps_its_store(
    shop: LoadedWarehouse,
) -> None:
    rows = [ann("1", customer="7") | {"Store": "London"},
            ann("2", customer="7") | {"Store": "London", "Price": "two"}]  # fmt: skip
    shop.build(shop.file("sales.csv", rows), profile=profile_from(shop.folder, PER_STORE))
    shop.forget("London 7")
    shop.replay(write_corrected_rows(shop, shop.folder / "c.csv", row_3={"Price": "2"}))
    found = {row["order_id"]: row["customer_id"] for row in shop.rows("order_lines")}
    assert found == {"London 1": None, "London 2": None}
