"""The key: found in the environment or a file, made once, never in the warehouse or on show."""

import resource
import stat

import pytest

from regulars.core.errors import WarehouseError
from regulars.core.settings import Settings
from regulars.loads.build import inspect
from regulars.warehouse.people.key import Keyring
from support.loaded_warehouse import LoadedWarehouse, line
from support.people import ann, bob, people_profile
from support.warehouses import request_for


@pytest.fixture(autouse=True)
def nowhere(key, monkeypatch):
    """No key is in the environment."""
    monkeypatch.delenv("REGULARS_PEOPLE_KEY")


@pytest.fixture
def shop(tmp_path):
    return LoadedWarehouse(str(tmp_path / "shop.duckdb"), tmp_path)


@pytest.fixture
def settings(tmp_path):
    return Settings(people_key_file=str(tmp_path / "the.key"))


def test_it_is_made_when_it_is_first_needed_for_its_owner_alone_and_told_once(
    shop, settings, tmp_path
):
    said = []
    told = {"profile": people_profile(tmp_path), "settings": settings, "progress": said.append}
    shop.build(shop.file("a.csv", [ann("1")]), **told)
    made = tmp_path / "the.key"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert len(made.read_text().strip()) == 64
    shop.load(shop.file("b.csv", [bob("2")]), **told)
    assert len([message for message in said if "Back it up" in message]) == 1
    secret = made.read_text().strip()
    assert secret.encode() not in (tmp_path / "shop.duckdb").read_bytes()


def test_none_is_made_where_no_people_are(shop, settings, tmp_path):
    shop.build(shop.file("a.csv", [line("1")]), settings=settings)
    assert not (tmp_path / "the.key").exists()


def test_a_look_that_writes_nothing_makes_none(shop, settings, tmp_path):
    file = shop.file("a.csv", [ann("1")])
    inspect(request_for([file], profile=people_profile(tmp_path), settings=settings))
    assert not (tmp_path / "the.key").exists()


def test_forgetting_nobody_makes_none(shop, settings, tmp_path):
    shop.build(shop.file("a.csv", [line("1")]), settings=settings)
    with pytest.raises(Exception, match="Nothing is held"):
        shop.forget("Zoe", settings=settings)
    assert not (tmp_path / "the.key").exists()


def test_a_key_that_has_gone_is_not_made_anew(shop, settings, tmp_path):
    told = {"profile": people_profile(tmp_path), "settings": settings}
    shop.build(shop.file("a.csv", [ann("1")]), **told)
    (tmp_path / "the.key").unlink()
    with pytest.raises(WarehouseError, match=r"neither in REGULARS_PEOPLE_KEY nor in .*the\.key"):
        shop.load(shop.file("b.csv", [bob("2")]), **told)
    assert not (tmp_path / "the.key").exists()


def test_a_place_where_it_cannot_be_written_is_named(shop, tmp_path):
    settings = Settings(people_key_file=str(tmp_path / "no such folder" / "the.key"))
    with pytest.raises(WarehouseError, match=r"cannot be written .*people_key_file"):
        shop.build(
            shop.file("a.csv", [ann("1")]), profile=people_profile(tmp_path), settings=settings
        )
    assert not (tmp_path / "shop.duckdb").exists()


@pytest.mark.parametrize(("text", "said"), [("too short", "too short"), ("\n", "is empty")])
def test_a_key_that_is_none_is_refused(tmp_path, text, said):
    (tmp_path / "the.key").write_text(text)
    with pytest.raises(WarehouseError, match=said):
        _ = Keyring(tmp_path / "the.key").key


def test_a_disk_that_is_full_leaves_no_half_a_key(tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(WarehouseError, match="cannot be written"):
            _ = Keyring(tmp_path / "the.key").key
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_it_does_not_show_itself(tmp_path, key, monkeypatch):
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", key)
    assert key not in repr(Keyring(tmp_path / "the.key").key)
