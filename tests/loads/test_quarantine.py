"""The quarantine is a work list: what is mended comes in, at its place, and the ledger adds up."""

import csv

import pytest

from regulars.errors import ProfileError, QuestionError
from regulars.quarantine import QuarantinedRows, reasons
from warehouses import profile_from


def line(order, product="tea", quantity="1", price="2.50", day="2024-01-01", customer="Ann"):
    return {
        "Order ID": order, "Order Date": day, "Customer ID": customer, "SKU": product,
        "Quantity": quantity, "Price": price,
    }  # fmt: skip


BAD = [
    line("1"),
    line("1", "mug", quantity="two"),
    line("2", day="yesterday"),
    line("3", price="ask", customer="Bob"),
]


def mended(kept, path, **cells):
    """Write the quarantined rows to a file with cells put right, as a person would."""
    with kept.opened() as warehouse:
        rows = list(QuarantinedRows(warehouse).rows())
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        for row in rows:
            number = str(row["quarantined_row"])
            writer.writerow(row | cells.get(f"row_{number}", {}))
    return path


def balance(kept):
    """Return rows and money that were read, less all that became of them; by source."""
    sums = {}
    for entry in kept.rows("load_tallies"):
        sign = 1 if entry["outcome"] == "read" else -1
        rows, money = sums.get(entry["source_id"], (0, 0))
        sums[entry["source_id"]] = (
            rows + sign * entry["rows"],
            money + sign * (entry["amount"] or 0),
        )
    return set(sums.values())


def test_reasons_come_with_counts_and_an_example(kept):
    kept.build(kept.file("bad.csv", BAD))
    with kept.opened() as warehouse:
        found = reasons(warehouse)
    assert [(one.rows, one.source_row) for one in found] == [(1, 3), (1, 4), (1, 5)]
    assert found[0].reason == "The quantity is missing or is not a number."
    assert '"Quantity": "two"' in found[0].original.replace('":"', '": "')


def test_rows_are_exported_with_their_cells_as_they_stood(kept):
    kept.build(kept.file("bad.csv", BAD))
    with kept.opened() as warehouse:
        sheet = QuarantinedRows(warehouse)
        rows = list(sheet.rows())
    assert sheet.columns[:4] == [
        "quarantined_source_id",
        "quarantined_source",
        "quarantined_row",
        "quarantined_because",
    ]
    assert [row["Quantity"] for row in rows] == ["two", "1", "1"]
    assert [row["Order Date"] for row in rows][1] == "yesterday"


def test_mended_rows_come_in_as_if_they_had_been_right_from_the_start(kept, new_place):
    kept.build(kept.file("bad.csv", BAD))
    path = mended(
        kept, kept.folder / "mended.csv",
        row_3={"Quantity": "2"}, row_4={"Order Date": "2024-01-05"}, row_5={"Price": "4"},
    )  # fmt: skip
    report = kept.replay(path)
    assert (report.orders.new, report.orders.changed) == (2, 1)
    assert kept.rows("quarantine") == []
    assert balance(kept) == {(0, 0)}
    right = [BAD[0], BAD[1] | {"Quantity": "2"}, BAD[2] | {"Order Date": "2024-01-05"},
             BAD[3] | {"Price": "4"}]  # fmt: skip
    whole = type(kept)(new_place(), kept.folder)
    whole.build(kept.file("right.csv", right))
    assert kept.says() == whole.says()


def test_a_row_that_is_still_wrong_stays_with_its_new_reason(kept):
    kept.build(kept.file("bad.csv", BAD))
    path = mended(kept, kept.folder / "mended.csv", row_3={"Quantity": "2", "Price": "ask"})
    kept.replay(path)
    told = {row["source_row"]: row["reasons"] for row in kept.rows("quarantine")}
    assert told[3] == "The unit price is missing or is not a number."
    assert set(told) == {3, 4, 5}
    assert balance(kept) == {(0, 0)}


def test_a_mended_profile_takes_in_what_it_can_read(kept, tmp_path):
    first = profile_from(tmp_path, '[formats]\ndiscount = "fraction"')
    rows = [line("1"), line("2") | {"Discount": "10%"}]
    rows[0]["Discount"] = "0.1"
    kept.build(kept.file("sales.csv", rows), profile=first)
    assert len(kept.rows("quarantine")) == 1
    better = profile_from(tmp_path, '[formats]\ndiscount = "percent"')
    kept.replay(profile=better)
    assert kept.rows("quarantine") == []
    assert balance(kept) == {(0, 0)}


def test_a_replay_without_anything_mended_changes_nothing(kept):
    kept.build(kept.file("bad.csv", BAD))
    before = kept.says()
    report = kept.replay()
    assert vars(report.orders) == {"new": 0, "changed": 0, "unchanged": 0, "removed": 0}
    assert kept.says() == before
    assert balance(kept) == {(0, 0)}


def test_nothing_to_take_in_is_told(kept):
    kept.build(kept.file("fine.csv", [line("1")]))
    with pytest.raises(QuestionError, match="No row is quarantined"):
        kept.replay()


def test_rows_that_are_not_quarantined_are_refused(kept):
    kept.build(kept.file("bad.csv", BAD))
    path = mended(kept, kept.folder / "mended.csv", row_3={"quarantined_row": "2"})
    with pytest.raises(QuestionError, match="row 2 of source 1 is not quarantined"):
        kept.replay(path)


def test_a_file_without_the_columns_that_tell_which_row_is_refused(kept):
    kept.build(kept.file("bad.csv", BAD))
    with pytest.raises(QuestionError, match="no column quarantined_source_id or quarantined_row"):
        kept.replay(kept.file("other.csv", [line("1")]))


def test_a_profile_that_is_gone_is_named(kept, tmp_path):
    own = profile_from(tmp_path, "")
    kept.build(kept.file("bad.csv", BAD), profile=own)
    (tmp_path / "mine.toml").unlink()
    with pytest.raises(ProfileError, match=r"mine\.toml, which is not there any more"):
        kept.replay()


def test_the_same_bad_row_of_a_later_file_waits_only_once(kept):
    kept.build(kept.file("bad.csv", BAD))
    kept.load(kept.file("more.csv", [*BAD, line("9")]))
    assert len(kept.rows("quarantine")) == 6
    with kept.opened() as warehouse:
        waiting = [row["quarantined_row"] for row in QuarantinedRows(warehouse).rows()]
    assert waiting[0] == 3
