"""Currencies: which ones a source has, and its lines in the one that counts.

A currency comes from a column of its own or from the sign or code in the cell of the amount.
Amounts in different currencies are never added up: a profile selects one or gives rates.
"""

from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.errors import SourceError
from regulars.core.expressions import money, total, with_ascii_digits
from regulars.core.formatting import counted
from regulars.sources.profiles.currencies import SIGNS, Currencies, may_be_same
from regulars.sources.profiles.profile import Profile
from regulars.transform.staging.money_columns import AMOUNTS, CURRENCY
from regulars.transform.staging.prices import product
from regulars.transform.staging.rules import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from ibis.expr.types import BooleanValue, NumericValue, StringValue, Table, Value

_NOT_SELECTED = "The amount is not in the currency that the profile selects."
_NO_RATE = "The profile has no rate for the currency of the amount."
_NO_RATE_OF_DAY = "There is no rate for the currency of the amount on the day of the order."
_NUMBER = "[-−–—+0-9.,'’()% \u00a0\u202f]+"
DAILY_RATES = {"rate_currency": "string", "rate_day": "date", "rate_of_day": "decimal(18, 8)"}
"""The columns of a table with the rate of each currency on each day."""

_AMOUNTS = ("unit_price", "gross_amount", "discount_amount", "net_amount")


def currency_name(column: "Value", amount: "Value") -> "StringValue":
    """Return how a line names its currency: in its column, or else in the text of its amount."""
    signs = [_sign(cast("StringValue", amount))] if amount.type().is_string() else []
    return cast("StringValue", ibis.coalesce(column.cast("string"), *signs).upper())


def currency_code(name: "StringValue") -> "StringValue":
    """Return the code of a currency by the name in `currency_name`: EUR for €."""
    bare = ibis.ifelse(name.endswith("."), name.left(name.length() - 1), name)
    return cast("StringValue", bare.cases(*SIGNS.items(), else_=name))


def _sign(amount: "StringValue") -> "StringValue":
    """Return what is written around a number; NULL for a plain number."""
    is_plain = amount.try_cast("float64").notnull()
    return cast(
        "StringValue",
        ibis.ifelse(
            is_plain,
            ibis.null("string"),
            with_ascii_digits(amount).re_replace(_NUMBER, "").nullif(""),
        ),
    )


def is_chosen(profile: Profile) -> bool:
    """Return whether the profile says what to do with several currencies."""
    return bool(profile.formats.currency or profile.currencies.base)


def may_fail(currency: "StringValue", profile: Profile) -> "BooleanValue":
    """Return whether a line is quarantined unless its order gives it another currency."""
    known = [profile.formats.currency or profile.currencies.base, *profile.currencies.rates]
    return cast("BooleanValue", currency.isnull() | currency.notin(known))


def amounts_by_currency(lines: "Table") -> "Table":
    """Return the readable lines by currency: currency (NULL if none is given), rows, amount."""
    valid = lines.filter(lines.reasons.isnull())
    sums = valid.group_by(currency=valid[CURRENCY]).aggregate(
        rows=valid.count(), amount=total(valid.net_amount)
    )
    return sums.order_by(sums.rows.desc(), sums.currency)


def with_currency_of_order(lines: "Table") -> "Table":
    """Return lines with a currency that is given once per order on all lines of the order."""
    order = ibis.window(group_by=[lines.source_id, lines.order_id])
    given = ibis.coalesce(lines[CURRENCY], lines[CURRENCY].max().over(order))
    return lines.mutate(**{CURRENCY: given})


def daily_rates(currencies: Currencies, until: date) -> "Iterator[tuple[str, date, str]]":
    """Yield a row of `DAILY_RATES` for each currency and each day from its first rate on."""
    for code, rates in groupby(currencies.dated, key=lambda rate: rate[0]):
        last = (code, until + timedelta(days=1), "")
        for (_, day, rate), (_, next_day, _) in pairwise([*rates, last]):
            for number in range((next_day - day).days):
                yield code, day + timedelta(days=number), rate


def in_one_currency(lines: "Table", profile: Profile, rates: "Table | None" = None) -> "Table":
    """Return lines in the currency of the profile: selected, or converted with its rates.

    Other lines get a reason for the quarantine. `rates` are the rates by day, if it has any.
    """
    filled = with_currency_of_order(lines)
    currency = filled[CURRENCY]
    if profile.formats.currency:
        return _failed_unless(filled, currency == profile.formats.currency, _NOT_SELECTED)
    if rates is None:
        return _converted(filled, profile.currencies, ibis.null("decimal(18, 8)"), _NO_RATE)
    is_of_day = (
        filled[CURRENCY] == rates.rate_currency,
        filled.ordered_at.date() == rates.rate_day,
    )
    joined = filled.left_join(rates, is_of_day)
    converted = _converted(joined, profile.currencies, joined.rate_of_day, _NO_RATE_OF_DAY)
    return converted.select(*filled.columns)


def _converted(
    lines: "Table", currencies: Currencies, rate_of_day: "NumericValue", reason: str
) -> "Table":
    currency = lines[CURRENCY]
    branches = [(currency == code, _literal(rate)) for code, rate in currencies.rates.items()]
    fixed = ibis.cases((currency == currencies.base, _literal("1")), *branches)
    rate = cast("NumericValue", ibis.coalesce(fixed, rate_of_day))
    checked = _failed_unless(lines, rate.notnull(), reason)
    given = [name for name in AMOUNTS if name in checked.columns]
    converted = {name: product(checked[name], rate) for name in (*_AMOUNTS, *given)}
    converted["net_amount"] = money(converted["gross_amount"] - converted["discount_amount"])
    return checked.mutate(**converted)


def _literal(rate: str) -> "NumericValue":
    return cast("NumericValue", ibis.literal(rate).cast("decimal(18, 8)"))


def _failed_unless(lines: "Table", passes: "BooleanValue", reason: str) -> "Table":
    joined = ibis.ifelse(lines.reasons.isnull(), reason, lines.reasons + SEPARATOR + reason)
    reasons = ibis.ifelse(passes.fill_null(False), lines.reasons, joined)
    # An amount in another currency must not enter any sum, not even that of the quarantine.
    amounts = {name: ibis.ifelse(passes.fill_null(False), lines[name], None) for name in _AMOUNTS}
    original = ibis.ifelse(reasons.isnull(), None, lines.original)
    return lines.mutate(reasons=reasons, original=original, **amounts)


def check_one_currency(source: str, sums: "Sequence[Mapping[str, Any]]") -> None:
    """Raise SourceError if amounts are in several currencies, with the sum of each.

    `sums` are the rows of `amounts_by_currency`.
    """
    found = [row for row in sums if row["currency"] is not None]
    if len(found) < 2 or (len(found) == 2 and may_be_same(*(row["currency"] for row in found))):
        return
    listed = [f"  {_in_words(row)}" for row in sums]
    first, *others = (row["currency"] for row in found)
    raise SourceError(
        "\n".join([
            f"{source} has amounts in {len(found)} currencies, which cannot be added up:",
            *listed,
            "Count only one of them, or convert the others into it. To count only one, and "
            "quarantine rows in the others, write in your profile:",
            f'  [formats]\n  currency = "{first}"',
            f"To convert them, write what one unit of each is worth in {first}:",
            f'  [currencies]\n  base = "{first}"',
            *(f'  "{code}" = "?"   # a number: {first} for 1 {code}' for code in others),
        ])
    )  # fmt: skip


def _in_words(row: "Mapping[str, Any]") -> str:
    rows = counted(row["rows"], "row", "rows")
    return f"{row['currency'] or 'no currency'} {row['amount']:,.2f} ({rows})"
