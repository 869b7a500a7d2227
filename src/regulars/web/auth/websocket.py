"""The WebSocket of an open page, which closes when its session ends."""

import asyncio

from starlette.types import Message, Receive, Send

from regulars.web.auth.access import AccessControl
from regulars.web.auth.current_user import CurrentUser

CHECK_SECONDS = 1.0
"""How often an idle page checks whether its session is still valid."""

POLICY_VIOLATION = 1008
"""The WebSocket close code for a connection that is not allowed (RFC 6455)."""


class SessionSocket:
    """A WebSocket between the browser and Streamlit."""

    def __init__(
        self, access: AccessControl, token: str, user: CurrentUser, receive: Receive, send: Send
    ) -> None:
        """Pass messages on while the session belongs to this user with this role."""
        self._access, self._token, self._user = access, token, user
        self._receive, self._send = receive, send
        self._is_open = self._has_ended = False

    async def receive(self) -> Message:
        """Return the next message from the browser; a disconnect when the session has ended."""
        next_message = asyncio.ensure_future(self._receive())
        try:
            while not next_message.done():
                if not self._is_valid():
                    return await self._end()
                await asyncio.wait({next_message}, timeout=CHECK_SECONDS)
        finally:
            next_message.cancel()
        message = next_message.result()
        if message["type"] == "websocket.receive":
            if not self._is_valid():
                return await self._end()
            if _is_click(message):
                self._access.touch(self._token)
        return message

    async def send(self, message: Message) -> None:
        """Send a message to the browser, or drop it when the session has ended."""
        if not self._has_ended:
            self._is_open = self._is_open or message["type"] == "websocket.accept"
            await self._send(message)

    def _is_valid(self) -> bool:
        return self._access.user_of(self._token) == self._user

    async def _end(self) -> Message:
        """Send the browser to the login page and close the connection."""
        self._has_ended = True
        if self._is_open:
            await self._send({"type": "websocket.send", "bytes": _reload_message()})
        await self._send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}


def _is_click(message: Message) -> bool:
    """Return whether the user did something; automatic reruns do not extend a session."""
    from google.protobuf.message import DecodeError
    from streamlit.proto.BackMsg_pb2 import BackMsg

    content = BackMsg()
    try:
        content.ParseFromString(message.get("bytes") or b"")
    except DecodeError:
        return False
    return content.HasField("rerun_script") and not content.rerun_script.is_auto_rerun


def _reload_message() -> bytes:
    """Return the Streamlit message that makes the browser load its current address again."""
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    message = ForwardMsg()
    message.auth_redirect.url = ""
    return bytes(message.SerializeToString())
