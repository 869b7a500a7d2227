"""The SQL that reads a shop's lines: a table, others joined to it, or a query of the user's own.

Every name is quoted as the server's dialect does, and values stand beside the query, never in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

# Ibis 12 adds to sqlglot's dialects as it is imported; sqlglot no longer looks once it has written.
import ibis.backends.sql.dialects  # noqa: F401
from sqlglot import exp

from regulars.sources.databases.dialect import Server
from regulars.sources.profiles.database import DatabaseShape, Join

KEY, MONTH, LINES, DIGEST, ORDERS = "shop_order", "sales_month", "line_count", "digest", "orders"
NONE = exp.Literal.number(0)
"""The month of an order whose day is not told."""

QUERIED = "lines"
"""What a query of the user's own is called within ours."""


@dataclass(frozen=True)
class Relation:
    """A shop's lines in its database.

    columns   those to be read, by the names people know them by
    order     the one that tells the order; ordered_at, the one that tells its day
    is_timed  whether that is a date or a time: if so, orders are compared month by month
    types     what the server calls the type of a column, as far as it is known
    """

    server: Server
    shape: DatabaseShape
    columns: Sequence[str]
    order: str
    ordered_at: str
    is_timed: bool
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def aliases(self) -> list[str]:
        """What the columns are called in the answers, in their order: c0, c1 and so on."""
        return [f"c{number}" for number in range(len(self.columns))]

    def all_lines(self) -> str:
        """Return the query for every line."""
        return self._sql(self._lines())

    def changed_lines(self) -> str:
        """Return the query for all lines of orders of which something was written since.

        It leaves a place for each of the columns that tell of changes.
        """
        seen: list[exp.Expr] = [
            self._select([exp.alias_(self._key(), KEY)], [self.order, column])
            .where(exp.GTE(this=self._column(column), expression=self._moment(number)))
            for number, column in enumerate(self.shape.changed, 1)
        ]  # fmt: skip
        changed = seen[0] if len(seen) == 1 else exp.union(*seen)
        # A table of its own, or MySQL asks it again for every line.
        found = exp.select(exp.column(KEY)).from_(changed.subquery("changed"))  # type: ignore[attr-defined]
        among = exp.In(this=self._key(), query=exp.Subquery(this=found))
        return self._sql(self._lines().where(among))

    def nameless_lines(self) -> str:
        """Return the query for the lines that name no order."""
        nameless = exp.Is(this=self._column(self.order), expression=exp.Null())
        return self._sql(self._lines().where(nameless))

    def lines_of(self, orders: int) -> str:
        """Return the query for the lines of so many orders, whose keys take the places."""
        keys = [self._place(number) for number in range(1, orders + 1)]
        return self._sql(self._lines().where(exp.In(this=self._key(), expressions=keys)))

    def months(self) -> str:
        """Return the query for how many orders and lines each month has, and their digest."""
        per_order = self._orders().subquery("per_order")
        lines = self._text(exp.column(LINES))
        spoken = exp.func("CONCAT", exp.column(KEY), exp.Literal.string(":"), lines)
        digest = self.server.digest.format(self._sql(spoken))
        counted = exp.select(
            exp.column(MONTH),
            exp.alias_(exp.Count(this=exp.Star()), ORDERS),
            exp.alias_(exp.Sum(this=exp.column(LINES)), LINES),
            exp.alias_(exp.Sum(this=exp.Var(this=digest)), DIGEST),
        )
        return self._sql(counted.from_(per_order).group_by(exp.column(MONTH)))

    def orders_of(self, months: Sequence[int]) -> str:
        """Return the query for the key, the month and the lines of the orders of these months."""
        places = [exp.Literal.number(month) for month in months]
        found = exp.select(*map(exp.column, (KEY, MONTH, LINES)))
        in_them = exp.In(this=exp.column(MONTH), expressions=places)
        return self._sql(found.from_(self._orders().subquery("per_order")).where(in_them))

    def latest(self) -> str:
        """Return the query for the last time each of those columns tells, and the server's time."""
        told = [exp.Max(this=self._column(column)) for column in self.shape.changed]
        columns = [exp.alias_(one, f"c{number}") for number, one in enumerate(told)]
        now = exp.alias_(exp.CurrentTimestamp(), "now")
        return self._sql(self._select([*columns, now], list(self.shape.changed)))

    def _orders(self) -> exp.Select:
        """Return the key of each order, the month of its first line, and how many lines it has."""
        per_order = self._select(
            [
                exp.alias_(self._key(), KEY),
                exp.alias_(
                    exp.Coalesce(this=exp.Min(this=self._month()), expressions=[NONE.copy()]), MONTH
                ),
                exp.alias_(exp.Count(this=exp.Star()), LINES),
            ],
            [self.order, self.ordered_at],
        )
        named = exp.Not(this=exp.Is(this=self._column(self.order), expression=exp.Null()))
        return per_order.where(named).group_by(self._key())

    def _lines(self) -> exp.Select:
        given = zip(self.columns, self.aliases, strict=True)
        columns = [
            exp.alias_(self._key() if name == self.order else self._value(name), alias)
            for name, alias in given
        ]
        ours = [exp.alias_(self._key(), KEY), exp.alias_(self._month(), MONTH)]
        return self._select([*columns, *ours], self.columns)

    def _select(self, columns: Iterable[exp.Expr], needed: Sequence[str]) -> exp.Select:
        """Return a query for columns, over no more tables than those needed have to come from."""
        if self.shape.query is not None:
            return exp.select(*columns).from_(_queried(self.shape.query))
        assert self.shape.table is not None
        select = exp.select(*columns).from_(_table(self.shape.table, _last(self.shape.table)))
        for join in _needed(self.shape.joins, needed):
            equal = [
                exp.EQ(this=self._column(one), expression=self._column(other))
                for one, other in join.on
            ]
            joined = _table(join.table, join.alias)
            select = select.join(joined, on=exp.and_(*equal), join_type="left")
        return select

    def _column(self, name: str) -> exp.Column:
        if self.shape.query is not None:
            return exp.column(name, table=QUERIED, quoted=True)
        assert self.shape.table is not None
        if not self.shape.joins:
            return exp.column(name, table=_last(self.shape.table), quoted=True)
        table, _, column = name.rpartition(".")
        return exp.column(column, table=table, quoted=True)

    def _value(self, name: str) -> exp.Expr:
        """Return a column, asked for in the way that its type wants."""
        spoken = self.server.spoken.get(self.types.get(name, ""))
        return self._written(spoken, self._column(name)) if spoken else self._column(name)

    def _key(self) -> exp.Expr:
        return self._written(self.server.key, self._value(self.order))

    def _written(self, template: str, value: exp.Expr) -> exp.Expr:
        return exp.Var(this=template.format(self._sql(value)))

    def _text(self, value: exp.Expr) -> exp.Expr:
        return exp.cast(value, self.server.text, dialect=self.server.dialect)

    def _month(self) -> exp.Expr:
        """Return year * 100 + month, or 0 for any order where its day is not told by a date."""
        if not self.is_timed:
            return NONE.copy()
        year, month = (
            exp.cast(exp.Extract(this=exp.Var(this=part), expression=self._value(self.ordered_at)),
                     "INT") for part in ("YEAR", "MONTH")
        )  # fmt: skip
        return exp.paren(year * 100 + month)

    def _place(self, number: int) -> exp.Expr:
        return exp.Var(this=self.server.place.format(number))

    def _moment(self, number: int) -> exp.Expr:
        return exp.Var(this=self.server.moment.format(number))

    def _sql(self, query: exp.Expr) -> str:
        return query.sql(dialect=self.server.dialect)


def _needed(joins: Sequence[Join], columns: Iterable[str]) -> list[Join]:
    """Return the joins that columns have to come by, in the order in which they were told."""
    wanted = {name.rpartition(".")[0] for name in columns}
    kept: list[Join] = []
    for join in reversed(joins):
        if join.alias in wanted:
            kept.insert(0, join)
            wanted |= {name.rpartition(".")[0] for pair in join.on for name in pair}
    return kept


def _table(name: str, alias: str) -> exp.Table:
    schema, _, table = name.rpartition(".")
    return exp.table_(table, db=schema or None, quoted=True, alias=_named(alias))


def _queried(query: str) -> exp.Table:
    """Return a query of the user's own as a table: their words, in their dialect, as they stand."""
    own = exp.Var(this=f"(\n{query.rstrip().rstrip(';')}\n)")
    return exp.Table(this=own, alias=exp.TableAlias(this=_named(QUERIED)))


def _named(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _last(table: str) -> str:
    return table.rpartition(".")[2]


def every_column(server: Server, table: str) -> str:
    """Return the query that shows the columns of a table, and no row."""
    select = exp.select("*").from_(_table(table, _last(table))).limit(0)
    return select.sql(dialect=server.dialect)


def columns_of_query(server: Server, query: str) -> str:
    """Return the query that shows the columns of a query, and no row."""
    never = exp.EQ(this=exp.Literal.number(1), expression=exp.Literal.number(0))
    select = exp.select("*").from_(_queried(query)).where(never)
    return select.sql(dialect=server.dialect)


def all_columns() -> str:
    """Return the query for every table's columns: schema, table, column and type."""
    return (
        "SELECT table_schema AS s, table_name AS t, column_name AS c, data_type AS d "
        "FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position"
    )
