"""The results of lists, worked out by hand, on both engines.

40 customers: c00 to c19 bought toys for 10 in January, c20 to c39 books for 30. The list "spring"
went out on 1 March, with a control group of a quarter in each category: 15 + 15 customers to
contact, 5 + 5 held out. On that day everyone bought the same again; those contacted spent 2 more.
"""

from collections.abc import Iterator
from dataclasses import astuple
from datetime import date, datetime
from decimal import Decimal
from hashlib import md5
from pathlib import Path

import pytest

from lists.conftest import (
    build_on_engine,
    create_in,
    members_by_role,
    record_export,
    record_exports,
)
from loads.conftest import key  # noqa: F401
from regulars.cli.output.list_results import print_results
from regulars.core.errors import InputError
from regulars.lists.api import Control, Selection, list_results
from regulars.lists.findings import bought_finding, finding, remarks
from regulars.lists.results import Group
from regulars.warehouse.warehouse import Warehouse
from support.loaded_warehouse import LoadedWarehouse, line
from support.present import present
from support.same_people import buys, merging

EVERYONE = [f"c{number:02}" for number in range(40)]
QUARTER = Control(0.25, "favourite_category", "a seed")
JANUARY = Selection(as_of="2024-02-01")
OTHERS = ["c03", "c04", "c21"]
"""The customers of another list in the same days."""


def january(customer: str) -> dict[str, str]:
    is_toy = customer < "c20"
    bought = line(f"1-{customer}", price="10" if is_toy else "30", day="2024-01-10",
                  customer=customer)  # fmt: skip
    return bought | {"Category": "Toys" if is_toy else "Books", "SKU": "t" if is_toy else "b"}


def later(order: str, customer: str, price: int, day: str, quantity: str = "1") -> dict[str, str]:
    bought = line(order, quantity=quantity, price=str(price), day=day, customer=customer)
    return bought | {"Category": "Toys", "SKU": "t"}


def held_out(customers: list[str]) -> list[str]:
    """Return the quarter of customers with the lowest MD5 of the seed and their ID."""
    draws = sorted(customers, key=lambda one: md5(f"a seed:{one}".encode()).hexdigest())
    return draws[: len(customers) // 4]


HELD_OUT = {*held_out(EVERYONE[:20]), *held_out(EVERYONE[20:])}
CONTACTED = [customer for customer in EVERYONE if customer not in HELD_OUT]
"""The groups of the lists with `QUARTER`."""


def march(customer: str) -> dict[str, str]:
    """Return what a customer buys on the day of the export: as before, and 2 more if contacted."""
    price = (10 if customer < "c20" else 30) + (0 if customer in HELD_OUT else 2)
    return later(f"3-{customer}", customer, price, "2024-03-01")


LINES = [
    *map(january, EVERYONE),
    *map(march, EVERYONE),
    later("41", CONTACTED[0], 5, "2024-04-20"),
    later("42", CONTACTED[0], 25, "2024-04-21", quantity="-1"),
    later("50", "", 1, "2024-05-15"),  # a guest, on the last day
]


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def campaigns(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LoadedWarehouse:
    """The shop with its lists."""
    shop = build_on_engine(request, tmp_path_factory, "campaigns", LINES)
    for name in ("spring", "quiet", "silent", "future", "kept"):
        create_in(shop, name, JANUARY, control=QUARTER)
    create_in(shop, "whole", JANUARY)
    few = Selection(where={"customer_id": EVERYONE[:10]})
    create_in(shop, "few", few, control=Control(0.1, "none", "a seed"))
    create_in(shop, "others", Selection(where={"customer_id": OTHERS}))
    record_exports(
        shop,
        ("spring", datetime(2024, 4, 10), "treatment", 30),
        ("spring", datetime(2024, 3, 1, 18), "treatment", 28),
        ("spring", datetime(2024, 4, 11), "control", 10),
        ("others", datetime(2024, 3, 3), "treatment", 3),
        ("whole", datetime(2024, 2, 1), "treatment", 40),
        ("few", datetime(2024, 2, 1), "treatment", 9),
        ("quiet", datetime(2024, 4, 10), "treatment", 30),
        ("silent", datetime(2024, 4, 25), "treatment", 30),
        ("future", datetime(2024, 6, 1), "treatment", 30),
    )
    return shop


def figures(group: Group) -> tuple[object, ...]:
    """Return the customers, the buyers, and their net sales in total and per head."""
    return group.customers, group.buyers, group.net_sales, group.per_head


@pytest.fixture
def warehouse(campaigns: LoadedWarehouse) -> Iterator[Warehouse]:
    with campaigns.open() as opened:
        yield opened


def test_everyone_bought_and_contacted_customers_spent_2_more(warehouse: Warehouse) -> None:
    results = list_results(warehouse, "spring", days=14)
    # 15 x 12 + 15 x 32 and 5 x 10 + 5 x 30.
    assert figures(results.treatment) == (30, 30, 660, 22)
    assert figures(results.control) == (10, 10, 200, 20)
    effect = present(results.effect)
    assert effect.difference.is_beyond_chance
    # What they bought before explains everything else, so no chance is left.
    assert astuple(effect.difference) == pytest.approx((2, 2, 2))
    assert finding(results, "£") == (
        "Customers who were contacted spent £2.00 more per head than the control group, between "
        "£2.00 and £2.00: beyond chance."
    )
    # With z = 1.96, the score intervals of 30 of 30 and 10 of 10 begin at 30 / (30 + z squared), or
    # 88.6%, and 10 / (10 + z squared), or 72.2%.
    assert bought_finding(results) == (
        "100.0% of contacted customers bought, compared with 100.0% of the control group: no "
        "difference, between −11.4 and 27.8 points: not beyond chance."
    )


def test_days_count_from_the_first_export_to_the_last_day_of_the_data(
    warehouse: Warehouse,
) -> None:
    results = list_results(warehouse, "spring")
    assert (results.first, results.last) == (date(2024, 3, 1), date(2024, 5, 15))
    assert results.days == 31 + 30 + 15
    assert list_results(warehouse, "spring", days=14).last == date(2024, 3, 14)
    # With the purchase of 5 and the refund of 25 in April.
    assert results.treatment.net_sales == 660 - 20


def test_refund_larger_than_the_purchase_makes_net_sales_negative(warehouse: Warehouse) -> None:
    results = list_results(warehouse, "quiet")
    assert figures(results.treatment) == (30, 1, -20, Decimal(-20) / 30)
    assert figures(results.control) == (10, 0, 0, 0)
    # One buyer is too few for any claim.
    assert results.effect is None
    assert bought_finding(results) == ""
    assert finding(results, "£") == (
        "Too early to say: 1 customer has bought so far, and 30 are needed."
    )


def test_nothing_is_claimed_if_nobody_bought(warehouse: Warehouse) -> None:
    results = list_results(warehouse, "silent")
    assert (results.treatment.buyers, results.control.buyers, results.effect) == (0, 0, None)
    assert results.open_because.startswith("Too early to say: 0 customers have bought so far")


def test_control_group_of_one_is_too_small(warehouse: Warehouse) -> None:
    results = list_results(warehouse, "few")
    assert (results.treatment.customers, results.control.customers) == (9, 1)
    assert results.effect is None
    assert finding(results, "£") == (
        "This list is too small to measure: its control group has 1 customer, and 10 are needed."
    )


@pytest.mark.parametrize(
    ("name", "days", "message"),
    [
        ("whole", None, 'The list "whole" has no control group, so its effect cannot be measured'),
        ("kept", None, 'The list "kept" was never exported, so it has no results yet'),
        ("future", None, "exported on 1 June 2024, but the data ends on 15 May 2024"),
        ("spring", 13, "Count at least 14 days, not 13"),
        ("sprong", None, 'There is no list "sprong". Did you mean "spring"'),
    ],
)
def test_a_list_that_cannot_be_compared_is_refused(
    warehouse: Warehouse, name: str, days: int | None, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        list_results(warehouse, name, days=days)


def test_groups_have_the_same_share_of_each_category(campaigns: LoadedWarehouse) -> None:
    assert members_by_role(campaigns, "spring") == {
        "treatment": {*CONTACTED}, "control": HELD_OUT
    }  # fmt: skip


def test_customers_on_two_lists_are_counted(warehouse: Warehouse) -> None:
    results = list_results(warehouse, "spring", days=14)
    contacted = len({*CONTACTED} & {*OTHERS})
    assert (results.treatment.elsewhere, results.control.elsewhere) == (contacted, 3 - contacted)
    # The other list went out before "quiet" did, and "spring" again on its day, to the same 30.
    quiet = list_results(warehouse, "quiet")
    assert (quiet.treatment.elsewhere, quiet.control.elsewhere) == (30, 0)


def test_remarks_say_who_was_in_the_file_and_that_the_control_group_was_exported(
    warehouse: Warehouse,
) -> None:
    file, elsewhere, control = remarks(list_results(warehouse, "spring"))
    assert file.startswith("The exported file has 28 of the 30 customers to contact.")
    assert elsewhere.startswith("Also contacted with other lists in these days:")
    assert control.startswith("The control group was exported on 11 April 2024.")


def test_results_are_printed_for_the_terminal(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    print_results(list_results(warehouse, "spring", days=14), "£")
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    days = "1 March 2024, the day of the export, to 14 March 2024 (14 days)."
    assert lines[0] == f"spring: {days}"
    assert "Contacted 30 30 100.0% 22.00 22.00 22.00 22.00" in lines
    assert "Held out 10 10 100.0% 20.00 20.00 20.00 20.00" in lines
    print_results(list_results(warehouse, "quiet"), "£")
    assert "From" not in capsys.readouterr().out


@pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
def test_forgotten_customers_and_people_in_both_groups_do_not_count(
    fresh: LoadedWarehouse,
    tmp_path: Path,
    key: str,  # noqa: F811
) -> None:
    profile = merging(tmp_path)
    rows = [buys(str(n), f"c{n}", "10", f"{n}@x.example") for n in range(1, 11)]
    fresh.build(fresh.file("a.csv", rows), profile=profile)
    create_in(fresh, "half", control=Control(0.5, "none", "a seed"))
    record_export(fresh, "half", datetime(2024, 1, 1))
    contacted, control = members_by_role(fresh, "half").values()
    # One of each group turns out to be the same person, and another one is forgotten.
    same = buys("11", min(control), "7", f"{min(contacted)[1:]}@x.example")
    fresh.load(fresh.file("b.csv", [same]), profile=profile)
    fresh.forget(max(control))
    with fresh.open() as warehouse:
        results = list_results(warehouse, "half")
    assert figures(results.treatment) == (4, 4, 40, 10)
    assert figures(results.control) == (3, 3, 30, 10)
    assert {*remarks(results)} >= {
        "Not counted: 1 customer was forgotten since the list was created.",
        "Not counted: 1 person has customer IDs in both groups.",
    }
