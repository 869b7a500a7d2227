"""Survey the columns of a source: how many cells of a sample are numbers, dates, addresses ..."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

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


def survey(table: "Table", columns: Sequence[str]) -> "Table":
    """Return one row of counts over a sample of rows, for `facts_of`."""
    first = table.limit(SAMPLE)
    # In a subquery, as each text is counted in many ways.
    sample = first.select(**{str(n): _text(first[name]) for n, name in enumerate(columns)})
    counts: dict[str, Value] = {"rows": sample.count()}
    for number in range(len(columns)):
        text = cast("StringValue", sample[str(number)])
        counts |= {
            f"filled {number}": text.count(),
            f"distinct {number}": text.nunique(),
            f"example {number}": text.max(),
        }
        counts |= {
            f"{fact} {number}": text.re_search(pattern).sum() for fact, pattern in _PATTERNS.items()
        }
    return sample.aggregate(**counts)


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


def facts_of(counts: Mapping[str, Any], columns: Sequence[str]) -> dict[str, ColumnFacts]:
    """Return the facts about each column from the counts of `survey`."""
    names = ("filled", "distinct", *_PATTERNS)
    return {
        column: ColumnFacts(
            rows=counts["rows"],
            example=counts[f"example {number}"] or "",
            **{name: int(counts[f"{name} {number}"] or 0) for name in names},
        )
        for number, column in enumerate(columns)
    }


def _text(cell: "Value") -> "StringValue":
    text = trimmed(cast("StringValue", cell.cast("string")))
    return with_ascii_digits(text)
