"""Find files by path and glob, name them, and detect their kind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import pytest

from regulars.core.errors import SourceError
from regulars.sources.table import RawTable
from sources.conftest import Rows, read_exactly

CSV = "Invoice,Customer ID,Price\nA,b,c\n"


def refusal(open_all: Callable[..., list[RawTable]], *patterns: object, **options: Any) -> str:
    with pytest.raises(SourceError) as caught:
        open_all(*patterns, **options)
    return str(caught.value)


def test_a_pattern_matches_files_in_sorted_order(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    tmp_path: Path,
) -> None:
    for name in ("c.csv", "a.csv", "b.csv", "d.txt"):
        write_file(name, CSV)
    assert [raw.name for raw in open_all(tmp_path / "*.csv")] == ["a.csv", "b.csv", "c.csv"]


def test_numbers_in_file_names_sort_naturally(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    tmp_path: Path,
) -> None:
    for name in ("week-10.csv", "week-2.csv", "week-1.csv"):
        write_file(name, CSV)
    found = [raw.name for raw in open_all(tmp_path / "*.csv")]
    assert found == ["week-1.csv", "week-2.csv", "week-10.csv"]


def test_files_stay_in_the_given_order(
    write_file: Callable[[str, str | bytes], Path], open_all: Callable[..., list[RawTable]]
) -> None:
    paths = [write_file(name, CSV) for name in ("c.csv", "a.csv")]
    assert [raw.name for raw in open_all(*paths)] == ["c.csv", "a.csv"]


def test_files_with_the_same_name_are_shown_with_their_folders(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    tmp_path: Path,
) -> None:
    write_file("north/shop.csv", CSV)
    write_file("south/shop.csv", CSV)
    write_file("south/other.csv", CSV)
    names = [raw.name for raw in open_all(tmp_path / "*" / "*.csv")]
    folders = [str(tmp_path / "north" / "shop.csv"), str(tmp_path / "south" / "shop.csv")]
    assert names == [folders[0], "other.csv", folders[1]]


@pytest.mark.parametrize("name", ["shop[1].csv", "shop*.csv", "what?.csv", "a{b}.csv"])
def test_an_existing_file_wins_over_a_pattern_of_the_same_name(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    rows_of: Callable[[ibis.Table], Rows],
    name: str,
) -> None:
    write_file("shop1.csv", "a,b\nwrong,wrong\n")
    write_file("shopping.csv", "a,b\nwrong,wrong\n")
    (raw,) = open_all(write_file(name, "a,b\nx,y\n"))
    assert raw.name == name
    assert rows_of(raw.table) == [("x", "y")]
    assert rows_of(read_exactly(raw).table) == [(2, "x", "y")]


def test_a_missing_file_is_an_error_with_the_closest_name(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    tmp_path: Path,
) -> None:
    write_file("shop.csv", CSV)
    missing, existing = tmp_path / "shp.csv", tmp_path / "shop.csv"
    message = refusal(open_all, missing)
    assert message == f'There is no file "{missing}". Did you mean "{existing}"?'
    assert refusal(open_all, tmp_path / "zzz") == f'There is no file "{tmp_path / "zzz"}".'
    message = refusal(open_all, tmp_path / "north" / "shop.csv")
    assert message.endswith(f'the folder "{tmp_path / "north"}" does not exist.')


def test_a_pattern_without_a_match_is_an_error(
    open_all: Callable[..., list[RawTable]], tmp_path: Path
) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert refusal(open_all, tmp_path / "*.csv") == f'No file matches "{tmp_path / "*.csv"}".'


def test_a_folder_is_all_of_its_tables_in_natural_order(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    tmp_path: Path,
) -> None:
    for name in ("day 10.csv", "day 9.csv", ".hidden.csv", "readme.md"):
        write_file(name, CSV)
    assert [table.name for table in open_all(tmp_path)] == ["day 9.csv", "day 10.csv"]


def test_a_folder_without_tables_is_an_error(
    open_all: Callable[..., list[RawTable]], tmp_path: Path
) -> None:
    assert refusal(open_all, tmp_path) == (
        f"{tmp_path} is a folder without files of sales. Pass a file or a glob."
    )


def test_a_file_given_twice_is_an_error(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    tmp_path: Path,
) -> None:
    path = write_file("shop.csv", CSV)
    message = refusal(open_all, path, tmp_path / "*.csv")
    assert message.startswith(f'shop.csv is given twice, by "{path}" and by "{tmp_path / "*.csv"}"')
    (tmp_path / "link.csv").symlink_to(path)
    assert "given twice" in refusal(open_all, tmp_path / "*.csv")


@pytest.mark.parametrize("head", [b"PGDMP\x01\x0e", b"toc.dat\0\0"])
def test_a_binary_dump_is_an_error_with_the_command_to_convert_it(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    head: bytes,
) -> None:
    path = write_file("shop.dump", head + bytes(99))
    assert refusal(open_all, path).endswith(f"pg_restore -f shop.sql {path}")


def test_old_and_protected_workbooks_are_errors(
    write_file: Callable[[str, str | bytes], Path], open_all: Callable[..., list[RawTable]]
) -> None:
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert "is in the old Excel format" in refusal(open_all, write_file("book.xls", old))
    protected = old + "EncryptedPackage".encode("utf-16-le")
    assert "is password-protected" in refusal(open_all, write_file("book.xlsx", protected))


def test_the_kind_is_detected_from_the_content_not_the_extension(
    write_file: Callable[[str, str | bytes], Path], open_all: Callable[..., list[RawTable]]
) -> None:
    assert open_all(write_file("shop.parquet", CSV))[0].rows == 1
    assert open_all(write_file("shop.sql", CSV))[0].rows == 1
    assert open_all(write_file("shop.gz", CSV))[0].rows == 1


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet", "a.csv.gz", "a.png"])
def test_noise_with_a_binary_extension_is_an_error(
    write_file: Callable[[str, str | bytes], Path],
    open_all: Callable[..., list[RawTable]],
    name: str,
) -> None:
    message = refusal(open_all, write_file(name, bytes(range(256)) * 20))
    assert message.startswith(f"{name} is damaged or in a format that is not supported")
    assert "Save or download it again" in message


def test_text_in_a_file_named_xlsx_is_read_as_text(
    write_file: Callable[[str, str | bytes], Path], open_all: Callable[..., list[RawTable]]
) -> None:
    [raw] = open_all(write_file("shop.xlsx", CSV))
    assert raw.columns[0] == "Invoice"
