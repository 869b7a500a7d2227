"""A real HTTP server that receives the messages of a webhook."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/services/webhook-secret-53"


@dataclass
class WebhookReceiver:
    """A running receiver.

    messages  what was posted to it
    answers   the status codes of the next answers; 200 if there are none
    """

    address: str
    messages: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)


@contextmanager
def running_receiver() -> Iterator[WebhookReceiver]:
    """Run a receiver at an address that must stay secret."""
    running = WebhookReceiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = running.answers.pop(0) if running.answers else 200
            if status == 200:
                assert self.headers["Content-Type"] == "application/json"
                running.messages.append(json.loads(body))
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("localhost", 0), Handler) as server:
        running.address = f"http://localhost:{server.server_port}{PATH}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield running
        finally:
            server.shutdown()
