"""Stage one source: turn its rows into typed, validated lines in the workspace.

A fast reader reads the source and its rows are counted separately. If the reader fails or the
counts differ, a slow and exact reader reads it again, line by line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

import ibis

from regulars.core.errors import AmbiguousFormatError, MappingError
from regulars.core.formatting import counted
from regulars.engines.protocols import Workspace
from regulars.engines.read_checked import ReadError, read_checked
from regulars.loads.exact_ids import make_ids_exact
from regulars.loads.read_states import (
    StateSurvey,
    has_refund_column,
    read_states,
    settled_states,
    survey_states,
)
from regulars.loads.read_totals import orderless, total_rows_in
from regulars.loads.request import BuildRequest
from regulars.loads.state_warnings import negative_price_warnings, state_warnings
from regulars.sources.profiles.column_facts import ColumnFacts
from regulars.sources.profiles.match_columns import ColumnMapping, match_columns
from regulars.sources.profiles.profile import Profile
from regulars.sources.profiles.totals import totals_in
from regulars.sources.table import RawTable
from regulars.transform.orders.versions import line_contents
from regulars.transform.staging.built_columns import with_built_columns
from regulars.transform.staging.control_sums import (
    best_meanings,
    check_is_of_the_line,
    first_difference,
    line_sums,
    order_sums,
    orders_with_one_amount,
    totals_of,
    unused_of,
    unused_sums,
    unused_warnings,
    warning_of,
)
from regulars.transform.staging.currencies import (
    amounts_by_currency,
    check_one_currency,
    in_one_currency,
    is_chosen,
    with_currency_of_order,
)
from regulars.transform.staging.filled_down import filled_down
from regulars.transform.staging.formats import SourceFormats, date_shapes, decide, evidence
from regulars.transform.staging.given_back import has_returns, with_returns
from regulars.transform.staging.kinds import signed
from regulars.transform.staging.lines import fill_order_columns, sales_lines, stated_amounts
from regulars.transform.staging.money_columns import CURRENCY, MONEY, ORDER_MONEY, money_columns
from regulars.transform.staging.nobody import NobodyWord
from regulars.transform.staging.numbers import Mark
from regulars.transform.staging.order_money import (
    order_money_notes,
    order_money_sums,
    with_refunds,
    with_shares,
)
from regulars.transform.staging.original_rows import REDACTED_LINE
from regulars.transform.staging.people import person_columns
from regulars.transform.staging.precision import lost_decimals, precision_warnings
from regulars.transform.staging.readings import (
    Reading,
    proved_reading,
    reading_evidence,
    readings_of,
    with_reading,
)
from regulars.transform.staging.states import filled_states, with_states
from regulars.transform.staging.survey import facts_of, survey

if TYPE_CHECKING:
    from ibis.expr.types import Table

SAMPLE = 10_000


@dataclass(frozen=True)
class StagedSource:
    """A source whose rows are staged, and how they were read.

    rows            number of rows, counted independently of the reader
    first_row       number of the first row; None if each row has its own number
    source_formats  the date, number and discount formats that were used
    fingerprint     hash of the content, whatever the order of the rows
    remarks         what else to show about the source, such as its encoding
    columns         all columns of the source
    currency        the currency of its amounts; None if it names none
    states          what the values of its columns of states count as
    warnings        what to warn about
    notes           what else to say about its orders
    lines           the table of its lines in the workspace
    nobody          words for nobody in place of a customer, and email addresses that may be
    """

    source_id: int
    name: str
    rows: int
    first_row: int | None
    mapping: ColumnMapping
    source_formats: SourceFormats
    fingerprint: str
    remarks: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    currency: str | None = None
    states: tuple[StateSurvey, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lines: str = ""
    nobody: Sequence[NobodyWord] = ()

    def describe(self) -> str:
        """Return how the source was read, in words."""
        formats = self.source_formats.describe(with_discount="discount" in self.mapping.columns)
        currency = [f"currency {self.currency}"] if self.currency else []
        return ", ".join((formats, *currency, *self.remarks))


def stage_source(
    workspace: Workspace, request: BuildRequest, raw: RawTable, source_id: int
) -> StagedSource:
    """Stage the lines of a source, and its personal data if the people policy wants it.

    Raises SourceError if its columns cannot be mapped or its rows cannot be read.
    """
    policy = request.people_policy
    mapping = policy.apply(_mapping(workspace, raw, request.profile))
    policy.register_functions(workspace, mapping)
    raw, source_formats = read_checked(raw, _Stager(workspace, request, mapping, source_id).stage)
    rules = source_formats.states.rules

    def classify(lines: "Table") -> "Table":
        return signed(fill_order_columns(lines, (), rules, request.conventions.kinds), rules)

    ids = make_ids_exact(workspace, mapping, raw.name, _lines_table(source_id), classify)
    staged = workspace.con.table(ids.lines)
    currency = _currency(workspace, raw.name, staged, mapping.profile)
    if "line_total" in mapping.columns and not mapping.profile.names("line_total"):
        [counts] = workspace.fetch(orders_with_one_amount(staged))
        check_is_of_the_line(raw.name, mapping.columns["line_total"], counts)
    unused = [name for name in money_columns(staged) if not (currency and name == CURRENCY)]
    contents = line_contents(staged.drop(*unused))
    fingerprint = policy.protect_fingerprint(workspace.fingerprint(contents), mapping)
    policy.store_people(workspace, staged, mapping, _people_table(source_id))
    return StagedSource(
        source_id=source_id,
        name=raw.name,
        rows=raw.rows,
        first_row=None if raw.has_row_numbers else raw.first_row,
        mapping=mapping,
        source_formats=source_formats,
        fingerprint=fingerprint,
        remarks=raw.remarks,
        columns=tuple(raw.columns),
        currency=currency,
        warnings=(
            *ids.warnings,
            *_lost_decimals(workspace, raw, mapping, source_formats),
            *_differing_totals(workspace, raw.name, staged),
            *orderless(workspace, raw, staged),
        ),
        lines=ids.lines,
        nobody=ids.words,
    )


def _mapping(workspace: Workspace, raw: RawTable, chosen: Profile | None) -> ColumnMapping:
    """Return the mapping of a source's columns; an error also says how its heading was found."""
    try:
        return match_columns(raw.name, raw.columns, chosen, partial(_facts, workspace, raw))
    except MappingError as error:
        error.args = ("\n".join(part for part in (str(error), raw.advice) if part),)
        raise


def _lost_decimals(
    workspace: Workspace, raw: RawTable, mapping: ColumnMapping, formats: SourceFormats
) -> Iterator[str]:
    """Yield a warning for each column of numbers that is stored with fewer decimals."""
    if formats.exact:
        table = _with_built_columns(raw.table, mapping)
        [lost] = workspace.fetch(lost_decimals(table, mapping, formats))
        yield from precision_warnings(raw.name, lost)


def _facts(
    workspace: Workspace, raw: RawTable, columns: Sequence[str]
) -> Mapping[str, ColumnFacts]:
    """Return what a sample of rows shows about columns of a source."""
    if not columns:
        return {}
    try:
        [counts] = workspace.fetch(survey(raw.table, columns))
    except ReadError:
        # A malformed line: only the exact reader reads beyond it.
        return _facts(workspace, raw.exact_reader(), columns) if raw.exact_reader else {}
    return facts_of(counts, columns)


def _with_built_columns(table: "Table", mapping: ColumnMapping) -> "Table":
    customer = mapping.columns.get("customer_id")
    return with_built_columns(
        table, mapping.built, customer=customer, nobody=mapping.profile.nobody
    )


def lines_of(workspace: Workspace, request: BuildRequest, source: StagedSource) -> "Table":
    """Return the staged lines of a source, with row numbers, filled-in cells and pseudonyms.

    The people policy and the profile determine pseudonyms and which cells to fill in. The cells of
    columns of states follow in columns of their own.
    """
    name = source.lines
    staged = workspace.con.table(name)
    unused = person_columns(staged)
    lines = staged.drop(*unused)
    if source.first_row is not None:
        # Numbering rows by their position is twice as fast as numbering them while reading.
        row = ibis.coalesce(staged.source_row, staged.rowid() + source.first_row)
        lines = staged.mutate(source_row=row.cast("int64")).drop(*unused)
    profile, states = source.mapping.profile, source.source_formats.states
    if source.currency and is_chosen(profile):
        lines = workspace.materialize(f"{name}_currency", in_one_currency(lines, profile))
    unused = [column for column in money_columns(lines) if column not in ORDER_MONEY]
    lines = lines.drop(*unused)
    if filled := (*profile.fill, *filled_states(profile.fill, states)):
        rows = fill_order_columns(lines, filled, states.rules, request.conventions.kinds)
        lines = workspace.materialize(f"{name}_filled", signed(rows, states.rules))
    if has_order_money(source.mapping):
        shared = workspace.materialize(_order_money_table(source.source_id), with_shares(lines))
        lines = with_refunds(shared)
    if has_returns(states, request.conventions.kinds):
        lines = with_returns(lines, states)
    return request.people_policy.pseudonymize(
        workspace, lines, with_states(source.mapping, states), name
    )


def has_order_money(mapping: ColumnMapping) -> bool:
    """Return whether a source gives discounts or refunds once per order."""
    return any(column.removeprefix(MONEY) in mapping.columns for column in ORDER_MONEY)


def with_order_notes(workspace: Workspace, source: StagedSource) -> StagedSource:
    """Return a source with what became of the discounts and refunds of its orders."""
    if not has_order_money(source.mapping):
        return source
    shared = workspace.con.table(_order_money_table(source.source_id))
    [sums] = workspace.fetch(order_money_sums(shared))
    notes = list(order_money_notes(source.name, sums))
    return replace(
        source,
        notes=(*source.notes, *(text for text, is_warning in notes if not is_warning)),
        warnings=(*source.warnings, *(text for text, is_warning in notes if is_warning)),
    )


def with_state_survey(workspace: Workspace, source: StagedSource, lines: "Table") -> StagedSource:
    """Return a source with what the values of its columns of states count as in its `lines_of`."""
    lines = lines.filter(lines.source_row > 0)  # without refunds of whole orders
    states = source.source_formats.states
    surveys = survey_states(workspace, lines, states)
    warnings = state_warnings(
        source.name, states, surveys, has_refunds=has_refund_column(source.mapping)
    )
    taken_off = negative_price_warnings(workspace, source.name, source.mapping.profile, lines)
    return replace(source, states=surveys, warnings=(*source.warnings, *warnings, *taken_off))


def _currency(workspace: Workspace, name: str, staged: "Table", profile: Profile) -> str | None:
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
    return max(found, key=len, default=None)  # USD rather than $


def _differing_totals(workspace: Workspace, name: str, staged: "Table") -> Iterator[str]:
    """Yield a warning for each stated total that differs, and for money that no figure includes."""
    if names := unused_of(staged):
        [sums] = workspace.fetch(unused_sums(staged))
        yield from unused_warnings(name, names, sums)
    totals = totals_of(staged)
    if not totals:
        return
    [of_lines] = workspace.fetch(line_sums(staged))
    [of_orders] = workspace.fetch(order_sums(staged))
    for control in best_meanings(totals, of_lines, of_orders):
        if control.agree < control.number:
            example = workspace.fetch(first_difference(staged, control))
            yield warning_of(name, control, example[0] if control.level == "line" else None)


def people_in(workspace: Workspace, sources: Sequence[StagedSource]) -> "Table | None":
    """Return the personal data of staged sources, or None if no source has any."""
    people = [
        workspace.con.table(_people_table(source.source_id))
        for source in sources
        if source.mapping.people is not None
    ]
    return ibis.union(*people) if people else None


def _likely_mark(raw: RawTable) -> Mark:
    return "comma" if raw.decimal_comma_likely else "point"


def _lines_table(source_id: int) -> str:
    return f"stg_lines_{source_id}"


def _order_money_table(source_id: int) -> str:
    return f"stg_order_money_{source_id}"


def _people_table(source_id: int) -> str:
    return f"stg_people_{source_id}"


@dataclass(frozen=True)
class _Stager:
    """Stages the lines of one source."""

    workspace: Workspace
    request: BuildRequest
    mapping: ColumnMapping
    source_id: int

    def stage(self, raw: RawTable) -> tuple[SourceFormats, int]:
        """Stage lines; return how they were read, and how many there are.

        The formats come from a sample. If a line cannot be read, they come from the whole source.
        """
        self.request.progress(f"Reading {raw.name} ({counted(raw.rows, 'row', 'rows')})")
        rows = filled_down(raw.table, self.mapping, first_row=raw.first_row)
        raw = replace(raw, table=_with_built_columns(rows, self.mapping))
        states = read_states(self.workspace, raw, self.mapping)
        source_formats = replace(self._decide_from_sample(raw), states=states)
        self._write(raw, source_formats)
        if source_formats.is_plain and self._has_failed_lines():
            better = replace(self._decide(raw, raw.table), states=states)
            if better != source_formats:
                self._write(raw, better)
                source_formats = better
        source_formats = self._settle_states(raw, source_formats)
        lines = self.workspace.con.table(_lines_table(self.source_id))
        if totals := total_rows_in(self.workspace, lines):
            source_formats = replace(source_formats, totals=totals)
            self._write(raw, source_formats)
        return source_formats, self.workspace.count(_lines_table(self.source_id))

    def _settle_states(self, raw: RawTable, source_formats: SourceFormats) -> SourceFormats:
        """Return formats with the states that the lines show; write the lines again if needed."""
        lines = self.workspace.con.table(_lines_table(self.source_id))
        given = self.mapping.profile.formats.refunded
        states = settled_states(self.workspace, lines, source_formats.states, given)
        settled = replace(source_formats, states=states)
        if states.rules != source_formats.states.rules:
            self._write(raw, settled)
        return settled

    def _decide_from_sample(self, raw: RawTable) -> SourceFormats:
        """Return the formats of a sample if they are plain, otherwise those of the whole source."""
        try:
            source_formats = self._decide(raw, raw.table.limit(SAMPLE))
        except AmbiguousFormatError:
            return self._decide(raw, raw.table)
        return source_formats if source_formats.is_plain else self._decide(raw, raw.table)

    def _decide(self, raw: RawTable, rows: "Table") -> SourceFormats:
        shapes = date_shapes(rows, self.mapping)
        seen = [] if shapes is None else self.workspace.fetch(shapes)
        texts = [row["shape"] for row in seen]
        [counts] = self.workspace.fetch(evidence(rows, self.mapping, texts))
        formats = decide(raw.name, self.mapping, counts, seen, likely=_likely_mark(raw))
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
            source_id=self.source_id,
            latest_plausible=self.request.now + timedelta(days=1),
            kinds=self.request.conventions.kinds,
        )
        if raw.rejected is not None:
            lines = lines.union(self._rejected(raw.rejected, lines))
        self.workspace.materialize(_lines_table(self.source_id), lines)

    def _has_failed_lines(self) -> bool:
        lines = self.workspace.con.table(_lines_table(self.source_id))
        failed = lines.filter(lines.reasons.notnull()).limit(1)
        return bool(self.workspace.fetch(failed.select("source_id")))

    def _rejected(self, rejected: "Table", lines: "Table") -> "Table":
        """Return rows without readable cells as lines, in the columns of `lines`."""
        original = ibis.literal(REDACTED_LINE) if self.mapping.people else rejected.original
        blank = {name: ibis.null(type_) for name, type_ in lines.schema().items()}
        known = {
            "kind": ibis.literal("sale"),
            "source_id": ibis.literal(self.source_id, "int32"),
            "source_row": rejected.source_row,
            "reasons": rejected.reason,
            "original": original,
        }
        return cast("Table", rejected.select(**(blank | known)))
