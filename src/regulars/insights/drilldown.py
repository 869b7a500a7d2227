"""What is behind a figure: its definition, the lines it is made of, and how to ask for it again."""

import shlex
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Self

from regulars.analyses.catalog import find, is_metric
from regulars.analyses.sales.lines import latest_first
from regulars.analyses.shared.buyer_types import BUYER
from regulars.core import formatting
from regulars.core.columns import ColumnCard
from regulars.core.errors import QuestionError, did_you_mean
from regulars.insights.figure_ref import Origin, origin_of
from regulars.insights.parts import Note, Section, Table, cells, heads
from regulars.insights.scope import Rows, Scope
from regulars.insights.view import CUSTOM, FILTERS, View
from regulars.warehouse.parameters import conditions_of

if TYPE_CHECKING:
    import ibis

MOST_LINES = 100
_OF_PEOPLE = ("customer_id", "order_id")
_PARTS = {
    **FILTERS,
    "is_known": "Known customers",
    "kind": "Kind",
    "source_id": "Source",
    BUYER: "Who bought",
}
"""What a figure can be of: no single customer or order, whom not everybody may see."""

_COUNTED = {"returns": ("return",), "return_rate": ("return",)}
"""The kinds of line that are of interest behind a figure, where it is not all goods."""

_ALL_KINDS = "All lines by kind: figures of sales are made of sale and return alone"
_KINDS = {
    "kind": ColumnCard("Kind", "text", "What the line is"),
    "lines": ColumnCard("Lines", "count", "How many there are", ",d"),
    "orders": ColumnCard("Orders", "count", "Of how many orders they are", ",d"),
    "customers": ColumnCard("Customers", "count", "How many known customers they name", ",d"),
    "amount": ColumnCard("Amount", "money", "Units x price, less discounts", ",.2f"),
}


@dataclass(frozen=True)
class Behind:
    """The subject of what is behind one figure of a page.

    with_people  whether the numbers of customers and orders may be shown
    """

    origin: Origin
    column: str
    with_people: bool

    @classmethod
    def of(cls, figure: str, *, with_people: bool) -> Self:
        """Return the subject of a figure told as a page tells it.

        Raises QuestionError where there is no such figure.
        """
        origin, column = origin_of(figure)
        columns = find(origin.analysis).columns
        if column not in columns:
            raise QuestionError(
                f"{origin.analysis} has no figure {column}.{did_you_mean(column, columns)}"
            )
        for name, _ in origin.part:
            if name not in _PARTS:
                raise QuestionError(f'No figure is told by "{name}".{did_you_mean(name, _PARTS)}')
        return cls(origin, column, with_people)

    def __call__(self, scope: Scope) -> Section:
        """Return it. Raises QuestionError for a part that there is not."""
        part = replace(
            scope, span=self.origin.span or scope.span, where={**scope.where, **self._conditions},
            standing=scope.standing_on or scope.whole.last,
        )  # fmt: skip
        card, value = part.cards(self.origin.analysis)[self.column], ""
        if is_metric(self.column, card) and not self._options:
            value = f": {formatting.text(part.measure(self.column), card, scope.currency)}"
        elif self.origin.told:
            value = f": {self.origin.told}"
        about = [str(part.span or part.whole)]
        about += [f"{_PARTS[name]}: {_named(part, name, told)}" for name, told in self.origin.part]
        lines = part.ask("lines", **self._options)
        command = asked(part, **self._options)
        return Section(
            "behind", " · ".join(about), f"{card.label}{value}", card.description,
            [_kinds(part, lines), *self._before(part), self._latest(part, lines),
             Note(f"All of them, by command:  {command}")],
        )  # fmt: skip

    def _before(self, part: Scope) -> list[Table]:
        """Return the kinds of the lines compared with, where a figure is a change."""
        before = self.origin.before
        if before is None:
            return []
        then = replace(part, span=before)
        return [_kinds(then, then.ask("lines", **self._options), f"Compared with {before}")]

    def people(self, view: View, standing: date) -> View | None:
        """Return the view of a page narrowed to who is behind it; None where none is of them.

        `standing` is the day as of which the page tells who is in a segment.
        """
        if not {*self._conditions} <= {*FILTERS, "is_known"}:
            return None
        if self._options or self.column in _COUNTED:
            return None  # lists are of those who bought
        where = {**view.where, **self._conditions}
        where.pop("is_known", None)  # nobody else is on a list
        span = self.origin.span
        if span is None:
            return replace(view, where=where)
        if "segment" in where and span.last != standing:
            return None  # days of one's own choice tell segments as of their own end
        return replace(view, period=CUSTOM, days=span, where=where)

    @property
    def _conditions(self) -> dict[str, tuple[str, ...]]:
        return {name: (told,) for name, told in self.origin.part if name != BUYER}

    @property
    def _options(self) -> dict[str, str]:
        return {name: told for name, told in self.origin.part if name == BUYER}

    def _latest(self, scope: Scope, lines: "ibis.Table") -> Table:
        goods = _COUNTED.get(self.column, ("sale", "return"))
        kinds = self._conditions.get("kind", goods)
        counted = lines.filter(lines.kind.isin(kinds))
        found = scope.fetched(latest_first(counted).limit(MOST_LINES))
        cards = {
            name: card
            for name, card in scope.cards("lines").items()
            if (self.with_people or name not in _OF_PEOPLE) and any(row[name] for row in found)
        }
        told = [cells(row, cards, list(cards), scope.currency) for row in found]
        title = f"The latest {len(found):,} lines"
        return Table(title, heads(cards, list(cards)), told, style="plain lines")


def _named(scope: Scope, column: str, value: str) -> str:
    """Return a value as people know it: a product by its name, too."""
    if column != "product_id":
        return value
    names = {row["product_name"] for row in scope.rows("sales_by", by="product")}
    return " ".join([value, *(name for name in names if name and name != value)])


def asked(scope: Scope, **options: str) -> str:
    """Return the command that shows all the lines a part of a shop is made of."""
    told = ["regulars", "show", "lines", "-w", str(scope.warehouse.engine)]
    if scope.span:
        told += ["--since", scope.span.first.isoformat(), "--until", scope.span.last.isoformat()]
    for column, values in conditions_of(scope.where).items():
        told += [word for value in values for word in ("--where", f"{column}={value}")]
    for name, value in options.items():
        told += [f"--{name}", value]
    return shlex.join([*told, "-o", "lines.csv"])


def _kinds(scope: Scope, lines: "ibis.Table", title: str = _ALL_KINDS) -> Table:
    """Return how many lines there are of each kind, and what they come to."""
    kinds = lines.group_by("kind").aggregate(
        lines=lines.count(), orders=lines.order_id.nunique(),
        customers=lines.customer_id.nunique(), amount=lines.net_amount.sum(),
    )  # fmt: skip
    rows: Rows = sorted(scope.fetched(kinds), key=lambda row: (-row["lines"], row["kind"]))
    told = [cells(row, _KINDS, list(_KINDS), scope.currency) for row in rows]
    return Table(title, heads(_KINDS, list(_KINDS)), told, style="plain short")
