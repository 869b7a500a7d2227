"""Recognising columns: which of a source's columns are which of ours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from regulars.core.errors import MappingError
from regulars.core.schema import LINE_COLUMNS, PRODUCT_COLUMNS, REQUIRED_COLUMNS
from regulars.sources.profiles.people import People
from regulars.sources.profiles.profile import GENERIC, Profile, load_profile, shipped_profiles

WORDS = {
    "order_id": "the order",
    "ordered_at": "the order date",
    "customer_id": "the customer",
    "quantity": "the quantity",
    "unit_price": "the unit price",
    "product_id": "the product",
}


@dataclass(frozen=True)
class ColumnMapping:
    """Our column names to a source's, by the profile that recognised them.

    `people` are the columns of this source that name people, if any shall be kept apart.
    """

    profile: Profile
    columns: dict[str, str]
    people: People | None = None

    def describe(self) -> str:
        """Return `order_id = Invoice, …`: what was recognised, in our order."""
        return ", ".join(f"{ours} = {theirs}" for ours, theirs in self.columns.items())


def described(columns: str) -> dict[str, str]:
    """Return our column names to a source's, as `ColumnMapping.describe` told them."""
    parts = re.split(rf"(?:^|, )({'|'.join(LINE_COLUMNS)}) = ", columns)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def recognise(source: str, found: Sequence[str], chosen: Profile | None = None) -> ColumnMapping:
    """Return the mapping of a source's columns under the chosen profile, or the one that fits best.

    A shipped profile fits when every column it names is in this source; of several, the one that
    names most columns wins. What a profile leaves unsaid is recognised by common names.

    Raises MappingError, naming the columns found, the closest and the profile line to write.
    """
    if chosen is not None:
        return _complete(source, found, chosen)
    fitting = [profile for profile in shipped_profiles() if _fits(profile, found)]
    best = max(fitting, key=lambda profile: _matches(profile, found), default=load_profile(GENERIC))
    return _complete(source, found, best)


def likely(found: Sequence[str]) -> dict[str, str]:
    """Return our column names to those found that are most likely meant, as far as any are.

    What goes by no common name is guessed where we need it.
    """
    generic = load_profile(GENERIC).columns
    columns: dict[str, str] = {}
    for ours in LINE_COLUMNS:
        if theirs := _find(generic[ours], _untaken(found, columns)):
            columns[ours] = theirs
    missing = [ours for ours in REQUIRED_COLUMNS if ours not in columns]
    guessed = _closest_of_each(missing, _untaken(found, columns))
    return columns | {ours: theirs for ours, theirs in guessed.items() if theirs}


def looks_like_sales(found: Sequence[str], chosen: Profile | None = None) -> bool:
    """Return whether every column we need is recognised among those found."""
    try:
        recognise("", found, chosen)
    except MappingError:
        return False
    return True


def resembles_sales(found: Sequence[str]) -> bool:
    """Return whether at least half of the columns we need go by a common name."""
    generic = load_profile(GENERIC).columns
    known = [column for column in REQUIRED_COLUMNS if _find(generic[column], found)]
    return len(known) * 2 >= len(REQUIRED_COLUMNS)


def _fits(profile: Profile, found: Sequence[str]) -> bool:
    """Whether a shipped profile is meant: every column that it names is there."""
    named = profile.columns.values()
    return profile.name != GENERIC and all(_find(names, found) for names in named)


def _matches(profile: Profile, found: Sequence[str]) -> int:
    return sum(_find(names, found) is not None for names in profile.columns.values())


def _complete(source: str, found: Sequence[str], profile: Profile) -> ColumnMapping:
    generic = load_profile(GENERIC)
    people = _people(source, found, profile)
    columns: dict[str, str] = {}
    for ours in LINE_COLUMNS:
        told = profile.columns.get(ours)
        free = _untaken(found, columns)
        theirs = (
            _find(told, free)
            if told is not None
            else _find(generic.columns[ours], _not_apart(free, ours, people))
        )
        if theirs is not None:
            columns[ours] = theirs
        elif told and not profile.is_shipped:
            raise MappingError(_told_but_absent(source, found, profile, ours, told))
    _require(source, found, columns)
    _check_apart(source, columns, people, profile)
    return ColumnMapping(profile, columns, people)


def _people(source: str, found: Sequence[str], profile: Profile) -> People | None:
    """Return the columns of a source that name people, by the names they have there.

    Raises MappingError where a profile of somebody's own names one that is not there.
    """
    if profile.people is None:
        return None

    def those_there(ours: str, told: Sequence[str]) -> tuple[str, ...]:
        there = {name: _find([name], found) for name in told}
        missing = [name for name, theirs in there.items() if theirs is None]
        if missing and not profile.is_shipped:
            raise MappingError(_told_but_absent(source, found, profile, ours, missing[:1]))
        return tuple(theirs for theirs in there.values() if theirs is not None)

    columns = {ours: those_there(ours, told) for ours, told in profile.people.columns.items()}
    not_kept = those_there("not_kept", profile.people.not_kept)
    return replace(profile.people, columns=columns, not_kept=not_kept)


def _not_apart(free: Sequence[str], ours: str, people: People | None) -> list[str]:
    """Return the columns that may be one of ours: those of people stay out of the star."""
    is_superseded = ours == "customer_id" and people is not None and people.pseudonyms
    apart = () if people is None or is_superseded else people.theirs
    return [name for name in free if name not in apart]


def _check_apart(
    source: str, columns: Mapping[str, str], people: People | None, profile: Profile
) -> None:
    """Raise MappingError where a column is to be kept apart from the star, and to be in it."""
    for ours, theirs in columns.items():
        if theirs not in _not_apart([theirs], ours, people):
            cure = (
                'Add  customer_id = "pseudonym"  to [people].'
                if ours == "customer_id"
                else "Leave it out of one of the two."
            )
            raise MappingError(
                f'{source}: profile {profile.source} names "{theirs}" in [people] and, as {ours}, '
                f"in [columns]: so it would stand in the star. {cure}"
            )


def _untaken(found: Sequence[str], columns: dict[str, str]) -> list[str]:
    taken = set(columns.values())
    return [name for name in found if name not in taken]


def _require(source: str, found: Sequence[str], columns: dict[str, str]) -> None:
    missing = [column for column in REQUIRED_COLUMNS if column not in columns]
    if not any(column in columns for column in PRODUCT_COLUMNS):
        missing.append("product_id")
    if missing:
        raise MappingError(_missing(source, found, missing, _untaken(found, columns)))


def _missing(source: str, found: Sequence[str], missing: list[str], free: list[str]) -> str:
    *others, last = [WORDS[column] for column in missing]
    wanted = f"{', '.join(others)} or {last}" if others else last
    lines = [f"{source} has no column for {wanted}. It has: {_listed(found)}"]
    closest = _closest_of_each(missing, free)
    guesses = ", ".join(f'"{guess}"' for guess in dict.fromkeys(closest.values()) if guess)
    if guesses:
        lines.append(f"Closest: {guesses}.")
    if sum(_is_blank(name) for name in found) * 2 > len(found):
        lines.append(
            "Most of its first row is blank: is that a title? The first row must be the heading."
        )
    lines.append("Write a profile and name it with --profile:\n  [columns]")
    lines += [f'  {column} = "{closest[column] or "their column"}"' for column in missing]
    return "\n".join(lines)


def _told_but_absent(
    source: str, found: Sequence[str], profile: Profile, ours: str, told: Sequence[str]
) -> str:
    named = " or ".join(f'"{name}"' for name in told)
    guess = get_close_matches(told[0], found, n=1)
    if _find(told, found):
        theirs = " or ".join(told)
        return f'{source}: profile {profile.source} names "{theirs}" for two of our columns.'
    return (
        f"{source} has no column {named}, which profile {profile.source} names for {ours}. "
        + (f'Closest: "{guess[0]}". ' if guess else "")
        + f"It has: {_listed(found)}"
    )


def _closest_of_each(missing: Sequence[str], free: Sequence[str]) -> dict[str, str | None]:
    """Return the closest free column to each of ours, none of them for two."""
    closest: dict[str, str | None] = {}
    for column in missing:
        left = [name for name in free if name not in closest.values()]
        closest[column] = _closest(column, left)
    return closest


def _closest(column: str, free: Sequence[str]) -> str | None:
    """Return the free column most like any common name of ours, by letters or by shared words."""
    names = load_profile(GENERIC).columns[column]
    by_plain = {plain(name): name for name in free}
    for name in names:
        match = get_close_matches(plain(name), by_plain, n=1, cutoff=0.75)
        if match:
            return by_plain[match[0]]
    words = {_stem(word) for name in names for word in _split(name)}
    shared = [name for name in free if words & {_stem(word) for word in _split(name)}]
    return shared[0] if shared else None


def _find(names: Sequence[str], found: Sequence[str]) -> str | None:
    """Return the found column that goes by the first of these names, capitals and marks aside.

    Of two that differ by no more than those, the one that is spelt so is meant, else the first.
    """
    by_plain: dict[str, str] = {}
    for name in found:
        by_plain.setdefault(plain(name), name)
    known = (name if name in found else by_plain.get(plain(name)) for name in names)
    return next((name for name in known if name is not None), None)


def plain(name: str) -> str:
    """Return a name without capitals, blanks and marks: "Customer ID" and customer_id are one."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _split(name: str) -> list[str]:
    return re.findall(r"[a-z]+|[A-Z][a-z]*|[A-Z]+", name)


def _stem(word: str) -> str:
    return word.casefold()[:4]


def _is_blank(name: str) -> bool:
    return re.fullmatch(r"column\d+", name) is not None or not name.strip()


def _listed(found: Sequence[str], most: int = 20) -> str:
    shown = ", ".join(found[:most])
    return f"{shown}, … ({len(found)} columns)" if len(found) > most else shown
