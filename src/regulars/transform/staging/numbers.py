"""Numbers: count how each column writes them, then decide once per column how to read it.

A point or comma can separate decimals or thousands: 1.234 is ambiguous, while 0.234, 12.5 and
1.234.567 are not. A column that has only ambiguous numbers is read if the rest of its file uses the
same mark for decimals; otherwise the user must decide.
"""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Literal, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

from regulars.core.errors import AmbiguousFormatError, MixedFormatError
from regulars.core.expressions import count_where, with_ascii_digits
from regulars.sources.profiles.formats import Decimal

if TYPE_CHECKING:
    from ibis.expr.types import NumericValue, StringValue, Table, Value

Mark = Literal["point", "comma", "none"]
"""The decimal mark of a column; "none" if it only has whole numbers without any mark."""

ROUNDED = 5
"""Types with more decimals may round, because no amount depends on the digits after them."""

_BLANKS = "[\u00a0\u2007\u2009\u202f]"
_APOSTROPHES = "[’‘´`]"
_MINUSES = "[−–—]"
_CURRENCY = (
    r"(?:[A-Z]{1,3}\$|[A-Z]{3}|\p{Sc}|[Rr][sp]\.?|RM|[Kk]r\.?|S?Fr\.?|S/\.?|z[łl]\.?|Kč|Ft|TL|lei"
    r"|лв\.?|руб\.?|р\.|円|元|eur|usd|gbp|chf)"
)
_DASH_CENTS = rf"(\d)[.,]-{{1,2}}( ?{_CURRENCY})?$"
"""A price without cents, as tills in Switzerland, Germany and Austria write it: 4.- and 4,--."""
_MEASURES = "kg|g|gr|lbs?|oz|l|ltr|ml|cl|m|cm|mm|ft|yd|m²"
_COUNTS = "x|×|pcs?|pieces?|ea|each|units?|items?|st|stk|stück|pz|pzas?|uds?|un|szt|ks|個|点|枚|本"
_UNITS = rf"(?i)(\d) ?(?:{_MEASURES}|{_COUNTS})\.?$"
"""Units after a quantity."""
_TIMES = r"^[xX×] ?(\d)"
_MEASURE = rf"\d ?({_MEASURES})\.?$"
MARKED_AS_MONEY = rf"^\W*{_CURRENCY}\W*\d|\d\W*{_CURRENCY}$"
_WHOLE_CURRENCY = r"[¥₩₫円]|JPY|KRW|VND|CLP|ISK"
"""Currencies without decimals: a mark in their prices separates thousands."""

_INTEGER = r"\d+|[1-9]\d{0,2}(?:'\d{3})+|[1-9]\d{0,2}(?: \d{3})+"
_INTEGERS: Mapping[Mark, str] = {
    "point": rf"(?:{_INTEGER}|[1-9]\d{{0,2}}(?:,\d{{3}})+|[1-9]\d?(?:,\d{{2}})+,\d{{3}})?",
    "comma": rf"(?:{_INTEGER}|[1-9]\d{{0,2}}(?:\.\d{{3}})+)?",
    "none": f"(?:{_INTEGER})",
}
_DECIMALS: Mapping[Mark, str] = {"point": r"(?:\.{})?", "comma": "(?:,{})?", "none": ""}
_SIMPLE: Mapping[Mark, str] = {"point": r"^-?\d+\.\d\d?$", "comma": r"^-?\d+,\d\d?$"}
_ONLY: Mapping[Mark, str] = {
    "point": r"\d\.(?:\d{0,2}|\d{4,})\D*$|\.\d+[eE]|(?:^|[^\d.,])0*\.\d|(?:^|[^\d.,])0\d*\.\d"
    r"|\d{4}\.\d|\d[,' ]\d{2,3}\.\d|,\d{2,3},\d{3}",
    "comma": r"\d,(?:\d{0,2}|\d{4,})\D*$|,\d+[eE]|(?:^|[^\d.,])0*,\d|(?:^|[^\d.,])0\d*,\d"
    r"|\d{4},\d|\d[.' ]\d{3},\d|\.\d{3}\.\d{3}",
}
"""Numbers that can only be read with this decimal mark."""
_OPEN: Mapping[Mark, str] = {
    "point": r"^\D*[1-9]\d{0,2}\.\d{3}\D*$",
    "comma": r"^\D*[1-9]\d{0,2},\d{3}\D*$",
}
"""Numbers whose mark can separate decimals or thousands."""


def read_number(
    text: "StringValue", mark: Mark, type_: str, *, has_units: bool = False
) -> "NumericValue":
    """Return text as a number of a decimal type; NULL if it is not a number.

    Currency signs and codes, thousands separators, (1.00) and 1.00- are accepted. Other text is
    not, nor is a number that the type would round. `has_units` also accepts 2x and 0.25 kg.
    """
    plain = _plain(text.replace(",", ".") if mark == "comma" else text, type_)
    if mark != "point":
        plain = ibis.ifelse(text.contains("."), None, plain)
    if has_units:
        text = text.re_replace(_UNITS, r"\1").re_replace(_TIMES, r"\1")
    return cast("NumericValue", ibis.coalesce(plain, _bare(text, mark, type_).try_cast(type_)))


def exactly(number: "NumericValue", type_: str) -> "NumericValue":
    """Return a number as a decimal; NULL if the decimal would be another number."""
    decimal = cast("NumericValue", number.try_cast(type_))
    places, given = _scale(dt.dtype(type_)), number.type()
    if places > ROUNDED or not (given.is_floating() or given.is_decimal()):
        return decimal
    if given.is_decimal() and _scale(given) <= places:
        return decimal
    value = number.cast("float64")
    noise = value.abs() * (1e-6 if given.is_float32() else 1e-12)
    is_same = (decimal.cast("float64") - value).abs() <= noise
    return cast("NumericValue", ibis.ifelse(is_same, decimal, None))


def hundredths(number: "NumericValue", type_: str) -> "NumericValue":
    """Return a hundredth of a decimal as a type: 1250 cents are 12.50."""
    product = number * ibis.literal("0.01").cast("decimal(3, 2)")
    # Ibis assumes that a product has the type of its factors and would omit cast().
    return cast("NumericValue", ops.TryCast(product, to=type_).to_expr())


def with_amounts(cells: "Table", names: Sequence[str]) -> "Table":
    """Return cells with the parts of those columns of numbers that are text, for `number_evidence`.

    The columns are other (what is not a plain number), amount (without a currency), is_whole, and
    open_point and open_comma, each after the name of its column.
    """
    # Each in a subquery, as each is used several times: DuckDB would plan a much longer statement.
    names = [name for name in names if cells[name].type().is_string()]
    others = cells.mutate(**{f"{name} other": _not_plain(cells[name]) for name in names})
    other = {name: others[f"{name} other"] for name in names}
    amounts = others.mutate(
        **{f"{name} amount": _without_currency(other[name]) for name in names},
        **{f"{name} is_whole": other[name].re_search(_WHOLE_CURRENCY) for name in names},
    )
    return amounts.mutate(**{
        f"{name} open_{mark}": amounts[f"{name} amount"].re_search(pattern)
        for name in names
        for mark, pattern in _OPEN.items()
    })  # fmt: skip


def _not_plain(text: "StringValue") -> "StringValue":
    """Return text, with NULL for plain numbers, on which DuckDB runs no regular expression."""
    plain = (text.re_search(pattern) for pattern in (*_SIMPLE.values(), r"^-?\d+$"))
    return with_ascii_digits(ibis.ifelse(reduce(or_, plain), None, text))


def _without_currency(text: "StringValue") -> "StringValue":
    tidy = text.re_replace(_BLANKS, " ").re_replace(_APOSTROPHES, "'")
    return cast("StringValue", tidy.re_replace(_CURRENCY, ""))


def number_evidence(cells: "Table", name: str, type_: str) -> dict[str, "Value"]:
    """Return counts over a column of `with_amounts`: its marks, and whether its type rounds."""
    places, value = _scale(dt.dtype(type_)), cells[name]
    if not value.type().is_string():
        number = cast("NumericValue", value)
        if not value.type().is_numeric() or places > ROUNDED:
            return {}
        rounded = exactly(number, type_).isnull() & number.try_cast(type_).notnull()
        return {f"{name}_rounded": count_where(rounded)}
    text = cast("StringValue", value)
    parts = ("other", "amount", "is_whole", "open_point", "open_comma")
    other, amount, is_whole, open_point, open_comma = (cells[f"{name} {part}"] for part in parts)
    simple = {mark: text.re_search(pattern) for mark, pattern in _SIMPLE.items()}
    only = {mark: amount.re_search(pattern) for mark, pattern in _ONLY.items()}
    either = (open_point | open_comma) & ~is_whole
    counts: dict[str, Value] = {
        "point": count_where(simple["point"] | only["point"] | open_comma & is_whole),
        "comma": count_where(simple["comma"] | only["comma"] | open_point & is_whole),
        "open_point": count_where(open_point & ~is_whole),
        "open_comma": count_where(open_comma & ~is_whole),
        "lowest": ibis.ifelse(either, other, None).min(),
        "highest": ibis.ifelse(either, other, None).max(),
    }
    if name == "quantity":
        unit = other.lower().re_extract(_MEASURE, 1).nullif("")
        counts |= {"lowest_unit": unit.min(), "highest_unit": unit.max()}
    if places <= ROUNDED:
        is_long = amount.re_search(rf"[.,]\d{{{places}}}\d*[1-9]|\d[eE]-\d")
        counts["rounded"] = count_where(is_long)
    return {f"{name}_{count}": number for count, number in counts.items()}


def decide_marks(
    source: str,
    columns: Mapping[str, str],
    counts: Mapping[str, Any],
    given: Decimal | Mapping[str, Decimal],
    *,
    likely: Mark = "point",
) -> dict[str, Mark]:
    """Return the decimal mark of each column of numbers that is text.

    columns  the source's column names by ours
    given    the decimal marks that the profile sets
    likely   the mark that an error proposes first

    Raises AmbiguousFormatError if a column can be read in two ways.
    """
    _check_one_unit(source, columns, counts)
    marks: dict[str, Mark] = {}
    open_columns: dict[str, str] = {}
    for name in (name for name in columns if f"{name}_point" in counts):
        wanted = given if isinstance(given, str) else given.get(name, "auto")
        mark = _only_mark(f'{source}: column "{columns[name]}"', name, counts, wanted)
        if mark is None:
            open_columns[name] = columns[name]
        else:
            marks[name] = mark
    decided = set(marks.values()) - {"none"}
    if open_columns and any(decided != {_open_mark(name, counts)} for name in open_columns):
        raise _ambiguous(source, open_columns, counts, likely, is_alone=not decided)
    return marks | {name: cast("Mark", _open_mark(name, counts)) for name in open_columns}


def _check_one_unit(source: str, columns: Mapping[str, str], counts: Mapping[str, Any]) -> None:
    """Raise MixedFormatError if quantities are measured in several units."""
    lowest, highest = counts.get("quantity_lowest_unit"), counts.get("quantity_highest_unit")
    if lowest and lowest != highest:
        raise MixedFormatError(
            f'{source}: column "{columns["quantity"]}" has quantities in {lowest} and in '
            f"{highest}. Write all of them in one unit."
        )


def _only_mark(column: str, name: str, counts: Mapping[str, Any], wanted: Decimal) -> Mark | None:
    """Return the decimal mark that a column wants or must have; None if two are possible.

    Raises AmbiguousFormatError if half of its numbers need one and half the other.
    """
    if wanted != "auto":
        return wanted
    points, commas = counts[f"{name}_point"], counts[f"{name}_comma"]
    if points == commas and points:
        raise MixedFormatError(
            f"{column} mixes decimal points and decimal commas: {points:,} rows each. Split "
            'the file, or set the mark in your profile:\n  [formats]\n  decimal = "point"   # or '
            '"comma", which quarantines the others'
        )
    if points or commas:
        return "point" if points > commas else "comma"
    is_open = counts[f"{name}_open_point"] or counts[f"{name}_open_comma"]
    return None if is_open else "none"


def _open_mark(name: str, counts: Mapping[str, Any]) -> Mark | None:
    """Return the mark of the ambiguous numbers of a column; None if there are two."""
    points, commas = counts[f"{name}_open_point"], counts[f"{name}_open_comma"]
    if points and commas:
        return None
    return "point" if points else "comma"


def _ambiguous(
    source: str,
    columns: Mapping[str, str],
    counts: Mapping[str, Any],
    likely: Mark,
    *,
    is_alone: bool,
) -> AmbiguousFormatError:
    """Return the error for columns whose numbers can all be read in two ways."""
    [first, *_] = columns
    shown = dict.fromkeys([counts[f"{first}_lowest"], counts[f"{first}_highest"]])
    pairs = ", ".join(f'{name} = "{likely}"' for name in columns)
    line = f'decimal = "{likely}"' if is_alone else f"decimal = {{ {pairs} }}"
    return AmbiguousFormatError(
        f'{source}: column "{columns[first]}" writes numbers such as {" and ".join(shown)}, where '
        f"the {_open_mark(first, counts) or 'mark'} can separate decimals or thousands. Set the "
        f"decimal mark in your profile:\n  [formats]\n  {line}   # or "
        f'"{"comma" if likely == "point" else "point"}"'
    )


def _plain(text: "StringValue", type_: str) -> "NumericValue":
    """Return plain text with a decimal point as a number."""
    # DuckDB accepts 1_000 as a number, and casts 5.1e-07 to the decimal 0.0001 unless it passes
    # through a float.
    places = _scale(dt.dtype(type_))
    by_float = text.try_cast("float64").try_cast(type_)
    is_other = text.contains("_")
    if places <= ROUNDED:
        by_float = ibis.ifelse(text.re_search("[eE]-"), None, by_float)
        # Most prices are too short, and need no regular expression.
        more = text.re_search(rf"\.\d{{{places}}}\d*[1-9]")
        is_other = is_other | ibis.ifelse(text.length() > places + 1, more, False)
    has_exponent = text.contains("e") | text.contains("E")
    number = ibis.ifelse(has_exponent, by_float, text.try_cast(type_))
    return cast("NumericValue", ibis.ifelse(is_other, None, number))


def _bare(text: "StringValue", mark: Mark, type_: str) -> "StringValue":
    """Return the sign, digits and decimal point of a well-formed amount; "" for other text."""
    # Each step uses the one before it once: DuckDB computes what is used twice for every row,
    # not only for the few that are not plain numbers.
    places, currency = _scale(dt.dtype(type_)), f" ?{_CURRENCY}? ?"
    decimals = r"\d+" if places > ROUNDED else rf"\d{{1,{places}}}0*"
    number = f"({_INTEGERS[mark]}{_DECIMALS[mark].format(decimals)})"
    negative = (
        rf"^(?:-{currency}|{currency}-){number}{currency}$|^{currency}{number}{currency}-{currency}$"
        rf"|^(?:{currency}\({currency}){number}{currency}\){currency}$"
    )
    text = with_ascii_digits(text)
    tidy = text.re_replace(_BLANKS, " ").re_replace(_APOSTROPHES, "'").re_replace(_MINUSES, "-")
    tidy = tidy.re_replace(_DASH_CENTS, r"\1\2")
    marked = tidy.re_replace(negative, r"=-\1\2\3").re_replace(
        rf"^\+?{currency}\+?{number}{currency}$", r"=\1"
    )
    thousands = "[.' ]" if mark == "comma" else "[,' ]"
    digits = marked.re_extract("^=(.*)$", 1).re_replace(thousands, "").replace(",", ".")
    return cast("StringValue", digits)


def _scale(type_: "dt.DataType") -> int:
    return int(cast("dt.Decimal", type_).scale or 0)
