"""What a list can show and how many of it can be reached, before it is saved."""

from pathlib import Path

import pytest

from lists.conftest import preview_in
from lists.test_results import EVERYONE, LINES
from loads.conftest import key  # noqa: F401
from regulars.lists.api import Control, Counts, Selection
from regulars.lists.findings import email_finding, power_finding
from support.loaded_warehouse import LoadedWarehouse
from support.people import ann, bob, people_profile
from support.present import present


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> LoadedWarehouse:
    folder = tmp_path_factory.mktemp("power")
    shop = LoadedWarehouse(str(folder / "shop.duckdb"), folder)
    shop.build(shop.file("shop.csv", LINES))
    return shop


AFTER = Selection(as_of="2024-03-02")
"""Everyone, after they bought on 1 March."""


def test_power_comes_from_what_the_same_selection_bought_last(shop: LoadedWarehouse) -> None:
    preview = preview_in(shop, AFTER, control=Control(0.25))
    # In the 30 days to 1 March everyone bought as in January, and 30 of 40 spent 2 more. January
    # explains the rest, so the amounts vary by 2 for 3 of 4: variance 4 x 3/4 x 1/4 x 40/39.
    spread = (0.75 * 40 / 39) ** 0.5
    power = present(preview.power)
    assert power.smallest == pytest.approx(2.80159 * spread * (1 / 30 + 1 / 10) ** 0.5, rel=1e-4)
    assert power.per_head == pytest.approx((660 + 200) / 40)
    assert power_finding(preview.counts, preview.power, "£") == (
        "With 40 customers and 25% held out, only effects above £0.90 per head can be detected "
        "within 30 days. Similar customers spent £21.50 per head in the last 30 days of the data."
    )


def test_power_is_that_of_customers_chosen_before_they_bought(shop: LoadedWarehouse) -> None:
    # The customers who bought in February and March are everyone, but before that nobody was.
    bought = Selection(since="2024-02-15", as_of="2024-03-02")
    preview = preview_in(shop, bought, control=Control(0.25))
    assert preview.counts.chosen == len(EVERYONE)
    assert preview.power is None
    assert power_finding(preview.counts, preview.power, "£").startswith(
        "Whether 40 customers and 25% held out is enough cannot be estimated"
    )


@pytest.mark.parametrize(
    ("share", "sentence"),
    [
        (0, "Without a control group, the effect of this list cannot be measured."),
        (
            0.2,
            "With 40 customers and 20% held out, no effect can be detected: each group needs "
            "10 customers. Hold out 25% or more.",
        ),
    ],
)
def test_a_list_without_enough_customers_to_compare_says_so(
    shop: LoadedWarehouse, share: float, sentence: str
) -> None:
    preview = preview_in(shop, AFTER, control=Control(share))
    assert preview.power is None
    assert power_finding(preview.counts, preview.power, "£").startswith(sentence)


def test_customers_with_an_email_are_counted(
    fresh: LoadedWarehouse,
    tmp_path: Path,
    key: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unreachable, by_email = bob("2") | {"E-Mail": ""}, bob("4", customer="d@x.example")
    rows = [ann("1"), unreachable, ann("3", customer="C-19"), by_email]
    fresh.build(fresh.file("a.csv", rows), profile=people_profile(tmp_path))
    # Ann has an email under two IDs, Bob has none, and the last one is identified by an email.
    preview = preview_in(fresh)
    assert preview.with_email == 3
    assert email_finding(preview.counts, preview.with_email) == (
        "3 of 4 customers to contact have an email address."
    )
    monkeypatch.setenv("REGULARS_PEOPLE_KEY", "the key of another warehouse, by mistake")
    assert preview_in(fresh).with_email is None


def test_nothing_is_said_about_emails_where_none_are_stored(shop: LoadedWarehouse) -> None:
    preview = preview_in(shop)
    assert preview.with_email is None
    assert email_finding(Counts(1, 1, 0, 0, 0, 0), None) == ""
