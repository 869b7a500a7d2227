"""A shop whose customers have names and emails, or are identified by email alone."""

from support.loaded_warehouse import line
from support.people import people_profile, pseudonym_profile

__all__ = ["COLUMNS", "ROWS", "people_profile", "pseudonym_profile", "rows_by_email"]

COLUMNS = ("First", "Last", "E-Mail", "Street")


def person(
    order: str, customer: str, first: str, last: str, email: str, *, day: str = "2024-01-01"
) -> dict[str, str]:
    cells = dict(zip(COLUMNS, (first, last, email, "1 Low Road"), strict=True))
    return line(order, customer=customer, day=day) | cells


ROWS = [
    person("1", "17", "Ann", "van der Berg", "Ann@Old.example"),
    person("2", "17", "Ann", "van der Berg", "ann@new.example", day="2024-01-02"),
    person("3", "18", "Robert", "Oakes", "bob@oakes.example"),
    person("4", "19", "=cmd|' /C calc'!A0", "", "+cem@cem.example"),
    person("5", "20", "Dee", "Day", ""),
]


def rows_by_email() -> list[dict[str, str]]:
    """Return the same sales with emails as customer IDs, as in a shop that has no others."""
    return [line(row["Order ID"], customer=row["E-Mail"]) for row in ROWS if row["E-Mail"]]
