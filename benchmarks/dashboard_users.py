"""Simulate many users by WebSocket, exchanging the messages a browser would.

Ten real browsers would take the processor from the server under test. dashboard.py runs this in its
own process:  dashboard_users.py < workload.json

All users open the page at the same moment. Then each goes through their views, once or several
times, thinking before each choice. A time runs from the choice to the message that the page is
finished, which arrives last. A page of the dashboard checks for new data every five seconds, and so
do these users.
"""

import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

MOST_SECONDS = 300
OPEN = "open"
FIGURE = re.compile(r'class="(?:value|detail|figure)">([^<]*)<')
"""Headline figures and the labels with their dates."""

View = dict[str, Any]
"""The choices of a view: the key of a widget -> a value or a list of values."""


class Session:
    """One open page."""

    def __init__(self, stream: ClientConnection, path: str = "") -> None:
        """Start listening."""
        self._stream, self._path = stream, path
        self._choices: dict[str, str] = {}
        self._figures: list[str] = []
        self._drawn: asyncio.Future[float] = asyncio.Future()
        self._refreshes: list[asyncio.Task[None]] = []
        self._listening = asyncio.create_task(self._listen())

    async def show(self, view: View) -> tuple[float, str]:
        """Choose a view; return the seconds until it is drawn, and its headline figures."""
        self._drawn = asyncio.Future()
        start = time.perf_counter()
        await self._stream.send(self._rerun(view))
        tasks: set[asyncio.Future[Any]] = {self._drawn, self._listening}
        await asyncio.wait(tasks, timeout=MOST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if self._listening.done():
            self._listening.result()
        if not self._drawn.done():
            raise TimeoutError(f"{view} was not drawn within {MOST_SECONDS} seconds.")
        return self._drawn.result() - start, " | ".join(self._figures)

    def close(self) -> None:
        """Stop listening."""
        for task in (self._listening, *self._refreshes):
            task.cancel()

    def _rerun(self, view: View) -> bytes:
        message = BackMsg()
        message.rerun_script.page_name = self._path
        message.rerun_script.query_string = urlencode(view, doseq=True)
        for key, value in view.items():
            state = message.rerun_script.widget_states.widgets.add(id=self._choices[key])
            if isinstance(value, str):
                state.string_value = value
            else:
                state.string_array_value.data.extend(value)
        return bytes(message.SerializeToString())

    async def _listen(self) -> None:
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self._stream.recv())
            self._handle(message)

    def _handle(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._figures = []
            self._stop_refreshing()
        elif kind == "delta":
            self._handle_element(message.delta.new_element)
        elif kind == "auto_rerun":
            self._refreshes.append(asyncio.create_task(self._refresh(message.auto_rerun)))
        elif kind == "script_finished":
            self._handle_end(message.script_finished)

    def _handle_element(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        if kind in ("exception", "alert"):
            raise RuntimeError(f"The page shows an error: {element}")
        if kind in ("selectbox", "multiselect"):
            choice = getattr(element, kind)
            self._choices[choice.id.rpartition("-")[2]] = choice.id
        elif kind == "bidi_component":
            self._figures += FIGURE.findall(json.loads(element.bidi_component.json)["html"])
        elif kind == "html":
            self._figures += FIGURE.findall(element.html.body)

    def _handle_end(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_SUCCESSFULLY and not self._drawn.done():
            self._drawn.set_result(time.perf_counter())
        elif status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise RuntimeError("The script does not compile.")

    async def _refresh(self, settings: Any) -> None:
        while True:
            await asyncio.sleep(settings.interval)
            message = BackMsg()
            message.rerun_script.fragment_id = settings.fragment_id
            message.rerun_script.is_auto_rerun = True
            await self._stream.send(message.SerializeToString())

    def _stop_refreshing(self) -> None:
        for task in self._refreshes:
            task.cancel()
        self._refreshes = []


@dataclass
class Measurements:
    """The seconds of each kind of step, and the figures seen in each view."""

    seconds: dict[str, list[float]] = field(
        default_factory=lambda: {"open": [], "new": [], "cached": []}
    )
    figures: dict[str, str] = field(default_factory=dict)

    def check(self, view: View, before: str, after: str) -> None:
        """Raise RuntimeError if a view shows the figures of the one before, or differs by user."""
        if not after or after == before:
            raise RuntimeError(f"{view} shows the same figures as before: {after}")
        if self.figures.setdefault(json.dumps(view), after) != after:
            raise RuntimeError(f"{view} shows different figures to different users: {after}")


@dataclass
class Crowd:
    """Users who are active at the same time, and their workload."""

    workload: dict[str, Any]
    measured: Measurements = field(default_factory=Measurements)

    async def run(self) -> dict[str, list[float]]:
        """Run all users; return the seconds of each kind of step."""
        self._all_users = asyncio.Barrier(len(self.workload["users"]))
        async with asyncio.TaskGroup() as group:
            for user in self.workload["users"]:
                group.create_task(self._open(user))
        return self.measured.seconds

    async def _open(self, user: dict[str, Any]) -> None:
        await self._all_users.wait()
        start = time.perf_counter()
        async with _stream(self.workload["address"]) as stream:
            session = Session(stream, self.workload.get("path", ""))
            try:
                _, figures = await session.show({})
                self.measured.seconds["open"].append(time.perf_counter() - start)
                await self._go_through_views(session, user, figures)
            finally:
                session.close()

    async def _go_through_views(self, session: Session, user: dict[str, Any], figures: str) -> None:
        # Wait until every page is open, so that none opens while others choose.
        await self._all_users.wait()
        if self.workload.get("announce"):
            print(OPEN, flush=True)
        for kind in self.workload.get("kinds", ["new"]):
            for view, think in zip(user["views"], user["thinks"], strict=True):
                await asyncio.sleep(think)
                before = figures
                seconds, figures = await session.show(view)
                self.measured.check(view, before, figures)
                self.measured.seconds[kind].append(seconds)


def _stream(address: str) -> connect:
    url = address.replace("http", "ws", 1) + "_stcore/stream"
    return connect(
        url, origin=Origin(address.rstrip("/")), subprotocols=[Subprotocol("streamlit")],
        proxy=None, max_size=None,
    )  # fmt: skip


def main() -> None:
    crowd = Crowd(json.load(sys.stdin))
    try:
        print(json.dumps(asyncio.run(crowd.run())))
    except* Exception as group:
        sys.exit("\n".join(repr(error) for error in group.exceptions))


if __name__ == "__main__":
    main()
