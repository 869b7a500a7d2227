"""Stage one source: turn its rows into typed, validated lines in the workspace.

A fast reader reads the source and its rows are counted separately. If the reader fails or the
counts differ, a slow and exact reader reads it again, line by line.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import ibis

from regulars.engines.protocols import Workspace
from regulars.engines.read_checked import read_checked
from regulars.loads.check_money import differing_totals, has_order_money, source_currency
from regulars.loads.exact_ids import make_ids_exact
from regulars.loads.map_source import map_source
from regulars.loads.read_states import (
    StateSurvey,
    has_refund_column,
    survey_bundles,
    survey_states,
)
from regulars.loads.read_totals import check_headers, orderless
from regulars.loads.request import BuildRequest
from regulars.loads.stage_lines import LineStager, lines_table, with_built
from regulars.loads.state_warnings import negative_price_warnings, state_warnings
from regulars.loads.stores import missing_stores, stores_alike
from regulars.sources.profiles.match_columns import ColumnMapping
from regulars.sources.profiles.people import CONTACT_KINDS
from regulars.sources.profiles.product_codes import product_code_notes
from regulars.sources.profiles.profile import Profile
from regulars.sources.table import RawTable
from regulars.transform.orders.versions import line_contents
from regulars.transform.staging.control_sums import (
    check_is_of_the_line,
    orders_with_one_amount,
)
from regulars.transform.staging.currencies import (
    DAILY_RATES,
    daily_rates,
    in_one_currency,
    is_chosen,
)
from regulars.transform.staging.formats import SourceFormats
from regulars.transform.staging.given_back import has_returns, with_returns
from regulars.transform.staging.kinds import signed
from regulars.transform.staging.lines import fill_order_columns
from regulars.transform.staging.money_columns import CURRENCY, ORDER_MONEY, money_columns
from regulars.transform.staging.nobody import NobodyWord
from regulars.transform.staging.order_money import (
    order_money_notes,
    order_money_sums,
    with_refunds,
    with_shares,
)
from regulars.transform.staging.people import person_columns
from regulars.transform.staging.precision import lost_decimals, precision_warnings
from regulars.transform.staging.states import States, filled_states, with_states

if TYPE_CHECKING:
    from ibis.expr.types import Table


@dataclass(frozen=True)
class StagedSource:
    """A source whose rows are staged, and how they were read.

    number          its number in this build or load, which names its tables in the workspace
    rows            number of rows, counted independently of the reader
    first_row       number of the first row; None if each row has its own number
    source_formats  the date, number and discount formats that were used
    fingerprint     hash of the content, whatever the order of the rows
    remarks         what else to show about the source, such as its encoding
    joined          what other files were joined to its rows
    columns         all columns of the source
    currency        the currency of its amounts; None if it names none
    states          what the values of its state columns count as
    warnings        what to warn about
    notes           what else to say about its orders
    lines           the table of its lines in the workspace
    nobody          words for nobody in place of a customer, and email addresses that may be
    """

    source_id: int
    number: int
    name: str
    rows: int
    first_row: int | None
    mapping: ColumnMapping
    source_formats: SourceFormats
    fingerprint: str
    remarks: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    currency: str | None = None
    states: tuple[StateSurvey, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lines: str = ""
    nobody: Sequence[NobodyWord] = ()

    @property
    def recognises_people(self) -> bool:
        """Whether customers of the source can be one person under several ids."""
        return bool(self.mapping.people and self.mapping.people.same_person_by)

    def describe(self) -> str:
        """Return how the source was read, in words."""
        formats = self.source_formats.describe(with_discount="discount" in self.mapping.columns)
        currency = [f"currency {self.currency}"] if self.currency else []
        return ", ".join((formats, *currency, *self.remarks))

    def describe_all(self) -> str:
        """Return how the source was read, and what was joined to it, in words."""
        return ", ".join((self.describe(), *(f"with {files}" for files in self.joined)))


def stage_source(
    workspace: Workspace, request: BuildRequest, raw: RawTable, source_id: int, number: int
) -> StagedSource:
    """Stage the lines of a source, and its personal data if the people policy wants it.

    Its tables in the workspace have the number in place of the source_id, so that loads of files
    with the same columns have the same queries, which are compiled once.

    Raises SourceError if its columns cannot be mapped or its rows cannot be read.
    """
    policy = request.people_policy
    mapping = policy.apply(map_source(workspace, raw, request.profile))
    policy.register_functions(workspace, mapping)
    raw, source_formats = read_checked(raw, LineStager(workspace, request, mapping, number).stage)
    classify = partial(_classified, request=request, states=source_formats.states)
    ids = make_ids_exact(workspace, mapping, raw.name, lines_table(number), classify)
    staged = workspace.table(ids.lines)
    check_headers(workspace, raw, staged)
    currency = source_currency(workspace, raw.name, staged, mapping.profile)
    if "line_total" in mapping.columns and not mapping.profile.names("line_total"):
        [counts] = workspace.fetch(orders_with_one_amount(staged))
        check_is_of_the_line(raw.name, mapping.columns["line_total"], counts)
    unused = [name for name in money_columns(staged) if not (currency and name == CURRENCY)]
    unused += [] if "store" in mapping.columns else ["store"]
    contents = line_contents(staged.drop(*unused))
    fingerprint = policy.protect_fingerprint(workspace.fingerprint(contents), mapping)
    policy.store_people(workspace, staged, mapping, _people_table(number))
    contacts = policy.store_contacts(workspace, staged, mapping, _contacts_table(number))
    bundles, priced_twice = survey_bundles(workspace, raw.name, staged, source_formats.states)
    return StagedSource(
        source_id=source_id,
        number=number,
        name=raw.name,
        rows=raw.rows,
        first_row=None if raw.has_row_numbers else raw.first_row,
        mapping=mapping,
        source_formats=source_formats,
        fingerprint=fingerprint,
        remarks=raw.remarks,
        joined=raw.joined,
        columns=tuple(raw.columns),
        currency=currency,
        notes=(*raw.notes, *product_code_notes(raw.name, raw.columns, mapping), *bundles),
        warnings=(
            *raw.warnings,
            *ids.warnings,
            *_lost_decimals(workspace, raw, mapping, source_formats),
            *differing_totals(workspace, raw.name, mapping, staged),
            *orderless(workspace, raw, mapping, staged),
            *missing_stores(workspace, raw.name, mapping, staged),
            *stores_alike(workspace, raw.name, mapping, staged),
            *_missing_contacts(raw, mapping, contacts),
            *priced_twice,
        ),
        lines=ids.lines,
        nobody=ids.words,
    )


def _classified(
    lines: "Table", filled: Sequence[str] = (), *, request: BuildRequest, states: States
) -> "Table":
    """Return lines with columns filled in from their order, and with the kinds these then have."""
    rows = fill_order_columns(lines, filled, states.rules, request.conventions.kinds)
    return signed(rows, states.rules)


def _lost_decimals(
    workspace: Workspace, raw: RawTable, mapping: ColumnMapping, formats: SourceFormats
) -> Iterator[str]:
    """Yield a warning for each column of numbers that is stored with fewer decimals."""
    if formats.exact:
        table = with_built(raw.table, mapping)
        [lost] = workspace.fetch(lost_decimals(table, mapping, formats))
        yield from precision_warnings(raw.name, lost)


def lines_of(workspace: Workspace, request: BuildRequest, source: StagedSource) -> "Table":
    """Return the staged lines of a source, with row numbers, filled-in cells and pseudonyms.

    The people policy and the profile determine pseudonyms and which cells to fill in. The cells of
    state columns follow in columns of their own.
    """
    name = source.lines
    staged = workspace.table(name)
    unused = person_columns(staged)
    lines = staged.drop(*unused)
    if source.first_row is not None:
        # Numbering rows by their position is twice as fast as numbering them while reading.
        row = ibis.coalesce(staged.source_row, staged.rowid() + source.first_row)
        lines = staged.mutate(source_row=row.cast("int64")).drop(*unused)
    profile, states = source.mapping.profile, source.source_formats.states
    if source.currency and is_chosen(profile):
        rates = _daily_rates(workspace, request, profile, name)
        lines = workspace.materialize(f"{name}_currency", in_one_currency(lines, profile, rates))
    unused = [column for column in money_columns(lines) if column not in ORDER_MONEY]
    lines = lines.drop(*unused)
    if filled := (*profile.fill, *filled_states(profile.fill, states)):
        rows = _classified(lines, filled, request=request, states=states)
        lines = workspace.materialize(f"{name}_filled", rows)
    if has_order_money(source.mapping):
        shared = workspace.materialize(_order_money_table(source.number), with_shares(lines))
        lines = with_refunds(shared)
    if has_returns(states, request.conventions.kinds):
        lines = with_returns(lines, states)
    lines = request.people_policy.pseudonymize(
        workspace, lines, with_states(source.mapping, states), name
    )
    return _with_source_id(lines, source)


def _with_source_id(rows: "Table", source: StagedSource) -> "Table":
    """Return rows of a table in the workspace with the source_id in place of the number."""
    if source.number == source.source_id:
        return rows
    return rows.mutate(source_id=ibis.literal(source.source_id, "int32"))


def _daily_rates(
    workspace: Workspace, request: BuildRequest, profile: Profile, name: str
) -> "Table | None":
    """Return the rates of the profile by day, or None if its rates do not change."""
    if not profile.currencies.dated or profile.formats.currency:
        return None
    until = request.now.date() + timedelta(days=2)  # no later order is plausible
    rows = tuple(daily_rates(profile.currencies, until))
    return workspace.rows_as_table(f"{name}_rates", DAILY_RATES, rows)


def with_order_notes(workspace: Workspace, source: StagedSource) -> StagedSource:
    """Return a source with what became of the discounts and refunds of its orders."""
    if not has_order_money(source.mapping):
        return source
    shared = workspace.table(_order_money_table(source.number))
    [sums] = workspace.fetch(order_money_sums(shared))
    notes = list(order_money_notes(source.name, sums))
    return replace(
        source,
        notes=(*source.notes, *(text for text, is_warning in notes if not is_warning)),
        warnings=(*source.warnings, *(text for text, is_warning in notes if is_warning)),
    )


def with_state_survey(workspace: Workspace, source: StagedSource, lines: "Table") -> StagedSource:
    """Return a source with what the values of its state columns count as in its `lines_of`."""
    lines = lines.filter(lines.source_row > 0)  # without refunds of whole orders
    states = source.source_formats.states
    surveys = survey_states(workspace, lines, states, source.mapping)
    warnings = state_warnings(
        source.name, states, surveys, has_refunds=has_refund_column(source.mapping)
    )
    taken_off = negative_price_warnings(workspace, source.name, source.mapping.profile, lines)
    return replace(source, states=surveys, warnings=(*source.warnings, *warnings, *taken_off))


def people_in(workspace: Workspace, sources: Sequence[StagedSource]) -> "Table | None":
    """Return the personal data of staged sources, or None if no source has any."""
    people = [
        _with_source_id(workspace.table(_people_table(source.number)), source)
        for source in sources
        if source.mapping.people is not None
    ]
    return ibis.union(*people) if people else None


def same_person_by(sources: Sequence[StagedSource]) -> str:
    """Return by what the profiles of sources recognise a person; empty if they do not."""
    people = [source.mapping.people for source in sources if source.mapping.people]
    kinds = {kind for one in people for kind in one.same_person_by}
    return ", ".join(kind for kind in CONTACT_KINDS if kind in kinds)


def contacts_in(workspace: Workspace, sources: Sequence[StagedSource]) -> "Table | None":
    """Return the contacts of staged sources, or None if no profile recognises people by them."""
    contacts = [
        _with_source_id(workspace.table(_contacts_table(source.number)), source)
        for source in sources
        if source.recognises_people
    ]
    return ibis.union(*contacts) if contacts else None


def _missing_contacts(
    raw: RawTable, mapping: ColumnMapping, found: Collection[str]
) -> Iterator[str]:
    """Yield a warning for each kind of contact that no customer of a source has."""
    people = mapping.people
    if people is None or not raw.rows:
        return
    for kind in people.same_person_by:
        if kind not in found and kind in people.columns:
            yield f"{raw.name}: no customer has a valid {kind}, so none are merged by it."
        elif kind not in found:
            yield (
                f"{raw.name}: no column has the {kind}, so no customers are merged by it. Name the "
                f'column in your profile:\n  [people]\n  {kind} = "…"'
            )


def _order_money_table(number: int) -> str:
    return f"stg_order_money_{number}"


def _people_table(number: int) -> str:
    return f"stg_people_{number}"


def _contacts_table(number: int) -> str:
    return f"stg_contacts_{number}"
