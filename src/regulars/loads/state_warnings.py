"""What to warn about after lines got their kinds: unknown values and refunds read two ways."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from regulars.core.formatting import counted
from regulars.engines.protocols import Workspace
from regulars.loads.read_states import StateCount, StateSurvey
from regulars.sources.profiles.profile import GENERIC, Profile
from regulars.transform.staging.states import StateColumn, States

if TYPE_CHECKING:
    from ibis.expr.types import Table


def state_warnings(
    source: str, states: States, surveys: Sequence[StateSurvey], *, has_refunds: bool
) -> Iterator[str]:
    """Yield what to warn about: values that are not known, and refunds that can be read two ways.

    has_refunds  the source has a column with the amounts that were refunded
    """
    refunded, returned = states.refunds
    if refunded > 0 and returned > 0:
        other = "return" if states.refunded == "sale" else "sale"
        counted_as = (
            "count as sales, and the returns reduce them"
            if states.refunded == "sale"
            else "are returned in full, and the returns reduce other sales"
        )
        yield (
            f"{source} has both refunded orders ({refunded:,.2f}) and rows that are returns "
            f"({returned:,.2f}). The refunded orders {counted_as}. If that is wrong, set in "
            f'your profile:\n  [formats]\n  refunded = "{other}"'
        )
    columns = {column.name: column for column in states.columns}
    for survey in surveys:
        column = columns[survey.column]
        counts = [count for count in survey.counts if count.kind == "sale"]
        unknown = [count for count in counts if not count.is_known]
        if unknown:
            yield (
                f'{source}: Regulars does not know some values of "{column.name}": '
                f"{_listed(unknown)}. They count as sales. If some are not sales, add to your "
                "profile:\n" + _rule("cancelled", column.name, unknown)
            )
        partial = [count for count in counts if _is(column, count, "is_partial")]
        if partial and not has_refunds and not returned:
            yield (
                f'{source}: according to "{column.name}", orders were partly refunded: '
                f"{_listed(partial)}. The source does not say how much, so they count in full."
            )
        opened = [
            count
            for count in survey.counts
            if count.kind.startswith("sale") and count.amount > 0 and _is(column, count, "is_open")
        ]
        if opened:
            yield (
                f'{source}: {_listed(opened)} in "{column.name}" count as sold and refunded, so '
                "their net sales are 0. If these rows are refunds of other orders, add to your "
                "profile:\n" + _rule("return", column.name, opened)
            )


def negative_price_warnings(
    workspace: Workspace, source: str, profile: Profile, lines: "Table"
) -> Iterator[str]:
    """Yield a warning if the general rule for negative prices leaves money out of net sales.

    Shipped profiles say themselves what such lines are.
    """
    if profile.is_shipped and profile.name != GENERIC:
        return
    taken_off = lines.reasons.isnull() & (lines.kind == "adjustment") & (lines.net_amount < 0)
    [row] = workspace.fetch(
        lines.aggregate(rows=taken_off.sum(), amount=lines.net_amount.sum(where=taken_off))
    )
    if row["rows"]:
        lines_have = counted(row["rows"], "line has", "lines have")
        yield (
            f"{source}: {lines_have} a negative price and no kind, so net sales do not include "
            f"{row['amount']:,.2f}. If that is a discount or a refund, add to your profile:"
            '\n  [[kinds]]\n  kind = "discount"   # or "return"\n  because = "Money off"\n'
            '  unit_price = "< 0"'
        )


def _is(column: StateColumn, count: StateCount, quality: str) -> bool:
    meaning = column.meanings.get(count.value)
    return meaning is not None and bool(getattr(meaning, quality))


def _listed(counts: Sequence[StateCount], most: int = 10) -> str:
    shown = ", ".join(
        f'"{count.value}" ({counted(count.rows, "row", "rows")}, {count.amount:,.2f})'
        for count in counts[:most]
    )
    return shown + (", …" if len(counts) > most else "")


def _rule(kind: str, column: str, counts: Sequence[StateCount]) -> str:
    """Return the lines of a profile that give these values a kind."""
    values = ", ".join(_quoted(count.value) for count in counts)
    reason = "A return" if kind == "return" else "Not a sale"
    return (
        f'  [[kinds]]\n  kind = "{kind}"\n  because = "{reason}"\n  {_quoted(column)} = [{values}]'
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
