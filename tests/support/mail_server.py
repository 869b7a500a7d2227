"""A real mail server on this machine: it speaks SMTP with STARTTLS and a login."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from support.nginx import write_certificate

USER, PASSWORD = "shop", "smtp-secret-47"
REFUSED = "nobody@example.com"
"""A recipient that the server does not know."""


@dataclass
class MailServerProcess:
    """A running server with the emails it received."""

    port: int
    certificate: Path
    mails: list[EmailMessage] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which `regulars` uses it."""
        return {
            "SMTP_HOST": "localhost", "SMTP_PORT": str(self.port), "SMTP_USER": USER,
            "SMTP_PASSWORD": PASSWORD, "SMTP_FROM": "Tea shop <shop@example.com>",
            "SSL_CERT_FILE": str(self.certificate),
        }  # fmt: skip


@contextmanager
def running_mail_server(folder: Path) -> Iterator[MailServerProcess]:
    """Run a mail server that requires STARTTLS and the login of `USER`."""
    write_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    running = MailServerProcess(0, folder / "certificate.pem")

    class Session(_Session):
        tls, mails = context, running.mails

    with socketserver.ThreadingTCPServer(("localhost", 0), Session) as server:
        server.daemon_threads = True
        running.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield running
        finally:
            server.shutdown()


class _Session(socketserver.BaseRequestHandler):
    """One connection. Before the login over TLS, the server accepts no email."""

    tls: ssl.SSLContext
    mails: list[EmailMessage]

    def handle(self) -> None:
        self.is_secure = self.is_known = False
        self._open()
        self._answer("220 localhost")
        with suppress(ssl.SSLError, ConnectionError):  # the client does not trust us
            while line := self.lines.readline().decode().strip():
                command, _, rest = line.partition(" ")
                getattr(self, f"_{command.lower()}", self._unknown)(rest)

    def _open(self) -> None:
        self.lines = self.request.makefile("rb")

    def _answer(self, line: str) -> None:
        self.request.sendall(f"{line}\r\n".encode())

    def _unknown(self, _: str) -> None:
        self._answer("502 not implemented")

    def _quit(self, _: str) -> None:
        self._answer("221 bye")

    def _ehlo(self, _: str) -> None:
        more = "AUTH PLAIN" if self.is_secure else "STARTTLS"
        self._answer(f"250-localhost\r\n250 {more}")

    def _starttls(self, _: str) -> None:
        self._answer("220 go ahead")
        self.request = self.tls.wrap_socket(self.request, server_side=True)
        self.is_secure = True
        self._open()

    def _auth(self, rest: str) -> None:
        login = base64.b64decode(rest.split()[-1]).decode().split("\0")[1:]
        self.is_known = self.is_secure and login == [USER, PASSWORD]
        self._answer("235 ok" if self.is_known else "535 wrong login")

    def _mail(self, _: str) -> None:
        self._answer("250 ok" if self.is_known else "530 log in first")

    def _rcpt(self, rest: str) -> None:
        self._answer("550 no such mailbox" if REFUSED in rest else "250 ok")

    def _rset(self, _: str) -> None:
        self._answer("250 ok")

    def _data(self, _: str) -> None:
        self._answer("354 go ahead")
        lines = []
        while (line := self.lines.readline()) != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        self.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))
        self._answer("250 taken")
