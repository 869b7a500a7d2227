"""The drill-down of a number of quarantined rows: the rows themselves."""

from collections.abc import Iterator
from typing import Any

import pytest

import regulars
from regulars.core.errors import InputError
from regulars.insights.drilldown import DrillDown
from regulars.insights.scope import Scope
from regulars.insights.sections.data_quality import quality
from regulars.insights.sections.loads import pending_rows
from regulars.insights.sections.quarantine import QuarantineDrillDown
from regulars.warehouse.warehouse import open_warehouse
from support.small_shop import SHOP

BAD = """\
1002,2024-01-05 12:00:00,Bob,T1,Tea,Drinks,Tea,a dozen,10.00,0,UK,paid
,2024-04-10 12:00:00,Zoe,T1,Tea,Drinks,Tea,1,10.00,0,UK,paid
"""
NO_NUMBER, NO_ORDER = "The quantity is missing or is not a number.", "The order number is missing."


@pytest.fixture(scope="module")
def bad_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "shop.csv").write_text(SHOP + BAD, "utf-8")
    regulars.build(folder / "shop.csv", warehouse=folder / "shop.duckdb")
    with open_warehouse(folder / "shop.duckdb") as warehouse:
        yield Scope(warehouse)


def figures(section: Any) -> Any:
    """Return the first figure of each row that can be drilled into, by the name of the row."""
    tables = [part for part in section.parts if part.shape == "table"]
    return {
        row[0].text: row[1]
        for table in tables
        for row in table.rows
        if len(row) > 1 and row[1].figure
    }


@pytest.mark.parametrize("subject", [quality, pending_rows], ids=lambda one: one.__name__)
def test_each_reason_drills_down_to_its_original_rows(bad_shop: Any, subject: Any) -> None:
    found = figures(subject(bad_shop))
    section = QuarantineDrillDown.of(found[NO_NUMBER].figure)(bad_shop)
    assert section.finding == NO_NUMBER
    [row] = section.parts[0].rows
    assert [cell.text for cell in row[:3]] == ["shop.csv", "32", NO_NUMBER]
    assert "Quantity: a dozen" in row[3].text
    [row] = QuarantineDrillDown.of(found[NO_ORDER].figure)(bad_shop).parts[0].rows
    assert row[1].text == "33"


def test_the_number_of_quarantined_rows_drills_down_to_all_of_them(bad_shop: Any) -> None:
    figure = figures(quality(bad_shop))["Quarantined"]
    assert figure.text == "2"
    assert len(QuarantineDrillDown.of(figure.figure)(bad_shop).parts[0].rows) == 2


def test_each_accepted_kind_drills_down_to_as_many_lines_as_it_counts(bad_shop: Any) -> None:
    found = {name: cell for name, cell in figures(quality(bad_shop)).items() if "Acc" in name}
    assert {name: cell.text for name, cell in found.items()} == {
        "Accepted: sale": "23", "Accepted: return": "4", "Accepted: cancelled": "2",
        "Accepted: adjustment": "1",  # the pen given away
    }  # fmt: skip
    for name, cell in found.items():
        kinds, latest, _ = DrillDown.of(cell.figure, shows_customers=True)(bad_shop).parts
        assert [[row[0].text, row[1].text] for row in kinds.rows] == [[name[10:], cell.text]]
        assert len(latest.rows) == int(cell.text)


def test_each_source_drills_down_to_its_accepted_lines(bad_shop: Any) -> None:
    sources = quality(bad_shop).parts[-1]
    [row] = sources.rows
    [accepted] = [cell for cell in row if cell.figure]
    assert accepted.text == "30"
    kinds, *_ = DrillDown.of(accepted.figure, shows_customers=True)(bad_shop).parts
    assert sum(int(row[1].text) for row in kinds.rows) == 30


def test_a_reason_that_no_row_has_is_refused(bad_shop: Any) -> None:
    with pytest.raises(InputError, match='No quarantined row has the reason "Because"'):
        QuarantineDrillDown.of("quarantine.rows?reason=Because")(bad_shop)


def test_a_sales_figure_is_no_quarantine_drill_down() -> None:
    assert QuarantineDrillDown.of("kpis.net_sales") is None
