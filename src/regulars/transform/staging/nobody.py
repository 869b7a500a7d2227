"""Placeholders for a customer, or words for nobody: guest, walk-in, unknown, 0.

As a customer, such a word would be the shop's best one. Its orders are those of guests instead, and
every word is reported with its rows and money.
"""

import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from importlib.resources import files
from operator import or_
from typing import TYPE_CHECKING, cast

from regulars.core.cached import cached_expression
from regulars.sources.profiles.people import Nobody
from regulars.transform.staging.identifiers import with_tidy_customer

if TYPE_CHECKING:
    from ibis.expr.types import BooleanValue, StringValue, Table

_MARKS = r"[-\s_.,:;/\\()\[\]{}<>#*!?'\"+|~=&@$%^`´’‘“”«»…–—]+"
_ZEROS = "^0+$"
_PLACEHOLDER = (
    "^(no|non|none|null|not?[-_.]?(reply|email|mail)|guest|gast|unknown|anonymous|anon|nobody|invalid"
    "|sans|kein|keine|sin|senza|geen)[-_.]?(e?[-_.]?mail|reply)?@"
)
"""Email addresses that shops enter for customers who have none."""


def _bare(word: str) -> str:
    return re.sub(_MARKS, "", word.lower())


_LISTS = tomllib.loads((files(__package__) / "nobody.toml").read_text("utf-8"))
WORDS = frozenset(_bare(word) for words in _LISTS["words"].values() for word in words)
"""Words for nobody in six languages, in lower case without blanks and punctuation."""

SPELLINGS = tuple(_LISTS["as_written"]["abbreviations"])


@dataclass(frozen=True)
class NobodyWord:
    """A word in place of a customer that is nobody, or may be; its rows and their net amount."""

    word: str
    rows: int
    amount: Decimal
    is_nobody: bool


def is_nobody(customer: "StringValue", nobody: Nobody) -> "BooleanValue":
    """Return whether a tidy customer id is a word for nobody.

    `nobody` are the words that a profile adds, and those that are customers.
    """
    text = cast("StringValue", customer.lower())
    bare = text.re_replace(_MARKS, "")
    words = WORDS | {_bare(word) for word in nobody.words if _bare(word)}
    conditions = (
        bare == "",
        bare.re_search(_ZEROS),
        bare.isin(sorted(words)),
        text.isin([*SPELLINGS, *(word.strip().lower() for word in nobody.words)]),
    )
    is_word = reduce(or_, conditions)
    customers = [word.strip().lower() for word in nobody.customers]
    return cast("BooleanValue", is_word & ~text.isin(customers) if customers else is_word)


def is_nobody_word(text: str, nobody: Nobody) -> bool:
    """Return whether a tidy text is a word for nobody, as `is_nobody`."""
    if text.lower() in {word.strip().lower() for word in nobody.customers}:
        return False
    words = {word.strip().lower() for word in nobody.words}
    bare = _bare(text)
    is_word = bare in WORDS or bare in {_bare(word) for word in words if _bare(word)}
    return is_word or not bare.strip("0") or text.lower() in {*SPELLINGS, *words}


def is_placeholder_email(email: str) -> bool:
    """Return whether a tidy email address is one that shops enter for customers without one."""
    return bool(re.search(_PLACEHOLDER, email))


@cached_expression
def customers_in(lines: "Table") -> "Table":
    """Return the customers of staged lines as they are written: customer_id, row_count, amount."""
    named = lines.filter(lines.customer_id.notnull())
    return named.group_by("customer_id").aggregate(
        row_count=named.count(), amount=named.net_amount.sum()
    )


@cached_expression
def words_for_nobody(customers: "Table", nobody: Nobody) -> "Table":
    """Return the words of `customers_in` that are nobody, and email addresses that may be.

    The columns are word, row_count, amount and is_nobody.
    """
    written = with_tidy_customer(customers, "word")
    known = [word.strip().lower() for word in nobody.customers]
    may_be = written.word.re_search(_PLACEHOLDER) & ~written.word.isin(known or [""])
    marked = written.mutate(is_nobody=is_nobody(written.word, nobody))
    found = marked.filter(marked.is_nobody | may_be)
    words = found.group_by(["word", "is_nobody"]).aggregate(
        row_count=found.row_count.sum(), amount=found.amount.sum()
    )
    return cast("Table", words.order_by([words.row_count.desc(), words.word]))
