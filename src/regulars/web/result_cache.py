"""What a warehouse answers, worked out once for each state of it, for everybody who asks.

A page asks for subjects: functions from a shop to what is shown of it, with nothing in them that
changes. Who asks for what another is having worked out waits for that. A new state of the warehouse
begins with nothing; those who are still reading the one before are let finish.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from queue import Empty, SimpleQueue
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from regulars.core.errors import QuestionError
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.insights.periods import Comparison
from regulars.insights.scope import Scope
from regulars.insights.view import View, comparison_of, segment_date
from regulars.warehouse.query import QueryCache
from regulars.warehouse.warehouse import Warehouse, open_warehouse
from regulars.web.context import Served
from regulars.web.single_flight import SECONDS_TO_COME_BACK, LeftError, Once, stay

T = TypeVar("T")
MOST_ANSWERS = 2_000
AT_ONCE = 3
"""How many questions are worked out at a time: each may use every core."""

SECONDS_BETWEEN_LOOKS = 2.0


class MovedError(Exception):
    """Another state of the warehouse has been published meanwhile: ask again."""


@dataclass(frozen=True)
class Basis:
    """What every view of one state of a warehouse builds on."""

    whole: Any
    months: Any
    facts: dict[str, str]
    has_discounts: bool


class Answers:
    """The answers of one warehouse; one of these serves every session."""

    def __init__(
        self, place: str, settings: Settings, meanwhile: Callable[[], None] = stay
    ) -> None:
        """`meanwhile` is called again and again by those who wait: it leaves by raising."""
        self.place, self._settings = place, settings
        self._once = Once(
            AT_ONCE, MOST_ANSWERS, meanwhile, seconds_to_come_back=SECONDS_TO_COME_BACK
        )
        self._looks = Once(1, 1, meanwhile)
        self._lock = Lock()
        self._idle: dict[str, SimpleQueue[Warehouse]] = {}
        self._learnt: tuple[str | None, QueryCache] = None, QueryCache()
        self._looked: tuple[float, str] | None = None

    def state(self) -> str:
        """Return what tells the state of the warehouse that is published now.

        Raises WarehouseError where there is none, or it cannot be reached.
        """
        looked = self._looked
        if looked is not None and monotonic() - looked[0] <= SECONDS_BETWEEN_LOOKS:
            return looked[1]
        return self._looks.of("a look", self._look)

    def _look(self) -> str:
        """Look which state is published; all who ask meanwhile take part in this look."""
        published = None
        try:
            published = engine_of(self.place).state()
            self._looked = (monotonic(), published)
            return published
        finally:
            with self._lock:
                self._close_idle(but_of=published)
            self._looks.forget("a look")

    def basis(self, state: str) -> Basis:
        """Return what every view builds on."""
        return self._once.of((state, "basis"), lambda: self._worked_out(state, _basis))

    def comparison(self, state: str, view: View) -> Comparison:
        """Return the days of a view, and those they are compared with."""
        basis = self.basis(state)
        return comparison_of(view, basis.months, basis.whole)

    def segment_date(self, state: str, view: View) -> date:
        """Return the day as of which a view tells who is in a segment."""
        return segment_date(view, self.comparison(state, view).now, self.basis(state).whole)

    def of(self, state: str, view: View, subject: Callable[[Scope], T]) -> T:
        """Return a subject of a view.

        Raises RegularsError for a value that does not exist, or where the warehouse is gone.
        """
        told, _ = self._told(state, view, subject)
        return told

    def drawn(
        self, state: str, view: View, subject: Callable[[Scope], T], draw: Callable[[T], str]
    ) -> str:
        """Return a subject of a view as it is drawn, which takes as long as to work it out."""
        told, key = self._told(state, view, subject)
        return self._once.of((key, draw), lambda: draw(told))

    def newest(self, ask: Callable[[Warehouse], T]) -> T:
        """Return what the warehouse answers as it is this moment: what is kept of lists, too."""

        def work_out() -> T:
            with (
                open_warehouse(self.place, settings=self._settings) as warehouse,
                self._once.stopped_by(warehouse.stop),
            ):
                return ask(warehouse)

        this_time = object()
        try:
            return self._once.of(this_time, work_out)
        finally:
            self._once.forget(this_time)

    def end(self, seconds: float) -> bool:
        """Ask nothing more, and wait so long for what was asked; return whether all is answered."""
        return self._looks.end(seconds) and self._once.end(seconds)

    def _told(self, state: str, view: View, subject: Callable[[Scope], T]) -> tuple[T, Hashable]:
        """Return a subject of a view, and its key: views of the same days are one."""
        span, whole = self.comparison(state, view).now, self.basis(state).whole
        part = None if span == whole else span
        standing = self.segment_date(state, view)
        key = (state, subject, part, standing, tuple(sorted(view.where.items())))

        def work_out() -> T:
            return self._worked_out(
                state, lambda opened: subject(Scope(opened, part, view.where, standing))
            )

        return self._once.of(key, work_out), key

    @contextmanager
    def opened(self, state: str) -> Iterator[Warehouse]:
        """Open the warehouse for questions, or take one that is open and idle."""
        try:
            warehouse = self._queue(state).get_nowait()
        except Empty:
            warehouse = self._newly_opened(state)
        try:
            yield warehouse
        except QuestionError:
            self._give_back(state, warehouse)
            raise
        except LeftError:
            warehouse.close()
            raise
        except BaseException:
            warehouse.close()
            with self._lock:  # what ended one connection to a server may have ended all
                self._close_idle()
            raise
        self._give_back(state, warehouse)

    def _give_back(self, state: str, warehouse: Warehouse) -> None:
        """Let others take a warehouse, if it is still the one to ask."""
        if self._looked is not None and self._looked[1] == state:
            self._queue(state).put(warehouse)
        else:
            warehouse.close()

    def _newly_opened(self, state: str) -> Warehouse:
        """Open the warehouse; raises MovedError where it is not in that state any more."""
        warehouse = open_warehouse(self.place, settings=self._settings, known=self._known(state))
        if engine_of(self.place).state() != state:
            warehouse.close()
            self._looked = None
            raise MovedError
        return warehouse

    def _known(self, state: str) -> QueryCache:
        """Return what is learnt of a state: shared by all who have the newest open."""
        with self._lock:
            is_newest = self._looked is not None and self._looked[1] == state
            if self._learnt[0] != state and is_newest:
                self._learnt = state, QueryCache()
            return self._learnt[1] if self._learnt[0] == state else QueryCache()

    def _worked_out(self, state: str, ask: Callable[[Warehouse], T]) -> T:
        with self.opened(state) as warehouse, self._once.stopped_by(warehouse.stop):
            return ask(warehouse)

    def _queue(self, state: str) -> "SimpleQueue[Warehouse]":
        """Return the warehouses of a state that are open and idle; close those of others."""
        with self._lock:
            self._close_idle(but_of=state)
            return self._idle.setdefault(state, SimpleQueue())

    def _close_idle(self, but_of: str | None = None) -> None:
        """Close what is open and idle, but of one state; the lock is held."""
        for old in [state for state in self._idle if state != but_of]:
            queue = self._idle.pop(old)
            while not queue.empty():
                queue.get().close()


@cache
def answers_of(what: Served) -> Answers:
    """Return the answers of what is served: the same for whoever asks."""
    return Answers(what.warehouse, what.settings, leave_if_told)


def leave_if_told() -> None:
    """Let Streamlit end this run if whoever it is for has gone on: it does where state is read."""
    from streamlit import session_state
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True):
        session_state.get("regulars")


def _basis(warehouse: Warehouse) -> Basis:
    scope = Scope(warehouse)
    return Basis(scope.whole, scope.months, dict(warehouse.facts), bool(scope.measure("discounts")))
