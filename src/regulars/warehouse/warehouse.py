"""A warehouse open for questions: the Python door to everything the catalogue can answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from regulars.analyses.catalog import find, find_metric
from regulars.analyses.define import Analysis, Star
from regulars.analyses.shared.filters import values_of
from regulars.core.columns import Unit
from regulars.core.conventions import Conventions
from regulars.core.errors import InputError, WarehouseError, did_you_mean
from regulars.core.settings import Settings, load_settings
from regulars.engines.locate import engine_of
from regulars.engines.protocols import Engine, Reader
from regulars.warehouse.ledger import SCHEMA_VERSION, loads_of
from regulars.warehouse.parameters import Where, conditions_of, moment_of, options_of, period_of
from regulars.warehouse.query import QueryCache, Question

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend
    from ibis.expr.types import Table

MOST_ASKED = 50
"""How many answers that were asked for are kept to be asked for again."""


@dataclass(frozen=True)
class Answer:
    """An answer with the card that explains it, and the open warehouse that computes it."""

    card: Analysis
    table: "Table"
    reader: Reader
    is_verbatim: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The name of the analysis."""
        return self.card.name

    @property
    def columns(self) -> Sequence[str]:
        """The names of its columns."""
        return list(self.table.columns)

    @property
    def units(self) -> Mapping[str, Unit]:
        """What is counted in each column."""
        return {name: column.unit for name, column in self.card.columns.items()}

    def to_parquet(self, path: Path) -> None:
        """Write it as Parquet."""
        self.table.to_parquet(path)

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield its rows, or the first of them, as dictionaries."""
        return self.reader.stream(self.table if limit is None else self.table.limit(limit))


@dataclass(frozen=True)
class Warehouse:
    """A warehouse that has been opened; use it in a `with`, or close it."""

    engine: Engine
    reader: Reader
    known: QueryCache = field(default_factory=QueryCache, repr=False, compare=False)
    _asked: "dict[str, Table]" = field(default_factory=dict, init=False, repr=False, compare=False)

    def ask(
        self,
        analysis: str,
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        where: Where | None = None,
        as_of: datetime | date | str | None = None,
        **options: Any,
    ) -> "Table":
        """Return the answer to an analysis of the catalogue as an Ibis table, not yet computed.

        since, until  first and last day of the period, both included
        where         column = value, or a list any of which will do; a segment is the one that a
                      customer is in among everyone in the shop
        as_of         the snapshot RFM looks back from; else that of the conventions, else the
                      day after the last order
        options       those of the analysis, such as by="category"

        An answer that was asked for lately is the same table again: what is open never changes.

        Raises InputError for a name, column, option or value that does not exist.
        """
        question = repr((analysis, since, until, where, as_of, sorted(options.items())))
        if question not in self._asked:
            while len(self._asked) >= MOST_ASKED:  # each is a tree of thousands of objects
                del self._asked[next(iter(self._asked))]
            asked = self._question(analysis, since, until, where, as_of, **options)
            self._asked[question] = asked.over(self._star)
        return self._asked[question]

    def measure(
        self,
        *metrics: str,
        since: date | str | None = None,
        until: date | str | None = None,
        where: Where | None = None,
        as_of: datetime | date | str | None = None,
    ) -> "Table":
        """Return metrics of the catalogue, each in a column of its name, as a table of one row.

        Raises InputError for a metric, column or value that does not exist.
        """
        return self._question(metrics, since, until, where, as_of).over(self._star)

    def answers(self, asked: str | tuple[str, ...], **told: Any) -> list[dict[str, Any]]:
        """Return the rows of an answer, or the row of metrics, at once.

        asked  an analysis, or the names of metrics
        told   as for `ask`

        It is turned into SQL once for all days and values, which saves most of the time where
        questions differ in those alone.

        Raises InputError for a name, column, option or value that does not exist.
        """
        question = self._question(asked, **told)
        statement = self.known.statement(question, self._star, self.reader)
        return self.reader.execute(statement, question.values)

    def values(self, column: str) -> tuple[str, ...]:
        """Return the values of a column that can be narrowed by, once each, in order.

        Raises InputError for a column that cannot be.
        """
        if column not in self.known.values:
            found = self.rows(values_of(self._star, column))
            self.known.values[column] = tuple(str(row[column]) for row in found)
        return self.known.values[column]

    def _question(
        self,
        asked: str | tuple[str, ...],
        since: date | str | None = None,
        until: date | str | None = None,
        where: Where | None = None,
        as_of: datetime | date | str | None = None,
        **options: Any,
    ) -> Question:
        """Return a question; raises InputError for what there is not."""
        period = period_of(since, until)
        checked = {}
        if isinstance(asked, str):
            checked = options_of(find(asked), options, period)
        else:
            for name in asked:
                find_metric(name)
            if options:
                raise InputError(f"A metric has no option {', '.join(options)}.")
        conditions = dict(conditions_of(where))
        segments = conditions.pop("segment", None)
        conditions = dict(self.known.spelled(conditions, self._star, self.rows))
        last = period.until if isinstance(period.until, date) else None
        return Question(
            asked, period, moment_of(as_of) or self.snapshot(last), conditions,
            None if segments is None else tuple(segments), checked,
        )  # fmt: skip

    def answer(self, analysis: str, **asked: Any) -> Answer:
        """Return the answer to `ask` together with its card."""
        return Answer(find(analysis), self.ask(analysis, **asked), self.reader)

    def rows(self, table: "Table") -> Iterator[dict[str, Any]]:
        """Yield the rows of a table or an answer as dictionaries, however many they are."""
        return self.reader.stream(table)

    def table(self, name: str) -> "Table":
        """Return a table of the star, such as fact_sales, or of its ledger."""
        names = self.reader.tables()
        if name not in names:
            raise InputError(f'There is no table "{name}".{did_you_mean(name, names)}')
        return self.reader.table(name)

    @property
    def con(self) -> "SQLBackend":
        """The Ibis connection, for questions that the catalogue does not have."""
        return self.reader.con

    @cached_property
    def facts(self) -> dict[str, str]:
        """What is known of the build: conventions, last_order_on, built_at and so on."""
        return {
            row["fact"]: row["value"] for row in self.rows(self.reader.table("warehouse_facts"))
        }

    def loads(self) -> list[dict[str, Any]]:
        """Return every load, the first first: its row of the ledger, and what it brought.

        Columns: those of the table loads, is_undone, sources (their names), rows read and
        accepted, and the money accepted, each as the load itself entered it.
        """
        names: dict[int, list[str]] = {}
        for source in self.rows(self.table("load_sources").order_by("source_id")):
            names.setdefault(source["load_id"], []).append(source["name"])
        found = self.rows(loads_of(self.table("loads"), self.table("ledger_entries")))
        return [row | {"sources": ", ".join(names.get(row["load_id"], []))} for row in found]

    @cached_property
    def conventions(self) -> Conventions:
        """The conventions this warehouse was built under; its answers keep to them."""
        return Conventions.named(self.facts["conventions"])

    @property
    def last_order_on(self) -> date:
        """The day of the last order."""
        return date.fromisoformat(self.facts["last_order_on"])

    @cached_property
    def observed_days(self) -> tuple[date, date]:
        """The first and the last day with a line of any order."""
        days = self.table("dim_date")
        seen = days.filter(days.is_observed)
        [row] = self.rows(seen.aggregate(first=seen.date.min(), last=seen.date.max()))
        return row["first"], row["last"]

    def snapshot(self, until: date | None = None) -> datetime:
        """Return the moment RFM looks back from unless told: the day after the last order.

        Conventions can fix it; a period that ends earlier moves it forward to its own end.
        """
        return self.conventions.snapshot_after(min(self.last_order_on, until or self.last_order_on))

    def stop(self) -> None:
        """Break off what is being asked, from another thread; it can only be closed then."""
        self.reader.stop()

    def close(self) -> None:
        """Let go of the warehouse."""
        self.reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @cached_property
    def _star(self) -> Star:
        return Star.of(self.reader.table, self.snapshot(), self.conventions)


def open_warehouse(
    warehouse: str | PathLike[str] | None = None,
    *,
    settings: Settings | None = None,
    known: QueryCache | None = None,
) -> Warehouse:
    """Open a warehouse for questions, read-only: a file, an address, or what the settings name.

    The settings are those of regulars.toml in this folder unless others are given; `known` is what
    others have learnt of it.

    Raises WarehouseError where there is none, or another version of Regulars wrote it.
    """
    settings = settings or load_settings()
    engine = engine_of(warehouse or settings.warehouse)
    reader = engine.open_reader(memory_limit=settings.memory_limit)
    opened = Warehouse(engine, reader, known or QueryCache())
    if "warehouse_facts" not in opened.reader.tables():
        opened.close()
        raise WarehouseError(f"{engine} is {engine.name}, but no warehouse of Regulars.")
    if opened.facts.get("schema_version") != SCHEMA_VERSION:
        opened.close()
        raise WarehouseError(f"{engine} was built by another version of Regulars. Build it again.")
    return opened
