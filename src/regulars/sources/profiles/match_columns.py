"""Match a source's columns to the columns of an order line."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from regulars.core.errors import MappingError
from regulars.core.schema import MAPPED_COLUMNS, PRODUCT_COLUMNS, REQUIRED_COLUMNS
from regulars.sources.profiles.built_columns import BuiltColumn
from regulars.sources.profiles.people import People
from regulars.sources.profiles.profile import GENERIC, Profile, load_profile, shipped_profiles

_LABELS = {
    "order_id": "the order",
    "ordered_at": "the order date",
    "customer_id": "the customer",
    "quantity": "the quantity",
    "unit_price": "the unit price",
    "product_id": "the product",
}


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
        name = self.columns[ours]
        return self.built[name].columns if name in self.built else (name,)

    def describe(self) -> str:
        """Return the matches as text: `order_id = Invoice, …`."""
        return ", ".join(f"{ours} = {theirs}" for ours, theirs in self.columns.items())


def parse_mapping(columns: str) -> dict[str, str]:
    """Return source columns by our column name, from the text of `ColumnMapping.describe`."""
    parts = re.split(rf"(?:^|, )({'|'.join(MAPPED_COLUMNS)}) = ", columns)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def match_columns(
    source: str, found: Sequence[str], chosen: Profile | None = None
) -> ColumnMapping:
    """Return the mapping of a source's columns by the chosen profile, or by the best shipped one.

    A shipped profile fits if the source has every column it names; of several, the one that names
    most columns wins. Columns that a profile does not mention are matched by common names.

    Raises MappingError with the columns found, the closest ones and the profile lines to write.
    """
    if chosen is not None:
        return _complete(source, found, chosen)
    fitting = [profile for profile in shipped_profiles() if _fits(profile, found)]
    best = max(fitting, key=lambda profile: _matches(profile, found), default=load_profile(GENERIC))
    return _complete(source, found, best)


def guess_columns(found: Sequence[str]) -> dict[str, str]:
    """Return the most likely source columns by our column name.

    Required columns without a common name are guessed by similarity.
    """
    generic = load_profile(GENERIC).columns
    columns: dict[str, str] = {}
    for ours in MAPPED_COLUMNS:
        if theirs := _find(generic[ours], _unmatched(found, columns)):
            columns[ours] = theirs
    missing = [ours for ours in REQUIRED_COLUMNS if ours not in columns]
    guessed = _closest_of_each(missing, _unmatched(found, columns))
    return columns | {ours: theirs for ours, theirs in guessed.items() if theirs}


def looks_like_sales(found: Sequence[str], chosen: Profile | None = None) -> bool:
    """Return whether all required columns are matched."""
    try:
        match_columns("", found, chosen)
    except MappingError:
        return False
    return True


def resembles_sales(found: Sequence[str]) -> bool:
    """Return whether at least half of the required columns have a common name."""
    generic = load_profile(GENERIC).columns
    matched = [column for column in REQUIRED_COLUMNS if _find(generic[column], found)]
    return len(matched) * 2 >= len(REQUIRED_COLUMNS)


def _fits(profile: Profile, found: Sequence[str]) -> bool:
    """Return whether the source has every column that a shipped profile names."""
    named = profile.columns.values()
    return profile.name != GENERIC and all(_find(names, found) for names in named)


def _matches(profile: Profile, found: Sequence[str]) -> int:
    return sum(_find(names, found) is not None for names in profile.columns.values())


def _complete(source: str, found: Sequence[str], profile: Profile) -> ColumnMapping:
    generic = load_profile(GENERIC)
    people = _people(source, found, profile)
    columns: dict[str, str] = {}
    built: dict[str, BuiltColumn] = {}
    for ours in MAPPED_COLUMNS:
        if ours in profile.built:
            columns[ours], part = _resolved(source, found, profile, ours)
            built |= part
            continue
        named = profile.columns.get(ours)
        free = _unmatched(found, columns)
        theirs = (
            _find(named, free)
            if named is not None
            else _find(generic.columns[ours], _allowed_in_star(free, ours, people))
        )
        if theirs is not None:
            columns[ours] = theirs
        elif named and not profile.is_shipped:
            raise MappingError(_named_but_missing(source, found, profile, ours, named))
    _check_required(source, found, columns, profile)
    mapping = ColumnMapping(profile, columns, people, built)
    _check_people(source, mapping)
    return mapping


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
    parts = {name: _find([name], found) for name in column.columns}
    for name, theirs in parts.items():
        if theirs is None:
            raise MappingError(_named_but_missing(source, found, profile, ours, [name]))
    column = replace(column, columns=tuple(theirs for theirs in parts.values() if theirs))
    return column.label, {column.label: column}


def _people(source: str, found: Sequence[str], profile: Profile) -> People | None:
    """Return the source's columns with personal data, spelled as in the source.

    Raises MappingError if a user's profile names a column that the source lacks.
    """
    if profile.people is None:
        return None

    def present(ours: str, names: Sequence[str]) -> tuple[str, ...]:
        matches = {name: _find([name], found) for name in names}
        missing = [name for name, theirs in matches.items() if theirs is None]
        if missing and not profile.is_shipped:
            raise MappingError(_named_but_missing(source, found, profile, ours, missing[:1]))
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


def _unmatched(found: Sequence[str], columns: dict[str, str]) -> list[str]:
    matched = set(columns.values())
    return [name for name in found if name not in matched]


def _check_required(
    source: str, found: Sequence[str], columns: dict[str, str], profile: Profile
) -> None:
    missing = [
        column
        for column in REQUIRED_COLUMNS
        if column not in columns and not (column == "customer_id" and profile.has_no_customers)
    ]
    if not any(column in columns for column in PRODUCT_COLUMNS):
        missing.append("product_id")
    if missing:
        raise MappingError(_missing(source, found, missing, _unmatched(found, columns)))


def _missing(source: str, found: Sequence[str], missing: list[str], free: list[str]) -> str:
    *others, last = [_LABELS[column] for column in missing]
    wanted = f"{', '.join(others)} or {last}" if others else last
    lines = [f"{source} has no column for {wanted}. It has: {_listed(found)}"]
    closest = _closest_of_each(missing, free)
    guesses = ", ".join(f'"{guess}"' for guess in dict.fromkeys(closest.values()) if guess)
    if guesses:
        lines.append(f"Closest: {guesses}.")
    lines.append("Write a profile and pass it with --profile:\n  [columns]")
    lines += [f'  {column} = "{closest[column] or "their column"}"' for column in missing]
    return "\n".join(lines)


def _named_but_missing(
    source: str, found: Sequence[str], profile: Profile, ours: str, names: Sequence[str]
) -> str:
    quoted = " or ".join(f'"{name}"' for name in names)
    if _find(names, found):
        return (
            f"{source}: profile {profile.source} maps {quoted} to {ours} and to another column. "
            "Map it to one."
        )
    guess = get_close_matches(names[0], found, n=1)
    return (
        f"{source} has no column {quoted}, which profile {profile.source} maps to {ours}. "
        + (f'Closest: "{guess[0]}". ' if guess else "")
        + f"It has: {_listed(found)}"
    )


def _closest_of_each(missing: Sequence[str], free: Sequence[str]) -> dict[str, str | None]:
    """Return the closest free source column to each of ours, each at most once."""
    closest: dict[str, str | None] = {}
    for column in missing:
        remaining = [name for name in free if name not in closest.values()]
        closest[column] = _closest(column, remaining)
    return closest


def _closest(column: str, free: Sequence[str]) -> str | None:
    """Return the free source column most similar to a common name, by letters or by words."""
    names = load_profile(GENERIC).columns[column]
    by_name = {normalise_name(name): name for name in free}
    for name in names:
        match = get_close_matches(normalise_name(name), by_name, n=1, cutoff=0.75)
        if match:
            return by_name[match[0]]
    words = {_stem(word) for name in names for word in _split(name)}
    shared = [name for name in free if words & {_stem(word) for word in _split(name)}]
    return shared[0] if shared else None


def _find(names: Sequence[str], found: Sequence[str]) -> str | None:
    """Return the source column that matches the first of these names, ignoring case and marks.

    An exact match wins over one that differs in case or marks.
    """
    by_name: dict[str, str] = {}
    for name in found:
        by_name.setdefault(normalise_name(name), name)
    matches = (name if name in found else by_name.get(normalise_name(name)) for name in names)
    return next((name for name in matches if name is not None), None)


def normalise_name(name: str) -> str:
    """Return a name in lower case without blanks and punctuation: "Customer ID" is customerid."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _split(name: str) -> list[str]:
    return re.findall(r"[a-z]+|[A-Z][a-z]*|[A-Z]+", name)


def _stem(word: str) -> str:
    return word.casefold()[:4]


def _listed(found: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(found[:most])
    return f"{shown}, … ({len(found)} columns)" if len(found) > most else shown
