"""The results of one warehouse, computed once per version and shared by all users.

A page asks for a section: a function from a scope to what the page shows, without state of its own.
Users who ask for the same section of the same view share one computation. A new version of the
warehouse starts empty; pages that still read the previous version finish with it.
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

from regulars.core.errors import InputError
from regulars.core.settings import Settings
from regulars.engines.locate import engine_of
from regulars.insights.periods import Comparison
from regulars.insights.scope import Scope
from regulars.insights.view import View, comparison_of, segment_date
from regulars.warehouse.query import QueryCache
from regulars.warehouse.warehouse import Warehouse, open_warehouse
from regulars.web.context import AppContext
from regulars.web.single_flight import GRACE_SECONDS, AbandonedError, SingleFlight

T = TypeVar("T")
MAX_RESULTS = 2_000
MAX_PARALLEL_QUERIES = 3
"""Few, because each query may use every core."""

VERSION_CHECK_SECONDS = 2.0


class VersionChangedError(Exception):
    """A new version of the warehouse has been published: start again with that one."""


@dataclass(frozen=True)
class WarehouseSummary:
    """What every view of one version of a warehouse needs."""

    whole: Any
    months: Any
    facts: dict[str, str]
    has_discounts: bool


class ResultCache:
    """The results of one warehouse, shared by all sessions."""

    def __init__(
        self, location: str, settings: Settings, while_waiting: Callable[[], None] = lambda: None
    ) -> None:
        """Waiting callers call `while_waiting` again and again; it raises to make them leave."""
        self.location, self.settings = location, settings
        self._results = SingleFlight(
            MAX_PARALLEL_QUERIES, MAX_RESULTS, while_waiting, grace_seconds=GRACE_SECONDS
        )
        self._version_checks = SingleFlight(1, 1, while_waiting)
        self._lock = Lock()
        self._idle: dict[str, SimpleQueue[Warehouse]] = {}
        self._queries: tuple[str | None, QueryCache] = None, QueryCache()
        self._checked: tuple[float, str] | None = None

    def version(self) -> str:
        """Return the ID of the published version of the warehouse.

        Raises WarehouseError if there is no warehouse, or it cannot be reached.
        """
        checked = self._checked
        if checked is not None and monotonic() - checked[0] <= VERSION_CHECK_SECONDS:
            return checked[1]
        return self._version_checks.get("version", self._check_version)

    def _check_version(self) -> str:
        published = None
        try:
            published = engine_of(self.location).version()
            self._checked = (monotonic(), published)
            return published
        finally:
            with self._lock:
                self._close_idle(keep=published)
            self._version_checks.forget("version")

    def summary(self, version: str) -> WarehouseSummary:
        """Return what every view of a version needs."""
        return self._results.get((version, "summary"), lambda: self._run(version, _summary))

    def comparison(self, version: str, view: View) -> Comparison:
        """Return the days of a view and the days to compare with."""
        summary = self.summary(version)
        return comparison_of(view, summary.months, summary.whole)

    def segment_date(self, version: str, view: View) -> date:
        """Return the day as of which a view assigns customers to segments."""
        return segment_date(view, self.comparison(version, view).now, self.summary(version).whole)

    def get(self, version: str, view: View, section: Callable[[Scope], T]) -> T:
        """Return a section of a view.

        Raises RegularsError for a filter value that does not exist, or if the warehouse is gone.
        """
        result, _ = self._get_with_key(version, view, section)
        return result

    def get_once(self, version: str, view: View, section: Callable[[Scope], T]) -> T:
        """Return a section of a view without keeping it: a file can be large."""
        result, key = self._get_with_key(version, view, section)
        self._results.forget(key)
        return result

    def html(
        self, version: str, view: View, section: Callable[[Scope], T], render: Callable[[T], str]
    ) -> str:
        """Return a section as HTML, cached as well: rendering takes as long as computing."""
        result, key = self._get_with_key(version, view, section)
        return self._results.get((key, render), lambda: render(result))

    def uncached(self, query: Callable[[Warehouse], T]) -> T:
        """Run a query without the cache: saved lists change without a new version."""

        def compute() -> T:
            with (
                open_warehouse(self.location, settings=self.settings) as warehouse,
                self._results.cancelled_by(warehouse.stop),
            ):
                return query(warehouse)

        key = object()
        try:
            return self._results.get(key, compute)
        finally:
            self._results.forget(key)

    def shut_down(self, seconds: float) -> bool:
        """Start no more queries, wait for running ones, and close the warehouses that are idle.

        Return whether all queries have finished.
        """
        has_finished = self._version_checks.shut_down(seconds) and self._results.shut_down(seconds)
        with self._lock:
            self._close_idle()
        return has_finished

    def _get_with_key(
        self, version: str, view: View, section: Callable[[Scope], T]
    ) -> tuple[T, Hashable]:
        """Return a section and its key, which is the same for all views of the same days."""
        span, whole = self.comparison(version, view).now, self.summary(version).whole
        days = None if span == whole else span
        as_of = self.segment_date(version, view)
        key = (version, section, days, as_of, tuple(sorted(view.where.items())))

        def query(warehouse: Warehouse) -> T:
            return section(Scope(warehouse, days, view.where, as_of))

        return self._results.get(key, lambda: self._run(version, query)), key

    def _run(self, version: str, query: Callable[[Warehouse], T]) -> T:
        with self.borrow(version) as warehouse, self._results.cancelled_by(warehouse.stop):
            return query(warehouse)

    @contextmanager
    def borrow(self, version: str) -> Iterator[Warehouse]:
        """Lend an open warehouse, idle or newly opened.

        Raises VersionChangedError if another version has been published since.
        """
        try:
            warehouse = self._idle_queue(version).get_nowait()
        except Empty:
            warehouse = self._open(version)
        try:
            yield warehouse
        except InputError:
            self._give_back(version, warehouse)
            raise
        except AbandonedError:
            warehouse.close()
            raise
        except BaseException:
            warehouse.close()
            with self._lock:  # what broke one connection to a server may have broken all
                self._close_idle()
            raise
        self._give_back(version, warehouse)

    def _give_back(self, version: str, warehouse: Warehouse) -> None:
        if self._is_latest(version):
            self._idle_queue(version).put(warehouse)
        else:
            warehouse.close()

    def _open(self, version: str) -> Warehouse:
        warehouse = open_warehouse(
            self.location, settings=self.settings, cache=self._query_cache(version)
        )
        if engine_of(self.location).version() != version:
            warehouse.close()
            self._checked = None
            raise VersionChangedError
        return warehouse

    def _query_cache(self, version: str) -> QueryCache:
        """Return the query cache shared by all connections to the latest version."""
        with self._lock:
            if self._queries[0] != version and self._is_latest(version):
                self._queries = version, QueryCache()
            return self._queries[1] if self._queries[0] == version else QueryCache()

    def _is_latest(self, version: str) -> bool:
        return self._checked is not None and self._checked[1] == version

    def _idle_queue(self, version: str) -> "SimpleQueue[Warehouse]":
        """Return the idle warehouses of a version, and close those of other versions."""
        with self._lock:
            self._close_idle(keep=version)
            return self._idle.setdefault(version, SimpleQueue())

    def _close_idle(self, keep: str | None = None) -> None:
        """Close the idle warehouses of all versions but one. The caller holds the lock."""
        for version in [version for version in self._idle if version != keep]:
            queue = self._idle.pop(version)
            while not queue.empty():
                queue.get().close()


@cache
def result_cache(context: AppContext) -> ResultCache:
    """Return the cache of a context, one for all users."""
    return ResultCache(context.warehouse, context.settings, leave_if_rerun)


def leave_if_rerun() -> None:
    """Let Streamlit end this script run if the user has moved on; it does so when state is read."""
    from streamlit import session_state
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True):
        session_state.get("regulars")


def _summary(warehouse: Warehouse) -> WarehouseSummary:
    scope = Scope(warehouse)
    has_discounts = bool(scope.measure("discounts"))
    return WarehouseSummary(scope.whole, scope.months, dict(warehouse.facts), has_discounts)
