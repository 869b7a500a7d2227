"""Countries by the names that shops write for them. Pure functions; the names are in a file."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_FEWEST, _HALF = 2, 0.5
_NOT_COUNTRIES = frozenset({"eu", "xx", "zz"})
"""What may stand among codes of countries, and is none."""

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
"""States of two letters by their country; many of them are codes of countries, too."""

_SHORT = {"dem": "democratic", "is": "islands", "rep": "republic", "st": "saint", "the": ""}
"""Words within a name that are written in several ways."""

_FORM = (
    "(?:(?:arab|bolivarian|cooperative|democratic|eastern|federal|federated|federative|grand"
    "|hashemite|independent|islamic|oriental|peoples|plurinational|socialist) )*"
    "(?:commonwealth|duchy|emirate|federation|kingdom|principality|republic|states?|sultanate"
    "|union)"
)
_WITH_FORM = re.compile(f"{_FORM} of (?P<behind>.+)|(?P<before>.+) {_FORM}(?: of)?")


class Country(NamedTuple):
    """A country by its ISO codes of two and three letters, and the names it goes by."""

    code: str
    code_of_three: str
    names: tuple[str, ...]


def countries(places: Iterable[str]) -> dict[str, str]:
    """Return those of a shop's places that are countries, with their ISO codes of two letters.

    Names are known by themselves. Codes are taken for countries only where all places of as many
    letters are codes, at least two, and are not all states of one country: a shop that sells in
    CA, IN and DE is not known to sell abroad. Empty unless at least half of the places, and two,
    are countries.
    """
    told = {place: _plain(place) for place in places}
    known = {place: code for place, plain in told.items() if (code := _named(plain))}
    for length in (2, 3):
        known |= _coded({
            place: plain for place, plain in told.items()
            if len(plain) == length and place not in known
        })  # fmt: skip
    return known if len(known) >= max(_FEWEST, len(told) * _HALF) else {}


@cache
def all_countries() -> dict[str, Country]:
    """Return every country by its code of two letters."""
    lines = (files(__package__) / "countries.tsv").read_text("utf-8").splitlines()
    return dict(_read(line) for line in lines if not line.startswith("#"))


def _read(line: str) -> tuple[str, Country]:
    code, of_three, _, name, *others = line.split("\t")
    return code, Country(
        code, of_three, (name, *(told for text in others for told in text.split("; ")))
    )


def _coded(words: Mapping[str, str]) -> dict[str, str]:
    """Return what words of one length are as codes, if that is what they are."""
    codes = {word: plain for word, plain in words.items() if plain not in _NOT_COUNTRIES}
    plain = set(codes.values())
    is_states = any(plain <= states for states in _STATES.values())
    if len(plain) < _FEWEST or is_states or not plain <= _codes().keys():
        return {}
    return {word: _codes()[told] for word, told in codes.items()}


def _named(plain: str) -> str | None:
    """Return the code of a country by its name, perhaps with its form of state."""
    names = _names()
    if plain in names or not (found := _WITH_FORM.fullmatch(plain)):
        return names.get(plain)
    return names.get(found["behind"] or found["before"])


@cache
def _names() -> dict[str, str]:
    return {
        _plain(name): country.code for country in all_countries().values() for name in country.names
    }


@cache
def _codes() -> dict[str, str]:
    return {
        told.lower(): country.code
        for country in all_countries().values()
        for told in (country.code, country.code_of_three)
    }


def _plain(word: str) -> str:
    """Return a name without case, accents, points and whatever else does not tell it apart.

    Empty for what is no word: text with characters that control a terminal.
    """
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Cn") for letter in word.strip()):
        return ""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", word)
        if not unicodedata.combining(letter) and letter not in ".'’‘`´"
    )  # fmt: skip
    parts = re.findall(r"\w+", bare.casefold().replace("&", " and "))
    return " ".join(filter(None, map(_long, parts))) if parts[1:] else "".join(parts)


def _long(part: str) -> str:
    return _SHORT.get(part, part)
