"""The column of the stores is recognised by its header and its values."""

import pytest

from regulars.core.errors import MappingError, ProfileError
from regulars.sources.profiles.column_facts import ColumnFacts
from regulars.sources.profiles.match_columns import match_columns
from regulars.sources.profiles.profile import Profile, parse_profile

FOUND = ["Order", "Date", "Customer", "SKU", "Quantity", "Price"]


def columns_of(*more: str, **distinct: int) -> dict[str, str]:
    """Return the mapping of a file of 20 rows of 10 orders; `distinct` values of some columns."""
    counts = {"Order": 10, "Date": 5, "Customer": 8} | distinct

    def survey(names: object) -> dict[str, ColumnFacts]:
        return {
            str(name): ColumnFacts(20, 20 if counts.get(str(name), 3) else 0,
                                   counts.get(str(name), 3), digits=20, dates=20 * (name == "Date"))
            for name in names  # type: ignore[attr-defined]
        }  # fmt: skip

    return match_columns("shop.csv", [*FOUND, *more], survey=survey).columns


def profile(text: str) -> Profile:
    return parse_profile("mine", text, source="mine.toml")


@pytest.mark.parametrize("header", ["Branch", "Filiale", "Magasin", "Tienda", "Negozio", "Winkel",
                                     "Location Name", "Sales channel"])  # fmt: skip
def test_a_header_in_any_language_is_the_store(header: str) -> None:
    assert columns_of(header, "Country")["store"] == header
    assert columns_of(header, "Country")["location"] == "Country"


def test_a_store_that_is_the_location_stays_the_location() -> None:
    columns = columns_of("Store")
    assert (columns["location"], columns["store"]) == ("Store", "Store")
    assert "store" not in columns_of("Location")


def test_an_empty_column_and_one_that_each_order_has_for_itself_are_no_store() -> None:
    assert "store" not in columns_of("Shop", "Country", Shop=0)
    assert "store" not in columns_of("Shop", "Country", Shop=10)
    assert columns_of("Shop", "Channel", "Country", Shop=10)["store"] == "Channel"


def test_a_profile_names_both_the_location_and_the_store() -> None:
    named = profile('[columns]\nlocation = "Region"\nstore = "Region"\n')
    columns = match_columns("shop.csv", [*FOUND, "Region"], named).columns
    assert (columns["location"], columns["store"]) == ("Region", "Region")


def test_orders_per_store_need_a_store() -> None:
    per_store = profile('[orders]\nunique_per = "store"\n')
    for found in (FOUND, [*FOUND, "Brand"]):
        with pytest.raises(
            MappingError, match=r"no column is known to be the store.*\n.*\n  store ="
        ):
            match_columns("shop.csv", found, per_store)


def test_each_store_can_have_one_order_if_numbers_are_per_store() -> None:
    per_store = profile('[orders]\nunique_per = "store"\n')

    def survey(names: object) -> dict[str, ColumnFacts]:
        return {name: ColumnFacts(3, 3, 1 if name == "Order" else 3, digits=3) for name in FOUND}

    columns = match_columns("shop.csv", [*FOUND, "Store"], per_store, survey).columns
    assert columns["store"] == "Store"


def test_a_store_that_is_joined_already_is_not_joined_again() -> None:
    joined = '[columns]\norder_id = { columns = ["Store", "Order"] }\n'
    per_store = profile(f'{joined}[orders]\nunique_per = "store"\n')
    mapping = match_columns("shop.csv", [*FOUND, "Store"], per_store)
    assert mapping.columns["order_id"] == "Store + Order"


def test_ids_are_unique_per_store_or_overall() -> None:
    for section in ("orders", "people"):
        with pytest.raises(ProfileError, match=rf'\[{section}\] unique_per must be "store"'):
            profile(f'[{section}]\nunique_per = "region"\n')
