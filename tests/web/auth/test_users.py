"""The users file: names, roles and password hashes."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from regulars.core.errors import InputError, ProfileError
from regulars.engines.locking import locked
from regulars.web.auth.passwords import hash_password, verify_password
from regulars.web.auth.users import UserFile, parse_users
from regulars.web.roles import Role
from support.present import present

PASSWORD = "a few words make a good one"


def regulars(
    folder: Path, *arguments: str, stdin: str = f"{PASSWORD}\n"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "regulars", "users", *arguments],
        cwd=folder, input=stdin, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> UserFile:
    return UserFile(tmp_path / "users.toml")


def test_users_are_added_listed_changed_and_removed(tmp_path: Path) -> None:
    assert regulars(tmp_path, "list").returncode == 2
    assert regulars(tmp_path, "add", "Ann", "--role", "admin").returncode == 0
    assert regulars(tmp_path, "add", "bob@shop.example", "--role", "viewer").returncode == 0
    assert regulars(tmp_path, "role", "ann", "--role", "analyst").returncode == 0
    listed = regulars(tmp_path, "list").stdout
    assert listed == "ann  analyst\nbob@shop.example  viewer\n"
    assert regulars(tmp_path, "remove", "ann").returncode == 0
    assert regulars(tmp_path, "list").stdout == "bob@shop.example  viewer\n"


def test_terminal_prompts_twice_and_hides_the_password(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "regulars", "users", "add", "ann", "--role", "admin"]
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(tmp_path)
        os.execv(sys.executable, command)
    shown = b""
    for prompt in (b"Password:", b"Repeat for confirmation:"):
        while prompt not in shown:
            shown += os.read(terminal, 1024)
        os.write(terminal, PASSWORD.encode() + b"\n")
    while b"Added ann (admin)." not in shown:
        shown += os.read(terminal, 1024)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    os.close(terminal)
    assert PASSWORD.encode() not in shown
    user = present(UserFile(tmp_path / "regulars-users.toml").find("ann"))
    assert verify_password(PASSWORD, user.password_hash)


def test_file_is_private_and_contains_no_password(tmp_path: Path) -> None:
    regulars(tmp_path, "add", "ann", "--role", "admin")
    file = tmp_path / "regulars-users.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in file.read_text()
    assert "$argon2id$" in file.read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["regulars-users.toml"]


def test_new_password_replaces_the_old_one(tmp_path: Path) -> None:
    regulars(tmp_path, "add", "ann", "--role", "admin", stdin="the old password\n")
    result = regulars(tmp_path, "add", "ann", "--role", "viewer", stdin="the new password\n")
    assert "Updated ann" in result.stdout
    user = present(UserFile(tmp_path / "regulars-users.toml").find("ann"))
    assert user.role is Role.VIEWER
    assert verify_password("the new password", user.password_hash)
    assert not verify_password("the old password", user.password_hash)


@pytest.mark.parametrize("password", ["", "x", "eleven char"])
def test_short_password_is_refused(tmp_path: Path, password: str) -> None:
    result = regulars(tmp_path, "add", "ann", "--role", "admin", stdin=f"{password}\n")
    assert (result.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "12" in result.stderr


@pytest.mark.parametrize("name", ["", "a b", '"]\n[x', "../ann", "-ann", "x" * 65, "ä"])
def test_invalid_name_is_refused(file: UserFile, name: str) -> None:
    with pytest.raises(InputError, match="not a valid user name"):
        file.add(name, Role.VIEWER, PASSWORD)
    assert not file.path.exists()


def test_unknown_name_gets_a_suggestion(file: UserFile) -> None:
    file.add("ann", Role.ADMIN, PASSWORD)
    with pytest.raises(InputError, match='Did you mean "ann"'):
        file.remove("anm")


def test_hashes_of_the_same_password_differ() -> None:
    first, second = hash_password(PASSWORD), hash_password(PASSWORD)
    assert first != second
    assert verify_password(PASSWORD, first)
    assert verify_password(PASSWORD, second)


def test_password_matches_in_any_unicode_normal_form() -> None:
    assert verify_password("Ku\u0308che im Garten", hash_password("K\u00fcche im Garten"))


def test_unknown_user_has_no_valid_password() -> None:
    assert not verify_password("", None)
    assert not verify_password(PASSWORD, None)
    assert not verify_password("x" * 1_000_000, hash_password(PASSWORD))


@pytest.mark.parametrize(
    "text",
    ["not toml", "ann = 1", "[ann]\nrole = 'admin'", "[ann]\nrole = 'king'\npassword = 'x'",
     "[ann]\nrole = 'admin'\npassword = 'a plain password'", "['a b']\nrole = 'admin'"],
)  # fmt: skip
def test_invalid_file_is_refused(text: str) -> None:
    with pytest.raises(ProfileError, match=r"users\.toml"):
        parse_users(text, "users.toml")


def test_file_that_others_can_read_is_refused(file: UserFile) -> None:
    file.add("ann", Role.ADMIN, PASSWORD)
    file.path.chmod(0o640)
    with pytest.raises(ProfileError, match="chmod 600"):
        file.users()
    assert file.find("ann") is None


def test_parallel_changes_are_refused(file: UserFile) -> None:
    file.add("ann", Role.ADMIN, PASSWORD)
    with locked(file.path), pytest.raises(InputError, match="Another process is changing"):
        file.remove("ann")
    assert set(file.users()) == {"ann"}


def test_interrupted_change_leaves_the_users_unchanged(file: UserFile) -> None:
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
def test_permissions_of_each_role(
    role: str, sees: bool, exports: bool, loads: bool, uploads: bool
) -> None:
    checked = Role(role)
    assert (checked.may_see_customers, checked.may_export) == (sees, exports)
    assert (checked.may_load, checked.may_upload) == (loads, uploads)
