"""The report in a real browser: it fetches and runs nothing, and is accessible."""

from html import escape
from pathlib import Path

import pytest

from insights.conftest import Open
from support.browser import box_of
from support.present import present
from support.warehouses import BuiltWarehouse

LAST_YEAR = "ordered_on BETWEEN DATE '2010-12-01' AND DATE '2011-11-30'"


def test_the_page_fetches_nothing_and_logs_no_errors(report: Path, open_page: Open) -> None:
    opened = open_page(report)
    assert opened.requests == [report.as_uri()]
    assert opened.problems == []
    assert opened.page.locator("script").count() == 0
    policy = opened.page.locator("meta[http-equiv=Content-Security-Policy]")
    assert present(policy.get_attribute("content")).startswith("default-src 'none'")


def test_malicious_names_are_escaped(odd_report: Path, open_page: Open) -> None:
    opened = open_page(odd_report)
    assert opened.requests == [odd_report.as_uri()]
    assert opened.problems == []
    for foreign in ("script", "img", "i:not(.legend i)", "main b:not(.place b)"):
        assert opened.page.locator(foreign).count() == 0
    assert "<script>alert(1)</script>" in opened.page.locator("#products").inner_text()
    assert "</svg><img src=x onerror=alert(2)>" in opened.page.locator("#products").inner_text()
    assert "</text><script>alert(1)</script>" in opened.page.locator("#places").inner_text()
    assert escape("<b>Hot") in opened.page.locator("#products").inner_html()


def test_page_and_charts_have_a_dark_and_a_light_theme(report: Path, open_page: Open) -> None:
    def colours(scheme: str) -> list[str]:
        page = open_page(report, color_scheme=scheme).page
        found: list[str] = page.evaluate(
            """() => {
                const bar = document.querySelector('#trend .wide path[fill="var(--accent)"]');
                return [getComputedStyle(document.body).backgroundColor, getComputedStyle(bar).fill]
            }"""
        )
        return found

    light, dark = colours("light"), colours("dark")
    assert light[0] == "rgb(255, 255, 255)"
    assert all(a != b for a, b in zip(light, dark, strict=True))
    assert all(colour.startswith("rgb") for colour in light + dark)


@pytest.mark.parametrize("which", ["report", "odd_report"])
def test_every_chart_has_a_text_alternative(
    which: str, open_page: Open, request: pytest.FixtureRequest
) -> None:
    page = open_page(request.getfixturevalue(which)).page
    for section in page.locator("section:has(svg.marks)").all():
        finding = section.locator("h2").inner_text()
        for chart in section.locator("svg.marks").all():
            assert chart.get_attribute("role") == "img"
            assert present(chart.get_attribute("aria-label")).startswith(finding)
    assert page.locator("svg.marks").count() >= 4
    assert page.locator("figure.rfm").get_attribute("aria-label")


def test_ids_are_unique_and_references_resolve(report: Path, open_page: Open) -> None:
    page = open_page(report).page
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    used = page.evaluate(
        "[...document.querySelectorAll('[fill^=\"url(#\"], [clip-path]')]"
        ".map(e => (e.getAttribute('clip-path') || e.getAttribute('fill')).slice(5, -1))"
    )
    assert set(used) <= set(ids)


def test_all_sections_cover_the_period_of_the_headlines(report: Path, open_page: Open) -> None:
    page = open_page(report).page
    assert page.locator("header .span").inner_text() == "December 2010 to November 2011"
    for name in ("products", "places"):
        period = page.locator(f"#{name} .period").inner_text()
        assert period == "December 2010 to November 2011"
    # Charts by month also show what led to the period, but not the incomplete December after it.
    for name in ("trend", "customers"):
        assert page.locator(f"#{name} .period").inner_text() == "December 2009 to November 2011"
    assert page.locator("#cohorts td.blank").first.text_content() == ""
    assert page.locator("#quality").get_by_text("1,067,371").count()  # the last covers all data


def test_the_printed_report_starts_with_a_summary_on_a_page_of_its_own(
    report: Path, open_page: Open
) -> None:
    page = open_page(report).page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 688, "height": 1000})  # A4 without its margins
    summary = page.locator(".summary")
    assert box_of(summary)["height"] < 980
    assert summary.locator(".kpi").count() == 9
    assert summary.locator(".findings li").count() >= 2
    breaks = "e => [getComputedStyle(e).breakAfter, getComputedStyle(e).breakInside]"
    assert summary.evaluate(breaks)[0] == "page"
    assert page.locator("#products").evaluate(breaks)[1] == "avoid"


def test_on_a_phone_nothing_is_cut_off_and_charts_are_narrow(report: Path, open_page: Open) -> None:
    page = open_page(report, width=390).page
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.locator("#trend .narrow svg").is_visible()
    assert not page.locator("#trend .wide svg").is_visible()


def test_the_report_prints_on_a_few_pages(report: Path, open_page: Open) -> None:
    pdf = open_page(report).page.pdf(prefer_css_page_size=True, print_background=True)
    pages = pdf.count(b"/Type /Page\n") or pdf.count(b"/Type /Page ")
    assert 3 <= pages <= 14
    assert b"595" in pdf  # A4 is 595 points wide


def test_the_headline_figures_match_the_analyses(
    report: Path, standard: BuiltWarehouse, open_page: Open
) -> None:
    page = open_page(report).page
    kpis = standard.one("kpis", since="2010-12-01", until="2011-11-30")
    shown = dict(
        zip(
            *[page.locator(f"#headlines {part}").all_inner_texts() for part in ("dt", ".value")],
            strict=True,
        )
    )
    assert shown["Net sales"] == f"{kpis['net_sales']:,.0f}"
    assert shown["Orders"] == f"{kpis['orders']:,d}"
    assert shown["Customers"] == f"{kpis['customers']:,d}"
    assert shown["Repeat rate"] == f"{kpis['repeat_rate'] * 100:.1f}%"
    goods = "kind IN ('sale', 'return')"
    [[net]] = standard.sql(f"SELECT sum(net_amount) FROM fact_sales WHERE {goods} AND {LAST_YEAR}")
    assert shown["Net sales"] == f"{net:,.0f}"


def test_months_segments_and_products_match_the_analyses(
    report: Path, standard: BuiltWarehouse, open_page: Open
) -> None:
    page = open_page(report).page
    months = page.locator("#trend tbody td:nth-child(2)").all_text_contents()
    every = standard.columns("monthly_sales", "net_sales")
    assert months == [f"{net:,.2f}" for [net] in every[:-1]]  # without the incomplete last one
    names = [
        text.strip() for text in page.locator("#products tbody td:nth-child(2)").all_text_contents()
    ]
    days = {"since": "2010-12-01", "until": "2011-11-30"}
    sold = standard.columns("sales_by", "net_sales", by="product", **days)
    assert names == [f"{net:,.2f}" for [net] in sold[:10]]
    people = page.locator("#segments tbody td:nth-child(2)").all_text_contents()
    counts = standard.columns("segments", "customers")
    assert people == [f"{customers:,d}" for [customers] in counts]
    cells = page.locator(".place b").all_text_contents()
    assert sum(int(cell.replace(",", "")) for cell in cells) == sum(n for [n] in counts)


def test_the_reconciliation_on_the_page_adds_up(
    report: Path, odd_report: Path, open_page: Open
) -> None:
    page = open_page(report).page
    rows = [
        row.locator("td").all_text_contents()
        for row in page.locator("#quality .sum tbody tr").all()
    ]
    numbers = [[float(cell.replace(",", "").replace("−", "-")) for cell in row] for row in rows]
    read, *went, accounted = numbers
    assert read == accounted == [1_067_371, 19_287_250.568]
    assert [round(sum(column), 3) for column in zip(*went, strict=True)] == read
    odd = open_page(odd_report).page.locator("#quality").inner_text()
    assert "The order date is missing or is not a date." in odd
    assert "All 241 rows read are accounted for" in odd
