"""What stands out: ranked by money, and empty if nothing does."""

from decimal import Decimal

from regulars.insights.html import fragments
from regulars.insights.parts import CallToAction, KeyFinding, Section
from regulars.insights.sections.standouts import stand_out


def section(topic: str, money: int | None, **options: object) -> Section:
    amount = None if money is None else Decimal(money)
    return Section(topic.lower(), topic, f"{topic} moved", money=amount, **options)  # type: ignore[arg-type]


def test_findings_are_ranked_by_the_money_they_are_about() -> None:
    call = CallToAction(
        "Who to contact", "65 customers are gone", "segments.customers", Decimal(70)
    )
    found = stand_out(
        [
            ("sales", section("Trend", 20)),
            ("sales", section("Change", 90)),
            ("sales", None),
            ("customers", section("Segments", None, call=call)),
        ],
        of=Decimal(1000),
    )
    assert [(one.page, one.section, one.finding) for one in found] == [
        ("sales", "change", "Change moved"),
        ("customers", "segments", "65 customers are gone"),
        ("sales", "trend", "Trend moved"),
    ]


def test_small_amounts_and_sections_without_a_finding_are_left_out() -> None:
    small, silent = section("Small", 4), section("Silent", 500, has_finding=False)
    assert stand_out([("sales", small), ("sales", silent)], of=Decimal(1000)) == []


def test_an_empty_list_says_so() -> None:
    assert "No finding involves at least 0.5% of net sales." in fragments.key_findings([], {})


def test_no_line_breaks_between_a_sign_and_its_currency() -> None:
    one = KeyFinding(
        "What changed", "Australia +£107,630, EIRE −£88,351", "sales", section="change"
    )
    html = fragments.key_findings([one], {"sales": "Sales"})
    for amount in ("+£107,630", "−£88,351"):
        assert f'<span style="white-space:nowrap">{amount}' in html
