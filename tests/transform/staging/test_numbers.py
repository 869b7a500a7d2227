"""Text as numbers: the forms of many countries, and which columns can be read in two ways."""

from decimal import Decimal
from typing import Any

import ibis
import pytest

from regulars.core.errors import AmbiguousFormatError
from regulars.transform.staging.numbers import (
    Mark,
    decide_marks,
    number_evidence,
    read_number,
    with_amounts,
)

PRICE, QUANTITY, EXACT = "decimal(18, 4)", "decimal(18, 3)", "decimal(20, 10)"

POINT = {
    "12.50-": "-12.50", "−3.10": "-3.10", "-3.00 USD": "-3", "US$12.50": "12.50", "R$ 2.5": "2.5",
    "1'234.50": "1234.50", "1’234.50": "1234.50", "CHF 1'234.50": "1234.50", "Fr. 99.90": "99.90",
    "1,23,456.78": "123456.78", "₹ 12,34,567.80": "1234567.80", "Rs.1,200.50": "1200.50",
    "1 234.50": "1234.50", "1\u202f234.50": "1234.50", "¥1,200": "1200", "$(5.00)": "-5",
    "1,234.567": "1234.567", "-$5": "-5", "$-5": "-5", "5 kr": "5", "1e3": "1000", "+7": "7",
}  # fmt: skip
COMMA = {
    "R$ 1.234,50": "1234.50", "12,50-": "-12.50", "12,50- EUR": "-12.50", "1 234,50 kr": "1234.50",
    "1\u202f234,50 €": "1234.50", "12,50 zł": "12.50", "(1.234,50)": "-1234.50", ",5": "0.5",
    "kr. 1.200,00": "1200", "1.200": "1200", "1,200": "1.2", "1'234,5": "1234.5",
    "150.000 ₫": "150000",
}  # fmt: skip
NOT_WITH_POINT = [
    "(1", "1)", "-(1)", "-1-", "--1", "1.2.3", "1,2", "0,234", "1234,567", "12,50", "5 pcs", "5%",
    "1 23", "1_000", "$", "-", "()", "1'23", "n/a",
]  # fmt: skip
NOT_WITH_COMMA = ["12.50", "1,2,3", "0.234", "1234.567", "1.234.5", "1,234,567"]


def read(texts: list[str], mark: Mark, type_: str = PRICE) -> list[Decimal | None]:
    rows = ibis.memtable(
        {"n": range(len(texts)), "text": texts}, schema={"n": "int", "text": "str"}
    )
    numbers = rows.mutate(number=read_number(rows.text, mark, type_)).order_by("n")
    return [row["number"] for row in ibis.duckdb.connect().to_pyarrow(numbers).to_pylist()]


def mark_of(*texts: str, **others: list[str]) -> Mark:
    """Return the mark of a column of prices, beside other columns."""
    columns = {"unit_price": list(texts), **others}
    con = ibis.duckdb.connect()
    counts: dict[str, Any] = {}
    for name, cells in columns.items():
        rows = with_amounts(ibis.memtable({name: cells}, schema={name: "string"}), [name])
        found = rows.aggregate(**number_evidence(rows, name, PRICE))
        [row] = con.to_pyarrow(found).to_pylist()
        counts |= {name: count or 0 for name, count in row.items()}
    return decide_marks("shop.csv", {name: name for name in columns}, counts, "auto")["unit_price"]


@pytest.mark.parametrize(("mark", "family"), [("point", POINT), ("comma", COMMA)])
def test_numbers_of_many_countries(mark: Mark, family: dict[str, str]) -> None:
    expected = {text: Decimal(value) for text, value in family.items()}
    assert dict(zip(family, read(list(family), mark), strict=True)) == expected


@pytest.mark.parametrize(
    ("mark", "texts"),
    [("point", NOT_WITH_POINT), ("comma", NOT_WITH_COMMA), ("none", ["1.5", "1,5"])],
)
def test_other_text_is_not_a_number(mark: Mark, texts: list[str]) -> None:
    assert dict.fromkeys(texts) == dict(zip(texts, read(texts, mark), strict=True))


def test_a_number_with_more_decimals_than_its_type_is_not_rounded() -> None:
    texts = ["0.00012", "0.3333333333333333", "5.1e-07", "1.50000000", "0.0001"]
    assert read(texts, "point") == [None, None, None, Decimal("1.5"), Decimal("0.0001")]
    assert read(["0.0004", "1.500"], "point", QUANTITY) == [None, Decimal("1.5")]
    assert read(["0,00012"], "comma") == [None]
    assert read(texts[:2], "point", EXACT) == [Decimal("0.00012"), Decimal("0.3333333333")]


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.500", "0.250"], "point"),
        (["1,500", "0,250"], "comma"),
        (["150.000", "1.200.000"], "comma"),
        (["150,000", "1,200,000"], "point"),
        (["1,23,456"], "point"),
        (["1.234", "5.5"], "point"),
        (["1.234", "5,5"], "comma"),
        (["1234.567"], "point"),
        (["1,234.567"], "point"),
        (["$1.234", "$.500"], "point"),
        (["¥1,200"], "point"),
        (["150.000 ₫"], "comma"),
        (["Fr. 12", "kr.12", "7"], "none"),
        (["12", "1'000"], "none"),
        (["5.1e-07"], "point"),
    ],
)
def test_one_number_decides_the_mark_of_a_column(texts: list[str], mark: Mark) -> None:
    assert mark_of(*texts) == mark


def test_the_same_mark_in_another_column_decides() -> None:
    assert mark_of("1.000", "2.000", quantity=["2.5"]) == "point"
    assert mark_of("1,000", "2,000", quantity=["2,5"]) == "comma"


@pytest.mark.parametrize(
    ("texts", "others", "line"),
    [
        (["1.200", "3.500"], {}, 'decimal = "point"   # or "comma"'),
        (["CHF 12.500"], {}, 'decimal = "point"   # or "comma"'),
        (["1,200", "5"], {}, 'decimal = "point"   # or "comma"'),
        (["1.500"], {"quantity": ["2,5"]}, 'decimal = { unit_price = "point" }   # or "comma"'),
        (["1,500"], {"quantity": ["2.5"]}, 'decimal = { unit_price = "point" }   # or "comma"'),
        (["1,5", "1.5"], {}, "mixes decimal points and decimal commas"),
    ],
)
def test_a_column_that_can_be_read_in_two_ways_is_refused(
    texts: list[str], others: dict[str, list[str]], line: str
) -> None:
    with pytest.raises(AmbiguousFormatError) as raised:
        mark_of(*texts, **others)
    assert line in str(raised.value)
