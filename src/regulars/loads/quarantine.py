"""The rows of a load that fail a rule: the quarantine, its reasons and its examples."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ibis

from regulars.engines.protocols import Fetcher
from regulars.loads.is_any import is_any
from regulars.loads.stage_source import StagedSource
from regulars.transform.staging.rules import SEPARATOR

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_EXAMPLES = 5


def quarantine_rows(failed: "Table", sources: Sequence[StagedSource]) -> "Table":
    """Return staged lines that failed a rule as rows of the quarantine, in source order.

    Columns: source_id, source_row, reasons, original, source (its name), amount, order_id and
    customer_id; the last three are empty if they could not be read.
    """
    names = ibis.cases(*((failed.source_id == source.source_id, source.name) for source in sources))
    return failed.select(
        "source_id", "source_row", "reasons", "original", source=names, amount=failed.net_amount,
        order_id=failed.order_id, customer_id=failed.customer_id,
    ).order_by("source_id", "source_row")  # fmt: skip


def count_reasons(workspace: Fetcher, failed: "Table") -> Counter[str]:
    """Return how many lines failed each rule. A line that failed two rules counts for both."""
    counts: Counter[str] = Counter()
    for row in workspace.fetch(failed.group_by("reasons").aggregate(rows=failed.count())):
        for reason in row["reasons"].split(SEPARATOR):
            counts[reason] += row["rows"]
    return counts


def first_examples(
    workspace: Fetcher, failed: "Table", sources: Sequence[StagedSource]
) -> list[dict[str, Any]]:
    """Return the first lines that failed, one for each combination of reasons."""
    if not is_any(workspace, failed):
        return []
    position = ibis.row_number().over(
        group_by=failed.reasons, order_by=[failed.source_id, failed.source_row]
    )
    numbered = failed.mutate(position=position)
    first = quarantine_rows(numbered.filter(numbered.position == 0), sources)
    return workspace.fetch(first.drop("order_id", "customer_id").limit(MOST_EXAMPLES))
