"""The world map: its figures, shades and texts, and the shops that have none."""

import re
from collections.abc import Callable
from decimal import Decimal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars.insights.charts import world_map
from regulars.insights.charts.world_map import MapView, Market
from regulars.insights.parts import WorldMap
from regulars.insights.periods import Span
from regulars.insights.scope import Scope
from regulars.insights.sections import sales
from regulars.insights.sections.places_map import places_map, steps
from regulars.warehouse.query_options import Where
from support.generated_shop import generate_shop
from support.present import present
from support.warehouses import BuiltWarehouse, to_csv

HEADING = "Order ID,Order Date,Customer ID,Product ID,Quantity,Unit Price,Country\n"
SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"−?[\d,]+\.\d\d")
GOODS = "fact_sales.kind IN ('sale', 'return')"


def sold(**places: str) -> str:
    """Return a file with one order of the given amount from each place."""
    return HEADING + "".join(
        f"{n},2024-01-{n:02},c{n},tea,{1 if amount[0] != '-' else -1},{amount.strip('-')},{place}\n"
        for n, (place, amount) in enumerate(places.items(), 1)
    )


def find_map(scope: Scope) -> WorldMap | None:
    return places_map(scope, scope.rows("sales_by", by="location"), "A finding")


def map_of(shop: BuiltWarehouse, span: Span | None = None, where: Where | None = None) -> WorldMap:
    return present(find_map(Scope(shop.warehouse, span, where or {})))


def svg(view: MapView, *, with_links: bool = False) -> Element:
    return ElementTree.fromstring(view.svg(with_links=with_links))


def marks(view: MapView, *, with_links: bool = False) -> dict[str, Element]:
    """Return the SVG group of each country, by its tooltip."""
    groups = svg(view, with_links=with_links).iter(f"{SVG}g")
    return {group.findtext(f"{SVG}title", ""): group for group in groups}


def amounts(words: str) -> list[Decimal]:
    return [Decimal(one.replace("−", "-").replace(",", "")) for one in NUMBER.findall(words)]


def test_each_country_of_the_real_shop_shows_the_net_sales_that_sql_returns(
    standard: BuiltWarehouse,
) -> None:
    world = map_of(standard)
    shown = {title.rpartition(": ")[0]: amounts(title)[0] for title in marks(world.views[0])}
    by_hand = {
        place: round(amount, 2) for place, amount in standard.sql(
            "SELECT location, sum(net_amount) FROM fact_sales JOIN dim_order USING (order_key) "
            f"WHERE {GOODS} GROUP BY location"
        )
    }  # fmt: skip
    off = {"Channel Islands", "Unspecified", "European Community", "West Indies"}
    assert shown == {place: amount for place, amount in by_hand.items() if place not in off}
    assert len(shown) == 39


def test_amounts_on_and_off_the_map_add_up_to_the_total(standard: BuiltWarehouse) -> None:
    on, off, *named = amounts(map_of(standard).note)
    [[whole]] = standard.sql(f"SELECT sum(net_amount) FROM fact_sales WHERE {GOODS}")
    assert on + off == round(whole, 2)
    assert sum(named) == off
    note = map_of(standard).note
    for place in ("Channel Islands", "Unspecified", "European Community", "West Indies"):
        assert place in note


def test_sales_without_a_location_are_in_the_note(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(sold(France="70", Spain="20", Bath="6") + "9,2024-02-01,c,tea,1,4,\n")
    assert map_of(shop).note == (
        "On the map: 2 countries, 90.00 (90.0%). "
        "Not on the map, 10.00 (10.0%) in total: Bath, 6.00 (6.0%); no location, 4.00 (4.0%)."
    )


def test_a_home_market_does_not_make_the_others_look_alike(standard: BuiltWarehouse) -> None:
    world = map_of(standard)
    steps_of = {
        title.partition(":")[0]: group.get("class")
        for title, group in marks(world.views[0]).items()
    }
    assert steps_of["United Kingdom"] == "step-5"
    assert steps_of["EIRE"] == steps_of["Germany"] == steps_of["Australia"] == "step-4"
    assert steps_of["Spain"] == steps_of["Hong Kong"] == "step-3"
    assert steps_of["USA"] == steps_of["Malta"] == "step-2"
    assert steps_of["Korea"] == steps_of["Saudi Arabia"] == "step-1"
    assert steps_of["Nigeria"] == "step-0"  # returns exceed sales
    assert [label for _, label in world.legend] == [
        "zero or less after returns", "under 1,000", "1,000 to 10,000", "10,000 to 100,000",
        "100,000 to 1m", "1m or more", "no sales",
    ]  # fmt: skip


money = st.decimals(min_value="0.01", max_value=10**9, places=2)


@given(st.lists(money, min_size=1, max_size=50))
def test_steps_are_few_and_ascending_and_start_within_the_amounts(values: list[Decimal]) -> None:
    bounds = steps(values)
    assert len(bounds) <= 4
    assert bounds == sorted(set(bounds))
    assert all(min(values) < bound <= max(values) for bound in bounds)
    if len(values) > 1 and max(values) >= 100 * max(sorted(values)[:-1]):
        assert bounds[-1] > sorted(values)[-2]


def test_many_countries_in_europe_get_a_closer_view(
    standard: BuiltWarehouse, build_shop: Callable[..., BuiltWarehouse]
) -> None:
    def names(shop: BuiltWarehouse) -> list[str]:
        return [view.window.name for view in map_of(shop).views]

    assert names(standard) == ["whole", "closer"]
    assert names(build_shop(sold(France="1", Spain="2"))) == ["closer"]
    assert names(build_shop(sold(France="1", Brazil="2"))) == ["whole"]


def test_small_countries_are_circles(standard: BuiltWarehouse) -> None:
    world, closer = map_of(standard).views

    def circles(view: MapView) -> set[str]:
        found = marks(view).items()
        return {
            title.partition(":")[0] for title, one in found if one.find(f"{SVG}circle") is not None
        }

    assert {"Bahrain", "Singapore", "Hong Kong", "Lebanon", "Bermuda"} <= circles(world)
    assert circles(closer) == {"Malta"}
    [cyprus] = [one for title, one in marks(closer).items() if title.startswith("Cyprus")]
    assert cyprus.find(f"{SVG}path") is not None


def test_with_links_each_country_is_one_button_with_the_name_the_shop_uses(
    standard: BuiltWarehouse,
) -> None:
    views = map_of(standard).views
    groups = [group for view in views for group in marks(view, with_links=True).values()]
    buttons = [group for group in groups if group.get("role") == "button"]
    assert sorted(one.attrib["data-member"] for one in buttons) == sorted(
        place for [place] in standard.columns("sales_by", "location", by="location")
        if place not in {"Channel Islands", "Unspecified", "European Community", "West Indies"}
    )  # fmt: skip
    for one in buttons:
        assert one.get("data-go") == "location"
        assert one.get("tabindex") == "-1"
        label = one.attrib["aria-label"]
        assert re.fullmatch(rf"{one.get('data-member')}: −?[\d,.]+, .* of net sales", label)
    others = [group for group in groups if group.get("role") != "button"]
    assert {one.get("aria-hidden") for one in others} == {"true"}
    assert {one.get("tabindex") for one in others} == {None}


def test_without_links_nothing_can_be_clicked(standard: BuiltWarehouse) -> None:
    for view in map_of(standard).views:
        assert "data-go" not in view.svg()
        assert "tabindex" not in view.svg()
        assert svg(view).get("role") == "img"


def test_two_names_of_one_country_are_one_country(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(sold(France="40", UK="30", England="20", Bath="10"))
    world = map_of(shop)
    titles = list(marks(world.views[0]))
    assert titles[0] == "UK and England: 50.00, 50.0% of net sales"
    assert "2 countries, 90.00" in world.note
    groups = [one for view in world.views for one in marks(view, with_links=True).values()]
    assert [one.get("data-member") for one in groups] == [None, "France"]
    assert [one.get("role") for one in groups] == ["img", "button"]


def test_a_filtered_view_has_a_map_if_it_has_two_countries(
    build_shop: Callable[..., BuiltWarehouse],
) -> None:
    shop = build_shop(sold(FR="40", GB="30", DE="20", US="10"))
    narrowed = map_of(shop, where={"location": ("DE", "FR")})
    assert [title.partition(":")[0] for title in marks(narrowed.views[0])] == ["FR", "DE"]
    first, second = (shop.warehouse.last_order_on.replace(day=day) for day in (2, 3))
    assert "2 countries, 50.00" in map_of(shop, span=Span(first, second)).note
    assert find_map(Scope(shop.warehouse, None, {"location": ("DE",)})) is None


@pytest.mark.parametrize("lines", [to_csv(generate_shop(1, 60).rows), sold(CA="9", IN="8", DE="7")])
def test_a_shop_of_us_states_has_no_map(
    build_shop: Callable[..., BuiltWarehouse], lines: str
) -> None:
    shop = build_shop(lines)
    assert find_map(Scope(shop.warehouse)) is None
    places = sales.places(Scope(shop.warehouse))
    assert places
    assert [part.shape for part in places.parts] == ["table"]


def test_a_malicious_location_is_escaped_and_the_map_stays_well_formed() -> None:
    for words in ('"><script>alert(1)</script>', "</title></svg><img src=x>", "' onclick='x", "&"):
        market = Market("FR", 3, words, words)
        [view] = world_map.views([market], words, "location")
        for with_links in (False, True):
            root = svg(view, with_links=with_links)
            assert {element.tag for element in root.iter()} <= {
                f"{SVG}{tag}" for tag in ("svg", "g", "title", "path")
            }
            assert root.get("aria-label") == words
            assert not any(name.startswith("on") for one in root.iter() for name in one.attrib)
            assert root.findtext(f".//{SVG}title") == words
        assert present(root.find(f".//{SVG}g")).get("data-member") == words


def test_no_outline_is_drawn_twice(standard: BuiltWarehouse) -> None:
    for view in map_of(standard).views:
        paths = [one.attrib["d"] for one in svg(view).iter(f"{SVG}path")]
        parts = [part for path in paths for part in path.split("M") if part]
        assert len(parts) == len(set(parts))
        assert all(re.fullmatch(r"[\d -]+l[\d -]+z", part) for part in parts)
