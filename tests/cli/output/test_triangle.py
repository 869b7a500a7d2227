"""Cohorts are printed as a triangle that ends where the data ends."""

from datetime import date
from typing import Any

from regulars.analyses.catalog import ANALYSES
from regulars.cli.output.triangle import triangle

CARDS = ANALYSES["cohorts"].columns


def month(
    cohort: int, step: int, customers: int | None, share: float | None, *, complete: bool | None
) -> dict[str, Any]:
    return {
        "cohort": date(2024, cohort, 1), "months_since": step, "customers": customers,
        "share": share, "net_sales": None, "is_complete": complete,
    }  # fmt: skip


def test_each_cohort_has_a_row_with_its_size_and_later_months() -> None:
    rows = [
        month(1, 0, 40, 1.0, complete=True),
        month(1, 1, 10, 0.25, complete=True),
        month(1, 2, 6, 0.15, complete=False),
        month(2, 0, 20, 1.0, complete=True),
        month(2, 1, 5, 0.25, complete=False),
        month(2, 2, None, None, complete=None),
        month(3, 0, 8, 1.0, complete=False),
    ]
    printed = {column.label: list(column.values) for column in triangle(rows, CARDS)}
    assert printed == {
        "Cohort": ["Jan 2024", "Feb 2024", "Mar 2024"],
        "Customers": ["40", "20", "8"],
        "1": ["25% ", "25%*", ""],
        "2": ["15%*", "", ""],
    }


def test_a_shop_without_customers_has_an_empty_triangle() -> None:
    assert [column.values for column in triangle([], CARDS)] == [[], []]
