"""Match a source's columns to the columns of an order line."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from regulars.core.errors import MappingError
from regulars.core.schema import MAPPED_COLUMNS, OPTIONAL_COLUMNS, PRODUCT_COLUMNS, REQUIRED_COLUMNS
from regulars.sources.profiles.built_columns import BuiltColumn
from regulars.sources.profiles.choose import choose_column
from regulars.sources.profiles.column_facts import ColumnFacts
from regulars.sources.profiles.column_names import find_column, find_columns
from regulars.sources.profiles.people import People
from regulars.sources.profiles.per_store import STORE, is_store, with_stores
from regulars.sources.profiles.profile import GENERIC, Profile, load_profile, shipped_profiles
from regulars.sources.profiles.refusal import missing_columns, named_but_missing

_PLACES = {"location", STORE}
_GST = ("cgst", "cgst amount", "cgst amt", "igst", "igst amount", "igst amt", "gst", "gst amt")
"""Taxes of India, where the price of a unit is called a rate."""

Survey = Callable[[Sequence[str]], Mapping[str, ColumnFacts]]
"""Returns what a sample of rows shows about columns; nothing if only the names are known."""


@dataclass(frozen=True)
class ColumnMapping:
    """Source columns by our column name, and the profile that matched them.

    `people` are the source's columns with personal data, if they are stored outside the star.
    `built` are the columns to add to those of the source, by their labels in `columns`.
    """

    profile: Profile
    columns: dict[str, str]
    people: People | None = None
    built: Mapping[str, BuiltColumn] = field(default_factory=dict)

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The mapped columns that the source has, with those that others are built from."""
        return tuple(dict.fromkeys(name for ours in self.columns for name in self.parts(ours)))

    def parts(self, ours: str) -> tuple[str, ...]:
        """Return the columns of the source that give one of ours; none if it is constant."""
        return self._parts(self.columns[ours])

    def own_parts(self, ours: str) -> tuple[str, ...]:
        """Return the columns of `parts` without the store, if that makes an id unique."""
        return self._parts(self.own_column(ours))

    def own_column(self, ours: str) -> str:
        """Return the column that is one of ours, without the store if that makes it unique."""
        name = self.columns[ours]
        column = self.built.get(name)
        return column.columns[-1] if column and column.joined == STORE else name

    def is_per_store(self, ours: str) -> bool:
        """Return whether the store is part of one of our columns of ids."""
        return ours in self.columns and self.own_column(ours) != self.columns[ours]

    def _parts(self, name: str) -> tuple[str, ...]:
        if name not in self.built:
            return (name,)
        parts = (part for one in self.built[name].columns for part in self._parts(one))
        return tuple(dict.fromkeys(parts))

    def describe(self) -> str:
        """Return the matches as text: `order_id = Invoice, …`."""
        return ", ".join(f"{ours} = {theirs}" for ours, theirs in self.columns.items())


def parse_mapping(columns: str) -> dict[str, str]:
    """Return source columns by our column name, from the text of `ColumnMapping.describe`."""
    parts = re.split(rf"(?:^|, )({'|'.join(MAPPED_COLUMNS)}) = ", columns)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def match_columns(
    source: str,
    found: Sequence[str],
    chosen: Profile | None = None,
    survey: Survey = lambda _: {},
) -> ColumnMapping:
    """Return the mapping of a source's columns by the chosen profile, or by the best shipped one.

    A shipped profile fits if the source has the columns that it is recognised by; of several, the
    one that names most columns wins. Columns that a profile does not mention are matched by common
    names, and `survey` shows which of these cannot be right. A chosen profile without columns
    adds its settings to the shipped profile that fits.

    Raises MappingError with the columns found and the profile lines to write.
    """
    if chosen is not None and not chosen.only_has_settings:
        return _complete(source, found, chosen, survey)
    fitting = [profile for profile in shipped_profiles() if _fits(profile, found)]
    best = max(fitting, key=lambda profile: _matches(profile, found), default=load_profile(GENERIC))
    if best.refused:
        raise MappingError(f"{source}: {best.refused}")
    if chosen is None:
        return _complete(source, found, best, survey)
    if best.is_generic:
        return _complete(source, found, chosen, survey)
    return _complete(source, found, chosen.over(best), survey)


def looks_like_sales(found: Sequence[str], chosen: Profile | None = None) -> bool:
    """Return whether all required columns are matched."""
    try:
        match_columns("", found, chosen)
    except MappingError:
        return False
    return True


def is_wanted(found: Sequence[str], chosen: Profile | None = None) -> bool:
    """Return whether a table has sales, or is one of those that the chosen profile joins."""
    files = chosen and chosen.files
    return bool(files and files.has_columns_of(found)) or looks_like_sales(found, chosen)


def resembles_sales(found: Sequence[str]) -> bool:
    """Return whether at least half of the required columns have a common name."""
    generic = load_profile(GENERIC).columns
    matched = [column for column in REQUIRED_COLUMNS if find_column(generic[column], found)]
    return len(matched) * 2 >= len(REQUIRED_COLUMNS)


def _fits(profile: Profile, found: Sequence[str]) -> bool:
    """Return whether the source has every column that a shipped profile is recognised by."""
    if profile.recognised_by:
        return all(find_column(names, found) for names in profile.recognised_by)
    needed = (names for ours, names in profile.columns.items() if ours not in OPTIONAL_COLUMNS)
    named = (*needed, *((part,) for part in profile.built_from))
    return profile.name != GENERIC and all(find_column(names, found) for names in named)


def _matches(profile: Profile, found: Sequence[str]) -> int:
    named = (*profile.columns.values(), *((part,) for part in profile.built_from))
    return sum(find_column(names, found) is not None for names in named)


def _complete(source: str, found: Sequence[str], profile: Profile, survey: Survey) -> ColumnMapping:
    people = _people(source, found, profile)
    columns, built = _named(source, found, profile)
    if profile.is_shipped and not profile.is_generic:
        survey = _not_surveyed
    common = _common_columns(profile)
    known = (name for names in common.values() for name in find_columns((*names, "rate"), found))
    facts = survey(list(dict.fromkeys(known)))
    for ours, names in common.items():
        if _is_replaced(ours, columns, profile):
            continue
        free = _allowed_in_star(_unmatched(found, columns, ours), ours, people)
        candidates = find_columns(names, free)
        if ours == "unit_price" and not candidates and find_column(_GST, found):
            candidates = find_columns(["rate"], free)
        if ours == STORE and not profile.per_store:
            order = facts.get(columns.get("order_id", ""))
            candidates = [name for name in candidates if is_store(facts.get(name), order)]
        if theirs := choose_column(ours, candidates, facts):
            columns[ours] = theirs
    _check_required(source, found, columns, profile, survey)
    columns, built = with_stores(source, found, profile, columns, built)
    columns = {ours: columns[ours] for ours in MAPPED_COLUMNS if ours in columns}
    mapping = ColumnMapping(profile, columns, people, built)
    _check_people(source, mapping)
    return mapping


def _named(
    source: str, found: Sequence[str], profile: Profile
) -> tuple[dict[str, str], dict[str, BuiltColumn]]:
    """Return the columns that a profile names or builds, as `ColumnMapping` has them.

    Raises MappingError if a user's profile names a column that the source lacks.
    """
    columns: dict[str, str] = {}
    built: dict[str, BuiltColumn] = {}
    if profile.is_generic:
        return columns, built
    can_lack = _can_lack_columns(profile, found)
    for ours in MAPPED_COLUMNS:
        if ours in profile.built:
            if can_lack and not _has_parts(profile.built[ours], found):
                continue
            columns[ours], part = _resolved(source, found, profile, ours)
            built |= part
        elif named := profile.columns.get(ours):
            theirs = find_column(named, _unmatched(found, columns, ours))
            if theirs is not None:
                columns[ours] = theirs
            elif not can_lack or ours in profile.own_columns:
                raise MappingError(named_but_missing(source, found, profile.source, ours, named))
    return columns, built


def _can_lack_columns(profile: Profile, found: Sequence[str]) -> bool:
    """Return whether a profile may name columns that a source lacks, as those of optional files."""
    if profile.can_lack_columns:
        return True
    joins = profile.files.joins if profile.files else ()
    return any(table.is_optional and not set(table.key_labels) & set(found) for table in joins)


def _has_parts(column: BuiltColumn, found: Sequence[str]) -> bool:
    return all(find_column([name], found) for name in column.columns)


def _common_columns(profile: Profile) -> dict[str, tuple[str, ...]]:
    """Return the common names of each of our columns that a profile does not mention."""
    generic = load_profile(GENERIC).columns
    mentioned = () if profile.is_generic else (*profile.columns, *profile.built)
    return {ours: generic.get(ours, ()) for ours in MAPPED_COLUMNS if ours not in mentioned}


def _not_surveyed(_: Sequence[str]) -> Mapping[str, ColumnFacts]:
    """Return nothing: the columns of a known export are known."""
    return {}


def _is_replaced(ours: str, columns: Mapping[str, str], profile: Profile) -> bool:
    """Return whether another column gives the price: that of the unit, or that of the line.

    A column that the profile names wins over one that only has a common name.
    """
    if ours == "unit_price":
        return profile.names("line_total") and not profile.names("unit_price")
    return ours == "line_total" and "unit_price" in columns and not profile.names("line_total")


def _resolved(
    source: str, found: Sequence[str], profile: Profile, ours: str
) -> tuple[str, dict[str, BuiltColumn]]:
    """Return the label of a built column, and the column with its parts spelled as in the source.

    Nothing needs to be built for rows of the quarantine, which can have the built column itself.

    Raises MappingError if the source lacks a part.
    """
    column = profile.built[ours]
    present = [name for name in found if name.casefold() == column.label.casefold()]
    if present:
        return present[0], {}
    parts = {name: find_column([name], found) for name in column.columns}
    for name, theirs in parts.items():
        if theirs is None:
            raise MappingError(named_but_missing(source, found, profile.source, ours, [name]))
    column = replace(column, columns=tuple(theirs for theirs in parts.values() if theirs))
    return column.label, {column.label: column}


def _people(source: str, found: Sequence[str], profile: Profile) -> People | None:
    """Return the source's columns with personal data, spelled as in the source.

    Raises MappingError if a user's profile names a column that the source lacks.
    """
    if profile.people is None:
        return None

    def present(ours: str, names: Sequence[str]) -> tuple[str, ...]:
        matches = {name: find_column([name], found) for name in names}
        missing = [name for name, theirs in matches.items() if theirs is None]
        if missing and not _can_lack_columns(profile, found):
            raise MappingError(named_but_missing(source, found, profile.source, ours, missing[:1]))
        return tuple(theirs for theirs in matches.values() if theirs is not None)

    columns = {ours: present(ours, names) for ours, names in profile.people.columns.items()}
    not_kept = present("not_kept", profile.people.not_kept)
    return replace(profile.people, columns=columns, not_kept=not_kept)


def _allowed_in_star(free: Sequence[str], ours: str, people: People | None) -> list[str]:
    """Return the source columns that may become one of ours, which excludes personal data."""
    is_pseudonymised = ours == "customer_id" and people is not None and people.pseudonyms
    excluded = () if people is None or is_pseudonymised else people.source_columns
    return [name for name in free if name not in excluded]


def _check_people(source: str, mapping: ColumnMapping) -> None:
    """Raise MappingError if a column with personal data would be stored in the star."""
    for ours in mapping.columns:
        for theirs in mapping.parts(ours):
            if theirs not in _allowed_in_star([theirs], ours, mapping.people):
                fix = (
                    'Add  customer_id = "pseudonym"  to [people].'
                    if ours == "customer_id"
                    else "Remove it from one of the two."
                )
                raise MappingError(
                    f'{source}: profile {mapping.profile.source} names "{theirs}" in [people] and, '
                    f"as {ours}, in [columns], which would store it in the star. {fix}"
                )


def _unmatched(found: Sequence[str], columns: Mapping[str, str], ours: str = "") -> list[str]:
    """Return the source columns that can still be one of ours.

    One column can be both the location and the store.
    """
    matched = {theirs for other, theirs in columns.items() if {ours, other} != _PLACES}
    return [name for name in found if name not in matched]


def _check_required(
    source: str,
    found: Sequence[str],
    columns: Mapping[str, str],
    profile: Profile,
    survey: Survey,
) -> None:
    missing = [
        column
        for column in REQUIRED_COLUMNS
        if column not in columns
        and not (column == "customer_id" and profile.has_no_customers)
        and not (column == "unit_price" and "line_total" in columns)
    ]
    if not any(column in columns for column in PRODUCT_COLUMNS):
        missing.append("product_id")
    if missing:
        common = load_profile(GENERIC).columns
        raise missing_columns(source, found, missing, columns, common, survey(found))
