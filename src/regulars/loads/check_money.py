"""Check the money of one source: its currency, the totals it states, and money per order."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from regulars.engines.protocols import Workspace
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.profile import Profile
from regulars.sources.profiles.unused_money import stated_by
from regulars.transform.staging.control_sums import (
    best_meanings,
    first_difference,
    line_sums,
    order_sums,
    totals_of,
    warning_of,
)
from regulars.transform.staging.currencies import (
    amounts_by_currency,
    check_one_currency,
    is_chosen,
    with_currency_of_order,
)
from regulars.transform.staging.money_columns import CURRENCY, MONEY, ORDER_MONEY
from regulars.transform.staging.unused_sums import (
    discount_evidence,
    discounts_shown,
    unused_of,
    unused_sums,
    unused_warnings,
)

if TYPE_CHECKING:
    from ibis.expr.types import Table


def source_currency(
    workspace: Workspace, name: str, staged: "Table", profile: Profile
) -> str | None:
    """Return the currency of staged lines, or None if they name none.

    Raises SourceError if there are several and the profile neither selects nor converts.
    """
    if CURRENCY not in staged.columns:
        return None
    sums = workspace.fetch(amounts_by_currency(staged))
    found = [row["currency"] for row in sums if row["currency"] is not None]
    if found and is_chosen(profile):
        return profile.formats.currency or profile.currencies.base
    if len(found) > 1:
        sums = workspace.fetch(amounts_by_currency(with_currency_of_order(staged)))
        check_one_currency(name, sums)
    # USD rather than $. A number, as PrestaShop's id_currency, names no currency.
    return max((name for name in found if not name.isdecimal()), key=len, default=None)


def differing_totals(
    workspace: Workspace, name: str, mapping: ColumnMapping, staged: "Table"
) -> Iterator[str]:
    """Yield a warning for each stated total that differs, and for money that no figure includes."""
    if names := unused_of(staged):
        [sums] = workspace.fetch(unused_sums(staged))
        evidence = discount_evidence(staged)
        counts = workspace.fetch(evidence) if evidence is not None else []
        shown = discounts_shown(staged, counts[0]) if counts else {}
        if "discount" in mapping.columns:  # lines have another discount already
            discounts = [column for column in names if stated_by(column) == "discount"]
            shown = dict.fromkeys(discounts, "order_discount") | shown
        yield from unused_warnings(name, names, sums, shown)
    totals = totals_of(staged)
    if not totals:
        return
    [of_lines] = workspace.fetch(line_sums(staged))
    [of_orders] = workspace.fetch(order_sums(staged))
    for control in best_meanings(totals, of_lines, of_orders):
        if control.agree < control.number:
            example = workspace.fetch(first_difference(staged, control))
            yield warning_of(name, control, example[0] if control.level == "line" else None)


def has_order_money(mapping: ColumnMapping) -> bool:
    """Return whether a source gives discounts or refunds once per order."""
    return any(column.removeprefix(MONEY) in mapping.columns for column in ORDER_MONEY)
