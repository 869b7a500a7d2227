"""Send email through the server that the environment names."""

import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Self

from regulars.core.errors import ProfileError, RegularsError
from regulars.core.secret import read_secret

STARTTLS, SSL, NONE = "starttls", "ssl", "none"
PORTS: Mapping[str, int] = {STARTTLS: 587, SSL: 465, NONE: 25}
TIMEOUT_SECONDS = 30
_PERMANENT = 500
"""From this reply code on, a mail server will not change its answer."""

NOT_CONFIGURED = (
    "No mail server is set. Set SMTP_HOST and SMTP_FROM in the environment, SMTP_USER and "
    "SMTP_PASSWORD if the server requires a login, and SMTP_PORT and SMTP_SECURITY (starttls, ssl "
    "or none) if they are not 587 and starttls."
)


class NotSentError(RegularsError):
    """A message could not be sent to a recipient."""

    is_temporary = True


class RefusedError(NotSentError):
    """A mail server refuses a recipient for good."""


@dataclass(frozen=True)
class MailServer:
    """A mail server, from SMTP_HOST, SMTP_PORT, SMTP_SECURITY, SMTP_USER and SMTP_PASSWORD.

    sender  the address of the sender, SMTP_FROM, such as "Shop <shop@example.com>"
    """

    host: str
    sender: str
    port: int
    security: str = STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the server. Raises ProfileError with the variable to set."""
        host, sender = (environment.get(name, "").strip() for name in ("SMTP_HOST", "SMTP_FROM"))
        if not (host and sender):
            raise ProfileError(NOT_CONFIGURED)
        if "@" not in parseaddr(sender)[1] or not sender.isprintable():
            raise ProfileError(f'SMTP_FROM = "{sender}" is not an email address.')
        security = environment.get("SMTP_SECURITY", STARTTLS).strip().lower()
        if security not in PORTS:
            raise ProfileError(f'SMTP_SECURITY = "{security}" must be starttls, ssl or none.')
        user, password = (read_secret(name, environment) for name in ("SMTP_USER", "SMTP_PASSWORD"))
        if user and security == NONE:
            raise ProfileError(
                "SMTP_SECURITY = none would send the password unencrypted. Use starttls or ssl, or "
                "remove SMTP_USER."
            )
        port = environment.get("SMTP_PORT", "").strip() or str(PORTS[security])
        if not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
            raise ProfileError(f'SMTP_PORT = "{port}" must be a port number, such as 587.')
        return cls(host, sender, int(port), security, user, password)

    def send(self, message: EmailMessage) -> None:
        """Send a message. Raises NotSentError, which never contains the password."""
        try:
            with self._connect() as connection:
                if self.security == STARTTLS:
                    connection.starttls(context=ssl.create_default_context())
                if self.user:
                    connection.login(self.user, self.password)
                connection.send_message(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            refused = isinstance(error, smtplib.SMTPRecipientsRefused) and _is_final(error)
            raise (RefusedError if refused else NotSentError)(self._explain(error)) from None

    def _connect(self) -> smtplib.SMTP:
        if self.security == SSL:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_SECONDS, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS)

    def _explain(self, error: Exception) -> str:
        server = f"The mail server {self.host}:{self.port}"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return f"{server} rejects the login. Check SMTP_USER and SMTP_PASSWORD."
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            [(code, answer), *_] = error.recipients.values()
            return f"{server} refuses this recipient: {code} {self._masked(_text(answer))}"
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return (
                f"{server} does not support these settings: {self._masked(str(error))} Try "
                "SMTP_SECURITY=ssl, or check SMTP_PORT."
            )
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"{server} has a certificate that is not trusted: {error.verify_message}."
        if isinstance(error, smtplib.SMTPResponseException):
            reason = self._masked(_text(error.smtp_error))
            return f"{server} refuses the message: {error.smtp_code} {reason}"
        if isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException):
            return f"{server} cannot be reached: {error.strerror or error}."
        return f"{server} does not accept the message: {self._masked(str(error))}"

    def _masked(self, message: str) -> str:
        """Return the first line of a message without the password."""
        first = (message.strip().splitlines() or [""])[0]
        return first.replace(self.password, "…") if self.password else first


def make_message(
    server: MailServer, to: str, subject: str, text: str, html: str
) -> EmailMessage:  # fmt: skip
    """Return an email with plain text and HTML."""
    message = EmailMessage(policy.SMTP)
    message["From"], message["To"] = server.sender, to
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain=parseaddr(server.sender)[1].rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message


def _is_final(error: smtplib.SMTPRecipientsRefused) -> bool:
    """Return whether the server refuses all recipients for good (RFC 5321, 4.2.1)."""
    return all(code >= _PERMANENT for code, _ in error.recipients.values())


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
