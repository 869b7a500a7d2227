"""Read the lines of one source: decide its formats from a sample, then write typed lines."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.errors import AmbiguousFormatError, MixedFormatError, SourceError
from regulars.core.formatting import counted
from regulars.engines.protocols import Workspace
from regulars.loads.read_states import (
    read_states,
    settled_states,
)
from regulars.loads.read_totals import total_rows_in
from regulars.loads.request import BuildRequest
from regulars.sources.profiles.formats import Formats
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.totals import totals_in
from regulars.sources.table import RawTable
from regulars.transform.staging.built_columns import with_built_columns
from regulars.transform.staging.filled_down import filled_down
from regulars.transform.staging.formats import SourceFormats, date_shapes, decide, evidence
from regulars.transform.staging.lines import sales_lines, stated_amounts
from regulars.transform.staging.numbers import Mark
from regulars.transform.staging.original_rows import REDACTED_LINE
from regulars.transform.staging.readings import (
    Reading,
    proved_reading,
    reading_evidence,
    readings_of,
    with_reading,
)
from regulars.transform.staging.survey import SAMPLE

if TYPE_CHECKING:
    from ibis.expr.types import Table

_SETTLED = [
    names for size in (1, 2, 3) for names in combinations(("dates", "decimal", "discount"), size)
]
"""The formats that an earlier source can settle, few before many."""


_SOURCE = "stg_source"
"""The rows of the source being staged: sources with the same columns share their queries."""


@dataclass(frozen=True)
class LineStager:
    """Stages the lines of one source, with its number in this build or load as source_id."""

    workspace: Workspace
    request: BuildRequest
    mapping: ColumnMapping
    number: int

    def stage(self, raw: RawTable) -> tuple[SourceFormats, int]:
        """Stage lines; return how they were read, and how many there are.

        The formats come from a sample. If a line cannot be read, they come from the whole source.
        """
        self.request.progress(f"Reading {raw.name} ({counted(raw.rows, 'row', 'rows')})")
        table = self.workspace.named(_SOURCE, raw.table)
        rows = filled_down(table, self.mapping, first_row=raw.first_row)
        raw = replace(raw, table=with_built(rows, self.mapping))
        states = read_states(self.workspace, raw, self.mapping)
        source_formats = replace(self._decide_from_sample(raw), states=states)
        self._write(raw, source_formats)
        is_sampled = raw.rows > SAMPLE and source_formats.is_plain
        if is_sampled and self._has_failed_lines():
            better = replace(self._decide_whole(raw), states=states)
            if better != source_formats:
                self._write(raw, better)
                source_formats = better
        source_formats = self._settle_states(raw, source_formats)
        lines = self.workspace.table(lines_table(self.number))
        if totals := total_rows_in(self.workspace, lines):
            source_formats = replace(source_formats, totals=totals)
            self._write(raw, source_formats)
        return source_formats, self.workspace.count(lines_table(self.number))

    def _settle_states(self, raw: RawTable, source_formats: SourceFormats) -> SourceFormats:
        """Return formats with the states that the lines show; write the lines again if needed."""
        lines = self.workspace.table(lines_table(self.number))
        given = self.mapping.profile.formats.refunded
        states = settled_states(self.workspace, lines, source_formats.states, given)
        settled = replace(source_formats, states=states)
        if states.rules != source_formats.states.rules:
            self._write(raw, settled)
        return settled

    def _decide_from_sample(self, raw: RawTable) -> SourceFormats:
        """Return the formats of a sample if they are plain, otherwise those of the whole source."""
        if raw.rows <= SAMPLE:
            return self._decide_whole(raw)
        try:
            source_formats = self._decide(raw, raw.table.limit(SAMPLE))
        except AmbiguousFormatError:
            return self._decide_whole(raw)
        return source_formats if source_formats.is_plain else self._decide_whole(raw)

    def _decide_whole(self, raw: RawTable) -> SourceFormats:
        """Return the formats of the whole source.

        If it leaves them open, as the first days of a month do, it is read as an earlier source
        with the same columns was.
        """
        try:
            return self._decide(raw, raw.table)
        except MixedFormatError:
            raise
        except AmbiguousFormatError as doubt:
            return self._decide_as_earlier(raw, doubt)

    def _decide_as_earlier(self, raw: RawTable, doubt: AmbiguousFormatError) -> SourceFormats:
        """Return the formats, with as few as possible from an earlier source.

        Raises `doubt` if they stay open.
        """
        profile, earlier = self.mapping.profile, self.request.earlier.get(self.mapping.describe())
        for names in _SETTLED if earlier else ():
            known = {name: getattr(earlier, name) for name in names}
            formats = profile.formats.or_else(Formats(**known))
            mapping = replace(self.mapping, profile=replace(profile, formats=formats))
            with suppress(AmbiguousFormatError):
                return replace(self, mapping=mapping)._decide(raw, raw.table)
        raise doubt

    def _decide(self, raw: RawTable, rows: "Table") -> SourceFormats:
        shapes = date_shapes(rows, self.mapping)
        seen = [] if shapes is None else self.workspace.fetch(shapes)
        texts = [row["shape"] for row in seen]
        [counts] = self.workspace.fetch(evidence(rows, self.mapping, texts))
        formats = decide(raw.name, self.mapping, counts, seen, likely=_likely_mark(raw))
        if raw.counts_from_1904 and (formats.dates == "excel" or formats.times.has_serials):
            raise SourceError(
                f"{raw.name} has dates that are plain numbers, and the workbook counts days from "
                "1904. Format the cells as dates in Excel, and save the workbook again."
            )
        return with_reading(raw.name, self.mapping, formats, counts, partial(self._prove, raw))

    def _prove(self, raw: RawTable, formats: SourceFormats) -> Reading | None:
        """Return the reading of prices and discounts that stated totals prove, if there are any."""
        totals = totals_in(raw.columns, self.mapping)
        if not totals:
            return None
        rows = stated_amounts(raw.table.limit(SAMPLE), self.mapping, formats)
        readings = readings_of(self.mapping)
        [counts] = self.workspace.fetch(reading_evidence(rows, readings))
        return proved_reading(raw.name, formats, totals, readings, counts)

    def _write(self, raw: RawTable, source_formats: SourceFormats) -> None:
        lines = sales_lines(
            raw.table,
            self.mapping,
            source_formats,
            latest_plausible=_latest_plausible(self.request.now),
            kinds=self.request.conventions.kinds,
        )
        if raw.rejected is not None:
            lines = lines.union(self._rejected(raw.rejected, lines))
        number = {"source_id": self.number}
        self.workspace.materialize(lines_table(self.number), lines, constants=number)

    def _has_failed_lines(self) -> bool:
        lines = self.workspace.table(lines_table(self.number))
        failed = lines.filter(lines.reasons.notnull()).limit(1)
        return bool(self.workspace.fetch(failed.select("source_id")))

    def _rejected(self, rejected: "Table", lines: "Table") -> "Table":
        """Return rows without readable cells as lines, in the columns of `lines`."""
        original = ibis.literal(REDACTED_LINE) if self.mapping.people else rejected.original
        blank = {name: ibis.null(type_) for name, type_ in lines.schema().items()}
        known = {
            "kind": ibis.literal("sale"),
            "source_row": rejected.source_row,
            "reasons": rejected.reason,
            "original": original,
        }
        return cast("Table", rejected.select(**(blank | known)))


def with_built(table: "Table", mapping: ColumnMapping) -> "Table":
    customer = "customer_id"
    customers = (
        {mapping.columns[customer], mapping.own_column(customer)}
        if customer in mapping.columns
        else ()
    )
    return with_built_columns(
        table, mapping.built, customers=customers, nobody=mapping.profile.nobody
    )


def _latest_plausible(now: datetime) -> datetime:
    """Return a day from now, in full hours, so that a query text is the same for an hour."""
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=25)


def _likely_mark(raw: RawTable) -> Mark:
    return "comma" if raw.decimal_comma_likely else "point"


def lines_table(number: int) -> str:
    return f"stg_lines_{number}"
