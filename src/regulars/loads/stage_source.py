"""Landing: sources become staged lines in a workspace, each row exactly once.

Text is read fast and its rows are counted by another hand. Where the reader fails, or the
counts differ, the source is read again slowly and exactly, line by line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.conventions import Conventions
from regulars.core.errors import AmbiguousFormatError
from regulars.engines.protocols import Workspace
from regulars.engines.read_checked import read_checked
from regulars.sources.open import RawTable
from regulars.sources.profiles.match_columns import ColumnMapping, recognise
from regulars.sources.profiles.profile import Profile
from regulars.transform.orders.versions import content_of
from regulars.transform.staging.formats import ReadAs, date_shapes, decide, evidence
from regulars.transform.staging.lines import filled, sales_lines
from regulars.transform.staging.original_rows import NOT_KEPT
from regulars.transform.staging.people import persons
from regulars.warehouse.people.policy import PeoplePolicy

if TYPE_CHECKING:
    from ibis.expr.types import Table

SAMPLE = 10_000


@dataclass(frozen=True)
class StagedSource:
    """A source whose rows are staged: how many there are, and how they were read.

    first_row:  number of the first row; None where each row brings its own
    fingerprint:  what tells its content from any other, in whatever order its rows are
    columns:  every column that it has
    """

    source_id: int
    name: str
    rows: int
    first_row: int | None
    mapping: ColumnMapping
    read_as: ReadAs
    fingerprint: str
    remarks: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return in words how its text was read, and what else there is to know of it."""
        how = self.read_as.describe(with_discount="discount" in self.mapping.columns)
        return ", ".join((how, *self.remarks))


@dataclass(frozen=True)
class SourceStager:
    """Where sources land: the workspace, and what holds for all of them."""

    workspace: Workspace
    conventions: Conventions
    latest_plausible: datetime
    chosen: Profile | None
    progress: Callable[[str], None]
    people_policy: PeoplePolicy

    def stage_sources(
        self, sources: Sequence[RawTable], first_id: int = 1
    ) -> "tuple[Table, list[StagedSource]]":
        """Stage every source; return the lines, with source_row, and what is known of each source.

        The sources are numbered from `first_id`.

        Raises SourceError where a source cannot be mapped or read.
        """
        staged_sources = [
            self._one(source, number) for number, source in enumerate(sources, first_id)
        ]
        lines = ibis.union(*(self._lines(source) for source in staged_sources))
        return lines, staged_sources

    def _one(self, source: RawTable, source_id: int) -> StagedSource:
        """Stage a source, again exactly if its rows are not all there."""
        mapping = self.people_policy.applied(recognise(source.name, source.columns, self.chosen))
        self.people_policy.open(self.workspace, mapping)

        def take(source: RawTable) -> tuple[ReadAs, int]:
            self.progress(f"Reading {source.name} ({source.rows:,} rows)")
            read_as = self._add(source, mapping, source_id)
            return read_as, self.workspace.count(_table_of(source_id))

        taken, read_as = read_checked(source, take)
        first_row = None if taken.has_row_numbers else taken.first_row
        staged = self.workspace.con.table(_table_of(source_id))
        fingerprint = self.people_policy.sealed(
            self.workspace.fingerprint(content_of(staged)), mapping
        )
        self.people_policy.people(self.workspace, staged, mapping, _people_of(source_id))
        return StagedSource(
            source_id, taken.name, taken.rows, first_row, mapping, read_as, fingerprint,
            taken.remarks, tuple(taken.columns),
        )  # fmt: skip

    def _add(self, source: RawTable, mapping: ColumnMapping, source_id: int) -> ReadAs:
        """Stage a source under the formats of a sample, again if the whole says otherwise."""
        read_as = self._decide_by_sample(source, mapping)
        self._stage(source, mapping, read_as, source_id)
        if read_as.is_plain and self._has_unread(source_id):
            better = self._decide(source, mapping, source.table)
            if better != read_as:
                self._stage(source, mapping, better, source_id)
                return better
        return read_as

    def _decide_by_sample(self, source: RawTable, mapping: ColumnMapping) -> ReadAs:
        """Return the formats of a sample if it is plain; if not, the whole column decides."""
        try:
            read_as = self._decide(source, mapping, source.table.limit(SAMPLE))
        except AmbiguousFormatError:
            return self._decide(source, mapping, source.table)
        return read_as if read_as.is_plain else self._decide(source, mapping, source.table)

    def _decide(self, source: RawTable, mapping: ColumnMapping, rows: "Table") -> ReadAs:
        shapes = date_shapes(rows, mapping)
        seen = [] if shapes is None else [row["shape"] for row in self.workspace.fetch(shapes)]
        [counts] = self.workspace.fetch(evidence(rows, mapping, seen))
        return decide(
            source.name,
            mapping,
            counts,
            seen,
            decimal_comma_likely=source.decimal_comma_likely,
        )

    def _stage(
        self, source: RawTable, mapping: ColumnMapping, read_as: ReadAs, source_id: int
    ) -> None:
        lines = sales_lines(
            source.table,
            mapping,
            read_as,
            source_id=source_id,
            latest_plausible=self.latest_plausible,
            kinds=self.conventions.kinds,
        )
        if source.rejected is not None:
            lines = lines.union(_rejected(source.rejected, lines, source_id, mapping))
        self.workspace.materialize(_table_of(source_id), lines)

    def _has_unread(self, source_id: int) -> bool:
        lines = self.workspace.con.table(_table_of(source_id))
        unread = lines.filter(lines.reasons.notnull()).limit(1)
        return bool(self.workspace.fetch(unread.select("source_id")))

    def _lines(self, source: StagedSource) -> "Table":
        """Return a source's lines with the row each had there, filled as its profile says.

        Rows lie in the order of their source, so their number follows from their position; to
        number them while they are read would take twice as long.
        """
        name = _table_of(source.source_id)
        staged = self.workspace.con.table(name)
        if source.first_row is None:
            numbered = staged.drop(*persons(staged))
        else:
            row = ibis.coalesce(staged.source_row, staged.rowid() + source.first_row)
            numbered = staged.mutate(source_row=row.cast("int64")).drop(*persons(staged))
        profile = source.mapping.profile
        if profile.fill:
            rows = filled(numbered, profile.fill, profile.kinds, self.conventions.kinds)
            numbered = self.workspace.materialize(name + "_filled", rows)
        return self.people_policy.lines(self.workspace, numbered, source.mapping, name)


def _table_of(source_id: int) -> str:
    return f"stg_lines_{source_id}"


def people_in(workspace: Workspace, staged_sources: Sequence[StagedSource]) -> "Table | None":
    """Return what sources that have landed say of people; None where they keep none apart."""
    told = [
        workspace.con.table(_people_of(one.source_id))
        for one in staged_sources
        if one.mapping.people is not None
    ]
    return ibis.union(*told) if told else None


def _people_of(source_id: int) -> str:
    return f"stg_people_{source_id}"


def _rejected(rejected: "Table", lines: "Table", source_id: int, mapping: ColumnMapping) -> "Table":
    """Return lines that no reader could take apart, in the shape of the others."""
    original = ibis.literal(NOT_KEPT) if mapping.people else rejected.original
    blank = {name: ibis.null(type_) for name, type_ in lines.schema().items()}
    known = {
        "kind": ibis.literal("sale"),
        "source_id": ibis.literal(source_id, "int32"),
        "source_row": rejected.source_row,
        "reasons": rejected.reason,
        "original": original,
    }
    return cast("Table", rejected.select(**(blank | known)))
