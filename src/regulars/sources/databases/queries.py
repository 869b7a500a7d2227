"""Build the SQL that reads order lines from a table, from joined tables or from a user's query.

Names are quoted in the server's dialect. Values are bound to placeholders, never put into the SQL.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# Ibis 12 patches sqlglot's dialects on import, which has no effect after sqlglot wrote a query.
import ibis.backends.sql.dialects  # noqa: F401
from sqlglot import exp

from regulars.sources.databases.dialect import Server
from regulars.sources.profiles.database import Join, LineSource

KEY, MONTH, LINES, DIGEST, ORDERS = "shop_order", "sales_month", "line_count", "digest", "orders"
SEPARATOR = "\x1f"
"""Between the parts of a key: a control character, which no id has."""
NO_MONTH = exp.Literal.number(0)
"""The month of an order without a date."""

QUERY_ALIAS = "lines"
"""Alias of a profile's own query inside ours."""


@dataclass(frozen=True)
class LineQueries:
    """The queries for a shop's order lines, in its server's dialect.

    source      the table, its joins, or the query with the lines
    columns     columns to read, named as in the profile
    order_key   the columns with the order id: one, or several that are joined, such as the store
    ordered_at  the column with the order date
    has_dates   whether ordered_at is a date or timestamp; if so, orders are compared by month
    types       the server's type names by column, where known
    """

    server: Server
    source: LineSource
    columns: Sequence[str]
    order_key: Sequence[str]
    ordered_at: str
    has_dates: bool
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def aliases(self) -> list[str]:
        """The columns' names in the results, in the same order: c0, c1, ..."""
        return [f"c{number}" for number in range(len(self.columns))]

    def all_lines(self) -> str:
        """Return the query for all lines."""
        return self._sql(self._lines())

    def changed_lines(self) -> str:
        """Return the query for all lines of orders with a row changed since the watermarks.

        It has one timestamp placeholder for each column in `changed`.
        """
        per_column: list[exp.Expr] = [
            self._select([exp.alias_(self._key(), KEY)], [*self.order_key, column])
            .where(exp.GTE(this=self._column(column), expression=self._timestamp(number)))
            for number, column in enumerate(self.source.changed, 1)
        ]  # fmt: skip
        changed = per_column[0] if len(per_column) == 1 else exp.union(*per_column)
        # A derived table, because MySQL would run a plain subquery again for every line.
        keys = exp.select(exp.column(KEY)).from_(changed.subquery("changed"))  # type: ignore[attr-defined]
        is_changed = exp.In(this=self._key(), query=exp.Subquery(this=keys))
        return self._sql(self._lines().where(is_changed))

    def lines_without_order(self) -> str:
        """Return the query for lines without an order id."""
        missing = [self._is_missing(name) for name in self.order_key]
        return self._sql(self._lines().where(exp.or_(*missing)))

    def lines_of(self, orders: int) -> str:
        """Return the query for the lines of this many orders, with a placeholder for each key."""
        keys = [self._placeholder(number) for number in range(1, orders + 1)]
        return self._sql(self._lines().where(exp.In(this=self._key(), expressions=keys)))

    def months(self) -> str:
        """Return the query for each month's orders, lines and the digest of both."""
        per_order = self._orders().subquery("per_order")
        lines = self._text(exp.column(LINES))
        key_and_lines = exp.func("CONCAT", exp.column(KEY), exp.Literal.string(":"), lines)
        digest = self.server.digest.format(self._sql(key_and_lines))
        per_month = exp.select(
            exp.column(MONTH),
            exp.alias_(exp.Count(this=exp.Star()), ORDERS),
            exp.alias_(exp.Sum(this=exp.column(LINES)), LINES),
            exp.alias_(exp.Sum(this=exp.Var(this=digest)), DIGEST),
        )
        return self._sql(per_month.from_(per_order).group_by(exp.column(MONTH)))

    def orders_of(self, months: Sequence[int]) -> str:
        """Return the query for the orders of these months: key, month and number of lines."""
        numbers = [exp.Literal.number(month) for month in months]
        orders = exp.select(*map(exp.column, (KEY, MONTH, LINES)))
        is_in_months = exp.In(this=exp.column(MONTH), expressions=numbers)
        return self._sql(orders.from_(self._orders().subquery("per_order")).where(is_in_months))

    def latest_changes(self) -> str:
        """Return the query for the latest value of each `changed` column, and the server time."""
        latest = [exp.Max(this=self._column(column)) for column in self.source.changed]
        columns = [exp.alias_(one, f"c{number}") for number, one in enumerate(latest)]
        now = exp.alias_(exp.CurrentTimestamp(), "now")
        return self._sql(self._select([*columns, now], list(self.source.changed)))

    def _orders(self) -> exp.Select:
        """Return each order's key, the month of its first line and its number of lines."""
        month = exp.Min(this=self._month())
        per_order = self._select(
            [
                exp.alias_(self._key(), KEY),
                exp.alias_(exp.Coalesce(this=month, expressions=[NO_MONTH.copy()]), MONTH),
                exp.alias_(exp.Count(this=exp.Star()), LINES),
            ],
            [*self.order_key, self.ordered_at],
        )
        return per_order.where(self._has_key()).group_by(self._key())

    def _lines(self) -> exp.Select:
        columns = [
            exp.alias_(self._part(name) if name in self.order_key else self._value(name), alias)
            for name, alias in zip(self.columns, self.aliases, strict=True)
        ]
        added = [exp.alias_(self._key(), KEY), exp.alias_(self._month(), MONTH)]
        return self._select([*columns, *added], self.columns)

    def _select(self, columns: Iterable[exp.Expr], needed: Sequence[str]) -> exp.Select:
        """Return a query for columns, joining only the tables of the needed columns."""
        if self.source.query is not None:
            return exp.select(*columns).from_(_user_query(self.source.query))
        assert self.source.table is not None
        select = exp.select(*columns).from_(_table(self.source.table, _last(self.source.table)))
        for join in _joins_for(self.source.joins, needed):
            equal = [
                exp.EQ(this=self._column(one), expression=self._column(other))
                for one, other in join.on
            ]
            joined = _table(join.table, join.alias)
            select = select.join(joined, on=exp.and_(*equal), join_type="left")
        return select

    def _column(self, name: str) -> exp.Column:
        if self.source.query is not None:
            return exp.column(name, table=QUERY_ALIAS, quoted=True)
        assert self.source.table is not None
        if not self.source.joins:
            return exp.column(name, table=_last(self.source.table), quoted=True)
        table, _, column = name.rpartition(".")
        return exp.column(column, table=table, quoted=True)

    def _value(self, name: str) -> exp.Expr:
        """Return a column, cast if its type needs it."""
        cast = self.server.casts.get(self.types.get(name, ""))
        return self._apply(cast, self._column(name)) if cast else self._column(name)

    def _key(self) -> exp.Expr:
        """Return the key of an order: its id, or NULL if one of several columns has none."""
        parts = [self._part(name) for name in self.order_key]
        if len(parts) == 1:
            return parts[0]
        separated = [one for part in parts for one in (exp.Literal.string(SEPARATOR), part)][1:]
        return exp.case().when(self._has_key(), exp.func("CONCAT", *separated))

    def _part(self, name: str) -> exp.Expr:
        return self._apply(self.server.order_key, self._value(name))

    def _has_key(self) -> exp.Expr:
        return exp.and_(*(exp.Not(this=self._is_missing(name)) for name in self.order_key))

    def _is_missing(self, name: str) -> exp.Expr:
        return exp.Is(this=self._column(name), expression=exp.Null())

    def _apply(self, template: str, value: exp.Expr) -> exp.Expr:
        return exp.Var(this=template.format(self._sql(value)))

    def _text(self, value: exp.Expr) -> exp.Expr:
        return exp.cast(value, self.server.text_type, dialect=self.server.dialect)

    def _month(self) -> exp.Expr:
        """Return year * 100 + month, or 0 for every order if the order date is not a date type."""
        if not self.has_dates:
            return NO_MONTH.copy()
        year, month = (
            exp.cast(exp.Extract(this=exp.Var(this=part), expression=self._value(self.ordered_at)),
                     "INT") for part in ("YEAR", "MONTH")
        )  # fmt: skip
        return exp.paren(year * 100 + month)

    def _placeholder(self, number: int) -> exp.Expr:
        return exp.Var(this=self.server.placeholder.format(number))

    def _timestamp(self, number: int) -> exp.Expr:
        return exp.Var(this=self.server.timestamp_placeholder.format(number))

    def _sql(self, query: exp.Expr) -> str:
        return query.sql(dialect=self.server.dialect)


def _joins_for(joins: Sequence[Join], columns: Iterable[str]) -> list[Join]:
    """Return the joins that columns need, directly or through another join, in profile order."""
    tables = {name.rpartition(".")[0] for name in columns}
    needed: list[Join] = []
    for join in reversed(joins):
        if join.alias in tables:
            needed.insert(0, join)
            tables |= {name.rpartition(".")[0] for pair in join.on for name in pair}
    return needed


def _table(name: str, alias: str) -> exp.Table:
    schema, _, table = name.rpartition(".")
    return exp.table_(table, db=schema or None, quoted=True, alias=_quoted(alias))


def _user_query(query: str) -> exp.Table:
    """Return a profile's query as a table, its SQL unchanged."""
    own = exp.Var(this=f"(\n{query.rstrip().rstrip(';')}\n)")
    return exp.Table(this=own, alias=exp.TableAlias(this=_quoted(QUERY_ALIAS)))


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _last(table: str) -> str:
    return table.rpartition(".")[2]


def every_column(server: Server, table: str) -> str:
    """Return a query for all columns of a table and no rows."""
    select = exp.select("*").from_(_table(table, _last(table))).limit(0)
    return select.sql(dialect=server.dialect)


def columns_of_query(server: Server, query: str) -> str:
    """Return a query for all columns of a profile's query and no rows."""
    is_false = exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(0))
    select = exp.select("*").from_(_user_query(query)).where(is_false)
    return select.sql(dialect=server.dialect)


def all_columns(server: Server) -> str:
    """Return the query for every column in the database: schema, table, column, type."""
    names = {"table_schema": "s", "table_name": "t", "column_name": "c", "data_type": "d"}
    columns = exp.select(*(exp.alias_(exp.column(one), alias) for one, alias in names.items()))
    of_database = columns.from_(exp.table_("columns", db="information_schema")).where(
        exp.Var(this=server.in_this_database)
    )
    ordered = of_database.order_by("table_schema", "table_name", "ordinal_position")
    return ordered.sql(dialect=server.dialect)
