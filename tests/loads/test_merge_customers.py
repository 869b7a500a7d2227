"""Customers who share an email or phone number are one person, if the profile says so.

The price of a line is a power of two, so that a sum shows which lines are in it.
"""

import os
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from regulars.core.errors import ProfileError, SourceError
from regulars.loads.report import remarks
from support.loaded_warehouse import LoadedWarehouse, balance, write_corrected_rows
from support.people import all_text
from support.same_people import COLUMNS, buys, customers, merges, merging, not_merging
from support.warehouses import profile_from

pytestmark = pytest.mark.usefixtures("key")

ON_DUCKDB = pytest.mark.parametrize("engine", ["duckdb"], indirect=True)
PHONE, SAME_PHONE = "+44 20 7946 0958", "0044 (0)20 79460958"
JANUARY = [
    buys("1", "C1", "1", "Ann@x.example", PHONE),
    buys("2", "C2", "2", "ann@X.example"),
    buys("3", "C3", "4", "", SAME_PHONE),
    buys("4", "C4", "8", "dan@x.example"),
    buys("5", "C5", "16", "eve@x.example"),
    buys("6", "ann@x.example", "32"),
    buys("7", "", "64", "ann@x.example"),
]
"""Ann has three ids, and one more that is her email. The guest of order 7 has no id."""

LINKS = [buys("8", "C6", "128", "dan@x.example"), buys("9", "C6", "256", "eve@x.example")]
"""C6 has used the emails of C4 and C5, so the three are one person."""


def test_customers_who_share_an_email_or_phone_are_one_until_the_load_is_undone(
    shop: LoadedWarehouse, new_location: Callable[[], str], tmp_path: Path
) -> None:
    profile = merging(tmp_path)
    january, february = shop.file("a.csv", JANUARY), shop.file("b.csv", LINKS)
    report = shop.build(january, profile=profile)
    # 1 + 2 + 4 + 32: the first id with a line counts, and an id comes before an email.
    assert customers(shop) == {"C1": (4, 39), "C4": (1, 8), "C5": (1, 16)}
    assert merges(shop) == {
        "C1": ("C1", "email and phone"), "C2": ("C1", "email"), "C3": ("C1", "phone"),
        "ann@x.example": ("C1", "email"),
    }  # fmt: skip
    assert report.merged is not None
    assert (report.merged.people, report.merged.ids) == (1, 4)
    before = shop.contents()
    report = shop.load(february, profile=profile)
    assert "b.csv: no customer has a valid phone" in str(next(remarks(report)))
    # 8 + 16 + 128 + 256
    assert customers(shop) == {"C1": (4, 39), "C4": (4, 408)}
    built = LoadedWarehouse(new_location(), tmp_path)
    built.build(february, january, profile=profile)
    assert shop.contents() == built.contents()
    assert merges(shop) == merges(built)
    assert balance(shop) == {(0, 0)}
    shop.undo(2)
    assert shop.contents() == before


@ON_DUCKDB
def test_without_same_person_by_every_id_is_a_customer(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    report = shop.build(shop.file("a.csv", JANUARY), profile=not_merging(tmp_path))
    assert len(customers(shop)) == 6
    assert report.merged is None
    with shop.open() as warehouse:
        assert "customer_merges" not in warehouse.reader.tables()
    with pytest.raises(SourceError, match="was built without it"):
        shop.load(shop.file("b.csv", LINKS), profile=merging(tmp_path))


@ON_DUCKDB
def test_customers_kept_apart_are_never_one(shop: LoadedWarehouse, tmp_path: Path) -> None:
    lines = shop.file("a.csv", [*JANUARY, *LINKS])
    profile = merging(tmp_path, 'keep_apart = [["C1", "C2"], ["C4", "C5"], ["C9", "C1"]]')
    report = shop.build(lines, profile=profile)
    # The email of both C1 and C2 links nobody. C6 would link C4 and C5, so it is merged with
    # neither.
    assert merges(shop) == {"C1": ("C1", "phone"), "C3": ("C1", "phone")}
    assert customers(shop) == {
        "C1": (2, 5), "C2": (1, 2), "C4": (1, 8), "C5": (1, 16), "C6": (2, 384),
        "ann@x.example": (1, 32),
    }  # fmt: skip
    said = " ".join(map(str, remarks(report)))
    assert "are not merged, because keep_apart names two of them: C4, C5, C6." in said
    assert "keep_apart has no effect for C9" in said


@ON_DUCKDB
def test_what_is_not_surely_one_person_is_not_merged(shop: LoadedWarehouse, tmp_path: Path) -> None:
    number = "020 7946 0958"
    # Ten customers may share an email, eleven may not.
    lines = [buys(str(n), f"A{n}", "1", "family@x.example") for n in range(1, 11)]
    lines += [buys(str(n), f"B{n}", "1", "shop@x.example") for n in range(11, 22)]
    # These emails and numbers are made up, or nobody's.
    lines += [buys("22", "D1", "1", "no-email@x.example"), buys("23", "D2", "1", "n/a", "0000000")]
    lines += [buys("24", "D3", "1", "no-email@x.example"), buys("25", "D4", "1", "n/a", "0000000")]
    lines += [buys("26", "E1", "1", "till@x.example"), buys("27", "E2", "1", "till@x.example")]
    # The number is one in the UK and another one in the Netherlands.
    lines += [buys("28", "F1", "1", phone=number), buys("29", "F2", "2", phone="(020) 79460958"),
              buys("30", "F3", "4", phone=number, country="NL")]  # fmt: skip
    # An order that names two ids of one person is not odd.
    lines += [buys("31", "G1", "1", "gus@x.example"), buys("31", "G2", "2", "gus@x.example")]
    profile = merging(tmp_path, 'nobody = ["till@x.example"]')
    report = shop.build(shop.file("a.csv", lines), profile=profile)
    assert set(merges(shop)) == {*(f"A{n}" for n in range(1, 11)), "F1", "F2", "G1", "G2"}
    assert {name: customers(shop)[name] for name in ("F1", "F3", "G1")} == {
        "F1": (2, 3), "F3": (1, 4), "G1": (1, 3),
    }  # fmt: skip
    assert report.shared == []
    said = [str(remark) for remark in remarks(report)]
    assert any("An email address of 11 customers, such as B11, is too common" in s for s in said)
    assert any("have many IDs, so some may be other people: A1 (10 IDs)" in s for s in said)


@ON_DUCKDB
def test_pseudonyms_are_merged_and_nothing_names_them(
    shop: LoadedWarehouse, tmp_path: Path
) -> None:
    profile = merging(tmp_path, 'customer_id = "pseudonym"', 'keep_apart = [["C4", "C6"]]')
    shop.build(shop.file("a.csv", [*JANUARY, *LINKS]), profile=profile)
    # C5 and C6 share an email, and it is not the one that C4 and C6 share.
    assert sorted(customers(shop).values()) == [(1, 8), (3, 400), (4, 39)]
    text = all_text(shop)
    assert [name for name in ("c1", "c6") if f": {name}\n" in text] == []
    with shop.open() as warehouse:
        hidden = [warehouse.table(name) for name in ("customer_contacts", "customer_merges")]
        assert "@" not in str([list(warehouse.rows(table)) for table in hidden])


@ON_DUCKDB
def test_a_replayed_row_counts_for_the_person(shop: LoadedWarehouse, tmp_path: Path) -> None:
    profile = merging(tmp_path)
    lines = [*JANUARY[:1], JANUARY[1] | {"Price": "two"}, *JANUARY[2:6]]
    shop.build(shop.file("a.csv", lines), profile=profile)
    assert customers(shop)["C1"] == (3, 37)
    corrected = write_corrected_rows(shop, tmp_path / "rows.csv", row_3={"Price": "2"})
    shop.replay(corrected, profile=profile)
    assert customers(shop)["C1"] == (4, 39)


@pytest.mark.parametrize(
    ("settings_of_people", "message"),
    [
        ('same_person_by = ["name"]', "must be one of: email, phone"),
        ('keep_apart = [["C1", "C2"]]', "needs same_person_by"),
        ('same_person_by = "email"\nkeep_apart = ["C1", "C2"]', "must be a list of pairs"),
        ('same_person_by = "email"\nkeep_apart = [["C1", "C1"]]', "must be a list of pairs"),
    ],
)
def test_a_malformed_setting_is_refused(
    tmp_path: Path, settings_of_people: str, message: str
) -> None:
    with pytest.raises(ProfileError, match=message):
        profile_from(tmp_path, f"[people]\n{COLUMNS}{settings_of_people}")


@ON_DUCKDB
@pytest.mark.parametrize("seed", range(int(os.environ.get("REGULARS_EXAMPLES", "1"))))
def test_merging_depends_on_the_lines_alone_and_never_changes_net_sales(
    new_location: Callable[[], str], tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    emails = ("", "a@x.example", "b@x.example", "c@x.example")
    phones = ("", "+44 20 7946 0951", "+44 20 7946 0952")
    rows = [
        buys(str(n), random.choice([f"C{n % 6}", *emails]), str(n), random.choice(emails),
             random.choice(phones))
        for n in range(1, 16)
    ]  # fmt: skip
    whole, loaded = (LoadedWarehouse(new_location(), tmp_path) for _ in range(2))
    profile = merging(tmp_path, 'keep_apart = [["C1", "C2"]]')
    whole.build(whole.file("all.csv", random.sample(rows, len(rows))), profile=profile)
    loaded.build(loaded.file("last.csv", rows[8:]), profile=profile)
    loaded.load(loaded.file("first.csv", rows[:8]), profile=profile)
    assert loaded.contents() == whole.contents()
    assert merges(loaded) == merges(whole)
    known = [int(row["Price"]) for row in rows if row["Customer ID"]]
    assert sum(net for _, net in customers(whole).values()) == sum(known)
    persons = {one: person for one, (person, _) in merges(whole).items()}
    assert persons.get("C1", "C1") != persons.get("C2", "C2")
