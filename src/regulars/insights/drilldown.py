"""The drill-down of a figure: its definition, its lines, and the command that exports them."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from regulars.analyses.catalog import find, is_metric
from regulars.analyses.sales.lines import latest_first
from regulars.analyses.shared.buyer_types import BUYER
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.core.errors import InputError, did_you_mean
from regulars.core.kinds import KINDS
from regulars.insights.customer_table import (
    CustomerNames,
    customer_table,
    highest_spenders,
    without_figures,
)
from regulars.insights.figure_ref import FigureRef
from regulars.insights.parts import Cell, Note, Section, Table
from regulars.insights.scope import Rows, Scope
from regulars.insights.table_file import CUSTOMER_COLUMNS, FileType, written
from regulars.insights.tables import cells, headers
from regulars.insights.view import CUSTOM, FILTERS, View, filter_label
from regulars.warehouse.query_options import parse_where

if TYPE_CHECKING:
    import ibis

MOST_CUSTOMERS = MOST_LINES = 100
_PARTS = {
    "is_known": "Known customers",
    "is_high_value": "High-value customers",
    "customer_location": "Customer location",
    "hour": "Hour",
    "order_value": "Order value",
    "order_units": "Units in the order",
    "ordered_again": "Ordered again",
    "kind": "Kind",
    "source_id": "Source",
    BUYER: "Customer type",
}
"""What a figure can cover besides the filters of a page."""

_PERSONAL = {"customer_id": "Customer", "order_id": "Order"}
"""What a figure can also cover for users who may see customers."""

_LINKS = {"customer_id": "customer", "product_id": "product"}
"""The columns of lines whose values have a page: column -> page."""

_COUNTED = {
    "returns": ("return",), "return_rate": ("return",), "adjustments": ("adjustment",),
    "left_out": tuple(kind for kind in KINDS if kind not in ("sale", "return")),
}  # fmt: skip
"""The kinds of line to list for a figure that is not made of all sales and returns."""

_ALL_KINDS = "All lines by kind (sales figures use only sale and return lines)"
_KINDS = {
    "kind": ColumnCard("Kind", "text", "Kind of line"),
    "lines": ColumnCard("Lines", "count", "Number of lines", ",d"),
    "orders": ColumnCard("Orders", "count", "Number of orders", ",d"),
    "customers": ColumnCard("Customers", "count", "Number of known customers", ",d"),
    "amount": ColumnCard("Amount", "money", "Units × price, minus discounts", ",.2f"),
}


@dataclass(frozen=True)
class DrillDown:
    """The drill-down of one figure, as a subject that pages show.

    shows_customers  whether customer and order numbers are shown
    names            the names stored for customers; None for users who may not see them
    """

    ref: FigureRef
    column: str
    shows_customers: bool
    names: CustomerNames | None = None

    @classmethod
    def of(cls, figure: str, *, shows_customers: bool, names: CustomerNames | None = None) -> Self:
        """Return the drill-down of a figure, given its reference as text.

        Raises InputError if there is no such figure.
        """
        ref, column = FigureRef.decode(figure)
        columns = find(ref.analysis).columns
        if column not in columns:
            raise InputError(
                f"{ref.analysis} has no figure {column}.{did_you_mean(column, columns)}"
            )
        parts = {**FILTERS, **_PARTS, **(_PERSONAL if shows_customers else {})}
        for name, _ in ref.part:
            if name not in parts and not filter_label(name):
                raise InputError(
                    f'Figures cannot be filtered by "{name}".{did_you_mean(name, parts)}'
                )
        return cls(ref, column, shows_customers, names)

    def __call__(self, scope: Scope) -> Section:
        """Return the section. Raises InputError for a value that does not exist."""
        part = self._part(scope)
        card = part.cards(self.ref.analysis)[self.column]
        topic = [str(part.span or part.whole)]
        labels = {**_PARTS, **_PERSONAL}
        topic += [
            f"{filter_label(name) or labels[name]}: {_named(part, name, member)}"
            for name, member in self.ref.part
        ]
        lines = part.ask("lines", **self._options)
        command = lines_command(self._narrowed(part), **self._options)
        return Section(
            "behind", " · ".join(topic), self._finding(part), card.description,
            [*self._customers(part), _kinds(part, lines), *self._earlier(part),
             self._latest(part, lines),
             Note(f"To export all of them:  {command}")],
        )  # fmt: skip

    def finding(self, scope: Scope) -> str:
        """Return the label of the figure with its value: measured, or else as the page shows it."""
        return self._finding(self._part(scope))

    def _finding(self, part: Scope) -> str:
        card = part.cards(self.ref.analysis)[self.column]
        if is_metric(self.column, card) and not self._options:
            value = formatting.text(part.measure(self.column), card, part.currency)
            return f"{card.label}: {value}"
        return f"{card.label}: {self.ref.shown}" if self.ref.shown else card.label

    def _part(self, scope: Scope) -> Scope:
        """Return the part of a scope that the figure covers."""
        return replace(
            scope, span=self.ref.span or scope.span, where={**scope.where, **self._conditions},
            as_of=scope.segment_date or scope.whole.last,
        )  # fmt: skip

    def _customers(self, part: Scope) -> list[Table]:
        """Return the customers that the figure counts, if it counts customers who ordered."""
        if self.column != "customers" or not self.shows_customers or self._options:
            return []
        rows = highest_spenders(part, MOST_CUSTOMERS)
        if not rows:
            return []
        return [without_figures(customer_table(part, rows, "Customers by net sales", self.names))]

    def _earlier(self, part: Scope) -> list[Table]:
        """Return the kinds of lines of the earlier period, if the figure is a change."""
        before = self.ref.before
        if before is None:
            return []
        earlier = replace(part, span=before)
        lines = earlier.ask("lines", **self._options)
        return [_kinds(earlier, lines, f"Compared with {before}")]

    def customers_view(self, view: View, segment_date: date) -> View | None:
        """Return the view narrowed to the customers behind the figure; None if none can be listed.

        `segment_date` is the day that the page's segments are as of.
        """
        columns = {*view.where, *self._conditions} - {"is_known"}
        if not all(map(filter_label, columns)):
            return None
        if self._options or self.column in _COUNTED:
            return None  # lists hold customers who bought
        where = {**view.where, **self._conditions}
        where.pop("is_known", None)  # lists hold known customers only
        span = self.ref.span
        if span is None:
            return replace(view, where=where)
        if "segment" in where and span.last != segment_date:
            return None  # a custom period has segments as of its own end
        return replace(view, period=CUSTOM, days=span, where=where)

    @property
    def _conditions(self) -> dict[str, tuple[str, ...]]:
        return {name: (value,) for name, value in self.ref.part if name != BUYER}

    @property
    def _options(self) -> dict[str, str]:
        return {name: value for name, value in self.ref.part if name == BUYER}

    @property
    def _kinds_counted(self) -> tuple[str, ...]:
        """The kinds of line that the figure is made of."""
        return self._conditions.get("kind", _COUNTED.get(self.column, ("sale", "return")))

    def _narrowed(self, part: Scope) -> Scope:
        """Return the part with only the lines that the figure is made of."""
        known = part.warehouse.values("kind")
        kinds = tuple(kind for kind in self._kinds_counted if kind in known)
        return replace(part, where={**part.where, "kind": kinds}) if kinds else part

    def file(self, scope: Scope, file_type: FileType) -> bytes:
        """Return all lines behind the figure as a file, the latest first."""
        lines = latest_first(self._narrowed(self._part(scope)).ask("lines", **self._options))
        columns = [
            name for name in lines.columns
            if self.shows_customers or name not in CUSTOMER_COLUMNS
        ]  # fmt: skip
        rows = scope.warehouse.rows(lines.select(columns))
        return written(rows, columns, scope.cards("lines"), file_type)

    def _latest(self, scope: Scope, lines: "ibis.Table") -> Table:
        kinds = self._kinds_counted
        rows = scope.fetch(latest_first(lines.filter(lines.kind.isin(kinds))).limit(MOST_LINES))
        cards = {
            name: card
            for name, card in scope.cards("lines").items()
            if (self.shows_customers or name not in CUSTOMER_COLUMNS)
            and any(row[name] for row in rows)
        }
        names = list(cards)
        written = [
            _with_links(row, names, cells(row, cards, names, scope.currency)) for row in rows
        ]
        title = f"Latest {formatting.counted(len(rows), 'line', 'lines')}"
        return Table(title, headers(cards, names), written, style="plain lines")


def _with_links(
    row: Mapping[str, Any], names: Sequence[str], written: Sequence[Cell]
) -> list[Cell]:
    """Return the cells of a line, with links to the pages of its customer and its product."""
    return [
        replace(cell, member=row[name] or "", column=_LINKS[name], style=_LINKS[name])
        if name in _LINKS
        else cell
        for name, cell in zip(names, written, strict=True)
    ]


def lines_command(scope: Scope, **options: str) -> str:
    """Return the command that exports all lines of a scope."""
    words = ["regulars", "show", "lines", "-w", str(scope.warehouse.engine)]
    if scope.span:
        words += ["--since", scope.span.first.isoformat(), "--until", scope.span.last.isoformat()]
    for column, values in parse_where(scope.where).items():
        words += [word for value in values for word in ("--where", f"{column}={value}")]
    for name, value in options.items():
        words += [f"--{name}", value]
    return shlex.join([*words, "-o", "lines.csv"])


def _named(scope: Scope, column: str, value: str) -> str:
    """Return a value with its name, if it is the code of a product."""
    if column != "product_id":
        return value
    names = {row["product_name"] for row in scope.rows("sales_by", by="product")}
    return " ".join([value, *(name for name in names if name and name != value)])


def _kinds(scope: Scope, lines: "ibis.Table", title: str = _ALL_KINDS) -> Table:
    """Return a table with the number and amount of the lines of each kind."""
    kinds = lines.group_by("kind").aggregate(
        lines=lines.count(), orders=lines.order_id.nunique(),
        customers=lines.customer_id.nunique(), amount=lines.net_amount.sum(),
    )  # fmt: skip
    rows: Rows = sorted(scope.fetch(kinds), key=lambda row: (-row["lines"], row["kind"]))
    written = [cells(row, _KINDS, list(_KINDS), scope.currency) for row in rows]
    return Table(title, headers(_KINDS, list(_KINDS)), written, style="plain short")
