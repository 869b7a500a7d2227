"""Random shops in the retail-orders layout: one order line per row, discounts, states, categories.

A seed determines every value. `faults=True` adds invalid rows, with the reasons expected for each.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

STATES = (
    "AL", "AZ", "CA", "CO", "CT", "FL", "GA", "IL", "IN", "KY", "LA", "MA", "MD", "MI", "MN", "MO",
    "NC", "NJ", "NV", "NY", "OH", "OK", "OR", "PA", "SC", "TN", "TX", "VA", "WA", "WI",
)  # fmt: skip
CATEGORIES = {
    "Accessories": "Bags Belts Gloves Hats Jewelry Scarves",
    "Beauty": "Fragrance Hair Makeup Nails Skin Tools",
    "Clothing": "Coats Dresses Jeans Shirts Skirts Sweaters",
    "Electronics": "Audio Cameras Computers Games Phones Wearables",
    "Home": "Bath Bedding Decor Furniture Kitchen Lighting",
    "Sports": "Camping Cycling Fitness Golf Running Swimming",
}
SUBCATEGORIES = [(category, sub) for category, subs in CATEGORIES.items() for sub in subs.split()]
COLUMNS = (
    "Customer_ID", "Order_ID", "Order_Date", "Product_Category", "Product_Sub_Category", "Quantity",
    "Price", "Discount", "Customer_Location",
)  # fmt: skip
DISCOUNTS = ("0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.4", "0.5")
DATES = {"iso": "%Y-%m-%d", "day-first": "%d/%m/%Y"}

NO_ORDER = "The order number is missing."
NO_DATE = "The order date is missing or is not a date."
FAR_DATE = "The order date is before 1970 or in the future."
NO_QUANTITY = "The quantity is missing or is not a number."
NO_PRICE = "The unit price is missing or is not a number."
BAD_DISCOUNT = "The discount is not a number, is negative, or exceeds the price."
TOO_LARGE = "Quantity times price is implausibly large."

FAULTS: tuple[tuple[dict[str, str], tuple[str, ...]], ...] = (
    ({"Order_Date": "not a date"}, (NO_DATE,)),
    ({"Order_Date": ""}, (NO_DATE,)),
    ({"Order_Date": "{far}"}, (FAR_DATE,)),
    ({"Order_ID": ""}, (NO_ORDER,)),
    ({"Quantity": "a dozen"}, (NO_QUANTITY,)),
    ({"Quantity": ""}, (NO_QUANTITY,)),
    ({"Price": "free"}, (NO_PRICE,)),
    ({"Discount": "1.7"}, (BAD_DISCOUNT,)),
    ({"Discount": "-0.1"}, (BAD_DISCOUNT,)),
    ({"Discount": "half"}, (BAD_DISCOUNT,)),
    ({"Quantity": "99999999999", "Price": "99999999999"}, (TOO_LARGE,)),
    ({"Order_ID": "", "Order_Date": "{far}", "Quantity": "?"}, (NO_ORDER, FAR_DATE, NO_QUANTITY)),
    ({"Discount": "2", "Price": "-"}, (NO_PRICE, BAD_DISCOUNT)),
)  # fmt: skip
FAR = {"iso": "9999-12-31", "day-first": "31/12/9999"}


@dataclass
class GeneratedShop:
    """The lines of a random shop, and which of them are invalid.

    faulty  row in the file (the header is row 1) -> reasons, in the order of the rules
    """

    rows: list[dict[str, str]]
    faulty: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @property
    def valid_rows(self) -> list[dict[str, str]]:
        return [row for number, row in enumerate(self.rows, 2) if number not in self.faulty]


def generate_shop(
    seed: int, orders: int = 800, *, dates: str = "iso", faults: bool = False
) -> GeneratedShop:
    """Return a random shop; with faults, it contains every fault in `FAULTS` once."""
    rng = random.Random(seed)
    shop = GeneratedShop([row for number in range(orders) for row in _order(rng, number, dates)])
    for change, reasons in FAULTS if faults else ():
        index = rng.choice([n for n in range(len(shop.rows)) if n + 2 not in shop.faulty])
        cells = {column: text.format(far=FAR[dates]) for column, text in change.items()}
        shop.rows[index] = shop.rows[index] | cells
        shop.faulty[index + 2] = reasons
    return shop


def _order(rng: random.Random, number: int, dates: str) -> Iterator[dict[str, str]]:
    customer = rng.randrange(150)
    day = date(2022, 1, 1) + timedelta(days=rng.randrange(730))
    # Every third customer orders from several states.
    state = rng.choice(STATES) if customer % 3 == 0 else STATES[customer % len(STATES)]
    for _ in range(rng.choice((1, 1, 2, 2, 3, 5))):
        category, sub = rng.choice(SUBCATEGORIES)
        line: dict[str, Any] = {
            "Customer_ID": f"CUST-{customer:04}",
            "Order_ID": f"ORD-{number:06}",
            "Order_Date": day.strftime(DATES[dates]),
            "Product_Category": category,
            "Product_Sub_Category": sub,
            "Quantity": rng.randint(1, 9),
            "Price": f"{rng.randint(199, 49_999) / 100:.2f}",
            "Discount": rng.choice(DISCOUNTS) if rng.random() < 0.25 else "0",
            "Customer_Location": state,
        }
        yield {column: str(line[column]) for column in COLUMNS}
