"""The key is in the environment or a file, created once, and never stored or shown."""

import resource
import stat
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import WarehouseError
from regulars.core.settings import Settings
from regulars.loads.build import inspect
from regulars.warehouse.people.key import Keyring
from support.loaded_warehouse import LoadedWarehouse, line
from support.people import ann, bob, people_profile
from support.warehouses import request_for


@pytest.fixture(autouse=True)
def no_key(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the key from the environment."""
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")


@pytest.fixture
def shop(tmp_path: Path) -> LoadedWarehouse:
    return LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(people_key_file=str(tmp_path / "the.key"))


def test_a_key_is_created_once_for_its_owner_alone_and_announced(
    shop: LoadedWarehouse, settings: Settings, tmp_path: Path
) -> None:
    messages: list[str] = []
    options: dict[str, Any] = {
        "profile": people_profile(tmp_path),
        "settings": settings,
        "progress": messages.append,
    }
    shop.build(shop.file("a.csv", [ann("1")]), **options)
    file = tmp_path / "the.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(file.read_text().strip()) == 64
    shop.load(shop.file("b.csv", [bob("2")]), **options)
    assert len([message for message in messages if "Back it up" in message]) == 1
    secret = file.read_text().strip()
    assert secret.encode() not in (tmp_path / "shop.duckdb").read_bytes()


def test_no_key_is_created_without_personal_data(
    shop: LoadedWarehouse, settings: Settings, tmp_path: Path
) -> None:
    shop.build(shop.file("a.csv", [line("1")]), settings=settings)
    assert not (tmp_path / "the.key").exists()


def test_inspect_creates_no_key(shop: LoadedWarehouse, settings: Settings, tmp_path: Path) -> None:
    file = shop.file("a.csv", [ann("1")])
    inspect(request_for([file], profile=people_profile(tmp_path), settings=settings))
    assert not (tmp_path / "the.key").exists()


def test_forgetting_an_unknown_customer_creates_no_key(
    shop: LoadedWarehouse, settings: Settings, tmp_path: Path
) -> None:
    shop.build(shop.file("a.csv", [line("1")]), settings=settings)
    with pytest.raises(Exception, match="holds nothing"):
        shop.forget("Zoe", settings=settings)
    assert not (tmp_path / "the.key").exists()


def test_a_missing_key_is_not_created_again(
    shop: LoadedWarehouse, settings: Settings, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"profile": people_profile(tmp_path), "settings": settings}
    shop.build(shop.file("a.csv", [ann("1")]), **options)
    (tmp_path / "the.key").unlink()
    with pytest.raises(WarehouseError, match=r"neither in REGULARS_PEOPLE_KEY nor in .*the\.key"):
        shop.load(shop.file("b.csv", [bob("2")]), **options)
    assert not (tmp_path / "the.key").exists()


def test_a_key_file_that_cannot_be_written_is_named(shop: LoadedWarehouse, tmp_path: Path) -> None:
    settings = Settings(people_key_file=str(tmp_path / "no such folder" / "the.key"))
    with pytest.raises(WarehouseError, match=r"cannot be written .*people_key_file"):
        shop.build(
            shop.file("a.csv", [ann("1")]), profile=people_profile(tmp_path), settings=settings
        )
    assert not (tmp_path / "shop.duckdb").exists()


@pytest.mark.parametrize(("text", "message"), [("too short", "too short"), ("\n", "is empty")])
def test_a_short_or_empty_key_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "the.key").write_text(text)
    with pytest.raises(WarehouseError, match=message):
        _ = Keyring(tmp_path / "the.key").key


def test_a_full_disk_leaves_no_partial_key(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(WarehouseError, match="cannot be written"):
            _ = Keyring(tmp_path / "the.key").key
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_not_in_its_repr(
    tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", key)
    assert key not in repr(Keyring(tmp_path / "the.key").key)
