"""Which of a shop's locations are countries, however the shop writes them."""

import json
import unicodedata
from collections.abc import Callable, Sequence
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.insights.charts.countries import all_countries, countries
from regulars.insights.charts.world_map import outlines
from support.generated_shop import STATES

EVERY_NAME = [(name, one.code) for one in all_countries().values() for name in one.names]
ODD = {
    "EIRE": "IE", "Republic of Ireland": "IE", "Ireland, Republic of": "IE", "RSA": "ZA",
    "South Africa": "ZA", "USA": "US", "U.S.A.": "US", "united states of america": "US",
    "The United States": "US", "UK": "GB", "u.k.": "GB", "Great Britain": "GB", "England": "GB",
    "United Kingdom of Great Britain and Northern Ireland": "GB", "Czech Republic": "CZ",
    "CZECHIA": "CZ", "Czech Rep.": "CZ", "Korea": "KR", "Republic of Korea": "KR",
    "Korea, Republic of": "KR", "Korea (South)": "KR", "South Korea": "KR", "North Korea": "KP",
    "Democratic People's Republic of Korea": "KP", "Hong Kong": "HK", "Hong Kong SAR, China": "HK",
    "Holland": "NL", "The Netherlands": "NL", "Netherlands, The": "NL", "Viet Nam": "VN",
    "Ivory Coast": "CI", "Cote d'Ivoire": "CI", "Côte d’Ivoire": "CI", "Burma": "MM",
    "Russian Federation": "RU", "Türkiye": "TR", "Turkey": "TR", "UAE": "AE", "Macau": "MO",
    "Bosnia & Herzegovina": "BA", "St. Lucia": "LC", "Congo": "CG", "DR Congo": "CD",
    "Congo, Democratic Republic of the": "CD", "Bolivia, Plurinational State of": "BO",
    "Federal Republic of Germany": "DE", "Kingdom of Bahrain": "BH", "State of Qatar": "QA",
    "  france ": "FR", "Lebanon": "LB", "Malta": "MT", "Cyprus": "CY", "Singapore": "SG",
    "Taiwan, Province of China": "TW", "Palestine, State of": "PS", "Swaziland": "SZ",
    "Macedonia, the former Yugoslav Republic of": "MK", "Guinea-Bissau": "GW", "Guinea": "GN",
    "Dominica": "DM", "Dominican Republic": "DO", "Niger": "NE", "Nigeria": "NG", "Kosovo": "XK",
}  # fmt: skip
NOWHERE = (
    "Channel Islands", "European Community", "Unspecified", "West Indies", "Europe", "Asia",
    "Rest of the world", "n/a", "-", "", "?", "Paris", "Texas", "<script>alert(1)</script>",
    "Republic of", "Kingdom", "The", "France\x00",
)  # fmt: skip

SIZES = {
    "AU": 7_692_000, "BR": 8_516_000, "CY": 9_250, "DE": 357_600, "FR": 551_500, "GL": 2_166_000,
    "GF": 83_500, "RU": 17_098_000 - 27_000, "SO": 637_700, "UA": 603_600, "ZA": 1_221_000,
}  # fmt: skip
"""Rough areas in square kilometres: European France only, and all of Ukraine."""


def code(place: str) -> str | None:
    """Return the country code of a place, given along with three obvious countries."""
    return countries([place, "Norway", "Sweden", "Finland"]).get(place)


@pytest.mark.parametrize(("place", "country"), ODD.items())
def test_a_country_is_recognised_by_the_names_that_shops_write(place: str, country: str) -> None:
    assert code(place) == country


@pytest.mark.parametrize("place", NOWHERE)
def test_other_places_are_not_mistaken_for_countries(place: str) -> None:
    assert code(place) is None


@given(
    name=st.sampled_from(EVERY_NAME),
    change=st.sampled_from([str.upper, str.lower, str.title, str.casefold, str]),
    around=st.sampled_from(["", " ", "  ", "\t", "."]),
    without_accents=st.booleans(),
)
def test_case_spaces_full_stops_and_accents_do_not_matter(
    name: tuple[str, str], change: Callable[[str], str], around: str, without_accents: bool
) -> None:
    written, country = name
    if without_accents:
        decomposed = unicodedata.normalize("NFKD", written)
        written = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    assert code(f"{around}{change(written)}{around}") == country


def test_no_name_means_two_countries() -> None:
    assert {name: code(name) for name, _ in EVERY_NAME} == dict(EVERY_NAME)


@pytest.mark.parametrize("letters", [2, 3])
@pytest.mark.parametrize("change", [str.upper, str.lower])
def test_iso_codes_are_recognised_in_any_case(letters: int, change: Callable[[str], str]) -> None:
    written = {
        change((one.code, one.code_of_three)[letters - 2]): one.code
        for one in all_countries().values()
    }
    assert countries(written) == written


@pytest.mark.parametrize(
    "places",
    [
        STATES,
        ("CA", "IN", "DE"),
        ("CA", "IN", "DE", "PA", "GA"),
        ("ca", "in", "de"),
        ("SP", "RJ", "MG", "RS", "PR", "SC", "BA", "ES", "PE"),
        ("MG", "RS", "PR", "SC", "BA", "ES", "PE"),
        ("ON", "NS", "PE", "NL", "SK"),
        ("BE", "BY", "NI", "SN", "TH"),
        ("CA", "TX"),
        ("Texas", "Georgia", "Ohio", "Nevada"),
        ("Leeds", "York", "Singapore", "Monaco", "Bath"),
        ("LON", "PAR", "CAN", "PER"),
        ("France",),
        ("Unspecified",),
        (),
    ],
    ids=" ".join,
)
def test_states_and_towns_are_not_mistaken_for_countries(places: Sequence[str]) -> None:
    assert countries(places) == {}


def test_codes_are_countries_if_one_of_them_cannot_be_a_state() -> None:
    assert countries(["CA", "DE", "FR", "EU"]) == {"CA": "CA", "DE": "DE", "FR": "FR"}
    assert countries(["UK", "FR", "DE"]) == {"UK": "GB", "FR": "FR", "DE": "DE"}


def test_states_among_country_names_remain_states() -> None:
    assert countries(["CA", "IN", "Mexico", "Canada", "United Kingdom"]) == {
        "Mexico": "MX", "Canada": "CA", "United Kingdom": "GB",
    }  # fmt: skip
    assert countries([*STATES, "Canada", "Mexico"]) == {}


def test_at_least_half_of_the_places_must_be_countries() -> None:
    assert set(countries(["France", "Spain", "Leeds", "York"])) == {"France", "Spain"}
    assert countries(["France", "Spain", "Leeds", "York", "Bath"]) == {}


def test_every_country_is_on_the_map() -> None:
    assert outlines().keys() - {""} == all_countries().keys()
    world = json.loads((files("regulars.insights.charts") / "world.json").read_text("utf-8"))
    for code, outline in outlines().items():
        assert 0 <= outline.x <= world["width"], code
        assert 0 <= outline.y <= world["height"], code


def test_areas_on_the_map_are_proportional_to_real_areas() -> None:
    # An Equal Earth map is 2 x 2.70663 radii wide; the earth's authalic radius is 6,371 km.
    side = 2.70663 * 6371.007 / 5_000
    for country, square_km in SIZES.items():
        assert (outlines()[country].across * side) ** 2 == pytest.approx(square_km, rel=0.05), (
            country
        )


@pytest.mark.parametrize(("western", "eastern"), [("US", "GB"), ("GB", "RU"), ("IN", "JP")])
def test_east_is_right_and_north_is_up(western: str, eastern: str) -> None:
    assert outlines()[western].x < outlines()[eastern].x
    assert outlines()["NO"].y < outlines()["NG"].y < outlines()["ZA"].y


def test_the_outlines_are_a_small_file() -> None:
    size = len((files("regulars.insights.charts") / "world.json").read_bytes())
    assert size < 60_000
