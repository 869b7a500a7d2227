"""The report as a file: whole or not at all, and there is one for any shop."""

import re
import sys
from html import unescape
from pathlib import Path

import pytest

from regulars.config import Settings
from regulars.errors import RegularsError
from regulars.report import write_report

HEADING = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price\n"
SHOPS = {
    "one order": "1,2024-03-05,c1,tea,2,3.50\n",
    "guests alone": "".join(f"{n},2024-0{1 + n % 4}-1{n % 9},,tea,2,3.50\n" for n in range(40)),
    "more came back than was sold": "1,2024-03-05,c1,tea,2,3.50\n2,2024-03-06,c1,tea,-9,3.50\n",
    "nothing was ever sold": "1,2024-03-05,c1,tea,-2,3.50\n",
    "everything was free": "1,2024-03-05,c1,tea,2,0\n2,2024-04-05,c1,tea,2,0\n",
    "one complete month": "1,2024-03-01,c1,tea,2,3\n2,2024-03-31,c2,tea,1,3\n",
    "an empty month between": "1,2024-01-01,c1,tea,2,3\n2,2024-03-31,c1,tea,1,3\n",
}


def said(path: Path) -> str:
    """Return the words of a page, without its style."""
    html = re.sub(r"<style>.*?</style>", "", path.read_text("utf-8"), flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ")


@pytest.mark.parametrize("lines", SHOPS.values(), ids=SHOPS.keys())
def test_any_shop_gets_a_report(build_shop, tmp_path, lines):
    shop = build_shop(HEADING + lines)
    words = said(write_report(shop.warehouse, tmp_path / "report.html"))
    assert "to the penny" in words
    assert "The data do not say where orders come from" in words
    assert not re.search(r"\b(None|nan|inf|NaN)\b", words)


def test_a_report_bears_the_name_of_the_shop_and_whose_data_it_is(build_shop, tmp_path):
    named = Settings(shop="Ann's Teas", credit="Data: Ann, CC BY 4.0.")
    shop = build_shop(HEADING + SHOPS["one order"], settings=named)
    path = write_report(shop.warehouse, tmp_path / "report.html")
    assert "<title>Ann&#39;s Teas: sales and customers" in path.read_text("utf-8")
    assert "Data: Ann, CC BY 4.0." in said(path)


def test_guests_alone_are_told_what_to_do(build_shop, tmp_path):
    shop = build_shop(HEADING + SHOPS["guests alone"])
    words = said(write_report(shop.warehouse, tmp_path / "report.html"))
    assert words.count("Map a column to customer_id in a profile, and build again.") == 3


def test_without_an_earlier_period_there_is_no_change(build_shop, tmp_path):
    shop = build_shop(HEADING + SHOPS["one complete month"])
    path = write_report(shop.warehouse, tmp_path / "report.html")
    assert "nothing to compare it with yet: only one month is complete" in said(path)
    assert not re.search("[▲▼■]", path.read_text("utf-8"))


def test_sections_without_data_are_left_out(report, odd_report):
    assert 'id="discounts"' not in report.read_text("utf-8")
    assert "Categories" not in said(report)
    assert 'id="discounts"' in odd_report.read_text("utf-8")
    assert "Categories" in said(odd_report)


def test_the_report_keeps_to_the_conventions_of_its_warehouse(lgs, tmp_path):
    words = said(write_report(lgs.warehouse, tmp_path / "report.html"))
    assert "November 2011 was the best month yet: 1.46 million, 37 % above October" in words
    assert "1,461,756.25" in words
    assert 'Conventions "lgs"' in words


def test_the_same_warehouse_gives_the_same_report(odd, odd_report, tmp_path):
    again = write_report(odd.warehouse, tmp_path / "again.html")
    assert again.read_bytes() == odd_report.read_bytes()


def test_it_is_small_enough_to_be_forwarded(report):
    assert report.stat().st_size < 600_000


def test_progress_is_told(odd, tmp_path):
    told: list[str] = []
    write_report(odd.warehouse, tmp_path / "report.html", progress=told.append)
    assert told[-1].startswith("Writing ")
    assert len(told) > 5


def test_a_failed_write_leaves_the_old_report_and_nothing_else(odd, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RegularsError, match="No space left on device"):
        write_report(odd.warehouse, path)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert path.read_text() == "old"


def test_a_folder_that_is_not_there_is_said(odd, tmp_path):
    with pytest.raises(RegularsError, match="cannot be written"):
        write_report(odd.warehouse, tmp_path / "nowhere" / "report.html")


def test_without_the_extra_it_is_said_what_to_install(odd, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(RegularsError, match=r'pip install "regulars\[report\]"'):
        write_report(odd.warehouse, tmp_path / "report.html")
