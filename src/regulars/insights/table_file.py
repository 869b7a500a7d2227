"""Tables of a page as files: all their rows, and not only those that the page shows."""

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import parse_qsl, urlencode

from regulars.analyses.catalog import find
from regulars.core.columns import ColumnCard
from regulars.core.errors import InputError
from regulars.core.files import escape_formula_rows, write_csv, write_xlsx
from regulars.insights.scope import Scope

if TYPE_CHECKING:
    from ibis.expr.types import Table

FileType = Literal["csv", "xlsx"]
CUSTOMER_COLUMNS = ("customer_id", "order_id")
"""Columns that viewers may not see."""

MOST_ROWS = 10_000
"""The most rows that a page shows of a table; a file has all."""

_DECIMALS = {"money": 2, "units": 0}
_PERIOD = ("since", "until")
"""What a reference can set besides the options of its analysis; the view sets the filters."""

_NO_LIMIT = ""
"""Stands for None in a reference: a period without a first or last day."""


@dataclass(frozen=True)
class TableRef:
    """The analysis that a table shows, with its options; the view adds period and filters."""

    analysis: str
    options: tuple[tuple[str, str | None], ...] = ()

    @classmethod
    def of(cls, analysis: str, **options: str | None) -> Self:
        """Return a reference to an analysis with options."""
        return cls(analysis, tuple(options.items()))

    def encode(self) -> str:
        """Return the reference as text: `sales_by?by=product`."""
        fields = {name: value or _NO_LIMIT for name, value in self.options}
        return self.analysis + (f"?{urlencode(fields)}" if fields else "")

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the reference that `encode` wrote.

        Raises InputError for an unknown analysis or option.
        """
        name, _, fields = text.partition("?")
        analysis, options = find(name), dict(parse_qsl(fields, keep_blank_values=True))
        if unknown := options.keys() - {*analysis.options, *_PERIOD}:
            raise InputError(f'{analysis.name} has no option "{min(unknown)}".')
        return cls(analysis.name, tuple((one, value or None) for one, value in options.items()))

    @property
    def title(self) -> str:
        """What the table is: Sales by product."""
        named = [f"by {value}" for name, value in self.options if name == "by" and value]
        words = [self.analysis.removesuffix("_by").replace("_", " "), *named]
        return " ".join(words).capitalize()


@dataclass(frozen=True)
class ShownRows:
    """The rows of a table that a page shows, the first `MOST_ROWS`, with the cards of its columns.

    is_complete  whether these are all rows
    """

    rows: Sequence[Mapping[str, Any]]
    cards: Mapping[str, ColumnCard]
    currency: str
    is_complete: bool


@dataclass(frozen=True)
class TableRows:
    """The rows of a table, to sort and to search.

    shows_customers  whether the user may see customer and order numbers
    """

    ref: TableRef
    shows_customers: bool

    def __call__(self, scope: Scope) -> ShownRows:
        """Return the rows. Raises InputError for a table that the user may not see."""
        table = _rows_for(scope, self.ref, shows_customers=self.shows_customers)
        cards = known_cards(table.columns, scope.cards(self.ref.analysis))
        rows = list(scope.warehouse.rows(table.limit(MOST_ROWS + 1)))
        return ShownRows(rows[:MOST_ROWS], cards, scope.currency, len(rows) <= MOST_ROWS)


@dataclass(frozen=True)
class TableFile:
    """All rows of a table as a file.

    shows_customers  whether the user may see customer and order numbers
    """

    ref: TableRef
    file_type: FileType
    shows_customers: bool

    def __call__(self, scope: Scope) -> bytes:
        """Return the file. Raises InputError for a table that the user may not see."""
        table = _rows_for(scope, self.ref, shows_customers=self.shows_customers)
        cards = scope.cards(self.ref.analysis)
        return written(scope.warehouse.rows(table), table.columns, cards, self.file_type)


def _rows_for(scope: Scope, ref: TableRef, *, shows_customers: bool) -> "Table":
    table = scope.ask(ref.analysis, **dict(ref.options))
    if not shows_customers and {*table.columns} & {*CUSTOMER_COLUMNS}:
        raise InputError("Viewers cannot see customers.")
    return table


def written(
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str],
    cards: Mapping[str, ColumnCard],
    file_type: FileType,
) -> bytes:
    """Return rows as a CSV file or a workbook, under the labels of their columns."""
    labels = _labels(columns, cards)
    units = {name: cards[name].unit for name in columns if name in cards}
    renamed = escape_formula_rows(_renamed(rows, labels, units))
    with tempfile.TemporaryDirectory(prefix="regulars-") as folder:
        path = Path(folder) / f"table.{file_type}"
        if file_type == "xlsx":
            by_label = {labels[name]: unit for name, unit in units.items()}
            write_xlsx("Table", list(labels.values()), renamed, path, by_label)
        else:
            with path.open("w", encoding="utf-8-sig", newline="") as stream:
                write_csv(list(labels.values()), renamed, stream)
        return path.read_bytes()


def _labels(columns: Sequence[str], cards: Mapping[str, ColumnCard]) -> dict[str, str]:
    """Return the labels of columns; their names if two would have the same label."""
    labels = {name: card.label for name, card in known_cards(columns, cards).items()}
    is_unique = len({*labels.values()}) == len(labels)
    return labels if is_unique else {name: name for name in columns}


def known_cards(columns: Sequence[str], cards: Mapping[str, ColumnCard]) -> dict[str, ColumnCard]:
    """Return the card of each column; that of order lines for a column to break down by."""
    known = {**find("lines").columns, **cards}
    return {
        name: known.get(name) or ColumnCard(name.replace("_", " ").capitalize(), "text")
        for name in columns
    }


def _renamed(
    rows: Iterable[Mapping[str, Any]], labels: Mapping[str, str], units: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    return (
        {label: _short(row[name], units.get(name, "")) for name, label in labels.items()}
        for row in rows
    )


def _short(value: Any, unit: str) -> Any:
    """Return a number without decimals that say nothing: 12.50 for 12.5000, an average in cents."""
    if value is None or unit not in _DECIMALS:
        return value
    rounded = round(value, _DECIMALS[unit])
    return rounded if isinstance(value, float) or rounded == value else value
