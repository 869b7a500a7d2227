"""From a source's rows to our sales lines: mapped, typed, judged, and their kind told."""

from typing import TYPE_CHECKING, Literal, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

from regulars.core.expressions import equals_any, local_time, money, ratio, trimmed
from regulars.core.schema import LINE_COLUMNS, MONEY, QUANTITY, RATE
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.profile import KindRule
from regulars.transform.staging.dates import read_time
from regulars.transform.staging.formats import ReadAs
from regulars.transform.staging.kinds import kind
from regulars.transform.staging.numbers import read_number
from regulars.transform.staging.people import marked, person
from regulars.transform.staging.rules import reasons

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibis.expr.types import NumericValue, StringValue, Table, TimestampValue, Value

_NO_VALUE = ("NULL", "NAN", "NONE", "N/A", "#N/A", "<NA>")
"""What programs write for an empty id. Taken for a name, it would be the shop's best customer."""

_RAW = "raw: "

_TOLD = "told: "
"""What heads the cells that tell of people, trimmed."""

LARGEST_MONEY = 1e14
SAFE_IN_64_BITS = 1e6
"""Below this a product fits 64 bits at twelve decimals, the most that two of our decimals have."""


def sales_lines(
    table: "Table",
    mapping: ColumnMapping,
    read_as: ReadAs,
    *,
    source_id: int,
    latest_plausible: "datetime",
    kinds: "tuple[str, ...] | Literal['all']" = "all",
) -> "Table":
    """Return a source's rows as typed lines, one for one, in the source's order.

    Columns: those of `tables.LINE_COLUMNS`, then gross_amount, discount_amount and net_amount
    (money), kind, source_id, source_row (empty where position tells it), reasons (empty where the
    line is understood) and original (the row as it stood, as JSON, where it is not). What names
    people is no part of that, but stands in columns of its own behind (`staging.people`).
    """
    typed = _typed(table, mapping, read_as, latest_plausible)
    priced = _priced(typed, read_as)
    judged = priced.mutate(reasons=reasons(priced), kind=kind(priced, mapping.profile.kinds, kinds))
    return judged.select(
        *LINE_COLUMNS,
        "gross_amount",
        "discount_amount",
        "net_amount",
        "kind",
        source_id=ibis.literal(source_id, "int32"),
        reasons=judged.reasons,
        original=ibis.ifelse(
            judged.reasons.notnull(), _original(judged, mapping, table.columns), None
        ),
        source_row=judged[_RAW + "source_row"] if _has_row_numbers(table) else ibis.null("int64"),
        **_person(judged, mapping),
    )


def filled(
    lines: "Table",
    columns: "Sequence[str]",
    rules: "Sequence[KindRule]",
    kinds: "tuple[str, ...] | Literal['all']" = "all",
) -> "Table":
    """Return lines in which columns given once an order stand on all of its lines.

    The kind is told again, for it may hang on what was filled in.
    """
    same_order = ibis.window(group_by=[lines.source_id, lines.order_id])
    whole = lines.mutate(
        **{name: ibis.coalesce(lines[name], lines[name].max().over(same_order)) for name in columns}
    )
    return whole.mutate(kind=kind(whole, rules, kinds))


def _typed(
    table: "Table", mapping: ColumnMapping, read_as: ReadAs, latest_plausible: "datetime"
) -> "Table":
    given = _trimmed(table, mapping)
    category, subcategory = _text(given.category), _text(given.subcategory)
    product_name = ibis.coalesce(_text(given.product_name), subcategory, category)
    return given.mutate(
        order_id=identifier(given.order_id),
        ordered_at=_time(given.ordered_at, read_as),
        customer_id=identifier(given.customer_id),
        product_id=_product_id(given, product_name, has_codes="product_id" in mapping.columns),
        product_name=product_name,
        category=category,
        subcategory=subcategory,
        quantity=_number(given.quantity, read_as, QUANTITY),
        unit_price=_number(given.unit_price, read_as, MONEY),
        # Read as money, not as a rate: it may be an amount or a percentage.
        given_discount=_number(_discount(given.discount, read_as), read_as, "decimal(18, 6)"),
        has_discount=given.discount.notnull(),
        location=_text(given.location),
        status=_text(given.status),
        latest_plausible=ibis.literal(latest_plausible, "timestamp(6)"),
        # As text: a telephone number may stand there as a number.
        **{_TOLD + name: identifier(given[_TOLD + name]) for name in _naming(mapping)},
    )


def _trimmed(table: "Table", mapping: ColumnMapping) -> "Table":
    """Return our columns as they were given, text without blanks round it, beside the raw ones."""

    def column(ours: str) -> "Value":
        if ours not in mapping.columns:
            return ibis.null("string")
        return _bare(table[mapping.columns[ours]])

    raw = {_RAW + name: table[name] for name in table.columns}
    told = {_TOLD + name: _bare(table[name]) for name in _naming(mapping)}
    return table.select(**{ours: column(ours) for ours in LINE_COLUMNS}, **raw, **told)


def _bare(cell: "Value") -> "Value":
    """Return a cell, text without blanks round it."""
    return trimmed(cell) if cell.type().is_string() else cell


def _priced(lines: "Table", read_as: ReadAs) -> "Table":
    """Add the amounts of each line, each rounded once, to four decimals."""
    gross = _amount(lines.quantity, lines.unit_price)
    given = ibis.coalesce(lines.given_discount, 0)
    if read_as.discount == "amount":
        # Money off the whole line, whichever sign the line and the discount bear.
        taken = money(ibis.ifelse(gross < 0, -given.abs(), given.abs()))
        rate = ibis.coalesce(ratio(taken, gross), 0)
        possible = taken.abs() <= gross.abs()
    else:
        rate = given if read_as.discount == "fraction" else _hundredths(given)
        taken, possible = _amount(gross, rate), given >= 0
    unreadable = lines.has_discount & lines.given_discount.isnull()
    possible = possible.fill_null(True) & ~unreadable & rate.between(0, 1)
    return lines.mutate(
        discount=rate.try_cast(RATE),
        gross_amount=gross,
        discount_amount=taken,
        net_amount=money(gross - taken),
        is_discount_possible=possible,
    )


def _amount(one: "NumericValue", other: "NumericValue") -> "NumericValue":
    """Return the product of two decimals as money, empty where it is too large to be money.

    DuckDB multiplies decimals of up to 18 digits in 64 bits and fails where they do not suffice;
    wider ones cost fifteen times as much, so only the few large products take that way. One digit
    wider is enough; any more and Spark, which has 38, drops decimals. Ibis thinks a product has
    the type of its parts and would leave the cast out: hence the operation.
    """
    size = (one.cast("float64") * other.cast("float64")).abs()
    narrow = ops.TryCast(one * other, to=MONEY).to_expr()
    wide = ops.TryCast(one * other.cast(f"decimal(19, {_scale(other)})"), to=MONEY)
    in_turn = ((size < SAFE_IN_64_BITS, narrow), (size < LARGEST_MONEY, wide.to_expr()))
    return cast("NumericValue", ibis.cases(*in_turn))


def _scale(number: "NumericValue") -> int:
    return int(cast("dt.Decimal", number.type()).scale or 0)


def _hundredths(percent: "NumericValue") -> "NumericValue":
    """Return a percentage as an exact fraction: 12.5 is 0.125; empty beyond all sense."""
    fraction = percent * ibis.literal("0.01").cast("decimal(3, 2)")
    return cast("NumericValue", ops.TryCast(fraction, to="decimal(18, 8)").to_expr())


def identifier(value: "Value") -> "StringValue":
    """Return an id as text: 12346.0 as 12346, and nothing for "NULL" and its like."""
    if value.type().is_decimal():
        return cast("StringValue", value.cast("string").re_replace(r"\.0+$", ""))
    if value.type().is_floating():
        number = value.cast("float64")
        whole = number.try_cast("int64")  # empty for a NaN, which is no name
        is_whole = number == whole.cast("float64")
        parted = ibis.ifelse(number.isnan(), None, value.cast("string"))
        return cast("StringValue", ibis.ifelse(is_whole, whole.cast("string"), parted))
    text = _text(value)
    # Each cheap question keeps most rows from the dear one behind it.
    is_short = text.length() <= max(map(len, _NO_VALUE))
    is_blank = ibis.ifelse(is_short, equals_any(text.upper(), _NO_VALUE), False)
    is_whole = ibis.ifelse(text.endswith(".0"), text.re_search(r"^-?\d+\.0$"), False)
    without_point = text.left(text.length() - len(".0"))
    return cast("StringValue", ibis.cases((is_blank, None), (is_whole, without_point), else_=text))


def _text(value: "Value") -> "StringValue":
    return cast("StringValue", value if value.type().is_string() else value.cast("string"))


def _product_id(given: "Table", product_name: "StringValue", *, has_codes: bool) -> "StringValue":
    """Return the product code in capitals, or, where there is none, one made of what names it.

    Made codes hang on the row alone, so they are the same in every file and every load.
    """
    if has_codes:
        codes = ibis.coalesce(identifier(given.product_id), product_name)
        return cast("StringValue", codes.upper())
    parts = [_text(given[name]) for name in ("category", "subcategory", "product_name")]
    named = [ibis.ifelse(part.notnull(), " / " + part, "") for part in parts]
    made = (named[0] + named[1] + named[2]).substr(len(" / "))
    return cast("StringValue", made.nullif("").upper())


def _time(value: "Value", read_as: ReadAs) -> "TimestampValue":
    """Return when it was, in local time. A column that is neither text nor time holds no dates."""
    type_ = value.type()
    if type_.is_string():
        formats, zoned, timezone = read_as.date_formats, read_as.zoned, read_as.timezone
        time = read_time(cast("StringValue", value), formats, zoned=zoned, timezone=timezone)
    elif type_.is_timestamp() and type_.timezone:
        # A cast would convert to the zone of whatever machine this runs on.
        time = local_time(read_as.timezone or "UTC", value)
    elif type_.is_timestamp() or type_.is_date():
        time = value
    else:
        time = ibis.null("timestamp")
    return cast("TimestampValue", time.cast("timestamp(6)"))


def _number(value: "Value", read_as: ReadAs, type_: str) -> "NumericValue":
    if value.type().is_string():
        return read_number(cast("StringValue", value), read_as.decimal, type_)
    return cast("NumericValue", value.try_cast(type_))


def _discount(value: "Value", read_as: ReadAs) -> "Value":
    """Return a discount without the sign of a column of percentages; elsewhere 5% is no number."""
    if read_as.discount != "percent" or not value.type().is_string():
        return value
    return ibis.ifelse(value.endswith("%"), value.re_replace(r"\s*%$", ""), value)


def _has_row_numbers(table: "Table") -> bool:
    return "source_row" in table.columns


def _original(lines: "Table", mapping: ColumnMapping, columns: "Sequence[str]") -> "StringValue":
    """Return the cells as they stood, as JSON; in place of what names people, a pseudonym."""
    apart = mapping.people.source_columns if mapping.people else ()
    names = [name for name in columns if name not in ("source_row", *apart)]
    cells = {name: _shown(lines[_RAW + name]) for name in names}
    if mapping.people and mapping.people.pseudonyms:
        cells[mapping.columns["customer_id"]] = marked(lines.customer_id)
    return cast("StringValue", ibis.struct(cells).cast("json").cast("string"))


def _person(lines: "Table", mapping: ColumnMapping) -> "dict[str, Value]":
    """Return what the rows say of people."""
    if mapping.people is None:
        return {}
    return person(mapping.people, {name: lines[_TOLD + name] for name in _naming(mapping)})


def _naming(mapping: ColumnMapping) -> "list[str]":
    """Return the columns of the source that tell who people are."""
    if mapping.people is None:
        return []
    told = (name for names in mapping.people.columns.values() for name in names)
    return list(dict.fromkeys(told))


def _shown(cell: "Value") -> "Value":
    """Return a cell as JSON can show it: times as text, and nothing where a number is none."""
    if cell.type().is_timestamp() or cell.type().is_date():
        return cell.cast("string")
    if cell.type().is_floating():
        number = cell.cast("float64")
        return ibis.ifelse(number.isnan() | number.isinf(), None, number)
    return cell
