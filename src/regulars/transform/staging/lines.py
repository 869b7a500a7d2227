"""Order lines from the rows of a source: mapped, typed, validated and classified."""

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Literal, cast

import ibis

from regulars.core.cached import cached_expression
from regulars.core.expressions import equals_any, trimmed
from regulars.core.schema import LINE_COLUMNS, MAPPED_COLUMNS
from regulars.sources.profiles.kind_rules import KindRule
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.people import Nobody
from regulars.sources.profiles.totals import shipping_in, taxes_in, totals_in
from regulars.sources.profiles.unused_money import unused_in
from regulars.transform.staging.control_sums import SHIPPING, TAX, TOTAL, UNUSED
from regulars.transform.staging.currencies import currency_code, currency_name, is_chosen, may_fail
from regulars.transform.staging.dates import read_time
from regulars.transform.staging.formats import SourceFormats
from regulars.transform.staging.identifiers import identifier, tidy, tidy_customer, tidy_ids
from regulars.transform.staging.joined_files import unmatched_reasons
from regulars.transform.staging.kinds import is_testable, kind, refilled_kind, signed
from regulars.transform.staging.money_columns import CURRENCY, money_columns
from regulars.transform.staging.nobody import is_nobody
from regulars.transform.staging.original_rows import json_cell
from regulars.transform.staging.other_rows import reason_to_skip
from regulars.transform.staging.people import marked_pseudonym, person_data
from regulars.transform.staging.prices import order_money, priced, read_discount
from regulars.transform.staging.rules import reasons
from regulars.transform.staging.state_cells import STATE, state_cell, state_cells
from regulars.transform.staging.states import StateRule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ibis.expr.types import BooleanValue, NumericValue, StringValue, Table, Value

_RAW = "raw: "
"""The prefix of the cells of the source."""

_PERSON_CELL = "person cell: "
"""The prefix of the cells with personal data, trimmed."""


@cached_expression
def sales_lines(
    table: "Table",
    mapping: ColumnMapping,
    formats: SourceFormats,
    *,
    latest_plausible: "datetime",
    kinds: "tuple[str, ...] | Literal['all']" = "all",
) -> "Table":
    """Return the rows of a source as typed lines, one line per row, in the order of the source.

    The columns are those of `core.schema.LINE_COLUMNS`, then gross_amount, discount_amount,
    net_amount (money), kind, source_row (NULL if the position gives it), reasons (NULL if the line
    passes every rule) and original (the row as JSON if it does not). Personal data are not in
    original; they follow in columns of their own (`staging.people`), as do the cells of state
    columns (`staging.states`).
    """
    typed = _typed(table, mapping, formats, latest_plausible)
    is_total = "line_total" in mapping.columns or formats.price == "line"
    amounts = priced(typed, formats, is_total=is_total)
    named = amounts.mutate(
        **{STATE + name: state_cell(amounts[_RAW + name]) for name in formats.states.names},
        **({CURRENCY: currency_code(amounts[CURRENCY])} if CURRENCY in amounts.columns else {}),
    )
    cells = {name: named[_RAW + name] for name in table.columns if name != "source_row"}
    rules = formats.states.rules
    judged = named.mutate(
        reasons=ibis.coalesce(
            reason_to_skip(named, cells, mapping, formats.totals),
            *unmatched_reasons(cells, mapping.profile.files),
            reasons(named),
        ),
        kind=kind(named, rules, kinds),
    )
    checked = signed(judged, rules)
    # Amounts and kinds are computed from every decimal of the source, before the types cut any.
    rounded = ("quantity", "unit_price") if formats.exact else ()
    stored = {name: checked[name].try_cast(LINE_COLUMNS[name].type) for name in rounded}
    return checked.select(
        **{name: stored.get(name, checked[name]) for name in LINE_COLUMNS},
        **{name: checked[name] for name in ("gross_amount", "discount_amount", "net_amount")},
        kind=checked.kind,
        reasons=checked.reasons,
        original=ibis.ifelse(
            _may_be_quarantined(checked, mapping), _original(checked, mapping, table.columns), None
        ),
        source_row=(
            checked[_RAW + "source_row"] if "source_row" in table.columns else ibis.null("int64")
        ),
        **_person_data(checked, mapping),
        **{name: checked[name] for name in money_columns(checked)},
        **{name: checked[name] for name in state_cells(checked)},
    )


def fill_order_columns(
    lines: "Table",
    columns: "Sequence[str]",
    rules: "Sequence[KindRule | StateRule]",
    kinds: "tuple[str, ...] | Literal['all']" = "all",
    *,
    is_final: bool = False,
) -> "Table":
    """Return lines with columns that are given once per order filled on all lines of the order.

    The kind is computed again because it can depend on these columns. `is_final` means that the
    state columns are not stored beside the lines: a line that was not a sale stays so, and if
    an order was cancelled or is a test, all of its lines are.
    """
    order = ibis.window(group_by=["source_id", "order_id"])
    filled = lines.mutate(
        **{name: ibis.coalesce(lines[name], lines[name].max().over(order)) for name in columns}
    )
    again = kind(filled, rules, kinds)
    if not is_final and all(is_testable(rule, lines) for rule in rules):
        return refilled_kind(filled, again)
    kept = refilled_kind(filled, ibis.ifelse(filled.kind == "sale", again, filled.kind))
    no_sale = kept.kind.max(where=kept.kind.isin(("cancelled", "test"))).over(order)
    return kept.mutate(kind=ibis.ifelse(kept.kind == "sale", no_sale.fill_null("sale"), kept.kind))


@cached_expression
def with_exact_ids(lines: "Table", nobody: "Sequence[str]", is_untidy: bool) -> "Table":
    """Return lines without a customer where there is one of the words `nobody`.

    If they are untidy, all ids are written as `tidy_ids` does.
    """
    tidied = tidy_ids(lines) if is_untidy else lines
    if not nobody:
        return tidied
    is_word = equals_any(tidied.customer_id, nobody)
    return tidied.mutate(customer_id=ibis.ifelse(is_word, None, tidied.customer_id))


def _known(customer: "StringValue", nobody: Nobody) -> "StringValue":
    """Return a customer id; NULL for a word for nobody."""
    return cast(
        "StringValue", ibis.ifelse(is_nobody(customer, nobody), ibis.null("string"), customer)
    )


def _typed(
    table: "Table", mapping: ColumnMapping, formats: SourceFormats, latest_plausible: "datetime"
) -> "Table":
    given = _trimmed(table, mapping)
    category, subcategory = _text(given.category), _text(given.subcategory)
    product_name = ibis.coalesce(_text(given.product_name), subcategory, category)
    return given.mutate(
        order_id=identifier(given.order_id),
        ordered_at=read_time(given.ordered_at, formats.times),
        customer_id=identifier(given.customer_id, no_value=()),  # see nobody.py
        product_id=_product_id(given, product_name, has_codes="product_id" in mapping.columns),
        product_name=product_name,
        category=category,
        subcategory=subcategory,
        quantity=formats.read_number(given.quantity, "quantity"),
        unit_price=_read_price(given, mapping, formats),
        **(read_discount(given, formats) if "discount" in mapping.columns else {}),
        location=_text(given.location),
        store=tidy(given.store) if "store" in mapping.columns else given.store,
        status=_text(given.status),
        **_currency(given, mapping),
        **order_money(given, mapping.columns, formats),
        **{
            name: formats.read_amount(_trim(given[_RAW + theirs]))
            for name, theirs in stated_columns(table.columns, mapping, formats).items()
        },
        latest_plausible=ibis.literal(latest_plausible, "timestamp(6)"),
        # A phone number can be stored as a number.
        **{
            _PERSON_CELL + name: identifier(given[_PERSON_CELL + name])
            for name in _person_columns(mapping)
        },
    )


def _trimmed(table: "Table", mapping: ColumnMapping) -> "Table":
    """Return our columns with trimmed text, and the cells of the source as they are."""

    def column(name: str) -> "Value":
        if name not in mapping.columns:
            return ibis.null("string")
        cell = _trim(table[mapping.columns[name]])
        return identifier(cell) if name == "store" else cell

    raw = {_RAW + name: table[name] for name in table.columns}
    people = {_PERSON_CELL + name: _trim(table[name]) for name in _person_columns(mapping)}
    return table.select(**{name: column(name) for name in MAPPED_COLUMNS}, **raw, **people)


def _trim(cell: "Value") -> "Value":
    return trimmed(cell) if cell.type().is_string() else cell


def _text(value: "Value") -> "StringValue":
    return cast("StringValue", value if value.type().is_string() else value.cast("string"))


def _product_id(given: "Table", product_name: "StringValue", *, has_codes: bool) -> "StringValue":
    """Return the product code in capitals; without codes, one built from category and name.

    A built code depends only on its row, so it is the same in every file and load.
    """
    if has_codes:
        codes = identifier(given.product_id).upper()
        return cast("StringValue", ibis.coalesce(codes, _capitals(product_name)))
    parts = [_text(given[name]) for name in ("category", "subcategory", "product_name")]
    joined = reduce(add, (ibis.ifelse(part.notnull(), " / " + part, "") for part in parts))
    return _capitals(joined.substr(len(" / ")).nullif(""))


def _capitals(name: "StringValue") -> "StringValue":
    """Return a name in capitals: STRASSE for Straße, as everybody writes it, on every engine."""
    return cast("StringValue", name.replace("ß", "ss").upper())


def stated_columns(
    columns: "Sequence[str]", mapping: ColumnMapping, formats: SourceFormats
) -> dict[str, str]:
    """Return the columns of a source with money to check, by their name when staged.

    Those are totals, taxes and shipping beside a total, and discounts and refunds not mapped.
    """
    unused = {UNUSED + name: name for name in unused_in(columns, mapping, formats.states.names)}
    subtotal = mapping.columns.get("order_subtotal")
    totals = [*([subtotal] if subtotal else []), *totals_in(columns, mapping)]
    if not totals:
        return unused
    return unused | {
        prefix + name: name
        for prefix, names in (
            (TOTAL, totals),
            (TAX, taxes_in(columns, mapping)),
            (SHIPPING, shipping_in(columns, mapping)),
        )
        for name in names
    }


def stated_amounts(table: "Table", mapping: ColumnMapping, formats: SourceFormats) -> "Table":
    """Return the amounts of rows as numbers: quantity, price, discount, and `stated_columns`."""
    given = _trimmed(table, mapping)
    discount = given.discount
    if discount.type().is_string():
        discount = discount.re_replace(r"\s*%$", "")
    return given.select(
        quantity=formats.read_number(given.quantity, "quantity"),
        price=_read_price(given, mapping, formats),
        discount=formats.read_number(discount, "discount"),
        **{
            name: formats.read_amount(_trim(given[_RAW + theirs]))
            for name, theirs in stated_columns(table.columns, mapping, formats).items()
        },
    )


def _price(given: "Table", mapping: ColumnMapping) -> "Value":
    """Return the cells with the price: of a unit, or of the line if only that is mapped."""
    return given.line_total if "line_total" in mapping.columns else given.unit_price


def _read_price(given: "Table", mapping: ColumnMapping, formats: SourceFormats) -> "NumericValue":
    name = "line_total" if "line_total" in mapping.columns else "unit_price"
    return formats.read_number(_price(given, mapping), name)


def _currency(given: "Table", mapping: ColumnMapping) -> "dict[str, Value]":
    """Return how lines name their currency; nothing if no cell can name one."""
    price = _price(given, mapping)
    if "currency" not in mapping.columns and not price.type().is_string():
        return {}
    return {CURRENCY: currency_name(given.currency, price)}


def _may_be_quarantined(lines: "Table", mapping: ColumnMapping) -> "BooleanValue":
    """Return whether a line fails a rule, or may fail once the currency of its order is known."""
    if CURRENCY in lines.columns and is_chosen(mapping.profile):
        return lines.reasons.notnull() | may_fail(lines[CURRENCY], mapping.profile)
    return lines.reasons.notnull()


def _original(lines: "Table", mapping: ColumnMapping, columns: "Sequence[str]") -> "StringValue":
    """Return the cells of the source as JSON, without personal data."""
    personal = mapping.people.source_columns if mapping.people else ()
    has_pseudonyms = bool(mapping.people and mapping.people.pseudonyms)
    # The pseudonym is that of a customer with their store, in place of the customer alone.
    customer = mapping.own_column("customer_id") if "customer_id" in mapping.columns else None
    if customer and customer in mapping.built and has_pseudonyms:
        personal = (*personal, *mapping.built[customer].columns)
    names = [name for name in columns if name not in ("source_row", *personal, *mapping.built)]
    cells = {name: json_cell(lines[_RAW + name]) for name in names}
    if customer and has_pseudonyms:
        known = _known(tidy_customer(lines.customer_id), mapping.profile.nobody)
        cells[customer] = marked_pseudonym(known)
    return cast("StringValue", ibis.struct(cells).cast("json").cast("string"))


def _person_data(lines: "Table", mapping: ColumnMapping) -> "dict[str, Value]":
    if mapping.people is None:
        return {}
    return person_data(
        mapping.people, {name: lines[_PERSON_CELL + name] for name in _person_columns(mapping)}
    )


def _person_columns(mapping: ColumnMapping) -> "list[str]":
    """Return the columns of the source with personal data to extract."""
    if mapping.people is None:
        return []
    names = (name for columns in mapping.people.columns.values() for name in columns)
    return list(dict.fromkeys(names))
