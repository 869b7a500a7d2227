"""What a build would load: sources landed, each line judged, repeated orders settled."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import ibis

from regulars.core.conventions import Repeats
from regulars.core.errors import SourceError, listed
from regulars.engines.protocols import Fetcher, Workspace
from regulars.loads.request import BuildRequest
from regulars.loads.stage_source import SourceStager, StagedSource
from regulars.sources.open import RawTable
from regulars.transform.orders.reconcile import Tally, as_tallies, tallies_of
from regulars.transform.orders.versions import differing_orders, repeated_orders, settled
from regulars.transform.staging.rules import SEPARATOR
from regulars.warehouse.people.policy import PeoplePolicy

if TYPE_CHECKING:
    from ibis.expr.types import Table

MOST_EXAMPLES = 5


@dataclass(frozen=True)
class StagedLines:
    """What a build would load: lines told apart, and everything there is to say about them."""

    sources: list[StagedSource]
    lines: "Table"
    read: list[Tally]
    reasons: Counter[str]
    examples: list[dict[str, Any]]
    repeated: int
    differing: list[str]
    policy: Repeats

    @property
    def accepted(self) -> "Table":
        """The lines that are understood and stand."""
        return self.lines.filter(self.lines.reasons.isnull(), ~self.lines.is_superseded)

    @property
    def quarantined(self) -> "Table":
        """The lines that are not understood."""
        return self.lines.filter(self.lines.reasons.notnull())

    @property
    def superseded(self) -> "Table":
        """The lines that are understood, of orders that came again."""
        return self.lines.filter(self.lines.reasons.isnull(), self.lines.is_superseded)


def stage_sources(
    workspace: Workspace,
    sources: Sequence[RawTable],
    request: BuildRequest,
    first_id: int = 1,
    *,
    may_be_empty: bool = False,
) -> "tuple[Table, list[StagedSource]]":
    """Land sources in a workspace, numbered from `first_id`; return their lines.

    may_be_empty  take sources for what they are that have not one row

    Raises SourceError where a source cannot be read as sales, or not one row of all is understood.
    """
    lines, staged_sources = stage_tables(workspace, sources, request, first_id)
    if not any(source.rows for source in staged_sources):
        if may_be_empty:
            return lines, staged_sources
        names = listed([source.name for source in staged_sources])
        raise SourceError(f"There is a heading but no rows in {names}.")
    request.progress("Setting aside what cannot be understood and what came again")
    understood = lines.filter(lines.reasons.isnull())
    if not workspace.fetch(understood.select("source_id").limit(1)):
        raise SourceError(_nothing_understood(workspace, lines))
    return lines, staged_sources


def stage_tables(
    workspace: Workspace, sources: Sequence[RawTable], request: BuildRequest, first_id: int
) -> "tuple[Table, list[StagedSource]]":
    """Land sources of which no row need be understood, numbered from `first_id`."""
    latest = request.now + timedelta(days=1)
    people_policy = request.people_policy or PeoplePolicy(request.keyring)
    landing = SourceStager(
        workspace, request.conventions, latest, request.profile, request.progress, people_policy
    )
    return landing.stage_sources(sources, first_id)


def stage(
    workspace: Workspace, request: BuildRequest, sources: Sequence[RawTable] | None = None
) -> StagedLines:
    """Land sources, or those an order names, in a workspace and tell their lines apart.

    Raises SourceError where a source cannot be read as sales, or not one row of all is understood.
    """
    if sources is None:
        sources = workspace.open_sources(request.sources, file=request.file, chosen=request.profile)
    lines, staged_sources = stage_sources(workspace, sources, request)
    understood = lines.filter(lines.reasons.isnull())
    repeated = (
        workspace.materialize("stg_repeated", repeated_orders(understood))
        if len(staged_sources) > 1
        else None
    )
    differing = _differing(workspace, understood, repeated)
    policy = _policy(request, staged_sources)
    check_differing(policy, differing, "between sources")
    told = (
        lines.mutate(is_superseded=ibis.literal(False))
        if repeated is None
        else settled(lines, repeated, policy)
    )
    failed = lines.filter(lines.reasons.notnull())
    return StagedLines(
        staged_sources,
        told,
        read_of(workspace, lines, staged_sources),
        failures_of(workspace, failed),
        examples_of(workspace, failed, staged_sources),
        0 if repeated is None else workspace.count("stg_repeated"),
        differing,
        policy,
    )


def read_of(
    workspace: Workspace, lines: "Table", staged_sources: Sequence[StagedSource]
) -> list[Tally]:
    """Return what was read: the rows each source counted itself, the money of its staged lines."""
    staged = as_tallies(workspace.fetch(tallies_of(lines, "read", "net_amount")))
    money = {tally.source_id: tally.amount for tally in staged}
    return [
        Tally(source.source_id, "read", "", source.rows, money.get(source.source_id, Decimal(0)))
        for source in staged_sources
    ]


def _differing(workspace: Workspace, understood: "Table", repeated: "Table | None") -> list[str]:
    if repeated is None:
        return []
    return [row["order_id"] for row in workspace.fetch(differing_orders(understood, repeated))]


def _policy(request: BuildRequest, staged_sources: Sequence[StagedSource]) -> Repeats:
    """Return what to do with repeated orders; of several profiles, the last source's decides."""
    return request.conventions.repeated_orders or staged_sources[-1].mapping.profile.repeated_orders


def check_differing(policy: Repeats, differing: Sequence[str], from_what: str) -> None:
    """Raise SourceError where orders came again otherwise and the profile says that none may.

    from_what  what they differ from, as the message says it
    """
    if policy == "error" and differing:
        raise SourceError(
            f"{len(differing):,} orders differ {from_what}, and the profile says that this is an "
            f"error: {listed(differing)}"
        )


def quarantine_of(failed: "Table", staged_sources: Sequence[StagedSource]) -> "Table":
    """Return lines that are not understood as people look at them, in the order of the sources.

    Columns: source_id, source_row, reasons, original, source (its name), amount, order_id and
    customer_id, as far as they could be read.
    """
    names = ibis.cases(*((failed.source_id == s.source_id, s.name) for s in staged_sources))
    return failed.select(
        "source_id", "source_row", "reasons", "original", source=names, amount=failed.net_amount,
        order_id=failed.order_id, customer_id=failed.customer_id,
    ).order_by("source_id", "source_row")  # fmt: skip


def examples_of(
    workspace: Fetcher, failed: "Table", staged_sources: Sequence[StagedSource]
) -> list[dict[str, Any]]:
    """Return the first lines that are not understood, one for each set of reasons."""
    first = quarantine_of(_examples(failed), staged_sources).drop("order_id", "customer_id")
    return workspace.fetch(first.limit(MOST_EXAMPLES))


def failures_of(workspace: Fetcher, failed: "Table") -> Counter[str]:
    """Return how many lines fail for each reason."""
    by_reasons = failed.group_by("reasons").aggregate(rows=failed.count())
    return _reasons(workspace.fetch(by_reasons))


def _examples(failed: "Table") -> "Table":
    """Return the first line that fails for each set of reasons."""
    first = ibis.row_number().over(
        group_by=failed.reasons, order_by=[failed.source_id, failed.source_row]
    )
    numbered = failed.mutate(place=first)
    return numbered.filter(numbered.place == 0)


def _reasons(rows: Sequence[dict[str, Any]]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for row in rows:
        for reason in row["reasons"].split(SEPARATOR):
            counted[reason] += row["rows"]
    return counted


def _nothing_understood(workspace: Workspace, lines: "Table") -> str:
    rows = workspace.fetch(lines.group_by("reasons").aggregate(rows=lines.count()))
    worst = _reasons(rows).most_common(3)
    told = "\n".join(f"  {count:,} rows: {reason}" for reason, count in worst)
    [example] = workspace.fetch(lines.select("original").limit(1))
    return (
        f"Not one row could be understood, so nothing was changed.\n{told}\nFor instance: "
        + str(example["original"])
    )
