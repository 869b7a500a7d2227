"""Many at once, by WebSocket: what a browser would send and be sent, without a browser.

Ten browsers would take the processor from the server that is measured. Called by dashboard.py in a
process of its own:  dashboard_users.py < what they are told, as JSON

Each user opens the page, all at the same moment; then goes through their views, once and, if told
so, a second time, thinking before each choice. A time runs from the choice to the message that the
page is finished, when everything before it has come in. Whoever looks at a page of ours has it look
for new data every five seconds; so do these.
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

MOST_SECONDS = 300
OPEN = "open"
FIGURE = re.compile(r'class="(?:value|detail|figure)">([^<]*)<')
"""Headline figures, and the words that say of which days they are."""


View = dict[str, Any]
"""What is chosen: the key of a choice -> a value, or a list of values."""


class Session:
    """One page that somebody has open."""

    def __init__(self, stream: ClientConnection, path: str = "") -> None:
        """Begin to listen."""
        self._stream, self._path = stream, path
        self._choices: dict[str, str] = {}
        self._figures: list[str] = []
        self._drawn: asyncio.Future[float] = asyncio.Future()
        self._beats: list[asyncio.Task[None]] = []
        self._listening = asyncio.create_task(self._listen())

    async def show(self, view: View) -> tuple[float, str]:
        """Choose a view; return the seconds until it is there, and its headline figures."""
        self._drawn = asyncio.Future()
        began = time.perf_counter()
        await self._stream.send(self._rerun(view))
        waited = {self._drawn, self._listening}
        await asyncio.wait(waited, timeout=MOST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if self._listening.done():
            self._listening.result()
        if not self._drawn.done():
            raise TimeoutError(f"{view} was not there within {MOST_SECONDS} seconds.")
        return self._drawn.result() - began, " | ".join(self._figures)

    def close(self) -> None:
        """Listen no longer."""
        for task in (self._listening, *self._beats):
            task.cancel()

    def _rerun(self, view: View) -> bytes:
        told = BackMsg()
        told.rerun_script.page_name = self._path
        told.rerun_script.query_string = urlencode(view, doseq=True)
        for key, value in view.items():
            state = told.rerun_script.widget_states.widgets.add(id=self._choices[key])
            if isinstance(value, str):
                state.string_value = value
            else:
                state.string_array_value.data.extend(value)
        return bytes(told.SerializeToString())

    async def _listen(self) -> None:
        while True:
            message = ForwardMsg()
            message.ParseFromString(await self._stream.recv())
            self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._figures = []
            self._stop_looking()
        elif kind == "delta":
            self._take_element(message.delta.new_element)
        elif kind == "auto_rerun":
            self._beats.append(asyncio.create_task(self._look_for_new_data(message.auto_rerun)))
        elif kind == "script_finished":
            self._take_end(message.script_finished)

    def _take_element(self, element: Any) -> None:
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

    def _take_end(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_SUCCESSFULLY and not self._drawn.done():
            self._drawn.set_result(time.perf_counter())
        elif status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            raise RuntimeError("The script could not be run.")

    async def _look_for_new_data(self, told: Any) -> None:
        while True:
            await asyncio.sleep(told.interval)
            message = BackMsg()
            message.rerun_script.fragment_id = told.fragment_id
            message.rerun_script.is_auto_rerun = True
            await self._stream.send(message.SerializeToString())

    def _stop_looking(self) -> None:
        for beat in self._beats:
            beat.cancel()
        self._beats = []


@dataclass
class Measured:
    """Seconds of what was done, and the figures that each view was seen to have."""

    seconds: dict[str, list[float]] = field(
        default_factory=lambda: {"open": [], "new": [], "known": []}
    )
    figures: dict[str, str] = field(default_factory=dict)

    def check(self, view: View, before: str, shown: str) -> None:
        """Raise RuntimeError if a view shows what was there before, or not the same to all."""
        if not shown or shown == before:
            raise RuntimeError(f"{view} shows the same figures as before: {shown}")
        if self.figures.setdefault(json.dumps(view), shown) != shown:
            raise RuntimeError(f"{view} is not the same to everybody: {shown}")


@dataclass
class Crowd:
    """Users who are there at the same time, and what they are told."""

    told: dict[str, Any]
    measured: Measured = field(default_factory=Measured)

    async def use(self) -> dict[str, list[float]]:
        """Have all of them do what they are told; return the seconds of each kind."""
        self._everybody = asyncio.Barrier(len(self.told["users"]))
        async with asyncio.TaskGroup() as group:
            for user in self.told["users"]:
                group.create_task(self._come(user))
        return self.measured.seconds

    async def _come(self, user: dict[str, Any]) -> None:
        await self._everybody.wait()
        began = time.perf_counter()
        async with _stream(self.told["address"]) as stream:
            session = Session(stream, self.told.get("path", ""))
            try:
                _, shown = await session.show({})
                self.measured.seconds["open"].append(time.perf_counter() - began)
                await self._stay(session, user, shown)
            finally:
                session.close()

    async def _stay(self, session: Session, user: dict[str, Any], shown: str) -> None:
        # All are there before the first chooses, so that no page opens while others choose.
        await self._everybody.wait()
        if self.told.get("says"):
            print(OPEN, flush=True)
        for kind in self.told.get("kinds", ["new"]):
            for view, think in zip(user["views"], user["thinks"], strict=True):
                await asyncio.sleep(think)
                before = shown
                seconds, shown = await session.show(view)
                self.measured.check(view, before, shown)
                self.measured.seconds[kind].append(seconds)


def _stream(address: str) -> connect:
    at = address.replace("http", "ws", 1) + "_stcore/stream"
    return connect(
        at, origin=address.rstrip("/"), subprotocols=["streamlit"], proxy=None, max_size=None,
    )  # fmt: skip


def main() -> None:
    crowd = Crowd(json.load(sys.stdin))
    try:
        print(json.dumps(asyncio.run(crowd.use())))
    except* Exception as group:
        sys.exit("\n".join(repr(error) for error in group.exceptions))


if __name__ == "__main__":
    main()
