"""A folder of versions: one holds, nobody's is taken away, and nothing half-written is seen."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from regulars.engines.folder import VersionedFolder
from regulars.errors import WarehouseError


@pytest.fixture
def folder(tmp_path):
    return VersionedFolder(tmp_path / "shop")


def build(folder, text):
    with folder.building() as (version, scratch):
        (scratch / "draft").write_text(text)
        (version / "table").write_text(text)


def fail(folder):
    with folder.building() as (version, _):
        (version / "table").write_text("half")
        raise ZeroDivisionError


def read(folder):
    version, handle = folder.hold()
    os.close(handle)
    return (version / "table").read_text()


def names(folder):
    return sorted(path.name for path in folder.path.iterdir())


def test_the_last_version_holds_and_no_other_is_kept(folder):
    for text in ("one", "two", "three"):
        build(folder, text)
        assert read(folder) == text
    assert names(folder) == ["current", "version-3"]


def test_a_build_that_fails_changes_nothing(folder):
    build(folder, "one")
    with pytest.raises(ZeroDivisionError):
        fail(folder)
    assert read(folder) == "one"
    assert names(folder) == ["current", "version-1"]


def test_a_first_build_that_fails_leaves_no_folder(folder):
    with pytest.raises(ZeroDivisionError):
        fail(folder)
    assert not folder.path.exists()
    with pytest.raises(WarehouseError, match="There is no warehouse in the folder"):
        folder.hold()


def test_what_a_killed_build_left_is_removed_by_the_next(folder):
    build(folder, "one")
    (folder.path / "version-2").mkdir()
    (folder.path / "scratch").mkdir()
    (folder.path / "scratch" / "draft").write_text("half")
    assert read(folder) == "one"
    build(folder, "two")
    assert read(folder) == "two"
    assert names(folder) == ["current", "version-2"]


def test_what_a_killed_first_build_left_is_no_warehouse_and_no_hindrance(folder):
    folder.path.mkdir()
    (folder.path / "current").write_text("0\n")
    (folder.path / "version-1").mkdir()
    with pytest.raises(WarehouseError, match="There is no warehouse"):
        folder.hold()
    build(folder, "one")
    assert read(folder) == "one"


def test_a_version_that_somebody_reads_stays_until_they_close_it(folder):
    build(folder, "one")
    version, handle = folder.hold()
    build(folder, "two")
    assert (version / "table").read_text() == "one"
    assert names(folder) == ["current", "version-1", "version-2"]
    os.close(handle)
    build(folder, "three")
    assert names(folder) == ["current", "version-3"]


def test_a_second_build_at_once_is_told_of_the_first(folder):
    with folder.building(), pytest.raises(WarehouseError, match=r"Another build of .* is at work"):
        build(folder, "two")


def test_a_folder_of_somebody_is_left_alone(folder):
    folder.path.mkdir()
    (folder.path / "photo.jpg").write_text("mine")
    with pytest.raises(WarehouseError, match="holds something else"):
        build(folder, "one")
    assert names(folder) == ["photo.jpg"]


@pytest.mark.parametrize(("make", "message"), [
    (lambda path: path.write_text("x"), "is a file; a warehouse in Spark is a folder"),
    (lambda path: None, "There is no folder"),
])  # fmt: skip
def test_a_place_that_will_not_do_is_named(tmp_path, make, message):
    path = tmp_path / ("shop" if "file" in message else "missing/shop")
    make(path)
    with pytest.raises(WarehouseError, match=message):
        build(VersionedFolder(path), "one")


def test_a_damaged_folder_is_no_endless_wait(folder):
    build(folder, "one")
    (folder.path / "version-1" / ".held").unlink()
    with pytest.raises(WarehouseError, match="a damaged warehouse"):
        folder.hold()
    (folder.path / "current").write_text("what?")
    with pytest.raises(WarehouseError, match="does not name a version"):
        folder.hold()


def test_readers_beside_builds_never_see_half_a_version(folder):
    build(folder, "0" * 1000)

    def look(_):
        text = read(folder)
        return len(text) == 1000 and len(set(text)) == 1

    with ThreadPoolExecutor(4) as readers:
        looks = readers.map(look, range(400))
        for number in range(1, 10):
            build(folder, str(number) * 1000)
        assert all(looks)
