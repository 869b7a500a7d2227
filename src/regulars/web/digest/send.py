"""Send the digest to its recipients: what the role of each may see, and nothing twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from regulars.core.errors import RegularsError
from regulars.insights.digest.blocks import as_message
from regulars.insights.digest.digest import Digest, make_alerts, make_digest
from regulars.insights.digest.html import as_html
from regulars.insights.digest.text import as_text
from regulars.warehouse.warehouse import Warehouse
from regulars.web.digest.mail import MailServer, RefusedError, make_message
from regulars.web.digest.sent import SentLog
from regulars.web.digest.settings import DigestFile, DigestSettings, Recipient
from regulars.web.digest.webhook import post, webhook_address
from regulars.web.roles import Role
from regulars.web.state_file import exclusive

RETRIES = timedelta(hours=6)
"""How long after it was due the digest is sent again to an address that was refused."""


@dataclass(frozen=True)
class Outcome:
    """Whether one recipient was sent the digest.

    error       why it was not sent
    is_refused  whether the mail server refuses the recipient for good
    """

    recipient: Recipient
    state: Literal["sent", "already sent", "failed"]
    error: str = ""
    is_refused: bool = False


def current_digest(
    warehouse: Warehouse, settings: DigestSettings, today: date, *, only_alerts: bool = False
) -> Digest:
    """Return the digest under these settings, or only its alerts.

    Raises InputError if the data has no whole week or month yet.
    """
    shop = warehouse.facts.get("shop", "")
    if only_alerts:
        return make_alerts(warehouse, today, settings.thresholds, shop)
    return make_digest(warehouse, settings.period, today, settings.thresholds, shop)


def for_role(digest: Digest, role: Role) -> Digest:
    """Return the digest as a role may see it."""
    return digest.for_reader(sees_customers=role.may_see_customers, saves_lists=role.may_export)


def footer_for(role: Role) -> str:
    """Return why a recipient gets the digest."""
    return (
        f"You get this digest with the role {role.value}. Admins choose its recipients on the "
        "dashboard page Digest."
    )


def send_digest(
    digest: Digest, file: DigestFile, to: Sequence[str] = (), *, again: bool = False,
    now: datetime | None = None,
) -> list[Outcome]:  # fmt: skip
    """Send the digest to its recipients; return the outcome for each.

    to     only to these
    again  send it even to those who already have it

    Raises InputError if there are no recipients, or if it is already being sent.
    """
    settings, now = file.load(), now or datetime.now()
    recipients = settings.chosen(to)
    with exclusive(file.sent_file):
        log = SentLog.load(file.sent_file)
        outcomes = [
            _send_once(digest, settings, recipient, log, again=again, now=now)
            for recipient in recipients
        ]
        age = now - settings.schedule.last_due(now)
        if digest.period and not to and _is_over(outcomes, age):
            log.finish(now)
    return outcomes


def send_test(digest: Digest, settings: DigestSettings, recipient: Recipient) -> None:
    """Send the digest to one recipient as a test, which is not recorded.

    Raises RegularsError if it cannot be sent.
    """
    _deliver(digest, settings, recipient, "Test: ")


def is_due(file: DigestFile, now: datetime) -> bool:
    """Return whether the digest is due by the day and time in the settings."""
    return file.load().schedule.is_due(now, SentLog.load(file.sent_file).last_run)


def _send_once(
    digest: Digest, settings: DigestSettings, recipient: Recipient, log: SentLog, *, again: bool,
    now: datetime,
) -> Outcome:  # fmt: skip
    known = () if again else log.known_to(recipient.to)
    if digest.keys <= set(known):
        return Outcome(recipient, "already sent")
    try:
        _deliver(digest.without(known), settings, recipient)
    except RegularsError as error:
        return Outcome(recipient, "failed", str(error), isinstance(error, RefusedError))
    log.add(recipient.to, digest.keys, now)
    return Outcome(recipient, "sent")


def _is_over(outcomes: Sequence[Outcome], age: timedelta) -> bool:
    """Return whether the digest is done until it is due again; `age` is the time since it was due.

    Refused addresses would be refused every 15 minutes, so they are left alone after some hours.
    """
    failed = [one for one in outcomes if one.state == "failed"]
    if failed:
        return age >= RETRIES and all(one.is_refused for one in failed)
    return any(one.state == "sent" for one in outcomes)


def _deliver(
    digest: Digest, settings: DigestSettings, recipient: Recipient, prefix: str = ""
) -> None:
    """Send a digest. Raises RegularsError if it cannot be sent."""
    shown, link = for_role(digest, recipient.role), settings.dashboard
    if recipient.is_webhook:
        post(recipient.to, webhook_address(recipient.to), as_message(shown, link))
        return
    server = MailServer.from_environment()
    html = as_html(shown, link, footer_for(recipient.role))
    server.send(
        make_message(server, recipient.to, prefix + shown.subject, as_text(shown, link), html)
    )
