"""Countries by the names and codes that shops write; the names are in countries.tsv."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_FEWEST, _FEWEST_SHARE = 2, 0.5
_NOT_COUNTRIES = frozenset({"eu", "xx", "zz"})
"""Codes that shops use next to country codes."""

_STATES: Mapping[str, frozenset[str]] = {
    country: frozenset(codes.lower().split())
    for country, codes in {
        "AU": "NT SA WA",
        "BR": "AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO",
        "CA": "AB BC MB NB NL NS NT NU ON PE QC SK YT",
        "DE": "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH",
        "IN": "AN AP AR AS BR CH CT DD DL DN GA GJ HP HR JH JK KA KL LA LD MH ML MN MP MZ NL OD OR"
        " PB PY RJ SK TG TN TR TS UP UT WB",
        "US": "AL AK AS AZ AR CA CO CT DE DC FL GA GU HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO"
        " MP MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY",
    }.items()
}
"""Two-letter codes of states by country; many of them are country codes, too."""

_VARIANTS = {"dem": "democratic", "is": "islands", "rep": "republic", "st": "saint", "the": ""}
"""Words in a name that have several spellings."""

_FORM = (
    "(?:(?:arab|bolivarian|cooperative|democratic|eastern|federal|federated|federative|grand"
    "|hashemite|independent|islamic|oriental|peoples|plurinational|socialist) )*"
    "(?:commonwealth|duchy|emirate|federation|kingdom|principality|republic|states?|sultanate"
    "|union)"
)
_WITH_FORM = re.compile(f"{_FORM} of (?P<after>.+)|(?P<before>.+) {_FORM}(?: of)?")


class Country(NamedTuple):
    """A country: its ISO codes of two and three letters, and its names."""

    code: str
    code_of_three: str
    names: tuple[str, ...]


def countries(places: Iterable[str]) -> dict[str, str]:
    """Return the countries among a shop's locations, with their two-letter ISO codes.

    A name counts by itself. A code counts only if all locations of the same length are codes, at
    least two, and not all states of one country: CA, IN and DE may be California, Indiana and
    Delaware. The result is empty unless two locations, and at least half, are countries.
    """
    plain = {place: _normalized(place) for place in places}
    known = {place: code for place, name in plain.items() if (code := _by_name(name))}
    for length in (2, 3):
        known |= _by_code({
            place: name for place, name in plain.items()
            if len(name) == length and place not in known
        })  # fmt: skip
    return known if len(known) >= max(_FEWEST, len(plain) * _FEWEST_SHARE) else {}


@cache
def all_countries() -> dict[str, Country]:
    """Return every country by its two-letter code."""
    lines = (files(__package__) / "countries.tsv").read_text("utf-8").splitlines()
    return dict(_read(line) for line in lines if not line.startswith("#"))


def _read(line: str) -> tuple[str, Country]:
    code, of_three, _, name, *others = line.split("\t")
    synonyms = [synonym for text in others for synonym in text.split("; ")]
    return code, Country(code, of_three, (name, *synonyms))


def _by_code(places: Mapping[str, str]) -> dict[str, str]:
    """Return the country of each place, if all of them (of one length) are country codes."""
    codes = {place: code for place, code in places.items() if code not in _NOT_COUNTRIES}
    distinct = set(codes.values())
    is_states = any(distinct <= states for states in _STATES.values())
    if len(distinct) < _FEWEST or is_states or not distinct <= _codes().keys():
        return {}
    return {place: _codes()[code] for place, code in codes.items()}


def _by_name(name: str) -> str | None:
    """Return the code of a country by its name, with or without its form of state."""
    names = _names()
    if name in names or not (match := _WITH_FORM.fullmatch(name)):
        return names.get(name)
    return names.get(match["after"] or match["before"])


@cache
def _names() -> dict[str, str]:
    return {
        _normalized(name): country.code
        for country in all_countries().values()
        for name in country.names
    }


@cache
def _codes() -> dict[str, str]:
    return {
        code.lower(): country.code
        for country in all_countries().values()
        for code in (country.code, country.code_of_three)
    }


def _normalized(name: str) -> str:
    """Return a name without case, accents, punctuation and spelling variants.

    Text with control characters is not a name, so the result is empty.
    """
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Cn") for letter in name.strip()):
        return ""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", name)
        if not unicodedata.combining(letter) and letter not in ".'’‘`´"
    )  # fmt: skip
    words = re.findall(r"\w+", bare.casefold().replace("&", " and "))
    if len(words) < 2:
        return "".join(words)
    return " ".join(filter(None, (_VARIANTS.get(word, word) for word in words)))
