"""Survey the columns of a source: how many cells of a sample are numbers, dates, addresses ..."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.expressions import trimmed, with_ascii_digits
from regulars.sources.profiles.column_facts import ColumnFacts

if TYPE_CHECKING:
    from ibis.expr.types import StringValue, Table, Value

SAMPLE = 10_000

_CURRENCY = r"([A-Z]{0,2}[$€£¥₹₽₺₩฿]|[A-Z]{3}|Rs\.?|kr\.?|zł|Fr\.?|Kč|Ft|lei|RM)"
_LETTERS = r"[A-Za-zÀ-ÿ]{3,10}\.?"
_PATTERNS = {
    "digits": r"\d",
    "numbers": (
        rf"^[-+(]?\s?{_CURRENCY}?\s?[-+(]?\s?(\d[\d.,'’\s]*[-–—]{{0,2}}|[.,]\d+)[-+)]?\s?({_CURRENCY}|%)?[-+)]?$"
    ),
    "whole": r"^[-+]?\d+([.,]0+)?$",
    "dates": (
        r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{2}|\d{4})"
        rf"|({_LETTERS},? )?\d{{1,2}}[-/. ]+{_LETTERS}[-/., ]+\d{{2,4}}"
        rf"|({_LETTERS},? )?{_LETTERS}[-/. ]+\d{{1,2}}[-/., ]+\d{{2,4}})([ T,].*)?$"
    ),
    "emails": r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
    "names": r"^[^\d@/_:]+\s[^\d@/_:]+$",
    "packed": (
        r"^\[\s*[\[{\"]|^\{\s*\"|\w:[^|;]*[|;]\s?\w[\w ]*:|^\d+\s?[x×]\s?[A-Za-z]"
        r"|[^\W\d]\s[x×]\s?\d+\s*([,;|]|$)|(?i:qty|quantity|menge|anzahl)\s?[:=]\s?\d"
    ),
}


@cached_expression
def survey(table: "Table", columns: Sequence[str]) -> "Table":
    """Return a row of counts for each column over a sample of rows, for `facts_of`."""
    sample = table.limit(SAMPLE)
    # A row for each cell, so that the statement is as short for many columns as for one: DuckDB
    # needs longer to plan a test of each column than to test a few rows.
    cells = sample.select(
        cell=ibis.array([
            ibis.struct({"number": number, "text": sample[name].cast("string")})
            for number, name in enumerate(columns)
        ]).unnest()
    )  # fmt: skip
    texts = cells.select(number=cells["cell"]["number"], text=_text(cells["cell"]["text"]))
    text = cast("StringValue", texts["text"])
    return texts.group_by("number").aggregate(
        rows=texts.count(),
        filled=text.count(),
        distinct=text.nunique(),
        example=text.max(),
        **{fact: text.re_search(pattern).sum() for fact, pattern in _PATTERNS.items()},
    )


@cached_expression
def values_in_orders(table: "Table", column: str, order: Sequence[str]) -> "Table":
    """Return one row about a sample of orders: several and mixed.

    several  orders with more than one row
    mixed    those of them with different values in the column
    """
    sample = table.limit(SAMPLE)
    rows = sample.select(
        value=_text(sample[column]), **{str(n): _text(sample[name]) for n, name in enumerate(order)}
    )
    orders = rows.group_by([str(n) for n in range(len(order))]).aggregate(
        rows=rows.count(), values=rows["value"].nunique()
    )
    several = orders["rows"] > 1
    return orders.aggregate(
        several=several.cast("int64").sum(),
        mixed=(several & (orders["values"] > 1)).cast("int64").sum(),
    )


def facts_of(counts: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, ColumnFacts]:
    """Return the facts about each column from the rows of `survey`, which has none for no rows."""
    by_number = {row["number"]: row for row in counts}
    return {
        column: _facts(by_number.get(number, {})) for number, column in enumerate(columns)
    }  # fmt: skip


def _facts(counts: Mapping[str, Any]) -> ColumnFacts:
    names = ("rows", "filled", "distinct", *_PATTERNS)
    return ColumnFacts(
        example=counts.get("example") or "",
        **{name: int(counts.get(name) or 0) for name in names},
    )


def _text(cell: "Value") -> "StringValue":
    text = trimmed(cast("StringValue", cell.cast("string")))
    return with_ascii_digits(text)
