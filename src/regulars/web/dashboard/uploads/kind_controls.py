"""The controls of the upload form for what counts as a sale."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from regulars.core.formatting import counted, exact
from regulars.core.kinds import SOURCE_KINDS
from regulars.loads.read_states import A_TIME, StateCount
from regulars.transform.staging.states import MOST_VALUES
from regulars.web.dashboard.uploads.asked import asked_settings
from regulars.web.dashboard.uploads.controls import (
    Control,
    listed,
)
from regulars.web.dashboard.uploads.options import (
    AUTOMATIC,
    REFUNDED,
    Option,
)
from regulars.web.dashboard.uploads.preview import UploadCheck


def kind_controls(
    check: UploadCheck, settings: Mapping[str, Any], currency: str
) -> Iterator[Control]:
    """Yield a select box for each value of a column of states, and for negative prices."""
    chosen = {
        (column, pattern): rule["kind"]
        for rule in reversed(settings.get("kinds", []))
        for column, patterns in rule.items()
        if column not in ("kind", "because", "as_written")
        for pattern in listed(patterns)
    }
    sources = check.report.sources if check.report else ()
    counts: dict[tuple[str, str], list[StateCount]] = {}
    for source in sources:
        for survey in source.states:
            for count in survey.counts[:MOST_VALUES]:
                counts.setdefault((survey.column, count.value), []).append(count)
    for (column, value), found in counts.items():
        if (pattern := _pattern_of(value)) is not None:
            yield _kind(column, pattern, found, chosen.get((column, pattern)), currency)
    negative = ("unit_price", "< 0")
    if negative in chosen or ("kinds", *negative) in asked_settings(check.proposals):
        options = [Option("Adjustments, not counted"), Option("Discounts", "discount"),
                   Option("Returns", "return")]  # fmt: skip
        yield Control(
            ("kinds", *negative), "Lines with a negative price are", options, chosen.get(negative)
        )


def _kind(
    column: str, pattern: str, found: Sequence[StateCount], chosen: str | None, currency: str
) -> Control:
    rows = counted(sum(count.rows for count in found), "row", "rows")
    [amount] = exact([sum((count.amount for count in found), Decimal(0))], currency)
    shown = found[0].value or "(blank)"
    kinds = " and ".join(dict.fromkeys(count.kind for count in found))
    options = [Option(f"Automatic: {kinds}" if chosen is None else AUTOMATIC)]
    options += [Option(kind.capitalize(), kind) for kind in SOURCE_KINDS]
    return Control(
        ("kinds", column, pattern), f"{column}: {shown} ({rows}, {amount})", options, chosen
    )


def _pattern_of(value: str) -> str | None:
    """Return the pattern of a rule for a value; None if it has another meaning as a pattern."""
    if not value or value == A_TIME:
        return "present" if value else "missing"
    is_special = "*" in value or value in ("present", "missing") or value[0] in "<>="
    return None if is_special else value


def state_controls(check: UploadCheck, settings: Mapping[str, Any]) -> Iterator[Control]:
    """Yield the controls for refunded orders, and for which columns have a status or type."""
    formats = settings.get("formats", {})
    yield Control(
        ("formats", "refunded"), "An order with a refunded status is", REFUNDED,
        formats.get("refunded"),
    )  # fmt: skip
    if check.header:
        found = [survey.column for survey in check.report.sources[0].states] if check.report else []
        yield Control(
            ("formats", "states"), "Columns with a status or type",
            [Option(name, name) for name in check.header],
            [name for name in formats.get("states", found) if name in check.header],
            "Regulars finds these columns by their names and values.", "several",
        )  # fmt: skip
