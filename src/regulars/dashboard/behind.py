"""What is behind a figure: its definition, the lines it is made of, and how to ask for it again."""

import shlex
from dataclasses import dataclass

from regulars import present
from regulars.analyses.lines import latest_first
from regulars.asking import conditions_of
from regulars.catalog import find_metric
from regulars.define import ColumnCard
from regulars.report.shop import Rows, Shop
from regulars.report.views import Note, Section, Table, cells, heads

MOST_LINES = 100
_OF_PEOPLE = ("customer_id", "order_id")
_COUNTED = {"returns": ("return",), "return_rate": ("return",)}
"""The kinds of line that are of interest behind a figure, where it is not all goods."""

_KINDS = {
    "kind": ColumnCard("Kind", "text", "What the line is"),
    "lines": ColumnCard("Lines", "count", "How many there are", ",d"),
    "amount": ColumnCard("Amount", "money", "Units x price, less discounts", ",.2f"),
}


@dataclass(frozen=True)
class Behind:
    """The subject of what is behind one figure of the catalogue.

    with_people  whether the numbers of customers and orders may be shown
    """

    metric: str
    with_people: bool

    def __call__(self, shop: Shop) -> Section:
        """Return it.

        Raises QuestionError where there is no such figure.
        """
        card = find_metric(self.metric)
        value = present.text(shop.measure(self.metric), card, shop.currency)
        days = str(shop.span or shop.whole)
        return Section(
            "behind", days, f"{card.label}: {value}", card.description,
            [_kinds(shop), self._lines(shop), Note(f"All of them, by command:  {asked(shop)}")],
        )  # fmt: skip

    def _lines(self, shop: Shop) -> Table:
        lines = shop.ask("lines")
        counted = lines.filter(lines.kind.isin(_COUNTED.get(self.metric, ("sale", "return"))))
        found = shop.fetched(latest_first(counted).limit(MOST_LINES))
        cards = {
            name: card
            for name, card in shop.cards("lines").items()
            if (self.with_people or name not in _OF_PEOPLE) and any(row[name] for row in found)
        }
        told = [cells(row, cards, list(cards), shop.currency) for row in found]
        title = f"The latest {len(found):,} lines"
        return Table(title, heads(cards, list(cards)), told, style="plain lines")


def asked(shop: Shop) -> str:
    """Return the command that shows all the lines a part of a shop is made of."""
    told = ["regulars", "show", "lines"]
    if shop.span:
        told += ["--since", shop.span.first.isoformat(), "--until", shop.span.last.isoformat()]
    for column, values in conditions_of(shop.where).items():
        told += [word for value in values for word in ("--where", f"{column}={value}")]
    return shlex.join([*told, "-o", "lines.csv"])


def _kinds(shop: Shop) -> Table:
    """Return how many lines there are of each kind, and what they come to."""
    told = [cells(row, _KINDS, list(_KINDS), shop.currency) for row in _by_kind(shop)]
    title = "All lines by kind: figures of sales are made of sale and return alone"
    return Table(title, heads(_KINDS, list(_KINDS)), told, style="plain short")


def _by_kind(shop: Shop) -> Rows:
    lines = shop.ask("lines")
    kinds = lines.group_by("kind").aggregate(lines=lines.count(), amount=lines.net_amount.sum())
    return sorted(shop.fetched(kinds), key=lambda row: (-row["lines"], row["kind"]))
