"""Open a warehouse and run the analyses and metrics of the catalog on it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from regulars.analyses.catalog import find
from regulars.analyses.define import Analysis, Star
from regulars.analyses.shared.filters import column_values
from regulars.core.columns import Unit
from regulars.core.conventions import Conventions
from regulars.core.errors import InputError, WarehouseError, did_you_mean
from regulars.core.schema import FORMER_TABLES
from regulars.core.settings import Settings, load_settings
from regulars.engines.locate import engine_of
from regulars.engines.protocols import Engine, Reader, ReaderTables
from regulars.warehouse.data_frame import to_pandas
from regulars.warehouse.ledger import check_version, load_totals, read_facts
from regulars.warehouse.notes import Note, read_notes
from regulars.warehouse.query import Query, QueryCache, statement_of
from regulars.warehouse.query_options import (
    Where,
    check_metric,
    check_options,
    parse_moment,
    parse_period,
    parse_where,
)
from regulars.warehouse.targets import Target, read_targets

if TYPE_CHECKING:
    from ibis.backends.sql import SQLBackend
    from ibis.expr.types import Table
    from pandas import DataFrame

MAX_TABLES = 50
"""Results of `Warehouse.ask` to cache: each is a tree of thousands of objects."""


@dataclass(frozen=True)
class Answer:
    """The result of an analysis, with the card that describes it.

    heading  what to print above it as a table, such as its period and filters
    """

    card: Analysis
    table: "Table"
    reader: Reader
    heading: str = ""
    is_verbatim: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """The name of the analysis."""
        return self.card.name

    @property
    def columns(self) -> Sequence[str]:
        """The names of the columns."""
        return list(self.table.columns)

    @property
    def units(self) -> Mapping[str, Unit]:
        """The unit of each column."""
        return {name: column.unit for name, column in self.card.columns.items()}

    def to_parquet(self, path: Path) -> None:
        """Write the result as Parquet."""
        self.table.to_parquet(path)

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield the rows, or the first `limit` rows, as dictionaries."""
        return self.reader.stream(self.table if limit is None else self.table.limit(limit))


@dataclass(frozen=True)
class Warehouse:
    """An open warehouse. Use it in a `with` statement, or close it."""

    engine: Engine
    reader: Reader
    cache: QueryCache = field(default_factory=QueryCache, repr=False, compare=False)
    _tables: "dict[str, Table]" = field(default_factory=dict, init=False, repr=False, compare=False)

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
        """Return the result of an analysis as an Ibis table, not yet computed.

        since, until  first and last day of the period, both included
        where         column -> value, or a list of accepted values; segments are those of all
                      customers, whatever the other filters
        as_of         score RFM as of this moment; default: that of the conventions, or the day
                      after the last order
        options       options of the analysis, such as by="category"

        A repeated call returns the same table, because an open warehouse never changes.

        Raises InputError for an unknown name, column, option or value.
        """
        key = repr((analysis, since, until, where, as_of, sorted(options.items())))
        if key not in self._tables:
            while len(self._tables) >= MAX_TABLES:
                del self._tables[next(iter(self._tables))]
            query = self._query(
                analysis, since=since, until=until, where=where, as_of=as_of, **options
            )
            self._tables[key] = query.to_table(self._star)
        return self._tables[key]

    def measure(
        self,
        *metrics: str,
        since: date | str | None = None,
        until: date | str | None = None,
        where: Where | None = None,
        as_of: datetime | date | str | None = None,
    ) -> "Table":
        """Return metrics as an Ibis table of one row, with a column for each metric.

        The filters are those of `ask`. Raises InputError for an unknown metric, column or value.
        """
        query = self._query(metrics, since=since, until=until, where=where, as_of=as_of)
        return query.to_table(self._star)

    def answers(self, what: str | tuple[str, ...], **options: Any) -> list[dict[str, Any]]:
        """Return the rows of an analysis, or the row of several metrics, as dictionaries.

        what     the name of an analysis, or the names of metrics
        options  the filters and options of `ask`

        Faster than `ask` for repeated queries that differ only in dates and values, because they
        share one compiled statement.

        Raises InputError for an unknown name, column, option or value.
        """
        query = self._query(what, **options)
        statement = statement_of(query, self._star, self.reader)
        return self.reader.execute(statement, query.values)

    def values(self, column: str) -> tuple[str, ...]:
        """Return the distinct values of a column that results can be filtered by, sorted.

        Raises InputError for any other column.
        """
        if column not in self.cache.column_values:
            rows = self.rows(column_values(self._star, column))
            self.cache.column_values[column] = tuple(str(row[column]) for row in rows)
        return self.cache.column_values[column]

    def _query(
        self,
        what: str | tuple[str, ...],
        *,
        since: date | str | None = None,
        until: date | str | None = None,
        where: Where | None = None,
        as_of: datetime | date | str | None = None,
        **options: Any,
    ) -> Query:
        """Return a validated query. Raises InputError for an unknown name or an invalid value."""
        period = parse_period(since, until)
        checked = {}
        if isinstance(what, str):
            checked = check_options(find(what), options, period)
        else:
            for name in what:
                check_metric(name, where or {})
            if options:
                raise InputError(f"Metrics have no option {', '.join(options)}.")
        conditions = dict(parse_where(where))
        segments = conditions.pop("segment", None)
        conditions = dict(self.cache.resolve_values(conditions, self._star, self.rows))
        last = period.until if isinstance(period.until, date) else None
        return Query(
            what, period, parse_moment(as_of) or self.snapshot(last), conditions,
            None if segments is None else tuple(segments), checked,
        )  # fmt: skip

    def answer(self, analysis: str, **options: Any) -> Answer:
        """Return the result of `ask` with the card that describes it."""
        return Answer(find(analysis), self.ask(analysis, **options), self.reader)

    def rows(self, table: "Table") -> Iterator[dict[str, Any]]:
        """Yield the rows of a table or a result of any size as dictionaries."""
        return self.reader.stream(table)

    def to_pandas(self, table: "Table", *, exact: bool = False) -> "DataFrame":
        """Return a table or a result as a data frame, with amounts as floats, ready to plot.

        exact  return amounts as Arrow decimals, which pandas adds up exactly but cannot plot
        """
        return to_pandas(table, exact=exact)

    def table(self, name: str) -> "Table":
        """Return a table of the star schema or the ledger, such as fact_sales.

        Raises InputError if there is no such table.
        """
        names = self.reader.tables()
        if name not in names:
            raise InputError(f'There is no table "{name}".{did_you_mean(name, names)}')
        return self.reader.table(name)

    @property
    def con(self) -> "SQLBackend":
        """The Ibis connection, for queries that the catalog does not have."""
        return self.reader.con

    @cached_property
    def facts(self) -> dict[str, str]:
        """Facts about the warehouse, such as conventions, last_order_on and built_at."""
        return read_facts(ReaderTables(self.reader))

    def loads(self) -> list[dict[str, Any]]:
        """Return all loads, oldest first.

        Columns: those of the table loads; is_undone; sources, their names; read, accepted,
        quarantined and superseded, numbers of rows; money, the amount accepted, and
        quarantined_money and superseded_money. Later loads do not change these figures.
        """
        names: dict[int, list[str]] = {}
        for source in self.rows(self.table("load_sources").order_by("source_id")):
            names.setdefault(source["load_id"], []).append(source["name"])
        loads = self.rows(load_totals(self.table("loads"), self.table("ledger_entries")))
        return [row | {"sources": ", ".join(names.get(row["load_id"], []))} for row in loads]

    def notes(self) -> tuple[Note, ...]:
        """Return all notes on days, by day."""
        return read_notes(ReaderTables(self.reader))

    def targets(self) -> tuple[Target, ...]:
        """Return all targets, by period."""
        return read_targets(ReaderTables(self.reader))

    @cached_property
    def conventions(self) -> Conventions:
        """The conventions the warehouse was built with, which its results follow."""
        return Conventions.named(self.facts["conventions"])

    @property
    def last_order_on(self) -> date:
        """The day of the last order."""
        return date.fromisoformat(self.facts["last_order_on"])

    @cached_property
    def observed_days(self) -> tuple[date, date]:
        """The first and the last day with an order line."""
        days = self.table("dim_date")
        observed = days.filter(days.is_observed)
        [row] = self.rows(observed.aggregate(first=observed.date.min(), last=observed.date.max()))
        return row["first"], row["last"]

    def snapshot(self, until: date | None = None) -> datetime:
        """Return the default moment to score RFM as of: the day after the last order.

        Conventions can fix it. For a period that ends before the last order, its end counts.
        """
        return self.conventions.snapshot_after(min(self.last_order_on, until or self.last_order_on))

    def stop(self) -> None:
        """Cancel running queries, from any thread. The warehouse can then only be closed."""
        self.reader.stop()

    def close(self) -> None:
        """Close the warehouse."""
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
    cache: QueryCache | None = None,
) -> Warehouse:
    """Open a warehouse read-only.

    warehouse  a file name or an address; default: the warehouse in the settings
    settings   default: those of regulars.toml in the current folder
    cache      shared by several readers of the same version

    Raises WarehouseError if there is none or it was built by another version of Regulars.
    """
    settings = settings or load_settings()
    engine = engine_of(warehouse or settings.warehouse)
    reader = engine.open_reader(memory_limit=settings.memory_limit)
    opened = Warehouse(engine, reader, cache or QueryCache())
    if not {"warehouse_facts", *FORMER_TABLES} & set(reader.tables()):
        opened.close()
        raise WarehouseError(f"{engine} is a {engine.name} database, but not a Regulars warehouse.")
    try:
        check_version(opened.facts, engine)
    except WarehouseError:
        opened.close()
        raise
    return opened
