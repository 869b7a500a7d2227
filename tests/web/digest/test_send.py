"""Send the digest for real: to a mail server with STARTTLS and a login, and to a webhook."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from regulars.insights.digest.alerts import Alert, Thresholds, no_data
from regulars.insights.digest.digest import Digest, make_digest
from regulars.web.digest.send import RETRIES, Outcome, is_due, send_digest
from regulars.web.digest.settings import DigestFile
from support.mail_server import PASSWORD, REFUSED, MailServerProcess, running_mail_server
from support.terminal import regulars
from support.warehouses import BuiltWarehouse
from support.webhook_receiver import PATH, WebhookReceiver, running_receiver

MONDAY = date(2024, 2, 12)
KNOWN = {
    "ann": "ann@example.com", "bob": "bob@example.com", "nobody": REFUSED,
    "chat": "REGULARS_WEBHOOK",
}  # fmt: skip
CUSTOMERS = re.compile(r"\b(lou|liv|lex|newt|reg\d)\b")


@pytest.fixture(scope="module")
def mail_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServerProcess]:
    with running_mail_server(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture
def mails(mail_server: MailServerProcess, monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """The emails that the server receives in a test, with its variables in the environment."""
    for name, value in mail_server.environment.items():
        monkeypatch.setenv(name, value)
    mail_server.mails.clear()
    return mail_server.mails


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebhookReceiver]:
    with running_receiver() as receiver:
        monkeypatch.setenv("REGULARS_WEBHOOK", receiver.address)
        yield receiver


@pytest.fixture(scope="module")
def week(weekly: BuiltWarehouse) -> Digest:
    return make_digest(weekly.warehouse, "week", MONDAY, Thresholds(), "")


@pytest.fixture
def file(tmp_path: Path) -> "SettingsFile":
    return SettingsFile(tmp_path / "regulars-digest.toml")


class SettingsFile(DigestFile):
    """The settings of a test."""

    def send_to(self, more: str = "", **recipients: str) -> None:
        """Write settings with these recipients: name -> role."""
        sections = [
            f'[[recipients]]\nto = "{KNOWN[name]}"\nrole = "{role}"\n'
            for name, role in recipients.items()
        ]
        self.path.write_text("\n".join([more, *sections]))


def states(outcomes: list[Outcome]) -> list[str]:
    return [outcome.state for outcome in outcomes]


def text_of(mail: EmailMessage, form: str = "plain") -> str:
    body = mail.get_body((form,))
    assert body
    return str(body.get_content())


def test_each_recipient_gets_what_the_role_may_see(
    weekly: BuiltWarehouse, file: SettingsFile, mails: list[EmailMessage]
) -> None:
    file.send_to('dashboard = "https://shop.example/"', ann="viewer", bob="analyst")
    command = ("digest", "--send", "-w", str(weekly.warehouse.engine), "--as-of", f"{MONDAY}")
    done = regulars(*command, cwd=file.path.parent)
    assert (done.returncode, done.stdout.splitlines()) == (
        0, ["Sent to ann@example.com (viewer).", "Sent to bob@example.com (analyst)."]
    )  # fmt: skip
    for_ann, for_bob = mails
    assert for_ann["To"] == "ann@example.com"
    assert for_ann["From"] == "Tea shop <shop@example.com>"
    assert for_ann["Subject"] == "The week of 5 to 11 February 2024: net sales 586.00, up 62.8%"
    for mail, sees_customers in ((for_ann, False), (for_bob, True)):
        for text in (text_of(mail), text_of(mail, "html")):
            assert "3 customers in At Risk" in text
            assert bool(CUSTOMERS.search(text)) is sees_customers
            assert ("https://shop.example/lists?segment=At+Risk" in text) is sees_customers
    again = regulars(*command, "--to", "ann@example.com", cwd=file.path.parent)
    assert again.stdout == "Already sent to ann@example.com. Add --again to send it again.\n"
    not_due = regulars(*command, "--if-due", cwd=file.path.parent)
    assert (not_due.returncode, not_due.stdout + not_due.stderr) == (0, "")
    assert len(mails) == 2


def test_nothing_is_sent_twice_for_the_same_week(
    week: Digest, file: SettingsFile, mails: list[EmailMessage]
) -> None:
    file.send_to(ann="viewer")
    assert states(send_digest(week, file)) == ["sent"]
    assert states(send_digest(week, file)) == ["already sent"]
    assert len(mails) == 1
    assert states(send_digest(week, file, again=True)) == ["sent"]
    file.send_to(ann="viewer", bob="viewer")
    assert states(send_digest(week, file)) == ["already sent", "sent"]
    assert len(mails) == 3


def test_missing_data_is_reported_once_in_the_same_week(
    week: Digest, file: SettingsFile, mails: list[EmailMessage]
) -> None:
    file.send_to(ann="viewer")
    send_digest(week, file)
    alerts = no_data(date(2024, 2, 10), date(2024, 2, 19), Thresholds())
    late = replace(week, alerts=alerts)
    assert states(send_digest(late, file)) == ["sent"]
    assert states(send_digest(late, file)) == ["already sent"]
    assert "No orders since 10 February 2024, 9 days ago." in text_of(mails[1])


def test_a_recipient_who_cannot_be_reached_does_not_stop_the_others(
    week: Digest, file: SettingsFile, mails: list[EmailMessage]
) -> None:
    file.send_to(nobody="viewer", ann="viewer")
    refused, _ = outcomes = send_digest(week, file)
    assert states(outcomes) == ["failed", "sent"]
    assert "refuses this recipient: 550 no such mailbox" in refused.error
    assert states(send_digest(week, file)) == ["failed", "already sent"]
    assert len(mails) == 1


def test_the_digest_stays_due_until_everyone_has_it(
    week: Digest, file: SettingsFile, mails: list[EmailMessage]
) -> None:
    monday = datetime(2024, 2, 12, 7)
    file.send_to(nobody="viewer", ann="viewer")
    send_digest(week, file, now=monday)
    assert is_due(file, monday)
    send_digest(week, file, now=monday + RETRIES)
    assert not is_due(file, monday + RETRIES)
    assert is_due(file, monday + timedelta(weeks=1))


def test_a_corrected_recipient_gets_the_digest_on_the_same_day(
    week: Digest, file: SettingsFile, mails: list[EmailMessage]
) -> None:
    monday = datetime(2024, 2, 12, 7)
    file.send_to(nobody="viewer", ann="viewer")
    send_digest(week, file, now=monday)
    file.send_to(ann="viewer", bob="viewer")
    send_digest(week, file, now=monday)
    assert not is_due(file, monday)
    assert len(mails) == 2


def test_an_alert_on_its_own_is_sent_once(file: SettingsFile, mails: list[EmailMessage]) -> None:
    first = Alert("day 2024-02-08", "Thursday was odd.")
    second = Alert("day 2024-02-09", "Friday was odd.")
    file.send_to(ann="viewer")
    send_digest(Digest("", "1 alert", None, alerts=[first]), file)
    both = Digest("", "2 alerts", None, alerts=[first, second])
    assert states(send_digest(both, file)) == ["sent"]
    assert states(send_digest(both, file)) == ["already sent"]
    assert [mail["Subject"] for mail in mails] == ["1 alert", "1 alert"]
    assert first.words not in text_of(mails[1])


def test_a_webhook_gets_a_chat_message(
    week: Digest, file: SettingsFile, webhook: WebhookReceiver
) -> None:
    file.send_to(chat="viewer")
    webhook.answers.append(429)  # too many requests, try again after 0 seconds
    assert states(send_digest(week, file)) == ["sent"]
    [message] = webhook.messages
    assert message["text"] == "The week of 5 to 11 February 2024: net sales 586.00, up 62.8%"
    assert not CUSTOMERS.search(str(message))


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_refuses_stays_secret(
    week: Digest, file: SettingsFile, webhook: WebhookReceiver, status: int
) -> None:
    file.send_to(chat="viewer")
    webhook.answers.append(status)
    [outcome] = send_digest(week, file)
    assert outcome.error.startswith(f"The webhook of REGULARS_WEBHOOK answered {status}")
    assert PATH not in outcome.error


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("", "Set REGULARS_WEBHOOK in the environment to the address of the webhook."),
        ("http://hooks.example/x", "The address in REGULARS_WEBHOOK must begin with https://."),
        ("http://localhost:1/x", "The webhook of REGULARS_WEBHOOK cannot be reached: Connection "
         "refused."),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_used_is_named_by_its_variable(
    week: Digest, file: SettingsFile, monkeypatch: pytest.MonkeyPatch, address: str, message: str
) -> None:
    monkeypatch.setenv("REGULARS_WEBHOOK", address)
    file.send_to(chat="viewer")
    assert [one.error for one in send_digest(week, file)] == [message]


def test_the_password_is_never_printed_or_stored(
    weekly: BuiltWarehouse, file: SettingsFile, mail_server: MailServerProcess,
    mails: list[EmailMessage], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    folder, command = file.path.parent, ("digest", "--send", "-w", str(weekly.warehouse.engine))
    file.send_to(ann="viewer")
    monkeypatch.setenv("SMTP_PASSWORD", f"{PASSWORD}x")
    done = regulars(*command, cwd=folder)
    assert done.returncode == 1
    server = f"The mail server localhost:{mail_server.port}"
    assert f"{server} rejects the login. Check SMTP_USER and SMTP_PASSWORD." in done.stderr
    assert done.stderr.endswith("Not sent to 1 of 1 recipients.\n")
    written = "".join(path.read_text() for path in folder.iterdir())
    assert PASSWORD not in done.stdout + done.stderr + written
    assert mails == []


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"SMTP_HOST": ""}, "No mail server is set. Set SMTP_HOST and SMTP_FROM"),
        ({"SMTP_SECURITY": "none"}, "SMTP_SECURITY = none would send the password unencrypted."),
        ({"SMTP_SECURITY": "tls"}, 'SMTP_SECURITY = "tls" must be starttls, ssl or none.'),
        ({"SMTP_PORT": "0x1"}, 'SMTP_PORT = "0x1" must be a port number'),
        ({"SMTP_PORT": "1"}, "The mail server localhost:1 cannot be reached: Connection refused."),
        ({"SSL_CERT_FILE": "/dev/null"}, "has a certificate that is not trusted"),
    ],
)
def test_a_mail_server_that_cannot_be_used_is_named(
    week: Digest, file: SettingsFile, mails: list[EmailMessage], monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str], message: str,
) -> None:  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    file.send_to(ann="viewer")
    [outcome] = send_digest(week, file)
    assert message in outcome.error
    assert mails == []


def test_only_known_recipients_can_be_chosen(file: SettingsFile) -> None:
    done = regulars("digest", "--send", cwd=file.path.parent)
    assert (done.returncode, "The digest has no recipients." in done.stderr) == (2, True)
    file.send_to(ann="viewer", bob="viewer")
    done = regulars("digest", "--send", "--to", "anne@example.com", cwd=file.path.parent)
    assert done.returncode == 2
    assert '"anne@example.com" is not a recipient of the digest.' in done.stderr
    assert [one.to for one in file.load().chosen(["BOB@example.com"])] == ["bob@example.com"]


def test_the_digest_can_be_printed_in_each_format(weekly: BuiltWarehouse, tmp_path: Path) -> None:
    command = ("digest", "-w", str(weekly.warehouse.engine), "--as-of", f"{MONDAY}")
    done = regulars(*command, "--json", "--role", "viewer", cwd=tmp_path)
    data = json.loads(done.stdout)
    assert data["figures"][0] == {
        "name": "net_sales", "label": "Net sales", "value": 586.0,
        "before": {"value": 360.0, "change": "up 62.8%"},
        "year_before": {"value": 396.0, "change": "up 48.0%"},
    }  # fmt: skip
    assert data["contacts"]["top"] == []
    done = regulars(*command, "--html", "-o", "mail.html", cwd=tmp_path)
    assert done.stdout == "Digest: mail.html\n"
    assert (tmp_path / "mail.html").read_text().startswith("<!doctype html>")
