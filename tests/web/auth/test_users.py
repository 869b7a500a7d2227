"""The file of users: names, roles and what is kept of passwords."""

import os
import pty
import subprocess
import sys

import pytest

from regulars.core.errors import InputError, ProfileError
from regulars.engines.locking import locked
from regulars.web.auth.passwords import hashed, is_password
from regulars.web.auth.users import UserFile, parse
from regulars.web.roles import Role

PASSWORD = "a few words make a good one"


def regulars(folder, *arguments, sent=f"{PASSWORD}\n"):
    return subprocess.run(
        [sys.executable, "-m", "regulars", "users", *arguments],
        cwd=folder, input=sent, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture
def file(tmp_path):
    return UserFile(tmp_path / "users.toml")


def test_people_are_added_listed_given_roles_and_removed(tmp_path):
    assert regulars(tmp_path, "list").returncode == 2
    assert regulars(tmp_path, "add", "Ann", "--role", "admin").returncode == 0
    assert regulars(tmp_path, "add", "bob@shop.example", "--role", "viewer").returncode == 0
    assert regulars(tmp_path, "role", "ann", "--role", "analyst").returncode == 0
    listed = regulars(tmp_path, "list").stdout
    assert listed == "ann  analyst\nbob@shop.example  viewer\n"
    assert regulars(tmp_path, "remove", "ann").returncode == 0
    assert regulars(tmp_path, "list").stdout == "bob@shop.example  viewer\n"


def test_at_a_terminal_the_password_is_asked_for_twice_and_never_shown(tmp_path):
    at = [sys.executable, "-m", "regulars", "users", "add", "ann", "--role", "admin"]
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, at)
    shown = b""
    for asked in (b"Password:", b"Repeat for confirmation:"):
        while asked not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, PASSWORD.encode() + b"\n")
    while b"ann is admin now." not in shown:
        shown += os.read(terminal, 1024)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    os.close(terminal)
    assert PASSWORD.encode() not in shown
    assert is_password(PASSWORD, UserFile(tmp_path / "regulars-users.toml").find("ann").kept)


def test_the_file_is_for_its_owner_alone_and_holds_no_password(tmp_path):
    regulars(tmp_path, "add", "ann", "--role", "admin")
    file = tmp_path / "regulars-users.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in file.read_text()
    assert "$argon2id$" in file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["regulars-users.toml"]


def test_a_new_password_replaces_the_old_one(tmp_path):
    regulars(tmp_path, "add", "ann", "--role", "admin", sent="the old one it was\n")
    told = regulars(tmp_path, "add", "ann", "--role", "viewer", sent="the new one it is\n")
    assert "with a new password" in told.stdout
    kept = UserFile(tmp_path / "regulars-users.toml").find("ann")
    assert kept.role is Role.VIEWER
    assert is_password("the new one it is", kept.kept)
    assert not is_password("the old one it was", kept.kept)


@pytest.mark.parametrize("short", ["", "x", "eleven char"])
def test_a_password_that_is_too_short_is_refused_and_nothing_is_written(tmp_path, short):
    told = regulars(tmp_path, "add", "ann", "--role", "admin", sent=f"{short}\n")
    assert (told.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "12" in told.stderr


@pytest.mark.parametrize("name", ["", "a b", '"]\n[x', "../ann", "-ann", "x" * 65, "ä"])
def test_a_name_that_could_be_taken_for_something_else_is_refused(file, name):
    with pytest.raises(InputError, match="will not do"):
        file.add(name, Role.VIEWER, PASSWORD)
    assert not file.path.exists()


def test_a_name_that_nobody_has_is_told_with_the_closest(file):
    file.add("ann", Role.ADMIN, PASSWORD)
    with pytest.raises(InputError, match='Did you mean "ann"'):
        file.remove("anm")


def test_what_is_kept_of_the_same_password_differs_each_time():
    first, second = hashed(PASSWORD), hashed(PASSWORD)
    assert first != second
    assert is_password(PASSWORD, first)
    assert is_password(PASSWORD, second)


def test_a_password_is_the_same_however_a_keyboard_writes_its_letters():
    assert is_password("Ku\u0308che im Garten", hashed("K\u00fcche im Garten"))


def test_nobody_has_no_password():
    assert not is_password("", None)
    assert not is_password(PASSWORD, None)
    assert not is_password("x" * 1_000_000, hashed(PASSWORD))


@pytest.mark.parametrize(
    "text",
    ["not toml", "ann = 1", "[ann]\nrole = 'admin'", "[ann]\nrole = 'king'\npassword = 'x'",
     "[ann]\nrole = 'admin'\npassword = 'a plain password'", "['a b']\nrole = 'admin'"],
)  # fmt: skip
def test_a_file_that_is_not_well_formed_is_told_of(text):
    with pytest.raises(ProfileError, match=r"users\.toml"):
        parse(text, "users.toml")


def test_a_file_that_others_can_read_is_refused(file):
    file.add("ann", Role.ADMIN, PASSWORD)
    file.path.chmod(0o640)
    with pytest.raises(ProfileError, match="chmod 600"):
        file.users()
    assert file.find("ann") is None


def test_two_who_change_it_at_once_do_not_lose_each_others_change(file):
    file.add("ann", Role.ADMIN, PASSWORD)
    with locked(file.path), pytest.raises(InputError, match="Somebody else is changing"):
        file.remove("ann")
    assert set(file.users()) == {"ann"}


def test_a_change_that_was_cut_short_leaves_the_users_as_they_were(file):
    file.add("ann", Role.ADMIN, PASSWORD)
    file.path.with_name(f".{file.path.name}.new").write_text("half of i")
    assert set(UserFile(file.path).users()) == {"ann"}
    file.add("bob", Role.VIEWER, PASSWORD)
    assert set(UserFile(file.path).users()) == {"ann", "bob"}


@pytest.mark.parametrize(
    ("role", "sees", "exports", "loads", "uploads"),
    [
        ("viewer", False, False, False, False),
        ("analyst", True, False, False, False),
        ("exporter", True, True, False, True),
        ("admin", True, True, True, True),
    ],
)
def test_what_each_role_may(role, sees, exports, loads, uploads):
    one = Role(role)
    assert (one.may_see_customers, one.may_export) == (sees, exports)
    assert (one.may_load, one.may_upload) == (loads, uploads)
