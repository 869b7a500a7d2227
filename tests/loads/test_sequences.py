"""Any sequence of loads leaves what one build from all that it brought would have made."""

import os
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.loaded_warehouse import LoadedWarehouse

EXAMPLES = {"duckdb": 3, "postgresql": 2}
"""How many histories are tried; `make thorough` tries a hundred, other ones each time."""


def tried(engine):
    """Return how a property is tried: which lines stand is found out in the same way everywhere."""
    many = os.environ.get("REGULARS_EXAMPLES")
    return settings(
        max_examples=int(many or EXAMPLES[engine]), deadline=None, derandomize=many is None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


CUSTOMERS = ("Ann", "Bob", "Cid", "")
PRODUCTS = ("tea", "mug", "hat")
DAYS = [str(date(2024, 1, 1) + timedelta(days=number)) for number in range(100)]

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


def rows_of(content, shuffled=None):
    """Return the rows of a file, columns in one order, of which the first is always fine."""
    rows = [
        {"Order ID": number} | dict(sorted(line.items())) | {"Order Date": DAYS[line["Order Date"]]}
        for number, order in content.items()
        for line in order
    ]
    rows[0] = rows[0] | {"Price": "2.50"}
    if shuffled is not None:
        shuffled.shuffle(rows)
    return rows


def said(content):
    """Return what a file says, in whatever order."""
    return repr(sorted(map(repr, rows_of(content))))


@st.composite
def histories(draw):
    """Return contents in the order they arrive; some come again later, in another order of rows."""
    new = draw(st.lists(contents, min_size=2, max_size=4, unique_by=said))
    again = draw(st.lists(st.integers(0, len(new) - 1), max_size=2))
    shuffled = draw(st.randoms(use_true_random=False))
    return new, again, shuffled


def test_loads_leave_what_one_build_would(engine, new_place):
    @tried(engine)
    @given(histories())
    def holds(history):
        with TemporaryDirectory() as place:
            folder = Path(place)
            check_loads(
                LoadedWarehouse(new_place(), folder), LoadedWarehouse(new_place(), folder), *history
            )

    holds()


def check_loads(kept, whole, new, again, shuffled):
    files = [kept.file(f"{n}.csv", rows_of(content)) for n, content in enumerate(new)]
    kept.build(files[0])
    for file in files[1:]:
        kept.load(file)
    before = kept.contents()
    for number in again:
        report = kept.load(kept.file("again.csv", rows_of(new[number], shuffled)))
        assert report.same
    assert kept.contents() == before
    whole.build(*files)
    assert before == whole.contents()


def test_loads_taken_back_leave_what_the_others_would_have_made(engine, new_place):
    @tried(engine)
    @given(histories(), st.data())
    def holds(history, data):
        with TemporaryDirectory() as place:
            folder = Path(place)
            check_undone(
                LoadedWarehouse(new_place(), folder),
                LoadedWarehouse(new_place(), folder),
                *history,
                data,
            )

    holds()


def check_undone(kept, whole, new, again, shuffled, data):
    contents = [*new, *(new[number] for number in again)]
    files = [
        kept.file(f"{n}.csv", rows_of(content, shuffled)) for n, content in enumerate(contents)
    ]
    kept.build(files[0])
    for file in files[1:]:
        kept.load(file)
    numbers = range(1, len(files) + 1)
    gone = data.draw(
        st.lists(st.sampled_from(numbers), min_size=1, max_size=len(new) - 1, unique=True)
    )
    left = [number for number in numbers if number not in gone]
    for number in gone:
        kept.undo(number)
    first_of_each = {said(contents[number - 1]): files[number - 1] for number in reversed(left)}
    whole.build(*reversed(first_of_each.values()))
    assert kept.contents() == whole.contents()
