"""Sales lines of customers with emails and phone numbers, and profiles that merge them."""

from pathlib import Path

from regulars.sources.profiles.profile import Profile
from support.loaded_warehouse import LoadedWarehouse, line
from support.warehouses import profile_from

COLUMNS = 'email = "E-Mail"\nphone = "Phone"\n'
SAME_PERSON = 'same_person_by = ["email", "phone"]\n'


def merging(folder: Path, *settings: str) -> Profile:
    """Return a profile that merges customers by email and phone, with more settings of people."""
    return profile_from(folder, "\n".join(["[people]", COLUMNS, SAME_PERSON, *settings]))


def not_merging(folder: Path) -> Profile:
    return profile_from(folder, f"[people]\n{COLUMNS}")


def buys(
    order: str, customer: str, price: str, email: str = "", phone: str = "", *, country: str = "UK"
) -> dict[str, str]:
    """Return a line of an order on the day of January 2024 that its number is."""
    bought = line(order, price=price, customer=customer, day=f"2024-01-{int(order):02}")
    return bought | {"E-Mail": email, "Phone": phone, "Country": country}


def customers(shop: LoadedWarehouse) -> dict[str, tuple[int, int]]:
    """Return the orders and net sales of each customer by id."""
    return {
        row["customer_id"]: (row["orders"], int(row["net_sales"]))
        for row in shop.rows("dim_customer")
        if row["is_known"]
    }


def merges(shop: LoadedWarehouse) -> dict[str, tuple[str, str]]:
    """Return the person and the reason of each id of a person with several."""
    rows = shop.rows("customer_merges")
    return {row["customer_id"]: (row["merged_into"], row["reason"]) for row in rows}
