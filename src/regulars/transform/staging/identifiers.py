"""Ids as text, written the same in every row: one spelling of a customer, an order, a product.

`identifier` is cheap and runs on every row. What is rare is found among the different ids of a
source (`untidy_ids`), and only a source that has some is written again (`tidy_ids`).
"""

import re
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.expressions import equals_any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ibis.expr.types import BooleanValue, StringValue, Table, Value

_NO_VALUE = ("NULL", "NAN", "NONE", "N/A", "#N/A", "<NA>")
"""How programs write an empty id. Read as an id, it would be the shop's best customer."""

_INVISIBLE = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]+"
)
"""Soft hyphens, zero-width characters, byte order marks and direction marks."""

_BLANKS = "[ \t\r\n\f\v\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
_AT_THE_ENDS = "^ | $"
_PLAIN = "^[0-9A-Za-z_#/-]*$"
"""Most ids: no other test is needed."""

_SUSPECT = r"[^ -~]|  |^=|^'|\.0+$|^\d([.,]\d+)?[Ee]|^[Mm][Aa][Ii][Ll][Tt][Oo]:|@.*[A-Z]|[A-Z].*@"
"""Every id that `tidy_customer` changes, and some that it does not, such as names with accents."""

_NAMED = "^0|[^0-9]"
"""Every customer id that can be a word for nobody: not a number, or one that begins with 0."""

_FORMULA = '^="(.*)"$'
"""Text that is protected from a spreadsheet: ="00123"."""

_APOSTROPHE = r"^'(\d+)$"
_WHOLE = r"^(-?\d+)\.0+$"
_SCIENTIFIC = r"^\d([.,]\d+)?[Ee](\+\d{1,3}|\d{1,3})$"
_NO_MARK = r"^\d[Ee]\d+$"
"""A code such as 1E3, which only looks like a number in scientific notation."""

_MAILTO = "^[Mm][Aa][Ii][Ll][Tt][Oo]: ?"
_EMAIL = "^[^@ ]+@[^@ ]+$"
_SHORTENED_PART = r'(^|[ "-])\d([.,]\d+[Ee]\+?|[Ee]\+)\d{1,3}($|[ "-])'
"""A part of a joined id that has lost digits: those that can be written out are, before."""

MOST_DIGITS = 15
"""The digits that a spreadsheet stores."""

_VISIBLE = "visible id"
"""The column of an id without invisible characters, between two steps."""

ID_COLUMNS = ("order_id", "customer_id", "product_id")


def identifier(value: "Value", *, no_value: tuple[str, ...] = _NO_VALUE) -> "StringValue":
    """Return an id as text: 12346 for 12346.0, NULL for texts such as "NULL"."""
    if value.type().is_decimal():
        return cast("StringValue", value.cast("string").re_replace(r"\.0+$", ""))
    if value.type().is_floating():
        number = value.cast("float64")
        whole = number.try_cast("int64")  # NULL for NaN
        is_whole = number == whole.cast("float64")
        decimal = ibis.ifelse(number.isnan(), None, value.cast("string"))
        return cast("StringValue", ibis.ifelse(is_whole, whole.cast("string"), decimal))
    text = cast("StringValue", value if value.type().is_string() else value.cast("string"))
    # Each cheap test lets most rows skip the expensive test that follows: an id that begins with a
    # digit is not a word.
    is_whole = ibis.ifelse(text.endswith(".0"), text.re_search(r"^-?\d+\.0$"), False)
    branches = [(is_whole, text.left(text.length() - len(".0")))]
    if no_value:
        is_short = text.length() <= max(map(len, no_value))
        may_be_word = is_short & ((text < "0") | (text >= ":"))
        is_blank = ibis.ifelse(may_be_word, equals_any(text.upper(), no_value), False)
        branches.insert(0, (is_blank, ibis.null("string")))
    return cast("StringValue", ibis.cases(*branches, else_=text))


def tidy(text: "StringValue") -> "StringValue":
    """Return an id without what people cannot see; NULL if nothing is left.

    Removes invisible characters and doubled blanks, and undoes what spreadsheets do: ="00123" is
    00123, 12346.00 and 1.2346E4 are 12346.
    """
    return _written_out(text, _visible(text))


def _visible(text: "StringValue") -> "StringValue":
    """Return an id without invisible characters, doubled blanks and marks of a spreadsheet."""
    visible = text.re_replace(_INVISIBLE, "").re_replace(_BLANKS, " ")
    bare = visible.re_replace(_AT_THE_ENDS, "").re_replace(_FORMULA, r"\1")
    bare = bare.re_replace(_AT_THE_ENDS, "").re_replace(_APOSTROPHE, r"\1")
    return cast("StringValue", bare.re_replace(_WHOLE, r"\1"))


def _written_out(text: "StringValue", visible: "StringValue") -> "StringValue":
    """Return an id, or what is visible of it; NULL if that is nothing. 1.2346E4 becomes 12346."""
    is_exact = ibis.ifelse(_is_scientific(visible), _exponent(visible) <= _decimals(visible), False)
    number = visible.replace(",", ".").try_cast("float64")
    integer = number.try_cast("int64")
    is_integer = is_exact & (number == integer.cast("float64"))
    written_out = ibis.ifelse(is_integer, integer.cast("string"), visible).nullif("")
    return cast("StringValue", ibis.ifelse(text.re_search(_PLAIN), text, written_out))


def tidy_customer(text: "StringValue") -> "StringValue":
    """Return a tidy customer id; an email address in lower case, without mailto:."""
    return _address(tidy(text).re_replace(_MAILTO, ""))


def with_tidy(rows: "Table", name: str) -> "Table":
    """Return rows with a tidy id in place of the one in a column, as `tidy` writes it."""
    # Each step in a subquery, as each is used several times: DuckDB would plan a much longer
    # statement.
    visible = rows.mutate(**{_VISIBLE: _visible(cast("StringValue", rows[name]))})
    text, bare = visible[name], visible[_VISIBLE]
    tidied = _written_out(cast("StringValue", text), cast("StringValue", bare))
    return visible.mutate(**{name: tidied}).drop(_VISIBLE)


def with_tidy_customer(customers: "Table", name: str) -> "Table":
    """Return customers with their tidy id as a column."""
    tidied = with_tidy(customers.mutate(**{name: customers.customer_id}), name)
    bare = tidied.mutate(**{name: tidied[name].re_replace(_MAILTO, "")})
    return bare.mutate(**{name: _address(bare[name])})


def _address(customer: "StringValue") -> "StringValue":
    """Return a customer id; an email address in lower case."""
    is_email = customer.re_search(_EMAIL)
    return cast("StringValue", ibis.ifelse(is_email, customer.lower(), customer))


def is_email(customer: "StringValue") -> "BooleanValue":
    """Return whether a tidy customer id is an email address, with or without mailto:."""
    return customer.re_search(_EMAIL)


def customer_as_stored(text: str) -> str:
    """Return how a warehouse stores a customer id that a person has typed, as `tidy_customer`."""
    bare = re.sub(_BLANKS, " ", re.sub(_INVISIBLE, "", text)).strip()
    bare = re.sub(_MAILTO, "", re.sub(_FORMULA, r"\1", bare).strip())
    return bare.lower() if re.search(_EMAIL, bare) else bare


def tidy_ids(lines: "Table") -> "Table":
    """Return lines with tidy orders, customers and products."""
    return lines.mutate(**{name: _tidy(name, lines[name]) for name in ID_COLUMNS})


@cached_expression
def suspect_ids(lines: "Table") -> "Table":
    """Return one row per column of ids: suspects and words, a cheap test before others.

    The suspects are how many different ids may be untidy. The words are how many customers may be
    words for nobody.
    """
    # Not as a filter, which DuckDB would apply to every line before it looks for different ids.
    return cast("Table", ibis.union(*(_suspects(name, lines) for name in ID_COLUMNS)))


def _suspects(name: str, lines: "Table") -> "Table":
    ids = _different(lines, name)
    suspects = ids.id.re_search(_SUSPECT).cast("int64").sum()
    if name != "customer_id":
        return ids.aggregate(suspects=suspects).mutate(words=ibis.literal(0, "int64"))
    return ids.aggregate(suspects=suspects, words=ids.id.re_search(_NAMED).cast("int64").sum())


@cached_expression
def untidy_ids(lines: "Table", joined: "Sequence[str]" = ()) -> "Table":
    """Return one row per column of ids: column, untidy (how many), shortened (an example).

    A shortened id has lost digits in a spreadsheet, such as 1.23457E+11. In columns that are
    `joined` from several, any part can have.
    """
    columns = (_untidy(name, lines, is_joined=name in joined) for name in ID_COLUMNS)
    return cast("Table", ibis.union(*columns))


def _untidy(name: str, lines: "Table", *, is_joined: bool) -> "Table":
    ids = _different(lines, name)
    is_odd = ~ids.id.re_search(_PLAIN)
    is_untidy = (ids.id != _tidy(name, ids.id)).fill_null(True)
    is_shortened = _is_scientific(ids.id) & (_exponent(ids.id) > _decimals(ids.id))
    if is_joined:
        is_shortened |= ids.id.re_search(_SHORTENED_PART)
    return ids.aggregate(
        untidy=ibis.ifelse(is_odd, is_untidy, False).cast("int64").sum(),
        shortened=ibis.ifelse(ibis.ifelse(is_odd, is_shortened, False), ids.id, None).min(),
    ).select(column=ibis.literal(name), untidy="untidy", shortened="shortened")


def _different(lines: "Table", name: str) -> "Table":
    return cast("Table", lines.select(id=lines[name]).distinct())


def _tidy(name: str, id_: "StringValue") -> "StringValue":
    if name == "customer_id":
        return tidy_customer(id_)
    if name == "product_id":
        return cast("StringValue", tidy(id_).upper())
    return cast("StringValue", ibis.coalesce(tidy(id_), id_))  # an order needs a number


def _is_scientific(text: "StringValue") -> "BooleanValue":
    is_number = (text.re_search(_SCIENTIFIC), ~text.re_search(_NO_MARK))
    return cast("BooleanValue", reduce(and_, is_number))


def _exponent(text: "StringValue") -> "Value":
    return text.re_extract(r"[Ee]\+?(\d+)$", 1).nullif("").try_cast("int64")


def _decimals(text: "StringValue") -> "Value":
    return text.re_extract(r"^\d[.,](\d+)[Ee]", 1).length()
