"""Suggest columns of a source for ours that have none, by the words in their names and by values.

Where several columns fit equally well, all of them are suggested, and the reader chooses.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

from regulars.sources.profiles.column_facts import ColumnFacts
from regulars.sources.profiles.column_names import normalise_name, words_in

Facts = Mapping[str, ColumnFacts]
_NAMES = ("name", "nom", "nombre", "nome", "naam")
MANY = 4
"""With fewer cells, equal values can be those of one customer."""


@dataclass(frozen=True)
class _Words:
    words: Sequence[str]
    better: Sequence[str]
    never: Sequence[str]


def suggest_columns(
    ours: str, names: Sequence[str], free: Sequence[str], facts: Facts
) -> list[str]:
    """Return the free columns that fit one of ours best; several if they fit equally well.

    names  common names of the column
    free   the columns to choose from
    facts  what is known about their values; nothing for a column that is not in it
    """
    possible = [name for name in free if is_possible(ours, facts.get(name))]
    if ours == "customer_id":
        people = name_columns(free, facts)
        possible = [name for name in possible if name not in people]
    scores = {name: _score(ours, name, names) for name in possible}
    best = max(scores.values(), default=0)
    if best == 0:
        dates = [name for name in possible if holds_dates(facts.get(name))]
        return dates if ours == "ordered_at" else []
    return [name for name, score in scores.items() if score == best]


def is_possible(ours: str, column: ColumnFacts | None) -> bool:
    """Return whether the values of a column can be those of one of ours, as far as is known."""
    if column is None:
        return True
    if not column.filled:
        return False
    match ours:
        case "quantity":
            return column.is_mostly(column.whole)
        case "unit_price" | "line_total":
            return column.is_mostly(column.numbers) and not holds_dates(column)
        case "ordered_at":
            return holds_dates(column)
        case "order_id":
            return not holds_dates(column) and not _holds_decimals(column)
        case "customer_id":
            is_other = holds_dates(column) or _holds_decimals(column) or _is_one_per_row(column)
            return not (is_other or _is_constant(column))
        case _:
            return not (holds_dates(column) or _holds_decimals(column)) and not column.is_mostly(
                column.emails
            )


def name_columns(found: Iterable[str], facts: Facts) -> list[str]:
    """Return the columns that hold customer names, judged by their own names or values."""
    return [
        name
        for name in found
        if _score("customer_id", name, ())
        and (column := facts.get(name, ColumnFacts(filled=1))).filled
        and (_is_called_name(name) or holds_names(column))
    ]


def holds_names(column: ColumnFacts) -> bool:
    """Return whether the cells are names of people or companies, by their form."""
    return column.filled > 0 and column.is_mostly(column.names)


def holds_dates(column: ColumnFacts | None) -> bool:
    """Return whether the cells look like dates."""
    return column is not None and column.filled > 0 and column.is_mostly(column.dates)


def _holds_decimals(column: ColumnFacts) -> bool:
    return column.is_mostly(column.numbers) and not column.is_mostly(column.whole)


def _is_one_per_row(column: ColumnFacts) -> bool:
    """Return whether each row has its own whole number, as a line or a record has."""
    return column.rows > 1 and column.distinct == column.rows == column.whole


def _is_constant(column: ColumnFacts) -> bool:
    """Return whether all of many cells are the same, as the seller's account is."""
    return column.distinct == 1 and column.filled >= MANY


def _is_called_name(column: str) -> bool:
    words = words_in(column)
    return any(word.endswith(_NAMES) and not word.startswith("user") for word in words)


def _score(ours: str, name: str, names: Sequence[str]) -> float:
    """Return how well a column name fits: 0 if not at all."""
    by_name = {normalise_name(other): other for other in names}
    if get_close_matches(normalise_name(name), by_name, n=1, cutoff=0.9):
        return 10
    vocabulary, words = _vocabulary()[ours], words_in(name)
    if any(_has(word, vocabulary.never) for word in words):
        return 0
    matches = sum(_has(word, vocabulary.words) for word in words)
    if not matches:
        return 0
    extra = sum(_has(word, vocabulary.better) for word in words)
    # Of two names with the same words, the one with fewer other words is more specific.
    return matches + extra / 2 - len(words) / 100


def _has(word: str, stems: Sequence[str]) -> bool:
    # In German, words are joined: "bestell" begins and "datum" ends "Bestelldatum".
    return any(
        word.startswith(stem) or word.endswith(stem) if len(stem) >= 4 else word == stem
        for stem in stems
    )


@cache
def _vocabulary() -> dict[str, _Words]:
    text = (files(__package__) / "vocabulary" / "columns.toml").read_text("utf-8")
    return {ours: _Words(**words) for ours, words in tomllib.loads(text).items()}


def quoted(name: str) -> str:
    """Return a column name as a TOML string."""
    return json.dumps(name, ensure_ascii=False)
