"""A shop of 58 weeks whose figures are easy to work out by hand.

It sells from Monday to Saturday. Six customers order one thing each a day, for 10.00 in even weeks
and 11.00 in odd ones. In the last week, 5 to 10 February 2024, a new customer spends 200.00 on
Thursday and returns 10.00 of it on Friday. Lou, Liv and Lex bought a cake on each of the first 24
days, six others on two days after that, and then never again.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

FIRST_MONDAY, WEEKS = date(2023, 1, 2), 58
HEADING = "Order ID,Order Date,Customer ID,Product ID,Product Name,Quantity,Unit Price,Country\n"
LAPSED = {"lou": range(24), "liv": range(24), "lex": range(24)} | {
    f"twice{n}": range(25, 27) for n in range(6)
}


def weekly_sales() -> str:
    """Return the orders of the shop as CSV."""
    rows = [*_regular_lines(), *_lapsed_lines(), *_last_week()]
    return HEADING + "".join(f"{n},{row}\n" for n, row in enumerate(rows, 1))


def write_weekly_shop(folder: Path) -> Path:
    """Write the orders to a file."""
    file = folder / "weekly.csv"
    file.write_text(weekly_sales(), "utf-8")
    return file


def _regular_lines() -> Iterator[str]:
    for week in range(WEEKS):
        price = 10 if week % 2 == 0 else 11
        for weekday in range(6):
            day = FIRST_MONDAY + timedelta(weeks=week, days=weekday)
            for customer in range(6):
                yield f"{day} 10:0{customer}:00,reg{customer},T1,Tea,1,{price}.00,UK"


def _lapsed_lines() -> Iterator[str]:
    for name, days in LAPSED.items():
        for n in days:
            yield f"{FIRST_MONDAY + timedelta(days=n)} 12:00:00,{name},C1,Cake,1,50.00,FR"


def _last_week() -> Iterator[str]:
    yield "2024-02-08 15:00:00,newt,T1,Tea,20,10.00,UK"
    yield "2024-02-09 15:00:00,newt,T1,Tea,-1,10.00,UK"
