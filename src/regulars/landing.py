"""Landing: sources become staged lines in a workshop, each row exactly once.

Text is read fast and its rows are counted by another hand. Where the reader fails, or the
counts differ, the source is read again slowly and exactly, line by line.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

import ibis

from regulars.conventions import Conventions
from regulars.engines.duckdb import ReadError, Workshop
from regulars.errors import AmbiguousFormatError, SourceError
from regulars.profiles import Profile
from regulars.profiles.recognise import ColumnMapping, recognise
from regulars.sources import RawTable
from regulars.staging.formats import ReadAs, date_shapes, decide, evidence
from regulars.staging.lines import filled, sales_lines

if TYPE_CHECKING:
    from ibis.expr.types import Table

LINES = "stg_lines"
SAMPLE = 10_000


@dataclass(frozen=True)
class Landed:
    """A source whose rows are staged: where they lie, and how they were read."""

    source_id: int
    name: str
    rows: int
    first_position: int
    first_row: int
    mapping: ColumnMapping
    read_as: ReadAs

    def describe(self) -> str:
        """Return in words how its text was read."""
        return self.read_as.describe(with_discount="discount" in self.mapping.columns)


@dataclass(frozen=True)
class Landing:
    """Where sources land: the workshop, and what holds for all of them."""

    shop: Workshop
    conventions: Conventions
    latest_plausible: datetime
    chosen: Profile | None
    progress: Callable[[str], None]

    def land(self, sources: Sequence[RawTable]) -> "tuple[Table, list[Landed]]":
        """Stage every source; return the lines, with source_row, and what is known of each source.

        Raises SourceError where a source cannot be mapped or read.
        """
        landed = [self._one(source, number) for number, source in enumerate(sources, 1)]
        lines = self._numbered(landed)
        return self._filled(lines, landed), landed

    def _one(self, source: RawTable, source_id: int) -> Landed:
        mapping = recognise(source.name, source.columns, self.chosen)
        self.progress(f"Reading {source.name} ({source.rows:,} rows)")
        position = self.shop.count(LINES) or 0
        try:
            read_as = self._add(source, mapping, source_id)
            whole = (self.shop.count(LINES) or 0) - position == source.rows
        except ReadError as error:
            if source.exact is None:
                raise _unreadable(source, error) from None
            whole = False
        if not whole:
            self.shop.trim(LINES, position)
            if source.exact is None:
                raise SourceError(f"{source.name} could not be read to its end. Copy it again.")
            return self._one(source.exact(), source_id)
        return Landed(
            source_id, source.name, source.rows, position, source.first_row, mapping, read_as
        )

    def _add(self, source: RawTable, mapping: ColumnMapping, source_id: int) -> ReadAs:
        """Stage a source under the formats of a sample, again if the whole says otherwise."""
        position = self.shop.count(LINES) or 0
        read_as = self._decide_by_sample(source, mapping)
        self._stage(source, mapping, read_as, source_id)
        if read_as.is_plain and self._has_unread(source_id):
            better = self._decide(source, mapping, source.table)
            if better != read_as:
                self.shop.trim(LINES, position)
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
        seen = [] if shapes is None else [row["shape"] for row in self.shop.fetch(shapes)]
        [counts] = self.shop.fetch(evidence(rows, mapping, seen))
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
        self.shop.add(LINES, lines)
        if source.rejected is not None:
            self.shop.add(LINES, _rejected(source.rejected, lines, source_id))

    def _has_unread(self, source_id: int) -> bool:
        lines = self.shop.con.table(LINES)
        unread = lines.filter(lines.source_id == source_id, lines.reasons.notnull()).limit(1)
        return bool(self.shop.fetch(unread.select("source_id")))

    def _numbered(self, landed: Sequence[Landed]) -> "Table":
        """Return the lines with the row each one had in its source.

        Rows lie in the order of their source, so their number follows from their position; to
        number them while they are read would take twice as long.
        """
        lines = self.shop.con.table(LINES)
        offsets = [source.first_row - source.first_position for source in landed]
        rows = ibis.cases(
            *(
                (lines.source_id == source.source_id, lines.rowid() + offset)
                for source, offset in zip(landed, offsets, strict=True)
            )
        )
        return lines.mutate(source_row=ibis.coalesce(lines.source_row, rows).cast("int64"))

    def _filled(self, lines: "Table", landed: Sequence[Landed]) -> "Table":
        """Fill what a source gives once an order, each source as its own profile says."""
        gaps = [source for source in landed if source.mapping.profile.fill]
        if not gaps:
            return lines
        parts = [lines.filter(lines.source_id.notin([source.source_id for source in gaps]))]
        for source in gaps:
            profile, ours = source.mapping.profile, lines.source_id == source.source_id
            kinds = self.conventions.kinds
            parts.append(filled(lines.filter(ours), profile.fill, profile.kinds, kinds))
        return self.shop.keep(LINES + "_filled", ibis.union(*parts))


def _rejected(rejected: "Table", lines: "Table", source_id: int) -> "Table":
    """Return lines that no reader could take apart, in the shape of the others."""
    blank = {name: ibis.null(type_) for name, type_ in lines.schema().items()}
    known = {
        "kind": ibis.literal("sale"),
        "source_id": ibis.literal(source_id, "int32"),
        "source_row": rejected.source_row,
        "reasons": rejected.reason,
        "original": rejected.original,
    }
    return cast("Table", rejected.select(**(blank | known)))


def _unreadable(source: RawTable, error: Exception) -> SourceError:
    return SourceError(f"{source.name} cannot be read: {str(error).splitlines()[0]}")
