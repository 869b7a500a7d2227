"""A versioned folder: one current version, open versions stay, half-written ones are never seen."""

import errno
import fcntl
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest

from regulars.core.errors import WarehouseError
from regulars.engines.spark.versions import VersionedFolder

AT_WORK = r"Another build, load or sync of .* is running"


@pytest.fixture
def folder(tmp_path: Path) -> VersionedFolder:
    return VersionedFolder(tmp_path / "shop")


def build(folder: VersionedFolder, text: str) -> None:
    with folder.new_version() as (version, scratch):
        (scratch / "draft").write_text(text)
        (version / "table").write_text(text)


def fail(folder: VersionedFolder) -> None:
    with folder.new_version() as (version, _):
        (version / "table").write_text("half")
        raise ZeroDivisionError


def read(folder: VersionedFolder) -> str:
    version, handle = folder.open_current()
    try:
        return (version / "table").read_text()
    finally:
        os.close(handle)


def versions(folder: VersionedFolder) -> list[str]:
    """Return the content of each version, and check that no other files are left."""
    paths = sorted(folder.path.iterdir())
    assert all(path.name == "current" or path.name.startswith("version-") for path in paths)
    return sorted((path / "table").read_text() for path in paths if path.is_dir())


def test_the_last_version_is_current_and_older_ones_are_removed(folder: VersionedFolder) -> None:
    for text in ("one", "two", "three"):
        build(folder, text)
        assert read(folder) == text
    assert versions(folder) == ["three"]


def test_a_failed_build_changes_nothing(folder: VersionedFolder) -> None:
    build(folder, "one")
    with pytest.raises(ZeroDivisionError):
        fail(folder)
    assert read(folder) == "one"
    assert versions(folder) == ["one"]


def test_a_failed_first_build_leaves_no_folder(folder: VersionedFolder) -> None:
    with pytest.raises(ZeroDivisionError):
        fail(folder)
    assert not folder.path.exists()
    with pytest.raises(WarehouseError, match="There is no warehouse in the folder"):
        folder.open_current()


def test_the_next_build_removes_the_files_of_a_killed_one(folder: VersionedFolder) -> None:
    build(folder, "one")
    (folder.path / "version-of-it").mkdir()
    (folder.path / "current.new").write_text("version-of-it")
    (folder.path / "scratch-of-it").mkdir()
    (folder.path / "scratch-of-it" / "draft").write_text("half")
    assert read(folder) == "one"
    build(folder, "two")
    assert read(folder) == "two"
    assert versions(folder) == ["two"]


def test_a_killed_first_build_leaves_no_warehouse_and_does_not_block_the_next(
    folder: VersionedFolder,
) -> None:
    folder.path.mkdir()
    (folder.path / "version-of-it").mkdir()
    with pytest.raises(WarehouseError, match="There is no warehouse"):
        folder.open_current()
    build(folder, "one")
    assert read(folder) == "one"


def test_an_open_version_stays_until_it_is_closed(folder: VersionedFolder) -> None:
    build(folder, "one")
    version, handle = folder.open_current()
    build(folder, "two")
    assert (version / "table").read_text() == "one"
    assert versions(folder) == ["one", "two"]
    os.close(handle)
    build(folder, "three")
    assert versions(folder) == ["three"]


def test_a_second_build_at_the_same_time_is_refused(folder: VersionedFolder) -> None:
    with folder.new_version(), pytest.raises(WarehouseError, match=AT_WORK):
        build(folder, "two")


def test_workers_that_write_after_a_failure_do_no_harm(folder: VersionedFolder) -> None:
    with pytest.raises(ZeroDivisionError):
        fail(folder)
    late = folder.path / "version-of-it" / "fact_sales"
    late.mkdir(parents=True)
    build(folder, "one")
    assert versions(folder) == ["one"]


def test_a_version_stays_if_the_file_system_refuses_the_lock(
    folder: VersionedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: int, kind: int) -> None:
        if kind & fcntl.LOCK_EX and not kind & fcntl.LOCK_SH and os.fstat(handle).st_size == 0:
            raise OSError(errno.EBADF, "refused")

    build(folder, "one")
    monkeypatch.setattr("regulars.engines.spark.versions.fcntl.flock", refuse)
    monkeypatch.setattr("regulars.engines.spark.versions.locked", lambda path: nullcontext())
    build(folder, "two")
    assert read(folder) == "two"
    assert versions(folder) == ["one", "two"]


def test_a_folder_with_other_files_is_refused_and_left_alone(folder: VersionedFolder) -> None:
    folder.path.mkdir()
    (folder.path / "photo.jpg").write_text("mine")
    with pytest.raises(WarehouseError, match="contains other files"):
        build(folder, "one")
    assert [path.name for path in folder.path.iterdir()] == ["photo.jpg"]


@pytest.mark.parametrize(("make", "message"), [
    (lambda path: path.write_text("x"), "is a file; a warehouse in Spark is a folder"),
    (lambda path: None, "There is no folder"),
])  # fmt: skip
def test_an_unusable_path_is_refused(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    path = tmp_path / ("shop" if "file" in message else "missing/shop")
    make(path)
    with pytest.raises(WarehouseError, match=message):
        build(VersionedFolder(path), "one")


def test_a_damaged_folder_is_an_error_and_not_an_endless_wait(folder: VersionedFolder) -> None:
    build(folder, "one")
    version, handle = folder.open_current()
    os.close(handle)
    (version / ".held").unlink()
    with pytest.raises(WarehouseError, match="a damaged warehouse"):
        folder.open_current()
    (folder.path / "current").write_text("what?")
    with pytest.raises(WarehouseError, match="does not name a version"):
        folder.open_current()


def test_readers_never_see_half_a_version_during_builds(folder: VersionedFolder) -> None:
    build(folder, "0" * 1000)

    def is_whole(_: object) -> bool:
        text = read(folder)
        return len(text) == 1000 and len(set(text)) == 1

    with ThreadPoolExecutor(4) as readers:
        results = readers.map(is_whole, range(400))
        for number in range(1, 10):
            build(folder, str(number) * 1000)
        assert all(results)


def load(folder: VersionedFolder, text: str) -> None:
    """Change one of two tables as a load does: replace its file with a new one."""
    with folder.next_version() as (version, scratch):
        (scratch / "draft").write_text(text)
        (version / "table").unlink()
        (scratch / "draft").rename(version / "table")


def inode(folder: VersionedFolder, name: str) -> int:
    version, handle = folder.open_current()
    os.close(handle)
    return (version / name).stat().st_ino


@pytest.fixture
def two_tables(folder: VersionedFolder) -> VersionedFolder:
    with folder.new_version() as (version, _):
        (version / "table").write_text("one")
        (version / "months").mkdir()
        (version / "months" / "january").write_text("cold")
    return folder


def test_a_load_shares_unchanged_files_with_the_previous_version(
    two_tables: VersionedFolder,
) -> None:
    before = [inode(two_tables, name) for name in ("table", "months/january")]
    load(two_tables, "two")
    assert read(two_tables) == "two"
    assert inode(two_tables, "months/january") == before[1]
    assert inode(two_tables, "table") != before[0]


def test_files_are_copied_where_they_cannot_be_linked(
    two_tables: VersionedFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "refused")

    before = inode(two_tables, "months/january")
    monkeypatch.setattr("regulars.engines.spark.versions.os.link", refuse)
    load(two_tables, "two")
    version, handle = two_tables.open_current()
    os.close(handle)
    assert (version / "months" / "january").read_text() == "cold"
    assert inode(two_tables, "months/january") != before


def test_a_load_does_not_change_an_open_version(two_tables: VersionedFolder) -> None:
    version, handle = two_tables.open_current()
    load(two_tables, "two")
    assert (version / "table").read_text() == "one"
    assert (version / "months" / "january").read_text() == "cold"
    os.close(handle)
    load(two_tables, "three")
    assert not version.exists()
    assert read(two_tables) == "three"


def fail_to_load(folder: VersionedFolder) -> None:
    with folder.next_version() as (version, _):
        (version / "table").unlink()
        raise ZeroDivisionError


def test_a_failed_load_changes_nothing(two_tables: VersionedFolder) -> None:
    with pytest.raises(ZeroDivisionError):
        fail_to_load(two_tables)
    assert read(two_tables) == "one"
    assert len(list(two_tables.path.iterdir())) == 2


def test_a_load_and_a_build_at_the_same_time_refuse_each_other(two_tables: VersionedFolder) -> None:
    with (
        two_tables.new_version(),
        pytest.raises(WarehouseError, match=AT_WORK),
    ):
        load(two_tables, "two")
    with (
        two_tables.next_version(),
        pytest.raises(WarehouseError, match=AT_WORK),
    ):
        build(two_tables, "two")


def test_a_load_without_a_warehouse_is_refused(
    folder: VersionedFolder, two_tables: VersionedFolder
) -> None:
    missing = VersionedFolder(folder.path.with_name("missing"))
    with pytest.raises(WarehouseError, match="There is no warehouse in the folder"):
        load(missing, "two")
    assert not missing.path.exists()
    (folder.path / "current").write_text("version-gone")
    with pytest.raises(WarehouseError, match="There is a damaged warehouse"):
        load(folder, "two")
