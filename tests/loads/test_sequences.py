"""Any sequence of loads leads to the same warehouse as one build from all their files."""

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.engines import POSTGRESQL_IF_THOROUGH
from support.loaded_warehouse import LoadedWarehouse

EXAMPLES = {"duckdb": 3, "postgresql": 2}
"""How many histories to test. `make thorough` tests a hundred new ones each time."""


def property_settings(engine: str) -> settings:
    """Return the settings of a property test: few examples, because engines share the logic."""
    examples = os.environ.get("REGULARS_EXAMPLES")
    return settings(
        max_examples=int(examples or EXAMPLES[engine]), deadline=None, derandomize=examples is None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


CUSTOMERS = ("Ann", "Bob", "Cid", "")
PRODUCTS = ("tea", "mug", "hat")
DAYS = [str(date(2024, 1, 1) + timedelta(days=number)) for number in range(100)]

Content = dict[str, list[dict[str, Any]]]
"""The lines of each order in a file."""

History = tuple[list[Content], list[int], Random]
"""The contents of files, which of them are loaded again, and how their rows are shuffled."""

lines = st.fixed_dictionaries({
    "Customer ID": st.sampled_from(CUSTOMERS),
    "SKU": st.sampled_from(PRODUCTS),
    "Product Name": st.sampled_from(("Tea", "Mug", "Hat", "damaged")),
    "Category": st.sampled_from(("Food", "Wear")),
    "Quantity": st.sampled_from((1, 2, 3, -1, 0)),
    "Price": st.sampled_from(("2.50", "10", "0", "many")),
    "Country": st.sampled_from(("UK", "FR")),
    "Order Date": st.sampled_from(range(100)),
})  # fmt: skip
versions = st.lists(lines, min_size=1, max_size=3)
contents = st.dictionaries(st.sampled_from("123456"), versions, min_size=1, max_size=4)


def rows_of(content: Content, shuffled: Random | None = None) -> list[dict[str, object]]:
    """Return the rows of a file. The first row is always valid."""
    rows = [
        {"Order ID": number} | dict(sorted(line.items())) | {"Order Date": DAYS[line["Order Date"]]}
        for number, order in content.items()
        for line in order
    ]
    rows[0] = rows[0] | {"Price": "2.50"}
    if shuffled is not None:
        shuffled.shuffle(rows)
    return rows


def content_key(content: Content) -> str:
    """Return the content of a file, whatever the order of its rows."""
    return repr(sorted(map(repr, rows_of(content))))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Draw the contents of files, and which of them are loaded again with their rows shuffled."""
    new = draw(st.lists(contents, min_size=2, max_size=4, unique_by=content_key))
    again = draw(st.lists(st.integers(0, len(new) - 1), max_size=2))
    shuffled = draw(st.randoms(use_true_random=False))
    return new, again, shuffled


@POSTGRESQL_IF_THOROUGH
def test_loads_lead_to_the_same_warehouse_as_one_build(
    engine: str, new_location: Callable[[], str]
) -> None:
    @property_settings(engine)
    @given(histories())
    def holds(history: History) -> None:
        with TemporaryDirectory() as name:
            shop, expected = (LoadedWarehouse(new_location(), Path(name)) for _ in range(2))
            check_loads(shop, expected, *history)

    holds()


def check_loads(
    shop: LoadedWarehouse,
    expected: LoadedWarehouse,
    new: list[Content],
    again: list[int],
    shuffled: Random,
) -> None:
    files = [shop.file(f"{n}.csv", rows_of(content)) for n, content in enumerate(new)]
    shop.build(files[0])
    for file in files[1:]:
        shop.load(file)
    before = shop.contents()
    for number in again:
        report = shop.load(shop.file("again.csv", rows_of(new[number], shuffled)))
        assert report.duplicates
    assert shop.contents() == before
    expected.build(*files)
    assert before == expected.contents()


def test_undone_loads_leave_the_same_warehouse_as_the_others_alone(
    engine: str, new_location: Callable[[], str]
) -> None:
    @property_settings(engine)
    @given(histories(), st.data())
    def holds(history: History, data: st.DataObject) -> None:
        with TemporaryDirectory() as name:
            shop, expected = (LoadedWarehouse(new_location(), Path(name)) for _ in range(2))
            check_undone(shop, expected, *history, data)

    holds()


def check_undone(
    shop: LoadedWarehouse,
    expected: LoadedWarehouse,
    new: list[Content],
    again: list[int],
    shuffled: Random,
    data: st.DataObject,
) -> None:
    contents = [*new, *(new[number] for number in again)]
    files = [
        shop.file(f"{n}.csv", rows_of(content, shuffled)) for n, content in enumerate(contents)
    ]
    shop.build(files[0])
    for file in files[1:]:
        shop.load(file)
    numbers = range(1, len(files) + 1)
    undone = data.draw(
        st.lists(st.sampled_from(numbers), min_size=1, max_size=len(new) - 1, unique=True)
    )
    remaining = [number for number in numbers if number not in undone]
    for number in undone:
        shop.undo(number)
    first_of_each = {
        content_key(contents[number - 1]): files[number - 1] for number in reversed(remaining)
    }
    expected.build(*reversed(first_of_each.values()))
    assert shop.contents() == expected.contents()
