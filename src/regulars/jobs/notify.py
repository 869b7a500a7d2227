"""Notify people of a failed run, by mail and webhook, through the servers of the digest."""

from collections.abc import Sequence
from html import escape

from regulars.core.errors import RegularsError
from regulars.web.digest.mail import MailServer, make_message
from regulars.web.digest.settings import Recipient
from regulars.web.digest.webhook import post, webhook_address


def notify(recipients: Sequence[Recipient], subject: str, text: str) -> list[str]:
    """Send a message to each recipient; return why some did not get it."""
    problems = []
    for recipient in recipients:
        try:
            _send(recipient, subject, text)
        except RegularsError as error:
            problems.append(f"{recipient.to} was not notified: {error}")
    return problems


def _send(recipient: Recipient, subject: str, text: str) -> None:
    if recipient.is_webhook:
        address = webhook_address(recipient.to)
        message = escape(f"{subject}\n{text}", quote=False)
        post(recipient.to, address, {"text": message})
        return
    server = MailServer.from_environment()
    html = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines() if line)
    server.send(make_message(server, recipient.to, subject, text, html))
