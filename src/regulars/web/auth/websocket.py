"""The stream of a page: open only as long as the session in which it was opened."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regulars.web.auth.access import Door
from regulars.web.auth.current_user import Visitor

LOOKED_AT_EVERY = 1.0
"""Seconds between two looks at whether a session goes on while its page is silent."""

REFUSED = 1008
"""The code of a WebSocket that is closed because its rules do not allow it (RFC 6455)."""


class Stream:
    """One WebSocket, between the browser and Streamlit."""

    def __init__(
        self, door: Door, word: str, visitor: Visitor, receive: Receive, send: Send
    ) -> None:
        """Let this visitor through until the door no longer knows them as who they are."""
        self._door, self._word, self._visitor = door, word, visitor
        self._receive, self._send = receive, send
        self._is_open = self._is_over = False

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        """Serve it to its end."""
        await app(scope, self.receive, self.send)

    async def receive(self) -> Message:
        """Return the next message; a disconnection when the session is over."""
        coming = asyncio.ensure_future(self._receive())
        try:
            while not coming.done():
                if not self._goes_on():
                    return await self._end()
                await asyncio.wait({coming}, timeout=LOOKED_AT_EVERY)
        finally:
            coming.cancel()
        message = coming.result()
        if message["type"] == "websocket.receive":
            if not self._goes_on():
                return await self._end()
            if _is_click(message):
                self._door.touch(self._word)
        return message

    async def send(self, message: Message) -> None:
        """Send what is said in a session that goes on; what comes too late is lost."""
        if not self._is_over:
            self._is_open = self._is_open or message["type"] == "websocket.accept"
            await self._send(message)

    def _goes_on(self) -> bool:
        return self._door.visitor(self._word) == self._visitor

    async def _end(self) -> Message:
        """Let the browser ask for the page anew, which brings it to the login, and hang up."""
        self._is_over = True
        if self._is_open:
            await self._send({"type": "websocket.send", "bytes": _ask_anew()})
        await self._send({"type": "websocket.close", "code": REFUSED})
        return {"type": "websocket.disconnect", "code": REFUSED}


def _is_click(message: Message) -> bool:
    """Whether somebody did something: a page that redraws itself keeps no session alive."""
    from google.protobuf.message import DecodeError
    from streamlit.proto.BackMsg_pb2 import BackMsg

    told = BackMsg()
    try:
        told.ParseFromString(message.get("bytes") or b"")
    except DecodeError:
        return False
    return told.HasField("rerun_script") and not told.rerun_script.is_auto_rerun


def _ask_anew() -> bytes:
    """Return Streamlit's message that sends a browser to the address where it is already."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = ForwardMsg()
    message.auth_redirect.url = ""
    return bytes(message.SerializeToString())
