"""Secrets in variables and in files."""

from pathlib import Path

import pytest

from regulars.cli.passwords import environment_with
from regulars.core.errors import ProfileError
from regulars.core.secret import read_secret
from regulars.engines.postgres.address import address_of
from regulars.sources.databases.address import parse_shop_address
from regulars.warehouse.people.key import Keyring
from regulars.web.digest.mail import MailServer
from regulars.web.digest.webhook import webhook_address

NO_FILE = Path("no-such-file")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("s3cret é\n", "utf-8")
    return path


def test_each_secret_can_be_in_a_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = address_of("postgresql://ann@db/shop", {"DB_PASSWORD_FILE": str(file)}, NO_FILE)
    shop = parse_shop_address("mysql://ann@db/shop", {"SHOP_PASSWORD_FILE": str(file)}, NO_FILE)
    server = MailServer.from_environment({
        "SMTP_HOST": "mail", "SMTP_FROM": "a@example.com", "SMTP_USER": "ann",
        "SMTP_PASSWORD_FILE": str(file),
    })  # fmt: skip
    assert address.password == shop.password == server.password == "s3cret é"
    file.write_text("https://chat.example.com/hook\n", "utf-8")
    variable = {"REGULARS_WEBHOOK_SALES_FILE": str(file)}
    assert webhook_address("REGULARS_WEBHOOK_SALES", variable) == "https://chat.example.com/hook"
    file.write_text("k" * 32, "utf-8")
    monkeypatch.setenv("REGULARS_PEOPLE_KEY_FILE", str(file))
    key = Keyring(NO_FILE).existing_key
    assert key is not None
    assert key.secret == b"k" * 32


def test_the_file_counts_before_the_password_in_dot_env(file: Path, tmp_path: Path) -> None:
    dot_env = tmp_path / ".env"
    dot_env.write_text("DB_PASSWORD=old\n")
    address = address_of("postgresql://ann@db/shop", {"DB_PASSWORD_FILE": str(file)}, dot_env)
    assert address.password == "s3cret é"


def test_a_secret_that_is_set_twice_or_cannot_be_read_is_refused(file: Path) -> None:
    with pytest.raises(ProfileError, match="either DB_PASSWORD or DB_PASSWORD_FILE, not both"):
        read_secret("DB_PASSWORD", {"DB_PASSWORD": "x", "DB_PASSWORD_FILE": str(file)})
    with pytest.raises(ProfileError, match=r"DB_PASSWORD_FILE = \S+ cannot be read: No such file"):
        read_secret("DB_PASSWORD", {"DB_PASSWORD_FILE": str(file) + "x"})
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match="not text in UTF-8"):
        read_secret("DB_PASSWORD", {"DB_PASSWORD_FILE": str(file)})


def test_a_password_in_the_arguments_replaces_the_file() -> None:
    before = {"DB_PASSWORD_FILE": "/run/secrets/db", "SHOP_PASSWORD_FILE": "/run/secrets/shop"}
    assert environment_with({"DB_PASSWORD": "typed"}, before) == {
        "DB_PASSWORD": "typed", "SHOP_PASSWORD_FILE": "/run/secrets/shop"
    }  # fmt: skip
